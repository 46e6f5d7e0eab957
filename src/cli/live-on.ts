import { setTimeout as sleep } from "node:timers/promises";
import { backfillSeries } from "../simulate/backfill.ts";
import { backfillLogs, backfillTraces } from "../simulate/backfill-traffic.ts";
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
  let done = from;
  let series: SimulatedSeries[] = [];
  let until = 0;
  while (!signal.aborted) {
    const now = Math.floor(Date.now() / beat) * beat;
    if (now > until) {
      // Series are made an hour ahead: each is a function of time.
      until = now + hour;
      series = world.fleet.clusters.flatMap((cluster) => seriesOf(world, cluster, { from: done, to: until }));
    }
    if (now > done) {
      await backfillSeries(metrics, series, { from: done + 1, to: now });
      if (logs) await backfillLogs(logs, world, { from: done, to: now });
      if (traces) await backfillTraces(traces, world, { from: done, to: now });
      done = now;
    }
    await sleep(beat - (Date.now() % beat), undefined, { signal }).catch(() => undefined);
  }
}
