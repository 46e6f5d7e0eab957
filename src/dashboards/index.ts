import { alerts } from "./alerts.ts";
import type { Board } from "./board.ts";
import { cluster } from "./cluster.ts";
import { collection } from "./collection.ts";
import { environmentComparison } from "./environment-comparison.ts";
import { crossClusterPerformance } from "./cross-cluster-performance.ts";
import { gpuMonitoring } from "./gpu-monitoring.ts";
import { gpuNode } from "./gpu-node.ts";
import { namespace } from "./namespace.ts";
import { node } from "./node.ts";
import { multiClusterOverview } from "./multi-cluster-overview.ts";
import { pod } from "./pod.ts";
import { service } from "./service.ts";
import { sreOperationsCenter } from "./sre-operations-center.ts";
import { workload } from "./workload.ts";

/** Every board. A new one is a new file and a line here. */
export const boards: readonly Board[] = [
  alerts,
  cluster,
  collection,
  crossClusterPerformance,
  environmentComparison,
  gpuMonitoring,
  gpuNode,
  multiClusterOverview,
  namespace,
  node,
  pod,
  service,
  sreOperationsCenter,
  workload,
];
