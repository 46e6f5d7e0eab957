import type { Cluster } from "../fleet/model.ts";
import { isLive } from "./faults.ts";
import { between, draw, hash } from "./random.ts";
import { daily, dateTag, day, hour, isWorkday, minute, second, week, weekday, type Window } from "./time.ts";
import type { World } from "./world.ts";

/**
 * A normal day is not a quiet one. All of this is healthy: no alert may fire because of it, and a board that looks broken
 * on such a day is broken. Everything follows a calendar, so that the world needs no memory: each function tells what
 * happens in a window, and what happens in a part of it is the same.
 */

/**
 * Everything restarts at least once in this time, so what a counter counts began no longer ago. It bounds how far back
 * anybody has to look.
 */
export const memory: number = 8 * day;

/** When everything began where nothing ever restarts. */
export const beginning: number = Date.UTC(2025, 0, 1);

/** When a node's image is replaced: every week, in the environment's own night, one node after the other. */
export function upgrades({ mess, tierOf }: World, cluster: Cluster, node: number, window: Window): number[] {
  if (!mess) return [];
  const night = { development: 0, staging: 1, production: 2 }[tierOf(cluster)];
  const offset = 2 * hour + (node % 100) * 9 * minute;
  return daily(window, offset).filter((at) => weekday(at) === night);
}

/** How long a node is away while its image is replaced. */
export const reboot: number = 2 * minute;

/** When the cloud takes a spot node back, and until when there is no other. */
export function evictions({ mess, key }: World, cluster: Cluster, node: number, { from, to }: Window): Window[] {
  if (!mess) return [];
  return daily({ from: from - day, to }).flatMap((at) => {
    if (draw(...key(cluster, "spot", node, at)) > 0.3) return [];
    const gone = at + Math.floor(between(7, 18, ...key(cluster, "spot at", node, at)) * 60) * minute;
    return [{ from: gone, to: gone + 4 * minute }];
  });
}

/** Development sleeps at night and at weekends: its services are scaled to nothing, its nodes and agents stay. */
export function nights({ mess, tierOf }: World, cluster: Cluster, { from, to }: Window): Window[] {
  if (!mess || tierOf(cluster) !== "development") return [];
  return daily({ from: from - day, to: to + day }, 19 * hour).map((at) => ({
    from: isWorkday(at) ? at : at - 19 * hour,
    to: at + (isWorkday(at + 5 * hour) ? 11 * hour : 5 * hour),
  }));
}

/** When more nodes are needed than at night. */
export function busyHours({ mess }: World, { from, to }: Window): Window[] {
  if (!mess) return [];
  return daily({ from: from - day, to }, 7 * hour)
    .filter(isWorkday)
    .map((at) => ({ from: at, to: at + 12 * hour }));
}

/** The agent restarts now and then: a hole in everything that it scrapes. */
export function agentRestarts({ mess, key }: World, cluster: Cluster, { from, to }: Window): Window[] {
  if (!mess) return [];
  return daily({ from: from - day, to }).flatMap((at) => {
    if (weekday(at) !== 6 && draw(...key(cluster, "agent", at)) > 0.2) return [];
    const start = at + Math.floor(draw(...key(cluster, "agent at", at)) * 23 * 60) * minute;
    return [{ from: start, to: start + 90 * second }];
  });
}

/** When the control plane is patched, and its counters begin anew. */
export function controlPlaneRestarts({ mess }: World, window: Window): number[] {
  return mess ? daily(window, 4 * hour).filter((at) => weekday(at) === 6) : [];
}

export interface Release {
  readonly at: number;
  /** What the image is called. */
  readonly tag: string;
}

/**
 * A service's releases, oldest first, with the last three before the window. Monday's build goes through the
 * environments within the week; development also gets what is built on other days.
 */
