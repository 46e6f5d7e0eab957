/**
 * Alertmanager on its own; Mimir's is under `cortex_alertmanager_*`. All is cited. `receiver_name` is there with the
 * feature flag of that name only.
 */
export const alertmanager = {
  alertmanager_alerts: {
    type: "gauge",
    unit: "none",
    labels: ["state"],
    cite: "prometheus/alertmanager dispatch/metric.go",
  },
  alertmanager_alerts_invalid_total: {
    type: "counter",
    unit: "none",
    labels: ["version"],
    cite: "prometheus/alertmanager api/metrics/metrics.go",
  },
  alertmanager_alerts_received_total: {
    type: "counter",
    unit: "none",
    labels: ["status", "version"],
    cite: "prometheus/alertmanager api/metrics/metrics.go",
  },
  alertmanager_build_info: {
    type: "info",
    unit: "none",
    labels: ["branch", "goarch", "goos", "goversion", "revision", "tags", "version"],
    cite: "prometheus/client_golang prometheus/collectors/version/version.go",
  },
  alertmanager_cluster_failed_peers: {
    type: "gauge",
    unit: "none",
    labels: [],
    cite: "prometheus/alertmanager cluster/cluster.go",
  },
  alertmanager_cluster_health_score: {
    type: "gauge",
    unit: "none",
    labels: [],
    cite: "prometheus/alertmanager cluster/delegate.go",
  },
  alertmanager_cluster_members: {
    type: "gauge",
    unit: "none",
    labels: [],
    cite: "prometheus/alertmanager cluster/delegate.go",
  },
  alertmanager_cluster_messages_queued: {
    type: "gauge",
    unit: "none",
    labels: [],
    cite: "prometheus/alertmanager cluster/delegate.go",
  },
  alertmanager_config_hash: {
    type: "gauge",
    unit: "none",
    labels: [],
    cite: "prometheus/alertmanager config/coordinator.go",
  },
  alertmanager_config_last_reload_success_timestamp_seconds: {
    type: "gauge",
    unit: "timestamp",
    labels: [],
    cite: "prometheus/alertmanager config/coordinator.go",
  },
  alertmanager_config_last_reload_successful: {
    type: "gauge",
    unit: "none",
    labels: [],
    cite: "prometheus/alertmanager config/coordinator.go",
  },
  alertmanager_http_request_duration_seconds: {
    type: "histogram",
    unit: "seconds",
    labels: ["code", "handler", "method"],
    counts: "requests",
    native: true,
    cite: "prometheus/alertmanager app/metrics.go",
  },
  alertmanager_notification_latency_seconds: {
    type: "histogram",
    unit: "seconds",
    labels: ["integration", "receiver_name"],
    native: true,
    cite: "prometheus/alertmanager notify/metrics.go",
  },
  alertmanager_notification_requests_failed_total: {
    type: "counter",
    unit: "requests",
    labels: ["integration", "receiver_name"],
    cite: "prometheus/alertmanager notify/metrics.go",
  },
  alertmanager_notification_requests_total: {
    type: "counter",
    unit: "requests",
    labels: ["integration", "receiver_name"],
    cite: "prometheus/alertmanager notify/metrics.go",
  },
  alertmanager_notifications_failed_total: {
    type: "counter",
    unit: "none",
    labels: ["integration", "reason", "receiver_name"],
    cite: "prometheus/alertmanager notify/metrics.go",
  },
  alertmanager_notifications_suppressed_total: {
    type: "counter",
    unit: "none",
    labels: ["reason"],
    cite: "prometheus/alertmanager notify/metrics.go",
  },
  alertmanager_notifications_total: {
    type: "counter",
    unit: "none",
    labels: ["integration", "receiver_name"],
    cite: "prometheus/alertmanager notify/metrics.go",
  },
  alertmanager_silences: {
    type: "gauge",
    unit: "none",
    labels: ["state"],
    cite: "prometheus/alertmanager silence/silence.go",
  },
} as const;
