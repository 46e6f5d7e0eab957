import { type Check, type Found, inExpression } from "../check.ts";
import type { SelectorExpr, SubqueryExpr } from "../promql-types.ts";
import type { PromqlExpression, Subject } from "../subject.ts";

/** A window that reaches further back than the data. */
export const rangeOverRetention: Check = {
  id: "T05",
  about: "A window longer than the retention is computed on what is left of it, and looks like the whole.",
  severity: "warning",
  selector: tooLong,
  subquery: tooLong,
};

function tooLong(
  part: SelectorExpr | SubqueryExpr,
  expression: PromqlExpression,
  { setting: { retention } }: Subject,
): Found | undefined {
  const { range } = part;
  if (retention === undefined || range?.seconds === undefined || range.seconds <= retention) return undefined;
  return inExpression(expression, `the window ${range.text} is longer than metrics are kept`, part);
}
