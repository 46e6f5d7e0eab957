import { type Check, inExpression } from "../check.ts";
import type { Expr } from "../promql-types.ts";
import type { Subject } from "../subject.ts";
import { bare, picks } from "../walk.ts";

const rates: ReadonlySet<string> = new Set(["rate", "irate", "increase"]);

/** Where one of many counters restarts their sum falls a little, and a rate takes that for a restart of all. */
export const rateOfSum: Check = {
  id: "M03",
  about: "A rate of a sum takes the restart of one counter for a restart of all, and shows a huge spike.",
  severity: "error",
  call: {
    of: rates,
    look(part, expression, { recorded, setting }) {
      const of = part.args[0] && bare(part.args[0]);
      if (of?.kind === "subquery" && isSum(of.inner)) {
        return inExpression(expression, `${part.name}() of an aggregation: take the rate first, then aggregate`, part);
      }
      if (of?.kind !== "selector" || !recordsSum(of.selector.metric, { recorded, setting })) return undefined;
      const message = `${of.selector.metric} is an aggregated counter: record the aggregation of its rate instead`;
      return inExpression(expression, message, part);
    },
  },
};

function isSum(expr: Expr): boolean {
  const inner = bare(expr);
  if (inner.kind === "binary") return isSum(inner.left) || isSum(inner.right);
  return inner.kind === "aggregate" && !picks(inner.name);
}

function recordsSum(name: string | undefined, { recorded, setting }: Pick<Subject, "recorded" | "setting">): boolean {
  const rule = name === undefined ? undefined : recorded.get(name)?.[0];
  const tree = rule?.expression.tree && bare(rule.expression.tree);
  if (tree?.kind !== "aggregate" || tree.name !== "sum") return false;
  const inner = bare(tree.inner);
  return (
    inner.kind === "selector" &&
    inner.selector.metric !== undefined &&
    (setting.metric(inner.selector.metric)?.type === "counter" || inner.selector.metric.endsWith("_total"))
  );
}
