import {
  type Agent,
  Agent as HttpAgent,
  type IncomingHttpHeaders,
  type IncomingMessage,
  request as byHttp,
} from "node:http";
import type { RequestOptions } from "node:https";
import type { PeerCertificate } from "node:tls";
import { promisify } from "node:util";
import { gunzip } from "node:zlib";

export interface Place {
  readonly url: string;
  /** After so long without a sign of life, in milliseconds, there is no reply. */
  readonly timeoutMs: number;
  /** PEM texts: whom to trust, and who we are. */
  readonly tls?: { readonly ca?: string; readonly cert?: string; readonly key?: string };
}

export interface Message {
  readonly method: string;
  /** Below the place's address, already percent-encoded, with its query. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | undefined;
  readonly onSent?: (() => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface Reply {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

/**
 * Sends one request and hears one reply, whatever its status: nothing is tried again, and no redirect followed. Rejects where
 * there was none, with the `code` that Node has for why.
 */
export type Connection = (message: Message) => Promise<Reply>;

/** More than anybody may ask for at once with `--concurrency`. */
const mostSockets = 100;

/**
 * Node's own client: a request costs it half of what it costs the libraries around it, and what they are loaded for in a
 * tenth of a second is proxies and second tries.
 */
export async function connection({ url, timeoutMs, tls }: Place): Promise<Connection> {
  const { protocol, hostname, port, pathname } = new URL(url);
  const isSecure = protocol === "https:";
  // Loaded only by who needs it: it takes as long as a hundred requests.
  const secure = isSecure ? { ...(await import("node:https")), ...(await import("node:tls")) } : undefined;
  const request = secure?.request ?? byHttp;
  const host = hostname.replace(/^\[(.*)\]$/u, "$1");
  const place: RequestOptions = {
    host,
    port: port === "" ? (isSecure ? 443 : 80) : port,
    agent: await agentFor(url),
    ...(secure && {
      ...tls,
      // Behind a proxy Node no longer knows an address that is no name.
      checkServerIdentity: (_: string, certificate: PeerCertificate) => secure.checkServerIdentity(host, certificate),
    }),
  };
  const below = pathname.replace(/\/$/u, "");
  return ({ method, path, headers, body, onSent, signal }) =>
    new Promise((resolve, reject) => {
      const outgoing = request({
        ...place,
        method,
        path: below + path,
        headers: method === "GET" ? { ...headers, "Accept-Encoding": "gzip" } : headers,
        ...(signal && { signal }),
      });
      // Of our own: Node's begins when there is a connection, and one to a proxy is none yet.
      const timer = setTimeout(() => {
        reject(Object.assign(new Error(`no answer in ${timeoutMs / 1000} s`), { code: "ETIMEDOUT" }));
        outgoing.destroy();
      }, timeoutMs);
      const failed = (error: Error): void => {
        clearTimeout(timer);
        reject(error);
      };
      if (onSent) outgoing.once("finish", onSent);
      outgoing.on("error", failed);
      outgoing.on("response", (response) => {
        const parts: Buffer[] = [];
        response.on("data", (part: Buffer) => {
          timer.refresh();
          parts.push(part);
        });
        response.on("error", failed);
        response.on("end", () => {
          clearTimeout(timer);
          resolve(replyOf(response, Buffer.concat(parts)));
        });
      });
      outgoing.end(body);
    });
}

async function replyOf({ statusCode = 0, headers }: IncomingMessage, body: Buffer): Promise<Reply> {
  const plain = headers["content-encoding"] === "gzip" && body.length > 0 ? await unpacked(body) : body;
  return { status: statusCode, headers, text: plain.toString() };
}

const unpacked = promisify(gunzip);

/** Keeps connections open. Goes through the proxy that the environment names for this address, if it names one. */
async function agentFor(url: string): Promise<Agent> {
  const options = { keepAlive: true, maxSockets: mostSockets };
  const isSecure = url.startsWith("https:");
  const proxy = hasProxy() ? (await import("proxy-from-env")).getProxyForUrl(url) : "";
  if (proxy === "") return isSecure ? new (await import("node:https")).Agent(options) : new HttpAgent(options);
  return isSecure
    ? new (await import("https-proxy-agent")).HttpsProxyAgent(proxy, options)
    : new (await import("http-proxy-agent")).HttpProxyAgent(proxy, options);
}

function hasProxy(): boolean {
  return Object.entries(process.env).some(([name, value]) => /^(?:https?|all)_proxy$/iu.test(name) && value !== "");
}
