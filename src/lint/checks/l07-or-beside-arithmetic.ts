import { type Check, inExpression } from "../check.ts";
import type { Expr } from "../promql-types.ts";

const arithmetic: ReadonlySet<string> = new Set(["+", "-", "*", "/", "%", "^"]);

/** `or` binds weakest of all: `a or b + c` is a, and where there is no a, the sum. */
export const orBesideArithmetic: Check = {
  id: "L07",
  about: "`or` binds weaker than arithmetic: without parentheses a default value becomes the default of the whole sum.",
  severity: "warning",
  binary: {
    of: new Set(["or"]),
    look(part, expression) {
      if (isArithmetic(part.right) && !isNothingOf(part.right)) {
        const message = "write parentheses: `or` takes in all the arithmetic on its right";
        return inExpression(expression, message, part.right);
      }
      if (!isSum(part.left) || !isDefault(part.right)) return undefined;
      const message = "write parentheses: this is the default of the whole sum, not of its last part";
      return inExpression(expression, message, part);
    },
  },
};

function isArithmetic(expr: Expr): boolean {
  return expr.kind === "binary" && arithmetic.has(expr.op);
}

/** `0 * y`: the series of y, each a 0, as the default of those that are missing. */
function isNothingOf(expr: Expr): boolean {
  return expr.kind === "binary" && expr.op === "*" && [expr.left, expr.right].some((side) => side.kind === "number");
}

function isSum(expr: Expr): boolean {
  return expr.kind === "binary" && (expr.op === "+" || expr.op === "-");
}

function isDefault(expr: Expr): boolean {
  return expr.kind === "call" && expr.name === "vector";
}
