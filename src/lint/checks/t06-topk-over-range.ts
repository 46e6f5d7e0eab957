import { type Check, inExpression } from "../check.ts";
import { everyPart } from "../walk.ts";

/** topk() chooses anew at every point of a graph, so that many more lines than k come and go. */
export const topkOverRange: Check = {
  id: "T06",
  about: "topk() chooses anew at each point in time: a graph of the top 5 has dozens of broken lines.",
  severity: "warning",
  subquery(part, expression) {
    if (!everyPart(part.inner).some(isTop)) return undefined;
    return inExpression(expression, "topk() in a subquery chooses anew at each step: choose after, not before", part);
  },
  promql(expression) {
    const { panel } = expression;
    if (!panel || expression.instant === true || !overTime.has(panel.type)) return undefined;
    const top = everyPart(expression.tree).find(isTop);
    if (!top || /@\s*end\(\)/u.test(expression.text)) return undefined;
    const message =
      "topk() in a graph chooses anew at each point: choose by a value over the whole range, such as avg_over_time(…[$__range] @ end())";
    return inExpression(expression, message, top);
  },
};

const overTime: ReadonlySet<string> = new Set(["timeseries", "graph", "heatmap", "state-timeline", "status-history"]);

function isTop(part: { readonly kind: string; readonly name?: string }): boolean {
  return part.kind === "aggregate" && (part.name === "topk" || part.name === "bottomk");
}
