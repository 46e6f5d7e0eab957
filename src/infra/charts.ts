/** A chart that we configure: where it is, which version our values were checked against. */
export interface Chart {
  readonly repository: string;
  readonly version: string;
  /** Key paths below which its values.yaml says nothing: configuration of the program itself, or maps that we fill. */
  readonly free: readonly string[];
  /** Key paths that its templates read and its values.yaml only has in comments. */
  readonly extra: readonly string[];
}

export type ChartName =
  | "alertmanager"
  | "alloy"
  | "dcgm-exporter"
  | "grafana"
  | "kube-prometheus-stack"
  | "kube-state-metrics"
  | "loki"
  | "mimir-distributed"
  | "opencost"
  | "opentelemetry-collector"
  | "opentelemetry-operator"
  | "prometheus"
  | "prometheus-node-exporter"
  | "promtail"
  | "redis"
  | "tempo-distributed";

/** The only place where versions stand. */
export const charts: Readonly<Record<ChartName, Chart>> = {
  alertmanager: {
    repository: "https://prometheus-community.github.io/helm-charts",
    version: "1.42.0",
    free: ["config"],
    extra: [],
  },
  alloy: {
    repository: "https://grafana.github.io/helm-charts",
    version: "1.11.1",
    free: [],
    extra: [],
  },
  "dcgm-exporter": {
    repository: "https://nvidia.github.io/dcgm-exporter/helm-charts",
    version: "4.8.2",
    free: [],
    extra: [],
  },
  grafana: {
    repository: "https://grafana-community.github.io/helm-charts",
    version: "12.11.1",
    free: ["grafana.ini"],
    extra: ["ingress.ingressClassName"],
  },
  "kube-prometheus-stack": {
    repository: "https://prometheus-community.github.io/helm-charts",
    version: "88.5.3",
    free: ["prometheus.prometheusSpec"],
    extra: [],
  },
  "kube-state-metrics": {
    repository: "https://prometheus-community.github.io/helm-charts",
    version: "8.4.0",
    free: [],
    extra: [],
  },
  loki: {
    repository: "https://grafana-community.github.io/helm-charts",
    version: "18.11.0",
    free: [
      "loki.limits_config",
      "loki.schemaConfig",
      "loki.runtimeConfig",
      "loki.querier",
      "loki.compactor",
      "loki.rulerConfig",
    ],
    extra: ["loki.storage.bucketNames"],
  },
  "mimir-distributed": {
    repository: "https://grafana.github.io/helm-charts",
    version: "6.1.0-weekly.391",
    free: ["mimir.structuredConfig", "runtimeConfig"],
    extra: [],
  },
  opencost: {
    repository: "https://opencost.github.io/opencost-helm-chart",
    version: "2.5.17",
    free: [],
    extra: [],
  },
  "opentelemetry-collector": {
    repository: "https://open-telemetry.github.io/opentelemetry-helm-charts",
    version: "0.170.0",
    free: ["config"],
    extra: ["podDisruptionBudget.maxUnavailable"],
  },
  "opentelemetry-operator": {
    repository: "https://open-telemetry.github.io/opentelemetry-helm-charts",
    version: "0.122.0",
    free: [],
    extra: [],
  },
  prometheus: {
    repository: "https://prometheus-community.github.io/helm-charts",
    version: "29.27.0",
    free: ["scrapeConfigs", "server.global"],
    extra: ["server.persistentVolume.storageClass", "server.podDisruptionBudget.maxUnavailable"],
  },
  "prometheus-node-exporter": {
    repository: "https://prometheus-community.github.io/helm-charts",
    version: "4.56.1",
    free: [],
    extra: [],
  },
  promtail: {
    repository: "https://grafana.github.io/helm-charts",
    version: "6.17.1",
    free: ["config.clients", "config.snippets.pipelineStages"],
    extra: [],
  },
  redis: {
    repository: "https://charts.bitnami.com/bitnami",
    version: "23.1.1",
    free: [],
    extra: [],
  },
  "tempo-distributed": {
    repository: "https://grafana-community.github.io/helm-charts",
    version: "3.3.0",
    free: ["storage.trace", "overrides.defaults", "per_tenant_overrides", "metricsGenerator.config"],
    extra: ["backendWorker.maxUnavailable", "backendWorker.podDisruptionBudget", "gateway.ingress.ingressClassName"],
  },
};
