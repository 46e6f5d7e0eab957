import type { Cluster, Fleet } from "../fleet/model.ts";
import { slug } from "../fleet/resolve.ts";
import { type ClusterInfrastructure, treeOf, valuesPath } from "../infra/flux.ts";
import { type Content, infrastructure, type InfraFile } from "../infra/index.ts";
import { centralCluster, isCentral } from "../infra/place.ts";
import { isOwn, type OwnFleet, type Release } from "../infra/release.ts";
import { type AgentPart, agentModule } from "./agent.ts";
import { centralModule } from "./central.ts";
import { type Block, hcl, is, type Value } from "./hcl.ts";
import { dataSource } from "./model.ts";
import { networksByCluster, output, required, variable } from "./module.ts";

/**
 * The same infrastructure for Terraform and OpenTofu: what Azure must have, and releases with the values of the tree for
 * whoever runs no Flux. Only of clusters in Azure, and only where the ops cluster is one of them.
 */
export function terraformFiles(fleet: Fleet, content?: Content): InfraFile[] {
  if (!isOwn(fleet) || centralCluster(fleet)?.provider !== "aks") return [];
  const all = infrastructure(fleet, content).filter(({ cluster }) => cluster.provider === "aks");
  const central = all.find(({ cluster }) => isCentral(fleet, cluster));
  return [
    ...centralModule(fleet, central?.releases ?? []),
    ...agentModule(),
    ...all.map((one) => environment(fleet, one)),
  ];
}

/** What calls the modules for one cluster: names are the fleet's, what only Azure knows is a variable. */
function environment(fleet: OwnFleet, { cluster, releases }: ClusterInfrastructure): InfraFile {
  const central = isCentral(fleet, cluster);
  const file = central ? "observability-central" : "observability-agent";
  const blocks = [
    required(["azurerm", "helm"]),
    {
      type: "provider",
      labels: ["azurerm"],
      attributes: { storage_use_azuread: true },
      blocks: [{ type: "features" }],
    },
    ...(central ? centralCall(fleet, cluster) : agentCluster()),
    helmProvider(central),
    ...agents(fleet, cluster, releases),
    ...(central
      ? [
          output(
            "key_vault_id",
            "For the environments of the other clusters.",
            "module.observability_central.key_vault_id",
          ),
        ]
      : []),
  ];
  return { path: `terraform/envs/${slug(cluster.name)}/${file}.tf`, text: hcl(blocks) };
}

/** How a folder of the tree is reached from a folder of `envs`. */
function valuesFolder(fleet: OwnFleet, cluster: Cluster): Value {
  return is(`"\${path.root}/../../../${treeOf(fleet, cluster)}"`);
}

const install = variable("install_releases", "bool", "True where no Flux installs the releases.", { default: false });

function centralCall(fleet: OwnFleet, cluster: Cluster): Block[] {
  return [
    variable("address_space", "string", "Of the ops cluster's network; it must overlap with no workload cluster's.", {
      default: "10.240.0.0/16",
    }),
    variable(
      "workload_networks",
      networksByCluster,
      `Of ${fleet.clusters
        .filter((one) => one !== cluster && one.state !== "retired")
        .map(({ name }) => name)
        .join(", ")}, by those names.`,
      { default: {} },
    ),
    variable("admin_group_object_ids", "list(string)", "Groups that administer the cluster."),
    variable("grafana_database_password", "string", "Of Grafana's user, also in the vault.", {
      sensitive: true,
      ephemeral: true,
    }),
    install,
    {
      type: "module",
      labels: ["observability_central"],
      attributes: {
        source: "../../modules/observability-central",
        cluster: slug(cluster.name),
        cluster_resource_name: `${slug(cluster.name)}-aks`,
        location: cluster.region,
        address_space: is("var.address_space"),
        workload_networks: is("var.workload_networks"),
        admin_group_object_ids: is("var.admin_group_object_ids"),
        grafana_database_password: is("var.grafana_database_password"),
        ...(fleet.infrastructure.keyVault === undefined && { key_vault: `kv-${slug(cluster.name)}`.slice(0, 24) }),
        nodes: { min: Math.max(3, cluster.nodes.min), max: Math.max(6, cluster.nodes.max) },
        values_folder: valuesFolder(fleet, cluster),
        install_releases: is("var.install_releases"),
        tags: { fleet: fleet.name, environment: cluster.environment },
      },
    },
  ];
}

function agentCluster(): Block[] {
  return [
    variable("cluster_resource_name", "string", "What the cluster is called in Azure."),
    variable("resource_group_name", "string", "Where it is."),
    variable("key_vault_id", "string", "The vault of the passwords: an output of the ops cluster's environment.", {
      default: "",
    }),
    install,
    dataSource("azurerm_kubernetes_cluster", "this", {
      name: is("var.cluster_resource_name"),
      resource_group_name: is("var.resource_group_name"),
    }),
  ];
}

/** Azure's own application of AKS, for which tokens are asked: one and the same in every directory. */
const aksServer = "6dae42f8-4368-4678-94ff-3960e28e3630";

function helmProvider(central: boolean): Block {
  const found = "data.azurerm_kubernetes_cluster.this.kube_config[0]";
  return {
    type: "provider",
    labels: ["helm"],
    attributes: {
      kubernetes: {
        host: is(central ? "module.observability_central.kubernetes_host" : `${found}.host`),
        cluster_ca_certificate: is(
          central ? "module.observability_central.kubernetes_ca" : `base64decode(${found}.cluster_ca_certificate)`,
        ),
        exec: {
          api_version: "client.authentication.k8s.io/v1beta1",
          command: "kubelogin",
          args: ["get-token", "--login", "azurecli", "--server-id", aksServer],
        },
      },
    },
  };
}

function agents(fleet: OwnFleet, cluster: Cluster, releases: readonly Release[]): Block[] {
  const own = releases.flatMap((release) => {
    const part = partOf(release);
    return part === undefined ? [] : [[release.name, entry(release, part)] as const];
  });
  return [
    { type: "locals", attributes: { releases: Object.fromEntries(own) } },
    {
      type: "module",
      labels: ["observability_agent"],
      attributes: {
        source: "../../modules/observability-agent",
        ...(!isCentral(fleet, cluster) && {
          cluster: slug(cluster.name),
          location: is("data.azurerm_kubernetes_cluster.this.location"),
          resource_group_name: is("var.resource_group_name"),
          oidc_issuer_url: is("data.azurerm_kubernetes_cluster.this.oidc_issuer_url"),
          key_vault_id: is("var.key_vault_id"),
          tags: { fleet: fleet.name, environment: cluster.environment },
        }),
        values_folder: valuesFolder(fleet, cluster),
        releases: is("{ for name, one in local.releases : name => one if var.install_releases }"),
      },
    },
  ];
}

function entry(release: Release, part: AgentPart): Value {
  const { namespace, chart, repository, version } = release;
  return { part, namespace, repository, chart, version, values: valuesPath(release) };
}

function partOf({ chart, name }: Release): AgentPart | undefined {
  switch (chart) {
    case "kube-state-metrics":
    case "prometheus-node-exporter":
    case "dcgm-exporter":
    case "opencost":
      return "exporters";
    case "prometheus":
    case "kube-prometheus-stack":
      return name === "prometheus-agent" ? "metrics" : undefined;
    case "opentelemetry-collector":
    case "opentelemetry-operator":
      return name === "otel-scraper" ? "metrics" : "collector";
    case "alloy":
      return name === "alloy-metrics" ? "metrics" : "logs";
    case "promtail":
      return "logs";
    default:
      return undefined;
  }
}
