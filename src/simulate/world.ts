import type { Cluster, Fleet } from "../fleet/model.ts";
import { type FaultName, type FaultWindow, isLive, planFault, type PlannedFault } from "./faults.ts";
import type { Key } from "./random.ts";
import { Rhythm } from "./rhythm.ts";
import { type Tier, tierOf } from "./tier.ts";
import { union, type Window } from "./time.ts";

export interface WorldOptions {
  /** Default 1. Another seed is another world of the same fleet. */
  readonly seed?: number;
  readonly faults?: readonly FaultWindow[];
  /** The disturbances of a normal day: deploys, restarts, evictions. Default true. */
  readonly mess?: boolean;
  /** Instead of what the fleet says, in each cluster. */
  readonly size?: { readonly nodes?: number; readonly pods?: number };
}

/**
 * A fleet that lives. It is a function of its fleet, its options and the time it is asked about: it has no clock, and
 * draws by name instead of in turn, so that any part of any moment can be asked for alone and is always the same.
 */
export interface World {
  readonly fleet: Fleet;
  readonly seed: number;
  readonly mess: boolean;
  readonly faults: readonly PlannedFault[];
  /** Clusters of which something may be heard: all but the retired ones. */
  readonly clusters: readonly Cluster[];
  readonly tierOf: (cluster: Cluster) => Tier;
  readonly rhythmOf: (cluster: Cluster) => Rhythm;
  readonly sizeOf: (cluster: Cluster) => { readonly nodes: number; readonly pods: number };
  /** The name of a draw in this world. */
  readonly key: (cluster: Cluster, ...keys: readonly Key[]) => readonly Key[];
  /** When a fault happens to a cluster. */
  readonly windows: (cluster: Cluster, ...names: readonly FaultName[]) => readonly Window[];
  /** When a fault happens to any cluster of a tenant. */
  readonly tenantWindows: (tenant: string, ...names: readonly FaultName[]) => readonly Window[];
}

/** Throws a RangeError where a fault can't happen to this fleet. */
export function createWorld(fleet: Fleet, { seed = 1, faults = [], mess = true, size = {} }: WorldOptions = {}): World {
  const planned = faults.map((window) => planFault(fleet, window));
  const rhythms = new Map<string, Rhythm>();
  const key: World["key"] = (cluster, ...keys) => [seed, cluster.name, ...keys];
  return {
    fleet,
    seed,
    mess,
    faults: planned,
    clusters: fleet.clusters.filter(({ state }) => isLive(state) || (mess && state === "planned")),
    tierOf: (cluster) => tierOf(fleet, cluster),
    rhythmOf: (cluster) => {
      const found = rhythms.get(cluster.name) ?? new Rhythm(seed, cluster.region);
      rhythms.set(cluster.name, found);
      return found;
    },
    sizeOf: (cluster) => ({ nodes: size.nodes ?? cluster.nodes.min, pods: size.pods ?? cluster.pods }),
    key,
    windows: (cluster, ...names) =>
      union(planned.filter((fault) => fault.cluster.name === cluster.name && names.includes(fault.name))),
    tenantWindows: (tenant, ...names) =>
      union(planned.filter((fault) => fault.cluster.tenant === tenant && names.includes(fault.name))),
  };
}
