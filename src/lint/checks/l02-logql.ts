import { type Check, inExpression } from "../check.ts";

/** What Loki's own parser refuses; and lines where a rule needs numbers. */
export const logqlValid: Check = {
  id: "L02",
  about: "A LogQL query that does not parse is an empty panel or a rule that the ruler refuses.",
  severity: "error",
  expression(expression) {
    const { logql, rule, text } = expression;
    if (!logql) return undefined;
    if (rule && logql.ok && logql.type === "log") {
      const message = "gives lines; a rule needs numbers: count_over_time(… [5m]), rate(… [5m])";
      return inExpression(expression, message, { from: 0, to: text.length });
    }
    return logql.errors.map((error) => inExpression(expression, error.message, error));
  },
};
