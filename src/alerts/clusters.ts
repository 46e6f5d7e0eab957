import { multiClusterOverview } from "../dashboards/multi-cluster-overview.ts";
import { hole } from "../labels.ts";
import { byList, group, max, promql, type Query, select } from "../queries/query.ts";
import { inventory } from "../recording/inventory.ts";
import { type Place, place } from "../recording/record.ts";
import { alert, type AlertGroup } from "./alert.ts";

export const expectedClusters: Query<Place> = max(place, select(inventory, { state: "active" }));

/**
 * Expected clusters of which nothing arrives. Compares the inventory with the samples themselves and not with a recorded
 * series: then a ruler that lags makes no cluster look dead.
 */
export const silentClusters: Query<Place> = promql({
  unit: "none",
  labels: place,
})`${expectedClusters} unless on (${byList(["cluster"])}) ${group(["cluster"], select("up", { job: { matches: hole("job:any") } }))}`;

const apiserverDown: Query<Place> = {
  ...promql({
    unit: "none",
    labels: place,
  })`(${max(place, select("up", { job: { matches: hole("job:kube-apiserver") } }))} == 0) and on (${byList(["cluster"])}) ${expectedClusters}`,
  requires: ["kube-apiserver"],
};

/** Is a cluster gone? */
export const clusterAlerts: AlertGroup = {
  name: "clusters",
  interval: "1m",
  scope: "tenant",
  rules: [
    alert({
      name: "ClusterDown",
      when: silentClusters,
      for: "5m",
      severity: "critical",
      component: "cluster",
      labels: { cause: "silent" },
      summary: ({ cluster, environment }) => `Cluster ${cluster} (${environment}) is silent`,
      description: ({ cluster, region }) =>
        `Nothing has arrived from ${cluster} in ${region} for more than ten minutes, five of them since its last series went stale. The cluster is down, or its agents, its network or its credential are.`,
      board: multiClusterOverview.uid,
    }),
    alert({
      name: "ClusterDown",
      when: apiserverDown,
      for: "5m",
      keepFiringFor: "15m",
      severity: "critical",
      component: "cluster",
      labels: { cause: "apiserver" },
      summary: ({ cluster, environment }) => `No API server of cluster ${cluster} (${environment}) answers`,
      description: ({ cluster, region }) =>
        `Every API server of ${cluster} in ${region} has failed its scrape for five minutes, while the cluster's agents still report. Workloads may go on; nothing can be changed or rescheduled.`,
      board: multiClusterOverview.uid,
    }),
  ],
};
