import { homeOf } from "../infra/door-values.ts";
import { backendOf } from "../infra/access.ts";
import type { InfraFile } from "../infra/flux.ts";
import { type Door, doorsOf } from "../infra/place.ts";
import type { OwnFleet, Release } from "../infra/release.ts";
import { valuesPath } from "../infra/flux.ts";
import { type Block, hcl, is } from "./hcl.ts";
import { externalSecrets, workloadIdentity } from "./identity.ts";
import { networksByCluster, output, required, variable } from "./module.ts";
import { resource } from "./model.ts";

const folder = "terraform/modules/observability-central";

/** The containers of each backend, by the names that its values have. */
const containers: Readonly<Record<Door, readonly string[]>> = {
  mimir: ["mimir-blocks", "mimir-ruler", "mimir-alertmanager"],
  loki: ["loki-chunks", "loki-ruler"],
  tempo: ["tempo-traces"],
};

/** The module of the ops cluster: what the central stack stands on, and where no Flux runs the stack itself. */
export function centralModule(fleet: OwnFleet, releases: readonly Release[]): InfraFile[] {
  const doors = doorsOf(fleet);
  const file = (name: string, blocks: readonly Block[]): InfraFile => ({
    path: `${folder}/${name}.tf`,
    text: hcl(blocks),
  });
  return [
    file("main", main(fleet)),
    file("network", network(fleet)),
    file("storage", storage(doors)),
    ...doors.map((door) => file(door, backend(fleet, door, releases))),
    file("grafana", grafana(releases)),
    file("variables", variables(fleet)),
    file("outputs", outputs),
  ];
}

const group = is("azurerm_resource_group.observability.name");
const location = is("azurerm_resource_group.observability.location");
const tags = is("var.tags");
const cluster = "azurerm_kubernetes_cluster.ops";

function main({ name }: OwnFleet): Block[] {
  return [
    required(["azurerm", "helm"]),
    { type: "data", labels: ["azurerm_client_config", "current"] },
    resource("azurerm_resource_group", "observability", {
      name: is(`"rg-${name}-\${var.cluster}"`),
      location: is("var.location"),
      tags,
    }),
    resource(
      "azurerm_kubernetes_cluster",
      "ops",
      {
        name: is("var.cluster_resource_name"),
        location,
        resource_group_name: group,
        dns_prefix: is("var.cluster"),
        sku_tier: "Standard",
        private_cluster_enabled: true,
        local_account_disabled: true,
        oidc_issuer_enabled: true,
        workload_identity_enabled: true,
        automatic_upgrade_channel: "patch",
        node_os_upgrade_channel: "NodeImage",
        tags,
        default_node_pool: {
          name: "system",
          vm_size: is("var.node_size"),
          auto_scaling_enabled: true,
          min_count: is("var.nodes.min"),
          max_count: is("var.nodes.max"),
          // Mimir's ingesters are in three zones.
          zones: ["1", "2", "3"],
          vnet_subnet_id: is("azurerm_subnet.nodes.id"),
          temporary_name_for_rotation: "rotation",
          upgrade_settings: { max_surge: "33%" },
        },
        node_provisioning_profile: { mode: "Manual" },
        identity: { type: "SystemAssigned" },
        network_profile: {
          network_plugin: "azure",
          network_plugin_mode: "overlay",
          network_policy: "cilium",
          network_data_plane: "cilium",
        },
        azure_active_directory_role_based_access_control: {
          azure_rbac_enabled: true,
          admin_group_object_ids: is("var.admin_group_object_ids"),
        },
        web_app_routing: {
          dns_zone_ids: [is("azurerm_private_dns_zone.stack.id")],
          default_nginx_controller: "Internal",
        },
      },
      {
        comment:
          "Its ingress has an internal load balancer only, and writes the names of the doors into the private zone.",
      },
    ),
    resource("azurerm_role_assignment", "ingress_names", {
      scope: is("azurerm_private_dns_zone.stack.id"),
      role_definition_name: "Private DNS Zone Contributor",
      principal_id: is(`${cluster}.web_app_routing[0].web_app_routing_identity[0].object_id`),
      principal_type: "ServicePrincipal",
    }),
    resource("azurerm_role_assignment", "network", {
      scope: is("azurerm_virtual_network.ops.id"),
      role_definition_name: "Network Contributor",
      principal_id: is(`${cluster}.identity[0].principal_id`),
      principal_type: "ServicePrincipal",
    }),
    ...externalSecrets({
      cluster: is("var.cluster"),
      location,
      group,
      issuer: is(`${cluster}.oidc_issuer_url`),
      vault: is("azurerm_key_vault.stack.id"),
    }),
  ];
}

