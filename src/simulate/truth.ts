import type { Cluster } from "../fleet/model.ts";
import { type ClusterModel, modelOf, type Pod } from "./cluster.ts";
import { priceOf, spike, volumePrice } from "./exporters/opencost.ts";
import { burst } from "./exporters/outcomes.ts";
import { volumesOf } from "./exporters/volumes.ts";
import { sum } from "./flow.ts";
import { day, isIn } from "./time.ts";
import type { World } from "./world.ts";

/** What is so in a cluster at a moment, whether or not anybody reports it: what queries of its series must come to. */
export interface Truth {
  /** Share of processor time in use. */
  readonly cpuUtilisation: (cluster: Cluster, ms: number) => number;
  readonly memoryUtilisation: (cluster: Cluster, ms: number) => number;
  /** Share of the processors that nodes can give that pods have asked for. */
  readonly cpuRequests: (cluster: Cluster, ms: number) => number;
  /** The same of memory. */
  readonly memoryRequests: (cluster: Cluster, ms: number) => number;
  readonly nodesReady: (cluster: Cluster, ms: number) => number;
  readonly podsReady: (cluster: Cluster, ms: number) => number;
  /** Requests a second to all services. */
  readonly requests: (cluster: Cluster, ms: number) => number;
  /** The same of each service, which one cluster has once. */
  readonly serviceRequests: (
    cluster: Cluster,
    ms: number,
  ) => readonly { readonly service: string; readonly namespace: string; readonly requests: number }[];
  readonly errorRatio: (cluster: Cluster, ms: number) => number;
  /** Nodes, in the fleet's currency. */
  readonly nodesCost: (cluster: Cluster, ms: number) => number;
  /** Nodes and volumes. */
  readonly hourlyCost: (cluster: Cluster, ms: number) => number;
}

export function truth(world: World): Truth {
  const model = (cluster: Cluster, ms: number): ClusterModel => {
    const from = Math.floor(ms / day) * day;
    return modelOf(world, cluster, { from, to: from + day });
  };
  const present = ({ nodes }: ClusterModel, ms: number) => nodes.filter(({ exists }) => isIn(exists, ms));
  const live = ({ pods }: ClusterModel, ms: number): Pod[] =>
    pods.filter(({ life, phases }) => {
      const phase = phases.findLast(({ from }) => from <= ms)?.phase;
      return isIn([life], ms) && (phase === "Pending" || phase === "Running");
    });
  const share = (part: number, whole: number): number => (whole === 0 ? 0 : part / whole);
  const total = <T>(all: readonly T[], of: (one: T) => number): number => all.reduce((sum, one) => sum + of(one), 0);
  const costOfNodes = (cluster: Cluster, ms: number): number => {
    const seen = model(cluster, ms);
    const factor = isIn(world.windows(cluster, "cost-spike"), ms) ? spike : 1;
    return total(present(seen, ms), ({ plan }) => factor * priceOf(seen, plan).total);
  };
  return {
    cpuUtilisation(cluster, ms) {
      const seen = model(cluster, ms);
      const nodes = present(seen, ms);
      return share(
        total(nodes, ({ cpu }) => seen.rate(cpu)(ms)),
        total(nodes, ({ plan }) => plan.cores),
      );
    },
    memoryUtilisation(cluster, ms) {
      const seen = model(cluster, ms);
      const nodes = present(seen, ms);
      const used = total(nodes, ({ memory, plan, leaked }) => {
        const own = seen.rate(memory)(ms);
        return own + leaked(ms) * (plan.memory - own);
      });
      return share(
        used,
        total(nodes, ({ plan }) => plan.memory),
      );
    },
    cpuRequests(cluster, ms) {
      const seen = model(cluster, ms);
      return share(
        total(live(seen, ms), ({ requests }) => requests.cpu),
        total(present(seen, ms), ({ plan }) => plan.cores),
      );
    },
    memoryRequests(cluster, ms) {
      const seen = model(cluster, ms);
      return share(
        total(live(seen, ms), ({ requests }) => requests.memory),
        total(present(seen, ms), ({ plan }) => plan.memory),
      );
    },
    nodesReady(cluster, ms) {
      const nodes = present(model(cluster, ms), ms);
      return share(nodes.filter(({ notReady }) => !isIn(notReady, ms)).length, nodes.length);
    },
    podsReady(cluster, ms) {
      const pods = live(model(cluster, ms), ms);
      return share(pods.filter(({ ready }) => isIn(ready, ms)).length, pods.length);
    },
    requests(cluster, ms) {
      const seen = model(cluster, ms);
      return seen.rate(sum(seen.services.map(({ requests }) => requests)))(ms);
    },
    serviceRequests(cluster, ms) {
      const seen = model(cluster, ms);
      return seen.services.map(({ workload: { plan }, requests }) => ({
        service: plan.name,
        namespace: plan.namespace,
        requests: seen.rate(requests)(ms),
      }));
    },
    errorRatio(cluster, ms) {
      return isIn(world.windows(cluster, "error-burst"), ms) ? burst.failing : model(cluster, ms).plan.size.errors;
    },
    nodesCost: costOfNodes,
    hourlyCost(cluster, ms) {
      return costOfNodes(cluster, ms) + total(volumesOf(model(cluster, ms)), ({ bytes }) => volumePrice(bytes));
    },
  };
}
