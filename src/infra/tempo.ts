import { secondsOf } from "../duration.ts";
import { doorConfig, doorIngress, homeOf, passwordsSecret } from "./door-values.ts";
import { placeLabels } from "./place.ts";
import { type OwnFleet, registry, type Release, release } from "./release.ts";
import { catchUp, rounded, spanBytes, tenantLoad, writers } from "./sizing.ts";

/** Tempo in the ops cluster, in parts: it reads Kafka, which the platform brings. */
export function tempo(fleet: OwnFleet): Release<"tempo-distributed"> {
  const namespace = homeOf("tempo", fleet.backends.traces);
  // Of spans that are sampled it would count a part: their clusters count them before.
  const processors = ["service-graphs", ...(fleet.infrastructure.traceSampling === undefined ? ["span-metrics"] : [])];
  const [first] = fleet.clusters;
  const bytes = tenantLoad(fleet.clusters).spans * spanBytes;
  // The cluster is a dimension of both sides of a call: the boards draw who calls across clusters.
  const dimensions = first ? Object.keys(placeLabels(fleet, first)) : [];
  return release(fleet, {
    name: "tempo",
    namespace,
    chart: "tempo-distributed",
    values: {
      fullnameOverride: "tempo",
      global: {
        image: { registry: registry(fleet, "docker.io") },
        extraEnvFrom: [{ secretRef: { name: "tempo-azure" } }],
      },
      multitenancyEnabled: fleet.tenantHeader !== undefined,
      reportingEnabled: false,
      tempo: { podLabels: { "azure.workload.identity/use": "true" } },
      ingest: { kafka: { address: "tempo-kafka-bootstrap.kafka.svc.cluster.local:9092", topic: "tempo-traces" } },
      distributor: { replicas: writers(catchUp * bytes, 1) },
      // Both read partitions of Kafka.
      blockBuilder: { enabled: true, replicas: writers(bytes, 1) },
      liveStore: { enabled: true, replicas: writers(bytes, 1) },
      backendScheduler: { enabled: true },
      // More than one is a crash of the chart without these two.
      backendWorker: { replicas: 2, maxUnavailable: 1, podDisruptionBudget: { enabled: true } },
      querier: { replicas: 2 },
      queryFrontend: { replicas: 2 },
      metricsGenerator: {
        enabled: true,
        config: {
          processor: {
            service_graphs: { dimensions, enable_client_server_prefix: true },
            span_metrics: { dimensions },
          },
          storage: {
            // Not through the door: each tenant's metrics go to that tenant, and the generator serves all.
            remote_write_add_org_id_header: true,
            remote_write: [
              {
                url: `http://mimir-distributor.${homeOf("mimir", fleet.backends.metrics)}.svc.cluster.local:8080/api/v1/push`,
                send_exemplars: true,
              },
            ],
          },
        },
      },
      storage: {
        trace: {
          backend: "azure",
          azure: {
            container_name: "tempo-traces",
            storage_account_name: fleet.infrastructure.storageAccount,
            use_federated_token: true,
          },
        },
      },
      overrides: { defaults: { metrics_generator: { processors } } },
      per_tenant_overrides: Object.fromEntries(
        fleet.tenants.map(({ id, clusters, retention }) => {
          const rate = rounded(Math.max(5_000_000, catchUp * 1.5 * tenantLoad(clusters).spans * spanBytes));
          return [
            id,
            {
              ingestion: { rate_limit_bytes: rate, burst_size_bytes: 2 * rate },
              compaction: { block_retention: `${Math.ceil(secondsOf(retention.traces) / 3600)}h` },
              metrics_generator: { processors },
            },
          ];
        }),
      ),
      traces: { otlp: { http: { enabled: true }, grpc: { enabled: false } } },
      gateway: {
        enabled: true,
        replicas: 2,
        basicAuth: { enabled: true, existingSecret: passwordsSecret("tempo") },
        nginxConfig: { file: doorConfig(fleet, "tempo", namespace) },
        readinessProbe: { httpGet: { path: "/ready", port: "http-metrics" } },
        ingress: doorIngress(fleet, "tempo"),
      },
    },
  });
}
