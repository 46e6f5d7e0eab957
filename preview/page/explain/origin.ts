import type { Metric } from "../../../src/metrics/index.ts";
import type { PreviewFleet } from "../../bundle.ts";

interface Place {
  readonly fleet: PreviewFleet;
  readonly tenants: readonly string[];
}

/** Who exposes a metric, and in which of these tenants' clusters that runs. */
export function originOf(metric: Metric | undefined, { fleet, tenants }: Place): string | undefined {
  if (metric === undefined) {
    return undefined;
  }
  const { exporter, source } = metric;
  if (exporter === undefined) {
    return `It comes from ${source}.`;
  }
  const here = fleet.clusters.filter(({ tenant, state }) => tenants.includes(tenant) && state !== "retired");
  const running = here.filter(({ jobs }) => jobs[exporter] !== undefined);
  if (running.length === 0) {
    return `It comes from ${exporter}, which the fleet has in none of these clusters: ${names(here)}.`;
  }
  const job = running[0]?.jobs[exporter] ?? "";
  return `It comes from ${exporter}${job === "" ? "" : ` (job \`${job}\`)`}, which the fleet has in ${names(running)}.`;
}

/** More would not be read. */
const most = 5;

function names(clusters: readonly { readonly name: string }[]): string {
  const shown = clusters.slice(0, most).map(({ name }) => name);
  return shown.join(", ") + (clusters.length > most ? ` and ${clusters.length - most} more` : "");
}
