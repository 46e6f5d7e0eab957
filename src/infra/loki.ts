import { secondsOf } from "../duration.ts";
import { notifierUrls } from "./alertmanager.ts";
import { doorConfig, doorIngress, homeOf, passwordsSecret } from "./door-values.ts";
import { placeLabels } from "./place.ts";
import { type OwnFleet, registry, type Release, release } from "./release.ts";
import { budgetOf, catchUp, seconds, tenantLoad, writers } from "./sizing.ts";

/** What one tenant may write and keep, in the words of Loki's overrides. */
export interface LokiLimits {
  readonly retention_period: string;
  readonly ingestion_rate_mb: number;
  readonly ingestion_burst_size_mb: number;
}

export function lokiOverrides(fleet: OwnFleet): Readonly<Record<string, LokiLimits>> {
  return Object.fromEntries(
    fleet.tenants.map(({ id, clusters, retention }) => {
      // At the peak, and once more as fast after an outage.
      const rate = Math.max(4, Math.ceil((catchUp * 1.5 * tenantLoad(clusters).lineBytes) / 1e6));
      return [
        id,
        {
          // Loki knows no days.
          retention_period: `${Math.ceil(secondsOf(retention.logs) / 3600)}h`,
          ingestion_rate_mb: rate,
          ingestion_burst_size_mb: 2 * rate,
        },
      ];
    }),
  );
}

/** What Loki has to be told for the fleet's labels and agents. */
export function lokiLimits(fleet: OwnFleet): Readonly<Record<string, unknown>> {
  const [first] = fleet.clusters;
  const place = first ? Object.keys(placeLabels(fleet, first)) : [];
  return {
    allow_structured_metadata: true,
    // Lines that waited out an outage are no older than this.
    reject_old_samples: true,
    reject_old_samples_max_age: seconds(Math.max(86_400, 4 * budgetOf(fleet))),
    volume_enabled: true,
    otlp_config: {
      resource_attributes: {
        ignore_defaults: true,
        attributes_config: [
          {
            action: "index_label",
            attributes: [...place, "service.name", "k8s.namespace.name", "k8s.container.name"],
          },
        ],
      },
    },
  };
}

/** Whom the rulers of logs tell: the fleet's one notifier. A ruler names the tenant itself. */
function rulerConfig(fleet: OwnFleet): object {
  const url = notifierUrls(fleet);
  return {
    enable_api: true,
    wal: { dir: "/var/loki/ruler-wal" },
    ...(url !== undefined && { alertmanager_url: url }),
    enable_alertmanager_v2: true,
    external_url: fleet.grafana.url,
  };
}

/** Loki in the ops cluster, in parts. */
export function loki(fleet: OwnFleet): Release<"loki"> {
  const namespace = homeOf("loki", fleet.backends.logs);
  const { lineBytes } = tenantLoad(fleet.clusters);
  return release(fleet, {
    name: "loki",
    namespace,
    chart: "loki",
    values: {
      fullnameOverride: "loki",
      deploymentMode: "Distributed",
      global: { image: { registry: fleet.infrastructure.mirrors.images ?? null } },
      defaults: {
        podLabels: { "azure.workload.identity/use": "true" },
        extraEnvFrom: [{ secretRef: { name: "loki-azure" } }],
      },
      loki: {
        auth_enabled: fleet.tenantHeader !== undefined,
        schemaConfig: {
          configs: [
            {
              from: "2026-01-01",
              store: "tsdb",
              object_store: "azure",
              schema: "v13",
              index: { prefix: "loki_index_", period: "24h" },
            },
          ],
        },
        storage: {
          type: "azure",
          azure: { accountName: fleet.infrastructure.storageAccount, useFederatedToken: true },
          bucketNames: { chunks: "loki-chunks", ruler: "loki-ruler" },
        },
        limits_config: lokiLimits(fleet),
        querier: { multi_tenant_queries_enabled: fleet.owner !== undefined },
        rulerConfig: rulerConfig(fleet),
        compactor: { retention_enabled: true, delete_request_store: "azure", working_directory: "/var/loki/compactor" },
        runtimeConfig: { overrides: lokiOverrides(fleet) },
        analytics: { reporting_enabled: false },
      },
      gateway: {
        enabled: true,
        replicas: 2,
        basicAuth: { enabled: true, existingSecret: passwordsSecret("loki") },
        nginxConfig: { file: doorConfig(fleet, "loki", namespace) },
        readinessProbe: { httpGet: { path: "/ready", port: "http" } },
        // It reads an access log of the chart's own form.
        metrics: { enabled: false },
        image: { registry: registry(fleet, "docker.io") },
        ingress: doorIngress(fleet, "loki"),
      },
      // The other ways to deploy it, which the chart wants at nothing.
      singleBinary: { replicas: 0 },
      read: { replicas: 0 },
      write: { replicas: 0 },
      backend: { replicas: 0 },
      // All agents may have to catch up at once.
      distributor: { replicas: writers(catchUp * lineBytes, 1) },
      // Each line is in three.
      ingester: { replicas: writers(lineBytes, 3) },
      querier: { replicas: 3 },
      queryFrontend: { replicas: 2 },
      queryScheduler: { replicas: 2 },
      indexGateway: { replicas: 2 },
      compactor: { replicas: 1 },
      ruler: { enabled: true, replicas: 1 },
      minio: { enabled: false },
      // It would need an identity at the door.
      lokiCanary: { enabled: false },
      test: { enabled: false },
    },
  });
}
