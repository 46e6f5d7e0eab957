import type { Cluster } from "../fleet/model.ts";
import { counter, type Flow, flow, sum } from "./flow.ts";
import { type Blend, byDay, steady } from "./rhythm.ts";
import { during } from "./steps.ts";
import { type ClusterPlan, planCluster } from "./workloads.ts";
import type { World } from "./world.ts";

/** How many times more a pod gone mad writes than all others together. */
const flood = 100;

/** Lines a second of a pod that complains. */
export const complaints = 2;

/** About so many series a cluster exposes. Only for what agents and backends count about themselves. */
export function seriesOfPlan({ nodes, workloads }: ClusterPlan): number {
  const pods = workloads.reduce((sum, workload) => sum + workload.nodes.length, 0);
  return 800 + 110 * nodes.length + 18 * pods;
}

/** Lines a second that the pods of one node write; of all nodes where none is named. */
export function logLines(world: World, cluster: Cluster, { workloads }: ClusterPlan, node?: number): Flow {
  const pods = workloads.flatMap(({ nodes }) => nodes).filter((at) => node === undefined || at === node).length;
  const all = workloads.flatMap(({ nodes }) => nodes).length;
  const usual: Blend = byDay(0.6 * pods, ...world.key(cluster, "logs"));
  // The pod gone mad, or that complains, is on the first node.
  const onFirst = node === undefined || node === 0;
  const more = (
    [
      ["log-flood", 0.6 * all * flood],
      ["log-errors", complaints],
    ] as const
  ).flatMap(([fault, rate]) => {
    const windows = onFirst ? world.windows(cluster, fault) : [];
    return windows.length === 0 ? [] : [flow(steady(rate), during(windows, 1, 0))];
  });
  return more.length === 0 ? flow(usual) : sum([flow(usual), ...more]);
}

/** What all clusters of a tenant send, each by its own rhythm. */
export function ofTenant(
  world: World,
  tenant: string,
  starts: readonly number[],
  of: (cluster: Cluster, plan: ClusterPlan) => Flow,
): (ms: number) => number {
  const counts = world.fleet.clusters
    .filter((cluster) => cluster.tenant === tenant && cluster.state === "active")
    .map((cluster) => counter(of(cluster, planCluster(world, cluster)), world.rhythmOf(cluster), starts));
  return (ms) => counts.reduce((sum, count) => sum + count(ms), 0);
}
