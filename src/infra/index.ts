import type { Cluster, Fleet } from "../fleet/model.ts";
import { agentsAccess, centralAccess } from "./access.ts";
import { alloyLogs, alloyMetrics } from "./alloy.ts";
import { alertmanager } from "./alertmanager.ts";
import { type Content, noContent } from "./content.ts";
import { type ClusterInfrastructure, clusterTree, helmFolder, type InfraFile } from "./flux.ts";
import { dcgmExporter, kubeStateMetrics, nodeExporter, opencost } from "./exporters.ts";
import { grafana } from "./grafana.ts";
import { loki } from "./loki.ts";
import { mimir } from "./mimir.ts";
import { collectorResources, otelOperator, prometheusOperator } from "./operators.ts";
import { otelAgent, otelEvents, otelGateway, otelSampler, otelScraper } from "./otel.ts";
import { isCentral } from "./place.ts";
import { prometheusAgent } from "./prometheus-agent.ts";
import { promtail } from "./promtail.ts";
import { prometheusCentral } from "./prometheus-central.ts";
import { redis } from "./redis.ts";
import { isOwn, type OwnFleet, type Release } from "./release.ts";
import { externalSecrets } from "./secrets.ts";
import { tempo } from "./tempo.ts";

export type { Content } from "./content.ts";
export { grafanaFolder, type InfraFile } from "./flux.ts";

/** What runs where; nothing where the fleet's infrastructure is somebody else's. */
export function infrastructure(fleet: Fleet, content: Content = noContent): ClusterInfrastructure[] {
  if (!isOwn(fleet)) return [];
  const clusters = fleet.clusters.filter(({ state }) => state !== "retired");
  return clusters.map((cluster) => {
    const central = isCentral(fleet, cluster);
    return {
      cluster,
      manifests: [...agentsAccess(), ...(central ? centralAccess(fleet, content) : [])],
      releases: [...(central ? centralReleases(fleet, cluster, content) : []), ...agentReleases(fleet, cluster)],
      secrets: externalSecrets(fleet, cluster, content),
      afterwards: cluster.agentsBy === "operators" ? collectorResources(fleet, cluster) : [],
      boards: central ? content.boards : [],
    };
  });
}

/** In the order in which they need one another. */
function centralReleases(fleet: OwnFleet, cluster: Cluster, { routing }: Content): Release[] {
  const { metrics, logs, traces, prometheus } = fleet.backends;
  return [
    ...(routing ? [alertmanager(fleet, routing)] : []),
    ...(metrics.kind === "mimir" ? [mimir(fleet)] : []),
    ...(logs ? [loki(fleet)] : []),
    ...(traces ? [tempo(fleet)] : []),
    ...(fleet.infrastructure.traceSampling
      ? fleet.tenants.filter(({ clusters }) => clusters.length > 0).map((tenant) => otelSampler(fleet, tenant))
      : []),
    ...(prometheus ? [prometheusCentral(fleet, cluster)] : []),
    ...(fleet.infrastructure.redis ? [redis(fleet)] : []),
    grafana(fleet),
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
export function infrastructureFiles(fleet: Fleet, content: Content = noContent): InfraFile[] {
  return isOwn(fleet) ? infrastructure(fleet, content).flatMap((one) => clusterTree(fleet, one)) : [];
}

/** The same without Flux: plain values and an ordered install script, a folder for each cluster. */
export function helmFiles(fleet: Fleet, content: Content = noContent): InfraFile[] {
  return isOwn(fleet) ? infrastructure(fleet, content).flatMap((one) => helmFolder(fleet, one)) : [];
}
