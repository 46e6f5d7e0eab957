import type { PanelPlugin } from "@grafana/data";
import { statPanel } from "./stat.tsx";
import { tablePanel } from "./table.tsx";
import { timeseriesPanel } from "./timeseries.tsx";

/** The three that nearly every board has come with the page, the others when a board needs one. */
const panels = new Map<string, PanelPlugin>([
  ["timeseries", timeseriesPanel],
  ["stat", statPanel],
  ["table", tablePanel],
]);

const onDemand: Readonly<Record<string, () => Promise<PanelPlugin>>> = {
  bargauge: async () => (await import("./bar-gauge.tsx")).barGaugePanel,
  barchart: async () => (await import("./bar-chart.tsx")).barChartPanel,
  "status-history": async () => (await import("./status-history.tsx")).statusHistoryPanel,
  "state-timeline": async () => (await import("./state-timeline.tsx")).stateTimelinePanel,
  gauge: async () => (await import("./gauge.tsx")).gaugePanel,
  heatmap: async () => (await import("./heatmap.tsx")).heatmapPanel,
  piechart: async () => (await import("./pie-chart.tsx")).pieChartPanel,
  logs: async () => (await import("./logs.tsx")).logsPanel,
  text: async () => (await import("./text.tsx")).textPanel,
};

/** What Grafana's page does with a plugin id. A kind we cannot draw is a table that says so. */
export async function loadPanel(id: string): Promise<PanelPlugin> {
  const known = panels.get(id);
  if (known !== undefined) {
    return known;
  }
  const load = onDemand[id];
  const panel = load === undefined ? (await import("./unknown.tsx")).unknownPanel(id) : await load();
  panels.set(id, panel);
  return panel;
}

export function loadedPanel(id: string): PanelPlugin | undefined {
  return panels.get(id);
}
