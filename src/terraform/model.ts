import type { Block, Expression, Value } from "./hcl.ts";

/**
 * The part of two providers that we use: the arguments of each resource, and what it gives. A key is required, optional with
 * a `?`, and the provider's own with a `=`. An object is a block, a list of one a block that may come again. Facts of the
 * providers' own documentation at the version that stands here; the tests give it to OpenTofu as the schema of both.
 */
export const providers = {
  azurerm: {
    source: "hashicorp/azurerm",
    version: "5.2.0",
    provider: { features: {}, "subscription_id?": "string", "storage_use_azuread?": "bool" },
    resources: {
      azurerm_resource_group: { name: "string", location: "string", "tags?": "map", "=id": "string" },
      azurerm_virtual_network: {
        name: "string",
        resource_group_name: "string",
        location: "string",
        "address_space?": "list",
        "dns_servers?": "list",
        "tags?": "map",
        "=id": "string",
      },
      azurerm_subnet: {
        name: "string",
        resource_group_name: "string",
        virtual_network_name: "string",
        "address_prefixes?": "list",
        "private_endpoint_network_policies?": "string",
        "delegation?": [{ name: "string", service_delegation: { name: "string", "actions?": "list" } }],
        "=id": "string",
      },
      azurerm_virtual_network_peering: {
        name: "string",
        resource_group_name: "string",
        virtual_network_name: "string",
        remote_virtual_network_id: "string",
        "allow_virtual_network_access?": "bool",
        "allow_forwarded_traffic?": "bool",
        "allow_gateway_transit?": "bool",
        "use_remote_gateways?": "bool",
        "=id": "string",
      },
      azurerm_private_dns_zone: { name: "string", resource_group_name: "string", "tags?": "map", "=id": "string" },
      azurerm_private_dns_zone_virtual_network_link: {
        name: "string",
        private_dns_zone_id: "string",
        virtual_network_id: "string",
        "registration_enabled?": "bool",
        "tags?": "map",
        "=id": "string",
      },
      azurerm_private_endpoint: {
        name: "string",
        resource_group_name: "string",
        location: "string",
        subnet_id: "string",
        private_service_connection: {
          name: "string",
          is_manual_connection: "bool",
          "private_connection_resource_id?": "string",
          "subresource_names?": "list",
        },
        "private_dns_zone_group?": { name: "string", private_dns_zone_ids: "list" },
        "tags?": "map",
        "=id": "string",
      },
      azurerm_storage_account: {
        name: "string",
        resource_group_name: "string",
        location: "string",
        account_tier: "string",
        account_replication_type: "string",
        "account_kind?": "string",
        "min_tls_version?": "string",
        "allow_nested_items_to_be_public?": "bool",
        "shared_access_key_enabled?": "bool",
        "public_network_access_enabled?": "bool",
        "default_to_oauth_authentication?": "bool",
        "infrastructure_encryption_enabled?": "bool",
        "cross_tenant_replication_enabled?": "bool",
        "blob_properties?": {
          "versioning_enabled?": "bool",
          "delete_retention_policy?": { "days?": "number" },
          "container_delete_retention_policy?": { "days?": "number" },
        },
        "tags?": "map",
        "=id": "string",
        "=primary_blob_endpoint": "string",
      },
      azurerm_storage_container: {
        name: "string",
        storage_account_id: "string",
        "container_access_type?": "string",
        "=id": "string",
      },
      azurerm_key_vault: {
        name: "string",
        location: "string",
        resource_group_name: "string",
        rbac_authorization_enabled: "bool",
        sku_name: "string",
        tenant_id: "string",
        "network_acls?": { bypass: "string", default_action: "string", "ip_rules?": "list" },
        "purge_protection_enabled?": "bool",
        "public_network_access_enabled?": "bool",
        "soft_delete_retention_days?": "number",
        "tags?": "map",
        "=id": "string",
        "=vault_uri": "string",
      },
      azurerm_key_vault_secret: {
        name: "string",
        key_vault_id: "string",
        "value?": "string",
        "content_type?": "string",
        "=id": "string",
      },
      azurerm_user_assigned_identity: {
        name: "string",
        location: "string",
        resource_group_name: "string",
        "tags?": "map",
        "=id": "string",
        "=client_id": "string",
        "=principal_id": "string",
      },
      azurerm_federated_identity_credential: {
        name: "string",
        user_assigned_identity_id: "string",
        audience: "list",
        issuer: "string",
        subject: "string",
        "=id": "string",
      },
      azurerm_role_assignment: {
        scope: "string",
        principal_id: "string",
        "role_definition_name?": "string",
        "principal_type?": "string",
        "=id": "string",
      },
      azurerm_kubernetes_cluster: {
        name: "string",
        location: "string",
        resource_group_name: "string",
        "dns_prefix?": "string",
        "sku_tier?": "string",
        "private_cluster_enabled?": "bool",
        "local_account_disabled?": "bool",
        "oidc_issuer_enabled?": "bool",
        "workload_identity_enabled?": "bool",
        "automatic_upgrade_channel?": "string",
        "node_os_upgrade_channel?": "string",
        node_provisioning_profile: { "mode?": "string" },
        default_node_pool: {
          name: "string",
          "vm_size?": "string",
          "auto_scaling_enabled?": "bool",
          "min_count?": "number",
          "max_count?": "number",
          "zones?": "list",
          "vnet_subnet_id?": "string",
          "temporary_name_for_rotation?": "string",
          "upgrade_settings?": { max_surge: "string" },
        },
        "identity?": { type: "string", "identity_ids?": "list", "=principal_id": "string" },
        "network_profile?": {
          network_plugin: "string",
          "network_plugin_mode?": "string",
          "network_policy?": "string",
          "network_data_plane?": "string",
        },
        "azure_active_directory_role_based_access_control?": {
          "azure_rbac_enabled?": "bool",
          "admin_group_object_ids?": "list",
        },
        "web_app_routing?": {
          dns_zone_ids: "list",
          "default_nginx_controller?": "string",
          "=web_app_routing_identity": [{ object_id: "string", client_id: "string" }],
        },
        "tags?": "map",
        "=id": "string",
        "=oidc_issuer_url": "string",
        "=kube_config": [{ host: "string", cluster_ca_certificate: "string" }],
      },
      azurerm_postgresql_flexible_server: {
        name: "string",
        resource_group_name: "string",
        location: "string",
        "version?": "string",
        "sku_name?": "string",
        "storage_mb?": "number",
        "auto_grow_enabled?": "bool",
        "administrator_login?": "string",
        "administrator_password_wo?": "write-only string",
        "administrator_password_wo_version?": "number",
        "delegated_subnet_id?": "string",
        "private_dns_zone_id?": "string",
        "public_network_access_enabled?": "bool",
        "backup_retention_days?": "number",
        "geo_redundant_backup_enabled?": "bool",
        "high_availability?": { mode: "string" },
        "tags?": "map",
        "=id": "string",
        "=fqdn": "string",
      },
      azurerm_postgresql_flexible_server_database: {
        name: "string",
        server_id: "string",
        "charset?": "string",
        "=id": "string",
      },
      azurerm_monitor_alert_prometheus_rule_group: {
        name: "string",
        location: "string",
        resource_group_name: "string",
        scopes: "list",
        rule: [
          {
            expression: "string",
            "record?": "string",
            "alert?": "string",
            "for?": "string",
            "severity?": "number",
            "labels?": "map",
            "annotations?": "map",
            "enabled?": "bool",
            "alert_resolution?": { "auto_resolved?": "bool", "time_to_resolve?": "string" },
            "action?": [{ action_group_id: "string" }],
          },
        ],
        "cluster_name?": "string",
        "description?": "string",
        "rule_group_enabled?": "bool",
        "interval?": "string",
        "tags?": "map",
        "=id": "string",
      },
    },
    dataSources: {
      azurerm_client_config: { "=tenant_id": "string", "=object_id": "string" },
      azurerm_kubernetes_cluster: {
        name: "string",
        resource_group_name: "string",
        "=id": "string",
        "=location": "string",
        "=oidc_issuer_url": "string",
        "=kube_config": [{ host: "string", cluster_ca_certificate: "string" }],
      },
      azurerm_virtual_network: { name: "string", resource_group_name: "string", "=id": "string" },
    },
  },
  helm: {
    source: "hashicorp/helm",
    version: "3.1.2",
    provider: { "kubernetes?": "any" },
    resources: {
      helm_release: {
        name: "string",
        chart: "string",
        "repository?": "string",
        "version?": "string",
        "namespace?": "string",
        "create_namespace?": "bool",
        "atomic?": "bool",
        "timeout?": "number",
        "wait?": "bool",
        "values?": "list",
        "=id": "string",
        "=status": "string",
      },
    },
    dataSources: {},
  },
} as const;

