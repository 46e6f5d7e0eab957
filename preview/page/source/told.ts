import type { DataFrame, QueryResultMeta, QueryResultMetaNotice } from "@grafana/data";
import type { Answer, PrometheusData } from "./answers.ts";

/** What is known of one question and its answer besides the data; frames carry it for who explains a panel. */
export interface Told {
  /** Milliseconds from question to answer. */
  readonly took: number;
  /** Samples that the server read, where it says so. */
  readonly samples: number | undefined;
  /** Of the result. */
  readonly series: number;
  readonly points: number;
}

/** What every frame of an answer says about it: the expression as it was asked, the server's doubts, and the cost. */
export function metaOf(answer: Answer<PrometheusData>, expr: string): QueryResultMeta {
  const { notices, took, samples, data } = answer;
  const told: Told = { took, samples, ...sizeOf(data) };
  return {
    executedQueryString: `Expr: ${expr}`,
    custom: { told },
    ...(notices.length > 0 && { notices: notices as QueryResultMetaNotice[] }),
  };
}

/** Each answer that the frames of a query are from: one, or two where it asked for a moment and a range. */
export function toldIn(frames: readonly DataFrame[], refId: string): Told[] {
  const told = frames
    .filter((frame) => frame.refId === refId)
    .flatMap(({ meta }) => (meta?.custom?.["told"] as Told | undefined) ?? []);
  return [...new Set(told)];
}

function sizeOf(data: PrometheusData): Pick<Told, "series" | "points"> {
  switch (data.resultType) {
    case "matrix":
      return {
        series: data.result.length,
        points: data.result.reduce((sum, { values = [] }) => sum + values.length, 0),
      };
    case "vector":
      return { series: data.result.length, points: data.result.length };
    case "scalar":
    case "string":
      return { series: 1, points: 1 };
  }
}
