import { type Check, type Found, inExpression } from "../check.ts";
import type { Selector } from "../promql-types.ts";
import type { RuleThing } from "../subject.ts";

/** A recorded series lives in the tenant whose ruler records it, and nowhere else. */
export const tenantHoldsMetric: Check = {
  id: "C08",
  about: "A recorded series that is not in the tenant which a rule or a data source reads is empty there, for ever.",
  severity: "error",
  promql(expression, { dataSources, recorded }) {
    const { rule, source } = expression;
    const read = rule ? tenantsOf(rule) : dataSources.find(({ uid }) => uid === source?.uid)?.tenants;
    if (!read) return undefined;
    const { selectors } = expression.promql;
    let found: Found[] | undefined;
    for (let at = 0; at < selectors.length; at++) {
      const selector = selectors[at] as Selector;
      const rules = selector.metric === undefined ? undefined : recorded.get(selector.metric);
      if (!rules || rules.some(({ group: { tenant } }) => tenant === undefined || read.includes(tenant))) continue;
      const held = `${selector.metric} is recorded in ${tenantsIn(rules)}`;
      const tenants = read.join(", ");
      const message = rule
        ? `${held}, not in ${tenants}, which this rule reads`
        : `${held}; the data source reads ${tenants}`;
      (found ??= []).push(inExpression(expression, message, selector));
    }
    return found;
  },
};

function tenantsOf({ group: { tenant, sourceTenants } }: RuleThing): readonly string[] | undefined {
  return tenant === undefined ? undefined : (sourceTenants ?? [tenant]);
}

function tenantsIn(rules: readonly RuleThing[]): string {
  return [...new Set(rules.map(({ group }) => group.tenant ?? ""))].toSorted().join(", ");
}
