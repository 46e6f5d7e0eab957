import { byList, max, promql, type Query, select, sum } from "../queries/query.ts";
import { place, record, type Recorded, type RecordingGroup } from "./record.ts";

type Place = (typeof place)[number];

const gibibyte = 1024 ** 3;

/** What a cluster's machines cost an hour. The larger of two scrapes, not their sum: two OpenCosts do not cost double. */
export const nodeCost: Recorded<Place> = record({
  level: "cluster",
  name: "node_cost_hourly:sum",
  query: sum(place, max([...place, "node"], select("node_total_hourly_cost"))),
});

/** What its volumes cost an hour: OpenCost prices a GiB, kube-state-metrics knows the size. */
export const volumeCost: Recorded<Place> = record({
  level: "cluster",
  name: "pv_cost_hourly:sum",
  query: orNothing(
    sum(
      place,
      promql({ unit: "currency per hour", labels: [...place, "persistentvolume"] })`${max(
        [...place, "persistentvolume"],
        select("kube_persistentvolume_capacity_bytes"),
      )} / ${gibibyte} * ${max([...place, "persistentvolume"], select("pv_hourly_cost"))}`,
    ),
  ),
});

export const loadBalancerCost: Recorded<Place> = record({
  level: "cluster",
  name: "lb_cost_hourly:sum",
  query: orNothing(sum(place, max([...place, "namespace", "service_name"], select("kubecost_load_balancer_cost")))),
});

/** A cluster without volumes pays nothing for them; absent would drop it from every sum. */
function orNothing(cost: Query<Place>): Query<Place> {
  return promql({ unit: cost.unit, labels: place })`${cost} or on (${byList(place)}) (0 * ${select(nodeCost)})`;
}

/** What does each cluster cost, and what for? */
export const costGroup: RecordingGroup = {
  name: "cost",
  interval: "1m",
  rules: [nodeCost, volumeCost, loadBalancerCost],
};
