import { type Check, inExpression } from "../check.ts";

/** What is right only on a server that runs with a feature flag. */
export const targetVersion: Check = {
  id: "L04",
  about: "An expression that needs a feature flag or a newer server is refused by the one that it is sent to.",
  severity: "warning",
  expression(expression) {
    const { promql } = expression;
    if (!promql || promql.errors.length === 0) return undefined;
    return promql.errors
      .filter(({ flag }) => flag !== undefined)
      .map((error) => inExpression(expression, error.message, error));
  },
};
