import { once } from "node:events";
import { createServer, type IncomingMessage, request as httpRequest, type ServerResponse } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";

/** What can happen to a request between us and a server. */
export type Fault =
  /** The connection breaks, before or after the server did its work. */
  | { readonly kind: "reset-before" | "reset-after"; readonly after?: () => void }
  /** An answer that is not the server's, before or after it did its work. */
  | {
      readonly kind: "answer";
      readonly after?: boolean;
      readonly status: number;
      readonly headers?: Readonly<Record<string, string>>;
      readonly body?: string;
    }
  /** The answer comes late. */
  | { readonly kind: "slow"; readonly ms: number }
  /** Half of the answer comes: the connection breaks, or it ends as if that were all. */
  | { readonly kind: "truncated"; readonly silently?: boolean };

export interface Passed {
  readonly method: string;
  readonly path: string;
}

export interface Proxy {
  readonly url: string;
  /** Every request since the last `forget`. */
  readonly requests: readonly Passed[];
  readonly writes: () => readonly Passed[];
  readonly forget: () => void;
  /** What happens to the requests from now on; `at` counts them from 0. */
  readonly inject: (fault: (request: Passed, at: number) => Fault | undefined) => void;
  readonly stop: () => Promise<void>;
}

/** Stands between us and a real server: counts, and breaks what it is told to break. */
export async function startProxy(target: string): Promise<Proxy> {
  const requests: Passed[] = [];
  let fault: (request: Passed, at: number) => Fault | undefined = () => undefined;
  const server = createServer((incoming, outgoing) => {
    pass(incoming, outgoing).catch(() => outgoing.destroy());
  }).listen(0, "127.0.0.1");
  await once(server, "listening");

  async function pass(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const passed = { method: incoming.method ?? "GET", path: incoming.url ?? "/" };
    const body = await read(incoming);
    const planned = fault(passed, requests.length);
    requests.push(passed);
    if (planned?.kind === "reset-before") return void incoming.socket.destroy();
    if (planned?.kind === "answer" && planned.after !== true) return say(outgoing, planned);
    const answer = await forward(target, incoming, body);
    if (planned?.kind === "reset-after") {
      planned.after?.();
      return void incoming.socket.destroy();
    }
    if (planned?.kind === "answer") return say(outgoing, planned);
    if (planned?.kind === "slow") await sleep(planned.ms);
    const { "transfer-encoding": _chunked, connection: _connection, ...headers } = answer.headers;
    if (planned?.kind !== "truncated") {
      outgoing.writeHead(answer.status, { ...headers, "content-length": answer.body.length });
      return void outgoing.end(answer.body);
    }
    const half = answer.body.subarray(0, answer.body.length / 2);
    if (planned.silently === true) {
      outgoing.writeHead(answer.status, { ...headers, "content-length": half.length });
      return void outgoing.end(half);
    }
    outgoing.writeHead(answer.status, { ...headers, "content-length": Math.max(1, answer.body.length) });
    outgoing.write(half);
    // What is written goes out before the connection does.
    setImmediate(() => incoming.socket.destroy());
  }

  const address = server.address();
  return {
    url: `http://127.0.0.1:${typeof address === "object" && address !== null ? address.port : 0}`,
    requests,
    writes: () => requests.filter(({ method }) => method !== "GET"),
    forget: () => void requests.splice(0),
    inject(next) {
      fault = next;
    },
    stop: () =>
      new Promise((stopped) => {
        server.close(() => stopped());
        server.closeAllConnections();
      }),
  };
}

function say(outgoing: ServerResponse, { status, headers = {}, body = "" }: Fault & { readonly kind: "answer" }): void {
  outgoing.writeHead(status, { "content-type": "text/plain", ...headers });
  outgoing.end(body);
}

interface Forwarded {
  readonly status: number;
  readonly headers: IncomingMessage["headers"];
  readonly body: Buffer;
}

async function forward(target: string, incoming: IncomingMessage, body: Buffer): Promise<Forwarded> {
  const { connection: _connection, host: _host, ...headers } = incoming.headers;
  const outgoing = httpRequest(new URL(incoming.url ?? "/", target), {
    ...(incoming.method !== undefined && { method: incoming.method }),
    headers: { ...headers, "content-length": body.length, "accept-encoding": "identity" },
  });
  outgoing.end(body);
  const [answer] = (await once(outgoing, "response")) as [IncomingMessage];
  return { status: answer.statusCode ?? 502, headers: answer.headers, body: await read(answer) };
}

async function read(stream: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(Buffer.from(chunk as Uint8Array));
  return Buffer.concat(chunks);
}