type Resources = (typeof providers)["azurerm"]["resources"] & (typeof providers)["helm"]["resources"];
type DataSources = (typeof providers)["azurerm"]["dataSources"];

interface Literals {
  readonly string: string;
  readonly "write-only string": string;
  readonly number: number;
  readonly bool: boolean;
  readonly list: readonly (string | Expression)[];
  readonly map: Readonly<Record<string, string | Expression>>;
  readonly any: Value;
}

type Argument<T> = T extends readonly [infer B]
  ? readonly Arguments<B>[]
  : T extends keyof Literals
    ? Literals[T] | Expression
    : Arguments<T>;

/** What a resource may be given: another name does not compile, and neither does one that is left out and required. */
type Arguments<M> = {
  readonly [K in keyof M as K extends `=${string}` | `${string}?` ? never : K]: Argument<M[K]>;
} & { readonly [K in keyof M as K extends `${infer N}?` ? N : never]?: Argument<M[K]> };

/** What every resource takes, whoever provides it. */
interface Meta {
  readonly count?: Expression;
  readonly for_each?: Expression;
  readonly depends_on?: readonly Expression[];
  /** What a reader must know first. */
  readonly comment?: string;
}

/** A resource of one of the providers. */
export function resource<T extends keyof Resources>(
  type: T,
  name: string,
  given: Arguments<Resources[T]>,
  meta: Meta = {},
): Block {
  const model = type === "helm_release" ? providers.helm.resources[type as "helm_release"] : azure(type);
  return block("resource", [type, name], model, given, meta);
}

