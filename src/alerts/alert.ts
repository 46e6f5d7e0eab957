import type { Allow } from "../allow.ts";
import { hole, labelName } from "../labels.ts";
import type { LogQuery, Query } from "../queries/query.ts";
import type { AlertTest } from "./alert-test.ts";

/** How urgent: wake someone, tell someone today, know about it; none is for machines. */
export type Severity = "critical" | "warning" | "info" | "none";

/** One alerting rule. Texts may hold holes. */
export interface Alert {
  readonly alert: string;
  readonly query: Query | LogQuery;
  readonly for: string;
  readonly keepFiringFor?: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  /** Findings of the linter that are accepted here. */
  readonly allow?: readonly Allow[];
}

export interface AlertGroup {
  /** Unique in the project. */
  readonly name: string;
  readonly interval: string;
  /** In each tenant, on its own clusters; or once for the fleet, owned by one tenant and reading all. */
  readonly scope: "tenant" | "fleet";
  /** Written only for a scope with at least so many active clusters. */
  readonly fromClusters?: number;
  /** Written only for a fleet with at least so many environments in which workloads run. */
  readonly fromEnvironments?: number;
  /** What it reads, and so whose ruler evaluates it. Default: metrics. */
  readonly reads?: "metrics" | "logs";
  readonly rules: readonly Alert[];
  /** Of each alert at least one case in which it fires, and one in which it does not. */
  readonly tests?: readonly AlertTest[];
}

/** What a text may name: the labels that the query keeps, and its value, as a number, percentage or length of time. */
type Words<L extends string> = { readonly [K in L]: string } & {
  readonly value: string;
  readonly percentage: string;
  readonly duration: string;
};

export interface AlertOptions<L extends string> {
  /** Also the name of its runbook page. */
  readonly name: string;
  readonly when: Query<L> | LogQuery<L>;
  readonly for: string;
  /**
   * How long it goes on after the condition is gone. Default `10m`: when a cluster falls silent what fires there must not say
   * that all is well before ClusterDown is told. Its rates end within five minutes, and ClusterDown takes eleven and a half:
   * lookback, its `for`, an interval and Alertmanager's wait.
   */
  readonly keepFiringFor?: string;
  readonly severity: Severity;
  /** Which part of the platform, for routing: `cluster`, `collection`. */
  readonly component: string;
  readonly labels?: Readonly<Record<string, string>>;
  /** One line: what is wrong, and where. */
  readonly summary: (words: Words<L>) => string;
  /** What it means, and what to look at first. */
  readonly description: (words: Words<L>) => string;
  /** Uid of the board that shows it. */
  readonly board: string;
  /** Labels that narrow the board's variables of the same name, besides the place. */
  readonly narrows?: readonly L[];
  readonly allow?: readonly Allow[];
}

const silence = "10m";

/** Fires when the query has a result for so long. Its texts can name only labels that the result still has. */
export function alert<L extends string>(options: AlertOptions<L>): Alert {
  const { name, when, severity, component, labels = {}, board } = options;
  // Loki's ruler does not know it; a heartbeat is for machines.
  const outlives = when.language !== "logql" && severity !== "none";
  const keepFiringFor = options.keepFiringFor ?? (outlives ? silence : "0s");
  const words = Object.fromEntries([
    ...when.labels.map((label) => [label, `{{ $labels.${labelName(label)} }}`] as const),
    ["value", "{{ $value | humanize }}"],
    ["percentage", "{{ $value | humanizePercentage }}"],
    ["duration", "{{ $value | humanizeDuration }}"],
  ]) as Words<L>;
  const narrowed = [...(["environment", "region", "cluster"] as const), ...(options.narrows ?? [])]
    .filter((label) => (when.labels as readonly string[]).includes(label))
    .map((label) => `&var-${label}={{ $labels.${labelName(label)} }}`)
    .join("");
  return {
    alert: name,
    query: when,
    for: options.for,
    ...(keepFiringFor !== "0s" && { keepFiringFor }),
    ...(options.allow && { allow: options.allow }),
    labels: { severity, component, ...labels },
    annotations: {
      summary: options.summary(words),
      description: options.description(words),
      runbook_url: hole(`runbook:${name}`),
      dashboard_url: `${hole("grafana")}/d/${hole(`board:${board}`)}?from=now-6h&to=now${narrowed}${hole("organisation")}`,
    },
  };
}
