import { type Check, inExpression } from "../check.ts";
import { everyPart } from "../walk.ts";

/** A window that reaches further back than the data. */
export const rangeOverRetention: Check = {
  id: "T05",
  about: "A window longer than the retention is computed on what is left of it, and looks like the whole.",
  severity: "warning",
  *run({ promql, setting: { retention } }) {
    if (retention === undefined) return;
    for (const expression of promql) {
      for (const part of everyPart(expression.tree)) {
        const range = part.kind === "selector" || part.kind === "subquery" ? part.range : undefined;
        if (range?.seconds === undefined || range.seconds <= retention) continue;
        yield inExpression(expression, `the window ${range.text} is longer than metrics are kept`, part);
      }
    }
  },
};
