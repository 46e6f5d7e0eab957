import { hole } from "../labels.ts";
import {
  avg,
  byList,
  count,
  complement,
  max,
  promql,
  type Query,
  rate,
  ratio,
  scrapedOnce,
  select,
  sum,
  type Where,
} from "../queries/query.ts";
import { type Place, place, record, type Recorded, type RecordingGroup } from "./record.ts";

/** Share of scrape targets that answer. Absent for a silent cluster. */
export const targetsUp: Recorded<Place> = record({
  level: "cluster",
  name: "up:ratio",
  query: { ...avg(place, select("up")), unit: "ratio" },
});

/** When the newest sample of a cluster was scraped, in seconds since 1970. */
export const lastSample: Recorded<Place> = record({
  level: "cluster",
  name: "up:timestamp_max",
  query: promql({ unit: "timestamp", labels: place })`max by (${byList(place)}) (timestamp(${select("up")}))`,
});

/** Seconds a second that a cluster's processors spent; each counts once, however often it is scraped. */
function cpuTime(modes: Where<"mode">): Query<Place> {
  const perMode = max([...place, "instance", "cpu", "mode"], rate("node_cpu_seconds_total", modes, "5m"));
  return sum(place, perMode);
}

/**
 * Share of processor time in use. Idle time over all time, and not over one: when a cluster falls silent both rates fade
 * alike, where idle time alone would look like load.
 */
export const cpuUtilisation: Recorded<Place> = record({
  level: "cluster",
  name: "node_cpu_utilisation:ratio_rate5m",
  query: complement(ratio(cpuTime({ mode: { matches: "idle|iowait|steal" } }), cpuTime({}))),
});

/** Share of memory that is not available to start something new. */
export const memoryUtilisation: Recorded<Place> = record({
  level: "cluster",
  name: "node_memory_utilisation:ratio",
  query: complement(
    ratio(
      sum(place, max([...place, "instance"], select("node_memory_MemAvailable_bytes"))),
      sum(place, max([...place, "instance"], select("node_memory_MemTotal_bytes"))),
    ),
  ),
});

export const nodesReady: Recorded<Place> = record({
  level: "cluster",
  name: "kube_node_ready:ratio",
  query: {
    ...avg(
      place,
      max([...place, "node"], select("kube_node_status_condition", { condition: "Ready", status: "true" })),
    ),
    unit: "ratio",
  },
});

/** Pods that should run: the finished ones hold no requests and are never ready. */
const livePods: Query<Place | "namespace" | "pod"> = max(
  [...place, "namespace", "pod"],
  promql({
    unit: "none",
    labels: [...place, "namespace", "pod"],
  })`${select("kube_pod_status_phase", { phase: { matches: "Pending|Running" } })} == 1`,
);

export const podsReady: Recorded<Place> = record({
  level: "cluster",
  name: "kube_pod_ready:ratio",
  query: ratio(
    sum(
      place,
      promql({
        unit: "none",
        labels: livePods.labels,
      })`${max([...place, "namespace", "pod"], select("kube_pod_status_ready", { condition: "true" }))} * ${livePods}`,
    ),
    sum(place, livePods),
  ),
});

/** Share of what nodes can give that pods have asked for; it decides whether the next pod finds a place. */
function committed(resource: "cpu" | "memory"): Query<Place> {
  const requests = max(
    [...place, "namespace", "pod", "container"],
    select("kube_pod_container_resource_requests", { resource }),
  );
  const pods = byList([...place, "namespace", "pod"]);
  return ratio(
    sum(place, promql({ unit: "none", labels: requests.labels })`${requests} * on (${pods}) group_left () ${livePods}`),
    sum(place, max([...place, "node"], select("kube_node_status_allocatable", { resource }))),
  );
}

export const cpuCommitted: Recorded<Place> = record({
  level: "cluster",
  name: "cpu_requests:ratio",
  query: committed("cpu"),
});

export const memoryCommitted: Recorded<Place> = record({
  level: "cluster",
  name: "memory_requests:ratio",
  query: committed("memory"),
});

/** Does any API server answer its scrape? */
export const apiserverUp: Recorded<Place> = record({
  level: "cluster",
  name: "apiserver_up:max",
  query: {
    ...max(place, select("up", { job: { matches: hole("job:kube-apiserver") } })),
    requires: ["kube-apiserver"],
  },
});

const apiRequests: Query<Place> = sum(place, scrapedOnce(rate("apiserver_request_total", {}, "5m")));
const apiFailures: Query<Place> = sum(
  place,
  scrapedOnce(rate("apiserver_request_total", { code: { matches: "5.." } }, "5m")),
);

/** Share of API requests that the server failed. Zero, neither absent nor undefined, where none did or none was made. */
export const apiserverErrors: Recorded<Place> = record({
  level: "cluster",
  name: "apiserver_request_errors:ratio_rate5m",
  query: promql({ unit: "ratio", labels: place })`(${apiFailures} / (${apiRequests} > 0)) or (0 * ${apiRequests})`,
});

/**
 * How many rollouts began in the last five minutes? A new ReplicaSet is a new pod template; a scaling is not.
 * Absent where nothing was rolled out, so it costs nothing while nothing happens.
 */
export const rollouts: Recorded<Place | "namespace"> = record({
  level: "cluster_namespace",
  name: "kube_replicaset_created:count5m",
  query: count(
    [...place, "namespace"],
    promql({
      unit: "none",
      labels: [...place, "namespace", "replicaset"],
    })`${max([...place, "namespace", "replicaset"], select("kube_replicaset_created"))} > time() - 300`,
  ),
});

/** How full, how ready and how reachable is each cluster? */
export const resourcesGroup: RecordingGroup = {
  name: "resources",
  interval: "1m",
  rules: [
    targetsUp,
    lastSample,
    cpuUtilisation,
    memoryUtilisation,
    nodesReady,
    podsReady,
    cpuCommitted,
    memoryCommitted,
    apiserverUp,
    apiserverErrors,
    rollouts,
  ],
};
