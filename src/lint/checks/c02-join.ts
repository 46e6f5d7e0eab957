import { type Check, inExpression } from "../check.ts";
import { mayHave } from "../labels-of.ts";
import { isFleetWide, isPinned, namesCluster, oneValue } from "../scope.ts";
import { isScalar, isSetOperator } from "../walk.ts";

/** `on (namespace, pod)` matches the pod of one cluster with its namesake in another, or fails as ambiguous. */
export const joinLacksCluster: Check = {
  id: "C02",
  about: "A join without the cluster's label matches things of different clusters, or fails where a name repeats.",
  severity: "error",
  alsoLogql: true,
  binary(part, expression, { setting, labelsOf }) {
    if (!setting.manyClusters) return undefined;
    const { cluster } = setting.labels;
    const { matching, left, right } = part;
    if (!matching || isSetOperator(part.op) || isFleetWide(expression, setting)) return undefined;
    if (namesCluster(matching.labels, cluster) === matching.on || isScalar(left) || isScalar(right)) return undefined;
    if (matching.labels.some((label) => label.includes("$"))) return undefined;
    if (![left, right].every((side) => mayHave(labelsOf(side), cluster))) return undefined;
    if ([left, right].every((side) => isPinned(side, cluster, oneValue(expression)))) return undefined;
    const message = matching.on
      ? `\`on\` lacks \`${cluster}\`: clusters are joined with one another`
      : `\`ignoring\` leaves out \`${cluster}\`: clusters are joined with one another`;
    return inExpression(expression, message, { from: part.opFrom, to: right.from });
  },
};
