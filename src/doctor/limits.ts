import * as z from "zod";
import { jsonOf } from "../discover/json.ts";
import type { Fleet } from "../fleet/model.ts";
import type { Ailment, Health } from "./ailment.ts";
import type { Http } from "../publish/http.ts";

/** What a tenant may have, in Mimir's words; 0 is no limit. */
export interface TenantLimits {
  readonly max_global_series_per_user: number;
  readonly ingestion_rate: number;
  readonly ruler_max_rules_per_rule_group: number;
  readonly ruler_max_rule_groups_per_tenant?: number | undefined;
}

const limitsAnswer = z.looseObject({
  max_global_series_per_user: z.number().default(0),
  ingestion_rate: z.number().default(0),
  ruler_max_rules_per_rule_group: z.number().default(0),
  ruler_max_rule_groups_per_tenant: z.number().optional(),
});

/** What it has. */
const statsAnswer = z.looseObject({ numSeries: z.number(), ingestionRate: z.number() });

/** From this share on there is no room for a rollout, which doubles the series of what it replaces for a while. */
const near = 0.8;

/** What Mimir allows a tenant; undefined where it has no file of overrides, for then it tells nobody. */
export async function limitsOf(
  http: Http,
  headers: Readonly<Record<string, string>>,
): Promise<TenantLimits | undefined> {
  const { status, text } = await http({ path: "/api/v1/user_limits", headers, accepts: [401, 403, 405, 501] });
  return status === 200 ? limitsAnswer.safeParse(jsonOf(text)).data : undefined;
}

/** Will what the agents send be taken tomorrow too? A tenant at its limit loses series without a word to its agents' owners. */
export async function ingestion(
  { backends: { metrics } }: Fleet,
  http: Http,
  { headers, where }: { readonly headers: Readonly<Record<string, string>>; readonly where: string },
): Promise<Health> {
  if (metrics.kind !== "mimir") return { ailments: [], well: [] };
  const limits = await limitsOf(http, headers);
  const { status, text } = await http({ path: "/api/v1/user_stats", headers, accepts: [401, 403, 405, 501] });
  const stats = status === 200 ? statsAnswer.safeParse(jsonOf(text)).data : undefined;
  if (!limits || !stats) return { ailments: [], well: [] };
  const checks = [
    { option: "max_global_series_per_user", what: "series", now: stats.numSeries },
    { option: "ingestion_rate", what: "samples a second", now: stats.ingestionRate },
  ] as const;
  const ailments = checks.flatMap(({ option, what, now }): Ailment[] => {
    const most = limits[option];
    if (most === 0 || now < near * most) return [];
    return [
      {
        check: option === "ingestion_rate" ? "ingestion-limit" : "series-limit",
        where,
        says: `${english(now)} ${what}, ${Math.round((100 * now) / most)} % of the ${english(most)} that it allows: beyond them samples are lost`,
        mend: `raise ${option} for this tenant, or send less: fleetglass analyze says what nobody reads`,
      },
    ];
  });
  return { ailments, well: [] };
}

function english(number: number): string {
  return Math.round(number).toLocaleString("en");
}
