import { type Check, inExpression } from "../check.ts";
import type { Matcher } from "../promql-types.ts";

/** A selector that reads every series or stream that the tenant has. */
export const matchAll: Check = {
  id: "L06",
  about: "A selector that matches everything reads the whole tenant: it is slow, and the server may refuse it.",
  severity: "warning",
  selector({ selector: { metric, matchers, from, to } }, expression) {
    if (metric !== undefined || matchers.length === 0 || !matchers.every(isLoose)) return undefined;
    return inExpression(expression, "the selector matches every series: name a metric or a value", { from, to });
  },
  expression(expression) {
    return expression.logql?.selectors
      .filter(({ matchers }) => matchers.length > 0 && matchers.every(isLoose))
      .map((selector) =>
        inExpression(expression, "the selector matches every stream: name a value of some label", selector),
      );
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
