import { type Check, inExpression } from "../check.ts";

/** A recorded series lives in the tenant whose ruler records it, and nowhere else. */
export const tenantHoldsMetric: Check = {
  id: "C08",
  about: "A recorded series that is not in the tenant which a rule or a data source reads is empty there, for ever.",
  severity: "error",
  *run({ groups, boards, dataSources, recorded }) {
    const holders = (name: string): ReadonlySet<string> | undefined => {
      const tenants = recorded.get(name)?.map(({ group }) => group.tenant);
      if (!tenants || tenants.includes(undefined)) return undefined;
      return new Set(tenants.filter((tenant) => tenant !== undefined));
    };
    for (const { tenant, sourceTenants, rules } of groups) {
      if (tenant === undefined) continue;
      const read = sourceTenants ?? [tenant];
      for (const { expression } of rules) {
        for (const selector of expression.promql?.selectors ?? []) {
          const held = selector.metric === undefined ? undefined : holders(selector.metric);
          if (!held || read.some((one) => held.has(one))) continue;
          const message = `${selector.metric} is recorded in ${listed(held)}, not in ${read.join(", ")}, which this rule reads`;
          yield inExpression(expression, message, selector);
        }
      }
    }
    const tenantsOf = new Map(dataSources.map(({ uid, tenants }) => [uid, tenants]));
    for (const expression of boards.flatMap(({ panels }) => panels.flatMap(({ targets }) => targets))) {
      const read = tenantsOf.get(expression.source?.uid ?? "");
      if (!read) continue;
      for (const selector of expression.promql?.selectors ?? []) {
        const held = selector.metric === undefined ? undefined : holders(selector.metric);
        if (!held || read.some((one) => held.has(one))) continue;
        const message = `${selector.metric} is recorded in ${listed(held)}; the data source reads ${read.join(", ")}`;
        yield inExpression(expression, message, selector);
      }
    }
  },
};

function listed(tenants: ReadonlySet<string>): string {
  return [...tenants].toSorted().join(", ");
}
