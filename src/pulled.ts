import type { BoardResource } from "./dashboards/resource.ts";
import type { RuleGroup } from "./rule-group.ts";

/**
 * What stood on a live stack before fleetglass came, as `fleetglass pull` wrote it down. What is as it was found stays
 * somebody else's; what is changed here becomes ours with `--take-over`.
 */
export interface Pulled extends PulledGrafana {
  /** What stood in other Grafanas of the fleet's than the first, or in other organisations. */
  readonly elsewhere?: readonly PulledElsewhere[];
  readonly rules?: readonly PulledRules[];
  /** What the linter found in it, and nobody has mended yet. */
  readonly accepted?: readonly AcceptedFinding[];
}

/** What stood in one Grafana. */
export interface PulledGrafana {
  readonly folders?: readonly PulledFolder[];
  readonly dataSources?: readonly PulledDataSource[];
  readonly dashboards?: readonly PulledDashboard[];
}

export interface PulledElsewhere extends PulledGrafana {
  /** Its name in the fleet; absent for an organisation of the first. */
  readonly grafana?: string;
  readonly organisation: number;
}

/** A folder that is never removed: nobody can tell who made it. */
export interface PulledFolder {
  readonly uid: string;
  readonly title: string;
  /** Uid of the folder that holds it; absent at the top level. */
  readonly parent?: string;
}

export interface PulledDataSource {
  readonly uid: string;
  readonly name: string;
  readonly type: string;
  readonly access: string;
  readonly url: string;
  readonly jsonData: Readonly<Record<string, unknown>>;
  readonly basicAuth?: boolean;
  readonly basicAuthUser?: string;
  readonly user?: string;
  readonly database?: string;
  readonly isDefault?: boolean;
  readonly withCredentials?: boolean;
  /** Of each secret the name of the variable that holds it: Grafana never tells the value. */
  readonly secureJsonData?: Readonly<Record<string, { readonly env: string }>>;
}

export interface PulledDashboard {
  /** Uid of its folder; empty at the top level. */
  readonly folder: string;
  /** As Grafana exports it: a classic board with its uid, or a resource of the newer model. */
  readonly dashboard: Readonly<Record<string, unknown>> | BoardResource;
}

/** The groups of one namespace of a tenant's ruler. */
export interface PulledRules {
  readonly ruler: "mimir" | "loki";
  readonly tenant: string;
  readonly namespace: string;
  /** Without an interval the ruler's own. */
  readonly groups: readonly (Omit<RuleGroup, "interval"> & Partial<Pick<RuleGroup, "interval">>)[];
}

/** One finding, as `fleetglass lint --json` tells of it. */
export interface AcceptedFinding {
  readonly resource: string;
  readonly check: string;
  /** The rule, panel or variable in it. */
  readonly where: string;
}
