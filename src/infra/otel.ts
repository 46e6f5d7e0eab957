import type { Cluster, Tenant } from "../fleet/model.ts";
import {
  agentConfig,
  type CollectorConfig,
  eventsConfig,
  gatewayConfigOf,
  gatewayName,
  queueFolder,
  queues,
  samplerBytes,
  samplerConfig,
  samplerName,
  scraperConfig,
} from "./collector.ts";
import { homeOf } from "./door-values.ts";
import { agentsNamespace, credential } from "./place.ts";
import { type OwnFleet, registry, type Release, release, type Values } from "./release.ts";
import { gibibytes } from "./sizing.ts";

/** The distribution with every component that we use. */
export const collectorImage = "otel/opentelemetry-collector-contrib";
export const collectorVersion = "0.158.0";

/** What owns a pod is said by the pod. */
export const readPods: readonly {
  readonly apiGroups: string[];
  readonly resources: string[];
  readonly verbs: string[];
}[] = [{ apiGroups: [""], resources: ["pods", "namespaces"], verbs: ["get", "list", "watch"] }];

const readMetrics = [
  { apiGroups: [""], resources: ["pods", "services", "endpoints", "nodes"], verbs: ["get", "list", "watch"] },
  { apiGroups: ["discovery.k8s.io"], resources: ["endpointslices"], verbs: ["get", "list", "watch"] },
  { apiGroups: [""], resources: ["nodes/metrics"], verbs: ["get"] },
  { nonResourceURLs: ["/metrics"], verbs: ["get"] },
];

const readEvents = [
  { apiGroups: [""], resources: ["events", "namespaces"], verbs: ["get", "list", "watch"] },
  { apiGroups: ["events.k8s.io"], resources: ["events"], verbs: ["get", "list", "watch"] },
];

/** What of the Collector's chart is the same wherever it runs. */
function common(fleet: OwnFleet, name: string, config: CollectorConfig): Values<"opentelemetry-collector"> {
  return {
    nameOverride: name,
    fullnameOverride: name,
    image: { repository: `${registry(fleet, "docker.io")}/${collectorImage}`, tag: collectorVersion },
    command: { name: "otelcol-contrib" },
    // Whole and not merged with the chart's, so that what was checked is what runs.
    alternateConfig: config,
    ports: {
      "jaeger-compact": { enabled: false },
      "jaeger-thrift": { enabled: false },
      "jaeger-grpc": { enabled: false },
      zipkin: { enabled: false },
      metrics: { enabled: true },
    },
  };
}

const noOtlp = { otlp: { enabled: false }, "otlp-http": { enabled: false } };

const credentialVolume = {
  extraVolumes: [{ name: "central", secret: { secretName: credential.secret } }],
  extraVolumeMounts: [{ name: "central", mountPath: credential.folder, readOnly: true }],
};

/** On every node: OTLP from the pods beside it, and the node's files where no other agent reads them. */
export function otelAgent(fleet: OwnFleet, cluster: Cluster): Release<"opentelemetry-collector"> {
  const values = common(fleet, "otel-agent", agentConfig(cluster));
  const reads = cluster.logsAgent === "otel-collector";
  return release(fleet, {
    name: "otel-agent",
    namespace: agentsNamespace,
    chart: "opentelemetry-collector",
    values: {
      ...values,
      mode: "daemonset",
      clusterRole: { create: true, rules: readPods },
      extraEnvs: [{ name: "K8S_NODE_NAME", valueFrom: { fieldRef: { fieldPath: "spec.nodeName" } } }],
      extraVolumes: [
        { name: "places", hostPath: { path: queueFolder, type: "DirectoryOrCreate" } },
        ...(reads ? [{ name: "varlog", hostPath: { path: "/var/log" } }] : []),
      ],
      extraVolumeMounts: [
        { name: "places", mountPath: queueFolder },
        ...(reads ? [{ name: "varlog", mountPath: "/var/log", readOnly: true }] : []),
      ],
      // The files and the folder on the node are root's.
      securityContext: { runAsUser: 0, runAsGroup: 0, allowPrivilegeEscalation: false, readOnlyRootFilesystem: true },
      tolerations: [{ operator: "Exists" }],
      resources: { requests: { cpu: "100m", memory: "256Mi" }, limits: { memory: "512Mi" } },
    },
  });
}

