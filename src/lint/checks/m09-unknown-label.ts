import { distance } from "fastest-levenshtein";
import { type Check, inExpression } from "../check.ts";
import type { Expr, Matcher, SelectorExpr } from "../promql-types.ts";
import type { Setting } from "../subject.ts";
import { everyPart } from "../walk.ts";

/** A label or a value that the metric does not have: the selector is empty, the grouping groups nothing. */
export const unknownLabel: Check = {
  id: "M09",
  about: "A matcher on a label or a value that the metric does not have makes the selector empty, without an error.",
  severity: "error",
  selector(part, expression, { setting }) {
    return matcherProblems(part, setting)?.map((message) => inExpression(expression, message, part));
  },
  aggregate(part, expression, { setting }) {
    const { grouping } = part;
    if (grouping?.by !== true || grouping.labels.every(isCommon)) return undefined;
    const unknown = grouping.labels.filter((label) => !isCommon(label));
    const inner = everyPart(part.inner);
    if (inner.some(makesLabels)) return undefined;
    let labels: readonly string[] = [];
    for (const one of inner) {
      if (one.kind !== "selector") continue;
      const facts = setting.metric(one.selector.metric ?? "");
      if (!facts) return undefined;
      labels = labels.length === 0 ? facts.labels : [...labels, ...facts.labels];
    }
    return unknown.flatMap((label) => {
      const like = labels.length === 0 ? undefined : slip(label, labels, setting);
      const message = `no series here has the label ${label}; did you mean ${like}?`;
      return like === undefined ? [] : [inExpression(expression, message, part)];
    });
  },
};

function makesLabels(part: Expr): boolean {
  if (part.kind === "call") return part.name === "info" || part.name.startsWith("label_");
  return part.kind === "aggregate" && part.name === "count_values";
}

/** Labels that scrapes and agents put on series of any metric. */
const common: ReadonlySet<string> = new Set(
  (
    "job instance namespace pod container node service endpoint cluster environment env region zone app component " +
    "team tenant stage prometheus replica __name__ host hostname name id uid le quantile"
  ).split(" "),
);

function isCommon(label: string): boolean {
  return common.has(label);
}

function matcherProblems({ selector }: SelectorExpr, setting: Setting): string[] | undefined {
  const { metric, matchers } = selector;
  const facts = metric === undefined || matchers.length === 0 ? undefined : setting.metric(metric);
  if (metric === undefined || !facts) return undefined;
  let problems: string[] | undefined;
  for (let at = 0; at < matchers.length; at++) {
    const matcher = matchers[at] as Matcher;
    const like = slip(matcher.label, facts.labels, setting);
    if (like !== undefined) (problems ??= []).push(`${metric} has no label ${matcher.label}; did you mean ${like}?`);
    const wrong = wrongValue(metric, matcher);
    if (wrong !== undefined) (problems ??= []).push(wrong);
  }
  return problems;
}

/** Rules ask for the same few labels again and again. */
const judged = new WeakMap<readonly string[], Map<string, string | undefined>>();

/** The label that was meant, where this one is in no list and hardly differs from one that is. */
function slip(label: string, labels: readonly string[], { labels: place }: Setting): string | undefined {
  if (isCommon(label) || labels.includes(label)) return undefined;
  if (label === place.cluster || label === place.environment || label === place.region) return undefined;
  if (label.includes("$") || label.length < 4) return undefined;
  const before = judged.get(labels) ?? new Map<string, string | undefined>();
  judged.set(labels, before);
  if (!before.has(label)) {
    const like = [...labels, "namespace", "container", "instance", ...Object.values(place)].find(
      (one) => distance(one, label) <= (label.length < 6 ? 1 : 2) && `${one}s` !== label && `${label}s` !== one,
    );
    before.set(label, like);
  }
  return before.get(label);
}

/** Labels whose values are a fixed list, by metric; Kubernetes' API and the exporters' own documentation. */
const values: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>> = {
  kube_pod_status_phase: { phase: ["Pending", "Running", "Succeeded", "Failed", "Unknown"] },
  kube_node_status_condition: { status: ["true", "false", "unknown"] },
  kube_pod_status_ready: { condition: ["true", "false", "unknown"] },
  kube_persistentvolume_status_phase: { phase: ["Available", "Bound", "Failed", "Pending", "Released"] },
  kube_persistentvolumeclaim_status_phase: { phase: ["Bound", "Lost", "Pending"] },
  kube_namespace_status_phase: { phase: ["Active", "Terminating"] },
  node_cpu_seconds_total: {
    mode: ["idle", "iowait", "irq", "nice", "softirq", "steal", "system", "user", "guest", "guest_nice"],
  },
  ALERTS: { alertstate: ["firing", "pending"] },
};

function wrongValue(metric: string, { label, op, value }: Matcher): string | undefined {
  const known = values[metric]?.[label];
  if (!known || value === "" || value.includes("$")) return undefined;
  const wanted = op === "=" || op === "!=" ? [value] : /^[\w|]+$/u.test(value) ? value.split("|") : [];
  const wrong = wanted.find((one) => !known.includes(one));
  return wrong === undefined
    ? undefined
    : `${label} of ${metric} is never "${wrong}": it is one of ${known.join(", ")}`;
}
