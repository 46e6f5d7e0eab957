import { setTimeout as sleep } from "node:timers/promises";
import * as z from "zod";

export interface Sample {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
  /** Milliseconds. */
  readonly timestamp: number;
}

export interface Line {
  readonly labels: Readonly<Record<string, string>>;
  readonly points: readonly Readonly<{ timestamp: number; value: number }>[];
}

const prometheus = "prometheus/api/v1";
const loki = "loki/api/v1";

const infinities: Readonly<Record<string, number>> = { "+Inf": Infinity, "-Inf": -Infinity };

const point = z
  .tuple([z.number(), z.string()])
  .transform(([seconds, text]) => ({ timestamp: Math.round(seconds * 1000), value: infinities[text] ?? Number(text) }));

const labels = z.record(z.string(), z.string());

const instantAnswer = z.discriminatedUnion("resultType", [
  z.object({ resultType: z.literal("vector"), result: z.array(z.object({ metric: labels, value: point })) }),
  z.object({ resultType: z.literal("scalar"), result: point }),
]);

const rangeAnswer = z.object({
  resultType: z.literal("matrix"),
  result: z.array(z.object({ metric: labels, values: z.array(point) })),
});

/** Samples in the server's order; a scalar is one sample without labels. `time` is in milliseconds, else now. */
export async function instant(
  url: string,
  tenant: string,
  expr: string,
  { time, headers }: { readonly time?: number; readonly headers?: Readonly<Record<string, string>> } = {},
): Promise<Sample[]> {
  const form = { query: expr, ...(time !== undefined && { time: seconds(time) }) };
  return samples(await ask(url, tenant, `${prometheus}/query`, form, headers));
}

/** A series' labels as one text, the same in whatever order they came. */
export function labelText(labels: Sample["labels"]): string {
  return JSON.stringify(Object.entries(labels).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

/** `start`, `end` and `step` in milliseconds. */
export async function range(
  url: string,
  tenant: string,
  expr: string,
  { start, end, step }: { readonly start: number; readonly end: number; readonly step: number },
): Promise<Line[]> {
  const times = { start: seconds(start), end: seconds(end), step: seconds(step) };
  const data = rangeAnswer.parse(await ask(url, tenant, `${prometheus}/query_range`, { query: expr, ...times }));
  return data.result.map(({ metric, values }) => ({ labels: metric, points: values }));
}

export interface LogLine {
  /** Of the stream: what the index knows. */
  readonly labels: Readonly<Record<string, string>>;
  /** Structured metadata: what only the line knows. */
  readonly metadata: Readonly<Record<string, string>>;
  /** Milliseconds. */
  readonly timestamp: number;
  readonly line: string;
}

const streamsAnswer = z.object({
  resultType: z.literal("streams"),
  result: z.array(
    z.object({
      stream: labels,
      values: z.array(z.tuple([z.string(), z.string(), z.object({ structuredMetadata: labels.default({}) })])),
    }),
  ),
});

interface LogWindow {
  readonly start: number;
  readonly end: number;
  readonly headers?: Readonly<Record<string, string>>;
}

/** What a LogQL selector finds in Loki, oldest first, at most 5000 lines; `start` and `end` in milliseconds. */
export async function logLines(
  url: string,
  tenant: string,
  expr: string,
  { start, end, headers }: LogWindow,
): Promise<LogLine[]> {
  const form = { query: expr, start: seconds(start), end: seconds(end), limit: "5000", direction: "forward" };
  const data = streamsAnswer.parse(await ask(url, tenant, `${loki}/query_range`, form, headers));
  const lines = data.result.flatMap(({ stream, values }) =>
    values.map(([nanoseconds, line, { structuredMetadata }]) => ({
      labels: stream,
      metadata: structuredMetadata,
      timestamp: Number(nanoseconds) / 1e6,
      line,
    })),
  );
  return lines.sort((a, b) => a.timestamp - b.timestamp);
}

/** What a LogQL expression that counts finds in Loki at `time`, in milliseconds. */
export async function logSamples(
  url: string,
  tenant: string,
  expr: string,
  { time }: { readonly time: number },
): Promise<Sample[]> {
  return samples(await ask(url, tenant, `${loki}/query`, { query: expr, time: seconds(time) }));
}

/** Calls `fn` until it does not throw, and returns what it returned; after `within` milliseconds its last error counts. */
export async function eventually<T>(
  fn: () => T | Promise<T>,
  { within = 10_000, every = 50 }: { readonly within?: number; readonly every?: number } = {},
): Promise<T> {
  const start = Date.now();
  for (let tries = 1; ; tries++) {
    try {
      return await fn();
    } catch (error) {
      if (Date.now() - start < within) {
        await sleep(every);
        continue;
      }
      const failure = error instanceof Error ? error : new Error(String(error));
      // Jest prints the stack, which holds a copy of the message.
      const prefix = `still so after ${within / 1000} s and ${tries} tries: `;
      const stack = failure.stack?.replace(failure.message, () => prefix + failure.message);
      failure.message = prefix + failure.message;
      throw Object.assign(failure, { stack });
    }
  }
}

function samples(answer: unknown): Sample[] {
  const data = instantAnswer.parse(answer);
  return data.resultType === "scalar"
    ? [{ labels: {}, ...data.result }]
    : data.result.map(({ metric, value }) => ({ labels: metric, ...value }));
}

async function ask(
  url: string,
  tenant: string,
  path: string,
  form: Record<string, string>,
  headers: Readonly<Record<string, string>> = {},
): Promise<unknown> {
  const response = await fetch(`${url}/${path}`, {
    method: "POST",
    // Loki tells a stream's labels from a line's metadata only when asked to; Mimir does not mind.
    headers: { ...headers, "X-Scope-OrgID": tenant, "X-Loki-Response-Encoding-Flags": "categorize-labels" },
    body: new URLSearchParams(form),
    signal: AbortSignal.timeout(30_000),
  });
  const text = await response.text();
  if (!response.ok) {
    throw new Error(`${path} of ${form["query"]} as ${tenant}: ${response.status} ${text}`);
  }
  return z.object({ data: z.unknown() }).parse(JSON.parse(text)).data;
}

function seconds(milliseconds: number): string {
  return (milliseconds / 1000).toString();
}
