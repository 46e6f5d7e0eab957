import type { PanelProps } from "@grafana/data";
import { VisibilityMode } from "@grafana/schema";
import { legendDefaults, tooltipDefaults } from "./options.ts";
import { panelPlugin } from "./plugin.ts";
import { type Span, States, type StatesOptions } from "./states.tsx";

interface StatusHistoryOptions extends StatesOptions {
  readonly colWidth: number;
  readonly tooltip: unknown;
}

export const statusHistoryPanel = panelPlugin<StatusHistoryOptions>({
  id: "status-history",
  component: StatusHistory,
  defaults: {
    legend: legendDefaults,
    tooltip: tooltipDefaults,
    rowHeight: 0.9,
    colWidth: 0.9,
    showValue: VisibilityMode.Auto,
  },
  custom: { fillOpacity: 70, lineWidth: 1, hideFrom: { tooltip: false, viz: false, legend: false } },
});

function StatusHistory(props: PanelProps<StatusHistoryOptions>): JSX.Element {
  return <States {...props} spans={samples} />;
}

/** A box for each sample, as wide as the samples are apart. */
function samples(times: readonly number[], values: readonly unknown[]): Span[] {
  const steps = times.slice(1).map((time, at) => time - (times[at] ?? time));
  const half = Math.min(...steps.filter((step) => step > 0), 3_600_000) / 2;
  return times.flatMap((time, index) =>
    values[index] === null || values[index] === undefined ? [] : [{ from: time - half, to: time + half, index }],
  );
}
