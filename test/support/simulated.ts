import { bundle, type Resource } from "../../src/bundle.ts";
import type { Fleet } from "../../src/fleet/model.ts";
import { defineProject } from "../../src/project.ts";
import { backfillRules, backfillSeries } from "../../src/simulate/backfill.ts";
import { backfillLogs } from "../../src/simulate/backfill-traffic.ts";
import { parseFault } from "../../src/simulate/faults.ts";
import { seriesOf } from "../../src/simulate/series.ts";
import { createWorld, type WorldOptions } from "../../src/simulate/world.ts";

export interface Simulated {
  readonly resources: readonly Resource[];
  /** The newest moment that has samples, in milliseconds. */
  readonly to: number;
}

export interface SimulatedOptions extends Pick<WorldOptions, "size"> {
  readonly minutes: number;
  /** As people write them: `cluster-silent@-10m+1h`. */
  readonly faults?: readonly string[];
  /** The address of a Loki, to fill it with what the fleet's pods wrote in the last minutes. */
  readonly loki?: string;
}

/** Fills a server with a fleet as it lived until now, and with what its rules would have recorded of that. */
export async function simulated(
  url: string,
  fleet: Fleet,
  { minutes, faults = [], loki, ...options }: SimulatedOptions,
): Promise<Simulated> {
  const to = Math.floor(Date.now() / 60_000) * 60_000;
  const window = { from: to - minutes * 60_000, to };
  const world = createWorld(fleet, { ...options, faults: faults.map((text) => parseFault(text, to)) });
  const store = { url, ...(fleet.tenantHeader !== undefined && { header: fleet.tenantHeader }) };
  const resources = bundle(defineProject({ fleet }));
  for (const cluster of fleet.clusters) await backfillSeries(store, seriesOf(world, cluster, window), window);
  const tenants = fleet.tenants.map(({ id }) => ({
    tenant: id,
    groups: resources.flatMap((one) => (one.kind === "rule-group" && one.at.tenant === id ? [one.spec] : [])),
  }));
  // Rules look back five minutes.
  await backfillRules(store, tenants, { from: window.from + 5 * 60_000, to });
  if (loki !== undefined) {
    await backfillLogs({ ...store, url: loki }, world, { from: to - 3 * 60_000, to });
  }
  return { resources, to };
}
