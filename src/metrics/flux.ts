/**
 * Deliveries by Flux. `gotk_resource_info` is made by kube-state-metrics out of Flux's resources and has the labels
 * that its configuration gives it (fluxcd/flux2-monitoring-example); the other names come from the controllers. Flux
 * 2.1 took `gotk_reconcile_condition` and `gotk_suspend_status` out of them.
 */
export const flux = {
  gotk_reconcile_condition: {
    type: "gauge",
    unit: "none",
    labels: ["kind", "name", "namespace", "status", "type"],
    until: "2.0",
    renamedTo: "gotk_resource_info",
    cite: "fluxcd/pkg runtime/metrics/recorder.go",
  },
  gotk_reconcile_duration_seconds: {
    type: "histogram",
    unit: "seconds",
    labels: ["kind", "name", "namespace"],
    cite: "fluxcd/pkg runtime/metrics/recorder.go",
  },
  gotk_resource_info: {
    type: "info",
    unit: "none",
    labels: [
      "chart_name",
      "chart_version",
      "customresource_group",
      "customresource_kind",
      "customresource_version",
      "exported_namespace",
      "name",
      "ready",
      "revision",
      "source_name",
      "suspended",
    ],
    cite: "fluxcd/flux2-monitoring-example monitoring/controllers/kube-prometheus-stack/kube-state-metrics-config.yaml",
  },
  gotk_suspend_status: {
    type: "gauge",
    unit: "none",
    labels: ["kind", "name", "namespace"],
    until: "2.0",
    renamedTo: "gotk_resource_info",
    cite: "fluxcd/pkg runtime/metrics/recorder.go",
  },
  gotk_token_cache_events_total: {
    type: "counter",
    unit: "none",
    labels: ["event_type", "kind", "name", "namespace", "operation"],
    cite: "fluxcd/pkg cache/metrics.go",
  },
  gotk_token_cache_requests_total: {
    type: "counter",
    unit: "requests",
    labels: ["status"],
    cite: "fluxcd/pkg cache/metrics.go",
  },
} as const;
