import { type Check, inExpression } from "../check.ts";
import type { Expr } from "../promql-types.ts";
import { bare, isComparison, picks } from "../walk.ts";

/** Any result fires, whatever its number: an alert needs something that leaves series out. */
export const noCondition: Check = {
  id: "A06",
  about: "An alert fires for every series of its result, also for those whose value is 0 or false.",
  severity: "error",
  alert({ expression }) {
    const { tree, promql } = expression;
    // A dead man's switch reads nothing, and is meant to fire always.
    if (!tree || promql?.selectors.length === 0) return undefined;
    const judged = condition(tree);
    if (judged === "bool") {
      return inExpression(
        expression,
        "`bool` gives 0 where the condition is false, and the alert fires then too",
        tree,
      );
    }
    return judged === "none"
      ? inExpression(expression, "nothing is compared: the alert fires as long as there is a series")
      : undefined;
  },
};

type Condition = "some" | "bool" | "none";

/** Does anything leave series out of the result? */
function condition(expr: Expr): Condition {
  const inner = bare(expr);
  switch (inner.kind) {
    case "binary": {
      if (inner.op === "and" || inner.op === "unless") return "some";
      if (isComparison(inner.op)) return inner.bool ? either("bool", condition(inner.left)) : "some";
      if (inner.op === "or") return both(condition(inner.left), condition(inner.right));
      return either(condition(inner.left), condition(inner.right));
    }
    case "aggregate":
      return picks(inner.name) ? "some" : condition(inner.inner);
    case "call":
      if (inner.name === "absent" || inner.name === "absent_over_time") return "some";
      return inner.args.map(condition).reduce(either, "none");
    case "unary":
    case "subquery":
      return condition(inner.inner);
    case "selector":
      // What is recorded or asked for by state is there only while it is wrong.
      return inner.selector.metric === "ALERTS" ? "some" : "none";
    case "variable":
      return "some";
    default:
      return "none";
  }
}

function either(a: Condition, b: Condition): Condition {
  if (a === "some" || b === "some") return "some";
  return a === "bool" || b === "bool" ? "bool" : "none";
}

function both(a: Condition, b: Condition): Condition {
  return a === "some" && b === "some" ? "some" : a === "bool" || b === "bool" ? "bool" : "none";
}
