import { type Field, FieldColorModeId, formattedValueToString, getValueFormat, ThresholdsMode } from "@grafana/data";
import { LegendDisplayMode, type VizLegendOptions } from "@grafana/schema";
import { useTheme2, VizLayout, VizLegend, type VizLegendItem } from "@grafana/ui";
import type { ReactNode } from "react";

interface WithLegendProps {
  readonly width: number;
  readonly height: number;
  readonly options: VizLegendOptions;
  readonly items: readonly VizLegendItem[];
  readonly children: (width: number, height: number) => ReactNode;
}

/** A plot with Grafana's legend below it or at its right. */
export function WithLegend({ width, height, options, items, children }: WithLegendProps): JSX.Element {
  const shown = options.showLegend && options.displayMode !== LegendDisplayMode.Hidden && items.length > 0;
  return (
    <VizLayout
      width={width}
      height={height}
      legend={
        shown ? (
          <VizLayout.Legend placement={options.placement}>
            <VizLegend items={[...items]} placement={options.placement} displayMode={options.displayMode} readonly />
          </VizLayout.Legend>
        ) : null
      }
    >
      {children}
    </VizLayout>
  );
}

/** As text: a dashboard may name a mode that the enumeration has not. */
const thresholdColors: string = FieldColorModeId.Thresholds;

/**
 * What the colours of states mean, as Grafana says it: the steps where thresholds give the colour, even where mappings
 * have names for them, else each state by its name.
 */
export function useStateLegend(fields: readonly Field[]): VizLegendItem[] {
  const theme = useTheme2();
  const config = fields[0]?.config ?? {};
  const steps = config.thresholds?.steps ?? [];
  const mode: string = config.color?.mode ?? FieldColorModeId.Fixed;
  if (mode === thresholdColors && steps.length > 1) {
    const format = getValueFormat(
      config.thresholds?.mode === ThresholdsMode.Percentage ? "percent" : (config.unit ?? ""),
    );
    const text = (value: number): string => formattedValueToString(format(value, config.decimals));
    return steps.map(({ value, color }, at) => ({
      label: value === -Infinity ? `< ${text(steps[at + 1]?.value ?? 0)}` : `${text(value)}+`,
      color: theme.visualization.getColorByName(color),
      yAxis: 1,
    }));
  }
  if (mode.startsWith("continuous")) {
    return [];
  }
  const states = new Map<string, string>();
  for (const { display, values } of fields) {
    for (const value of new Set(values)) {
      const { text = "", color = "" } = display?.(value) ?? {};
      states.set(text, color);
    }
  }
  return [...states].filter(([text]) => text !== "").map(([label, color]) => ({ label, color, yAxis: 1 }));
}
