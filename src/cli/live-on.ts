import { setTimeout as sleep } from "node:timers/promises";
import { backfillSeries } from "../simulate/backfill.ts";
import { backfillLogs, backfillTraces } from "../simulate/backfill-traffic.ts";
import { lateness } from "../simulate/mess.ts";
import { seriesOf, type SimulatedSeries } from "../simulate/series.ts";
import { hour } from "../simulate/time.ts";
import type { World } from "../simulate/world.ts";
import type { Stack } from "./stack.ts";

const beat = 15_000;

/** Writes what was exposed and said since the last time, again and again, until it is stopped. */
export async function liveOn(
  { metrics, logs, traces }: Stack,
  world: World,
  from: number,
  signal: AbortSignal,
): Promise<void> {
  const { clusters } = world.fleet;
  // Each cluster's agent delivers at its own pace: some are late for a moment, one that is behind for longer.
  const delivered = new Map(clusters.map(({ name }) => [name, from]));
  let done = from;
  let series = new Map<string, SimulatedSeries[]>();
  let until = 0;
  while (!signal.aborted) {
    const now = Math.floor(Date.now() / beat) * beat;
    if (now > until) {
      // Series are made an hour ahead: each is a function of time.
      until = now + hour;
      const since = Math.min(...delivered.values());
      series = new Map(clusters.map((cluster) => [cluster.name, seriesOf(world, cluster, { from: since, to: until })]));
    }
    if (now > done) {
      for (const cluster of clusters) {
        const before = delivered.get(cluster.name) ?? from;
        const to = now - lateness(world, cluster, now);
        if (to <= before) continue;
        await backfillSeries(metrics, series.get(cluster.name) ?? [], { from: before + 1, to });
        delivered.set(cluster.name, to);
      }
      if (logs) await backfillLogs(logs, world, { from: done, to: now });
      if (traces) await backfillTraces(traces, world, { from: done, to: now });
      done = now;
    }
    await sleep(beat - (Date.now() % beat), undefined, { signal }).catch(() => undefined);
  }
}
