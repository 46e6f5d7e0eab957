import { hole, labelName, roles, type Role } from "../labels.ts";
import { promql } from "../queries/query.ts";
import type { Recorded, RecordingGroup } from "./record.ts";

/** A label of the inventory: the place, its kind and owner, its tenant, and whether anyone should expect it to report. */
type InventoryLabel = Role | "state" | "tenant";

const labels: readonly InventoryLabel[] = [...roles, "state", "tenant"];

/**
 * Which clusters should there be? One series per cluster of the fleet, written by the fleet and not by what reports: the
 * only thing that still knows a cluster after it has fallen silent.
 */
export const inventory: Recorded<InventoryLabel> = {
  record: "cluster:inventory:info",
  level: "cluster",
  labels,
  unit: "none",
  requires: [],
  query: promql({ unit: "none", labels: [] })`vector(1)`,
  adds: Object.fromEntries(labels.map((label) => [labelName(label), hole(`its:${label}`)])),
  perCluster: true,
};

export const inventoryGroup: RecordingGroup = { name: "inventory", interval: "1m", rules: [inventory] };
