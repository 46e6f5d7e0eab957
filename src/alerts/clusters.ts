import { multiClusterOverview } from "../dashboards/multi-cluster-overview.ts";
import { hole } from "../labels.ts";
import { byList, group, max, promql, type Query, select } from "../queries/query.ts";
import { inventory } from "../recording/inventory.ts";
import { type Place, place } from "../recording/record.ts";
import { alert, type AlertGroup } from "./alert.ts";
import { fires, given, quiet, target } from "./alert-test.ts";

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
      keepFiringFor: "0s",
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
      severity: "critical",
      component: "cluster",
      labels: { cause: "apiserver" },
      summary: ({ cluster, environment }) => `No API server of cluster ${cluster} (${environment}) answers`,
      description: ({ cluster, region }) =>
        `Every API server of ${cluster} in ${region} has failed its scrape for five minutes, while the cluster's agents still report. Workloads may go on; nothing can be changed or rescheduled.`,
      board: multiClusterOverview.uid,
    }),
  ],
  tests: [
    fires("ClusterDown", {
      when: "the cluster falls silent",
      series: [target("kube-state-metrics", "1x10 _x60"), target("node-exporter", "1x10 _x60")],
      // Ten minutes of samples, five until the last is stale, and five.
      after: "20m",
      rule: { cause: "silent" },
      value: 1,
    }),
    fires("ClusterDown", {
      when: "no API server answers, and the agent reports so",
      series: [target("kube-apiserver", "1x10 0x60"), target("node-exporter", "1x90")],
      after: "16m",
      rule: { cause: "apiserver" },
      value: 0,
    }),
    quiet("ClusterDown", {
      when: "one of two API servers is down, and other exporters are gone",
      series: [
        target("kube-apiserver", "0x60"),
        given("up", { job: hole("job:kube-apiserver"), instance: "10.0.0.2:443" }, "1x60"),
      ],
      during: "60m",
    }),
    quiet("ClusterDown", {
      when: "the agent restarts for nine minutes",
      series: [target("kube-state-metrics", "1x10 _x9 1x40"), target("kube-apiserver", "1x10 _x9 1x40")],
      during: "60m",
    }),
  ],
};
