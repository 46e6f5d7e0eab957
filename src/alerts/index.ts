import type { AlertGroup } from "./alert.ts";
import { blindnessAlerts } from "./blindness.ts";
import { capacityAlerts } from "./capacity.ts";
import { centralAlerts } from "./central.ts";
import { certificatesAlerts } from "./certificates.ts";
import { clusterAlerts } from "./clusters.ts";
import { collectionAlerts } from "./collection.ts";
import { controlPlaneAlerts } from "./control-plane.ts";
import { costAlerts } from "./cost.ts";
import { driftAlerts } from "./environment-drift.ts";
import { fleetAlerts } from "./fleet.ts";
import { gpuAlerts } from "./gpu.ts";
import { inferenceAlerts } from "./inference-servers.ts";
import { logAlerts } from "./logs.ts";
import { nodesAlerts } from "./nodes.ts";
import { tenantAlerts } from "./tenant.ts";
import { watchdogAlerts } from "./watchdog.ts";
import { workloadsAlerts } from "./workloads.ts";

/** Every alert group. A new one is a new file and a line here. */
export const alerts: readonly AlertGroup[] = [
  blindnessAlerts,
  capacityAlerts,
  centralAlerts,
  certificatesAlerts,
  clusterAlerts,
  collectionAlerts,
  controlPlaneAlerts,
  costAlerts,
  driftAlerts,
  fleetAlerts,
  gpuAlerts,
  inferenceAlerts,
  logAlerts,
  nodesAlerts,
  tenantAlerts,
  watchdogAlerts,
  workloadsAlerts,
];
