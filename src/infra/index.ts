import { stringify } from "yaml";
import type { Cluster, Fleet } from "../fleet/model.ts";
import { slug } from "../fleet/resolve.ts";
import { agentsAccess, centralAccess } from "./access.ts";
import { alloyLogs, alloyMetrics } from "./alloy.ts";
import { dcgmExporter, kubeStateMetrics, nodeExporter, opencost } from "./exporters.ts";
import { loki } from "./loki.ts";
import type { Manifest } from "./manifest.ts";
import { mimir } from "./mimir.ts";
import { collectorResources, otelOperator, prometheusOperator } from "./operators.ts";
import { otelAgent, otelEvents, otelGateway, otelScraper } from "./otel.ts";
import { agentsNamespace, credential } from "./place.ts";
import { prometheusAgent } from "./prometheus-agent.ts";
import { promtail } from "./promtail.ts";
import type { OwnFleet, Release } from "./release.ts";
import { tempo } from "./tempo.ts";

/** All that a cluster needs, in the order in which it is installed. */
export interface ClusterInfrastructure {
  readonly cluster: Cluster;
  readonly manifests: readonly Manifest[];
  readonly releases: readonly Release[];
  /** Resources of the operators that the releases bring. */
  readonly afterwards: readonly Manifest[];
}

/** A text and its path in the output folder. */
export interface InfraFile {
  readonly path: string;
  readonly text: string;
}

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

/** Helm values, manifests and an ordered install script for each cluster. */
export function infrastructureFiles(fleet: Fleet): InfraFile[] {
  return infrastructure(fleet).flatMap((one) => clusterFiles(one));
}

function clusterFiles({ cluster, manifests, releases, afterwards }: ClusterInfrastructure): InfraFile[] {
  const folder = `helm/${slug(cluster.name)}`;
  return [
    { path: `${folder}/manifests.yaml`, text: documents(manifests) },
    ...releases.map((release) => ({ path: `${folder}/${release.name}.yaml`, text: valuesText(release) })),
    ...(afterwards.length > 0 ? [{ path: `${folder}/resources.yaml`, text: documents(afterwards) }] : []),
    { path: `${folder}/install.sh`, text: installScript(cluster, releases, afterwards.length > 0) },
  ];
}

function valuesText({ chart, version, repository, namespace, values }: Release): string {
  return `# Values of ${chart} ${version}, from ${repository}, in the namespace ${namespace}.\n${yaml(values)}`;
}

function documents(manifests: readonly Manifest[]): string {
  return manifests.map((manifest) => yaml(manifest)).join("---\n");
}

function yaml(value: unknown): string {
  return stringify(value, { lineWidth: 0, aliasDuplicateObjects: false });
}

function installScript(cluster: Cluster, releases: readonly Release[], afterwards: boolean): string {
  const install = releases.map(({ name, namespace, chart, repository, version }) => {
    const from = repository.startsWith("oci://") ? `${repository}/${chart}` : `${chart} --repo ${repository}`;
    return `helm upgrade --install ${name} ${from} --version ${version} --namespace ${namespace} --values ${name}.yaml --wait --timeout 15m`;
  });
  return `#!/bin/sh
# Installs what ${cluster.name} needs, in order, into the cluster of kubectl's current context. Run it again after a change.
# Before: the Secret ${credential.secret} in ${agentsNamespace}, keys username and password, and in the ops cluster each
# door's Secret of passwords. docs/infrastructure.md says what goes into them.
set -eu
cd "$(dirname "$0")"

kubectl apply -f manifests.yaml
${install.join("\n")}
${afterwards ? "kubectl apply -f resources.yaml\n" : ""}`;
}
