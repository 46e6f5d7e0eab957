import type { Check } from "../check.ts";

/** Federated rules write their results and their ALERTS into the tenant that owns the group. */
export const ownerTenantRead: Check = {
  id: "C11",
  about: "A data source of several tenants that misses the owner of federated rules shows none of their results.",
  severity: "warning",
  *run({ groups, dataSources }) {
    const owners = new Map<string, ReadonlySet<string>>();
    for (const { tenant, sourceTenants } of groups) {
      if (tenant === undefined || !sourceTenants) continue;
      owners.set(tenant, new Set([...(owners.get(tenant) ?? []), ...sourceTenants]));
    }
    for (const source of dataSources) {
      const { tenants, type } = source;
      if (type !== "prometheus" || !tenants || tenants.length < 2) continue;
      for (const [owner, read] of owners) {
        const others = [...read].filter((tenant) => tenant !== owner);
        if (tenants.includes(owner) || !others.every((tenant) => tenants.includes(tenant))) continue;
        const message = `reads ${tenants.join(", ")} but not ${owner}, where the rules that compare them write`;
        yield { thing: source, message };
      }
    }
  },
};
