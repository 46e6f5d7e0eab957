import { type Check, inExpression } from "../check.ts";
import type { Expr } from "../promql-types.ts";
import { pushParts } from "../walk.ts";

/** Buckets count since the process began. A quantile of them is that of all its life, and hardly moves. */
export const quantileOfRawBuckets: Check = {
  id: "M05",
  about: "A quantile of buckets without rate() is that of the whole life of each process: it hides what happens now.",
  severity: "error",
  call: {
    of: new Set(["histogram_quantile"]),
    look(part, expression) {
      const raw = part.args[1] && rawBuckets(part.args[1]);
      if (!raw) return undefined;
      return inExpression(expression, "histogram_quantile() of buckets as they are: take rate() of them", raw);
    },
  },
};

function rawBuckets(expr: Expr): Expr | undefined {
  const open = [expr];
  for (let next = open.pop(); next; next = open.pop()) {
    if (next.kind === "selector" && !next.range && next.selector.metric?.endsWith("_bucket") === true) return next;
    if (next.kind !== "call" || next.name.startsWith("label_")) pushParts(next, open);
  }
  return undefined;
}
