import { capacityGroup } from "./capacity.ts";
import { collectionGroup, tenantsGroup } from "./collection.ts";
import { comparisonGroup } from "./compare.ts";
import { costGroup } from "./cost.ts";
import { driftGroup } from "./drift.ts";
import { gpuGroup } from "./gpu.ts";
import { healthGroup } from "./health.ts";
import { inferenceGroup } from "./inference.ts";
import { inventoryGroup } from "./inventory.ts";
import { controlPlaneGroup, namespacesGroup, nodesGroup, workloadsGroup } from "./namespaces.ts";
import type { RecordingGroup } from "./record.ts";
import { resourcesGroup } from "./resources.ts";
import { callsGroup, servicesGroup } from "./services.ts";
import { slisGroup } from "./slis.ts";

/** Every recording group, evaluated in each cluster's own tenant. A new one is a new file and a line here. */
export const recording: readonly RecordingGroup[] = [
  capacityGroup,
  collectionGroup,
  comparisonGroup,
  costGroup,
  driftGroup,
  gpuGroup,
  healthGroup,
  inferenceGroup,
  inventoryGroup,
  namespacesGroup,
  workloadsGroup,
  nodesGroup,
  controlPlaneGroup,
  resourcesGroup,
  servicesGroup,
  callsGroup,
  slisGroup,
  tenantsGroup,
];
