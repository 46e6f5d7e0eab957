import { z } from "zod";
import { prometheusApi, type PrometheusApi } from "../discover/prometheus-api.ts";
import { telltales } from "../discover/telltales.ts";
import type { Cluster, Fleet } from "../fleet/model.ts";
import { type Exporter, exporters } from "../labels.ts";
import { type Http, ServerError } from "../publish/http.ts";
import { type Ailment, type Health, healthOf } from "./ailment.ts";
import { unreachable } from "./grafana.ts";

export interface MetricsExam {
  readonly http: Http;
  readonly url: string;
  /** The path below which the query API is: `/prometheus`, or nothing. */
  readonly prefix: string;
  readonly credential: string;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** How many rule groups of ours each tenant should have. */
  readonly groups: Readonly<Record<string, number>>;
  /** Namespace of our rules. */
  readonly namespace: string;
  /** On which boards is what an exporter tells, with the number of panels? */
  readonly boardsOf: (exporter: Exporter) => readonly string[];
}

/** A sample may be so much later than now before a clock is wrong. */
const skewSeconds = 60;

/** Does the server answer, hold every tenant and cluster, and take our rules? */
export async function examineMetrics(fleet: Fleet, exam: MetricsExam): Promise<Health> {
  const where = `${fleet.backends.metrics.title} ${exam.url}`;
  const first = await reached(fleet, exam, where);
  if (first.ailments.length > 0) return first;
  const tenants = await Promise.all(fleet.tenants.map(({ id }) => tenant(fleet, exam, { id, where })));
  const rest = await Promise.all([federation(fleet, exam, where), clock(fleet, exam, where)]);
  const all = healthOf(first, ...tenants, ...rest);
  return { ...all, ailments: once(all.ailments, where) };
}

/** What every tenant suffers from alike is said once. */
function once(ailments: readonly Ailment[], where: string): Ailment[] {
  const same = (one: Ailment, other: Ailment): boolean =>
    one.check === other.check && one.says === other.says && one.mend === other.mend;
  return ailments.flatMap((one, at) => {
    if (ailments.findIndex((other) => same(one, other)) < at) return [];
    const many = ailments.filter((other) => same(one, other)).length;
    return [many > 1 ? { ...one, where: `${where} (${many} tenants)` } : one];
  });
}

function apiFor({ tenantHeader }: Fleet, { http, prefix }: MetricsExam, tenants: string): PrometheusApi {
  return prometheusApi(http, { prefix, headers: tenantHeader === undefined ? {} : { [tenantHeader]: tenants } });
}

async function reached(fleet: Fleet, exam: MetricsExam, where: string): Promise<Health> {
  const one = fleet.tenants[0]?.id ?? "";
  try {
    await apiFor(fleet, exam, one).query("vector(1)");
  } catch (error) {
    if (!(error instanceof ServerError)) throw error;
    if (error.status === 401 && !/org id/iu.test(error.message)) {
      const mend = `set ${exam.credential}`;
      return { well: [], ailments: [{ check: "metrics-token", where, says: "does not know the credential", mend }] };
    }
    if (error.status === 401) {
      const says = "has tenants, and the fleet sends no header";
      const mend = "name the header in tenancy.header, and the tenant in tenancy.tenant";
      return { well: [], ailments: [{ check: "tenant-header", where, says, mend }] };
    }
    return { well: [], ailments: [unreachable(error, where, "MIMIR_URL")] };
  }
  return { ailments: [], well: [`${where}: answers`] };
}

interface TenantExam {
  readonly id: string;
  readonly where: string;
}

