import { type Check, type Found, inExpression } from "../check.ts";
import { mayHave } from "../labels-of.ts";
import type { AggregateExpr, Expr } from "../promql-types.ts";
import { countsClusters, isFleetWide, isPinned, namesCluster, oneValue } from "../scope.ts";
import type { LogqlExpression, PromqlExpression, Subject } from "../subject.ts";
import { everyPart, picks, selectorsIn } from "../walk.ts";

/**
 * Things of different clusters that have the same name become one. On a board a total over the chosen clusters is fine,
 * but not one per pod or namespace: those names repeat in every cluster.
 */
export const aggregationDropsCluster: Check = {
  id: "C01",
  about: "An aggregation without the cluster's label adds up things of different clusters that only share a name.",
  severity: "error",
  promql: look,
  logql: look,
};

function look(expression: TreeExpression, subject: Subject): Found[] | undefined {
  const { setting } = subject;
  if (!setting.manyClusters || isFleetWide(expression, setting)) return undefined;
  return outermost(expression, subject).map((part) => {
    const { cluster } = setting.labels;
    const by = part.grouping?.by === true ? part.grouping.labels : [];
    const kept = by.length > 0 ? ` by (${by.join(", ")})` : "";
    const message = `${part.name}${kept} drops \`${cluster}\`: clusters are mixed; add it to \`by\``;
    const at = expression.text.indexOf("(", part.grouping?.from) + 1;
    const fix = by.length > 0 ? { from: at, to: at, text: `${cluster}, ` } : undefined;
    return inExpression(expression, message, part, fix);
  });
}

type TreeExpression = PromqlExpression | LogqlExpression;

/** The aggregations that lose the label, not those inside another one that does. */
function outermost(expression: TreeExpression, { labelsOf, setting }: Subject): AggregateExpr[] {
  const { cluster } = setting.labels;
  const found: AggregateExpr[] = [];
  const parts = everyPart(expression.tree);
  for (let at = 0; at < parts.length; at++) {
    const part = parts[at] as Expr;
    if (part.kind !== "aggregate") continue;
    const { grouping } = part;
    if (part.from < (found.at(-1)?.to ?? -1) || picks(part.name) || part.name.includes("$")) continue;
    if (grouping?.by === false || grouping?.labels.includes(cluster) === true) continue;
    if (mayHave(labelsOf(part), cluster) || namesCluster(grouping?.labels ?? [], cluster)) continue;
    if (isWider(part, setting) || !mayHave(labelsOf(part.inner), cluster)) continue;
    if (isPinned(part.inner, cluster, oneValue(expression))) continue;
    if (countsClusters(part, setting) || (expression.dashboard && isMeant(part, setting))) continue;
    found.push(part);
  }
  return found;
}

/** Labels whose values repeat in every cluster. */
const local: ReadonlySet<string> = new Set(
  (
    "namespace pod container node instance deployment statefulset daemonset replicaset job_name cronjob ingress " +
    "persistentvolumeclaim persistentvolume horizontalpodautoscaler uid workload exported_namespace exported_pod"
  ).split(" "),
);

/** Is it said to be per environment or region, and of nothing that only a cluster has? */
function isWider({ grouping }: AggregateExpr, { labels: { environment, region } }: Subject["setting"]): boolean {
  const labels = grouping?.labels ?? [];
  return (labels.includes(environment) || labels.includes(region)) && !labels.some((label) => local.has(label));
}

/** Is it a total, or per something wider than a cluster, or of the one thing that the reader has chosen? */
function isMeant({ grouping, inner }: AggregateExpr, { labels: { environment, region } }: Subject["setting"]): boolean {
  const labels = grouping?.labels ?? [];
  if (!labels.some((label) => local.has(label)) || labels.includes(environment) || labels.includes(region)) return true;
  return selectorsIn(inner).some(({ selector: { matchers } }) =>
    matchers.some(
      ({ label, op, value }) => value.includes("$") && (local.has(label) || (label === environment && op === "=")),
    ),
  );
}
