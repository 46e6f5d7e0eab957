import type { ClusterModel, WorkloadModel } from "../cluster.ts";
import type { Emitter, Labels, Target } from "../emit.ts";
import type { Exporter } from "../../labels.ts";
import { hash } from "../random.ts";
import type { Window } from "../time.ts";

/** A pod that exposes metrics: what to add to, and when its counters began anew. */
export interface PodTarget {
  readonly target: Target;
  readonly starts: readonly number[];
}

export function workloadOf({ workloads }: ClusterModel, name: string): WorkloadModel | undefined {
  return workloads.find(({ plan }) => plan.name === name);
}

export interface PodTargetOptions {
  /** As what the fleet knows it. */
  readonly exporter: Exporter;
  readonly port: number;
  /** Where its parts have jobs of their own. */
  readonly job?: string;
  readonly place?: number;
  /** What the scrape configuration adds. */
  readonly labels?: Labels;
}

/**
 * The place of a workload as a target; undefined where the cluster does not run it, or the fleet does not scrape it. Gone
 * while its pod is replaced.
 */
export function podTarget(
  emitter: Emitter,
  name: string,
  { exporter, port, job = emitter.cluster.jobs[exporter], place = 0, labels = {} }: PodTargetOptions,
): PodTarget | undefined {
  const pods = workloadOf(emitter.model, name)?.places[place];
  if (!pods || job === undefined || emitter.cluster.jobs[exporter] === undefined) return undefined;
  return {
    target: emitter.target({
      job,
      instance: `${address(emitter, name, place)}:${port}`,
      exists: runningOf(pods),
      labels,
    }),
    starts: pods.flatMap(({ starts }) => starts),
  };
}

export function runningOf(pods: readonly { readonly running: readonly Window[] }[]): Window[] {
  return pods.flatMap(({ running }) => running);
}

/** An address in the cluster's network, the same for every pod of a place: agents name instances so. */
export function address({ model: { world, cluster } }: Emitter, name: string, place = 0): string {
  const bits = hash(...world.key(cluster, "address", name, place));
  return `10.${240 + (bits & 7)}.${(bits >>> 8) & 255}.${1 + ((bits >>> 16) % 254)}`;
}
