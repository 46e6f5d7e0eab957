import { busy } from "./busy.ts";

/** What Prometheus' API answers to a query. */
export type PrometheusData =
  | { readonly resultType: "matrix"; readonly result: readonly Line[] }
  | { readonly resultType: "vector"; readonly result: readonly Sample[] }
  | { readonly resultType: "scalar"; readonly result: Point }
  | { readonly resultType: "string"; readonly result: readonly [number, string] };

/** Seconds since 1970, and the value as text: it may be NaN or +Inf. */
export type Point = readonly [number, string];

export interface Line {
  readonly metric: Labels;
  readonly values?: readonly Point[];
}

export interface Sample {
  readonly metric: Labels;
  readonly value?: Point;
}

export type Labels = Readonly<Record<string, string>>;

export interface Answer<T> {
  readonly data: T;
  /** Milliseconds from question to answer. */
  readonly took: number;
  /** Samples that the server read for it, where it says so. */
  readonly samples: number | undefined;
  /** The server's doubts about the query, as Grafana shows them on a panel. */
  readonly notices: readonly { readonly severity: "warning" | "info"; readonly text: string }[];
}

interface Body {
  readonly status?: string;
  readonly error?: string;
  readonly data?: unknown;
  readonly warnings?: readonly string[];
  readonly infos?: readonly string[];
}

/** In an answer's data, of Prometheus where it is asked for `stats`. */
interface Stats {
  readonly stats?: { readonly samples?: { readonly totalQueryableSamples?: number } };
}

/** These are not asked by POST. */
const read = /\/label\/|\/rules$/u;

const formType = "application/x-www-form-urlencoded";

/** Asks one of the API's paths through the proxy. Throws what the server says is wrong. */
export async function ask<T>(
  uid: string,
  { path, form, signal }: { readonly path: string; readonly form: URLSearchParams; readonly signal?: AbortSignal },
): Promise<Answer<T>> {
  const get = read.test(path);
  const started = performance.now();
  const { ok, status, text, timing, took } = await busy(async () => {
    const response = await fetch(`/proxy/${uid}/${path}${get && form.size > 0 ? `?${form}` : ""}`, {
      ...(!get && { method: "POST", body: form.toString(), headers: { "Content-Type": formType } }),
      ...(signal !== undefined && { signal }),
    });
    const { ok, status, headers } = response;
    const text = await response.text();
    return { ok, status, text, timing: headers.get("Server-Timing"), took: performance.now() - started };
  });
  const body = parsed(text);
  if (!ok || body.status !== "success") {
    throw new Error(body.error ?? `${status} ${text.slice(0, 200)}`);
  }
  return {
    data: body.data as T,
    took,
    samples: (body.data as Stats | undefined)?.stats?.samples?.totalQueryableSamples ?? processed(timing),
    notices: [
      ...(body.warnings ?? []).map((warning) => ({ severity: "warning" as const, text: warning })),
      ...(body.infos ?? []).map((info) => ({ severity: "info" as const, text: info })),
    ],
  };
}

/** Mimir says it in a header: `querier_wall_time;dur=5.1, samples_processed;val=34530`. */
function processed(timing: string | null): number | undefined {
  const [, count] = /samples_processed;val=(\d+)/u.exec(timing ?? "") ?? [];
  return count === undefined ? undefined : Number(count);
}

function parsed(text: string): Body {
  try {
    return JSON.parse(text) as Body;
  } catch {
    return {};
  }
}
