import { multiClusterOverview } from "../dashboards/multi-cluster-overview.ts";
import { hole } from "../labels.ts";
import { count, promql, type Query } from "../queries/query.ts";
import { inventory } from "../recording/inventory.ts";
import { alert, type AlertGroup } from "./alert.ts";
import { fires, given, quiet, target } from "./alert-test.ts";
import { expectedClusters, silentClusters } from "./clusters.ts";

/** With fewer clusters, one that is silent is half of them. */
const enough = 3;

const silentShare: Query<"environment"> = promql({
  unit: "ratio",
  labels: ["environment"],
})`${count(["environment"], silentClusters)} / ${count(["environment"], expectedClusters)} > 0.5 and ${count(["environment"], expectedClusters)} >= ${enough}`;

const others = (values: string) =>
  ["prd-2", "prd-3", "prd-4"].flatMap((cluster) => [
    given(inventory, { cluster, state: "active" }, "1x60"),
    target("kube-state-metrics", values, cluster),
  ]);

/** Is it one cluster, or the way in? Asked only where a tenant has enough clusters to tell. */
export const tenantAlerts: AlertGroup = {
  name: "tenant",
  interval: "1m",
  scope: "tenant",
  fromClusters: enough,
  rules: [
    alert({
      name: "TenantSilent",
      when: silentShare,
      for: "5m",
      keepFiringFor: "0s",
      severity: "critical",
      component: "collection",
      labels: { tenant: hole("tenant") },
      summary: () => `Most clusters of tenant ${hole("tenant")} are silent at once`,
      description: () =>
        `{{ $value | humanizePercentage }} of the clusters that write to tenant ${hole("tenant")} fell silent together. Look at what they share first: gateway, credential, tenant limits, network.`,
      board: multiClusterOverview.uid,
    }),
  ],
  tests: [
    fires("TenantSilent", {
      when: "three of four clusters fall silent at once",
      series: [target("kube-state-metrics", "1x60"), ...others("1x10 _x50")],
      after: "20m",
      labels: {},
      value: 0.75,
    }),
    quiet("TenantSilent", {
      when: "one of four is silent",
      series: [target("kube-state-metrics", "1x10 _x50"), ...others("1x60")],
      during: "60m",
    }),
  ],
};
