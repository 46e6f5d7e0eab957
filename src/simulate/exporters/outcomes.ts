import type { ClusterModel } from "../cluster.ts";
import type { Share } from "../emit.ts";
import { type Flow, times } from "../flow.ts";
import { during } from "../steps.ts";

/** How much slower requests are, and how many fail, while they are at their worst. */
export const burst = { slower: 6, failing: 0.2 };

export interface Outcomes {
  readonly succeeded: (ms: number) => number;
  readonly failed: (ms: number) => number;
  /** How long the ones that succeeded took, in units of the median that is given. */
  readonly durations: readonly Share[];
  readonly failures: readonly Share[];
}

/**
 * What becomes of a flow of requests. All who count requests count these, so that a mesh, the services' own telemetry and
 * the traces tell one story.
 */
export function outcomesOf(
  model: ClusterModel,
  requests: Flow,
  { starts, median }: { readonly starts: readonly number[]; readonly median: number },
): Outcomes {
  const { world, cluster, plan } = model;
  const failing = world.windows(cluster, "error-burst");
  const slow = world.windows(cluster, "latency-burst");
  const good = times(requests, during(failing, 1 - burst.failing, 1 - plan.size.errors));
  const bad = times(requests, during(failing, burst.failing, plan.size.errors));
  const count = (flow: Flow): ((ms: number) => number) => model.count(flow, starts);
  const split = (flow: Flow, middle: number, spread: number): Share[] =>
    slow.length === 0
      ? [{ count: count(flow), median: middle, spread }]
      : [
          { count: count(times(flow, during(slow, 0, 1))), median: middle, spread },
          { count: count(times(flow, during(slow, 1, 0))), median: middle * burst.slower, spread },
        ];
  return {
    succeeded: count(good),
    failed: count(bad),
    durations: split(good, median, 0.75),
    failures: split(bad, median * 1.5, 0.9),
  };
}
