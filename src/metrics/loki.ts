/**
 * Loki: what it takes in, keeps, refuses and answers, per `tenant`. All is cited, from 3.7; `format` and `policy` are
 * new in late 3.x.
 */
export const loki = {
  loki_build_info: {
    type: "info",
    unit: "none",
    labels: ["branch", "goarch", "goos", "goversion", "revision", "tags", "version"],
    cite: "prometheus/client_golang prometheus/collectors/version/version.go",
  },
  loki_discarded_bytes_total: {
    type: "counter",
    unit: "bytes",
    labels: ["format", "policy", "reason", "retention_hours", "tenant"],
    cite: "grafana/loki pkg/validation/validate.go",
  },
  loki_discarded_samples_total: {
    type: "counter",
    unit: "none",
    labels: ["format", "policy", "reason", "retention_hours", "tenant"],
    cite: "grafana/loki pkg/validation/validate.go",
  },
  loki_distributor_bytes_received_total: {
    type: "counter",
    unit: "bytes",
    labels: ["format", "is_internal_stream", "policy", "retention_hours", "tenant"],
    cite: "grafana/loki pkg/loghttp/push/push.go",
  },
  loki_distributor_ingester_append_timeouts_total: {
    type: "counter",
    unit: "none",
    labels: ["ingester"],
    cite: "grafana/loki pkg/distributor/distributor.go",
  },
  loki_distributor_ingester_appends_total: {
    type: "counter",
    unit: "none",
    labels: ["ingester"],
    cite: "grafana/loki pkg/distributor/distributor.go",
  },
  loki_distributor_lines_received_total: {
    type: "counter",
    unit: "none",
    labels: ["format", "is_internal_stream", "policy", "tenant"],
    cite: "grafana/loki pkg/loghttp/push/push.go",
  },
  loki_ingester_chunks_flush_failures_total: {
    type: "counter",
    unit: "none",
    labels: [],
    cite: "grafana/loki pkg/ingester/metrics.go",
  },
  loki_ingester_chunks_flushed_total: {
    type: "counter",
    unit: "none",
    labels: ["reason"],
    cite: "grafana/loki pkg/ingester/metrics.go",
  },
  loki_ingester_memory_chunks: {
    type: "gauge",
    unit: "none",
    labels: [],
    cite: "grafana/loki pkg/ingester/metrics.go",
  },
  loki_ingester_memory_streams: {
    type: "gauge",
    unit: "none",
    labels: ["tenant"],
    cite: "grafana/loki pkg/ingester/instance.go",
  },
  loki_ingester_streams_created_total: {
    type: "counter",
    unit: "none",
    labels: ["tenant"],
    cite: "grafana/loki pkg/ingester/instance.go",
  },
  loki_ingester_streams_removed_total: {
    type: "counter",
    unit: "none",
    labels: ["tenant"],
    cite: "grafana/loki pkg/ingester/instance.go",
  },
  loki_ingester_wal_disk_full_failures_total: {
    type: "counter",
    unit: "none",
    labels: [],
    cite: "grafana/loki pkg/ingester/metrics.go",
  },
  loki_logql_querystats_bytes_processed_per_seconds: {
    type: "histogram",
    unit: "bytes per second",
    labels: ["latency_type", "range", "sharded", "status_code", "type"],
    counts: "requests",
    cite: "grafana/loki pkg/logql/metrics.go",
  },
  loki_logql_querystats_latency_seconds: {
    type: "histogram",
    unit: "seconds",
    labels: ["range", "status_code", "type"],
    counts: "requests",
    cite: "grafana/loki pkg/logql/metrics.go",
  },
  loki_panic_total: { type: "counter", unit: "none", labels: [], cite: "grafana/loki pkg/util/server/recovery.go" },
  loki_query_scheduler_queue_duration_seconds: {
    type: "histogram",
    unit: "seconds",
    labels: [],
    counts: "requests",
    cite: "grafana/loki pkg/scheduler/scheduler.go",
  },
  loki_query_scheduler_queue_length: {
    type: "gauge",
    unit: "requests",
    labels: ["user"],
    cite: "grafana/loki pkg/queue/metrics.go",
  },
  loki_request_duration_seconds: {
    type: "histogram",
    unit: "seconds",
    labels: ["method", "route", "status_code", "ws"],
    counts: "requests",
    native: true,
    cite: "grafana/dskit server/metrics.go",
  },
  loki_request_message_bytes: {
    type: "histogram",
    unit: "bytes",
    labels: ["method", "route"],
    counts: "requests",
    cite: "grafana/dskit server/metrics.go",
  },
} as const;
