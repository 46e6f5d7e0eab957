/**
 * The mesh as its proxies see it. A call is counted twice, by `reporter` at its source and at its destination: sum one
 * of them. Labels are what istio/proxy's own tests expect of its output (`testdata/metric/`).
 */
export const istioProxy = {
  istio_request_bytes: {
    type: "histogram",
    unit: "bytes",
    labels: [
      "connection_security_policy",
      "grpc_response_status",
      "request_protocol",
      "response_code",
      "response_flags",
    ],
    counts: "requests",
  },
  istio_request_duration_milliseconds: {
    type: "histogram",
    unit: "milliseconds",
    labels: [
      "connection_security_policy",
      "grpc_response_status",
      "request_protocol",
      "response_code",
      "response_flags",
    ],
    counts: "requests",
  },
  istio_request_messages_total: { type: "counter", unit: "none", labels: [] },
  istio_requests_total: {
    type: "counter",
    unit: "requests",
    labels: [
      "connection_security_policy",
      "grpc_response_status",
      "request_protocol",
      "response_code",
      "response_flags",
    ],
  },
  istio_response_bytes: {
    type: "histogram",
    unit: "bytes",
    labels: [
      "connection_security_policy",
      "grpc_response_status",
      "request_protocol",
      "response_code",
      "response_flags",
    ],
    counts: "requests",
  },
  istio_response_messages_total: { type: "counter", unit: "none", labels: [] },
  istio_tcp_connections_closed_total: {
    type: "counter",
    unit: "none",
    labels: ["connection_security_policy", "request_protocol", "response_flags"],
  },
  istio_tcp_connections_opened_total: {
    type: "counter",
    unit: "none",
    labels: ["connection_security_policy", "request_protocol", "response_flags"],
  },
  istio_tcp_received_bytes_total: {
    type: "counter",
    unit: "bytes",
    labels: ["connection_security_policy", "request_protocol", "response_flags"],
  },
  istio_tcp_sent_bytes_total: {
    type: "counter",
    unit: "bytes",
    labels: ["connection_security_policy", "request_protocol", "response_flags"],
  },
} as const;
