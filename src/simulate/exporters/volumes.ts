import type { ClusterModel } from "../cluster.ts";
import { uuid } from "../random.ts";

export interface Volume {
  readonly name: string;
  readonly namespace: string;
  readonly claim: string;
  readonly bytes: number;
  /** The node where it is mounted. */
  readonly node: number;
}

const gibibyte: number = 1024 ** 3;

/** What keeps something on disk: each place of a stateful set has a volume. */
export function volumesOf({ world, cluster, plan }: Pick<ClusterModel, "world" | "cluster" | "plan">): Volume[] {
  return plan.workloads
    .filter(({ kind }) => kind === "StatefulSet")
    .flatMap(({ namespace, name, nodes }) =>
      nodes.map((node, at): Volume => ({
        name: `pvc-${uuid(...world.key(cluster, "volume", name, at))}`,
        namespace,
        claim: `data-${name}-${at}`,
        bytes: (name.startsWith("prometheus") || name.startsWith("alloy") ? 10 : 100) * gibibyte,
        node,
      })),
    );
}
