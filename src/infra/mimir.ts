import type { Tenant } from "../fleet/model.ts";
import { notifierUrls } from "./alertmanager.ts";
import { doorConfig, doorIngress, homeOf, passwordsSecret } from "./door-values.ts";
import { placeLabels } from "./place.ts";
import { replicaLabel } from "./prometheus-agent.ts";
import { type OwnFleet, registry, type Release, release } from "./release.ts";
import type { RelabelRule } from "./scrape.ts";
import { budgetOf, catchUp, rounded, seconds, tenantLoad } from "./sizing.ts";

/** What one tenant may write and keep, in the words of Mimir's overrides. */
export interface MimirLimits {
  readonly ingestion_rate: number;
  readonly ingestion_burst_size: number;
  readonly max_global_series_per_user: number;
  readonly max_global_exemplars_per_user: number;
  readonly compactor_blocks_retention_period: string;
  readonly metric_relabel_configs: readonly RelabelRule[];
}

/** Headroom over the estimate: what a release or a new node pool adds before anybody looks. */
const headroom = 1.5;

/** The limits of each tenant, as the fleet says: enough to catch up after an outage, and no more. */
export function mimirOverrides(fleet: OwnFleet): Readonly<Record<string, MimirLimits>> {
  return Object.fromEntries(fleet.tenants.map((tenant) => [tenant.id, limitsOf(fleet, tenant)]));
}

function limitsOf(fleet: OwnFleet, tenant: Tenant): MimirLimits {
  const { samples, series } = tenantLoad(tenant.clusters);
  // Rules of a tenant without clusters write too.
  const rate = rounded(Math.max(10_000, catchUp * headroom * samples));
  return {
    ingestion_rate: rate,
    ingestion_burst_size: 10 * rate,
    max_global_series_per_user: rounded(Math.max(100_000, headroom * series)),
    max_global_exemplars_per_user: 100_000,
    compactor_blocks_retention_period: tenant.retention.metrics,
    metric_relabel_configs: truthful(fleet, tenant),
  };
}

const fromRules = "__tmp_fleetglass_federated";

/**
 * What a tenant's series say of themselves is made true: a cluster that is not the tenant's is dropped, and the
 * environment is the tenant's. Whoever holds the credential of dev can then write nothing that a question about prd finds.
 * The owner's ruler writes alerts about all clusters into the owner's tenant: these are left as they are.
 */
export function truthful(fleet: OwnFleet, tenant: Tenant): RelabelRule[] {
  const { cluster, environment } = fleet.labels;
  const clusters = tenant.clusters.filter(({ state }) => state !== "retired").map(({ name }) => name);
  const environments = [...new Set(tenant.clusters.map((one) => one.environment))];
  const [only] = environments;
  const owner = fleet.owner === tenant.id;
  const mark: RelabelRule[] = owner
    ? [{ source_labels: ["__name__"], regex: "ALERTS|ALERTS_FOR_STATE", target_label: fromRules, replacement: "1" }]
    : [];
  const source = (label: string): Pick<RelabelRule, "source_labels" | "separator"> =>
    owner ? { source_labels: [fromRules, label], separator: ";" } : { source_labels: [label] };
  const kept = (names: readonly string[]): string => `(?:|${names.map(escaped).join("|")})`;
  const rest = (regex: string): string => (owner ? `1;.*|;${regex}` : regex);
  return [
    ...mark,
    // A series may have no cluster: a rule that compares clusters writes such.
    { ...source(cluster), regex: rest(kept(clusters)), action: "keep" },
    ...(environments.length === 1 && only !== undefined
      ? [{ ...source(environment), regex: owner ? ";.+" : ".+", target_label: environment, replacement: only }]
      : [{ ...source(environment), regex: rest(kept(environments)), action: "keep" as const }]),
    ...(owner ? [{ regex: fromRules, action: "labeldrop" as const }] : []),
  ];
}

function escaped(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|]/gu, String.raw`\$&`);
}

/** What Mimir has to be told beside its storage: what follows from the fleet, in its own words. */
export function mimirConfig(fleet: OwnFleet): MimirConfig {
  const { limits } = fleet.backends.metrics;
  const federated = fleet.owner !== undefined;
  const [first] = fleet.clusters;
  return {
    multitenancy_enabled: fleet.tenantHeader !== undefined,
    tenant_federation: { enabled: federated },
    distributor: {
      ha_tracker: { enable_ha_tracker: true, kvstore: { store: "memberlist" } },
      // Whoever was refused waits as long as it is told. Mimir's 96s would be the most of a recovery, for agents that tried in vain
      // for a while: they are told so even as it starts.
      retry_after_header: { min_backoff: "2s", max_backoff: "10s" },
    },
    frontend: { split_queries_by_interval: "24h", cache_results: true },
    ruler: {
      tenant_federation: { enabled: federated },
      // Mimir's own are found by the chart.
      ...(fleet.notifier !== "mimir" && { alertmanager_url: notifierUrls(fleet) ?? "" }),
    },
    limits: {
      align_queries_with_step: true,
      accept_ha_samples: true,
      ha_cluster_label: fleet.labels.cluster,
      ha_replica_label: replicaLabel,
      // After an outage one agent has caught up before another has begun.
      out_of_order_time_window: seconds(2 * budgetOf(fleet)),
      max_label_names_per_series: 40,
      ruler_max_rules_per_rule_group: limits.rulesPerGroup,
      ruler_max_rule_groups_per_tenant: limits.groupsPerTenant,
      otel_metric_suffixes_enabled: true,
      // The Collector's resource is where OTLP has the fleet's labels.
      promote_otel_resource_attributes: first ? Object.keys(placeLabels(fleet, first)).join(",") : "",
    },
  };
}

