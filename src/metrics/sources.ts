/** What a source of metrics has in common. */
export interface SourceFacts {
  /** How its series reach Mimir: only what is scraped has an `up`. */
  readonly by: "scrape" | "remote-write" | "otlp" | "ruler";
  /** Labels of every series of it besides the fleet's: the target's, which the scrape adds, and what it writes itself. */
  readonly labels: readonly string[];
  /** How often it is asked, where that is not the cluster's usual interval. */
  readonly interval?: string;
  /** Labels that agents rename, as the fleet uses the name otherwise: from what it writes to what arrives. */
  readonly relabelled?: Readonly<Record<string, string>>;
  /** Labels that have another name in later versions; both are in `labels`. */
  readonly renamed?: Readonly<Record<string, { readonly to: string; readonly after: string }>>;
  /** Where the labels and names are written that no scrape and no document at hand shows, as `owner/repository path`. */
  readonly cites?: readonly string[];
}

/** Who exposes metrics, in the order of the catalogue. Those that a fleet can state are the `exporters` of `labels.ts`. */
export const sources = {
  "kube-apiserver": { by: "scrape", labels: ["instance", "job"] },
  kubelet: { by: "scrape", labels: ["instance", "job"] },
  cadvisor: { by: "scrape", labels: ["instance", "job"] },
  "kube-state-metrics": { by: "scrape", labels: ["instance", "job"] },
  "node-exporter": { by: "scrape", labels: ["instance", "job"] },
  /** The interval is that of its chart, 4.8.2. */
  "dcgm-exporter": {
    by: "scrape",
    labels: [
      "DCGM_FI_DRIVER_VERSION",
      "GPU_I_ID",
      "GPU_I_PROFILE",
      "Hostname",
      "UUID",
      "container",
      "device",
      "gpu",
      "hostname",
      "instance",
      "job",
      "modelName",
      "namespace",
      "pci_bus_id",
      "pod",
    ],
    interval: "15s",
    renamed: { Hostname: { to: "hostname", after: "4.8.2" } },
    cites: [
      "NVIDIA/dcgm-exporter internal/pkg/rendermetrics/render_metrics.go",
      "NVIDIA/dcgm-exporter internal/pkg/transformation/kubernetes.go",
    ],
  },
  /** The interval is what OpenCost's documentation asks for at least. */
  opencost: {
    by: "scrape",
    labels: ["instance", "job"],
    interval: "1m",
    relabelled: { region: "cost_region" },
    cites: ["opencost/opencost pkg/costmodel/metrics.go"],
  },
  vllm: { by: "scrape", labels: ["instance", "job"], cites: ["vllm-project/vllm vllm/v1/metrics/loggers.py"] },
  triton: {
    by: "scrape",
    labels: ["instance", "job"],
    cites: ["triton-inference-server/core src/metric_model_reporter.cc", "triton-inference-server/core src/metrics.cc"],
  },
  "istio-proxy": {
    by: "scrape",
    labels: [
      "destination_app",
      "destination_canonical_revision",
      "destination_canonical_service",
      "destination_cluster",
      "destination_principal",
      "destination_service",
      "destination_service_name",
      "destination_service_namespace",
      "destination_version",
      "destination_workload",
      "destination_workload_namespace",
      "instance",
      "job",
      "reporter",
      "source_app",
      "source_canonical_revision",
      "source_canonical_service",
      "source_cluster",
      "source_principal",
      "source_version",
      "source_workload",
      "source_workload_namespace",
    ],
    cites: ["istio/proxy testdata/metric/"],
  },
  istiod: { by: "scrape", labels: ["instance", "job"] },
  /** Of whose pod a proxy is, Linkerd's scrape configuration adds. */
  linkerd: {
    by: "scrape",
    labels: ["daemonset", "deployment", "instance", "job", "namespace", "pod", "statefulset"],
    cites: ["linkerd/linkerd2 viz/charts/linkerd-viz/templates/prometheus.yaml"],
  },
  /** The interval is its registry's `collection_interval`. */
  "tempo-metrics-generator": {
    by: "remote-write",
    labels: ["__metrics_gen_instance"],
    interval: "15s",
    cites: [
      "grafana/tempo modules/generator/registry/registry.go",
      "grafana/tempo modules/generator/processor/dimension_names.go",
    ],
  },
  /** The interval is the SDKs' `OTEL_METRIC_EXPORT_INTERVAL`. */
  opentelemetry: { by: "otlp", labels: ["instance", "job"], interval: "1m" },
  "cert-manager": { by: "scrape", labels: ["instance", "job"] },
  flux: { by: "scrape", labels: ["instance", "job"] },
  "argo-cd": { by: "scrape", labels: ["instance", "job"] },
  "prometheus-agent": { by: "scrape", labels: ["instance", "job"] },
  otelcol: {
    by: "scrape",
    labels: ["instance", "job"],
    cites: [
      "open-telemetry/opentelemetry-collector exporter/exporterhelper/internal/obs_report_sender.go",
      "open-telemetry/opentelemetry-collector exporter/exporterhelper/internal/queue/obs_queue.go",
      "open-telemetry/opentelemetry-collector processor/batchprocessor/metrics.go",
      "open-telemetry/opentelemetry-collector processor/memorylimiterprocessor/obsreport.go",
      "open-telemetry/opentelemetry-collector processor/processorhelper/obsreport.go",
      "open-telemetry/opentelemetry-collector receiver/receiverhelper/obsreport.go",
    ],
  },
  alloy: {
    by: "scrape",
    labels: ["instance", "job"],
    cites: ["grafana/alloy internal/runtime/internal/controller/node_builtin_component.go"],
  },
  promtail: { by: "scrape", labels: ["instance", "job"] },
  mimir: { by: "scrape", labels: ["instance", "job"] },
  loki: { by: "scrape", labels: ["instance", "job"] },
  tempo: { by: "scrape", labels: ["instance", "job"] },
  grafana: { by: "scrape", labels: ["instance", "job"] },
  alertmanager: { by: "scrape", labels: ["instance", "job"] },
  "client-libraries": { by: "scrape", labels: ["instance", "job"] },
  scrape: { by: "scrape", labels: ["instance", "job"] },
  rules: { by: "ruler", labels: [] },
} as const;

export type Source = keyof typeof sources;
