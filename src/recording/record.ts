import type { Allow } from "../allow.ts";
import { labelName, placeRoles, type PlaceRole } from "../labels.ts";
import type { Query, RecordedSeries, Unit } from "../queries/query.ts";

/**
 * How far a recorded series is aggregated. The level opens its name, so that a reader knows how many there are of it: one
 * per cluster, or one per cluster and something in it that is far fewer than pods. All carry the labels of their place.
 */
export type Level =
  | "cluster"
  | "cluster_namespace"
  | "cluster_workload"
  | "cluster_node"
  /** A graphics processor. */
  | "cluster_gpu"
  | "cluster_service"
  /** Who calls, and who is called. */
  | "cluster_pair"
  /** A model of graphics processors, or one that is served. */
  | "cluster_model"
  | "cluster_version"
  | "cluster_job"
  /** A tenant of the central stack, as the cluster that runs the stack sees it. */
  | "cluster_tenant"
  /** An objective, in each cluster that has the service, and in an environment on the whole. */
  | "cluster_slo"
  | "environment_slo";

/** One recording rule, and the series that queries read afterwards. */
export interface Recorded<L extends string = string> extends RecordedSeries<L> {
  readonly level: Level;
  readonly query: Query;
  /** Labels that the rule adds; keys and values may hold holes. */
  readonly adds: Readonly<Record<string, string>>;
  /** Written once per cluster of the tenant, instead of once. */
  readonly perCluster: boolean;
  /** Findings of the linter that are accepted here. */
  readonly allow?: readonly Allow[];
}

export interface RecordingGroup {
  /** Unique in the project; a rule group of this name is written in each tenant. */
  readonly name: string;
  readonly interval: string;
  readonly rules: readonly Recorded[];
}

/** A label of the place. */
export type Place = PlaceRole;

/** The labels of the place, in the order in which a person reads them. */
export const place: readonly Place[] = placeRoles;

export interface RecordOptions<L extends string> {
  readonly level: Level;
  /** What was measured and how, without the level: `node_memory_utilisation:ratio`. */
  readonly name: string;
  readonly query: Query<L>;
  /** Default: the query's. */
  readonly unit?: Unit;
  readonly allow?: readonly Allow[];
}

/** Names the result of a query, so that a board reads one series per cluster instead of one per pod. */
export function record<L extends string>({
  level,
  name,
  query,
  unit = query.unit,
  allow,
}: RecordOptions<L>): Recorded<L> {
  return {
    record: `${level}:${name}`,
    level,
    labels: query.labels,
    unit,
    requires: query.requires,
    query,
    adds: {},
    perCluster: false,
    ...(allow && { allow }),
  };
}

/** Several rules may write one series name, each with its own value of a label. */
export function labelled<L extends string, A extends string>(
  rule: Recorded<L>,
  adds: { readonly [K in A]: string },
): Recorded<L | A> {
  const labels = [...rule.labels, ...(Object.keys(adds) as A[])];
  const named = Object.fromEntries(Object.entries<string>(adds).map(([label, value]) => [labelName(label), value]));
  return { ...rule, labels, adds: { ...rule.adds, ...named } };
}
