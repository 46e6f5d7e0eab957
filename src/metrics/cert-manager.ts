/** Certificates and who issues them. All is cited from cert-manager's source. */
export const certManager = {
  certmanager_certificate_challenge_status: {
    type: "gauge",
    unit: "none",
    labels: ["domain", "name", "namespace", "processing", "reason", "status", "type"],
    cite: "cert-manager/cert-manager internal/collectors/acme_collector.go",
  },
  certmanager_certificate_expiration_timestamp_seconds: {
    type: "gauge",
    unit: "timestamp",
    labels: ["issuer_group", "issuer_kind", "issuer_name", "name", "namespace"],
    cite: "cert-manager/cert-manager internal/collectors/certificate_collector.go",
  },
  certmanager_certificate_not_after_timestamp_seconds: {
    type: "gauge",
    unit: "timestamp",
    labels: ["issuer_group", "issuer_kind", "issuer_name", "name", "namespace"],
    cite: "cert-manager/cert-manager internal/collectors/certificate_collector.go",
  },
  certmanager_certificate_not_before_timestamp_seconds: {
    type: "gauge",
    unit: "timestamp",
    labels: ["issuer_group", "issuer_kind", "issuer_name", "name", "namespace"],
    cite: "cert-manager/cert-manager internal/collectors/certificate_collector.go",
  },
  certmanager_certificate_ready_status: {
    type: "gauge",
    unit: "none",
    labels: ["condition", "issuer_group", "issuer_kind", "issuer_name", "name", "namespace"],
    cite: "cert-manager/cert-manager internal/collectors/certificate_collector.go",
  },
  certmanager_certificate_renewal_timestamp_seconds: {
    type: "gauge",
    unit: "timestamp",
    labels: ["issuer_group", "issuer_kind", "issuer_name", "name", "namespace"],
    cite: "cert-manager/cert-manager internal/collectors/certificate_collector.go",
  },
  certmanager_clusterissuer_ready_status: {
    type: "gauge",
    unit: "none",
    labels: ["condition", "name"],
    cite: "cert-manager/cert-manager internal/collectors/clusterissuer_collector.go",
  },
  certmanager_controller_sync_call_count: {
    type: "counter",
    unit: "none",
    labels: ["controller"],
    cite: "cert-manager/cert-manager pkg/metrics/metrics.go",
  },
  certmanager_controller_sync_error_count: {
    type: "counter",
    unit: "none",
    labels: ["controller"],
    cite: "cert-manager/cert-manager pkg/metrics/metrics.go",
  },
  certmanager_http_acme_client_request_count: {
    type: "counter",
    unit: "requests",
    labels: ["action", "host", "method", "scheme", "status"],
    cite: "cert-manager/cert-manager pkg/metrics/metrics.go",
  },
  certmanager_http_acme_client_request_duration_seconds: {
    type: "summary",
    unit: "seconds",
    labels: ["action", "host", "method", "scheme", "status"],
    counts: "requests",
    cite: "cert-manager/cert-manager pkg/metrics/metrics.go",
  },
  certmanager_issuer_ready_status: {
    type: "gauge",
    unit: "none",
    labels: ["condition", "name", "namespace"],
    cite: "cert-manager/cert-manager internal/collectors/issuer_collector.go",
  },
} as const;
