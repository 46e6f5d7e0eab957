/** A recording rule, in the words of Prometheus. */
export interface RecordingRule {
  readonly record: string;
  readonly expr: string;
  readonly labels?: Readonly<Record<string, string>>;
}

/** An alerting rule, in the words of Prometheus. */
export interface AlertingRule {
  readonly alert: string;
  readonly expr: string;
  readonly for?: string;
  readonly keep_firing_for?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
}

export type Rule = RecordingRule | AlertingRule;

/** A rule group as a ruler takes it. What is Mimir's says so; Loki keeps only name, interval, limit and rules. */
export interface RuleGroup {
  readonly name: string;
  readonly interval: string;
  /** How many series a rule may give before it fails; 0 is no limit. */
  readonly limit?: number;
  /** Evaluated as of so long ago: for data that arrives late. Mimir's and Prometheus'. */
  readonly query_offset?: string;
  /** Added to what every rule gives. Mimir's and Prometheus'. */
  readonly labels?: Readonly<Record<string, string>>;
  /** Evaluated on the full minute, and not whenever. Mimir's. */
  readonly align_evaluation_time_on_interval?: boolean;
  /** Whose data is read, where it is not the own tenant's alone. Mimir's. */
  readonly source_tenants?: readonly string[];
  readonly rules: readonly Rule[];
}

/**
 * Splits a group at the server's limit. A record and its readers stay together, in order: in one group they see each
 * other's results of the same evaluation, in two they would lag by an interval.
 * @throws {Error} where rules that belong together are more than the limit.
 */
export function splitGroup<G extends RuleGroup>(group: G, limit: number): G[] {
  if (group.rules.length <= limit) return [group];
  const parts: Rule[][] = [];
  for (const family of families(group.rules)) {
    if (family.length > limit) {
      throw new Error(
        `rule group ${group.name} holds ${family.length} rules that read one another, more than the ${limit} that its ruler allows: raise ruler_max_rules_per_rule_group and backends[].limits.rulesPerGroup`,
      );
    }
    const roomy = parts.find((part) => part.length + family.length <= limit);
    if (roomy) roomy.push(...family);
    else parts.push([...family]);
  }
  return parts.map((rules, at) => ({ ...group, name: at === 0 ? group.name : `${group.name}-${at + 1}`, rules }));
}

/** Rules that read one another, directly or through others, each family in the order of the group. */
function families(rules: readonly Rule[]): Rule[][] {
  const found: Set<Rule>[] = [];
  const names = new Map<string, Set<Rule>>();
  for (const rule of rules) {
    if (!("record" in rule)) continue;
    names.set(rule.record, (names.get(rule.record) ?? new Set()).add(rule));
  }
  for (const rule of rules) {
    const near = new Set([rule, ...seriesIn(rule.expr).flatMap((name) => [...(names.get(name) ?? [])])]);
    const touching = found.filter((family) => [...near].some((one) => family.has(one)));
    for (const family of touching) {
      for (const one of family) near.add(one);
      found.splice(found.indexOf(family), 1);
    }
    found.push(near);
  }
  return found
    .map((family) => rules.filter((rule) => family.has(rule)))
    .toSorted(([a], [b]) => rules.indexOf(a as Rule) - rules.indexOf(b as Rule));
}

/** Names that could be recorded series: those with a colon. */
export function seriesIn(expr: string): string[] {
  return expr.match(/[a-zA-Z_][\w]*:[\w:]+/gu) ?? [];
}
