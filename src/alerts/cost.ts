import { multiClusterOverview } from "../dashboards/multi-cluster-overview.ts";
import { max, promql, type Query, select } from "../queries/query.ts";
import { hourlyCost } from "../recording/cost.ts";
import { type Place, place } from "../recording/record.ts";
import { alert, type AlertGroup } from "./alert.ts";
import { fires, given, quiet } from "./alert-test.ts";

/**
 * The most that it cost at this hour of the week in the last four weeks, of those that are recorded: a mean would call every
 * busy Monday an anomaly. Before there is a week of history nothing is compared.
 */
const usual: Query<Place> = max(
  place,
  promql({ unit: "currency per hour", labels: place })`${[1, 2, 3, 4]
    .map((weeks) => `label_replace(${select(hourlyCost).expr} offset ${weeks}w, "week", "${weeks}", "", "")`)
    .join(" or ")}`,
);

const anomaly: Query<Place> = promql({
  unit: "currency per hour",
  labels: place,
})`${select(hourlyCost)} > 1.3 * ${usual} and ${select(hourlyCost)} - ${usual} > 1`;

const cost = (values: string) => [given(hourlyCost, {}, values)];

/** Does something cost more than it should? */
export const costAlerts: AlertGroup = {
  name: "cost",
  interval: "5m",
  scope: "tenant",
  rules: [
    alert({
      name: "CostAnomaly",
      when: anomaly,
      for: "3h",
      severity: "info",
      component: "cost",
      summary: ({ cluster, value }) => `${cluster} costs ${value} an hour, more than it should`,
      description: ({ cluster, environment }) =>
        `For three hours ${cluster} (${environment}) has cost 30 % more than at the same hour in any of the last four weeks.`,
      board: multiClusterOverview.uid,
    }),
  ],
  tests: [
    fires("CostAnomaly", {
      when: "it costs double since the second week began",
      series: cost("5x168 10x50"),
      every: "1h",
      after: "172h",
      value: 10,
    }),
    quiet("CostAnomaly", {
      when: "it costs a tenth more",
      series: cost("5x168 5.5x50"),
      every: "1h",
      during: "212h",
    }),
    quiet("CostAnomaly", {
      when: "a small cluster costs double, and a little",
      series: cost("0.1x168 0.2x50"),
      every: "1h",
      during: "212h",
    }),
  ],
};
