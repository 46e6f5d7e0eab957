import { type DataFrame, type Field, FieldType } from "@grafana/data";
import type { Answer, Labels, Line, Point, PrometheusData } from "./answers.ts";
import { metaOf } from "./told.ts";

export interface FrameOptions {
  readonly refId: string;
  readonly expr: string;
  readonly legendFormat: string | undefined;
  /** Milliseconds between two points, so that panels know what a gap is. */
  readonly step: number | undefined;
}

/** A frame per series, named by the legend's format: what Grafana's Prometheus data source makes of an answer. */
export function seriesFrames(answer: Answer<PrometheusData>, options: FrameOptions): DataFrame[] {
  const found = lines(answer.data).map((line) => seriesFrame(line, options));
  const meta = metaOf(answer, options.expr);
  return (found.length === 0 ? [empty(options)] : found).map((frame) => ({ ...frame, meta }));
}

/** One frame with a column per label; with more than one query of the panel the value is `Value #A`. */
export function tableFrame(
  answer: Answer<PrometheusData>,
  options: FrameOptions & { readonly alone: boolean },
): DataFrame {
  const rows = lines(answer.data).flatMap(({ metric, values = [] }) => values.map((point) => ({ metric, point })));
  const names = [...new Set(rows.flatMap(({ metric }) => Object.keys(metric)))].sort();
  const fields: Field[] = [
    field(
      "Time",
      FieldType.time,
      rows.map(({ point }) => milliseconds(point)),
    ),
    ...names.map((name) => ({
      ...field(
        name,
        FieldType.string,
        rows.map(({ metric }) => metric[name] ?? ""),
      ),
      config: { filterable: true },
    })),
    field(
      options.alone ? "Value" : `Value #${options.refId}`,
      FieldType.number,
      rows.map(({ point }) => value(point)),
    ),
  ];
  return {
    refId: options.refId,
    fields,
    length: rows.length,
    meta: metaOf(answer, options.expr),
  };
}

/** One frame with a field per bucket, lowest first, each with only its own count: `le` buckets are cumulative. */
export function heatmapFrames(answer: Answer<PrometheusData>, options: FrameOptions): DataFrame[] {
  const buckets = lines(answer.data)
    .map((line) => ({ line, bound: value([0, line.metric["le"] ?? ""]) }))
    .sort((a, b) => a.bound - b.bound);
  const times = [...new Set(buckets.flatMap(({ line }) => (line.values ?? []).map(milliseconds)))].sort(
    (a, b) => a - b,
  );
  let below = times.map(() => 0);
  const fields = buckets.map(({ line }) => {
    const at = new Map((line.values ?? []).map((point) => [milliseconds(point), value(point)]));
    const counts = times.map((time) => at.get(time) ?? 0);
    const own = counts.map((count, index) => Math.max(0, count - (below[index] ?? 0)));
    below = counts;
    return field(line.metric["le"] ?? "", FieldType.number, own);
  });
  const frame: DataFrame =
    fields.length === 0
      ? empty(options)
      : { refId: options.refId, fields: [time(times, options.step), ...fields], length: times.length };
  return [{ ...frame, meta: metaOf(answer, options.expr) }];
}

function seriesFrame({ metric, values = [] }: Line, { refId, expr, legendFormat, step }: FrameOptions): DataFrame {
  return {
    refId,
    fields: [
      time(values.map(milliseconds), step),
      {
        ...field("Value", FieldType.number, values.map(value)),
        labels: metric,
        config: { displayNameFromDS: seriesName(metric, legendFormat, expr) },
      },
    ],
    length: values.length,
  };
}

/** Grafana's rules: `{{label}}` is filled in, `__auto` leaves it to the labels, nothing gives them all. */
export function seriesName(metric: Labels, format: string | undefined, expr: string): string {
  if (format !== undefined && format !== "" && format !== "__auto") {
    return format.replaceAll(/\{\{\s*(.+?)\s*\}\}/gu, (_, label: string) => metric[label] ?? "");
  }
  const { __name__: name = "", ...labels } = metric;
  const pairs = Object.entries(labels).map(([label, text]) => `${label}="${text}"`);
  return name === "" && pairs.length === 0 ? expr : pairs.length === 0 ? name : `${name}{${pairs.join(", ")}}`;
}

/** Vectors and scalars as lines of one point. */
function lines(data: PrometheusData): Line[] {
  switch (data.resultType) {
    case "matrix":
      return [...data.result];
    case "vector":
      return data.result.map(({ metric, value: point }) => ({ metric, values: point === undefined ? [] : [point] }));
    case "scalar":
      return [{ metric: {}, values: [data.result] }];
    case "string":
      return [];
  }
}

function empty({ refId }: FrameOptions): DataFrame {
  return { refId, fields: [], length: 0 };
}

function time(values: number[], step: number | undefined): Field {
  return { ...field("Time", FieldType.time, values), config: step === undefined ? {} : { interval: step } };
}

function field(name: string, type: FieldType, values: readonly unknown[]): Field {
  return { name, type, values: [...values], config: {} };
}

function milliseconds([seconds]: Point): number {
  return Math.round(seconds * 1000);
}

function value([, text]: Point): number {
  return text === "+Inf" ? Infinity : text === "-Inf" ? -Infinity : Number(text);
}
