import * as z from "zod";
import type { Resource } from "../bundle.ts";
import { type Http, jsonIn } from "./http.ts";
import { groupNames, mimirApi, ruler, type RulerOptions } from "./ruler.ts";
import type { Objection, Target } from "./target.ts";

const buildInfo = z.looseObject({ data: z.looseObject({ features: z.record(z.string(), z.string()) }) });

export interface MimirRulerOptions extends RulerOptions {
  /** How many groups a tenant may have, where Mimir itself does not say; unlimited where that is left out, or 0. */
  readonly groupsPerTenant?: number;
}

/** A tenant's rule groups in Mimir. */
export function mimirRuler(http: Http, options: MimirRulerOptions): Target {
  return {
    ...ruler(http, mimirApi, options),
    objections: async (resources) =>
      (await Promise.all([federationObjections(http, resources), limitObjections(http, options, resources)])).flat(),
  };
}

const limits = z.looseObject({
  ruler_max_rule_groups_per_tenant: z.number().optional(),
  ruler_max_rules_per_rule_group: z.number().optional(),
});

/** At its limit a ruler refuses every write, a change too; and others' groups count as well. */
async function limitObjections(
  http: Http,
  options: MimirRulerOptions,
  resources: readonly Resource[],
): Promise<readonly Objection[]> {
  const { tenant, header, namespace, groupsPerTenant } = options;
  const headers = header === undefined ? {} : { [header]: tenant };
  // Without a file of overrides, and through many a gateway, Mimir tells nobody.
  const said = await http({ path: "/api/v1/user_limits", headers, accepts: [401, 403, 405, 501] });
  const told = said.status === 200 ? limits.safeParse(jsonIn(said.text)).data : undefined;
  const most = told?.ruler_max_rule_groups_per_tenant ?? groupsPerTenant ?? 0;
  const longest = told?.ruler_max_rules_per_rule_group ?? 0;
  const [first] = resources;
  return [
    ...(first && most > 0 ? await tooMany() : []),
    ...resources.flatMap((resource): Objection[] => {
      const many = resource.kind === "rule-group" ? resource.spec.rules.length : 0;
      if (longest === 0 || many <= longest) return [];
      return [
        {
          resource,
          reason: `it has ${many} rules, and the ruler of tenant ${tenant} allows ${longest} in a group`,
          mend: `set limits: { rulesPerGroup: ${longest} } at the backend in the fleet, and groups are split; or raise ruler_max_rules_per_rule_group`,
        },
      ];
    }),
  ];

  async function tooMany(): Promise<Objection[]> {
    const all = await groupNames(http, mimirApi, options);
    const own = new Set(all.get(namespace));
    const created = resources.filter(({ id }) => !own.has(id)).length;
    const others = [...all].reduce((sum, [name, groups]) => (name === namespace ? sum : sum + groups.length), 0);
    const ours = own.size + created;
    if (!first || ours + others < most) return [];
    return [
      {
        resource: first,
        reason: `tenant ${tenant} would have ${ours} rule groups of ours beside ${others} of others, and at ${most} its ruler refuses every change`,
        mend: `raise ruler_max_rule_groups_per_tenant to ${Math.ceil((ours + others + 1) / 10) * 10} or more for this tenant (and limits.groupsPerTenant of the backend in the fleet), or remove groups there`,
      },
    ];
  }
}

/** A ruler without federation answers 400 to a group that reads several tenants; it says beforehand whether it has it. */
async function federationObjections(http: Http, resources: readonly Resource[]): Promise<readonly Objection[]> {
  const federated = resources.filter((one) => one.kind === "rule-group" && one.spec.source_tenants !== undefined);
  if (federated.length === 0) return [];
  const { text } = await http({ path: "/api/v1/status/buildinfo", accepts: [401, 403] });
  // A gateway that hides it leaves the question open.
  const features = buildInfo.safeParse(jsonIn(text)).data?.data.features;
  if (features?.["federated_rules"] !== "false") return [];
  return federated.map((resource) => ({
    resource,
    reason: "it reads several tenants, and this Mimir's ruler does not",
    mend: "set -tenant-federation.enabled and -ruler.tenant-federation.enabled there, or tenancy: { federation: false } in the fleet",
  }));
}
