import { LogsSortOrder } from "@grafana/grafana-foundation-sdk/common";
import { PanelBuilder } from "@grafana/grafana-foundation-sdk/logs";
import { DataqueryBuilder } from "@grafana/grafana-foundation-sdk/loki";
import { DashboardLinkBuilder } from "@grafana/grafana-foundation-sdk/dashboard";
import { hole } from "../labels.ts";
import type { Panel, PanelOptions } from "./panel.ts";

export interface LogsOptions extends Omit<PanelOptions, "thresholds"> {
  /** LogQL; labels of the fleet by their holes. */
  readonly expr: string;
  /** At most so many lines, the newest. Default 100: who reads more opens Explore. */
  readonly lines?: number;
}

/** What was written? The newest lines, with their labels a click away. Left out where the fleet keeps no logs. */
export function logs(options: LogsOptions): Panel {
  const { title, description, expr, lines = 100, links = [], span = 24, height = 9, whenEmpty } = options;
  return {
    title,
    queries: [],
    reads: "logs",
    span,
    height,
    build: () => {
      const panel = new PanelBuilder()
        .title(title)
        .description(description)
        .datasource({ type: "loki", uid: hole("source:logs") })
        .withTarget(new DataqueryBuilder().refId("A").expr(expr).queryType("range").maxLines(lines))
        .dataLinks(links.map(({ title: name, url }) => new DashboardLinkBuilder(name).url(url)))
        .showTime(true)
        .wrapLogMessage(true)
        .enableLogDetails(true)
        .sortOrder(LogsSortOrder.Descending);
      return whenEmpty === undefined ? panel : panel.noValue(whenEmpty);
    },
  };
}
