import { ask, type PrometheusData } from "../source/answers.ts";
import { atOnce } from "../source/at-once.ts";
import type { Asking, SeriesLabels } from "./asking.ts";

/** What the questions are about. */
export interface Subject {
  readonly source: string;
  /** Milliseconds. */
  readonly from: number;
  readonly to: number;
  readonly instant: boolean;
}

type Questions = Pick<Asking, "count" | "series" | "values" | "bounds">;

/** So many points are enough to see whether there was anything. */
const points = 20;

/** Labels of so many series show what they have in common. */
const most = 50;

const inTurn = atOnce(4);

/** Questions to one data source. None is asked twice. */
export function questionsTo({ source, from, to, instant }: Subject): Questions {
  const answers = new Map<string, Promise<PrometheusData>>();
  const once = (path: string, form: Readonly<Record<string, string>>): Promise<PrometheusData> => {
    const key = `${path} ${form["query"]}`;
    const known =
      answers.get(key) ??
      inTurn(async () => (await ask<PrometheusData>(source, { path, form: new URLSearchParams(form) })).data);
    answers.set(key, known);
    return known;
  };
  const now = (query: string): Promise<PrometheusData> => once("api/v1/query", { query, time: String(to / 1000) });
  const shown = (query: string): Promise<PrometheusData> =>
    instant
      ? now(query)
      : once("api/v1/query_range", {
          query,
          start: String(from / 1000),
          end: String(to / 1000),
          step: String(Math.max(1, Math.ceil((to - from) / points / 1000))),
        });
  return {
    count: async (expr) => Math.max(0, ...numbers(await shown(`count(${expr})`))),
    series: async (expr) => labelsOf(await now(`topk(${most}, ${expr})`)),
    values: async (expr, label) => {
      const data = await now(`topk(${most}, count by (${label}) (${expr}))`);
      return data.resultType === "vector"
        ? data.result
            .toSorted((a, b) => Number(b.value?.[1] ?? 0) - Number(a.value?.[1] ?? 0))
            .map(({ metric }) => metric[label] ?? "")
        : [];
    },
    bounds: async (expr) => {
      const [low, high] = await Promise.all([shown(`min(${expr})`), shown(`max(${expr})`)]);
      const all = [...numbers(low), ...numbers(high)];
      return all.length === 0 ? undefined : [Math.min(...all), Math.max(...all)];
    },
  };
}

function labelsOf(data: PrometheusData): SeriesLabels[] {
  return data.resultType === "vector" ? data.result.map(({ metric }) => metric) : [];
}

function numbers(data: PrometheusData): number[] {
  const points =
    data.resultType === "matrix"
      ? data.result.flatMap(({ values = [] }) => values)
      : data.resultType === "vector"
        ? data.result.flatMap(({ value }) => (value === undefined ? [] : [value]))
        : [];
  return points.map(([, text]) => Number(text)).filter(Number.isFinite);
}
