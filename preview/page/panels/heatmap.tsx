import { type DataFrame, dateTimeFormat, type Field, FieldType, getValueFormat, type PanelProps } from "@grafana/data";
import { SeriesTable, useTheme2 } from "@grafana/ui";
import { useMemo } from "react";
import { NoData } from "./no-data.tsx";
import { panelPlugin } from "./plugin.ts";
import { type Axis, type Rect, RectPlot } from "./rect-plot.tsx";
import { heat } from "./heat.ts";

interface HeatmapOptions {
  readonly color: { readonly scheme?: string; readonly exponent?: number; readonly reverse?: boolean };
  readonly yAxis: { readonly unit?: string };
  readonly filterValues: { readonly le?: number };
}

export const heatmapPanel = panelPlugin<HeatmapOptions>({
  id: "heatmap",
  component: Heatmap,
  defaults: { color: { scheme: "Oranges", exponent: 0.5 }, yAxis: {}, filterValues: { le: 1e-9 } },
  custom: { hideFrom: { tooltip: false, viz: false, legend: false } },
});

interface Buckets {
  readonly times: readonly number[];
  /** Lowest first. */
  readonly fields: readonly Field[];
}

/** A row for each bucket; the more observations fell into it, the brighter. */
function Heatmap(props: PanelProps<HeatmapOptions>): JSX.Element {
  const { data, width, height, timeRange, timeZone, options, onChangeTimeRange, fieldConfig } = props;
  const theme = useTheme2();
  const buckets = useMemo(() => bucketsOf(data.series), [data.series]);
  const x = useMemo<Axis>(() => ({ kind: "time", range: timeRange, timeZone }), [timeRange, timeZone]);
  const y = useMemo<Axis>(() => {
    const format = getValueFormat(options.yAxis.unit ?? buckets?.fields[0]?.config.unit ?? "short");
    const named = (name: string): string => {
      const { text, suffix = "" } = format(Number(name));
      return Number.isFinite(Number(name)) ? text + suffix : name;
    };
    // The highest is on top.
    return { kind: "categories", names: (buckets?.fields ?? []).map(({ name }) => named(name)).toReversed() };
  }, [buckets, options]);
  const rects = useMemo(() => rectsOf(buckets, options, theme.isDark), [buckets, options, theme]);
  if (buckets === undefined) {
    return <NoData width={width} height={height} says={fieldConfig.defaults.noValue} />;
  }
  return <RectPlot width={width} height={height} x={x} y={y} rects={rects} gap={1} onZoom={onChangeTimeRange} />;
}

function bucketsOf(frames: readonly DataFrame[]): Buckets | undefined {
  const frame = frames.find(({ length }) => length > 0);
  const times = frame?.fields.find(({ type }) => type === FieldType.time)?.values as number[] | undefined;
  const fields = frame?.fields.filter(({ type }) => type === FieldType.number) ?? [];
  return times === undefined || fields.length === 0 ? undefined : { times, fields };
}

function rectsOf(buckets: Buckets | undefined, { color, filterValues }: HeatmapOptions, dark: boolean): Rect[] {
  if (buckets === undefined) {
    return [];
  }
  const { times, fields } = buckets;
  const step = Math.min(...times.slice(1).map((time, at) => time - (times[at] ?? time)), 3_600_000);
  const most = Math.max(...fields.flatMap(({ values }) => values as number[]).filter(Number.isFinite), 0);
  return fields.flatMap(({ name, values }, at) => {
    const row = fields.length - 1 - at;
    return times.flatMap((time, index) => {
      const count = Number(values[index]);
      if (!(count > (filterValues.le ?? 1e-9))) {
        return [];
      }
      const label = `≤ ${name}`;
      return [
        {
          x: [time - step, time] as const,
          y: [row - 0.5, row + 0.5] as const,
          color: heat((count / most) ** (color.exponent ?? 0.5), dark),
          tooltip: () => <SeriesTable timestamp={dateTimeFormat(time)} series={[{ label, value: count.toFixed(2) }]} />,
        },
      ];
    });
  });
}
