import {
  BigValueColorMode,
  BigValueGraphMode,
  BigValueTextMode,
  ReduceDataOptionsBuilder,
} from "@grafana/grafana-foundation-sdk/common";
import type { ValueMapping } from "@grafana/grafana-foundation-sdk/dashboard";
import { PanelBuilder } from "@grafana/grafana-foundation-sdk/stat";
import type { Query } from "../queries/query.ts";
import { housed, type Panel, type PanelOptions } from "./panel.ts";

export interface StatOptions extends PanelOptions {
  readonly queries: readonly [Query, ...Query[]];
  /** Fill the tile with the colour, or write the value in it. Default: the value. */
  readonly fill?: boolean;
  /** Words for values. */
  readonly mappings?: readonly ValueMapping[];
}

/** How is it now? One large value per series. */
export function stat(options: StatOptions): Panel {
  const { title, queries, span = 6, height = 6, fill = false, mappings = [] } = options;
  const several = queries.length > 1 || queries.some(({ labels }) => labels.length > 0);
  const instant = queries.map((query) => ({ ...query, instant: true }));
  return {
    title,
    queries: instant,
    span,
    height,
    build: (answers) =>
      housed(new PanelBuilder(), options, instant.filter(answers))
        .mappings([...mappings])
        .reduceOptions(new ReduceDataOptionsBuilder().calcs(["lastNotNull"]))
        .graphMode(BigValueGraphMode.None)
        .colorMode(fill ? BigValueColorMode.Background : BigValueColorMode.Value)
        // A name where there are several values to tell apart: Grafana would call a single one by its expression.
        .textMode(several ? BigValueTextMode.ValueAndName : BigValueTextMode.Value),
  };
}
