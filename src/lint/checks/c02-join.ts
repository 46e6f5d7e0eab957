import { type Check, inExpression } from "../check.ts";
import { mayHave } from "../labels-of.ts";
import { isFleetWide, isPinned, namesCluster, oneValue } from "../scope.ts";
import { binariesIn, isScalar, isSetOperator } from "../walk.ts";

/** `on (namespace, pod)` matches the pod of one cluster with its namesake in another, or fails as ambiguous. */
export const joinLacksCluster: Check = {
  id: "C02",
  about: "A join without the cluster's label matches things of different clusters, or fails where a name repeats.",
  severity: "error",
  *run({ promql, setting, labelsOf }) {
    if (!setting.manyClusters) return;
    const { cluster } = setting.labels;
    for (const expression of promql) {
      if (isFleetWide(expression, setting)) continue;
      for (const part of binariesIn(expression.tree)) {
        if (isSetOperator(part.op) || !part.matching) continue;
        const { matching, left, right } = part;
        if (namesCluster(matching.labels, cluster) === matching.on || isScalar(left) || isScalar(right)) continue;
        if (matching.labels.some((label) => label.includes("$"))) continue;
        if (![left, right].every((side) => mayHave(labelsOf(side), cluster))) continue;
        if ([left, right].every((side) => isPinned(side, cluster, oneValue(expression)))) continue;
        const message = matching.on
          ? `\`on\` lacks \`${cluster}\`: clusters are joined with one another`
          : `\`ignoring\` leaves out \`${cluster}\`: clusters are joined with one another`;
        yield inExpression(expression, message, { from: part.opFrom, to: right.from });
      }
    }
  },
};
