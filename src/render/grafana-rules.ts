import { compare, type Rule, type RuleGroupResource } from "../bundle.ts";

export interface GrafanaRules {
  readonly organisation: number;
  /** Title of the folder that holds them. */
  readonly folder: string;
  /** Uid of the data source that they read, and that takes what they record. */
  readonly source: string;
}

/**
 * Rule groups as Grafana evaluates them itself, in the words of its file provisioning: for a fleet whose store has no ruler. A
 * series that a query returns fires whatever its value is, and no series is well, as with Prometheus. Grafana's own `alertname` is
 * a rule's title, which must be unique: the alert's name is in the label `alert`.
 */
export function grafanaRules(
  groups: readonly RuleGroupResource[],
  { organisation, folder, source }: GrafanaRules,
): object {
  const titles = new Map<string, number>();
  const titleOf = (rule: Rule): string => {
    const title = [nameOf(rule), ...apart(rule)].join(" ");
    const before = titles.get(title) ?? 0;
    titles.set(title, before + 1);
    return before === 0 ? title : `${title} ${before + 1}`;
  };
  return {
    apiVersion: 1,
    groups: groups.map(({ at, spec }) => ({
      orgId: organisation,
      name: spec.name,
      folder,
      interval: spec.interval,
      rules: spec.rules.map((rule) => {
        const title = titleOf(rule);
        return { uid: uidOf(`${at.namespace} ${title}`), title, ...evaluated(rule, source) };
      }),
    })),
  };
}

function nameOf(rule: Rule): string {
  return "alert" in rule ? rule.alert : rule.record;
}

/** The labels that tell rules of one name apart. */
function apart({ labels = {} }: Rule): string[] {
  const common = new Set(["severity", "component", "tenant"]);
  return Object.entries(labels)
    .filter(([name]) => !common.has(name))
    .toSorted(([a], [b]) => compare(a, b))
    .map(([, value]) => value);
}

function evaluated(rule: Rule, source: string): object {
  const query = {
    refId: "A",
    datasourceUid: source,
    relativeTimeRange: { from: 600, to: 0 },
    model: { refId: "A", expr: rule.expr, instant: true, range: false },
  };
  if ("record" in rule) {
    return {
      data: [query],
      record: { metric: rule.record, from: "A", targetDatasourceUid: source },
      ...(rule.labels && { labels: rule.labels }),
    };
  }
  const isThere = {
    refId: "B",
    datasourceUid: "__expr__",
    model: { refId: "B", type: "math", expression: "!is_null($A)" },
  };
  return {
    condition: "B",
    data: [query, isThere],
    // What is not there is well; what cannot be asked is told of.
    noDataState: "OK",
    execErrState: "Error",
    missing_series_evals_to_resolve: 1,
    for: rule.for ?? "0s",
    ...(rule.keep_firing_for !== undefined && { keepFiringFor: rule.keep_firing_for }),
    labels: { ...rule.labels, alert: rule.alert },
    annotations: Object.fromEntries(
      // There `$value` is a sentence about all queries.
      Object.entries(rule.annotations ?? {}).map(([name, text]) => [
        name,
        text.replaceAll(/\$value\b/gu, "$values.A.Value"),
      ]),
    ),
  };
}

/** Of at most Grafana's forty characters, and the same as long as the title is: FNV-1a, twice. */
function uidOf(text: string): string {
  const hash = (seed: number): string => {
    let value = seed;
    for (const char of text) value = Math.imul(value ^ (char.codePointAt(0) ?? 0), 0x01_00_01_93) >>> 0;
    return value.toString(16).padStart(8, "0");
  };
  return `fleetglass-${hash(0x81_1c_9d_c5)}${hash(0x05_0c_5d_1f)}`;
}
