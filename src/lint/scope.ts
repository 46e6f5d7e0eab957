import type { Expression, Setting } from "./subject.ts";
import type { Expr } from "./promql-types.ts";
import { selectorsIn } from "./walk.ts";

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
export function isPinned(expr: Expr, label: string, oneValued: (variable: string) => boolean): boolean {
  const selectors = selectorsIn(expr);
  return (
    selectors.length > 0 &&
    selectors.every(
      ({ selector: { matchers, opaque } }) =>
        opaque === true ||
        matchers.some(({ label: of, op, value }) => of === label && op === "=" && value !== "" && oneValued(value)),
    )
  );
}

/** Is a matcher's value one value: no variable, or one of which only one value can be chosen? */
export function oneValue({ board }: Expression): (value: string) => boolean {
  return (value) => {
    const [, name] = /^\$\{?(\w+)(?::\w+)?\}?$/u.exec(value) ?? [];
    if (name === undefined) return !value.includes("$");
    return board?.variables.every((variable) => variable.name !== name || !variable.multi) ?? true;
  };
}

/** Does it name the cluster, perhaps as one of two: `source_cluster`? */
export function namesCluster(labels: Iterable<string>, cluster: string): boolean {
  for (const label of labels) {
    if (label === cluster || label.endsWith("_cluster") || label.endsWith(`_${cluster}`)) return true;
  }
  return false;
}
