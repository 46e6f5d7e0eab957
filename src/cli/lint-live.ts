import { type InputFile, rulesIn } from "../lint/index.ts";
import type { PrometheusApi } from "./prometheus-api.ts";

const days = 7;
const step = 300;

/** How often and how long would each alert have fired in the last seven days, and how many series has each expression now? */
export async function liveReport(files: readonly InputFile[], api: PrometheusApi): Promise<string> {
  const now = Math.floor(Date.now() / 1000);
  const lines: string[] = [];
  for (const rule of rulesIn(files)) {
    try {
      lines.push(rule.kind === "alert" ? await alertLine(rule, now, api) : await recordLine(rule, now, api));
    } catch (error) {
      lines.push(`  ${rule.name}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  return [`In the last ${days} days, on the data that is there:`, ...lines].join("\n");
}

type Rule = ReturnType<typeof rulesIn>[number];

async function recordLine({ name, expr }: Rule, now: number, api: PrometheusApi): Promise<string> {
  const { series, seconds } = await timed(() => api.get("query", { query: expr, time: String(now) }));
  return `  ${name}: ${series.length === 0 ? "no series" : `${series.length} series`}, ${seconds} s`;
}

async function alertLine({ name, expr, forSeconds }: Rule, now: number, api: PrometheusApi): Promise<string> {
  const from = now - days * 86_400;
  const { series, seconds } = await timed(() =>
    api.get("query_range", { query: expr, start: String(from), end: String(now), step: String(step) }),
  );
  const fired = series.flatMap(({ values }) => firings(values, forSeconds));
  if (fired.length === 0) return `  ${name}: never, ${seconds} s`;
  const total = fired.reduce((sum, length) => sum + length, 0);
  return `  ${name}: ${fired.length}×, ${duration(total)} in all, ${duration(Math.max(...fired))} at most, ${seconds} s`;
}

/** For how long it fired, each time: an unbroken run of results, less the `for`. */
export function firings(values: readonly (readonly [number, string])[], forSeconds: number): number[] {
  const runs: { readonly from: number; to: number }[] = [];
  for (const [time] of values) {
    const last = runs.at(-1);
    if (last && time - last.to <= step) last.to = time;
    else runs.push({ from: time, to: time });
  }
  return runs.map(({ from, to }) => to - from + step - forSeconds).filter((length) => length > 0 && length > step - 1);
}

interface Series {
  readonly values: readonly (readonly [number, string])[];
}

async function timed(
  ask: () => Promise<unknown>,
): Promise<{ readonly series: readonly Series[]; readonly seconds: string }> {
  const started = performance.now();
  const data = await ask();
  const result =
    typeof data === "object" && data !== null && "result" in data && Array.isArray(data.result) ? data.result : [];
  const series = result.map((one: unknown) =>
    typeof one === "object" && one !== null && "values" in one ? (one as Series) : { values: [] },
  );
  return { series, seconds: ((performance.now() - started) / 1000).toFixed(1) };
}

function duration(seconds: number): string {
  const hours = Math.floor(seconds / 3600);
  const minutes = Math.round((seconds % 3600) / 60);
  return hours > 0 ? `${hours}h${minutes === 0 ? "" : `${minutes}m`}` : `${minutes}m`;
}
