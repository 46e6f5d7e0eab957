import type { Source } from "./contents.ts";

/** A request as far as it is judged. */
export interface Asked {
  readonly method: string;
  /** Path and query as they came, not yet decoded. */
  readonly url: string;
  /** Names in lower case, as Node gives them. */
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
}

/** Where a request may go on to, with what headers. */
export interface Passed {
  readonly source: Source;
  /** Below the API's root, with the query: `api/v1/query_range`. */
  readonly path: string;
}

export interface Refused {
  readonly status: 400 | 403 | 404 | 405 | 415 | 421;
  readonly reason: string;
}

interface Door {
  readonly path: RegExp;
  /** POST carries expressions too long for an address; nothing here writes. */
  readonly methods: readonly ("GET" | "POST")[];
}

/** What each kind of data source may be asked: reads that dashboards need, by their full path. */
const doors: Readonly<Record<string, readonly Door[]>> = {
  prometheus: [
    { path: /^api\/v1\/(?:query|query_range|series|labels)$/u, methods: ["GET", "POST"] },
    { path: /^api\/v1\/(?:label\/[A-Za-z_][A-Za-z0-9_]*\/values|metadata|rules|alerts)$/u, methods: ["GET"] },
  ],
  loki: [
    { path: /^loki\/api\/v1\/(?:query|query_range|series|labels)$/u, methods: ["GET", "POST"] },
    { path: /^loki\/api\/v1\/label\/[A-Za-z_][A-Za-z0-9_]*\/values$/u, methods: ["GET"] },
  ],
};

const prefix = "/proxy/";

/**
 * Whether a request comes from our own page. A page elsewhere could have its name resolve to 127.0.0.1 and ask us as
 * its own origin (DNS rebinding): hence Host, which it cannot choose, and not only Origin.
 */
export function stranger({ url, headers }: Asked, port: number): Refused | undefined {
  const hosts = [`127.0.0.1:${port}`, `localhost:${port}`, `[::1]:${port}`];
  const { host, origin } = headers;
  if (typeof host !== "string" || !hosts.includes(host.toLowerCase())) {
    return { status: 421, reason: `not the host of this preview: ${String(host)}` };
  }
  if (origin !== undefined && (typeof origin !== "string" || !hosts.some((own) => origin === `http://${own}`))) {
    return { status: 403, reason: `another origin: ${String(origin)}` };
  }
  const site = headers["sec-fetch-site"];
  // A link to a view may be followed from anywhere: it opens the page, and whoever sent it sees nothing.
  const followed = headers["sec-fetch-dest"] === "document" && !url.startsWith(prefix);
  if (site !== undefined && site !== "same-origin" && site !== "none" && !followed) {
    return { status: 403, reason: `asked by another site (${String(site)})` };
  }
  return undefined;
}

/** Which data source is asked for what, or why not. Whatever is not named is refused. */
export function gate(asked: Asked, sources: readonly Source[]): Passed | Refused {
  const { method, url, headers } = asked;
  const [whole, query] = split(url, "?");
  if (!whole.startsWith(prefix)) {
    return { status: 404, reason: "no such path" };
  }
  const [uid, path = ""] = split(whole.slice(prefix.length), "/");
  const source = sources.find((candidate) => candidate.uid === uid);
  if (source === undefined) {
    return { status: 404, reason: `no data source ${uid} in the provisioning files` };
  }
  // Names and paths are plain; who encodes them has something to hide.
  const door = doors[source.type]?.find((candidate) => candidate.path.test(path));
  if (door === undefined) {
    return { status: 403, reason: `${source.type} is not asked for ${path}` };
  }
  if (!door.methods.some((allowed) => allowed === method)) {
    return { status: 405, reason: `${method} of ${path}` };
  }
  const set = Object.keys(source.headers).map((name) => name.toLowerCase());
  const own = ["x-scope-orgid", "authorization", ...set].find((name) => headers[name] !== undefined);
  if (own !== undefined) {
    return { status: 403, reason: `${own} is set by the data source, not by who asks` };
  }
  const type = headers["content-type"];
  if (method === "POST" && type !== "application/x-www-form-urlencoded") {
    return { status: 415, reason: "POST takes a form" };
  }
  return { source, path: query === undefined ? path : `${path}?${query}` };
}

function split(text: string, at: string): [string, string?] {
  const index = text.indexOf(at);
  return index < 0 ? [text] : [text.slice(0, index), text.slice(index + 1)];
}
