import type { Cluster } from "../fleet/model.ts";
import type { Store } from "./backfill.ts";
import { placeOf } from "./emit.ts";
import { remoteWrite, type Series } from "./remote-write.ts";
import { minute, type Window } from "./time.ts";
import { type Truth, truth } from "./truth.ts";
import type { World } from "./world.ts";

/** Between two points. A server looks back five minutes, so that no step of a query finds a gap. */
const pace = 5 * minute;

/** How much is written at a time: all clusters move through time together, so memory stays flat. */
const chunk = 12 * 60 * minute;

/** The recorded series that boards look at over weeks, and what of the world each is. */
const recorded: Readonly<Record<string, (known: Truth, cluster: Cluster, ms: number) => number>> = {
  "cluster:node_cpu_utilisation:ratio_rate5m": (known, cluster, ms) => known.cpuUtilisation(cluster, ms),
  "cluster:node_memory_utilisation:ratio": (known, cluster, ms) => known.memoryUtilisation(cluster, ms),
  "cluster:cpu_requests:ratio": (known, cluster, ms) => known.cpuRequests(cluster, ms),
  "cluster:kube_node_ready:ratio": (known, cluster, ms) => known.nodesReady(cluster, ms),
  "cluster:kube_pod_ready:ratio": (known, cluster, ms) => known.podsReady(cluster, ms),
  "cluster:node_cost_hourly:sum": (known, cluster, ms) => known.nodesCost(cluster, ms),
};

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
  return Object.entries(recorded).flatMap(([name, value]) => {
    const samples = times
      .map((timestamp) => ({ timestamp, value: value(known, cluster, timestamp) }))
      .filter((sample) => Number.isFinite(sample.value));
    return samples.length === 0 ? [] : [{ labels: { ...place, __name__: name }, samples }];
  });
}
