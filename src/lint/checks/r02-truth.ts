import { type Check, type Found, inExpression } from "../check.ts";
import { mayHave } from "../labels-of.ts";
import type { Expr } from "../promql-types.ts";
import type { Setting } from "../subject.ts";
import { bare, everyPart } from "../walk.ts";

/** A recorded name is all that its reader knows: level, window and operation must be those of the expression. */
export const nameTellsTruth: Check = {
  id: "R02",
  about: "Who reads a recorded series believes its name: a level, window or operation that is not so misleads.",
  severity: "warning",
  record({ name, labels, expression }, { setting, labelsOf }) {
    const { tree } = expression;
    const afterLevel = name.indexOf(":");
    if (!tree || afterLevel < 0) return undefined;
    let found: Found[] | undefined;
    const say = (what: string): unknown => (found ??= []).push(inExpression(expression, `${name} says ${what}`));
    const own = labelsOf(tree);
    for (const label of levelLabels(name.slice(0, afterLevel), setting)) {
      if (!mayHave(own, label) && !(label in labels)) say(`that it is per ${label}, which the result does not have`);
    }
    const last = name.slice(name.lastIndexOf(":") + 1);
    const window = windowSaid.exec(last)?.[1];
    const others = window === undefined ? none : windowsBut(window, tree);
    if (others.length > 0) say(`${window}; the window is ${others.join(", ")}`);
    const operation = operationSaid.exec(last)?.[1];
    const top = bare(tree);
    if (
      operation !== undefined &&
      top.kind === "aggregate" &&
      plain.has(top.name) &&
      !operations(top).some((one) => one === operation || counts(one, operation))
    ) {
      say(`${operation}; the result is a ${top.name}`);
    }
    return found;
  },
};

const windowSaid = /(?:rate|increase|irate|delta|deriv|avg|max|min)(\d+(?:ms|[smhdwy]))$/u;
const operationSaid = /^(sum|avg|min|max|count)(?:$|_)/u;
const none: readonly string[] = [];
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
function levelLabels(level: string, { labels }: Setting): readonly string[] {
  const whole = level === "cluster" || level === "environment" || level === "region" ? labels[level] : undefined;
  if (whole !== undefined) return [whole];
  const found: string[] = [];
  for (const word of level.split("_")) {
    if (word === "cluster" || word === "environment" || word === "region") found.push(labels[word]);
    else if (local.has(word)) found.push(word);
    else return none;
  }
  return found;
}

/** The windows of an expression, where none of them is this. */
function windowsBut(window: string, tree: Expr): readonly string[] {
  let found: string[] | undefined;
  const parts = everyPart(tree);
  for (let at = 0; at < parts.length; at++) {
    const part = parts[at] as Expr;
    if ((part.kind !== "selector" && part.kind !== "subquery") || !part.range) continue;
    const { text } = part.range;
    if (text === window) return none;
    if (!(found ??= []).includes(text)) found.push(text);
  }
  return found ?? none;
}
