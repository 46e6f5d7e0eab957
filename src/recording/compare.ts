import { count, group, promql, type Query, select, sum, type Where } from "../queries/query.ts";
import { workloadDesired } from "./namespaces.ts";
import { type Place, place, record, type Recorded, type RecordingGroup } from "./record.ts";
import { serviceLatency, serviceLatencyNative, serviceRequests } from "./services.ts";

/** How many workloads a cluster has: Deployments, StatefulSets and DaemonSets. */
export const workloadCount: Recorded<Place> = record({
  level: "cluster",
  name: "kube_workloads:count",
  query: count(place, select(workloadDesired)),
});

/** How many services answer requests in it. */
export const serviceCount: Recorded<Place> = record({
  level: "cluster",
  name: "services:count",
  query: count(place, group([...place, "service"], select(serviceRequests))),
});

/** How long requests to all services of a cluster took, as buckets: unlike a quantile they add up to those of an environment. */
export const clusterLatencyBuckets: Recorded<Place | "source" | "le"> = record({
  level: "cluster",
  name: "request_latency_seconds_bucket:rate5m",
  query: sum([...place, "source", "le"], select(serviceLatency)),
});

/** The same as native histograms. */
export const clusterLatencyNative: Recorded<Place | "source"> = record({
  level: "cluster",
  name: "request_latency_seconds:rate5m",
  query: sum([...place, "source"], select(serviceLatencyNative)),
});

/**
 * How many seconds a share of all requests took at most, of whatever is chosen? Sources differ in their buckets, and only
 * those of one add up: by source, from which the reader takes the slowest.
 */
export function latencyOfAll(
  quantile: number,
  where: Where<Place>,
): { buckets: Query<"source">; native: Query<"source"> } {
  const of = (histograms: Query, by: readonly string[]): Query<"source"> =>
    promql({ unit: "seconds", labels: ["source"] })`histogram_quantile(${quantile}, ${sum(by, histograms)})`;
  return {
    buckets: of(select(clusterLatencyBuckets, where), ["source", "le"]),
    native: of(select(clusterLatencyNative, where), ["source"]),
  };
}

/** Of each cluster what a comparison of environments reads, so that it costs as many series as there are clusters. */
export const comparisonGroup: RecordingGroup = {
  name: "comparison",
  interval: "1m",
  rules: [workloadCount, serviceCount, clusterLatencyBuckets, clusterLatencyNative],
};
