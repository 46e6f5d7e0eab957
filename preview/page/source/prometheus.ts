import {
  type AnnotationEvent,
  type AnnotationQuery,
  type DataFrame,
  type DataQueryRequest,
  type DataQueryResponse,
  DataSourceApi,
  type DataSourceInstanceSettings,
  FieldType,
  type MetricFindValue,
  rangeUtil,
  type ScopedVars,
  type TestDataSourceResponse,
  type TimeRange,
} from "@grafana/data";
import type { DataQuery } from "@grafana/schema";
import { Observable, of } from "rxjs";
import { interpolate } from "../host/template.ts";
import { ask, type PrometheusData } from "./answers.ts";
import { heatmapFrames, seriesFrames, seriesName, tableFrame } from "./prometheus-frames.ts";
import { rateInterval, stepOf } from "./step.ts";
import { escaped } from "./escape.ts";
import { variableValues } from "./variable-query.ts";

export interface PrometheusQuery extends DataQuery {
  readonly expr?: string;
  readonly legendFormat?: string;
  readonly format?: "time_series" | "table" | "heatmap";
  readonly instant?: boolean;
  readonly range?: boolean;
  /** Least step. */
  readonly interval?: string;
}

/** Prometheus and Mimir, asked through the preview's proxy as Grafana would ask them. */
export class PrometheusSource extends DataSourceApi {
  override readonly interval: string;

  constructor(settings: DataSourceInstanceSettings, scrapeInterval = "15s") {
    super(settings);
    this.interval = scrapeInterval;
    this.annotations = {
      prepareQuery: (annotation) => annotation.target,
      processEvents: (annotation, frames) => of(events(annotation, frames)),
    };
  }

  override query(request: DataQueryRequest): Observable<DataQueryResponse> {
    const shown = (request.targets as PrometheusQuery[]).filter(({ hide, expr = "" }) => hide !== true && expr !== "");
    const tables = shown.filter(({ format }) => format === "table").length;
    return new Observable((subscriber) => {
      const stopped = new AbortController();
      const all = shown.map(async (target) => {
        try {
          return { data: await this.#frames(target, request, { alone: tables <= 1, signal: stopped.signal }) };
        } catch (error) {
          return { data: [], errors: [{ refId: target.refId, message: error instanceof Error ? error.message : "" }] };
        }
      });
      void Promise.all(all).then((answers) => {
        const errors = answers.flatMap((answer) => answer.errors ?? []);
        subscriber.next({ data: answers.flatMap(({ data }) => data), ...(errors.length > 0 && { errors }) });
        subscriber.complete();
      });
      return () => stopped.abort();
    });
  }

  override async metricFindQuery(
    query: string | { readonly query?: string },
    options?: { readonly range?: TimeRange; readonly scopedVars?: ScopedVars },
  ): Promise<MetricFindValue[]> {
    const text = typeof query === "string" ? query : (query.query ?? "");
    return variableValues(this.uid, interpolate(text, options?.scopedVars, escaped), options?.range);
  }

  override testDatasource(): Promise<TestDataSourceResponse> {
    return Promise.resolve({ status: "success", message: "" });
  }

  async #frames(
    target: PrometheusQuery,
    request: DataQueryRequest,
    { alone, signal }: { readonly alone: boolean; readonly signal: AbortSignal },
  ): Promise<DataFrame[]> {
    const { expr, step } = asAsked(target, request, this.interval);
    const { legendFormat, refId, format } = target;
    const legend = legendFormat && interpolate(legendFormat, request.scopedVars);
    const options = { refId, expr, legendFormat: legend };
    const instant = target.instant === true;
    const frames: DataFrame[] = [];
    if (instant) {
      const time = String(request.range.to.valueOf() / 1000);
      const form = new URLSearchParams({ query: expr, time });
      const answer = await ask<PrometheusData>(this.uid, { path: "api/v1/query", form, signal });
      const shown = { ...options, step: undefined };
      frames.push(...(format === "table" ? [tableFrame(answer, { ...shown, alone })] : seriesFrames(answer, shown)));
    }
    if (!instant || target.range === true) {
      const { start, end } = alignedTo(request.range, step);
      const form = new URLSearchParams({ query: expr, start, end, step: String(step / 1000) });
      const answer = await ask<PrometheusData>(this.uid, { path: "api/v1/query_range", form, signal });
      const shown = { ...options, step };
      frames.push(
        ...(format === "table"
          ? [tableFrame(answer, { ...shown, alone })]
          : format === "heatmap"
            ? heatmapFrames(answer, shown)
            : seriesFrames(answer, shown)),
      );
    }
    return frames;
  }
}

