import { setTimeout as sleep } from "node:timers/promises";
import * as z from "zod";
import { type Connection, connection, type Message, type Place, type Reply } from "./connection.ts";

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

export interface Server extends Pick<Place, "url" | "tls"> {
  /** What a person calls it: `Grafana`. */
  readonly name: string;
  readonly headers: Readonly<Record<string, string>>;
  /** What to look at when it refuses us: `GRAFANA_TOKEN`. */
  readonly credential: string;
  /** Where its address comes from: `GRAFANA_URL`. */
  readonly variable: string;
  /** After so long without an answer there is none. Default half a minute. */
  readonly timeoutMs?: number;
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
  const { url, tls, credentials, timeoutMs = 30_000 } = server;
  const token = credentials && bearer(credentials);
  /** The one that was sent last. */
  let held = "";
  let opened: Promise<Connection> | undefined;
  return async ({ method = "GET", path, query, headers, body, accepts = [], onSent, signal }) => {
    const asked = `${server.name}: ${method} ${path}`;
    const isAccepted = ({ status }: Reply): boolean =>
      (status >= 200 && status < 300) || accepts.includes(status) || (status === 404 && method === "GET");
    try {
      if (token) held = await token();
      opened ??= connection({ url, timeoutMs, ...(tls && { tls }) });
      const open = await opened;
      const message: Message = {
        method,
        path: query ? `${path}?${queryText(query)}` : path,
        headers: {
          ...usual,
          ...server.headers,
          ...headers,
          ...(body !== undefined && { "Content-Type": mediaType(body) }),
          ...(held !== "" && { Authorization: `Bearer ${held}` }),
        },
        body: body === undefined || typeof body === "string" ? body : JSON.stringify(body),
        onSent,
        signal,
      };
      const reply = await persistently(() => open(message), isAccepted, signal);
      if (!isAccepted(reply)) throw refusal(server, asked, reply);
      if (/^text\/html/iu.test(reply.headers["content-type"] ?? "")) {
        throw new ServerError(
          `${asked} answered a web page and not data: is ${server.variable} (${url}) the server's own address, and not a login page?`,
          reply.status,
        );
      }
      return { status: reply.status, text: reply.text };
    } catch (error) {
      const told = error instanceof ServerError ? error : silence(server, error);
      throw new ServerError(withoutCredentials(told.message, server, held), told.status);
    }
  };
}

/** Whoever stands before a server tells a program by what it accepts, and shows it no login page. */
const usual = { Accept: "application/json, text/plain, */*", "User-Agent": "fleetglass" };

function queryText(query: Readonly<Record<string, string | number>>): string {
  const texts = Object.entries(query).map(([name, value]) => [name, String(value)] as const);
  return new URLSearchParams(Object.fromEntries(texts)).toString();
}

/** After the first try, and the first pause in milliseconds: doubled each time, a fifth of it by chance. */
const retries = 4;
const firstPause = 200;

/**
 * Tries again what may work then, after growing pauses, and never before the server asks for it. Every write of ours says
 * the whole of what it wants and the version that it replaces, so it may be said twice.
 */
async function persistently(
  send: () => Promise<Reply>,
  isAccepted: (reply: Reply) => boolean,
  signal: AbortSignal | undefined,
): Promise<Reply> {
  for (let retry = 0; ; retry += 1) {
    let asked = 0;
    try {
      const reply = await send();
      const mayWork = reply.status === 429 || reply.status >= 500 || isOvertaken(reply);
      asked = waitAsked(reply);
      if (isAccepted(reply) || !mayWork || asked > longestWait || retry === retries) return reply;
    } catch (error) {
      if (signal?.aborted === true || lasting.test(codeOf(error)) || retry === retries) throw error;
    }
    const pause = Math.max(firstPause * 2 ** retry, asked * 1000) * (1 + Math.random() / 5);
    await sleep(pause, undefined, signal && { signal });
  }
}

/**
 * Where Mimir keeps rules as files it may read a group of somebody else's just when that is written, finds it empty, and
 * refuses the whole list for it.
 */
function isOvertaken({ status, text }: Reply): boolean {
  return status === 400 && text.includes("mismatch between requested rule group and loaded rule group");
}

