import {
  LegendDisplayMode,
  LegendPlacement,
  GraphThresholdsStyleMode,
  GraphThresholdsStyleConfigBuilder,
  SortOrder,
  TooltipDisplayMode,
  VizLegendOptionsBuilder,
  VizTooltipOptionsBuilder,
} from "@grafana/grafana-foundation-sdk/common";
import { PanelBuilder } from "@grafana/grafana-foundation-sdk/timeseries";
import type { Query } from "../queries/query.ts";
import { housed, type Panel, type PanelOptions } from "./panel.ts";

export interface TimeseriesOptions extends PanelOptions {
  readonly queries: readonly [Query, ...Query[]];
  /** The highest value that makes sense: 1 for a share. */
  readonly max?: number;
}

/** How did it develop? One line per series, the worst on top of legend and tooltip. */
export function timeseries(options: TimeseriesOptions): Panel {
  const { title, queries, span = 12, height = 8, max } = options;
  return {
    title,
    queries,
    span,
    height,
    build(answers) {
      const panel = housed(new PanelBuilder(), options, queries.filter(answers))
        .min(0)
        .lineWidth(1)
        .fillOpacity(10)
        .legend(
          new VizLegendOptionsBuilder()
            .showLegend(true)
            .displayMode(LegendDisplayMode.Table)
            .placement(LegendPlacement.Bottom)
            .calcs(["lastNotNull", "max"])
            .sortBy("Last *")
            .sortDesc(true),
        )
        .tooltip(new VizTooltipOptionsBuilder().mode(TooltipDisplayMode.Multi).sort(SortOrder.Descending))
        .thresholdsStyle(new GraphThresholdsStyleConfigBuilder().mode(GraphThresholdsStyleMode.Dashed));
      return max === undefined ? panel : panel.max(max);
    },
  };
}
