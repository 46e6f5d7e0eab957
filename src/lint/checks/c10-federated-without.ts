import { type Check, inExpression } from "../check.ts";
import { everyPart, picks } from "../walk.ts";

/** A federated rule reads `__tenant_id__` too, which `without` keeps: the ruler refuses to write it. */
export const federatedWithout: Check = {
  id: "C10",
  about: "In a group that reads several tenants `without` keeps `__tenant_id__`, and with it a series per tenant.",
  severity: "error",
  *run({ groups }) {
    for (const { sourceTenants, rules } of groups) {
      if (!sourceTenants) continue;
      for (const { expression } of rules) {
        for (const part of expression.tree ? everyPart(expression.tree) : []) {
          if (part.kind !== "aggregate" || part.grouping?.by !== false || picks(part.name)) continue;
          if (part.grouping.labels.includes("__tenant_id__")) continue;
          const message = "`without` in a federated group keeps `__tenant_id__`: say what to keep, with `by`";
          yield inExpression(expression, message, part);
        }
      }
    }
  },
};
