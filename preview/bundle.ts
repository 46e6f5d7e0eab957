import type { Resource } from "../src/bundle.ts";
import type { Cluster, Environment, Tenant } from "../src/fleet/model.ts";
import type { Finding } from "../src/lint/check.ts";
import type { RuleGroup } from "../src/rule-group.ts";

export type Theme = "dark" | "light";

/** What `fleetglass bundle` prints: everything that follows from a project, and what lint says of it. */
export interface Generated {
  readonly project: string;
  readonly fleet: PreviewFleet;
  readonly resources: readonly Resource[];
  readonly findings: readonly Finding[];
}

/** What the page shows. */
export interface PreviewBundle {
  readonly project: string;
  readonly fleet: PreviewFleet;
  readonly boards: readonly PreviewBoard[];
  readonly sources: readonly PreviewSource[];
  readonly rules: readonly PreviewRules[];
  readonly findings: readonly Finding[];
  /** Where numbers come from: servers that were named, answers that were recorded, or nowhere. */
  readonly data: { readonly kind: "live" | "none" } | RecordedData;
  /** Why what is shown is not what the files say, such as an edit that does not compile. */
  readonly problems: readonly string[];
}

/** The recorded stretch of time, in milliseconds: no other can be shown. */
export interface RecordedData {
  readonly kind: "recorded";
  readonly from: number;
  readonly to: number;
  readonly step: number;
  /** Those that were looked at while it was recorded. */
  readonly boards: readonly string[];
}

/** The part of a fleet that the page shows. */
export interface PreviewFleet {
  readonly name: string;
  readonly title: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly environments: readonly Environment[];
  readonly clusters: readonly Cluster[];
  readonly tenants: readonly Tenant[];
  readonly owner?: string;
}

export interface PreviewBoard {
  readonly uid: string;
  readonly title: string;
  readonly description: string;
  readonly tags: readonly string[];
  /** Title of the folder it lies in. */
  readonly folder: string;
  /** Which file of ours made it: `dashboards/multi-cluster-overview`. */
  readonly origin: string;
  /** Id of the resource, which findings name. */
  readonly resource: string;
  /** A dashboard as Grafana's files hold it. */
  readonly dashboard: unknown;
}

/** A data source without what is secret. */
export interface PreviewSource {
  readonly uid: string;
  readonly name: string;
  /** Grafana's plugin id: `prometheus`. */
  readonly type: string;
  /** Whose data it reads, the ids of tenants; empty where its server has none. */
  readonly tenants: readonly string[];
  /** Whether anything answers for it. */
  readonly live: boolean;
  /** Time between two scrapes, as in `30s`; Grafana's least step. */
  readonly interval?: string;
  readonly isDefault: boolean;
}

/** A rule group in its tenant's ruler. */
export interface PreviewRules {
  readonly tenant: string;
  readonly namespace: string;
  readonly resource: string;
  readonly origin: string;
  readonly group: RuleGroup;
  /** Uid of the data source that reads its tenant, to ask for its state. */
  readonly source?: string;
}
