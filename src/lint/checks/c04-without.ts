import { type Check, inExpression } from "../check.ts";
import { mayHave } from "../labels-of.ts";
import { isFleetWide, isPinned, oneValue } from "../scope.ts";
import { picks } from "../walk.ts";

/** `without (cluster)`: said, and almost never meant. */
export const withoutCluster: Check = {
  id: "C04",
  about: "`without` with the cluster's label mixes all clusters, and keeps every other label, so that names collide.",
  severity: "error",
  alsoLogql: true,
  aggregate(part, expression, { setting, labelsOf }) {
    if (!setting.manyClusters || part.grouping?.by !== false || picks(part.name)) return undefined;
    const { cluster } = setting.labels;
    if (isFleetWide(expression, setting)) return undefined;
    if (!part.grouping.labels.includes(cluster) || !mayHave(labelsOf(part.inner), cluster)) return undefined;
    if (isPinned(part.inner, cluster, oneValue(expression))) return undefined;
    return inExpression(expression, `\`without (${cluster})\` mixes clusters: take it out of the list`, part);
  },
};
