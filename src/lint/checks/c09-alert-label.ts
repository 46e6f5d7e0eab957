import { type Check, inExpression } from "../check.ts";
import { mayHave } from "../labels-of.ts";
import { countsClusters, isFleetWide, namesCluster } from "../scope.ts";
import { aggregatesIn } from "../walk.ts";

/** An alert that does not say in which cluster: it can't be routed, inhibited or silenced per cluster. */
export const alertLacksCluster: Check = {
  id: "C09",
  about: "An alert whose result has no cluster label tells nobody where, and can't be routed or muted per cluster.",
  severity: "error",
  alert({ labels, expression }, { setting, labelsOf }) {
    if (!setting.manyClusters) return undefined;
    const { cluster, environment, region } = setting.labels;
    const { tree, promql } = expression;
    if (!tree || cluster in labels || isFleetWide(expression, setting)) return undefined;
    // A dead man's switch reads nothing.
    if (promql?.selectors.length === 0 || mayHave(labelsOf(tree), cluster)) return undefined;
    const { names } = labelsOf(tree);
    if (aggregatesIn(tree).some((part) => countsClusters(part, setting))) return undefined;
    // One alert for all of an environment or a region is meant so.
    if (namesCluster(names, cluster) || names.includes(environment) || names.includes(region)) return undefined;
    return inExpression(expression, `the result has no \`${cluster}\`: keep it, or set it in the rule's labels`);
  },
};
