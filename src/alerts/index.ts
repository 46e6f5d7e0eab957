import type { AlertGroup } from "./alert.ts";
import { clusterAlerts } from "./clusters.ts";
import { fleetAlerts } from "./fleet.ts";
import { tenantAlerts } from "./tenant.ts";

/** Every alert group. A new one is a new file and a line here. */
export const alerts: readonly AlertGroup[] = [clusterAlerts, fleetAlerts, tenantAlerts];
