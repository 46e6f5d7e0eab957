import { type Check, inExpression } from "../check.ts";
import { mayHave } from "../labels-of.ts";
import type { Expr } from "../promql-types.ts";
import type { Setting } from "../subject.ts";
import { bare, everyPart } from "../walk.ts";

/** A recorded name is all that its reader knows: level, window and operation must be those of the expression. */
export const nameTellsTruth: Check = {
  id: "R02",
  about: "Who reads a recorded series believes its name: a level, window or operation that is not so misleads.",
  severity: "warning",
  *record({ name, labels, expression }, { setting, labelsOf }) {
    const { tree } = expression;
    if (!tree || !name.includes(":")) return;
    const parts = name.split(":");
    const [level = ""] = parts;
    const last = parts.at(-1) ?? "";
    const own = labelsOf(tree);
    for (const label of levelLabels(level, setting)) {
      if (mayHave(own, label) || label in labels) continue;
      yield inExpression(expression, `${name} says that it is per ${label}, which the result does not have`);
    }
    const [, window] = /(?:rate|increase|irate|delta|deriv|avg|max|min)(\d+(?:ms|[smhdwy]))$/u.exec(last) ?? [];
    const windows = window === undefined ? [] : windowsIn(tree);
    if (window !== undefined && windows.length > 0 && !windows.includes(window)) {
      yield inExpression(expression, `${name} says ${window}; the window is ${windows.join(", ")}`);
    }
    const operation = /^(sum|avg|min|max|count)(?:$|_)/u.exec(last)?.[1];
    const top = bare(tree);
    if (
      operation !== undefined &&
      top.kind === "aggregate" &&
      plain.has(top.name) &&
      !operations(top).some((found) => found === operation || counts(found, operation))
    ) {
      yield inExpression(expression, `${name} says ${operation}; the result is a ${top.name}`);
    }
  },
};

const plain: ReadonlySet<string> = new Set(["sum", "avg", "min", "max", "count"]);

/** What an aggregation does, and the aggregations right below it: the sum of maxima may be called either. */
function operations(expr: Expr): string[] {
  return everyPart(expr).flatMap((part) => (part.kind === "aggregate" ? [part.name] : []));
}

/** The sum of zeros and ones is a count. */
function counts(found: string, said: string): boolean {
  return found === "sum" && said === "count";
}

const local: ReadonlySet<string> = new Set(["namespace", "pod", "node", "instance", "job", "container"]);

/** Words of a level that are labels: `cluster_namespace` names two. */
function levelLabels(level: string, { labels }: Setting): string[] {
  const found = level.split("_").map((word) => {
    if (word === "cluster" || word === "environment" || word === "region") return labels[word];
    return local.has(word) ? word : undefined;
  });
  return found.every((label) => label !== undefined) ? found : [];
}

function windowsIn(tree: Expr): string[] {
  const found = everyPart(tree).flatMap((part) =>
    (part.kind === "selector" || part.kind === "subquery") && part.range ? [part.range.text] : [],
  );
  return [...new Set(found)];
}