const zones = {
  blob: "privatelink.blob.core.windows.net",
  vault: "privatelink.vaultcore.azure.net",
  postgres: "privatelink.postgres.database.azure.com",
} as const;

function network({ infrastructure: { domain } }: OwnFleet): Block[] {
  const zone = (name: string, dns: string): Block =>
    resource("azurerm_private_dns_zone", name, { name: dns, resource_group_name: group, tags });
  const link = (name: string): Block =>
    resource("azurerm_private_dns_zone_virtual_network_link", name, {
      name: is(`"\${var.cluster}-${name}"`),
      private_dns_zone_id: is(`azurerm_private_dns_zone.${name}.id`),
      virtual_network_id: is("azurerm_virtual_network.ops.id"),
      tags,
    });
  const subnet = (name: string, part: number): Parameters<typeof resource<"azurerm_subnet">>[2] => ({
    name,
    resource_group_name: group,
    virtual_network_name: is("azurerm_virtual_network.ops.name"),
    address_prefixes: [is(`cidrsubnet(var.address_space, 2, ${part})`)],
  });
  return [
    resource("azurerm_virtual_network", "ops", {
      name: is('"vnet-${var.cluster}"'),
      resource_group_name: group,
      location,
      address_space: [is("var.address_space")],
      tags,
    }),
    resource("azurerm_subnet", "nodes", subnet("nodes", 0)),
    resource("azurerm_subnet", "endpoints", {
      ...subnet("endpoints", 1),
      private_endpoint_network_policies: "Enabled",
    }),
    resource("azurerm_subnet", "database", {
      ...subnet("database", 2),
      delegation: [
        {
          name: "postgres",
          service_delegation: {
            name: "Microsoft.DBforPostgreSQL/flexibleServers",
            actions: ["Microsoft.Network/virtualNetworks/subnets/join/action"],
          },
        },
      ],
    }),
    resource(
      "azurerm_virtual_network_peering",
      "to_workload",
      {
        name: is('"${var.cluster}-to-${each.key}"'),
        resource_group_name: group,
        virtual_network_name: is("azurerm_virtual_network.ops.name"),
        remote_virtual_network_id: is("each.value.id"),
        allow_virtual_network_access: true,
      },
      {
        for_each: is("var.workload_networks"),
        comment: "Both ways, since a peering is one way: agents come to the doors.",
      },
    ),
    resource(
      "azurerm_virtual_network_peering",
      "from_workload",
      {
        name: is('"${each.key}-to-${var.cluster}"'),
        resource_group_name: is("each.value.resource_group_name"),
        virtual_network_name: is("each.value.name"),
        remote_virtual_network_id: is("azurerm_virtual_network.ops.id"),
        allow_virtual_network_access: true,
      },
      { for_each: is("var.workload_networks") },
    ),
    zone("stack", domain),
    link("stack"),
    resource(
      "azurerm_private_dns_zone_virtual_network_link",
      "workload",
      {
        name: is("each.key"),
        private_dns_zone_id: is("azurerm_private_dns_zone.stack.id"),
        virtual_network_id: is("each.value.id"),
        tags,
      },
      { for_each: is("var.workload_networks"), comment: "By which the agents find the doors by name." },
    ),
    ...Object.entries(zones).flatMap(([name, dns]) => [zone(name, dns), link(name)]),
    resource(
      "azurerm_private_dns_zone_virtual_network_link",
      "workload_vault",
      {
        name: is("each.key"),
        private_dns_zone_id: is("azurerm_private_dns_zone.vault.id"),
        virtual_network_id: is("each.value.id"),
        tags,
      },
      { for_each: is("var.workload_networks"), comment: "By which their External Secrets find the vault." },
    ),
  ];
}

function endpoint(name: string, of: string, what: "blob" | "vault"): Block {
  return resource("azurerm_private_endpoint", name, {
    name: is(`"pe-${what}-\${var.cluster}"`),
    resource_group_name: group,
    location,
    subnet_id: is("azurerm_subnet.endpoints.id"),
    tags,
    private_service_connection: {
      name: what,
      is_manual_connection: false,
      private_connection_resource_id: is(of),
      subresource_names: [what],
    },
    private_dns_zone_group: { name: what, private_dns_zone_ids: [is(`azurerm_private_dns_zone.${what}.id`)] },
  });
}

