import type { ReduceDataOptions } from "@grafana/data";
import type { VizLegendOptions, VizTooltipOptions } from "@grafana/schema";
import { LegendDisplayMode, SortOrder, TooltipDisplayMode } from "@grafana/schema";

/** Grafana's defaults where a dashboard says nothing. */
export const legendDefaults: VizLegendOptions = {
  showLegend: true,
  displayMode: LegendDisplayMode.List,
  placement: "bottom",
  calcs: [],
};

export const tooltipDefaults: VizTooltipOptions = { mode: TooltipDisplayMode.Single, sort: SortOrder.None };

export const reduceDefaults: ReduceDataOptions = { values: false, calcs: ["lastNotNull"] };