/** A server, or a proxy before it, may repeat what it was sent. */
function withoutCredentials(message: string, { headers, credentials }: Server, held: string): string {
  const [kind, value = ""] = (headers["Authorization"] ?? "").split(" ");
  const decoded = kind === "Basic" ? Buffer.from(value, "base64").toString() : "";
  const secrets = [value, decoded, decoded.slice(decoded.indexOf(":") + 1), credentials?.secret ?? "", held];
  return secrets
    .filter((secret) => secret.length > 3)
    .toSorted((a, b) => b.length - a.length)
    .reduce((text, secret) => text.replaceAll(secret, "(hidden)"), message);
}

const tokenAnswer = z.looseObject({ access_token: z.string(), expires_in: z.coerce.number().optional() });

/** A token that is asked for once, and again shortly before it ends. */
function bearer({ id, secret, scope, variable, tokenUrl }: ClientCredentials): () => Promise<string> {
  let held: Promise<{ readonly token: string; readonly until: number }> | undefined;
  const form = new URLSearchParams({
    grant_type: "client_credentials",
    client_id: id,
    client_secret: secret,
    ...(scope !== undefined && { scope }),
  }).toString();
  const refused = (why: string): ServerError =>
    new ServerError(`the token's address ${tokenUrl} ${why}; check ${variable} and the client's id and secret`, 401);
  const ask = async (): Promise<{ readonly token: string; readonly until: number }> => {
    const { origin, pathname, search } = new URL(tokenUrl);
    const open = await connection({ url: origin, timeoutMs: 30_000 });
    const headers = { ...usual, "Content-Type": "application/x-www-form-urlencoded" };
    const { status, text } = await open({ method: "POST", path: pathname + search, headers, body: form }).catch(
      (error: unknown) => {
        throw refused(`can't be reached (${codeOf(error)})`);
      },
    );
    if (status < 200 || status >= 300) throw refused(`answered ${status}`);
    const parsed = tokenAnswer.safeParse(jsonIn(text));
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

/** Nobody listens, or nobody whom we trust: that does not pass in a second. */
const lasting = /^(ECONNREFUSED|ENOTFOUND|ERR_INVALID|CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO|ERR_TLS)/u;

function codeOf(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  return code ?? message;
}

/** Seconds, from Retry-After. */
function waitAsked({ headers }: Reply): number {
  const asked = headers["retry-after"];
  if (asked === undefined) return 0;
  const seconds = Number(asked);
  return Number.isFinite(seconds) ? seconds : (Date.parse(asked) - Date.now()) / 1000 || 0;
}

function mediaType(body: unknown): string {
  return typeof body === "string" ? "application/yaml" : "application/json";
}

function silence(server: Server, error: unknown): ServerError {
  const why = codeOf(error);
  if (/CERT|SELF_SIGNED|UNABLE_TO/u.test(why)) {
    return new ServerError(
      `${server.name} at ${server.url} shows a certificate that is not trusted (${why}): name its authority's file in ${server.variable.replace(/URL$/u, "CA_FILE")}`,
    );
  }
  return new ServerError(
    `${server.name} at ${server.url} can't be reached (${why}): is it running, and is ${server.variable} right?`,
  );
}

function refusal(server: Server, asked: string, { status, headers, text }: Reply): ServerError {
  return new ServerError(`${asked} answered ${status}${said(text)}${advice(server, status, headers.location)}`, status);
}

function advice({ credential, variable }: Server, status: number, location: string | undefined): string {
  if (status === 401) return `; check ${credential}`;
  if (status === 403) return `; the credential in ${credential} lacks this right`;
  if (status < 300 || status >= 400) return "";
  return `, pointing to ${location ?? "elsewhere"}; is ${variable} the server's own address, and not a login page?`;
}

/** The server's own words, on one line; the text of a page that was meant for a browser is not among them. */
function said(body: string): string {
  const text = body.trim();
  if (/^<(!doctype|html)/iu.test(text)) return " with a web page";
  const line = (messageIn(text) ?? text).replaceAll(/\s+/gu, " ").slice(0, 500);
  return line === "" ? " without a word" : `: ${line}`;
}

function messageIn(text: string): string | undefined {
  const parsed = jsonIn(text);
  if (typeof parsed !== "object" || parsed === null) return undefined;
  if ("message" in parsed && typeof parsed.message === "string") return parsed.message;
  return "error" in parsed && typeof parsed.error === "string" ? parsed.error : undefined;
}

/** What is no JSON is undefined. */
export function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
