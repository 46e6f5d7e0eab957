import { stringify } from "yaml";
import type { Cluster, Fleet } from "../fleet/model.ts";
import { slug } from "../fleet/resolve.ts";
import { boardMap, type BoardFile } from "./content.ts";
import type { Manifest } from "./manifest.ts";
import { providersMap } from "./grafana.ts";
import { agentsNamespace, centralCluster, credential, grafanaNamespace } from "./place.ts";
import { isOwn, type OwnFleet, type Release } from "./release.ts";

/** All that a cluster needs, in the order in which it is installed. */
export interface ClusterInfrastructure {
  readonly cluster: Cluster;
  readonly manifests: readonly Manifest[];
  readonly releases: readonly Release[];
  /** What External Secrets makes Secrets of; none where they are made by hand. */
  readonly secrets: readonly Manifest[];
  /** Resources of the operators that the releases bring. */
  readonly afterwards: readonly Manifest[];
  /** What Grafana reads as files, where it runs. */
  readonly boards: readonly BoardFile[];
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

/** Its folder of releases. */
export function treeOf(fleet: OwnFleet, cluster: Cluster): string {
  return `flux-config/clusters/${clusterFolder(fleet, cluster)}/infrastructure/observability`;
}

/** Where `out/` holds what Grafana reads as files: in the tree of the cluster where it runs, if that is ours. */
export function grafanaFolder(fleet: Fleet): string {
  const central = isOwn(fleet) ? centralCluster(fleet) : undefined;
  return isOwn(fleet) && central ? `${treeOf(fleet, central)}/grafana` : "grafana";
}

/**
 * The files of one cluster in a repository for Flux: two Kustomizations at its root, and below `infrastructure/observability`
 * a release with its values beside it. `install.sh` does the same by hand.
 */
export function clusterTree(fleet: OwnFleet, infrastructure: ClusterInfrastructure): InfraFile[] {
  const { cluster, manifests, releases, secrets, afterwards, boards } = infrastructure;
  const root = `flux-config/clusters/${clusterFolder(fleet, cluster)}`;
  const here = treeOf(fleet, cluster);
  const later = `${here}-resources`;
  return [
    { path: `${root}/observability.yaml`, text: documents(kustomizations(fleet, infrastructure)) },
    { path: `${here}/kustomization.yaml`, text: yaml(kustomization(fleet, infrastructure)) },
    { path: `${here}/kustomizeconfig.yaml`, text: yaml(namesOfConfigMaps) },
    { path: `${here}/manifests.yaml`, text: documents(manifests) },
    ...(secrets.length === 0 ? [] : [{ path: `${here}/secrets.yaml`, text: documents(secrets) }]),
    { path: `${here}/sources.yaml`, text: documents(sources(releases)) },
    ...(boards.length === 0
      ? []
      : [{ path: `${here}/grafana/kustomization.yaml`, text: yaml(boardsKustomization(`${here}/grafana/`, boards)) }]),
    ...releases.flatMap((release) => [
      { path: `${here}/${releasePath(release)}`, text: yaml(helmRelease(release, releases)) },
      { path: `${here}/${valuesPath(release)}`, text: valuesText(release) },
    ]),
    { path: `${here}/install.sh`, text: installScript(infrastructure, "../observability-resources/resources.yaml") },
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

/**
 * The same for a cluster without Flux, in a folder of its own: values, manifests, and a script that installs them in order.
 */
export function helmFolder(fleet: OwnFleet, infrastructure: ClusterInfrastructure): InfraFile[] {
  const { cluster, manifests, releases, secrets, afterwards } = infrastructure;
  const here = clusterFolder(fleet, cluster);
  return [
    { path: `${here}/install.sh`, text: installScript(infrastructure, "resources.yaml") },
    { path: `${here}/manifests.yaml`, text: documents(manifests) },
    ...(secrets.length === 0 ? [] : [{ path: `${here}/secrets.yaml`, text: documents(secrets) }]),
    ...releases.map((release) => ({ path: `${here}/${valuesPath(release)}`, text: valuesText(release) })),
    ...(afterwards.length === 0 ? [] : [{ path: `${here}/resources.yaml`, text: documents(afterwards) }]),
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

export function valuesPath(release: Release): string {
  return `${folderOf(release)}/${release.name}.values.yaml`;
}

function kustomizations(fleet: OwnFleet, infrastructure: ClusterInfrastructure): Manifest[] {
  const { cluster, releases, afterwards, boards } = infrastructure;
  const path = `./clusters/${clusterFolder(fleet, cluster)}/infrastructure`;
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
  const dependsOn = [{ name: "observability" }];
  return [
    one("observability", { path: `${path}/observability`, healthChecks }),
    // Their kinds are known once the operators run.
    ...(afterwards.length > 0
      ? [one("observability-resources", { path: `${path}/observability-resources`, dependsOn })]
      : []),
    // Grafana takes no change of a board that came from a file: one of the two brings them.
    ...(boards.length > 0
      ? [
          one("observability-boards", {
            path: `${path}/observability/grafana`,
            dependsOn,
            ...(fleet.infrastructure.boards === "publisher" && { suspend: true }),
          }),
        ]
      : []),
  ];
}

function kustomization(fleet: OwnFleet, { releases, secrets, boards }: ClusterInfrastructure): object {
  const provided = boards.length > 0 && fleet.infrastructure.boards === "flux";
  return {
    apiVersion: "kustomize.config.k8s.io/v1beta1",
    kind: "Kustomization",
    resources: [
      "manifests.yaml",
      ...(secrets.length > 0 ? ["secrets.yaml"] : []),
      "sources.yaml",
      ...releases.map(releasePath),
    ],
    configMapGenerator: [
      // The name ends in a hash of the values, so that a change of them is an upgrade.
      ...releases.map((release) => ({
        name: valuesName(release),
        namespace: release.namespace,
        files: [`values.yaml=${valuesPath(release)}`],
      })),
      // Grafana does not start without it, so it does not wait for the boards.
      ...(provided
        ? [
            {
              name: providersMap,
              namespace: grafanaNamespace,
              files: ["grafana/provisioning/dashboards/fleetglass.yaml"],
              options: { disableNameSuffixHash: true },
            },
          ]
        : []),
    ],
    configurations: ["kustomizeconfig.yaml"],
  };
}

/** Boards as ConfigMaps and data sources as a Secret, by the labels and folders that Grafana's sidecar looks for. */
function boardsKustomization(folder: string, boards: readonly BoardFile[]): object {
  const named = (labels: object, annotations?: object): object => ({
    disableNameSuffixHash: true,
    labels,
    ...(annotations && { annotations }),
  });
  return {
    apiVersion: "kustomize.config.k8s.io/v1beta1",
    kind: "Kustomization",
    namespace: grafanaNamespace,
    configMapGenerator: boards.map((board) => ({
      name: boardMap(board),
      // Beside one another in the pod, where two views' boards may have one file name.
      files: [`${board.uid}.json=${board.path.slice(folder.length)}`],
      options: named({ grafana_dashboard: "1" }, { grafana_folder: board.folder }),
    })),
    secretGenerator: [
      {
        name: "fleetglass-datasources",
        files: ["fleetglass.yaml=provisioning/datasources/fleetglass.yaml"],
        options: named({ grafana_datasource: "1" }),
      },
    ],
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
  prometheus: ["mimir"],
  grafana: ["redis"],
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

function installScript({ cluster, releases, secrets, afterwards }: ClusterInfrastructure, resources: string): string {
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
${secrets.length > 0 ? "kubectl apply -f secrets.yaml\n" : ""}${install.join("\n")}
${afterwards.length > 0 ? `kubectl apply -f ${resources}\n` : ""}`;
}
