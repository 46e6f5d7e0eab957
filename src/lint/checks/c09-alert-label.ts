import { type Check, inExpression } from "../check.ts";
import { mayHave } from "../labels-of.ts";
import { isFleetWide, namesCluster } from "../scope.ts";
import { selectorsIn } from "../walk.ts";

/** An alert that does not say in which cluster: it can't be routed, inhibited or silenced per cluster. */
export const alertLacksCluster: Check = {
  id: "C09",
  about: "An alert whose result has no cluster label tells nobody where, and can't be routed or muted per cluster.",
  severity: "error",
  *run({ rules, setting, labelsOf }) {
    if (!setting.manyClusters) return;
    const { cluster, environment, region } = setting.labels;
    for (const { kind, labels, expression } of rules) {
      const { tree } = expression;
      if (kind !== "alert" || !tree || cluster in labels || isFleetWide(expression, setting)) continue;
      // A dead man's switch reads nothing.
      if (selectorsIn(tree).length === 0 || mayHave(labelsOf(tree), cluster)) continue;
      const { names } = labelsOf(tree);
      // One alert for all of an environment or a region is meant so.
      if (namesCluster(names, cluster) || names.has(environment) || names.has(region)) continue;
      yield inExpression(expression, `the result has no \`${cluster}\`: keep it, or set it in the rule's labels`);
    }
  },
};
