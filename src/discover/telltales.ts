import type { Exporter } from "../labels.ts";
import type { MetricName } from "../metrics/index.ts";

/** Metrics of which one, at least, is there wherever an exporter runs: few series each, so that asking costs little. */
export const telltales: { readonly [E in Exporter]: readonly [MetricName, ...MetricName[]] } = {
  "kube-apiserver": ["apiserver_request_total"],
  kubelet: ["kubelet_running_pods", "kubelet_node_name"],
  cadvisor: ["machine_memory_bytes", "container_cpu_usage_seconds_total"],
  "kube-state-metrics": ["kube_node_info", "kube_pod_info"],
  "node-exporter": ["node_uname_info", "node_memory_MemTotal_bytes"],
  opencost: ["node_total_hourly_cost", "node_cpu_hourly_cost"],
  "dcgm-exporter": ["DCGM_FI_DEV_GPU_TEMP", "DCGM_FI_DEV_GPU_UTIL"],
  vllm: ["vllm:num_requests_running"],
  triton: ["nv_inference_count"],
  "istio-proxy": ["istio_requests_total"],
  linkerd: ["response_total"],
  "cert-manager": ["certmanager_certificate_expiration_timestamp_seconds"],
  flux: ["gotk_resource_info"],
  "argo-cd": ["argocd_app_info"],
  "prometheus-agent": ["prometheus_agent_active_series"],
  alloy: ["alloy_build_info", "loki_write_sent_entries_total"],
  otelcol: ["otelcol_process_uptime", "otelcol_exporter_queue_size"],
  promtail: ["promtail_sent_entries_total"],
  mimir: ["cortex_build_info"],
  loki: ["loki_build_info"],
  tempo: ["tempo_build_info"],
  grafana: ["grafana_build_info"],
  opentelemetry: ["http_server_request_duration_seconds_count"],
  "tempo-metrics-generator": ["traces_spanmetrics_calls_total"],
};
