import type { InfraFile } from "../infra/flux.ts";
import { type Block, hcl, is } from "./hcl.ts";
import { externalSecrets } from "./identity.ts";
import { required, variable } from "./module.ts";
import { resource } from "./model.ts";

const folder = "terraform/modules/observability-agent";

/** What a release of an agent is for: each has a file of its own. */
export type AgentPart = "exporters" | "metrics" | "collector" | "logs";

/** The module of every cluster: the agents, with the values that lie in the cluster's folder of the tree. */
export function agentModule(): InfraFile[] {
  const file = (name: string, blocks: readonly Block[]): InfraFile => ({
    path: `${folder}/${name}.tf`,
    text: hcl(blocks),
  });
  return [
    file("main", [required(["azurerm", "helm"]), releasesOf("exporters", "exporter")]),
    file("secrets", secrets),
    file("prometheus-agent", [
      releasesOf(
        "metrics",
        "metrics_agent",
        "Scrapes and writes to Mimir: Prometheus as an agent, or what the fleet has in its place.",
      ),
    ]),
    file("otel-collector", [
      releasesOf("collector", "otel_collector", "One after the other: the gateway takes what the agents send.", {
        depends_on: [is("helm_release.metrics_agent")],
      }),
    ]),
    file("promtail", [
      releasesOf("logs", "logs_agent", "Reads the node's files: Promtail, or what the fleet has in its place.", {
        depends_on: [is("helm_release.otel_collector")],
      }),
    ]),
    file("variables", variables),
  ];
}

function releasesOf(
  part: AgentPart,
  name: string,
  comment?: string,
  meta: { readonly depends_on?: readonly ReturnType<typeof is>[] } = {},
): Block {
  return resource(
    "helm_release",
    name,
    {
      name: is("each.key"),
      namespace: is("each.value.namespace"),
      create_namespace: true,
      repository: is("each.value.repository"),
      chart: is("each.value.chart"),
      version: is("each.value.version"),
      timeout: 900,
      values: [is('file("${var.values_folder}/${each.value.values}")')],
    },
    {
      for_each: is(`{ for name, one in var.releases : name => one if one.part == "${part}" }`),
      ...(comment !== undefined && { comment }),
      ...meta,
    },
  );
}

/** Where the central module has not brought it already. */
const secrets = externalSecrets({
  cluster: is("var.cluster"),
  location: is("var.location"),
  group: is("var.resource_group_name"),
  issuer: is("var.oidc_issuer_url"),
  vault: is("var.key_vault_id"),
  count: is('var.key_vault_id == "" ? 0 : 1'),
});

const variables: readonly Block[] = [
  variable("cluster", "string", "The fleet's name of the cluster.", { default: "" }),
  variable("location", "string", "Azure's name of the region.", { default: "" }),
  variable("resource_group_name", "string", "Where the identity is kept.", { default: "" }),
  variable("oidc_issuer_url", "string", "Who issues the cluster's tokens.", { default: "" }),
  variable(
    "key_vault_id",
    "string",
    "The vault of the passwords; empty where External Secrets run already, or not at all.",
    {
      default: "",
    },
  ),
  variable("tags", "map(string)", "Of everything that has tags.", { default: {} }),
  variable("values_folder", "string", "Where the values of the releases are: the cluster's folder in the tree."),
  variable(
    "releases",
    `map(object({
    part       = string
    namespace  = string
    repository = string
    chart      = string
    version    = string
    values     = string
  }))`,
    "What is installed, by name. Empty where Flux does it.",
    { default: {} },
  ),
];
