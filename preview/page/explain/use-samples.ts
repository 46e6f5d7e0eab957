import type { PreviewBundle } from "../../bundle.ts";
import { ask, type PrometheusData } from "../source/answers.ts";
import { useAnswer } from "../use-answer.ts";
import type { QueryAsked } from "./query-asked.ts";

/** How many samples the server reads for a query; undefined until it is known, and where nobody says. */
export function useSamples(query: QueryAsked, { kind }: PreviewBundle["data"]): number | undefined {
  const { told, expr, step, source, language } = query;
  const known = told.map(({ samples }) => samples).filter((count) => count !== undefined);
  const { from, to, instant } = query.subject;
  // Prometheus counts only when it is asked to, which a dashboard does not.
  const asking =
    kind === "live" && language === "promql" && source?.live === true && told.length > 0 && known.length === 0;
  const { value } = useAnswer(asking ? `${source.uid} ${expr} ${step}` : "", async () => {
    if (!asking) {
      return undefined;
    }
    const end = String(to / 1000);
    const form: Record<string, string> = instant
      ? { query: expr, time: end, stats: "true" }
      : { query: expr, start: String(from / 1000), end, step: String(step / 1000), stats: "true" };
    const path = instant ? "api/v1/query" : "api/v1/query_range";
    return (await ask<PrometheusData>(source.uid, { path, form: new URLSearchParams(form) })).samples;
  });
  return known.length > 0 ? known.reduce((sum, count) => sum + count, 0) : value;
}
