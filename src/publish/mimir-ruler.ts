import { z } from "zod";
import type { Resource } from "../bundle.ts";
import type { Http } from "./http.ts";
import { mimirApi, ruler, type RulerOptions } from "./ruler.ts";
import type { Objection, Target } from "./target.ts";

const buildInfo = z.looseObject({ data: z.looseObject({ features: z.record(z.string(), z.string()) }) });

/** A tenant's rule groups in Mimir. */
export function mimirRuler(http: Http, options: RulerOptions): Target {
  return {
    ...ruler(http, mimirApi, options),
    objections: (resources) => federationObjections(http, resources),
  };
}

/** A ruler without federation answers 400 to a group that reads several tenants; it says beforehand whether it has it. */
async function federationObjections(http: Http, resources: readonly Resource[]): Promise<readonly Objection[]> {
  const federated = resources.filter((one) => one.kind === "rule-group" && one.spec.source_tenants !== undefined);
  if (federated.length === 0) return [];
  const { text } = await http({ path: "/api/v1/status/buildinfo", accepts: [401, 403] });
  // A gateway that hides it leaves the question open.
  const features = buildInfo.safeParse(jsonOf(text)).data?.data.features;
  if (features?.["federated_rules"] !== "false") return [];
  return federated.map((resource) => ({
    resource,
    reason: "it reads several tenants, and this Mimir's ruler does not",
    mend: "set -tenant-federation.enabled and -ruler.tenant-federation.enabled there, or tenancy: { federation: false } in the fleet",
  }));
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
