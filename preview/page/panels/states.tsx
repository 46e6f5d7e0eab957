import {
  colorManipulator,
  type DataFrame,
  dateTimeFormat,
  type Field,
  FieldType,
  formattedValueToString,
  getFieldDisplayName,
  type PanelProps,
} from "@grafana/data";
import { type VizLegendOptions, VisibilityMode } from "@grafana/schema";
import { SeriesTable } from "@grafana/ui";
import { useMemo } from "react";
import { useStateLegend, WithLegend } from "./legend.tsx";
import { NoData } from "./no-data.tsx";
import { type Axis, type Rect, RectPlot } from "./rect-plot.tsx";

export interface StatesOptions {
  readonly legend: VizLegendOptions;
  readonly rowHeight: number;
  readonly showValue: VisibilityMode;
}

/** One series' state from one moment to another. */
export interface Span {
  readonly from: number;
  readonly to: number;
  readonly index: number;
}

interface Row {
  readonly name: string;
  readonly times: readonly number[];
  readonly field: Field;
}

interface StatesProps extends Omit<PanelProps<StatesOptions>, "onOptionsChange"> {
  /** Where a row's states begin and end. */
  readonly spans: (times: readonly number[], values: readonly unknown[], until: number) => readonly Span[];
}

/** A row for each series, with its states over time: what state timeline and status history share. */
export function States({ spans, ...props }: StatesProps): JSX.Element {
  const { data, width, height, timeRange, timeZone, options, onChangeTimeRange, fieldConfig } = props;
  const rows = useMemo(() => data.series.flatMap((frame) => rowsOf(frame, data.series)), [data.series]);
  const legend = useStateLegend(rows.map(({ field }) => field));
  const x = useMemo<Axis>(() => ({ kind: "time", range: timeRange, timeZone }), [timeRange, timeZone]);
  const y = useMemo<Axis>(() => ({ kind: "categories", names: rows.map(({ name }) => name) }), [rows]);
  const rects = useMemo(
    () => rows.flatMap((row, at) => rectsOf(row, { at, options, spans, until: timeRange.to.valueOf() })),
    [rows, options, spans, timeRange],
  );
  if (rows.length === 0) {
    return <NoData width={width} height={height} says={fieldConfig.defaults.noValue} />;
  }
  return (
    <WithLegend width={width} height={height} options={options.legend} items={legend}>
      {(w, h) => <RectPlot width={w} height={h} x={x} y={y} rects={rects} gap={1} onZoom={onChangeTimeRange} />}
    </WithLegend>
  );
}

function rowsOf(frame: DataFrame, all: DataFrame[]): Row[] {
  const time = frame.fields.find(({ type }) => type === FieldType.time);
  return time === undefined
    ? []
    : frame.fields
        .filter((field) => field !== time && field.config.custom?.hideFrom?.viz !== true)
        .map((field) => ({ name: getFieldDisplayName(field, frame, all), times: time.values as number[], field }));
}

interface RowOptions {
  readonly at: number;
  readonly options: StatesOptions;
  readonly spans: StatesProps["spans"];
  readonly until: number;
}

function rectsOf({ name, times, field }: Row, { at, options, spans, until }: RowOptions): Rect[] {
  const half = (options.rowHeight ?? 0.9) / 2;
  const opacity = (field.config.custom?.fillOpacity ?? 70) / 100;
  return spans(times, field.values, until).map(({ from, to, index }) => {
    const display = field.display?.(field.values[index]) ?? { text: String(field.values[index]), numeric: 0 };
    const color = display.color ?? "#808080";
    const text = formattedValueToString(display);
    return {
      x: [from, to],
      y: [at - half, at + half],
      color: colorManipulator.alpha(color, opacity),
      text: options.showValue === VisibilityMode.Never ? undefined : text,
      tooltip: () => <SeriesTable timestamp={dateTimeFormat(from)} series={[{ label: name, value: text, color }]} />,
      links: () => field.getLinks?.({ valueRowIndex: index }) ?? [],
    };
  });
}
