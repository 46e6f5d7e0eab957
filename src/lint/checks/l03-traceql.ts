import { type Check, inExpression } from "../check.ts";

/** What Tempo's own parser and checker refuse. */
export const traceqlValid: Check = {
  id: "L03",
  about: "A TraceQL query that does not parse, or compares what can't be compared, is an empty panel.",
  severity: "error",
  expression(expression) {
    return expression.traceql?.errors.map((error) => inExpression(expression, error.message, error));
  },
};