function storage(doors: readonly Door[]): Block[] {
  return [
    resource(
      "azurerm_storage_account",
      "stack",
      {
        name: is("var.storage_account"),
        resource_group_name: group,
        location,
        account_kind: "StorageV2",
        account_tier: "Standard",
        account_replication_type: is("var.replication"),
        min_tls_version: "TLS1_2",
        allow_nested_items_to_be_public: false,
        shared_access_key_enabled: false,
        default_to_oauth_authentication: true,
        public_network_access_enabled: false,
        tags,
        // What a program or a person deleted by mistake comes back; versions of every block would double the account.
        blob_properties: {
          delete_retention_policy: { days: 7 },
          container_delete_retention_policy: { days: 7 },
        },
      },
      { comment: "One account for blocks, chunks and traces, without keys: identities only." },
    ),
    ...doors
      .flatMap((door) => containers[door])
      .map((name) =>
        resource("azurerm_storage_container", name.replaceAll("-", "_"), {
          name,
          storage_account_id: is("azurerm_storage_account.stack.id"),
          container_access_type: "private",
        }),
      ),
    endpoint("blob", "azurerm_storage_account.stack.id", "blob"),
    resource("azurerm_key_vault", "stack", {
      name: is("var.key_vault"),
      location,
      resource_group_name: group,
      tenant_id: is("data.azurerm_client_config.current.tenant_id"),
      sku_name: "standard",
      rbac_authorization_enabled: true,
      purge_protection_enabled: true,
      soft_delete_retention_days: 90,
      public_network_access_enabled: false,
      tags,
      network_acls: { bypass: "AzureServices", default_action: "Deny" },
    }),
    endpoint("vault", "azurerm_key_vault.stack.id", "vault"),
    resource(
      "azurerm_role_assignment",
      "vault_write",
      {
        scope: is("azurerm_key_vault.stack.id"),
        role_definition_name: "Key Vault Secrets Officer",
        principal_id: is("data.azurerm_client_config.current.object_id"),
      },
      { comment: "Whoever applies this writes the ids of identities into the vault; passwords are written by people." },
    ),
  ];
}

/** A value of the vault that is no secret, and that only Terraform knows. */
function vaultSecret(name: string, value: string): Block {
  return resource(
    "azurerm_key_vault_secret",
    name.replaceAll("-", "_"),
    { name, key_vault_id: is("azurerm_key_vault.stack.id"), value: is(value), content_type: "text/plain" },
    { depends_on: [is("azurerm_role_assignment.vault_write"), is("azurerm_private_endpoint.vault")] },
  );
}

function backend(fleet: OwnFleet, door: Door, releases: readonly Release[]): Block[] {
  return [
    ...workloadIdentity(door, {
      title: door,
      account: `${homeOf(door, backendOf(fleet, door))}:${door}`,
      cluster: is("var.cluster"),
      location,
      group,
      issuer: is(`${cluster}.oidc_issuer_url`),
    }),
    ...containers[door].map((name) => {
      const resourceName = name.replaceAll("-", "_");
      return resource("azurerm_role_assignment", resourceName, {
        scope: is(`azurerm_storage_container.${resourceName}.id`),
        role_definition_name: "Storage Blob Data Contributor",
        principal_id: is(`azurerm_user_assigned_identity.${door}.principal_id`),
        principal_type: "ServicePrincipal",
      });
    }),
    vaultSecret(`${door}-azure-azure-client-id`, `azurerm_user_assigned_identity.${door}.client_id`),
    ...(door === "mimir"
      ? [vaultSecret("mimir-azure-azure-storage-account", "azurerm_storage_account.stack.name")]
      : []),
    ...releases.filter(({ name }) => name === door).map(centralRelease),
  ];
}

