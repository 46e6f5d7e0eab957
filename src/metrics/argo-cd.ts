/** Deliveries by Argo CD, where a fleet has it instead of Flux. */
export const argoCd = {
  argocd_app_info: {
    type: "info",
    unit: "none",
    labels: [
      "autosync_enabled",
      "dest_namespace",
      "dest_server",
      "health_status",
      "name",
      "namespace",
      "operation",
      "project",
      "repo",
      "sync_status",
    ],
    cite: "argoproj/argo-cd controller/metrics/metrics.go",
  },
  argocd_app_sync_total: {
    type: "counter",
    unit: "none",
    labels: ["dest_server", "name", "namespace", "phase", "project"],
    cite: "argoproj/argo-cd controller/metrics/metrics.go",
  },
} as const;
