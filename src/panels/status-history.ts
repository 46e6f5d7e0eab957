import { VisibilityMode, VizLegendOptionsBuilder } from "@grafana/grafana-foundation-sdk/common";
import { FieldColorBuilder, FieldColorModeId, type ValueMapping } from "@grafana/grafana-foundation-sdk/dashboard";
import { PanelBuilder } from "@grafana/grafana-foundation-sdk/statushistory";
import type { Query } from "../queries/query.ts";
import { housed, type Panel, type PanelOptions } from "./panel.ts";

export interface StatusHistoryOptions extends PanelOptions {
  readonly query: Query;
  readonly mappings?: readonly ValueMapping[];
}

/** Since when is it so? One row per series, one coloured cell per step. */
export function statusHistory(options: StatusHistoryOptions): Panel {
  const { title, query, span = 24, height = 8, mappings = [] } = options;
  return {
    title,
    queries: [query],
    span,
    height,
    build: (answers) =>
      housed(new PanelBuilder(), options, [query].filter(answers))
        .colorScheme(new FieldColorBuilder().mode(FieldColorModeId.Thresholds))
        .mappings([...mappings])
        .maxDataPoints(120)
        .rowHeight(0.9)
        .showValue(VisibilityMode.Never)
        // Its legend could only say "1+": the mappings say what a colour means.
        .legend(new VizLegendOptionsBuilder().showLegend(false)),
  };
}
