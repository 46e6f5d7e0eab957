import { labelName } from "../labels.ts";
import { byList, max, promql, type Query, select, sum } from "../queries/query.ts";
import { inventory } from "./inventory.ts";
import { type Place, place, record, type Recorded, type RecordingGroup } from "./record.ts";

const gibibyte = 1024 ** 3;

/**
 * A sum per cluster, with the place that the fleet knows. OpenCost has a `region` label of its own, which the agents'
 * external labels do not overwrite: so its series are trusted for the cluster alone.
 */
export function perCluster<L extends string>(costs: Query<"cluster" | L>): Query<Place> {
  const known = max(place, select(inventory));
  const [environment, region] = (["environment", "region"] as const).map(labelName);
  return promql({
    unit: "currency per hour",
    labels: place,
  })`${sum(["cluster"], costs)} * on (${byList(["cluster"])}) group_left (${environment ?? ""}, ${region ?? ""}) ${known}`;
}

/** What a cluster's machines cost an hour. The larger of two scrapes, not their sum: two OpenCosts do not cost double. */
export const nodeCost: Recorded<Place> = record({
  level: "cluster",
  name: "node_cost_hourly:sum",
  query: perCluster(max(["cluster", "node"], select("node_total_hourly_cost"))),
});

/** What its volumes cost an hour: OpenCost prices a GiB, kube-state-metrics knows the size. */
export const volumeCost: Recorded<Place> = record({
  level: "cluster",
  name: "pv_cost_hourly:sum",
  query: orNothing(
    perCluster(
      promql({ unit: "currency per hour", labels: ["cluster", "persistentvolume"] })`${max(
        ["cluster", "persistentvolume"],
        select("kube_persistentvolume_capacity_bytes"),
      )} / ${gibibyte} * ${max(["cluster", "persistentvolume"], select("pv_hourly_cost"))}`,
    ),
    select("pv_hourly_cost"),
  ),
});

export const loadBalancerCost: Recorded<Place> = record({
  level: "cluster",
  name: "lb_cost_hourly:sum",
  query: orNothing(
    perCluster(max(["cluster", "namespace", "service_name"], select("kubecost_load_balancer_cost"))),
    select("kubecost_load_balancer_cost"),
  ),
});

/** All of them together. */
export const hourlyCost: Recorded<Place> = record({
  level: "cluster",
  name: "cost_hourly:sum",
  query: promql({
    unit: "currency per hour",
    labels: place,
  })`${select(nodeCost)} + ${select(volumeCost)} + ${select(loadBalancerCost)}`,
});

/**
 * A cluster without volumes, or without who knows their size, pays nothing for them; absent would drop it from every sum. One
 * that had them minutes ago is falling silent, series by series, and must not end on a nothing that is then shown as the last
 * known.
 */
function orNothing(cost: Query<Place>, price: Query): Query<Place> {
  const cluster = byList(["cluster"]);
  const expr = promql({
    unit: cost.unit,
    labels: place,
  })`${cost} or on (${cluster}) (0 * ${select(nodeCost)} unless on (${cluster}) last_over_time(${price}[15m]))`;
  return { ...expr, requires: nodeCost.requires };
}

/** Hours in a month of 365.25 / 12 days, as clouds bill it. */
export function monthly<L extends string>(hourly: Query<L>): Query<L> {
  return promql({ unit: "currency per month", labels: hourly.labels })`730 * ${hourly}`;
}

/** What does each cluster cost, and what for? */
export const costGroup: RecordingGroup = {
  name: "cost",
  interval: "1m",
  rules: [nodeCost, volumeCost, loadBalancerCost, hourlyCost],
};
