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
import { FieldColorModeId } from "@grafana/grafana-foundation-sdk/dashboard";
import { PanelBuilder } from "@grafana/grafana-foundation-sdk/timeseries";
import type { Query } from "../queries/query.ts";
import { housed, type Panel, type PanelOptions, refId, type Thresholds } from "./panel.ts";
import { target } from "./target.ts";

export interface TimeseriesOptions extends PanelOptions {
  readonly queries: readonly [Query, ...Query[]];
  /** The highest value that makes sense: 1 for a share. */
  readonly max?: number;
  /** Less than nothing means something, as of a budget that is overdrawn: the axis goes there. */
  readonly negative?: true;
  /** Colours by legend, where a colour means something. */
  readonly colors?: Readonly<Record<string, string>>;
  /** Also single requests as dots, from which a click leads to the trace. Only raw histograms have them. */
  readonly exemplars?: boolean;
}

/** How did it develop? One line per series, the worst on top of legend and tooltip. */
export function timeseries(options: TimeseriesOptions): Panel {
  const { title, queries, span = 12, height = 10, max, negative, colors = {}, exemplars = false } = options;
  return {
    title,
    queries,
    span,
    height,
    build(answers) {
      const panel = housed(new PanelBuilder(), options, queries.filter(answers))
        .lineWidth(1)
        .fillOpacity(0)
        .legend(
          new VizLegendOptionsBuilder()
            .showLegend(true)
            .displayMode(LegendDisplayMode.Table)
            .placement(LegendPlacement.Bottom)
            .calcs(["lastNotNull", "max"])
            .sortBy("Last *")
            .sortDesc(options.thresholds.steps[0]?.color !== "red"),
        )
        .tooltip(new VizTooltipOptionsBuilder().mode(TooltipDisplayMode.Multi).sort(SortOrder.Descending))
        .thresholdsStyle(new GraphThresholdsStyleConfigBuilder().mode(GraphThresholdsStyleMode.Dashed));
      if (!negative) panel.min(0);
      if (exemplars) {
        panel.targets(queries.filter(answers).map((query, at) => target(query, { refId: refId(at), exemplars })));
      }
      if (queries[0].unit === "none") panel.decimals(0);
      for (const [name, color] of Object.entries(colors)) {
        panel.overrideByName(name, [{ id: "color", value: { mode: FieldColorModeId.Fixed, fixedColor: color } }]);
      }
      return max === undefined ? panel.axisSoftMax(reachOf(options.thresholds)) : panel.max(max);
    },
  };
}

/** A little above the highest threshold: a line far below it must look far below it, and zeros must not look like a mountain. */
function reachOf({ steps }: Thresholds): number {
  return 1.2 * Math.max(0, ...steps.map(({ value }) => value ?? 0));
}