/** A query with its variables filled in. */
export interface Asked {
  readonly expr: string;
  /** Milliseconds between two points. */
  readonly step: number;
}

/** What is sent for one of a request's queries; its server is scraped every `scrapeInterval`. */
export function asAsked(
  { expr = "", interval }: PrometheusQuery,
  request: DataQueryRequest,
  scrapeInterval: string,
): Asked {
  const { scopedVars, range } = request;
  const least = interval ? interpolate(interval, scopedVars) : undefined;
  const step = stepOf(request, least);
  const width = range.to.valueOf() - range.from.valueOf();
  const rate = rateInterval(step, rangeUtil.intervalToMs(least ?? scrapeInterval));
  const filled = interpolate(
    expr,
    {
      ...scopedVars,
      __interval: { text: duration(step), value: duration(step) },
      __interval_ms: { text: String(step), value: String(step) },
      __rate_interval: { text: duration(rate), value: duration(rate) },
      __rate_interval_ms: { text: String(rate), value: String(rate) },
      __range: { text: duration(width), value: duration(width) },
      __range_s: { text: seconds(width), value: seconds(width) },
      __range_ms: { text: String(width), value: String(width) },
    },
    escaped,
  );
  return { expr: filled, step };
}

/** In seconds. The same points whenever it is asked within one step, as Grafana does. */
export function alignedTo({ from, to }: TimeRange, step: number): { readonly start: string; readonly end: string } {
  const down = (at: number): string => String((Math.floor(at / step) * step) / 1000);
  return { start: down(from.valueOf()), end: down(to.valueOf()) };
}

/** A mark where the expression has a value; neighbouring points of one series are one mark with an end. */
function events(annotation: AnnotationQuery, frames: readonly DataFrame[]): AnnotationEvent[] {
  const {
    titleFormat = "",
    textFormat = "",
    tagKeys = "",
  } = annotation as AnnotationQuery & {
    readonly titleFormat?: string;
    readonly textFormat?: string;
    readonly tagKeys?: string;
  };
  return frames.flatMap((frame) => {
    const times = frame.fields.find(({ type }) => type === FieldType.time);
    const values = frame.fields.find(({ type }) => type === FieldType.number);
    const gap = (times?.config.interval ?? 60_000) * 1.5;
    const marks: { start: number; end: number; value: number }[] = [];
    for (const [index, at] of ((times?.values ?? []) as number[]).entries()) {
      const last = marks.at(-1);
      if (last !== undefined && at - last.end <= gap) {
        last.end = at;
      } else {
        marks.push({ start: at, end: at, value: Number(values?.values[index]) });
      }
    }
    const labels = values?.labels ?? {};
    return marks.map(({ start, end, value }) => {
      const filled = { ...labels, __value__: String(value) };
      return {
        time: start,
        ...(end > start && { timeEnd: end, isRegion: true }),
        title: seriesName(filled, titleFormat, annotation.name),
        text: textFormat === "" ? "" : seriesName(filled, textFormat, ""),
        tags: tagKeys.split(",").flatMap((key) => labels[key.trim()] ?? []),
      };
    });
  });
}

function duration(ms: number): string {
  return ms % 1000 === 0 ? rangeUtil.secondsToHms(ms / 1000).replaceAll(/\s/gu, "") || "0s" : `${ms}ms`;
}

function seconds(ms: number): string {
  return String(Math.round(ms / 1000));
}
