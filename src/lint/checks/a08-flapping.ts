import { type Check, inExpression } from "../check.ts";
import { durationOf } from "../durations.ts";
import { everyPart, selectorsIn } from "../walk.ts";

const changing: ReadonlySet<string> = new Set(["topk", "bottomk", "limitk"]);

/** What fires and resolves with every sample. */
export const flapping: Check = {
  id: "A08",
  about: "topk() chooses anew each time, irate() sees two samples, and without `for` one bad sample notifies.",
  severity: "warning",
  *run({ rules }) {
    for (const rule of rules) {
      const { tree } = rule.expression;
      if (rule.kind !== "alert" || !tree) continue;
      const parts = everyPart(tree);
      for (const part of parts) {
        if (part.kind === "aggregate" && changing.has(part.name)) {
          yield inExpression(
            rule.expression,
            `${part.name}() chooses other series each time: the alert starts anew`,
            part,
          );
        } else if (part.kind === "call" && part.name === "irate") {
          const message = "irate() looks at two samples only: use rate() in alerts";
          yield inExpression(rule.expression, message, part, { from: part.from, to: part.from + 5, text: "rate" });
        }
      }
      if ((durationOf(rule.for) ?? 0) > 0 || selectorsIn(tree).length === 0) continue;
      const smoothed = parts.some(
        (part) => (part.kind === "selector" || part.kind === "subquery") && part.range !== undefined,
      );
      const records = selectorsIn(tree).some(({ selector }) => selector.metric?.includes(":") === true);
      if (!smoothed && !records) yield { thing: rule, message: "has no `for`: one bad sample is enough" };
    }
  },
};