function grafana(releases: readonly Release[]): Block[] {
  const beside = new Set(["grafana", "alertmanager", "prometheus", "redis"]);
  return [
    resource(
      "azurerm_postgresql_flexible_server",
      "grafana",
      {
        name: is('"psql-grafana-${var.cluster}"'),
        resource_group_name: group,
        location,
        version: "16",
        sku_name: "GP_Standard_D2ds_v5",
        storage_mb: 32768,
        auto_grow_enabled: true,
        administrator_login: "grafana",
        administrator_password_wo: is("var.grafana_database_password"),
        administrator_password_wo_version: is("var.grafana_database_password_version"),
        delegated_subnet_id: is("azurerm_subnet.database.id"),
        private_dns_zone_id: is("azurerm_private_dns_zone.postgres.id"),
        public_network_access_enabled: false,
        backup_retention_days: 14,
        geo_redundant_backup_enabled: is('startswith(var.replication, "G") || startswith(var.replication, "RAG")'),
        tags,
        high_availability: { mode: "ZoneRedundant" },
      },
      { depends_on: [is("azurerm_private_dns_zone_virtual_network_link.postgres")] },
    ),
    resource("azurerm_postgresql_flexible_server_database", "grafana", {
      name: "grafana",
      server_id: is("azurerm_postgresql_flexible_server.grafana.id"),
      charset: "UTF8",
    }),
    vaultSecret("grafana-database-gf-database-host", "azurerm_postgresql_flexible_server.grafana.fqdn"),
    vaultSecret("grafana-database-gf-database-user", "azurerm_postgresql_flexible_server.grafana.administrator_login"),
    ...releases.filter(({ name }) => beside.has(name)).map(centralRelease),
  ];
}

function centralRelease(release: Release): Block {
  const { name, namespace, chart, repository, version } = release;
  return resource(
    "helm_release",
    name.replaceAll("-", "_"),
    {
      name,
      namespace,
      create_namespace: true,
      repository,
      chart,
      version,
      timeout: 900,
      values: [is(`file("\${var.values_folder}/${valuesPath(release)}")`)],
    },
    { count: is("var.install_releases ? 1 : 0"), depends_on: [is("helm_release.external_secrets")] },
  );
}

function variables({ infrastructure }: OwnFleet): Block[] {
  return [
    variable("cluster", "string", "The fleet's name of the ops cluster."),
    variable("cluster_resource_name", "string", "What the cluster is called in Azure."),
    variable("location", "string", "Azure's name of the region."),
    variable("address_space", "string", "Of the ops cluster's network; it must overlap with no workload cluster's."),
    variable(
      "workload_networks",
      networksByCluster,
      "Networks of the workload clusters, by cluster: they are peered, and find the doors by name.",
      { default: {} },
    ),
    variable("admin_group_object_ids", "list(string)", "Groups that administer the cluster."),
    variable("node_size", "string", "Size of a node.", { default: "Standard_D8ds_v5" }),
    variable(
      "nodes",
      `object({
    min = number
    max = number
  })`,
      "How many nodes the autoscaler keeps.",
      { default: { min: 3, max: 12 } },
    ),
    variable("storage_account", "string", "The account of blocks, chunks and traces, as the values name it.", {
      default: infrastructure.storageAccount,
    }),
    variable("replication", "string", "How the account is replicated: GRS and GZRS keep a copy in the paired region.", {
      default: "GRS",
    }),
    variable("key_vault", "string", "The vault that External Secrets reads, as the tree names it.", {
      ...(infrastructure.keyVault !== undefined && { default: infrastructure.keyVault }),
    }),
    variable(
      "grafana_database_password",
      "string",
      "Of Grafana's user. It is in no state: put it into the vault too.",
      {
        sensitive: true,
        ephemeral: true,
      },
    ),
    variable("grafana_database_password_version", "number", "Count it up with each new password.", { default: 1 }),
    variable("values_folder", "string", "Where the values of the releases are: the cluster's folder in the tree."),
    variable("install_releases", "bool", "True where no Flux installs the releases.", { default: false }),
    variable("tags", "map(string)", "Of everything that has tags.", { default: {} }),
  ];
}

const outputs: readonly Block[] = [
  output("kubernetes_host", "For the Helm provider.", `${cluster}.kube_config[0].host`),
  output("kubernetes_ca", "For the Helm provider.", `base64decode(${cluster}.kube_config[0].cluster_ca_certificate)`),
  output("virtual_network_id", "Of the ops cluster.", "azurerm_virtual_network.ops.id"),
  output("key_vault_id", "What the environments of the other clusters are given.", "azurerm_key_vault.stack.id"),
  output("key_vault_uri", "Where passwords are to be written.", "azurerm_key_vault.stack.vault_uri"),
];
