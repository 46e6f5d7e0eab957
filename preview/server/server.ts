import { once } from "node:events";
import { createReadStream, readdirSync, statSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { extname, join } from "node:path";
import type { Generated, PreviewBundle } from "../bundle.ts";
import { type Backend, body, forward } from "./backend.ts";
import { type Contents, contentsOf, type Source, tenantHeader } from "./contents.ts";
import { gate, type Passed, stranger } from "./gate.ts";
import type { Generator } from "./generator.ts";
import type { Playback } from "./playback.ts";
import type { Recorder } from "./recorder.ts";

export interface PreviewOptions {
  readonly generator: Generator;
  /** The built page. */
  readonly page: string;
  /** 0 for any that is free. */
  readonly port: number;
  /** By kind of data source: `prometheus`, `loki`. */
  readonly backends: Readonly<Record<string, Backend | undefined>>;
  /** What answers where there is no backend for metrics. */
  readonly playback?: Playback;
  /** Keeps what the backends answer. */
  readonly recorder?: Recorder;
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
export async function servePreview(options: PreviewOptions): Promise<Preview> {
  const { generator, page, port, backends } = options;
  const files = new Set(
    readdirSync(page, { recursive: true, encoding: "utf8" }).filter((file) => statSync(join(page, file)).isFile()),
  );
  const shown = new Shown(options, await generator.read());
  const followers = new Set<ServerResponse>();
  let renewing = false;
  let again = false;
  // One generation at a time, and one more for whatever changed meanwhile: edits come faster than it ends.
  const renew = async (): Promise<void> => {
    again = renewing;
    if (renewing) {
      return;
    }
    renewing = true;
    await shown.renew(generator);
    renewing = false;
    for (const follower of followers) {
      follower.write("event: bundle\ndata: {}\n\n");
    }
    if (again) {
      await renew();
    }
  };
  const stopWatching = generator.watch(() => void renew());
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
      return json(response, shown.bundle);
    }
    if (path === "/changes") {
      response.writeHead(200, { "Content-Type": "text/event-stream", "Cache-Control": "no-store" });
      response.write(":\n\n");
      followers.add(response);
      response.on("close", () => followers.delete(response));
      return;
    }
    const file = path.slice(1);
    if (files.has(file)) {
      return send(response, file, file.startsWith("assets/") ? "max-age=31536000, immutable" : "no-cache");
    }
    // An address of the page's own, such as /d/<uid>: the page reads it.
    return extname(path) === "" ? send(response, "index.html", "no-cache") : say(response, 404, "no such file");
  };

  const proxy = async (request: IncomingMessage, response: ServerResponse, url: string): Promise<void> => {
    const verdict = gate({ method: request.method ?? "", url, headers: request.headers }, shown.contents.sources);
    if ("reason" in verdict) {
      return say(response, verdict.status, verdict.reason);
    }
    const backend = backendOf(verdict.source, backends);
    if (backend === undefined && shown.playback?.knows(verdict.source) === true) {
      return played(request, response, { passed: verdict, playback: shown.playback });
    }
    if (backend === undefined) {
      return say(response, 503, `no server was named for ${verdict.source.name} (${verdict.source.type})`);
    }
    try {
      const form = request.method === "POST" ? await body(request) : undefined;
      const heard = heardBy(options.recorder, verdict, form);
      await forward(request, response, { passed: verdict, backend, form, ...(heard && { heard }) });
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
      stopWatching();
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

/** What is shown at the moment, and what is wrong with what should be. */
class Shown {
  contents: Contents;
  readonly playback: Playback | undefined;
  readonly #recorder: Recorder | undefined;
  readonly #backends: PreviewOptions["backends"];
  #problems: readonly string[] = [];

  constructor({ backends, playback, recorder }: PreviewOptions, generated: Generated) {
    this.#backends = backends;
    this.#recorder = recorder;
    this.playback = playback;
    this.contents = this.#contentsOf(generated);
  }

  get bundle(): PreviewBundle {
    const { bundle, sources } = this.contents;
    const { playback } = this;
    const isLive = sources.some((source) => backendOf(source, this.#backends) !== undefined);
    const plays = !isLive && playback !== undefined && sources.some((source) => playback.knows(source));
    const recorded = this.#recorder?.data ?? (plays ? playback.data : undefined);
    const interval = recorded && `${recorded.step / 1000}s`;
    return {
      ...bundle,
      // With the recorded step as the least one, the page asks what was asked when it was recorded.
      sources: bundle.sources.map((source) => (interval === undefined ? source : { ...source, interval })),
      data: recorded ?? { kind: isLive ? "live" : "none" },
      problems: [...this.#problems, ...this.contents.left],
    };
  }

  /** After an edit. What cannot be read leaves what was shown, and says why. */
  async renew(generator: Generator): Promise<void> {
    try {
      this.contents = this.#contentsOf(await generator.read());
      this.#problems = [];
    } catch (error) {
      this.#problems = reason(error).split("\n");
    }
  }

  #contentsOf(generated: Generated): Contents {
    return contentsOf(
      generated,
      (source) => backendOf(source, this.#backends) !== undefined || this.playback?.knows(source) === true,
    );
  }
}

/** Without a tenant it is another server than the one that was named: one inside a cluster, say. */
function backendOf(source: Source, backends: PreviewOptions["backends"]): Backend | undefined {
  return tenantHeader(source) === undefined ? undefined : backends[source.type];
}

/** Metrics only: that is what is played back. */
function heardBy(
  recorder: Recorder | undefined,
  { source, path }: Passed,
  form: string | undefined,
): ((answer: string) => void) | undefined {
  if (recorder === undefined || source.type !== "prometheus") {
    return undefined;
  }
  const [name = "", query = ""] = path.split("?");
  return (answer) => recorder.keep(source, name, new URLSearchParams(form ?? query), answer);
}

async function played(
  request: IncomingMessage,
  response: ServerResponse,
  { passed: { source, path }, playback }: { readonly passed: Passed; readonly playback: Playback },
): Promise<void> {
  const [name = "", query = ""] = path.split("?");
  const form = new URLSearchParams(request.method === "POST" ? await body(request) : query);
  const answer = playback.answer(source, name, form);
  if ("error" in answer) {
    return say(response, answer.status, answer.error);
  }
  json(response, { status: "success", data: answer.data });
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
