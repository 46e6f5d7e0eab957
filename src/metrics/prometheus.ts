/** What every scrape and every ruler adds by itself. */
export const prometheus = {
  /** 1 while the last scrape of the target succeeded. */
  up: { type: "gauge", unit: "none", labels: ["instance", "job"] },
  /** 1 for each pending or firing alert, with the alert's own labels. */
  ALERTS: { type: "gauge", unit: "none", labels: ["alertname", "alertstate", "severity", "component", "cause"] },
} as const;