/** A data source: what is there already. */
export function dataSource<T extends keyof DataSources>(
  type: T,
  name: string,
  given: Arguments<DataSources[T]>,
): Block {
  return block("data", [type, name], providers.azurerm.dataSources[type], given, {});
}

function azure(type: keyof Resources): object {
  return (providers.azurerm.resources as Readonly<Record<string, object>>)[type] ?? {};
}

type Given = Readonly<Record<string, unknown>>;

function block(
  type: string,
  labels: readonly string[],
  model: object,
  given: Given,
  { comment, ...meta }: Meta,
): Block {
  const { count, for_each: each, depends_on: after } = meta;
  const whole = bodyOf(model, given);
  return {
    type,
    labels,
    ...(comment !== undefined && { comment }),
    attributes: {
      ...(count && { count }),
      ...(each && { for_each: each }),
      ...whole.attributes,
      ...(after && { depends_on: after }),
    },
    blocks: whole.blocks,
  };
}

/** Attributes before blocks, each in the order in which they were written. */
function bodyOf(model: object, given: Given): { readonly attributes: Record<string, Value>; readonly blocks: Block[] } {
  const of = (name: string): unknown => {
    const known = model as Readonly<Record<string, unknown>>;
    return known[name] ?? known[`${name}?`];
  };
  const attributes: Record<string, Value> = {};
  const blocks: Block[] = [];
  for (const [name, value] of Object.entries(given)) {
    if (value === undefined) continue;
    const kind = of(name);
    if (typeof kind !== "object" || kind === null) attributes[name] = value as Value;
    else {
      const inner: unknown = Array.isArray(kind) ? kind[0] : kind;
      const all = Array.isArray(value) ? (value as readonly Given[]) : [value as Given];
      blocks.push(...all.map((one) => ({ type: name, ...bodyOf(inner as object, one) })));
    }
  }
  return { attributes, blocks };
}
