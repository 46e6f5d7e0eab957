import { once } from "node:events";
import { createReadStream, readdirSync, statSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { extname, join } from "node:path";
import type { PreviewBundle } from "../bundle.ts";
import { type Backend, forward } from "./backend.ts";
import { type Folder, readFolder, type Source } from "./folder.ts";
import { gate, stranger } from "./gate.ts";

export interface PreviewOptions {
  /** The generated folder: `out`. */
  readonly out: string;
  /** The built page. */
  readonly page: string;
  /** 0 for any that is free. */
  readonly port: number;
  /** By kind of data source: `prometheus`, `loki`. */
  readonly backends: Readonly<Record<string, Backend | undefined>>;
}

export interface Preview {
  /** `http://127.0.0.1:4173`, without a slash at the end. */
  readonly url: string;
  close(): Promise<void>;
}

const types: Readonly<Record<string, string>> = {
  ".css": "text/css; charset=utf-8",
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".svg": "image/svg+xml",
  ".woff2": "font/woff2",
};

/** Grafana's table and plots compile functions, and Emotion writes styles; all comes from us, and nothing goes elsewhere. */
const policy = [
  "default-src 'self'",
  "script-src 'self' 'unsafe-eval'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "font-src 'self' data:",
  "object-src 'none'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");

/** Serves the page and its data, to this machine only. */
export async function servePreview({ out, page, port, backends }: PreviewOptions): Promise<Preview> {
  const files = new Set(
    readdirSync(page, { recursive: true, encoding: "utf8" }).filter((file) => statSync(join(page, file)).isFile()),
  );
  // Read again with every load of the page, so that the page and the proxy know the same data sources.
  let folder = readFolder(out);
  const server = createServer();
  server.listen(port, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const listening = typeof address === "object" && address !== null ? address.port : port;

  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const asked = { method: request.method ?? "", url: request.url ?? "", headers: request.headers };
    const refused = stranger(asked, listening);
    if (refused !== undefined) {
      return say(response, refused.status, refused.reason);
    }
    if (asked.url.startsWith("/proxy/")) {
      return proxy(request, response, asked.url);
    }
    if (asked.method !== "GET" && asked.method !== "HEAD") {
      return say(response, 405, `${asked.method} of a page`);
    }
    const path = asked.url.split("?")[0] ?? "";
    if (path === "/bundle.json") {
      folder = readFolder(out);
      return json(response, bundle(folder, backends));
    }
    const file = path.slice(1);
    if (files.has(file)) {
      return send(response, file, file.startsWith("assets/") ? "max-age=31536000, immutable" : "no-cache");
    }
    // An address of the page's own, such as /d/<uid>: the page reads it.
    return extname(path) === "" ? send(response, "index.html", "no-cache") : say(response, 404, "no such file");
  };

  const proxy = async (request: IncomingMessage, response: ServerResponse, url: string): Promise<void> => {
    const verdict = gate({ method: request.method ?? "", url, headers: request.headers }, folder.sources);
    if ("reason" in verdict) {
      return say(response, verdict.status, verdict.reason);
    }
    const backend = backendOf(verdict.source, backends);
    if (backend === undefined) {
      return say(response, 503, `no server was named for ${verdict.source.name} (${verdict.source.type})`);
    }
    try {
      await forward(request, response, { passed: verdict, backend });
    } catch (error) {
      say(response, 502, `${backend.url} does not answer: ${reason(error)}`);
    }
  };

  const send = (response: ServerResponse, file: string, caching: string): void => {
    response.writeHead(200, {
      "Content-Type": types[extname(file)] ?? "application/octet-stream",
      "Content-Security-Policy": policy,
      "X-Content-Type-Options": "nosniff",
      "Referrer-Policy": "no-referrer",
      "Cache-Control": caching,
    });
    createReadStream(join(page, file)).pipe(response);
  };

  server.on("request", (request: IncomingMessage, response: ServerResponse) => {
    answer(request, response).catch((error: unknown) => say(response, 500, reason(error)));
  });

  return {
    url: `http://127.0.0.1:${listening}`,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

/** Without a tenant it is another server than the one that was named: one inside a cluster, say. */
function backendOf({ type, headers }: Source, backends: PreviewOptions["backends"]): Backend | undefined {
  return Object.keys(headers).some((name) => name.toLowerCase() === "x-scope-orgid") ? backends[type] : undefined;
}

function bundle({ boards, sources, problems }: Folder, backends: PreviewOptions["backends"]): PreviewBundle {
  return {
    boards,
    problems,
    sources: sources.map((source) => ({
      uid: source.uid,
      name: source.name,
      type: source.type,
      isDefault: source.isDefault,
      live: backendOf(source, backends) !== undefined,
      ...(source.interval !== undefined && { interval: source.interval }),
    })),
  };
}

function json(response: ServerResponse, value: unknown): void {
  response.writeHead(200, { "Content-Type": "application/json", "Cache-Control": "no-store" });
  response.end(JSON.stringify(value));
}

/** In the shape of Prometheus' own errors, so that a panel can show it. */
function say(response: ServerResponse, status: number, error: string): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  response.writeHead(status, { "Content-Type": "application/json", "Cache-Control": "no-store" });
  response.end(JSON.stringify({ status: "error", errorType: "preview", error }));
}

/** fetch says only "fetch failed"; what happened is one level below. */
function reason(error: unknown): string {
  const inner = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  return inner instanceof Error ? inner.message || inner.name : String(inner);
}
