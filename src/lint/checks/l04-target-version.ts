import { type Check, inExpression } from "../check.ts";

/** What is right only on a server that runs with a feature flag. */
export const targetVersion: Check = {
  id: "L04",
  about: "An expression that needs a feature flag or a newer server is refused by the one that it is sent to.",
  severity: "warning",
  *run({ expressions }) {
    for (const expression of expressions) {
      for (const error of expression.promql?.errors ?? []) {
        if (error.flag !== undefined) yield inExpression(expression, error.message, error);
      }
    }
  },
};
