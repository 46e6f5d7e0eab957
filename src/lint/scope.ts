import type { Expression, Setting } from "./subject.ts";
import type { Expr, Matcher } from "./promql-types.ts";
import { bare, isComparison, selectorsIn } from "./walk.ts";

/** First words of a recorded name that say that several clusters are meant together. */
const wide: ReadonlySet<string> = new Set([
  "fleet",
  "global",
  "all",
  "environment",
  "region",
  "tenant",
  "org",
  "total",
]);

/** Does it compare or add up clusters on purpose: a group that reads several tenants, a record whose level says so? */
export function isFleetWide({ rule }: Expression, { labels }: Setting): boolean {
  if (!rule) return false;
  if (rule.group.sourceTenants) return true;
  if (rule.kind !== "record") return false;
  const level = rule.name.slice(0, Math.max(0, rule.name.indexOf(":")));
  return wide.has(level) || level === labels.environment || level === labels.region;
}

/** Do all its selectors ask for one cluster? */
export function isPinned(expr: Expr, label: string, isOne: (matcher: Matcher) => boolean): boolean {
  const selectors = selectorsIn(expr);
  return (
    selectors.length > 0 &&
    selectors.every(
      ({ selector: { matchers, opaque } }) =>
        opaque === true || matchers.some((matcher) => matcher.label === label && isOne(matcher)),
    )
  );
}

/** Does it count the clusters themselves: `count(count by (cluster) (up))`? */
export function countsClusters(expr: Expr, { labels }: Setting): boolean {
  const outer = bare(expr);
  if (outer.kind !== "aggregate" || outer.name !== "count") return false;
  const inner = bare(outer.inner);
  const counted = inner.kind === "binary" && isComparison(inner.op) ? bare(inner.left) : inner;
  if (counted.kind !== "aggregate" || counted.grouping?.by !== true) return false;
  const places = new Set([labels.cluster, labels.environment, labels.region]);
  return counted.grouping.labels.includes(labels.cluster) && counted.grouping.labels.every((one) => places.has(one));
}

/** Lets a matcher one value through: no variable, or one of which only one value can be chosen? */
export function oneValue({ board }: Expression): (matcher: Matcher) => boolean {
  return ({ op, value }) => {
    if ((op !== "=" && op !== "=~") || value === "") return false;
    const name = variableName.exec(value)?.slice(1).find(Boolean);
    if (name === undefined) return op === "=" && !value.includes("$");
    const variable = board?.variables.find((one) => one.name === name);
    // What is no variable of the board is found elsewhere, and a regex it may be all the same.
    return variable ? !variable.multi : op === "=";
  };
}

const variableName = /^(?:\$(\w+)|\$\{(\w+)(?::\w+)?\}|\[\[(\w+)(?::\w+)?\]\])$/u;

/** Does it name the cluster, perhaps as one of two: `source_cluster`? */
export function namesCluster(labels: Iterable<string>, cluster: string): boolean {
  for (const label of labels) {
    if (label === cluster || label.endsWith("_cluster") || label.endsWith(`_${cluster}`)) return true;
  }
  return false;
}
