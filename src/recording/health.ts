import { type Exporter, hole } from "../labels.ts";
import { avg, byList, count, max, promql, type Query, select, type Where } from "../queries/query.ts";
import { inventory } from "./inventory.ts";
import { labelled, type Place, place, record, type Recorded, type RecordingGroup } from "./record.ts";
import { apiserverErrors, apiserverUp, nodesReady, podsReady, targetsUp } from "./resources.ts";

/** The clusters that should report, one series each with the labels of the place. */
function expected(exporter?: Exporter): Query<Place> {
  return {
    ...max(
      place,
      select(inventory, { state: "active", ...(exporter && { cluster: { matches: hole(`clusters:${exporter}`) } }) }),
    ),
    requires: exporter ? [exporter] : [],
  };
}

/** Expected but absent counts as nothing, or a cluster would look better for losing the exporter that told on it. */
function orNothing(measured: Query<Place>, exporter?: Exporter): Query<Place> {
  return promql({ unit: "ratio", labels: place })`${measured} or (0 * ${expected(exporter)})`;
}

/** Critical alerts about the cluster that fire now; zero where none does. One workload that is down is no sick cluster. */
const criticalAlerts: Query<Place> = promql({ unit: "none", labels: place })`${count(
  place,
  select("ALERTS", {
    alertstate: "firing",
    severity: "critical",
    component: { not: "workloads" },
    cluster: { not: "" },
  }),
)} or (0 * ${expected()})`;

interface Component {
  readonly component: string;
  /** Its share of the score, before what a cluster lacks is left out. Judgement: reachability first. */
  readonly weight: number;
  readonly ratio: Query<Place>;
  /** 0 fine, 1 degraded, 2 down. */
  readonly level: (ratio: Query) => Query;
}

const below = (share: number) => (ratio: Query) => promql({ unit: "status", labels: place })`${ratio} < bool ${share}`;

const components: readonly Component[] = [
  {
    component: "targets",
    weight: 0.3,
    ratio: orNothing(select(targetsUp)),
    // Nothing answers, or nothing reports at all: down, and not just degraded.
    level: (ratio) => promql({ unit: "status", labels: place })`(${ratio} < bool 0.9) + (${ratio} == bool 0)`,
  },
  { component: "nodes", weight: 0.25, ratio: orNothing(select(nodesReady), "kube-state-metrics"), level: below(0.9) },
  { component: "pods", weight: 0.2, ratio: orNothing(select(podsReady), "kube-state-metrics"), level: below(0.9) },
  {
    component: "apiserver",
    weight: 0.15,
    // One failed request in twenty leaves nothing of the score.
    ratio: orNothing(
      promql({ unit: "ratio", labels: place })`clamp_min(1 - 20 * ${select(apiserverErrors)}, 0)`,
      "kube-apiserver",
    ),
    level: (ratio) =>
      promql({
        unit: "status",
        labels: place,
      })`((${select(apiserverUp)} == 0) + 2) or on (${byList(place)}) (${ratio} < bool 0.9)`,
  },
  {
    component: "alerts",
    weight: 0.1,
    ratio: promql({ unit: "ratio", labels: place })`clamp_min(1 - ${criticalAlerts} / 5, 0)`,
    level: (ratio) => promql({ unit: "status", labels: place })`2 * (${ratio} < bool 1)`,
  },
];

type ComponentLabel = Place | "component";

const componentRatios: readonly Recorded<ComponentLabel>[] = components.map(({ component, ratio }) =>
  labelled(record({ level: "cluster", name: "health_component:ratio", query: ratio }), { component }),
);

const componentLevels: readonly Recorded<ComponentLabel>[] = components.map(({ component, level, ratio }, at) =>
  labelled(
    record({
      level: "cluster",
      name: "health_component:level",
      query: {
        ...max(place, level(max(place, select(series(componentRatios, at), { component })))),
        unit: "status",
        requires: ratio.requires,
      },
    }),
    { component },
  ),
);

/** Each component's own contribution, as one vector: an `or` over components, which differ in their label. */
function perComponent(part: (component: Component, at: number) => Query): string {
  return components.map((component, at) => `(${part(component, at).expr})`).join(" or ");
}

/** After `and`: only of clusters that anyone should expect. */
const isExpected = `on (${byList(["cluster"])}) ${select(inventory, { state: "active" }).expr}`;

/**
 * How is a cluster, by its worst component? 0 healthy, 1 degraded, 2 down; the label `component` names the cause, `none`
 * where there is none. Worst-of and not an average, which one critical alert or a vanished exporter would hardly move.
 * A cluster that nobody should expect (planned, in maintenance) is −1.
 */
export const healthStatus: Recorded<ComponentLabel> = record({
  level: "cluster",
  name: "health_status:level",
  query: promql({ unit: "status", labels: [...place, "component"] })`(
  floor(topk by (${byList(place)}) (1, ${
    // The weight, below one, breaks ties towards the component that explains the others.
    perComponent(({ component, weight }, at) => {
      const level = select(series(componentLevels, at), { component });
      return promql({ unit: "status", labels: place })`(${level} > 0) + ${weight}`;
    })
  }))
  or on (${byList(place)}) label_replace(0 * ${expected()}, "component", "none", "", "")
)
and ${isExpected}
or on (${byList(place)}) label_replace(0 * ${max(place, select(inventory, { state: { not: "active" } }))} - 1, "component", "none", "", "")`,
});

/**
 * How healthy is a cluster, from 0 to 1, for ranking and for the trend? The weighted mean of the components that the fleet
 * says it has; 0 when it is silent.
 */
export const healthScore: Recorded<Place> = record({
  level: "cluster",
  name: "health_score:ratio",
  query: promql({ unit: "ratio", labels: place })`(
  sum by (${byList(place)}) (${perComponent(
    ({ component, weight }, at) =>
      promql({ unit: "ratio", labels: place })`${weight} * ${select(series(componentRatios, at), { component })}`,
  )})
  /
  sum by (${byList(place)}) (${perComponent(
    ({ component, weight }, at) =>
      promql({ unit: "ratio", labels: place })`${weight} + 0 * ${select(series(componentRatios, at), { component })}`,
  )})
  * ${max(place, promql({ unit: "none", labels: place })`${select(series(componentRatios, 0), { component: "targets" })} > bool 0`)}
)
and ${isExpected}`,
});

/**
 * How healthy is an environment on the whole, from 0 to 1? The mean of the scores of the clusters that it should have, each
 * counting alike: a silent one as nothing. For ranking and trend only; whether something is wrong the status says.
 */
export function environmentScore(where: Where<Place>): Query<"environment"> {
  return { ...avg(["environment"], select(healthScore, where)), unit: "ratio" };
}

/** Is each cluster healthy, and if not, what is wrong with it? */
export const healthGroup: RecordingGroup = {
  name: "health",
  interval: "1m",
  rules: [...componentRatios, ...componentLevels, healthStatus, healthScore],
};

function series(rules: readonly Recorded<ComponentLabel>[], at: number): Recorded<ComponentLabel> {
  const found = rules[at];
  if (!found) throw new RangeError(`no component ${at}`);
  return found;
}
