import type { Cluster, Fleet, Grafana } from "../fleet/model.ts";
import type { SourceUids } from "./correlations.ts";
import { all, environmentScopes, grafanaOf, readsAll, sourcesFor } from "./sources.ts";

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
  /** Where its boards and what they read are. */
  readonly grafana: Grafana;
}

/** The views of a fleet, the widest first. */
export function viewsOf(fleet: Fleet, project: string): View[] {
  const shown = fleet.clusters.filter(({ state }) => state !== "retired");
  const widest: View[] = readsAll(fleet)
    ? [
        {
          id: "sre",
          title: "SRE",
          audience: "sre",
          environments: fleet.environments.map(({ name }) => name),
          clusters: shown,
          sources: sourcesFor(fleet, project, all(fleet)),
          grafana: fleet.grafana,
        },
      ]
    : [];
  const own = environmentScopes(fleet).map((scope): View => ({
    id: scope.id,
    title: scope.title,
    audience: "environment",
    environments: scope.environments,
    clusters: shown.filter(
      ({ environment, tenant }) => scope.environments.includes(environment) && scope.tenants.includes(tenant),
    ),
    sources: sourcesFor(fleet, project, scope),
    grafana: grafanaOf(fleet, scope),
  }));
  return [...widest, ...own];
}
