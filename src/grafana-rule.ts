import type { Rule, RuleGroup } from "./rule-group.ts";

/** What Grafana needs to know to evaluate rules itself. */
export interface GrafanaRules {
  readonly organisation: number;
  /** Of the folder that holds them. */
  readonly folder: { readonly uid: string; readonly title: string };
  /** Uid of the data source that they read, and that takes what they record. */
  readonly source: string;
}

/** A rule as Grafana evaluates it, in the words that its files and its API share. */
export interface GrafanaRule {
  readonly uid: string;
  readonly title: string;
  readonly data: readonly GrafanaQuery[];
  readonly labels?: Readonly<Record<string, string>>;
  /** Of what records: the name of the series. */
  readonly record?: string;
  /** Of what alerts. */
  readonly alert?: {
    readonly condition: string;
    readonly noDataState: string;
    readonly execErrState: string;
    readonly missingSeriesEvalsToResolve: number;
    readonly for: string;
    readonly keepFiringFor?: string;
    readonly annotations: Readonly<Record<string, string>>;
  };
}

export interface GrafanaQuery {
  readonly refId: string;
  readonly datasourceUid: string;
  readonly relativeTimeRange?: { readonly from: number; readonly to: number };
  readonly model: Readonly<Record<string, unknown>>;
}

/** Every uid of a rule that we make begins so. */
export const ruleUidPrefix = "fleetglass-";

/**
 * A group's rules as Grafana evaluates them itself: for a fleet whose store has no ruler. A series that a query returns fires
 * whatever its value is, and no series is well, as with Prometheus. Grafana's own `alertname` is a rule's title, which must be
 * unique in a folder: the alert's name is in the label `alert`.
 */
export function grafanaRulesOf(namespace: string, { rules }: RuleGroup, source: string): GrafanaRule[] {
  const titles = new Map<string, number>();
  return rules.map((rule) => {
    const plain = [nameOf(rule), ...apart(rule)].join(" ");
    const many = (titles.get(plain) ?? 0) + 1;
    titles.set(plain, many);
    const title = many === 1 ? plain : `${plain} ${many}`;
    // Whatever group it is in: Grafana moves a rule that it knows by its uid.
    return { uid: uidOf(`${namespace} ${title}`), title, ...evaluated(rule, source) };
  });
}

/** Titles that two groups have: Grafana takes one of a folder only. */
export function sharedTitles(
  groups: readonly (readonly [group: string, rules: readonly GrafanaRule[]])[],
): readonly { readonly title: string; readonly groups: readonly string[] }[] {
  const found = new Map<string, string[]>();
  for (const [group, rules] of groups) {
    for (const { title } of rules) found.set(title, [...(found.get(title) ?? []), group]);
  }
  return [...found].flatMap(([title, own]) => (own.length > 1 ? [{ title, groups: own }] : []));
}

function nameOf(rule: Rule): string {
  return "alert" in rule ? rule.alert : rule.record;
}

/** The labels that tell rules of one name apart. */
function apart({ labels = {} }: Rule): string[] {
  const common = new Set(["severity", "component", "tenant"]);
  return Object.entries(labels)
    .filter(([name]) => !common.has(name))
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([, value]) => value);
}

function evaluated(rule: Rule, source: string): Omit<GrafanaRule, "uid" | "title"> {
  const query: GrafanaQuery = {
    refId: "A",
    datasourceUid: source,
    relativeTimeRange: { from: 600, to: 0 },
    model: { refId: "A", expr: rule.expr, instant: true, range: false },
  };
  if ("record" in rule) return { data: [query], record: rule.record, ...(rule.labels && { labels: rule.labels }) };
  const isThere: GrafanaQuery = {
    refId: "B",
    datasourceUid: "__expr__",
    model: { refId: "B", type: "math", expression: "!is_null($A)" },
  };
  const annotations = Object.entries(rule.annotations ?? {});
  return {
    data: [query, isThere],
    labels: { ...rule.labels, alert: rule.alert },
    alert: {
      condition: "B",
      // What is not there is well; what cannot be asked is told of.
      noDataState: "OK",
      execErrState: "Error",
      missingSeriesEvalsToResolve: 1,
      for: rule.for ?? "0s",
      ...(rule.keep_firing_for !== undefined && { keepFiringFor: rule.keep_firing_for }),
      // There `$value` is a sentence about all queries.
      annotations: Object.fromEntries(
        annotations.map(([name, text]) => [name, text.replaceAll(valueHere, valueThere)]),
      ),
    },
  };
}

const valueHere = /\$value\b/gu;
const valueThere = "$values.A.Value";

/** The rule that Grafana was told in such words, as Prometheus would be told it. */
export function prometheusRule({ data, labels, record, alert }: Omit<GrafanaRule, "uid" | "title">): Rule {
  const asked = data.find(({ refId }) => refId === "A")?.model["expr"];
  const expr = typeof asked === "string" ? asked : "";
  if (record !== undefined) return { record, expr, ...(labels && { labels }) };
  const { alert: name = "", ...others } = labels ?? {};
  const annotations = Object.entries(alert?.annotations ?? {});
  return {
    alert: name,
    expr,
    ...(alert && { for: alert.for }),
    ...(alert?.keepFiringFor !== undefined && { keep_firing_for: alert.keepFiringFor }),
    labels: others,
    annotations: Object.fromEntries(annotations.map(([key, text]) => [key, text.replaceAll(valueThere, "$value")])),
  };
}

/** Of at most Grafana's forty characters, and the same as long as the title is: FNV-1a, twice. */
function uidOf(text: string): string {
  const hash = (seed: number): string => {
    let value = seed;
    for (const char of text) value = Math.imul(value ^ (char.codePointAt(0) ?? 0), 0x01_00_01_93) >>> 0;
    return value.toString(16).padStart(8, "0");
  };
  return `${ruleUidPrefix}${hash(0x81_1c_9d_c5)}${hash(0x05_0c_5d_1f)}`;
}
