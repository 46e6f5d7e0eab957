import type { Cluster } from "../fleet/model.ts";
import type { Store } from "./backfill.ts";
import { type Labels, placeOf } from "./emit.ts";
import { remoteWrite, type Series } from "./remote-write.ts";
import { minute, type Window } from "./time.ts";
import { type Truth, truth } from "./truth.ts";
import type { World } from "./world.ts";

/** Between two points. A server looks back five minutes, so that no step of a query finds a gap. */
const pace = 5 * minute;

/** How much is written at a time: all clusters move through time together, so memory stays flat. */
const chunk = 12 * 60 * minute;

interface Point {
  readonly record: string;
  /** Besides the place. */
  readonly labels?: Labels;
  readonly value: number;
}

/** The recorded series that boards look at over weeks, and what of the world each is. */
function pointsOf(known: Truth, cluster: Cluster, ms: number): Point[] {
  const all: Point[] = [
    { record: "cluster:node_cpu_utilisation:ratio_rate5m", value: known.cpuUtilisation(cluster, ms) },
    { record: "cluster:node_memory_utilisation:ratio", value: known.memoryUtilisation(cluster, ms) },
    { record: "cluster:cpu_requests:ratio", value: known.cpuRequests(cluster, ms) },
    { record: "cluster:memory_requests:ratio", value: known.memoryRequests(cluster, ms) },
    { record: "cluster:kube_node_ready:ratio", value: known.nodesReady(cluster, ms) },
    { record: "cluster:kube_pod_ready:ratio", value: known.podsReady(cluster, ms) },
    { record: "cluster:node_cost_hourly:sum", value: known.nodesCost(cluster, ms) },
  ];
  const source = sourceOf(cluster);
  if (source === undefined || known.requests(cluster, ms) === 0) return all;
  const errors = known.errorRatio(cluster, ms);
  const asked = (level: string, requests: number, labels: Labels = {}): Point[] => [
    { record: `${level}:requests:rate5m`, labels, value: requests },
    {
      record: `${level === "cluster" ? "cluster:request_errors" : `${level}:errors`}:rate5m`,
      labels,
      value: errors * requests,
    },
  ];
  return [
    ...all,
    ...asked("cluster", known.requests(cluster, ms)),
    ...known
      .serviceRequests(cluster, ms)
      .flatMap(({ service, namespace, requests }) =>
        asked("cluster_service", requests, { service, namespace, source }),
      ),
  ];
}

/** The one whose numbers the rules take where a cluster has several. */
function sourceOf({ mesh, jobs }: Cluster): string | undefined {
  if (mesh !== "none") return mesh;
  if (jobs.opentelemetry !== undefined) return "otel";
  return jobs["tempo-metrics-generator"] === undefined ? undefined : "spans";
}

/**
 * Writes what rules would have recorded of each cluster up to but without `to`, a point every five minutes, for those
 * series that are looked at over weeks. It is a thinned world: no raw sample of all that time is made, the values are
 * those that the world has of itself. Comes before raw samples, since a server closes a tenant's history behind its
 * newest one.
 * @returns the number of samples
 */
export async function backfillHistory(
  { url, header }: Store,
  world: World,
  { from, to }: Window,
  onProgress: (share: number) => void = () => undefined,
): Promise<number> {
  const known = truth(world);
  let written = 0;
  for (let start = Math.ceil(from / pace) * pace; start < to; start += chunk) {
    const end = Math.min(start + chunk, to);
    for (const { id, clusters } of world.fleet.tenants) {
      const heard = clusters.filter((cluster) => world.clusters.includes(cluster));
      const batch = heard.flatMap((cluster) => linesOf(world, known, cluster, { from: start, to: end }));
      written += batch.reduce((sum, { samples }) => sum + samples.length, 0);
      await remoteWrite(url, header === undefined ? {} : { headers: { [header]: id } }).send(batch);
    }
    onProgress((end - from) / (to - from));
  }
  return written;
}

/** Whole cluster: rules keep the labels of the place alone. */
function linesOf(world: World, known: Truth, cluster: Cluster, { from, to }: Window): Series[] {
  const { labels } = world.fleet;
  const all = placeOf({ world, cluster });
  const place = Object.fromEntries(
    [labels.cluster, labels.environment, labels.region].map((name) => [name, all[name] ?? ""]),
  );
  const silent = world.windows(cluster, "cluster-silent");
  const times: number[] = [];
  for (let at = from; at < to; at += pace) {
    if (!silent.some((window) => at >= window.from && at < window.to)) times.push(at);
  }
  const lines = new Map<
    string,
    { readonly labels: Labels; readonly samples: { timestamp: number; value: number }[] }
  >();
  for (const timestamp of times) {
    for (const { record, labels: own = {}, value } of pointsOf(known, cluster, timestamp)) {
      if (!Number.isFinite(value)) continue;
      const name = `${record}\n${own["service"] ?? ""}`;
      const line = lines.get(name) ?? { labels: { ...place, ...own, __name__: record }, samples: [] };
      line.samples.push({ timestamp, value });
      lines.set(name, line);
    }
  }
  return [...lines.values()];
}
