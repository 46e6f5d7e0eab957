import { stringify } from "yaml";
import type { Cluster } from "../fleet/model.ts";
import { slug } from "../fleet/resolve.ts";
import type { Manifest } from "./manifest.ts";
import { agentsNamespace, credential } from "./place.ts";
import type { OwnFleet, Release } from "./release.ts";

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

/** Namespace of Flux itself, of its sources, and of what it applies. */
const fluxNamespace = "flux-system";

/** The folder of a cluster in the repository that Flux reads: `platform-core-dev-aks`. */
export function clusterFolder({ name, clusters }: OwnFleet, { name: own, environment, provider }: Cluster): string {
  const alone = clusters.filter((one) => one.environment === environment).length === 1;
  return [name, slug(alone ? environment : own), ...(provider === "" ? [] : [slug(provider)])].join("-");
}

/**
 * The files of one cluster in a repository for Flux: two Kustomizations at its root, and below `infrastructure/observability`
 * a release with its values beside it. `install.sh` does the same by hand.
 */
export function clusterTree(fleet: OwnFleet, infrastructure: ClusterInfrastructure): InfraFile[] {
  const { cluster, manifests, releases, afterwards } = infrastructure;
  const folder = clusterFolder(fleet, cluster);
  const root = `flux-config/clusters/${folder}`;
  const here = `${root}/infrastructure/observability`;
  const later = `${root}/infrastructure/observability-resources`;
  return [
    { path: `${root}/observability.yaml`, text: documents(kustomizations(folder, releases, afterwards.length > 0)) },
    { path: `${here}/kustomization.yaml`, text: yaml(kustomization(releases)) },
    { path: `${here}/kustomizeconfig.yaml`, text: yaml(namesOfConfigMaps) },
    { path: `${here}/manifests.yaml`, text: documents(manifests) },
    { path: `${here}/sources.yaml`, text: documents(sources(releases)) },
    ...releases.flatMap((release) => [
      { path: `${here}/${releasePath(release)}`, text: yaml(helmRelease(release, releases)) },
      { path: `${here}/${valuesPath(release)}`, text: valuesText(release) },
    ]),
    { path: `${here}/install.sh`, text: installScript(infrastructure) },
    ...(afterwards.length === 0
      ? []
      : [
          {
            path: `${later}/kustomization.yaml`,
            text: yaml({
              apiVersion: "kustomize.config.k8s.io/v1beta1",
              kind: "Kustomization",
              resources: ["resources.yaml"],
            }),
          },
          { path: `${later}/resources.yaml`, text: documents(afterwards) },
        ]),
  ];
}

/** Releases of one thing lie together: the Collectors, the exporters. */
function folderOf({ name, chart }: Release): string {
  if (chart === "opentelemetry-collector" || chart === "opentelemetry-operator") return "opentelemetry";
  const exporters: readonly string[] = ["kube-state-metrics", "prometheus-node-exporter", "dcgm-exporter", "opencost"];
  return exporters.includes(chart) ? "exporters" : name;
}

function releasePath(release: Release): string {
  return `${folderOf(release)}/${release.name}.yaml`;
}

function valuesPath(release: Release): string {
  return `${folderOf(release)}/${release.name}.values.yaml`;
}

function kustomizations(folder: string, releases: readonly Release[], resources: boolean): Manifest[] {
  const path = `./clusters/${folder}/infrastructure`;
  const common = {
    interval: "10m",
    retryInterval: "1m",
    timeout: "30m",
    prune: true,
    sourceRef: { kind: "GitRepository", name: fluxNamespace },
  };
  const one = (name: string, spec: object): Manifest => ({
    apiVersion: "kustomize.toolkit.fluxcd.io/v1",
    kind: "Kustomization",
    metadata: { name, namespace: fluxNamespace },
    spec: { ...common, ...spec },
  });
  const healthChecks = releases.map(({ name, namespace }) => ({
    apiVersion: "helm.toolkit.fluxcd.io/v2",
    kind: "HelmRelease",
    name,
    namespace,
  }));
  return [
    one("observability", { path: `${path}/observability`, healthChecks }),
    // Their kinds are known once the operators run.
    ...(resources
      ? [
          one("observability-resources", {
            path: `${path}/observability-resources`,
            dependsOn: [{ name: "observability" }],
          }),
        ]
      : []),
  ];
}

