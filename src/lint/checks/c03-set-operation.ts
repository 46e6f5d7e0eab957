import { type Check, inExpression } from "../check.ts";
import { mayHave } from "../labels-of.ts";
import { isFleetWide, isPinned, namesCluster, oneValue } from "../scope.ts";
import { binariesIn, isSetOperator } from "../walk.ts";

/** `unless on (namespace)`: a namespace of one cluster hides its namesakes in all others. */
export const setOperationLacksCluster: Check = {
  id: "C03",
  about: "`and`, `or` and `unless` without the cluster's label let one cluster decide about another.",
  severity: "error",
  *run({ promql, setting, labelsOf }) {
    if (!setting.manyClusters) return;
    const { cluster } = setting.labels;
    for (const expression of promql) {
      if (isFleetWide(expression, setting)) continue;
      for (const part of binariesIn(expression.tree)) {
        if (!isSetOperator(part.op) || !part.matching) continue;
        const { matching, left, right } = part;
        if (namesCluster(matching.labels, cluster) === matching.on) continue;
        if (matching.labels.some((label) => label.includes("$"))) continue;
        if (![left, right].every((side) => mayHave(labelsOf(side), cluster))) continue;
        if ([left, right].every((side) => isPinned(side, cluster, oneValue(expression)))) continue;
        const message = `\`${part.op} ${matching.on ? "on" : "ignoring"}\` ${matching.on ? "lacks" : "leaves out"} \`${cluster}\`: one cluster decides about another`;
        yield inExpression(expression, message, { from: part.opFrom, to: right.from });
      }
    }
  },
};
