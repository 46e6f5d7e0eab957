import {
  type DataFrame,
  type DataQueryRequest,
  type DataQueryResponse,
  DataSourceApi,
  FieldType,
  type TestDataSourceResponse,
} from "@grafana/data";
import type { DataQuery } from "@grafana/schema";
import { interpolate } from "../host/template.ts";
import { ask, type Labels, type PrometheusData } from "./answers.ts";
import { escaped } from "./escape.ts";
import { seriesFrames } from "./prometheus-frames.ts";
import { stepOf } from "./step.ts";

interface LokiQuery extends DataQuery {
  readonly expr?: string;
  readonly legendFormat?: string;
  readonly queryType?: "range" | "instant";
  readonly maxLines?: number;
}

interface Streams {
  readonly resultType: "streams";
  /** Nanoseconds as text, and the line. */
  readonly result: readonly { readonly stream: Labels; readonly values: readonly (readonly [string, string])[] }[];
}

/** Loki, asked through the preview's proxy: lines for log panels, numbers for the others. */
export class LokiSource extends DataSourceApi {
  override async query(request: DataQueryRequest): Promise<DataQueryResponse> {
    const shown = (request.targets as LokiQuery[]).filter(({ hide, expr = "" }) => hide !== true && expr !== "");
    const frames = await Promise.all(shown.map((target) => this.#frames(target, request)));
    return { data: frames.flat() };
  }

  override testDatasource(): Promise<TestDataSourceResponse> {
    return Promise.resolve({ status: "success", message: "" });
  }

  async #frames(target: LokiQuery, request: DataQueryRequest): Promise<DataFrame[]> {
    const { refId, legendFormat, maxLines = 1000, queryType = "range" } = target;
    const step = stepOf(request, undefined);
    const window = { text: `${step}ms`, value: `${step}ms` };
    const scoped = { ...request.scopedVars, __interval: window, __auto: window };
    const expr = interpolate(target.expr ?? "", scoped, escaped);
    const nanoseconds = (at: number): string => `${at}000000`;
    const end = nanoseconds(request.range.to.valueOf());
    const form: Record<string, string> =
      queryType === "instant"
        ? { query: expr, time: end }
        : {
            query: expr,
            start: nanoseconds(request.range.from.valueOf()),
            end,
            step: `${step / 1000}s`,
            limit: String(maxLines),
          };
    const path = queryType === "instant" ? "loki/api/v1/query" : "loki/api/v1/query_range";
    const answer = await ask<PrometheusData | Streams>(this.uid, { path, form: new URLSearchParams(form) });
    const { data } = answer;
    return data.resultType === "streams"
      ? [lineFrame(refId, data)]
      : seriesFrames({ ...answer, data }, { refId, expr, legendFormat, step });
  }
}

function lineFrame(refId: string, { result }: Streams): DataFrame {
  const lines = result
    .flatMap(({ stream, values }) => values.map(([at, line]) => ({ stream, at: Number(at.slice(0, -6)), line })))
    .sort((a, b) => b.at - a.at);
  return {
    refId,
    length: lines.length,
    fields: [
      { name: "Time", type: FieldType.time, config: {}, values: lines.map(({ at }) => at) },
      { name: "Line", type: FieldType.string, config: {}, values: lines.map(({ line }) => line) },
      { name: "labels", type: FieldType.other, config: {}, values: lines.map(({ stream }) => stream) },
    ],
  };
}
