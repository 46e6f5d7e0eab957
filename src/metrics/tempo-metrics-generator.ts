/**
 * What Tempo makes of traces and writes to Mimir by remote write: nobody scrapes it. `client_cluster` and
 * `server_cluster` are there where the service graph has the dimension `cluster` with a prefix for each side;
 * `__metrics_gen_instance` names the generator, so sum over it. Histograms are classic, native or both, as Tempo's
 * overrides say (`modules/generator/registry`).
 */
export const tempoMetricsGenerator = {
  traces_service_graph_connection_info: {
    type: "info",
    unit: "none",
    labels: ["client", "client_cluster", "connection_type", "server", "server_cluster"],
    byDefault: false,
    cite: "grafana/tempo modules/generator/processor/servicegraphs/servicegraphs.go",
  },
  traces_service_graph_request_client_seconds: {
    type: "histogram",
    unit: "seconds",
    labels: ["client", "client_cluster", "connection_type", "server", "server_cluster"],
    counts: "requests",
    native: true,
    cite: "grafana/tempo modules/generator/processor/servicegraphs/servicegraphs.go",
  },
  traces_service_graph_request_failed_total: {
    type: "counter",
    unit: "requests",
    labels: ["client", "client_cluster", "connection_type", "server", "server_cluster"],
    cite: "grafana/tempo modules/generator/processor/servicegraphs/servicegraphs.go",
  },
  traces_service_graph_request_messaging_system_seconds: {
    type: "histogram",
    unit: "seconds",
    labels: ["client", "client_cluster", "connection_type", "server", "server_cluster"],
    native: true,
    byDefault: false,
    cite: "grafana/tempo modules/generator/processor/servicegraphs/servicegraphs.go",
  },
  traces_service_graph_request_server_seconds: {
    type: "histogram",
    unit: "seconds",
    labels: ["client", "client_cluster", "connection_type", "server", "server_cluster"],
    counts: "requests",
    native: true,
    cite: "grafana/tempo modules/generator/processor/servicegraphs/servicegraphs.go",
  },
  traces_service_graph_request_total: {
    type: "counter",
    unit: "requests",
    labels: ["client", "client_cluster", "connection_type", "server", "server_cluster"],
    cite: "grafana/tempo modules/generator/processor/servicegraphs/servicegraphs.go",
  },
  traces_spanmetrics_calls_total: {
    type: "counter",
    unit: "requests",
    labels: ["instance", "job", "service", "span_kind", "span_name", "status_code"],
    cite: "grafana/tempo modules/generator/processor/spanmetrics/spanmetrics.go",
  },
  traces_spanmetrics_latency: {
    type: "histogram",
    unit: "seconds",
    labels: ["instance", "job", "service", "span_kind", "span_name", "status_code"],
    counts: "requests",
    native: true,
    cite: "grafana/tempo modules/generator/processor/spanmetrics/spanmetrics.go",
  },
  traces_spanmetrics_size_total: {
    type: "counter",
    unit: "bytes",
    labels: ["instance", "job", "service", "span_kind", "span_name", "status_code"],
    cite: "grafana/tempo modules/generator/processor/spanmetrics/spanmetrics.go",
  },
  traces_target_info: {
    type: "info",
    unit: "none",
    labels: ["instance", "job"],
    byDefault: false,
    cite: "grafana/tempo modules/generator/processor/spanmetrics/spanmetrics.go",
  },
} as const;
