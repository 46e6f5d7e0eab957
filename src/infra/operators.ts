import type { Cluster } from "../fleet/model.ts";
import { agentConfig, type CollectorConfig, gatewayConfigOf, gatewayName, queueFolder, queues } from "./collector.ts";
import type { Manifest } from "./manifest.ts";
import { collectorImage, collectorVersion, readPods } from "./otel.ts";
import { agentsNamespace, credential, doorUrl, placeLabels, tenantHeaders } from "./place.ts";
import { agentBuffer, remoteWrite, replicaLabel } from "./prometheus-agent.ts";
import { type OwnFleet, registry, type Release, release } from "./release.ts";
import { scrapeConfigs } from "./scrape.ts";
import { gibibytes } from "./sizing.ts";

/**
 * A Prometheus agent that an operator runs, by a PrometheusAgent resource: it reads everybody's ServiceMonitors, PodMonitors
 * and Probes, and the exporters under the fleet's jobs as the other agent does.
 */
export function prometheusOperator(fleet: OwnFleet, cluster: Cluster): Release<"kube-prometheus-stack"> {
  const off = { enabled: false };
  const image = registry(fleet, "quay.io");
  return release(fleet, {
    name: "prometheus-agent",
    namespace: agentsNamespace,
    chart: "kube-prometheus-stack",
    values: {
      fullnameOverride: "prometheus-agent",
      crds: { enabled: true },
      // What the fleet brings itself, or what an agent can't do.
      grafana: off,
      alertmanager: off,
      defaultRules: { create: false },
      kubeStateMetrics: off,
      nodeExporter: off,
      windowsMonitoring: off,
      kubeApiServer: off,
      kubelet: off,
      kubeControllerManager: off,
      coreDns: off,
      kubeEtcd: off,
      kubeScheduler: off,
      kubeProxy: off,
      prometheusOperator: {
        image: { registry: image },
        prometheusConfigReloader: { image: { registry: image } },
        admissionWebhooks: off,
        tls: off,
      },
      prometheus: { enabled: true, agentMode: true, prometheusSpec: agentSpec(fleet, cluster) },
    },
  });
}

/** The part of the PrometheusAgent that the chart copies into it. */
function agentSpec(fleet: OwnFleet, cluster: Cluster): object {
  const buffer = agentBuffer(fleet, cluster);
  const { queue_config: queue } = remoteWrite(fleet, cluster);
  const key = (name: string): object => ({ name: credential.secret, key: name });
  const everybodys = Object.fromEntries(
    ["serviceMonitor", "podMonitor", "probe", "scrapeConfig"].map((kind) => [
      `${kind}SelectorNilUsesHelmValues`,
      false,
    ]),
  );
  return {
    replicas: 2,
    image: { registry: registry(fleet, "quay.io") },
    externalLabels: placeLabels(fleet, cluster),
    replicaExternalLabelName: replicaLabel,
    // Its own label would tell the two agents' samples apart a second time.
    prometheusExternalLabelNameClear: true,
    scrapeInterval: cluster.scrapeInterval,
    ...everybodys,
    additionalScrapeConfigs: scrapeConfigs(cluster),
    remoteWrite: [
      {
        name: "mimir",
        url: `${doorUrl(fleet, "mimir")}/api/v1/push`,
        headers: tenantHeaders(fleet, cluster),
        basicAuth: { username: key("username"), password: key("password") },
        sendExemplars: true,
        sendNativeHistograms: true,
        queueConfig: {
          capacity: queue.capacity,
          minShards: queue.min_shards,
          maxShards: queue.max_shards,
          maxSamplesPerSend: queue.max_samples_per_send,
          batchSendDeadline: queue.batch_send_deadline,
          minBackoff: queue.min_backoff,
          maxBackoff: queue.max_backoff,
          retryOnRateLimit: queue.retry_on_http_429,
        },
      },
    ],
    additionalArgs: [
      { name: "storage.agent.retention.min-time", value: buffer.minTime },
      { name: "storage.agent.retention.max-time", value: buffer.maxTime },
      { name: "storage.agent.wal-truncate-frequency", value: buffer.truncateEvery },
    ],
    storageSpec: {
      volumeClaimTemplate: {
        spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: buffer.size } } },
      },
    },
  };
}

