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

const formType = "application/x-www-form-urlencoded";

/** Asks one of the API's paths through the proxy. Throws what the server says is wrong. */
export async function ask<T>(
  uid: string,
  { path, form, signal }: { readonly path: string; readonly form: URLSearchParams; readonly signal?: AbortSignal },
): Promise<Answer<T>> {
  const get = path.includes("/label/");
  const { ok, status, text } = await busy(async () => {
    const response = await fetch(`/proxy/${uid}/${path}${get ? `?${form}` : ""}`, {
      ...(!get && { method: "POST", body: form.toString(), headers: { "Content-Type": formType } }),
      ...(signal !== undefined && { signal }),
    });
    return { ok: response.ok, status: response.status, text: await response.text() };
  });
  const body = parsed(text);
  if (!ok || body.status !== "success") {
    throw new Error(body.error ?? `${status} ${text.slice(0, 200)}`);
  }
  return {
    data: body.data as T,
    notices: [
      ...(body.warnings ?? []).map((warning) => ({ severity: "warning" as const, text: warning })),
      ...(body.infos ?? []).map((info) => ({ severity: "info" as const, text: info })),
    ],
  };
}

function parsed(text: string): Body {
  try {
    return JSON.parse(text) as Body;
  } catch {
    return {};
  }
}
