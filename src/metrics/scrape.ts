/** What every scrape adds by itself, about each target. */
export const scrape = {
  scrape_body_size_bytes: {
    type: "gauge",
    unit: "bytes",
    labels: [],
    byDefault: false,
    cite: "prometheus/prometheus scrape/scrape.go",
  },
  scrape_duration_seconds: {
    type: "gauge",
    unit: "seconds",
    labels: [],
    cite: "prometheus/prometheus scrape/scrape.go",
  },
  scrape_sample_limit: {
    type: "gauge",
    unit: "none",
    labels: [],
    byDefault: false,
    cite: "prometheus/prometheus scrape/scrape.go",
  },
  scrape_samples_post_metric_relabeling: {
    type: "gauge",
    unit: "none",
    labels: [],
    cite: "prometheus/prometheus scrape/scrape.go",
  },
  scrape_samples_scraped: { type: "gauge", unit: "none", labels: [], cite: "prometheus/prometheus scrape/scrape.go" },
  scrape_series_added: { type: "gauge", unit: "none", labels: [], cite: "prometheus/prometheus scrape/scrape.go" },
  scrape_timeout_seconds: {
    type: "gauge",
    unit: "seconds",
    labels: [],
    byDefault: false,
    cite: "prometheus/prometheus scrape/scrape.go",
  },
  /** 1 while the last scrape of the target succeeded. */
  up: { type: "gauge", unit: "none", labels: [], cite: "prometheus/prometheus scrape/scrape.go" },
} as const;
