import { type Check, inExpression } from "../check.ts";
import type { Expr } from "../promql-types.ts";
import { bare } from "../walk.ts";

/** Labels of which a metric has one series each, in the order in which one implies another. */
const identities: readonly string[] = ["container", "pod", "node", "namespace"];
/** A series for each of their values, whatever else is matched. */
const enumerations: readonly string[] = [
  "phase",
  "condition",
  "status",
  "resource",
  "mode",
  "cpu",
  "device",
  "le",
  "quantile",
];

/** `group_left` copies labels from the one side; where that has two series for one match the whole query fails. */
export const oneSideNotUnique: Check = {
  id: "C07",
  about: "If the one side of a join has two series for one match, the query fails at that moment with an error.",
  severity: "warning",
  binary(part, expression, { setting }) {
    if (!part.group || part.matching?.on !== true) return undefined;
    const one = bare(part.group.side === "left" ? part.right : part.left);
    const extra = repeated(one, part.matching.labels, (name) => setting.metric(name)?.labels);
    if (extra === undefined || one.kind !== "selector") return undefined;
    const message = `${one.selector.metric} has a series for every ${extra}, so that several match one: aggregate it by (${part.matching.labels.join(", ")})`;
    return inExpression(expression, message, one);
  },
};

function repeated(
  expr: Expr,
  matched: readonly string[],
  labelsOf: (name: string) => readonly string[] | undefined,
): string | undefined {
  if (expr.kind !== "selector" || expr.selector.metric === undefined) return undefined;
  const { metric, matchers } = expr.selector;
  const fixed = new Set([...matched, ...matchers.filter(({ op }) => op === "=").map(({ label }) => label)]);
  const labels = labelsOf(metric) ?? [];
  const identity = identities.find((label) => labels.includes(label));
  if (identity !== undefined && !fixed.has(identity) && !fixed.has("uid")) return identity;
  return enumerations.find((label) => labels.includes(label) && !fixed.has(label));
}
