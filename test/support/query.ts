import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";

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
  { time }: { readonly time?: number } = {},
): Promise<Sample[]> {
  const answer = await ask(url, tenant, "query", { query: expr, ...(time !== undefined && { time: seconds(time) }) });
  const data = instantAnswer.parse(answer);
  return data.resultType === "scalar"
    ? [{ labels: {}, ...data.result }]
    : data.result.map(({ metric, value }) => ({ labels: metric, ...value }));
}

/** `start`, `end` and `step` in milliseconds. */
export async function range(
  url: string,
  tenant: string,
  expr: string,
  { start, end, step }: { readonly start: number; readonly end: number; readonly step: number },
): Promise<Line[]> {
  const times = { start: seconds(start), end: seconds(end), step: seconds(step) };
  const data = rangeAnswer.parse(await ask(url, tenant, "query_range", { query: expr, ...times }));
  return data.result.map(({ metric, values }) => ({ labels: metric, points: values }));
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

async function ask(url: string, tenant: string, path: string, form: Record<string, string>): Promise<unknown> {
  const response = await fetch(`${url}/prometheus/api/v1/${path}`, {
    method: "POST",
    headers: { "X-Scope-OrgID": tenant },
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
