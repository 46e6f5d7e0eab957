import { type Check, inExpression } from "../check.ts";
import type { Expr } from "../promql-types.ts";

const arithmetic: ReadonlySet<string> = new Set(["+", "-", "*", "/", "%", "^"]);

/** `or` binds weakest of all: `a or b + c` is a, and where there is no a, the sum. */
export const orBesideArithmetic: Check = {
  id: "L07",
  about: "`or` binds weaker than arithmetic: without parentheses a default value becomes the default of the whole sum.",
  severity: "warning",
  *run({ promql }) {
    for (const expression of promql) {
      const open: Expr[] = [expression.tree];
      for (let next = open.pop(); next; next = open.pop()) {
        switch (next.kind) {
          case "binary":
            open.push(next.left, next.right);
            if (next.op !== "or") break;
            if (isArithmetic(next.right)) {
              yield inExpression(
                expression,
                "write parentheses: `or` takes in all the arithmetic on its right",
                next.right,
              );
            } else if (isSum(next.left) && isDefault(next.right)) {
              const message = "write parentheses: this is the default of the whole sum, not of its last part";
              yield inExpression(expression, message, next);
            }
            break;
          case "parens":
          case "unary":
          case "subquery":
          case "aggregate":
            open.push(next.inner);
            break;
          case "call":
            open.push(...next.args);
            break;
          default:
        }
      }
    }
  },
};

function isArithmetic(expr: Expr): boolean {
  return expr.kind === "binary" && arithmetic.has(expr.op);
}

function isSum(expr: Expr): boolean {
  return expr.kind === "binary" && (expr.op === "+" || expr.op === "-");
}

function isDefault(expr: Expr): boolean {
  return expr.kind === "call" && expr.name === "vector";
}
