import { collection as collectionBoard } from "../dashboards/collection.ts";
import { clusterExporters, type Exporter, hole, workloadExporters } from "../labels.ts";
import { byList, group, max, promql, type Query, select } from "../queries/query.ts";
import { inventory } from "../recording/inventory.ts";
import { type Place, place } from "../recording/record.ts";
import { type Alert, alert, type AlertGroup } from "./alert.ts";
import { fires, given, quiet, target } from "./alert-test.ts";

/** What runs beside a workload's own container, and by which name: where no pod has it, nothing is missing. */
const sidecars: { readonly [E in Exporter]?: string } = { "istio-proxy": "istio-proxy", linkerd: "linkerd-proxy" };

/**
 * Clusters that should have an exporter and do report, but nothing under its job. The samples themselves are asked and not a
 * recorded series, as in ClusterDown, which tells of clusters that do not report at all.
 */
function absent(exporter: Exporter): Query<Place> {
  const up = (job: "any" | Exporter): Query =>
    group(["cluster"], select("up", { job: { matches: hole(`job:${job}` as never) } }));
  const missing = promql({ unit: "none", labels: place })`${max(
    place,
    select(inventory, { state: "active", cluster: { matches: hole(`clusters:${exporter}`) } }),
  )} and on (${byList(["cluster"])}) ${up("any")} unless on (${byList(["cluster"])}) ${up(exporter)}`;
  const container = sidecars[exporter];
  if (container === undefined) return { ...missing, requires: [exporter] };
  const running = (info: "kube_pod_container_info" | "kube_pod_init_container_info"): Query =>
    group(["cluster"], select(info, { container }));
  return {
    ...promql({
      unit: "none",
      labels: place,
    })`${missing} and on (${byList(["cluster"])}) (${running("kube_pod_container_info")} or ${running("kube_pod_init_container_info")})`,
    requires: [exporter],
  };
}

function missing(exporter: Exporter): Alert {
  return alert({
    name: "ExporterMissing",
    when: absent(exporter),
    for: "15m",
    severity: "warning",
    component: "collection",
    labels: { exporter },
    summary: ({ cluster }) => `Nothing arrives from ${exporter} of ${cluster}`,
    description: ({ cluster, environment }) =>
      `The fleet says that ${exporter} runs in ${cluster} (${environment}), and not one of its targets is known there. Alerts and boards that read it are blind, not well.`,
    board: collectionBoard.uid,
  });
}

const all = [...clusterExporters, ...workloadExporters];

const proxied = (values: string) =>
  given("kube_pod_init_container_info", { container: "istio-proxy", namespace: "shop", pod: "web-1" }, values);

/** Is something that the fleet has no longer seen? Without it, what it measures looks well for ever. */
export const blindnessAlerts: AlertGroup = {
  name: "blindness",
  interval: "1m",
  scope: "tenant",
  rules: all.map(missing),
  tests: [
    fires("ExporterMissing", {
      when: "kube-state-metrics is gone and others report",
      series: all.map((exporter) => target(exporter, exporter === "kube-state-metrics" ? "1x10 _x60" : "1x90")),
      // Ten minutes of samples, five until the last is stale, and a quarter of an hour.
      after: "30m",
      rule: { exporter: "kube-state-metrics" },
      value: 1,
    }),
    quiet("ExporterMissing", {
      when: "its targets are there and down",
      series: all.map((exporter) => target(exporter, "0x60")),
      during: "60m",
    }),
    fires("ExporterMissing", {
      when: "proxies are no longer scraped, and run",
      series: [
        ...all.map((exporter) => target(exporter, exporter === "istio-proxy" ? "1x10 _x60" : "1x90")),
        proxied("1x90"),
      ],
      after: "30m",
      rule: { exporter: "istio-proxy" },
      value: 1,
    }),
    quiet("ExporterMissing", {
      when: "no pod has a proxy at night",
      series: [
        ...all.map((exporter) => target(exporter, exporter === "istio-proxy" ? "1x10 _x60" : "1x90")),
        proxied("1x10 _x60"),
      ],
      during: "60m",
    }),
    quiet("ExporterMissing", {
      when: "the whole cluster is silent",
      series: all.map((exporter) => target(exporter, "1x10 _x60")),
      during: "60m",
    }),
  ],
};