/** The cluster's way out: two of them, each with a queue on disk that holds the outage alone. */
export function otelGateway(fleet: OwnFleet, cluster: Cluster): Release<"opentelemetry-collector"> {
  return release(fleet, {
    name: gatewayName,
    namespace: agentsNamespace,
    chart: "opentelemetry-collector",
    values: {
      ...common(fleet, gatewayName, gatewayConfigOf(fleet, cluster)),
      mode: "statefulset",
      replicaCount: 2,
      extraVolumes: credentialVolume.extraVolumes,
      extraVolumeMounts: [...credentialVolume.extraVolumeMounts, { name: "queue", mountPath: queueFolder }],
      statefulset: {
        volumeClaimTemplates: [
          {
            metadata: { name: "queue" },
            spec: {
              accessModes: ["ReadWriteOnce"],
              resources: { requests: { storage: gibibytes(queues(fleet, cluster).bytes) } },
            },
          },
        ],
      },
      podSecurityContext: { fsGroup: 10001 },
      podDisruptionBudget: { enabled: true, maxUnavailable: 1 },
      resources: { requests: { cpu: "200m", memory: "512Mi" }, limits: { memory: "2Gi" } },
    },
  });
}

/** Decides which traces of a tenant are kept, where the spans of all its clusters come by. */
export function otelSampler(fleet: OwnFleet, tenant: Tenant): Release<"opentelemetry-collector"> {
  const name = samplerName(tenant.id);
  const namespace = homeOf("tempo", fleet.backends.traces);
  return release(fleet, {
    name,
    namespace,
    chart: "opentelemetry-collector",
    values: {
      ...common(fleet, name, samplerConfig(fleet, tenant, namespace)),
      mode: "statefulset",
      replicaCount: 2,
      // By which they find each other; the chart's own Service has one address for all of them.
      extraManifests: [
        {
          apiVersion: "v1",
          kind: "Service",
          metadata: { name: `${name}-peers`, namespace },
          spec: {
            clusterIP: "None",
            selector: { "app.kubernetes.io/name": name },
            ports: [{ name: "otlp", port: 4317 }],
          },
        },
      ],
      extraVolumeMounts: [{ name: "queue", mountPath: queueFolder }],
      statefulset: {
        volumeClaimTemplates: [
          {
            metadata: { name: "queue" },
            spec: {
              accessModes: ["ReadWriteOnce"],
              resources: { requests: { storage: gibibytes(samplerBytes(fleet, tenant)) } },
            },
          },
        ],
      },
      podSecurityContext: { fsGroup: 10001 },
      podDisruptionBudget: { enabled: true, maxUnavailable: 1 },
      resources: { requests: { cpu: "200m", memory: "1Gi" }, limits: { memory: "4Gi" } },
    },
  });
}

/** What Kubernetes says of its objects, as lines. */
export function otelEvents(fleet: OwnFleet): Release<"opentelemetry-collector"> {
  const values = common(fleet, "otel-events", eventsConfig());
  return release(fleet, {
    name: "otel-events",
    namespace: agentsNamespace,
    chart: "opentelemetry-collector",
    values: {
      ...values,
      ports: { ...values.ports, ...noOtlp },
      mode: "deployment",
      replicaCount: 1,
      rollout: { strategy: "Recreate" },
      clusterRole: { create: true, rules: readEvents },
      resources: { requests: { cpu: "20m", memory: "64Mi" }, limits: { memory: "256Mi" } },
    },
  });
}

/** Scrapes in a Prometheus agent's stead. One: two would write everything twice, and it has no label for that. */
export function otelScraper(fleet: OwnFleet, cluster: Cluster): Release<"opentelemetry-collector"> {
  const values = common(fleet, "otel-scraper", scraperConfig(fleet, cluster));
  return release(fleet, {
    name: "otel-scraper",
    namespace: agentsNamespace,
    chart: "opentelemetry-collector",
    values: {
      ...values,
      ...credentialVolume,
      ports: { ...values.ports, ...noOtlp },
      mode: "statefulset",
      replicaCount: 1,
      clusterRole: { create: true, rules: readMetrics },
      resources: { requests: { cpu: "200m", memory: "512Mi" }, limits: { memory: "4Gi" } },
    },
  });
}
