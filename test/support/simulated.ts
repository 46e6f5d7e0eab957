import { bundle, metricRules, type Resource } from "../../src/bundle.ts";
import type { Fleet } from "../../src/fleet/model.ts";
import { defineProject } from "../../src/project.ts";
import { backfillRules, backfillSeries } from "../../src/simulate/backfill.ts";
import { backfillLogs } from "../../src/simulate/backfill-traffic.ts";
import { parseFault } from "../../src/simulate/faults.ts";
import { seriesOf, type SimulatedSeries } from "../../src/simulate/series.ts";
import { day, hour, isWorkday, minute } from "../../src/simulate/time.ts";
import { createWorld, type WorldOptions } from "../../src/simulate/world.ts";

/** Minutes that a rule looks back. */
const lookback = 5;

export interface Simulated {
  readonly resources: readonly Resource[];
  /** The newest moment that has samples, in milliseconds. */
  readonly to: number;
}

export interface SimulatedOptions extends Pick<WorldOptions, "size"> {
  /**
   * Up to this minute, for what asks a server about now; on a day without a night or any other mess. Default: the newest
   * minute in which people worked.
   */
  readonly now?: boolean;
  readonly minutes: number;
  /** As people write them: `cluster-silent@-10m+1h`. */
  readonly faults?: readonly string[];
  /** How long the rules have run: only the last minutes, as after a first publish, or not at all (0). Default: all the time. */
  readonly recorded?: number;
  /** Which series of the world there are. Default: all. */
  readonly keep?: (series: SimulatedSeries) => boolean;
  /** The address of a Loki, to fill it with what the fleet's pods wrote in the last minutes. */
  readonly loki?: string;
}

/** The newest minute in which people worked everywhere: at night and at weekends development sleeps. */
function atWork(now: number): number {
  const minutes = Math.floor(now / minute) * minute;
  const afternoon = Math.floor(now / day) * day + 15 * hour;
  if (isWorkday(minutes) && minutes > afternoon - 6 * hour && minutes <= afternoon) return minutes;
  const days = Array.from({ length: 5 }, (_, ago) => afternoon - ago * day);
  return days.find((at) => at <= now && isWorkday(at)) ?? minutes;
}

/** Fills a server with a fleet as it lived until now, and with what its rules would have recorded of that. */
export async function simulated(
  url: string,
  fleet: Fleet,
  {
    minutes,
    recorded = minutes - lookback,
    now = false,
    faults = [],
    keep = () => true,
    loki,
    ...options
  }: SimulatedOptions,
): Promise<Simulated> {
  const to = now ? Math.floor(Date.now() / minute) * minute : atWork(Date.now());
  const window = { from: to - minutes * 60_000, to };
  const world = createWorld(fleet, { ...options, mess: !now, faults: faults.map((text) => parseFault(text, to)) });
  const store = { url, ...(fleet.tenantHeader !== undefined && { header: fleet.tenantHeader }) };
  const resources = bundle(defineProject({ fleet }));
  for (const cluster of fleet.clusters) {
    await backfillSeries(store, seriesOf(world, cluster, window).filter(keep), window);
  }
  const tenants = fleet.tenants.map(({ id }) => ({
    tenant: id,
    groups: metricRules(resources, id),
  }));
  if (recorded > 0) await backfillRules(store, tenants, { from: to - recorded * 60_000, to });
  if (loki !== undefined) {
    await backfillLogs({ ...store, url: loki }, world, { from: to - 3 * 60_000, to });
  }
  return { resources, to };
}
