import { BarGaugeDisplayMode, ReduceDataOptionsBuilder, VizOrientation } from "@grafana/grafana-foundation-sdk/common";
import type { ValueMapping } from "@grafana/grafana-foundation-sdk/dashboard";
import { PanelBuilder } from "@grafana/grafana-foundation-sdk/bargauge";
import type { Query } from "../queries/query.ts";
import { housed, type Panel, type PanelOptions } from "./panel.ts";

export interface BarGaugeOptions extends PanelOptions {
  readonly queries: readonly [Query, ...Query[]];
  readonly max?: number;
  /** Words for values, such as for what has none. */
  readonly mappings?: readonly ValueMapping[];
}

/** Who is nearest to the limit? One bar per series against the same scale. */
export function barGauge(options: BarGaugeOptions): Panel {
  const { title, queries, span = 12, height = 8, max = 1, mappings = [] } = options;
  const instant = queries.map((query) => ({ ...query, instant: true }));
  return {
    title,
    queries: instant,
    span,
    height,
    build: (answers) =>
      housed(new PanelBuilder(), options, instant.filter(answers))
        .reduceOptions(new ReduceDataOptionsBuilder().calcs(["lastNotNull"]))
        .orientation(VizOrientation.Horizontal)
        .displayMode(BarGaugeDisplayMode.Basic)
        .mappings([...mappings])
        .min(0)
        .max(max),
  };
}
