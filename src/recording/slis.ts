import { max, promql, type Query, select, sum, type Where } from "../queries/query.ts";
import { type Place, place, record, type Recorded, type RecordingGroup } from "./record.ts";
import { latencyQuantile, serviceErrors, serviceRequests } from "./services.ts";

/** Requests a second to all services of a cluster. */
export const clusterRequests: Recorded<Place> = record({
  level: "cluster",
  name: "requests:rate5m",
  query: sum(place, select(serviceRequests)),
});

/** How many of them a second failed: zero, not absent, where none. */
export const clusterErrors: Recorded<Place> = record({
  level: "cluster",
  name: "request_errors:rate5m",
  query: sum(place, select(serviceErrors)),
});

/** How long 95 of 100 requests to the services of a cluster took at most; of several clusters it cannot be told from this. */
export const clusterLatency: Recorded<Place> = record({
  level: "cluster",
  name: "request_latency_seconds:p95_5m",
  query: max(place, latencyQuantile({ quantile: 0.95, by: [...place, "source"], where: {} }) as Query<Place>),
});

/** The share of requests that fail: per cluster, per environment, or with no label of all that is chosen. */
export function requestErrors<K extends Place>(by: readonly K[], where: Where<Place>): Query<K> {
  const errors = sum(by, select(clusterErrors, where));
  return {
    ...promql({ unit: "ratio", labels: by })`${errors} / (${sum(by, select(clusterRequests, where))} > 0)`,
    legend: errors.legend,
  };
}

/** How do applications do, as their callers see it? One series a cluster, whatever the number of services. */
export const slisGroup: RecordingGroup = {
  name: "slis",
  interval: "1m",
  rules: [clusterRequests, clusterErrors, clusterLatency],
};
