import { FieldColorModeId, type PanelProps } from "@grafana/data";
import { VisibilityMode } from "@grafana/schema";
import { legendDefaults, tooltipDefaults } from "./options.ts";
import { panelPlugin } from "./plugin.ts";
import { type Span, States, type StatesOptions } from "./states.tsx";

interface StateTimelineOptions extends StatesOptions {
  readonly mergeValues: boolean;
  readonly tooltip: unknown;
}

export const stateTimelinePanel = panelPlugin<StateTimelineOptions>({
  id: "state-timeline",
  component: StateTimeline,
  color: FieldColorModeId.ContinuousGrYlRd,
  defaults: {
    legend: legendDefaults,
    tooltip: tooltipDefaults,
    rowHeight: 0.9,
    mergeValues: true,
    showValue: VisibilityMode.Auto,
  },
  custom: {
    fillOpacity: 70,
    lineWidth: 0,
    spanNulls: false,
    insertNulls: false,
    hideFrom: { tooltip: false, viz: false, legend: false },
  },
});

function StateTimeline(props: PanelProps<StateTimelineOptions>): JSX.Element {
  return <States {...props} spans={props.options.mergeValues ? merged : single} />;
}

function single(times: readonly number[], values: readonly unknown[], until: number): Span[] {
  return times.flatMap((from, index) =>
    values[index] === null || values[index] === undefined ? [] : [{ from, to: times[index + 1] ?? until, index }],
  );
}

/** Neighbours of one value are one state; it lasts until the next sample, or to the end. */
function merged(times: readonly number[], values: readonly unknown[], until: number): Span[] {
  const spans: Span[] = [];
  for (const span of single(times, values, until)) {
    const last = spans.at(-1);
    if (last !== undefined && last.to === span.from && values[last.index] === values[span.index]) {
      spans[spans.length - 1] = { ...last, to: span.to };
    } else {
      spans.push(span);
    }
  }
  return spans;
}
