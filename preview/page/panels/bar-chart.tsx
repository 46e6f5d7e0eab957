import {
  colorManipulator,
  type DataFrame,
  type Field,
  FieldColorModeId,
  FieldType,
  formattedValueToString,
  getFieldDisplayName,
  type PanelProps,
  VizOrientation,
} from "@grafana/data";
import { StackingMode, type VizLegendOptions, VisibilityMode } from "@grafana/schema";
import { SeriesTable } from "@grafana/ui";
import { useMemo } from "react";
import { WithLegend } from "./legend.tsx";
import { NoData } from "./no-data.tsx";
import { legendDefaults, tooltipDefaults } from "./options.ts";
import { panelPlugin } from "./plugin.ts";
import { type Axis, type Rect, RectPlot } from "./rect-plot.tsx";

interface BarChartOptions {
  readonly xField?: string;
  readonly orientation: VizOrientation;
  readonly stacking: StackingMode;
  readonly showValue: VisibilityMode;
  readonly barWidth: number;
  readonly groupWidth: number;
  readonly legend: VizLegendOptions;
  readonly tooltip: unknown;
}

export const barChartPanel = panelPlugin<BarChartOptions>({
  id: "barchart",
  component: BarChart,
  color: FieldColorModeId.PaletteClassic,
  defaults: {
    orientation: VizOrientation.Auto,
    stacking: StackingMode.None,
    showValue: VisibilityMode.Auto,
    barWidth: 0.97,
    groupWidth: 0.7,
    legend: legendDefaults,
    tooltip: tooltipDefaults,
  },
  custom: {
    fillOpacity: 80,
    lineWidth: 1,
    gradientMode: "none",
    axisLabel: "",
    axisSoftMax: undefined,
    hideFrom: { tooltip: false, viz: false, legend: false },
  },
});

/** Narrower than this, bars lie down so that their names can be read; as in Grafana. */
const standing = 600;

interface Bars {
  readonly names: readonly string[];
  readonly series: readonly Series[];
}

interface Series {
  readonly name: string;
  readonly field: Field;
}

function BarChart({ data, width, height, options, fieldConfig }: PanelProps<BarChartOptions>): JSX.Element {
  const bars = useMemo(() => barsOf(data.series, options.xField), [data.series, options.xField]);
  const auto = options.orientation === VizOrientation.Auto;
  const lying = auto ? width < standing : options.orientation === VizOrientation.Horizontal;
  const drawn = useMemo(() => bars && draw(bars, { options, lying }), [bars, options, lying]);
  if (drawn === undefined) {
    return <NoData width={width} height={height} says={fieldConfig.defaults.noValue} />;
  }
  const legend = (bars?.series ?? []).map(({ name, field }) => ({ label: name, color: colorOf(field), yAxis: 1 }));
  return (
    <WithLegend width={width} height={height} options={options.legend} items={legend}>
      {(w, h) => <RectPlot width={w} height={h} x={drawn.x} y={drawn.y} rects={drawn.rects} />}
    </WithLegend>
  );
}

function barsOf([frame]: readonly DataFrame[], xField: string | undefined): Bars | undefined {
  const fields = frame?.fields ?? [];
  const named = (field: Field): string => getFieldDisplayName(field, frame);
  const x =
    fields.find((field) => named(field) === xField || field.name === xField) ??
    fields.find(({ type }) => type === FieldType.string || type === FieldType.time);
  const series = fields
    .filter((field) => field !== x && field.type === FieldType.number && field.config.custom?.hideFrom?.viz !== true)
    .map((field) => ({ name: named(field), field }));
  if (x === undefined || series.length === 0 || x.values.length === 0) {
    return undefined;
  }
  return { series, names: x.values.map((value) => (x.display === undefined ? String(value) : x.display(value).text)) };
}

function draw(
  { names, series }: Bars,
  { options, lying }: { readonly options: BarChartOptions; readonly lying: boolean },
): { readonly x: Axis; readonly y: Axis; readonly rects: readonly Rect[] } {
  const stacked = options.stacking !== StackingMode.None;
  const rects: Rect[] = [];
  let [low, high] = [0, 0];
  for (const [at] of names.entries()) {
    const total = series.reduce((sum, { field }) => sum + Math.abs(Number(field.values[at] ?? 0)), 0);
    let [below, above] = [0, 0];
    for (const [order, { name, field }] of series.entries()) {
      const value = field.values[at] as number | null | undefined;
      if (value === null || value === undefined || !Number.isFinite(value)) {
        continue;
      }
      const size = options.stacking === StackingMode.Percent && total > 0 ? value / total : value;
      const base = stacked ? (size < 0 ? below : above) : 0;
      const [across, along] = [breadth(at, order, stacked ? 1 : series.length, options), [base, base + size] as const];
      if (stacked && size < 0) {
        below += size;
      } else if (stacked) {
        above += size;
      }
      [low, high] = [Math.min(low, base + size), Math.max(high, base + size)];
      const display = field.display?.(value) ?? { text: String(value), numeric: value };
      const text = formattedValueToString(display);
      const color = colorOf(field, value);
      rects.push({
        x: lying ? along : across,
        y: lying ? across : along,
        color: colorManipulator.alpha(color, (field.config.custom?.fillOpacity ?? 80) / 100),
        text: options.showValue === VisibilityMode.Never || value === 0 ? undefined : text,
        tooltip: () => <SeriesTable timestamp={names[at] ?? ""} series={[{ label: name, value: text, color }]} />,
        links: () => field.getLinks?.({ valueRowIndex: at }) ?? [],
      });
    }
  }
  const first = series[0]?.field;
  const percent = options.stacking === StackingMode.Percent;
  const values: Axis = {
    kind: "values",
    min: Math.min(low, first?.config.min ?? 0),
    max: Math.max(high, first?.config.max ?? 0, first?.config.custom?.axisSoftMax ?? 0, low === high ? 1 : 0),
    format: (value, decimals) =>
      percent
        ? `${Math.round(value * 100)}%`
        : first?.display === undefined
          ? String(value)
          : formattedValueToString(first.display(value, decimals)),
  };
  const categories: Axis = { kind: "categories", names };
  return lying ? { x: values, y: categories, rects } : { x: categories, y: values, rects };
}

/** From where to where a bar lies among its category's. */
function breadth(
  at: number,
  order: number,
  count: number,
  { groupWidth, barWidth }: BarChartOptions,
): readonly [number, number] {
  const group = count === 1 ? barWidth : groupWidth;
  const slot = group / count;
  const middle = at - group / 2 + slot * ((count === 1 ? 0 : order) + 0.5);
  const half = (slot * (count === 1 ? 1 : barWidth)) / 2;
  return [middle - half, middle + half];
}

function colorOf(field: Field, value?: number): string {
  return field.display?.(value ?? 0).color ?? "#808080";
}
