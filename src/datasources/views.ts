import type { Cluster, Fleet } from "../fleet/model.ts";
import type { SourceUids } from "./correlations.ts";
import { sourcesFor } from "./sources.ts";

/**
 * Who looks, and at what. The SRE view reads every environment; each workload environment has a view of its own, on its
 * own tenants' data sources and in its own folder, so that a reader never sees more than the folder grants.
 */
export interface View {
  /** `sre`, or the environment's name. Part of folder uids, file paths and, but for `sre`, board uids. */
  readonly id: string;
  readonly title: string;
  readonly audience: "sre" | "environment";
  readonly environments: readonly string[];
  /** Those that anyone should see; retired ones are history. */
  readonly clusters: readonly Cluster[];
  readonly sources: SourceUids;
}

/** The views of a fleet, the widest first. */
export function viewsOf(fleet: Fleet, project: string): View[] {
  const shown = fleet.clusters.filter(({ state }) => state !== "retired");
  const all = fleet.environments.map(({ name }) => name);
  const readsAll = fleet.owner !== undefined || fleet.tenants.length === 1;
  const views: View[] = readsAll
    ? [
        {
          id: "sre",
          title: "SRE",
          audience: "sre",
          environments: all,
          clusters: shown,
          sources: sourcesFor(fleet, project, "all"),
        },
      ]
    : [];
  for (const { name, title, workload } of fleet.environments) {
    if (!workload) continue;
    views.push({
      id: name,
      title,
      audience: "environment",
      environments: [name],
      clusters: shown.filter(({ environment }) => environment === name),
      sources: sourcesFor(fleet, project, name),
    });
  }
  return views;
}