export function releases({ mess, seed, tierOf }: World, cluster: Cluster, service: string, window: Window): Release[] {
  const tier = tierOf(cluster);
  const first: Release = { at: beginning, tag: dateTag(beginning) };
  if (!mess) return [first];
  const rollout = { development: 0, staging: 2, production: 3 }[tier];
  const found = daily({ from: window.from - 13 * week, to: window.to }).flatMap((at): Release[] => {
    const hours = (7 + (hash(seed, service, tier, at) % 9)) * hour + (hash(seed, cluster.name, service) % 50) * minute;
    if (weekday(at) === rollout) {
      const built = at - rollout * day;
      // A service that nobody worked on is not released, though never for longer than a month.
      const worked = draw(seed, service, "week", built) < 0.6 || Math.round(built / week) % 4 === 0;
      return worked ? [{ at: at + hours, tag: dateTag(built) }] : [];
    }
    const extra = tier === "development" && isWorkday(at) && draw(seed, service, "day", at) < 0.4;
    return extra ? [{ at: at + hours, tag: dateTag(at) }] : [];
  });
  const before = found.filter(({ at }) => at <= window.from).slice(-3);
  return [...(before.length > 0 ? before : [first]), ...found.filter(({ at }) => at > window.from)];
}

/** When the kernel kills a container that wanted too much memory. Its counters begin anew; the pod stays. */
export function outOfMemory({ mess, key }: World, cluster: Cluster, pod: string, { from, to }: Window): number[] {
  if (!mess) return [];
  return daily({ from: from - day, to })
    .filter((at) => draw(...key(cluster, "oom", pod, at)) < 0.02)
    .map((at) => at + Math.floor(draw(...key(cluster, "oom at", pod, at)) * 24 * 60) * minute);
}

/** The nightly batch jobs, and whether the first try fails. */
export function batches(
  { mess, key }: World,
  cluster: Cluster,
  window: Window,
): readonly { readonly at: number; readonly failsFirst: boolean }[] {
  return daily(window, 90 * minute).map((at) => ({
    at,
    failsFirst: mess && draw(...key(cluster, "batch", at)) < 0.4,
  }));
}

/** An application does something that its GPU refuses: XID 31, a bug of theirs and not of the card. */
export function applicationXids({ mess, key, tierOf }: World, cluster: Cluster, window: Window): number[] {
  if (!mess || tierOf(cluster) === "production") return [];
  return daily(window, 10 * hour).filter((at) => isWorkday(at) && draw(...key(cluster, "xid", at)) < 0.5);
}

/** In one cluster someone left a second scrape of kube-state-metrics behind: everything is there twice. */
export function isScrapedTwice({ mess, fleet, tierOf }: World, cluster: Cluster): boolean {
  const live = fleet.clusters.filter(({ state, type }) => isLive(state) && type === "workload");
  const target = live.find((one) => tierOf(one) === "staging") ?? live[0];
  return mess && target?.name === cluster.name;
}

/** A cluster that is still being built reports while people try it: every Thursday. */
export function trials({ mess }: World, { from, to }: Window): Window[] {
  if (!mess) return [];
  return daily({ from: from - day, to }, 9 * hour)
    .filter((at) => weekday(at) === 3)
    .map((at) => ({ from: at, to: at + 8 * hour }));
}

/** How many milliseconds after its time a sample leaves the cluster. A live sender holds it back for so long. */
export function lateness(world: World, cluster: Cluster, ms: number): number {
  const behind = world.windows(cluster, "agent-behind").find(({ from, to }) => ms >= from && ms < to);
  if (behind) return lag(behind, ms) * second;
  if (!world.mess) return 0;
  const at = Math.floor(ms / minute);
  return draw(...world.key(cluster, "late", at)) < 0.01
    ? Math.floor(between(10, 45, ...world.key(cluster, at))) * second
    : 0;
}

/** How many seconds the agent is behind: half a second more with each, until it catches up at the end. */
export function lag({ from }: Window, ms: number): number {
  return Math.min(1200, (ms - from) / 2 / second);
}