/** The operator that runs Collectors. */
export function otelOperator(fleet: OwnFleet): Release<"opentelemetry-operator"> {
  return release(fleet, {
    name: "opentelemetry-operator",
    namespace: agentsNamespace,
    chart: "opentelemetry-operator",
    values: {
      manager: {
        collectorImage: { repository: `${registry(fleet, "docker.io")}/${collectorImage}`, tag: collectorVersion },
      },
      // Without cert-manager, which not every cluster has.
      admissionWebhooks: { certManager: { enabled: false }, autoGenerateCert: { enabled: true } },
    },
  });
}

/** The Collectors of a cluster as resources of that operator, with the configuration that the charts would take. */
export function collectorResources(fleet: OwnFleet, cluster: Cluster): Manifest[] {
  const reads = cluster.logsAgent === "otel-collector";
  const volumes = [
    { name: "places", hostPath: { path: queueFolder, type: "DirectoryOrCreate" } },
    ...(reads ? [{ name: "varlog", hostPath: { path: "/var/log" } }] : []),
  ];
  return [
    collector(fleet, "otel-agent", agentConfig(cluster), {
      mode: "daemonset",
      serviceAccount: "otel-agent",
      env: [{ name: "K8S_NODE_NAME", valueFrom: { fieldRef: { fieldPath: "spec.nodeName" } } }],
      volumes,
      volumeMounts: [
        { name: "places", mountPath: queueFolder },
        ...(reads ? [{ name: "varlog", mountPath: "/var/log", readOnly: true }] : []),
      ],
      securityContext: { runAsUser: 0, runAsGroup: 0, allowPrivilegeEscalation: false, readOnlyRootFilesystem: true },
      tolerations: [{ operator: "Exists" }],
      resources: { requests: { cpu: "100m", memory: "256Mi" }, limits: { memory: "512Mi" } },
    }),
    ...otelAgentAccess,
    collector(fleet, gatewayName, gatewayConfigOf(fleet, cluster), {
      mode: "statefulset",
      replicas: 2,
      volumes: [{ name: "central", secret: { secretName: credential.secret } }],
      volumeMounts: [
        { name: "central", mountPath: credential.folder, readOnly: true },
        { name: "queue", mountPath: queueFolder },
      ],
      volumeClaimTemplates: [
        {
          metadata: { name: "queue" },
          spec: {
            accessModes: ["ReadWriteOnce"],
            resources: { requests: { storage: gibibytes(queues(fleet, cluster).bytes) } },
          },
        },
      ],
      podSecurityContext: { fsGroup: 10001 },
      resources: { requests: { cpu: "200m", memory: "512Mi" }, limits: { memory: "2Gi" } },
    }),
  ];
}

function collector(fleet: OwnFleet, name: string, config: CollectorConfig, more: object): Manifest {
  return {
    apiVersion: "opentelemetry.io/v1beta1",
    kind: "OpenTelemetryCollector",
    metadata: { name, namespace: agentsNamespace },
    spec: { image: `${registry(fleet, "docker.io")}/${collectorImage}:${collectorVersion}`, config, ...more },
  };
}

/** What the chart would make for the agent that asks Kubernetes about pods. */
const otelAgentAccess: readonly Manifest[] = [
  {
    apiVersion: "v1",
    kind: "ServiceAccount",
    metadata: { name: "otel-agent", namespace: agentsNamespace },
  },
  {
    apiVersion: "rbac.authorization.k8s.io/v1",
    kind: "ClusterRole",
    metadata: { name: "otel-agent" },
    rules: readPods,
  },
  {
    apiVersion: "rbac.authorization.k8s.io/v1",
    kind: "ClusterRoleBinding",
    metadata: { name: "otel-agent" },
    roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "otel-agent" },
    subjects: [{ kind: "ServiceAccount", name: "otel-agent", namespace: agentsNamespace }],
  },
];