function kustomization(releases: readonly Release[]): object {
  return {
    apiVersion: "kustomize.config.k8s.io/v1beta1",
    kind: "Kustomization",
    resources: ["manifests.yaml", "sources.yaml", ...releases.map(releasePath)],
    // The name ends in a hash of the values, so that a change of them is an upgrade.
    configMapGenerator: releases.map((release) => ({
      name: valuesName(release),
      namespace: release.namespace,
      files: [`values.yaml=${valuesPath(release)}`],
    })),
    configurations: ["kustomizeconfig.yaml"],
  };
}

/** Tells kustomize where a HelmRelease names a ConfigMap. */
const namesOfConfigMaps = {
  nameReference: [
    { kind: "ConfigMap", version: "v1", fieldSpecs: [{ path: "spec/valuesFrom/name", kind: "HelmRelease" }] },
  ],
};

function valuesName({ name }: Release): string {
  return `${name}-values`;
}

/** Called by whose they are: the account of an address on GitHub's pages, or its host. */
function sourceName(repository: string): string {
  const { hostname, pathname } = new URL(repository);
  const account = hostname.endsWith(".github.io") ? hostname.split(".")[0] : undefined;
  return slug(account ?? `${hostname}${pathname}`).replaceAll(/^-|-$/gu, "");
}

function sources(releases: readonly Release[]): Manifest[] {
  const repositories = [...new Set(releases.map(({ repository }) => repository))].toSorted();
  return repositories.map((url) => ({
    apiVersion: "source.toolkit.fluxcd.io/v1",
    kind: "HelmRepository",
    metadata: { name: sourceName(url), namespace: fluxNamespace },
    spec: { interval: "12h", url, ...(url.startsWith("oci://") && { type: "oci" }) },
  }));
}

/** What must run before: whoever sends waits for what takes it. */
const after: Readonly<Record<string, readonly string[]>> = {
  tempo: ["mimir"],
  "otel-agent": ["otel-gateway"],
  "otel-events": ["otel-gateway"],
};

function helmRelease(release: Release, all: readonly Release[]): Manifest {
  const { name, namespace, chart, version, repository } = release;
  const dependsOn = all
    .filter((other) => after[name]?.includes(other.name) === true)
    .map((other) => ({ name: other.name, namespace: other.namespace }));
  return {
    apiVersion: "helm.toolkit.fluxcd.io/v2",
    kind: "HelmRelease",
    metadata: { name, namespace },
    spec: {
      interval: "30m",
      timeout: "15m",
      chart: {
        spec: {
          chart,
          version,
          sourceRef: { kind: "HelmRepository", name: sourceName(repository), namespace: fluxNamespace },
        },
      },
      install: { crds: "CreateReplace", remediation: { retries: 3 } },
      upgrade: { crds: "CreateReplace", cleanupOnFail: true, remediation: { retries: 3, strategy: "rollback" } },
      driftDetection: { mode: "enabled" },
      ...(dependsOn.length > 0 && { dependsOn }),
      valuesFrom: [{ kind: "ConfigMap", name: valuesName(release), valuesKey: "values.yaml" }],
    },
  };
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

function installScript({ cluster, releases, afterwards }: ClusterInfrastructure): string {
  const install = releases.map((release) => {
    const { name, namespace, chart, repository, version } = release;
    const from = repository.startsWith("oci://") ? `${repository}/${chart}` : `${chart} --repo ${repository}`;
    return `helm upgrade --install ${name} ${from} --version ${version} --namespace ${namespace} --values ${valuesPath(release)} --wait --timeout 15m`;
  });
  return `#!/bin/sh
# Installs what ${cluster.name} needs, in order, into the cluster of kubectl's current context: for clusters without Flux. Run
# it again after a change. Before: the Secret ${credential.secret} in ${agentsNamespace}, keys username and password, and in the
# ops cluster each door's Secret of passwords. docs/infrastructure.md says what goes into them.
set -eu
cd "$(dirname "$0")"

kubectl apply -f manifests.yaml
${install.join("\n")}
${afterwards.length > 0 ? "kubectl apply -f ../observability-resources/resources.yaml\n" : ""}`;
}
