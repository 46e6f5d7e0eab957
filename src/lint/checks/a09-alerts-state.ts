import { type Check, inExpression } from "../check.ts";

/** ALERTS has a series for what is only pending, too. */
export const alertsState: Check = {
  id: "A09",
  about: "ALERTS without `alertstate` counts what is only pending, and an alert twice while it changes.",
  severity: "error",
  selector({ selector, from, to }, expression) {
    if (selector.metric !== "ALERTS" || selector.matchers.some(({ label }) => label === "alertstate")) return undefined;
    return inExpression(expression, 'ALERTS also holds pending alerts: add alertstate="firing"', { from, to });
  },
};
