import {
  LegendDisplayMode,
  LegendPlacement,
  StackingMode,
  VisibilityMode,
  VizLegendOptionsBuilder,
  VizOrientation,
} from "@grafana/grafana-foundation-sdk/common";
import { FieldColorModeId } from "@grafana/grafana-foundation-sdk/dashboard";
import { PanelBuilder } from "@grafana/grafana-foundation-sdk/barchart";
import { type Column, joined, type Key } from "./joined.ts";
import { housed, type Panel, type PanelOptions, refId } from "./panel.ts";
import { target } from "./target.ts";

export interface BarChartOptions extends PanelOptions {
  /** What stands under each bar. */
  readonly by: Key;
  /** The scale reaches up to here even where all is less: one alert must not look like a hundred. */
  readonly softMax?: number;
  /** Parts beside each other: for shares and other numbers that do not add up. */
  readonly beside?: boolean;
  /** The parts of each bar, from the bottom up. */
  readonly parts: readonly (Column & { readonly color?: string })[];
}

/** How much of it is what, and where? One stacked bar per value of a label, or several beside each other. */
export function barChart(options: BarChartOptions): Panel {
  const { title, by, parts, span = 12, height = 8, softMax = 0, beside = false } = options;
  const queries = parts.map(({ query }) => ({ ...query, instant: true }));
  return {
    title,
    queries,
    span,
    height,
    build(answers) {
      const shown = parts.filter((part) => answers(part.query));
      const panel = housed(new PanelBuilder(), options, queries)
        .targets(shown.map(({ query }, at) => target(query, { refId: refId(at), table: true })))
        .transformations(joined([by], shown))
        .xField(by.title)
        .orientation(VizOrientation.Auto)
        .stacking(beside ? StackingMode.None : StackingMode.Normal)
        .fillOpacity(80)
        .lineWidth(0)
        // On a stack the number above a bar is its last part's, and reads like the sum.
        .showValue(beside ? VisibilityMode.Auto : VisibilityMode.Never)
        .axisSoftMax(softMax)
        .min(0)
        .decimals(0)
        .legend(
          new VizLegendOptionsBuilder()
            .showLegend(true)
            .displayMode(LegendDisplayMode.List)
            .placement(LegendPlacement.Bottom),
        );
      for (const { title: name, color } of shown) {
        if (color === undefined) continue;
        panel.overrideByName(name, [{ id: "color", value: { mode: FieldColorModeId.Fixed, fixedColor: color } }]);
      }
      return panel;
    },
  };
}
