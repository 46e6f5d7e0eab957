import { type Check, inExpression } from "../check.ts";
import type { Expr } from "../promql-types.ts";
import type { Subject } from "../subject.ts";
import { bare } from "../walk.ts";

const averaging: ReadonlySet<string> = new Set(["avg", "sum", "stddev", "stdvar"]);

/** The average of two 99th percentiles is the 99th percentile of nothing. */
export const averageOfQuantiles: Check = {
  id: "M06",
  about: "Quantiles can't be averaged or added: the result is the quantile of nothing.",
  severity: "error",
  aggregate: {
    of: averaging,
    look(part, expression, subject) {
      const what = quantiles(part.inner, subject);
      if (what === undefined) return undefined;
      const message = `${part.name}() of ${what}: aggregate the buckets, and take the quantile of that`;
      return inExpression(expression, message, part);
    },
  },
};

function quantiles(expr: Expr, { recorded, setting }: Pick<Subject, "recorded" | "setting">): string | undefined {
  const inner = bare(expr);
  // The highest of some quantiles is one of them.
  if (inner.kind === "aggregate" && /^(?:max|min|topk|bottomk)$/u.test(inner.name)) {
    return quantiles(inner.inner, { recorded, setting });
  }
  if (inner.kind === "call") return inner.name === "histogram_quantile" ? "quantiles" : undefined;
  if (inner.kind !== "selector" || inner.selector.metric === undefined) return undefined;
  const { metric, matchers } = inner.selector;
  if (
    setting.metric(metric)?.type === "summary" ||
    matchers.some(({ label, op }) => label === "quantile" && op !== "!=")
  ) {
    return `the quantiles of ${metric}`;
  }
  const tree = recorded.get(metric)?.[0]?.expression.tree;
  const top = tree && bare(tree);
  return top?.kind === "call" && top.name === "histogram_quantile" ? `${metric}, a quantile` : undefined;
}
