import { type Check, inExpression } from "../check.ts";
import type { Matcher } from "../promql-types.ts";
import { selectorsIn } from "../walk.ts";

/** A selector that reads every series or stream that the tenant has. */
export const matchAll: Check = {
  id: "L06",
  about: "A selector that matches everything reads the whole tenant: it is slow, and the server may refuse it.",
  severity: "warning",
  *run({ promql, expressions }) {
    for (const expression of promql) {
      for (const { selector } of selectorsIn(expression.tree)) {
        if (selector.metric === undefined && selector.matchers.length > 0 && selector.matchers.every(isLoose)) {
          yield inExpression(expression, "the selector matches every series: name a metric or a value", selector);
        }
      }
    }
    for (const expression of expressions) {
      for (const selector of expression.logql?.selectors ?? []) {
        if (selector.matchers.length > 0 && selector.matchers.every(isLoose)) {
          yield inExpression(expression, "the selector matches every stream: name a value of some label", selector);
        }
      }
    }
  },
};

function isLoose({ op, value }: Matcher): boolean {
  switch (op) {
    case "=":
      return value === "";
    case "=~":
      return /^(?:\.[*+]|\(\.[*+]\)|)$/u.test(value);
    default:
      return true;
  }
}
