import {
  FieldColorModeId,
  type FieldDisplay,
  formattedValueToString,
  type PanelProps,
  type ReduceDataOptions,
} from "@grafana/data";
import type { VizLegendOptions } from "@grafana/schema";
import { useTheme2 } from "@grafana/ui";
import { WithLegend } from "./legend.tsx";
import { NoData } from "./no-data.tsx";
import { legendDefaults, reduceDefaults } from "./options.ts";
import { panelPlugin } from "./plugin.ts";
import { useSingleValues } from "./single-values.ts";

interface PieChartOptions {
  readonly reduceOptions: ReduceDataOptions;
  readonly pieType: "pie" | "donut";
  readonly displayLabels: readonly ("name" | "value" | "percent")[];
  readonly legend: VizLegendOptions & { readonly values?: readonly ("value" | "percent")[] };
}

export const pieChartPanel = panelPlugin<PieChartOptions>({
  id: "piechart",
  component: PieChart,
  color: FieldColorModeId.PaletteClassic,
  defaults: { reduceOptions: reduceDefaults, pieType: "pie", displayLabels: [], legend: legendDefaults },
  custom: { hideFrom: { tooltip: false, viz: false, legend: false } },
});

interface Slice {
  readonly value: FieldDisplay;
  /** Of the whole, before it and at its end. */
  readonly from: number;
  readonly to: number;
}

function PieChart(props: PanelProps<PieChartOptions>): JSX.Element {
  const { width, height, options, fieldConfig } = props;
  const slices = slicesOf(useSingleValues(props)());
  if (slices.length === 0) {
    return <NoData width={width} height={height} says={fieldConfig.defaults.noValue} />;
  }
  const items = slices.map((slice) => ({
    label: [slice.value.display.title, ...(options.legend.values ?? []).map((what) => said(slice, what))].join(" "),
    color: slice.value.display.color ?? "#808080",
    yAxis: 1,
  }));
  return (
    <WithLegend width={width} height={height} options={options.legend} items={items}>
      {(w, h) => <Pie width={w} height={h} slices={slices} options={options} />}
    </WithLegend>
  );
}

function slicesOf(values: readonly FieldDisplay[]): Slice[] {
  const shown = values
    .filter(({ display: { numeric } }) => numeric > 0)
    .sort((a, b) => b.display.numeric - a.display.numeric);
  const total = shown.reduce((sum, { display }) => sum + display.numeric, 0);
  let from = 0;
  return shown.map((value) => {
    const slice = { value, from, to: from + value.display.numeric / total };
    from = slice.to;
    return slice;
  });
}

interface PieProps {
  readonly width: number;
  readonly height: number;
  readonly slices: readonly Slice[];
  readonly options: PieChartOptions;
}

function Pie({ width, height, slices, options }: PieProps): JSX.Element {
  const theme = useTheme2();
  const radius = Math.max(4, Math.min(width, height) / 2 - 4);
  const hole = options.pieType === "donut" ? radius * 0.6 : 0;
  const point = (share: number, far: number): string => {
    const angle = (share - 0.25) * 2 * Math.PI;
    return `${far * Math.cos(angle)} ${far * Math.sin(angle)}`;
  };
  return (
    <svg width={width} height={height} viewBox={`${-width / 2} ${-height / 2} ${width} ${height}`}>
      {slices.map((slice) => {
        const { from, value } = slice;
        // A full circle has no two ends to draw between.
        const to = Math.min(slice.to, from + 0.9999);
        const wide = to - from > 0.5 ? 1 : 0;
        const label = options.displayLabels.map((what) => said(slice, what)).join(" ");
        const [x, y] = point((from + to) / 2, (radius + hole) / 2 || radius * 0.65).split(" ");
        return (
          <g key={value.display.title}>
            <title>{`${value.display.title}: ${said(slice, "value")}, ${said(slice, "percent")}`}</title>
            <path
              d={`M ${point(from, hole)} L ${point(from, radius)} A ${radius} ${radius} 0 ${wide} 1 ${point(to, radius)} L ${point(to, hole)} A ${hole} ${hole} 0 ${wide} 0 ${point(from, hole)} Z`}
              fill={value.display.color}
              stroke={theme.colors.background.primary}
            />
            {label !== "" && to - from > 0.04 && (
              <text
                x={x}
                y={y}
                textAnchor="middle"
                fontSize={12}
                fill={theme.colors.getContrastText(value.display.color ?? "#808080")}
              >
                {label}
              </text>
            )}
          </g>
        );
      })}
    </svg>
  );
}

function said({ value, from, to }: Slice, what: "name" | "value" | "percent"): string {
  switch (what) {
    case "name":
      return value.display.title ?? "";
    case "value":
      return formattedValueToString(value.display);
    case "percent":
      return `${Math.round((to - from) * 100)}%`;
  }
}
