import * as z from "zod";
import type { Http } from "../publish/http.ts";
import { ServerError } from "../publish/http.ts";

export interface Sample {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** What one tenant sees of a server that speaks Prometheus' HTTP API. Reads only. */
export interface PrometheusApi {
  /** The result of a query now. */
  readonly query: (expr: string) => Promise<Sample[]>;
  /** The labels of the series that a selector matches. */
  readonly labels: (selector: string) => Promise<string[]>;
  /** The names of all metrics that arrived of late, or of those that a selector matches. */
  readonly names: (selector?: string) => Promise<string[]>;
  /** The names of all rules that are evaluated; undefined where the server does not say. */
  readonly rules: () => Promise<readonly NamedRule[] | undefined>;
}

export interface NamedRule {
  readonly kind: "recording" | "alerting";
  readonly name: string;
  readonly expr: string;
  /** The file or namespace that holds it. */
  readonly from: string;
}

const vector = z.object({
  data: z.object({
    result: z.array(z.object({ metric: z.record(z.string(), z.string()), value: z.tuple([z.number(), z.string()]) })),
  }),
});
const texts = z.object({ data: z.array(z.string()).nullable() });
const ruleAnswer = z.object({
  data: z.object({
    groups: z.array(
      z.object({
        file: z.string().default(""),
        rules: z.array(z.object({ type: z.string(), name: z.string(), query: z.string().default("") })),
      }),
    ),
  }),
});

/**
 * @param tenant what goes into the tenant header; several are joined with `|`
 * @param prefix the path below which the API is, without `/api/v1`
 */
export function prometheusApi(
  http: Http,
  { prefix, headers }: { readonly prefix: string; readonly headers: Readonly<Record<string, string>> },
): PrometheusApi {
  const ask = async <T>(path: string, query: Readonly<Record<string, string>>, shape: z.ZodType<T>): Promise<T> => {
    const { status, text } = await http({ path: `${prefix}/api/v1${path}`, query, headers });
    if (status === 404) throw new ServerError(`there is no ${prefix}/api/v1${path}: is this a Prometheus API?`, status);
    return parsed(text, shape, path);
  };
  return {
    async query(expr) {
      const { data } = await ask("/query", { query: expr }, vector);
      return data.result.map(({ metric, value: [, value] }) => ({ labels: metric, value: Number(value) }));
    },
    labels: async (selector) => (await ask("/labels", { "match[]": selector }, texts)).data ?? [],
    names: async (selector) =>
      (await ask("/label/__name__/values", selector === undefined ? {} : { "match[]": selector }, texts)).data ?? [],
    async rules() {
      const { status, text } = await http({ path: `${prefix}/api/v1/rules`, headers, accepts: [400, 403, 501] });
      if (status !== 200) return undefined;
      const { data } = parsed(text, ruleAnswer, "/rules");
      return data.groups.flatMap(({ file, rules }) =>
        rules.map(({ type, name, query }) => ({
          kind: type === "recording" ? "recording" : "alerting",
          name,
          expr: query,
          from: file,
        })),
      );
    },
  };
}

function parsed<T>(text: string, shape: z.ZodType<T>, path: string): T {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    json = undefined;
  }
  const result = shape.safeParse(json);
  if (result.success) return result.data;
  throw new ServerError(`${path} answered something that is no answer of a Prometheus API`);
}
