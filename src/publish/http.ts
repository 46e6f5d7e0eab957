import type { AxiosError, AxiosInstance } from "axios";

export interface Call {
  readonly method?: "GET" | "POST" | "PUT" | "DELETE";
  /** Below the server's address, already percent-encoded. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string | number>>;
  readonly headers?: Readonly<Record<string, string>>;
  /** An object is sent as JSON, a text as YAML. */
  readonly body?: unknown;
  /** Statuses that are answers and not failures. 404 to a GET always is one. */
  readonly accepts?: readonly number[];
}

export interface Answer {
  readonly status: number;
  readonly text: string;
}

export type Http = (call: Call) => Promise<Answer>;

export interface Server {
  /** What a person calls it: `Grafana`. */
  readonly name: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** What to look at when it refuses us: `GRAFANA_TOKEN`. */
  readonly credential: string;
  /** Where its address comes from: `GRAFANA_URL`. */
  readonly variable: string;
}

/** A server did not do what it was asked. The message says who, what, and what to look at. */
export class ServerError extends Error {
  override readonly name = "ServerError";
  /** Absent where there was no answer. */
  readonly status?: number;

  constructor(message: string, status?: number) {
    super(message);
    if (status !== undefined) this.status = status;
  }
}

/** Talks to one server: retries what may be retried, and turns every failure into one line that a person can use. */
export function http(server: Server): Http {
  let client: Promise<AxiosInstance> | undefined;
  return async ({ method = "GET", path, query, headers, body, accepts = [] }) => {
    client ??= connected(server);
    const asked = `${server.name}: ${method} ${path}`;
    try {
      const {
        status,
        data,
        headers: answered,
      } = await (
        await client
      ).request<string>({
        method,
        url: path,
        ...(query && { params: query }),
        headers: { ...headers, ...(body !== undefined && { "Content-Type": mediaType(body) }) },
        ...(body !== undefined && { data: typeof body === "string" ? body : JSON.stringify(body) }),
        validateStatus: (code) =>
          (code >= 200 && code < 300) || accepts.includes(code) || (code === 404 && method === "GET"),
      });
      if (/^text\/html/iu.test(String(answered["content-type"] ?? ""))) {
        throw new ServerError(
          `${asked} answered a web page and not data: is ${server.variable} (${server.url}) the server's own address, and not a login page?`,
          status,
        );
      }
      return { status, text: data };
    } catch (error) {
      if (error instanceof ServerError) throw error;
      throw failure(server, asked, error as AxiosError<string>);
    }
  };
}

/** axios takes a fifth of a second to load; a run that only writes files does without. */
async function connected({ url, headers }: Server): Promise<AxiosInstance> {
  const [{ default: axios }, { default: axiosRetry, isNetworkError, isRetryableError, exponentialDelay }] =
    await Promise.all([import("axios"), import("axios-retry")]);
  const client = axios.create({
    baseURL: url,
    headers: { ...headers, "User-Agent": "fleetglass" },
    responseType: "text",
    transformResponse: (text: string) => text,
    timeout: 30_000,
    maxRedirects: 0,
  });
  axiosRetry(client, {
    retries: 3,
    retryDelay: exponentialDelay,
    // Every write of ours says the whole of what it wants and the version that it replaces, so it may be said twice.
    retryCondition: (error) =>
      error.code !== "ECONNREFUSED" &&
      (isNetworkError(error) || isRetryableError(error) || error.response?.status === 429),
  });
  return client;
}

function mediaType(body: unknown): string {
  return typeof body === "string" ? "application/yaml" : "application/json";
}

function failure(server: Server, asked: string, error: AxiosError<string>): ServerError {
  const { response } = error;
  if (!response) {
    const why = error.code ?? error.message;
    return new ServerError(
      `${server.name} at ${server.url} can't be reached (${why}): is it running, and is ${server.variable} right?`,
    );
  }
  const { status, data, headers } = response;
  return new ServerError(
    `${asked} answered ${status}${said(data)}${advice(server, status, headers["location"])}`,
    status,
  );
}

function advice({ credential, variable }: Server, status: number, location: unknown): string {
  if (status === 401) return `; check ${credential}`;
  if (status === 403) return `; the credential in ${credential} lacks this right`;
  if (status < 300 || status >= 400) return "";
  return `, pointing to ${typeof location === "string" ? location : "elsewhere"}; is ${variable} the server's own address, and not a login page?`;
}

/** The server's own words, on one line; the text of a page that was meant for a browser is not among them. */
function said(body: unknown): string {
  const text = typeof body === "string" ? body.trim() : "";
  if (/^<(!doctype|html)/iu.test(text)) return " with a web page";
  const line = (messageIn(text) ?? text).replaceAll(/\s+/gu, " ").slice(0, 500);
  return line === "" ? " without a word" : `: ${line}`;
}

function messageIn(text: string): string | undefined {
  try {
    const parsed: unknown = JSON.parse(text);
    if (typeof parsed !== "object" || parsed === null) return undefined;
    if ("message" in parsed && typeof parsed.message === "string") return parsed.message;
    return "error" in parsed && typeof parsed.error === "string" ? parsed.error : undefined;
  } catch {
    return undefined;
  }
}
