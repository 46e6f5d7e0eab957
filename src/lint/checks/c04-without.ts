import { type Check, inExpression } from "../check.ts";
import { mayHave } from "../labels-of.ts";
import { isFleetWide, isPinned, oneValue } from "../scope.ts";
import { aggregatesIn, picks } from "../walk.ts";

/** `without (cluster)`: said, and almost never meant. */
export const withoutCluster: Check = {
  id: "C04",
  about: "`without` with the cluster's label mixes all clusters, and keeps every other label, so that names collide.",
  severity: "error",
  *run({ promql, setting, labelsOf }) {
    if (!setting.manyClusters) return;
    const { cluster } = setting.labels;
    for (const expression of promql) {
      if (isFleetWide(expression, setting)) continue;
      for (const part of aggregatesIn(expression.tree)) {
        if (part.grouping?.by !== false || picks(part.name)) continue;
        if (!part.grouping.labels.includes(cluster) || !mayHave(labelsOf(part.inner), cluster)) continue;
        if (isPinned(part.inner, cluster, oneValue(expression))) continue;
        yield inExpression(expression, `\`without (${cluster})\` mixes clusters: take it out of the list`, part);
      }
    }
  },
};
