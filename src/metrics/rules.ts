/**
 * What every ruler adds by itself. The labels besides `alertname` and `alertstate` are the alert's own; these are
 * ours.
 */
export const rules = {
  /** 1 for each pending or firing alert, with the alert's own labels. */
  ALERTS: {
    type: "gauge",
    unit: "none",
    labels: ["alertname", "alertstate", "cause", "component", "severity"],
    cite: "prometheus/prometheus rules/alerting.go",
  },
  /** Since when, in seconds since 1970. */
  ALERTS_FOR_STATE: {
    type: "gauge",
    unit: "timestamp",
    labels: ["alertname", "cause", "component", "severity"],
    cite: "prometheus/prometheus rules/alerting.go",
  },
} as const;