async function tenant(fleet: Fleet, exam: MetricsExam, { id, where }: TenantExam): Promise<Health> {
  const api = apiFor(fleet, exam, id);
  const place = fleet.tenantHeader === undefined ? where : `${where}, tenant ${id}`;
  const active = fleet.tenants.find((one) => one.id === id)?.clusters.filter(({ state }) => state === "active") ?? [];
  const rules = await ruler(fleet, exam, { id, where: place });
  let arriving: ReadonlySet<string>;
  try {
    arriving = await clustersIn(fleet, api);
  } catch (error) {
    if (!(error instanceof ServerError)) throw error;
    const mend = `ask whoever runs it for the right to read tenant ${id}, or name another in the fleet`;
    return healthOf(rules, { well: [], ailments: [{ check: "tenant", where: place, says: error.message, mend }] });
  }
  const silent = active.filter(({ name }) => !arriving.has(name));
  if (active.length > 0 && silent.length === active.length) {
    const mend = `do the agents of ${active.map(({ name }) => name).join(", ")} send ${fleet.tenantHeader ?? "there"}: ${id}? Else name the tenant that they write to in the fleet`;
    return healthOf(rules, {
      well: [],
      ailments: [{ check: "tenant", where: place, says: "none of its clusters has a series here", mend }],
    });
  }
  const label = fleet.labels.cluster;
  const gone = silent.map(({ name }): Ailment => ({
    check: "cluster",
    where: place,
    says: `${name} has no series up{${label}="${name}"}`,
    mend: `does it run, does its agent write here, and does it attach ${label}="${name}"? A cluster that should not report has state: planned or maintenance`,
  }));
  const reporting = active.filter(({ name }) => arriving.has(name));
  const missing = await absentExporters(fleet, api, reporting, exam);
  const ailments = [...gone, ...missing];
  const many = `${reporting.length} of ${active.length} clusters report`;
  return healthOf(rules, {
    ailments,
    well: ailments.length === 0 ? [`${place}: ${many}, with all that the fleet says they have`] : [],
  });
}

/** The one cluster of a fleet whose agents attach no label is there when anything is. */
async function clustersIn(fleet: Fleet, api: PrometheusApi): Promise<ReadonlySet<string>> {
  const derived = fleet.derived.includes("cluster");
  const label = derived ? "" : fleet.labels.cluster;
  const found = await api.query(`group by (${label}) (up)`);
  return new Set(
    derived && found.length > 0
      ? fleet.clusters.map(({ name }) => name)
      : found.map(({ labels }) => labels[label] ?? ""),
  );
}

/** What the fleet says of a cluster and its series do not: those panels are empty. */
async function absentExporters(
  fleet: Fleet,
  api: PrometheusApi,
  clusters: readonly Cluster[],
  { boardsOf }: MetricsExam,
): Promise<Ailment[]> {
  const stated = exporters.filter((exporter) => clusters.some(({ jobs }) => jobs[exporter] !== undefined));
  const derived = fleet.derived.includes("cluster");
  const label = derived ? "" : fleet.labels.cluster;
  const found = await Promise.all(
    stated.map(async (exporter) => {
      const some = await api.query(`group by (${label}) ({__name__=~"${telltales[exporter].join("|")}"})`);
      return [exporter, new Set(some.map(({ labels }) => labels[label] ?? ""))] as const;
    }),
  );
  return clusters.flatMap((cluster) =>
    found.flatMap(([exporter, having]): Ailment[] => {
      if (cluster.jobs[exporter] === undefined || having.has(derived ? "" : cluster.name)) return [];
      const boards = boardsOf(exporter);
      const empty = boards.length === 0 ? "" : `: empty are ${boards.join(", ")}`;
      return [
        {
          check: "exporter",
          where: cluster.name,
          says: `no series of ${exporter} (none of ${telltales[exporter].join(", ")})${empty}`,
          mend: `scrape ${exporter} there, or say that it does not run: exporters: { override: { ${exporter}: false } }`,
        },
      ];
    }),
  );
}

const limitsAnswer = z.looseObject({ ruler_max_rule_groups_per_tenant: z.number().optional() });

/** Can our rules be written, and is there room for them? */
async function ruler(
  fleet: Fleet,
  { http, groups, namespace }: MetricsExam,
  { id, where }: TenantExam,
): Promise<Health> {
  if (fleet.backends.metrics.rules !== "ruler-api" || !fleet.manage.includes("rules"))
    return { ailments: [], well: [] };
  const headers = fleet.tenantHeader === undefined ? {} : { [fleet.tenantHeader]: id };
  const answer = await http({ path: "/prometheus/config/v1/rules", headers, accepts: [401, 403, 405, 500, 501] });
  const none = /no rule groups/iu.test(answer.text);
  if (answer.status === 401 || answer.status === 403) {
    const mend = "give the credential the right to write rules, or set backends[].rules to files";
    return { well: [], ailments: [{ check: "rules-rights", where, says: "may not be asked for rules", mend }] };
  }
  if (answer.status !== 200 && !none) {
    const mend =
      "turn it on (Mimir: ruler_storage, and the target ruler), or set backends[].rules to files or prometheusrule";
    return { well: [], ailments: [{ check: "rules-api", where, says: "has no API for rules", mend }] };
  }
  const limits = await http({ path: "/api/v1/user_limits", headers, accepts: [401, 403, 405, 501] });
  const told = limits.status === 200 ? limitsAnswer.safeParse(jsonOf(limits.text)).data : undefined;
  const most = told?.ruler_max_rule_groups_per_tenant ?? fleet.backends.metrics.limits.groupsPerTenant;
  const others = none ? 0 : countGroups(answer.text, namespace);
  const own = groups[id] ?? 0;
  if (most === 0 || others + own < most) return { ailments: [], well: [] };
  return {
    well: [],
    ailments: [
      {
        check: "rules-limit",
        where,
        says: `${own} rule groups of ours beside ${others} of others reach the limit of ${most}: Mimir then refuses every change`,
        mend: `raise ruler_max_rule_groups_per_tenant to ${Math.ceil((others + own + 1) / 10) * 10} or more for this tenant`,
      },
    ],
  };
}

