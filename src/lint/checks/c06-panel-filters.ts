import { type Check, inExpression } from "../check.ts";
import { mayHave } from "../labels-of.ts";
import type { Expr, Selector } from "../promql-types.ts";
import type { Subject } from "../subject.ts";
import { everyPart, isScalar, selectorsIn } from "../walk.ts";

/** A panel that shows all clusters, whatever the reader has chosen above it. */
export const panelIgnoresFilters: Check = {
  id: "C06",
  about: "A query that ignores the board's cluster or environment shows numbers of something else than was chosen.",
  severity: "error",
  *run({ boards, setting, labelsOf }) {
    if (!setting.manyClusters) return;
    const { cluster, environment } = setting.labels;
    for (const { variables, panels } of boards) {
      const names = new Set(variables.filter(({ type }) => type !== "adhoc").map(({ name }) => name));
      const wanted = [
        ["cluster", cluster],
        ["environment", environment],
      ].filter(([name = "", label = ""]) => names.has(name) || names.has(label)) as [string, string][];
      for (const expression of panels.flatMap(({ targets }) => targets)) {
        const { tree, logql, text } = expression;
        const selectors = tree ? selectorsIn(tree).map(({ selector }) => selector) : (logql?.selectors ?? []);
        if (selectors.length === 0 || selectors.some((selector) => "opaque" in selector && selector.opaque === true)) {
          continue;
        }
        const obeys = ([name, label]: readonly [string, string], { matchers }: Pick<Selector, "matchers">): boolean =>
          matchers.some(
            (one) =>
              mentions(one.value, name) ||
              mentions(one.value, label) ||
              (one.label === label && !one.value.includes("$")),
          );
        const ignored = wanted.filter(
          ([name, label]) =>
            !mentions(text, name) &&
            !mentions(text, label) &&
            !selectors.some((selector) => obeys([name, label], selector)),
        );
        // The clusters on offer are those of the chosen environment.
        const [first] = ignored.some(([name]) => name === "cluster") ? ignored : wanted.length === 1 ? ignored : [];
        if (first) {
          yield inExpression(expression, `ignores ${said(first, names)}: add ${first[1]}=~"${said(first, names)}"`);
          continue;
        }
        const one = wanted.find(([name]) => name === "cluster");
        // A text in a label_replace() may be the filter.
        const isInSelectors =
          one &&
          tree &&
          !everyPart(tree).some((part) => part.kind === "string" && one.some((name) => mentions(part.text, name)));
        const part =
          one &&
          tree &&
          isInSelectors &&
          unfiltered(tree, { obeys: (selector) => obeys(one, selector), cluster, labelsOf });
        if (part)
          yield inExpression(
            expression,
            `a part ignores ${said(one, names)}: add ${cluster}=~"${said(one, names)}"`,
            part,
          );
      }
    }
  },
};

function said([name, label]: readonly [string, string], names: ReadonlySet<string>): string {
  return `$${names.has(name) ? name : label}`;
}

interface Filter {
  readonly obeys: (selector: Selector) => boolean;
  readonly cluster: string;
  readonly labelsOf: Subject["labelsOf"];
}

/**
 * The first part whose series of other clusters come through. What meets the chosen ones by the cluster's label is chosen
 * with them, or by the labels that somebody names; what has no such label can't be.
 */
function unfiltered(expr: Expr, filter: Filter): Expr | undefined {
  const { obeys, cluster, labelsOf } = filter;
  switch (expr.kind) {
    case "selector":
      return obeys(expr.selector) || !mayHave(labelsOf(expr), cluster) ? undefined : expr;
    case "binary": {
      const { left, right, op, matching } = expr;
      const [first, second] = [unfiltered(left, filter), unfiltered(right, filter)];
      if (!first && !second) return undefined;
      const meet = matching?.on
        ? matching.labels.length > 0
        : matching?.labels.includes(cluster) !== true &&
          ![left, right].some((side) => isScalar(side) || !mayHave(labelsOf(side), cluster));
      if (op === "unless") return first ?? (meet ? undefined : second);
      return op !== "or" && meet && !(first && second) ? undefined : (first ?? second);
    }
    case "aggregate":
    case "subquery":
    case "unary":
    case "parens":
      return unfiltered(expr.inner, filter);
    case "call":
      return expr.args.map((arg) => unfiltered(arg, filter)).find((arg) => arg !== undefined);
    default:
      return undefined;
  }
}

function mentions(text: string, variable: string): boolean {
  return new RegExp(String.raw`\$\{?${variable}\b|\[\[${variable}\b`, "u").test(text);
}
