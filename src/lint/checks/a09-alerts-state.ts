import { type Check, inExpression } from "../check.ts";
import { selectorsIn } from "../walk.ts";

/** ALERTS has a series for what is only pending, too. */
export const alertsState: Check = {
  id: "A09",
  about: "ALERTS without `alertstate` counts what is only pending, and an alert twice while it changes.",
  severity: "error",
  *run({ promql }) {
    for (const expression of promql) {
      for (const { selector, from, to } of selectorsIn(expression.tree)) {
        if (selector.metric !== "ALERTS" || selector.matchers.some(({ label }) => label === "alertstate")) continue;
        yield inExpression(expression, 'ALERTS also holds pending alerts: add alertstate="firing"', { from, to });
      }
    }
  },
};
