/**
 * Promtail, for fleets that still have it; no longer in Loki's source after 3.6, so cited from its 3.5.5. Two of its
 * gauges are named like counters.
 */
export const promtail = {
  promtail_batch_retries_total: {
    type: "counter",
    unit: "none",
    labels: ["host", "tenant"],
    cite: "grafana/loki clients/pkg/promtail/client/client.go",
  },
  promtail_dropped_bytes_total: {
    type: "counter",
    unit: "bytes",
    labels: ["host", "reason", "tenant"],
    cite: "grafana/loki clients/pkg/promtail/client/client.go",
  },
  promtail_dropped_entries_total: {
    type: "counter",
    unit: "none",
    labels: ["host", "reason", "tenant"],
    cite: "grafana/loki clients/pkg/promtail/client/client.go",
  },
  promtail_encoded_bytes_total: {
    type: "counter",
    unit: "bytes",
    labels: ["host"],
    cite: "grafana/loki clients/pkg/promtail/client/client.go",
  },
  promtail_file_bytes_total: {
    type: "gauge",
    unit: "bytes",
    labels: ["path"],
    cite: "grafana/loki clients/pkg/promtail/targets/file/metrics.go",
  },
  promtail_files_active_total: {
    type: "gauge",
    unit: "none",
    labels: [],
    cite: "grafana/loki clients/pkg/promtail/targets/file/metrics.go",
  },
  promtail_read_bytes_total: {
    type: "gauge",
    unit: "bytes",
    labels: ["path"],
    cite: "grafana/loki clients/pkg/promtail/targets/file/metrics.go",
  },
  promtail_read_lines_total: {
    type: "counter",
    unit: "none",
    labels: ["path"],
    cite: "grafana/loki clients/pkg/promtail/targets/file/metrics.go",
  },
  promtail_request_duration_seconds: {
    type: "histogram",
    unit: "seconds",
    labels: ["host", "status_code"],
    counts: "requests",
    cite: "grafana/loki clients/pkg/promtail/client/client.go",
  },
  promtail_sent_bytes_total: {
    type: "counter",
    unit: "bytes",
    labels: ["host"],
    cite: "grafana/loki clients/pkg/promtail/client/client.go",
  },
  promtail_sent_entries_total: {
    type: "counter",
    unit: "none",
    labels: ["host"],
    cite: "grafana/loki clients/pkg/promtail/client/client.go",
  },
  promtail_targets_active_total: {
    type: "gauge",
    unit: "none",
    labels: [],
    cite: "grafana/loki clients/pkg/promtail/targets/file/metrics.go",
  },
  promtail_targets_failed_total: {
    type: "counter",
    unit: "none",
    labels: ["reason"],
    cite: "grafana/loki clients/pkg/promtail/targets/file/metrics.go",
  },
} as const;
