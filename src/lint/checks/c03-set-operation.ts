import { type Check, inExpression } from "../check.ts";
import { mayHave } from "../labels-of.ts";
import { isFleetWide, isPinned, namesCluster, oneValue } from "../scope.ts";
import { setOperators } from "../walk.ts";

/** `unless on (namespace)`: a namespace of one cluster hides its namesakes in all others. */
export const setOperationLacksCluster: Check = {
  id: "C03",
  about: "`and`, `or` and `unless` without the cluster's label let one cluster decide about another.",
  severity: "error",
  alsoLogql: true,
  binary: {
    of: setOperators,
    look(part, expression, { setting, labelsOf }) {
      if (!setting.manyClusters) return undefined;
      const { cluster } = setting.labels;
      const { matching, left, right } = part;
      if (!matching || isFleetWide(expression, setting)) return undefined;
      if (namesCluster(matching.labels, cluster) === matching.on) return undefined;
      if (matching.labels.some((label) => label.includes("$"))) return undefined;
      if (![left, right].every((side) => mayHave(labelsOf(side), cluster))) return undefined;
      if ([left, right].every((side) => isPinned(side, cluster, oneValue(expression)))) return undefined;
      const message = `\`${part.op} ${matching.on ? "on" : "ignoring"}\` ${matching.on ? "lacks" : "leaves out"} \`${cluster}\`: one cluster decides about another`;
      return inExpression(expression, message, { from: part.opFrom, to: right.from });
    },
  },
};
