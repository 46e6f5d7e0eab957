import { type Check, inExpression } from "../check.ts";
import { picks } from "../walk.ts";

/** A federated rule reads `__tenant_id__` too, which `without` keeps: the ruler refuses to write it. */
export const federatedWithout: Check = {
  id: "C10",
  about: "In a group that reads several tenants `without` keeps `__tenant_id__`, and with it a series per tenant.",
  severity: "error",
  aggregate(part, expression) {
    if (part.grouping?.by !== false || picks(part.name) || !expression.rule?.group.sourceTenants) return undefined;
    if (part.grouping.labels.includes("__tenant_id__")) return undefined;
    const message = "`without` in a federated group keeps `__tenant_id__`: say what to keep, with `by`";
    return inExpression(expression, message, part);
  },
};
