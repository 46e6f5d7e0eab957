import { Readable } from "node:stream";
import type { ReadableStream } from "node:stream/web";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Passed } from "./gate.ts";

/** A server that answers for the data sources of one kind. */
export interface Backend {
  /** Root that has `/api/v1` (Prometheus) or `/loki/api/v1` below it, without a slash at the end. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** Expressions are long, not endless. */
const mostBytes = 256 * 1024;

export interface Forwarded {
  readonly passed: Passed;
  readonly backend: Backend;
  /** What was posted. */
  readonly form: string | undefined;
  /** Who wants to know a good answer too. */
  readonly heard?: (answer: string) => void;
}

/** Asks the backend as the data source would, and hands its answer on. */
export async function forward(
  request: IncomingMessage,
  response: ServerResponse,
  { passed, backend, form, heard }: Forwarded,
): Promise<void> {
  const gone = new AbortController();
  response.on("close", () => gone.abort());
  const answer = await fetch(`${backend.url}/${passed.path}`, {
    method: request.method ?? "GET",
    headers: {
      Accept: "application/json",
      ...(form !== undefined && { "Content-Type": "application/x-www-form-urlencoded" }),
      ...backend.headers,
      ...passed.source.headers,
    },
    ...(form !== undefined && { body: form }),
    // The tenant is for this server only, wherever it may point to.
    redirect: "error",
    signal: AbortSignal.any([gone.signal, AbortSignal.timeout(60_000)]),
  });
  response.writeHead(answer.status, { "Content-Type": "application/json", "Cache-Control": "no-store" });
  if (heard !== undefined) {
    const text = await answer.text();
    if (answer.ok) {
      heard(text);
    }
    response.end(text);
    return;
  }
  if (answer.body === null) {
    response.end();
  } else {
    Readable.fromWeb(answer.body as ReadableStream).pipe(response);
  }
}

/** A form as it was posted. */
export async function body(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of request) {
    const bytes = Buffer.from(part as Uint8Array);
    size += bytes.length;
    if (size > mostBytes) {
      throw new RangeError(`a form of more than ${mostBytes} bytes`);
    }
    parts.push(bytes);
  }
  return Buffer.concat(parts).toString();
}
