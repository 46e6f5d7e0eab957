import { type Check, inExpression } from "../check.ts";
import { bare } from "../walk.ts";

const counterOnly: ReadonlySet<string> = new Set(["rate", "irate", "increase", "resets"]);

/** To a rate every fall of a gauge is a restart of a counter: what fell is added instead of taken off. */
export const rateOfGauge: Check = {
  id: "M01",
  about:
    "A rate takes each fall of a gauge for a restart, so its result is made up; deriv() and delta() are for gauges.",
  severity: "error",
  call: {
    of: counterOnly,
    look(part, expression, { setting }) {
      const of = part.args[0] && bare(part.args[0]);
      const inner = of?.kind === "subquery" ? bare(of.inner) : of;
      if (inner?.kind !== "selector" || inner.selector.metric === undefined) return undefined;
      const { metric } = inner.selector;
      const type = setting.metric(metric)?.type;
      if (type !== "gauge" && type !== "info" && type !== "summary") return undefined;
      const instead =
        part.name === "rate" || part.name === "irate" ? "deriv()" : part.name === "increase" ? "delta()" : "changes()";
      return inExpression(
        expression,
        `${part.name}() of ${metric}, a ${type === "summary" ? "summary" : "gauge"}; use ${instead}`,
        part,
      );
    },
  },
};
