import type { Cluster, Fleet } from "../fleet/model.ts";
import { agentsAccess, centralAccess } from "./access.ts";
import { alloyLogs, alloyMetrics } from "./alloy.ts";
import { type ClusterInfrastructure, clusterTree, type InfraFile } from "./flux.ts";
import { dcgmExporter, kubeStateMetrics, nodeExporter, opencost } from "./exporters.ts";
import { loki } from "./loki.ts";
import { mimir } from "./mimir.ts";
import { collectorResources, otelOperator, prometheusOperator } from "./operators.ts";
import { otelAgent, otelEvents, otelGateway, otelScraper } from "./otel.ts";
import { prometheusAgent } from "./prometheus-agent.ts";
import { promtail } from "./promtail.ts";
import type { OwnFleet, Release } from "./release.ts";
import { tempo } from "./tempo.ts";

export type { InfraFile } from "./flux.ts";

function isOwn(fleet: Fleet): fleet is OwnFleet {
  return fleet.infrastructure !== undefined;
}

/** What runs where; nothing where the fleet's infrastructure is somebody else's. */
export function infrastructure(fleet: Fleet): ClusterInfrastructure[] {
  if (!isOwn(fleet)) return [];
  const clusters = fleet.clusters.filter(({ state }) => state !== "retired");
  const central = clusters.find(({ type }) => type === "ops");
  return clusters.map((cluster) => ({
    cluster,
    manifests: [...agentsAccess(), ...(cluster === central ? centralAccess(fleet) : [])],
    releases: [...(cluster === central ? centralReleases(fleet) : []), ...agentReleases(fleet, cluster)],
    afterwards: cluster.agentsBy === "operators" ? collectorResources(fleet, cluster) : [],
  }));
}

function centralReleases(fleet: OwnFleet): Release[] {
  const { metrics, logs, traces } = fleet.backends;
  return [
    ...(metrics.kind === "mimir" ? [mimir(fleet)] : []),
    ...(logs ? [loki(fleet)] : []),
    ...(traces ? [tempo(fleet)] : []),
  ];
}

function agentReleases(fleet: OwnFleet, cluster: Cluster): Release[] {
  const { jobs, agentsBy } = cluster;
  const operators = agentsBy === "operators";
  const { logs } = fleet.backends;
  return [
    ...(jobs["kube-state-metrics"] === undefined ? [] : [kubeStateMetrics(fleet)]),
    ...(jobs["node-exporter"] === undefined ? [] : [nodeExporter(fleet)]),
    ...(jobs["dcgm-exporter"] === undefined ? [] : [dcgmExporter(fleet)]),
    ...(jobs.opencost === undefined ? [] : [opencost(fleet, cluster)]),
    metricsAgent(fleet, cluster),
    ...(operators ? [otelOperator(fleet)] : [otelGateway(fleet, cluster), otelAgent(fleet, cluster)]),
    ...(logs ? [otelEvents(fleet), ...logsAgent(fleet, cluster)] : []),
  ];
}

function metricsAgent(fleet: OwnFleet, cluster: Cluster): Release {
  if (cluster.agentsBy === "operators") return prometheusOperator(fleet, cluster);
  switch (cluster.metricsAgent) {
    case "prometheus-agent":
      return prometheusAgent(fleet, cluster);
    case "alloy":
      return alloyMetrics(fleet, cluster);
    case "otel-collector":
      return otelScraper(fleet, cluster);
  }
}

function logsAgent(fleet: OwnFleet, cluster: Cluster): Release[] {
  switch (cluster.logsAgent) {
    case "promtail":
      return [promtail(fleet, cluster)];
    case "alloy":
      return [alloyLogs(fleet, cluster)];
    // The Collector on every node reads the files itself.
    case "otel-collector":
    case "none":
      return [];
  }
}

/** What Flux reads of each cluster, and the same by hand: an ordered install script beside the values. */
export function infrastructureFiles(fleet: Fleet): InfraFile[] {
  return isOwn(fleet) ? infrastructure(fleet).flatMap((one) => clusterTree(fleet, one)) : [];
}
