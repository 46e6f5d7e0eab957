import { hole } from "../labels.ts";
import { falling, neutral } from "../panels/panel.ts";
import { table } from "../panels/table.ts";
import { timeseries } from "../panels/timeseries.ts";
import { byList, group, max, promql, type Query, select } from "../queries/query.ts";
import { inventory } from "../recording/inventory.ts";
import { type Slo, sloBudget, sloErrorRatio, sloObjective } from "../recording/slo.ts";
import { type Board, row } from "./board.ts";
import { filter, ofRow, ofSeries, toBoard } from "./filter.ts";

export const sloBoardUid = "slos";

const by = ["environment", "service", "slo"] as const;
type InEnvironment = (typeof by)[number];

const where = { service: { matches: "$service" } } as const;

/** A promise is kept by all clusters of an environment together: those are shown of which a cluster is chosen. */
function ofChosen(query: Query<InEnvironment>): Query<InEnvironment> {
  return {
    ...promql({
      unit: query.unit,
      labels: by,
    })`${query} and on (${byList(["environment"])}) ${group(["environment"], select(inventory, filter))}`,
    legend: `{{${hole("environment")}}} {{service}} {{slo}}`,
  };
}

const promised: Query<InEnvironment> = max(by, select(sloObjective, where));

/** How many times as fast as allowed the budget is spent. */
function burnRate(window: "1h" | "6h" | "3d"): Query<InEnvironment> {
  return ofChosen(
    promql({ unit: "times as fast", labels: by })`${max(by, select(sloErrorRatio(window), where))} / (1 - ${promised})`,
  );
}

const left: Query<InEnvironment> = ofChosen(max(by, select(sloBudget, where)));

const board: Board = {
  uid: sloBoardUid,
  title: "Service level objectives",
  description: "Is what was promised kept, and how much failure is left?",
  tags: ["slo"],
  variables: () => [{ name: "service", title: "Service", label: "service", of: select(sloObjective) }],
  rows: () => [
    row("What is left?", [
      table({
        title: "Error budgets",
        description:
          "How much of the failures that 30 days allow is left, and how fast is it spent? At a rate of 1 it is just spent at the end.",
        keys: [
          { label: "service", title: "Service" },
          { label: "environment", title: "Environment", width: 140 },
          { label: "slo", title: "Objective" },
        ],
        columns: [
          { title: "Promised", query: ofChosen(promised) },
          { title: "Budget left", query: left, thresholds: falling(0, 0.25) },
          { title: "Burn rate, 1 h", query: burnRate("1h") },
          { title: "Burn rate, 6 h", query: burnRate("6h") },
          { title: "Burn rate, 3 d", query: burnRate("3d") },
        ],
        worst: { column: "Budget left", is: "lowest" },
        thresholds: neutral("the column has its own"),
        links: [toBoard("service", "Open this service", { service: ofRow("Service") })],
        height: 9,
      }),
    ]),
    row("Since when?", [
      timeseries({
        title: "Error budget left",
        description: "Is it spent in one burst, or a little all the time? Needs 30 days to be exact.",
        queries: [left],
        thresholds: falling(0, 0.25),
        negative: true,
        links: [toBoard("service", "Open this service", { service: ofSeries("service") })],
      }),
      timeseries({
        title: "Burn rate over one hour",
        description: "How many times as fast as allowed is it spent? At 14.4 somebody is woken.",
        queries: [burnRate("1h")],
        thresholds: neutral("alerts look at two windows each"),
        links: [toBoard("service", "Open this service", { service: ofSeries("service") })],
      }),
    ]),
  ],
};

/** Is what was promised kept, and how much failure is left? Published where a project has objectives. */
export function sloBoards(slos: readonly Slo[]): Board[] {
  return slos.length > 0 ? [board] : [];
}
