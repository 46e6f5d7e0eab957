import { type Check, type Found, inExpression } from "../check.ts";
import type { Expr, SelectorExpr } from "../promql-types.ts";
import type { Setting } from "../subject.ts";

/** The number of a counter says when its process started. What matters is how fast it grows. */
export const counterWithoutRate: Check = {
  id: "M02",
  about: "A counter's own number only says how long its process has run; a threshold on it fires for ever after.",
  severity: "error",
  promql(expression, { setting }) {
    // In a table a person reads the number itself: how often a container has restarted.
    if (expression.instant === true && expression.panel?.type === "table") return undefined;
    if (!expression.promql.selectors.some(({ metric, range }) => !range && isCounter(metric, setting)))
      return undefined;
    let found: Found[] | undefined;
    for (const { selector, from, to } of plainSelectors(expression.tree)) {
      const { metric } = selector;
      if (!isCounter(metric, setting)) continue;
      const message = `${metric} is a counter: take rate() or increase() of it`;
      (found ??= []).push(inExpression(expression, message, { from, to }));
    }
    return found;
  },
};

function isCounter(name: string | undefined, setting: Setting): boolean {
  return name !== undefined && !name.endsWith("_bucket") && setting.metric(name)?.type === "counter";
}

/** Functions that look at how a series changes, or whether it is there, and not at its number. */
const fine: ReadonlySet<string> = new Set(
  (
    "rate irate increase resets changes delta idelta deriv absent absent_over_time present_over_time count_over_time " +
    "timestamp histogram_quantile predict_linear"
  ).split(" "),
);

/** Instant selectors whose number becomes the result's. */
function plainSelectors(tree: Expr): SelectorExpr[] {
  const found: SelectorExpr[] = [];
  const open: Expr[] = [tree];
  for (let next = open.pop(); next; next = open.pop()) {
    switch (next.kind) {
      case "selector":
        if (!next.range) found.push(next);
        break;
      case "call":
        if (!fine.has(next.name)) open.push(...next.args);
        break;
      case "aggregate":
        if (next.name !== "count" && next.name !== "group") open.push(next.inner);
        break;
      case "binary":
        if (next.op === "-" && isBalance(next.left, next.right)) break;
        open.push(next.left);
        if (next.op !== "and" && next.op !== "unless") open.push(next.right);
        break;
      case "unary":
      case "parens":
      case "subquery":
        open.push(next.inner);
        break;
      default:
    }
  }
  return found;
}

/** What has come less what has gone: the difference of two counters is a number of things that are there. */
function isBalance(left: Expr, right: Expr): boolean {
  const [a, b] = [left, right].map((side) => new Set(plainSelectors(side).map(({ selector }) => selector.metric)));
  return a?.size === 1 && b?.size === 1 && [...a][0] !== [...b][0];
}
