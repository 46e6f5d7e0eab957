import type { ClusterModel } from "../cluster.ts";
import type { Share } from "../emit.ts";
import { type Flow, times } from "../flow.ts";
import { during } from "../steps.ts";

/** How much slower requests are, and how many fail, while they are at their worst. */
export const burst = { slower: 6, failing: 0.2 };

/** How long requests take, log-normal: by what the service's median is multiplied, and the spread of the logarithm. */
export const lasting = { succeeded: { times: 1, spread: 0.75 }, failed: { times: 1.5, spread: 0.9 } };

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
  const split = (flow: Flow, { times: longer, spread }: typeof lasting.failed): Share[] => {
    const middle = median * longer;
    return slow.length === 0
      ? [{ count: count(flow), median: middle, spread }]
      : [
          { count: count(times(flow, during(slow, 0, 1))), median: middle, spread },
          { count: count(times(flow, during(slow, 1, 0))), median: middle * burst.slower, spread },
        ];
  };
  return {
    succeeded: count(good),
    failed: count(bad),
    durations: split(good, lasting.succeeded),
    failures: split(bad, lasting.failed),
  };
}