export interface MimirConfig {
  readonly multitenancy_enabled: boolean;
  readonly tenant_federation: { readonly enabled: boolean };
  readonly distributor: {
    readonly ha_tracker: { readonly enable_ha_tracker: boolean; readonly kvstore: { readonly store: string } };
    readonly retry_after_header: { readonly min_backoff: string; readonly max_backoff: string };
  };
  readonly frontend: { readonly split_queries_by_interval: string; readonly cache_results: boolean };
  readonly ruler: {
    readonly tenant_federation: { readonly enabled: boolean };
    readonly alertmanager_url?: string;
  };
  readonly limits: Readonly<Record<string, string | number | boolean>>;
}

/** Partitions of Mimir's topic: as many as there can ever be ingesters in a zone, each of which reads one. */
const partitions = 100;

/**
 * What is between distributors and ingesters: nothing, which is the classic way, or Kafka, from which each ingester reads
 * one partition. Then a push is done when Kafka has it, and queries come to no harm where writes do.
 */
function ingestConfig({ infrastructure: { mimirKafka } }: OwnFleet): object {
  if (mimirKafka !== undefined) {
    return {
      ingest_storage: {
        enabled: true,
        kafka: {
          address: mimirKafka,
          topic: "mimir-ingest",
          auto_create_topic_default_partitions: partitions,
        },
      },
    };
  }
  return {
    ingest_storage: {
      enabled: false,
      kafka: { address: null, topic: null, auto_create_topic_default_partitions: null },
    },
    ingester: { push_grpc_method_enabled: null },
  };
}

/** Mimir in the ops cluster, in parts. */
export function mimir(fleet: OwnFleet): Release<"mimir-distributed"> {
  const namespace = homeOf("mimir", fleet.backends.metrics);
  const config = mimirConfig(fleet);
  const all = tenantLoad(fleet.clusters);
  const { mimirKafka } = fleet.infrastructure;
  const ingesters = Math.max(3, Math.ceil((3 * headroom * all.series) / 2_000_000));
  const azure = (container: string): object => ({ backend: "azure", azure: { container_name: container } });
  return release(fleet, {
    name: "mimir",
    namespace,
    chart: "mimir-distributed",
    values: {
      fullnameOverride: "mimir",
      image: { repository: `${registry(fleet, "docker.io")}/grafana/mimir` },
      global: {
        // AZURE_STORAGE_ACCOUNT and AZURE_CLIENT_ID.
        extraEnvFrom: [{ secretRef: { name: "mimir-azure" } }],
        podLabels: { "azure.workload.identity/use": "true" },
      },
      mimir: {
        structuredConfig: {
          ...config,
          common: {
            storage: {
              backend: "azure",
              azure: { account_name: "${AZURE_STORAGE_ACCOUNT}", endpoint_suffix: "blob.core.windows.net" },
            },
          },
          // The chart's own configuration says s3, which the common storage does not overrule.
          blocks_storage: azure("mimir-blocks"),
          ruler_storage: azure("mimir-ruler"),
          alertmanager_storage: azure("mimir-alertmanager"),
          ...ingestConfig(fleet),
          distributor: { ...config.distributor, ...(mimirKafka === undefined && { remote_timeout: null }) },
          usage_stats: { enabled: false },
        },
      },
      runtimeConfig: { overrides: mimirOverrides(fleet) },
      kafka: { enabled: false },
      minio: { enabled: false },
      alertmanager: { enabled: fleet.notifier === "mimir", replicas: 3, zoneAwareReplication: { enabled: false } },
      ruler: { enabled: true, replicas: 2 },
      overrides_exporter: { enabled: true },
      distributor: { replicas: Math.max(3, Math.ceil((catchUp * all.samples) / 100_000)) },
      ingester: { replicas: ingesters, zoneAwareReplication: { enabled: true, topologyKey: "kubernetes.io/hostname" } },
      store_gateway: { replicas: 3, zoneAwareReplication: { enabled: false } },
      querier: { replicas: 3 },
      query_frontend: { replicas: 2 },
      query_scheduler: { replicas: 2 },
      "chunks-cache": { enabled: true, replicas: 2 },
      "index-cache": { enabled: true },
      "metadata-cache": { enabled: true },
      "results-cache": { enabled: true },
      gateway: {
        enabled: true,
        replicas: 2,
        ingress: doorIngress(fleet, "mimir"),
        nginx: {
          image: { registry: registry(fleet, "docker.io") },
          basicAuth: { enabled: true, existingSecret: passwordsSecret("mimir") },
          config: { file: doorConfig(fleet, "mimir", namespace) },
        },
      },
    },
  });
}
