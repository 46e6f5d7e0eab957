import { type Check, inExpression } from "../check.ts";

/** A panel draws vectors, a rule records one: a string or a bare range is an error at the moment when it is needed. */
export const promqlValid: Check = {
  id: "L01",
  about:
    "An expression that does not parse, or has the wrong type, is an empty panel or a rule that the ruler refuses.",
  severity: "error",
  expression(expression) {
    const { promql, text } = expression;
    if (promql?.ok === true && (promql.type === "string" || promql.type === "matrix")) {
      const message = `gives a ${promql.type}; a panel or rule needs a vector or a scalar`;
      return inExpression(expression, message, { from: 0, to: text.length });
    }
    if (!promql || promql.errors.length === 0) return undefined;
    return promql.errors
      .filter(({ flag }) => flag === undefined)
      .map((error) => inExpression(expression, error.message, error));
  },
};
