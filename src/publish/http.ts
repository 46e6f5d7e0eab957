import {
  Agent as HttpAgent,
  type ClientRequest,
  type IncomingMessage,
  request as byHttp,
  type RequestOptions,
} from "node:http";
import { Agent as HttpsAgent, request as byHttps } from "node:https";
import type { AxiosError, AxiosInstance } from "axios";
import { z } from "zod";

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
  /** Told when the request is on its way: from then on the server works, even if we do not look. */
  readonly onSent?: () => void;
  /** Once aborted, nobody waits for the answer. */
  readonly signal?: AbortSignal | undefined;
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
  /** After so long without an answer there is none. Default half a minute. */
  readonly timeoutMs?: number;
  /** PEM texts: whom to trust, and who we are. */
  readonly tls?: { readonly ca?: string; readonly cert?: string; readonly key?: string };
  /** Where a token is to be had first. */
  readonly credentials?: ClientCredentials;
}

export interface ClientCredentials {
  readonly tokenUrl: string;
  readonly id: string;
  readonly secret: string;
  readonly scope?: string;
  /** Where the token's address comes from. */
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
  return async ({ method = "GET", path, query, headers, body, accepts = [], onSent, signal }) => {
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
        ...(onSent && { transport: telling(onSent) }),
        ...(signal && { signal }),
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
      const told = error instanceof ServerError ? error : failure(server, asked, error as AxiosError<string>);
      throw new ServerError(withoutCredentials(told.message, server), told.status);
    }
  };
}

/** Node's own requests, which also tell when they are sent. */
function telling(onSent: () => void): object {
  return {
    request: (options: RequestOptions, answered: (response: IncomingMessage) => void): ClientRequest =>
      (options.protocol === "https:" ? byHttps : byHttp)(options, answered).once("finish", onSent),
  };
}

/** A server, or a proxy before it, may repeat what it was sent. */
function withoutCredentials(message: string, { headers, credentials }: Server): string {
  const [kind, value = ""] = (headers["Authorization"] ?? "").split(" ");
  const decoded = kind === "Basic" ? Buffer.from(value, "base64").toString() : "";
  const secrets = [value, decoded, decoded.slice(decoded.indexOf(":") + 1), credentials?.secret ?? ""];
  return secrets
    .filter((secret) => secret.length > 3)
    .toSorted((a, b) => b.length - a.length)
    .reduce((text, secret) => text.replaceAll(secret, "(hidden)"), message);
}

/** axios takes a fifth of a second to load; a run that only writes files does without. */
async function connected({ url, headers, tls, credentials, timeoutMs = 30_000 }: Server): Promise<AxiosInstance> {
  const [{ default: axios }, { default: axiosRetry, exponentialDelay }] = await Promise.all([
    import("axios"),
    import("axios-retry"),
  ]);
  const client = axios.create({
    baseURL: url,
    headers: { ...headers, "User-Agent": "fleetglass" },
    responseType: "text",
    transformResponse: (text: string) => text,
    timeout: timeoutMs,
    maxRedirects: 0,
    // Whether a proxy is set is looked up anew for every request, which costs as much as the rest of it.
    ...(!hasProxy() && { proxy: false as const }),
    httpAgent: new HttpAgent({ keepAlive: true }),
    httpsAgent: new HttpsAgent({ keepAlive: true, ...tls }),
  });
  if (credentials) {
    const token = bearer(credentials, (form) => axios.post(credentials.tokenUrl, form, { timeout: 30_000 }));
    client.interceptors.request.use(async (request) => {
      request.headers.set("Authorization", `Bearer ${await token()}`);
      return request;
    });
  }
  axiosRetry(client, {
    retries: 4,
    // Doubled each time, a fifth of it by chance, and never less than what the server asks for.
    retryDelay: (count, error) => exponentialDelay(count, error, 100),
    // Every write of ours says the whole of what it wants and the version that it replaces, so it may be said twice.
    retryCondition: (error) => mayWork(error) && waitAsked(error) <= longestWait,
  });
  return client;
}

function hasProxy(): boolean {
  return Object.entries(process.env).some(([name, value]) => /^(?:https?|all)_proxy$/iu.test(name) && value !== "");
}

const tokenAnswer = z.looseObject({ access_token: z.string(), expires_in: z.coerce.number().optional() });

/** A token that is asked for once, and again shortly before it ends. */
function bearer(
  { id, secret, scope, variable, tokenUrl }: ClientCredentials,
  post: (form: URLSearchParams) => Promise<{ readonly data: unknown }>,
): () => Promise<string> {
  let held: Promise<{ readonly token: string; readonly until: number }> | undefined;
  const ask = async (): Promise<{ readonly token: string; readonly until: number }> => {
    const form = new URLSearchParams({
      grant_type: "client_credentials",
      client_id: id,
      client_secret: secret,
      ...(scope !== undefined && { scope }),
    });
    const { data } = await post(form).catch((error: AxiosError) => {
      const why = error.response ? `answered ${error.response.status}` : `can't be reached (${error.code})`;
      throw new ServerError(
        `the token's address ${tokenUrl} ${why}; check ${variable} and the client's id and secret`,
        401,
      );
    });
    const parsed = tokenAnswer.safeParse(data);
    if (!parsed.success) throw new ServerError(`${tokenUrl} answered no token: is ${variable} right?`, 401);
    const { access_token: token, expires_in: seconds = 300 } = parsed.data;
    return { token, until: Date.now() + (seconds - 60) * 1000 };
  };
  return async () => {
    const known = await held;
    if (!known || known.until < Date.now()) held = ask();
    const { token } = (await held) ?? (await ask());
    return token;
  };
}

/** A server that wants us to come back later than this is told of instead. */
const longestWait = 60;

/** Nobody listens, nobody whom we trust, or nobody waits: that does not pass in a second. */
const lasting =
  /^(ECONNREFUSED|ERR_CANCELED|ENOTFOUND|ERR_INVALID|ERR_FR_|CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO|ERR_TLS)/u;

function mayWork({ code, response }: AxiosError): boolean {
  if (!response) return !lasting.test(code ?? "");
  return response.status === 429 || response.status >= 500;
}

/** Seconds, from Retry-After. */
function waitAsked({ response }: AxiosError): number {
  const asked: unknown = response?.headers["retry-after"];
  if (typeof asked !== "string") return 0;
  const seconds = Number(asked);
  return Number.isFinite(seconds) ? seconds : (Date.parse(asked) - Date.now()) / 1000 || 0;
}

function mediaType(body: unknown): string {
  return typeof body === "string" ? "application/yaml" : "application/json";
}

function failure(server: Server, asked: string, error: AxiosError<string>): ServerError {
  const { response } = error;
  if (!response) {
    const why = error.code ?? error.message;
    if (/CERT|SELF_SIGNED|UNABLE_TO/u.test(why)) {
      return new ServerError(
        `${server.name} at ${server.url} shows a certificate that is not trusted (${why}): name its authority's file in ${server.variable.replace(/URL$/u, "CA_FILE")}`,
      );
    }
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
