import { type Check, inExpression } from "../check.ts";
import { durationOf } from "../durations.ts";
import { everyPart } from "../walk.ts";

const changing: ReadonlySet<string> = new Set(["topk", "bottomk", "limitk"]);

/** What fires and resolves with every sample. */
export const flapping: Check = {
  id: "A08",
  about: "topk() chooses anew each time, irate() sees two samples, and without `for` one bad sample notifies.",
  severity: "warning",
  aggregate: {
    of: changing,
    look(part, expression) {
      if (expression.rule?.kind !== "alert") return undefined;
      return inExpression(expression, `${part.name}() chooses other series each time: the alert starts anew`, part);
    },
  },
  call: {
    of: new Set(["irate"]),
    look(part, expression) {
      if (expression.rule?.kind !== "alert") return undefined;
      const message = "irate() looks at two samples only: use rate() in alerts";
      return inExpression(expression, message, part, { from: part.from, to: part.from + 5, text: "rate" });
    },
  },
  alert(rule) {
    const { tree, promql } = rule.expression;
    if (!tree || !promql || (durationOf(rule.for) ?? 0) > 0 || promql.selectors.length === 0) return undefined;
    if (promql.selectors.some(({ metric, range }) => range || metric?.includes(":") === true)) return undefined;
    if (everyPart(tree).some(({ kind }) => kind === "subquery")) return undefined;
    return { thing: rule, message: "has no `for`: one bad sample is enough" };
  },
};