/** Groups of all namespaces but ours, in the text of a ruler's answer. */
function countGroups(text: string, namespace: string): number {
  let inside = "";
  let found = 0;
  for (const line of text.split("\n")) {
    const [, key] = /^([^\s#-][^:]*):/u.exec(line) ?? [];
    if (key !== undefined) inside = key.replaceAll(/^["']|["']$/gu, "");
    else if (/^\s*- name:/u.test(line) && inside !== namespace) found += 1;
  }
  return found;
}

const features = z.looseObject({
  data: z.looseObject({ features: z.looseObject({ federated_rules: z.string().optional() }).optional() }),
});

async function federation(fleet: Fleet, exam: MetricsExam, where: string): Promise<Health> {
  if (fleet.owner === undefined || fleet.tenants.length < 2) return { ailments: [], well: [] };
  const refused = (says: string): Health => {
    const mend =
      "set tenant_federation.enabled and ruler.tenant_federation.enabled in Mimir, or tenancy: { federation: false } in the fleet";
    return { well: [], ailments: [{ check: "federation", where, says, mend }] };
  };
  try {
    await apiFor(fleet, exam, fleet.tenants.map(({ id }) => id).join("|")).query("vector(1)");
  } catch (error) {
    if (!(error instanceof ServerError)) throw error;
    return refused("refuses a query for several tenants");
  }
  const { status, text } = await exam.http({
    path: `${exam.prefix}/api/v1/status/buildinfo`,
    headers: fleet.tenantHeader === undefined ? {} : { [fleet.tenantHeader]: fleet.owner },
    accepts: [400, 401, 403],
  });
  const told = status === 200 ? features.safeParse(jsonOf(text)).data?.data.features : undefined;
  if (told?.federated_rules === "false") return refused("evaluates no rule for several tenants");
  return { ailments: [], well: [`${where}: one query, and one rule, reads all tenants`] };
}

/** Samples of the future are not seen until it comes, and rules that look back miss what is late. */
async function clock(fleet: Fleet, exam: MetricsExam, where: string): Promise<Health> {
  const ailments: Ailment[] = [];
  const label = fleet.derived.includes("cluster") ? "" : fleet.labels.cluster;
  for (const { id } of fleet.tenants) {
    const api = apiFor(fleet, exam, id);
    const [server] = await api.query("time()").catch(() => []);
    if (server && id === fleet.tenants[0]?.id) {
      const skew = Math.round(exam.now() / 1000 - server.value);
      if (Math.abs(skew) > skewSeconds) {
        const says = `its clock is ${Math.abs(skew)} s ${skew > 0 ? "behind" : "ahead of"} the one of this machine`;
        ailments.push({
          check: "clock",
          where,
          says,
          mend: "let both take their time from the same source (chrony, systemd-timesyncd)",
        });
      }
    }
    const ahead = await api.query(`max by (${label}) (timestamp(up offset -4m)) - time()`).catch(() => []);
    for (const { labels, value } of ahead.filter((one) => one.value > skewSeconds)) {
      ailments.push({
        check: "clock",
        where: labels[label] ?? where,
        says: `its newest sample is ${Math.round(value)} s in the future`,
        mend: "let the machine of its agent take its time from the same source as the others (chrony, systemd-timesyncd)",
      });
    }
  }
  return { ailments, well: ailments.length === 0 ? [`${where}: clocks agree`] : [] };
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
