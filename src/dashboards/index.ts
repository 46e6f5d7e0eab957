import { alerts } from "./alerts.ts";
import type { Board } from "./board.ts";
import { collection } from "./collection.ts";
import { multiClusterOverview } from "./multi-cluster-overview.ts";

/** Every board. A new one is a new file and a line here. */
export const boards: readonly Board[] = [alerts, collection, multiClusterOverview];
