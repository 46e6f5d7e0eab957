import * as z from "zod";
import { jsonOf } from "../discover/json.ts";
import { prometheusApi, type PrometheusApi } from "../discover/prometheus-api.ts";
import { hasMixin } from "../discover/facts.ts";
import { telltales } from "../discover/telltales.ts";
import type { Cluster, Fleet } from "../fleet/model.ts";
import { type Exporter, exporters } from "../labels.ts";
import { type Http, ServerError } from "../publish/http.ts";
import { metric } from "../metrics/index.ts";
import { type Ailment, type Health, healthOf } from "./ailment.ts";
import { unreachable } from "./grafana.ts";
import { ingestion, limitsOf } from "./limits.ts";
import { type MissingIn, missingIn, together } from "./missing.ts";
import { isOlder } from "./version.ts";

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
  /** Of these the largest: how many rules it has. */
  readonly largestGroup: number;
  /** The series that boards read, directly or through what rules record. */
  readonly read: readonly string[];
  /** On which boards is what one of these tells, with the number of panels? */
  readonly boardsOf: (metrics: readonly string[]) => readonly string[];
}

/** A sample may be so much later than now before a clock is wrong. */
const skewSeconds = 60;

/** Does the server answer, hold every tenant and cluster, and take our rules? */
export async function examineMetrics(fleet: Fleet, exam: MetricsExam): Promise<Health> {
  const where = `${fleet.backends.metrics.title} ${exam.url}`;
  const first = await reached(fleet, exam, where);
  if (first.ailments.length > 0) return first;
  const tenants = await Promise.all(fleet.tenants.map(({ id }) => tenant(fleet, exam, { id, where })));
  const rest = await Promise.all([
    version(fleet, exam, where),
    existing(fleet, exam, where),
    federation(fleet, exam, where),
    clock(fleet, exam, where),
  ]);
  const all = healthOf(first, ...tenants, ...rest);
  const missing = together(
    tenants.flatMap((one) => one.lacks),
    exam.boardsOf,
  );
  return { ...all, ailments: once(all.ailments, where), missing };
}

/** Who leaves the watching of workloads to alerts of others must have these. */
async function existing(fleet: Fleet, exam: MetricsExam, where: string): Promise<Health> {
  if (fleet.alerting.workloads === "own") return { ailments: [], well: [] };
  const found = await Promise.all(fleet.tenants.map(({ id }) => hasMixin(apiFor(fleet, exam, id)).catch(() => true)));
  if (found.includes(true)) return { ailments: [], well: [] };
  const says =
    "alerting.workloads is existing, and no alert of kubernetes-mixin is evaluated or has fired within a day: nobody watches workloads";
  const mend = "load kubernetes-mixin's rules, or set alerting: { workloads: own } in the fleet";
  return { well: [], ailments: [{ check: "existing-alerts", where, says, mend }] };
}

/** Rules of ours keep firing for a while, which these were the first to know. */
const oldest: Readonly<Record<string, readonly [number, number]>> = { mimir: [2, 7], prometheus: [2, 42] };

const buildinfo = z.looseObject({ data: z.looseObject({ version: z.string() }) });

async function version(fleet: Fleet, exam: MetricsExam, where: string): Promise<Health> {
  const { kind, title } = fleet.backends.metrics;
  const needed = oldest[kind];
  const { status, text } = await exam.http({
    path: `${exam.prefix}/api/v1/status/buildinfo`,
    headers: headersFor(fleet, fleet.tenants[0]?.id ?? ""),
    accepts: [400, 401, 403, 405, 501],
  });
  const told = status === 200 ? buildinfo.safeParse(jsonOf(text)).data?.data.version : undefined;
  if (needed === undefined || told === undefined || !isOlder(told, needed)) return { ailments: [], well: [] };
  const says = `is ${title} ${told}, older than ${needed.join(".")}: it refuses rules with keep_firing_for`;
  return {
    well: [],
    ailments: [{ check: "metrics-version", where, says, mend: `upgrade it to ${needed.join(".")} or later` }],
  };
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

function headersFor({ tenantHeader }: Fleet, tenants: string): Readonly<Record<string, string>> {
  return tenantHeader === undefined ? {} : { [tenantHeader]: tenants };
}

function apiFor(fleet: Fleet, { http, prefix }: MetricsExam, tenants: string): PrometheusApi {
  return prometheusApi(http, { prefix, headers: headersFor(fleet, tenants) });
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

interface TenantHealth extends Health {
  readonly lacks: readonly MissingIn[];
}

async function tenant(fleet: Fleet, exam: MetricsExam, { id, where }: TenantExam): Promise<TenantHealth> {
  const api = apiFor(fleet, exam, id);
  const place = fleet.tenantHeader === undefined ? where : `${where}, tenant ${id}`;
  const active = fleet.tenants.find((one) => one.id === id)?.clusters.filter(({ state }) => state === "active") ?? [];
  const limits = { headers: headersFor(fleet, id), where: place };
  const rules = healthOf(await ruler(fleet, exam, { id, where: place }), await ingestion(fleet, exam.http, limits));
  let arriving: ReadonlySet<string>;
  try {
    arriving = await clustersIn(fleet, api);
  } catch (error) {
    if (!(error instanceof ServerError)) throw error;
    const mend = `ask whoever runs it for the right to read tenant ${id}, or name another in the fleet`;
    const refused = { check: "tenant", where: place, says: error.message, mend };
    return { ...healthOf(rules, { well: [], ailments: [refused] }), lacks: [] };
  }
  const silent = active.filter(({ name }) => !arriving.has(name));
  if (active.length > 0 && silent.length === active.length) {
    const mend = `do the agents of ${active.map(({ name }) => name).join(", ")} send ${fleet.tenantHeader ?? "there"}: ${id}? Else name the tenant that they write to in the fleet`;
    const empty = { check: "tenant", where: place, says: "none of its clusters has a series here", mend };
    return { ...healthOf(rules, { well: [], ailments: [empty] }), lacks: [] };
  }
  const label = fleet.labels.cluster;
  const gone = silent.map(({ name }): Ailment => ({
    check: "cluster",
    where: place,
    says: `${name} has no series up{${label}="${name}"}`,
    mend: `does it run, does its agent write here, and does it attach ${label}="${name}"? A cluster that should not report has state: planned or maintenance`,
  }));
  const reporting = active.filter(({ name }) => arriving.has(name));
  const absent = await absentExporters(fleet, api, reporting);
  const lacks = await Promise.all(
    reporting.map((cluster) =>
      missingIn(fleet, api, cluster, {
        read: exam.read,
        absent: new Set(absent.filter((one) => one.cluster === cluster.name).map(({ exporter }) => exporter)),
      }),
    ),
  );
  const ailments = [...gone, ...absent.map((one) => absence(one, exam))];
  const many = `${reporting.length} of ${active.length} clusters report`;
  const well = ailments.length === 0 ? [`${place}: ${many}, with all that the fleet says they have`] : [];
  return { ...healthOf(rules, { ailments, well }), lacks: lacks.flat() };
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

interface Absent {
  readonly cluster: string;
  readonly exporter: Exporter;
}

/** What the fleet says of a cluster and its series do not. */
async function absentExporters(fleet: Fleet, api: PrometheusApi, clusters: readonly Cluster[]): Promise<Absent[]> {
  const stated = exporters.filter((exporter) => clusters.some(({ jobs }) => jobs[exporter] !== undefined));
  const derived = fleet.derived.includes("cluster");
  const label = derived ? "" : fleet.labels.cluster;
  const found = await Promise.all(
    stated.map(async (exporter) => {
      const some = await api.query(`group by (${label}) ({__name__=~"${telltales[exporter].join("|")}"})`);
      return [exporter, new Set(some.map(({ labels }) => labels[label] ?? ""))] as const;
    }),
  );
  return clusters.flatMap(({ name, jobs }) =>
    found.flatMap(([exporter, having]) =>
      jobs[exporter] === undefined || having.has(derived ? "" : name) ? [] : [{ cluster: name, exporter }],
    ),
  );
}

/** Those panels are empty. */
function absence({ cluster, exporter }: Absent, { read, boardsOf }: MetricsExam): Ailment {
  const boards = boardsOf(read.filter((name) => metric(name)?.exporter === exporter));
  const empty = boards.length === 0 ? "" : `: empty are ${boards.join(", ")}`;
  return {
    check: "exporter",
    where: cluster,
    says: `no series of ${exporter} (none of ${telltales[exporter].join(", ")})${empty}`,
    mend: `scrape ${exporter} there, or say that it does not run: exporters: { override: { ${exporter}: false } }`,
  };
}

/** Can our rules be written, and is there room for them? */
async function ruler(fleet: Fleet, exam: MetricsExam, { id, where }: TenantExam): Promise<Health> {
  const { http, groups, namespace, largestGroup } = exam;
  if (fleet.backends.metrics.rules !== "ruler-api" || !fleet.manage.includes("rules"))
    return { ailments: [], well: [] };
  const headers = headersFor(fleet, id);
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
  const told = await limitsOf(http, headers);
  const { limits } = fleet.backends.metrics;
  const most = told?.ruler_max_rule_groups_per_tenant ?? limits.groupsPerTenant;
  const rules = told?.ruler_max_rules_per_rule_group ?? limits.rulesPerGroup;
  const others = none ? 0 : countGroups(answer.text, namespace);
  const own = groups[id] ?? 0;
  const full = most > 0 && others + own >= most;
  const long = rules > 0 && largestGroup > rules;
  const ailments: Ailment[] = [
    ...(full
      ? [
          {
            check: "rules-limit",
            where,
            says: `${own} rule groups of ours beside ${others} of others reach the limit of ${most}: Mimir then refuses every change`,
            mend: `raise ruler_max_rule_groups_per_tenant to ${Math.ceil((others + own + 1) / 10) * 10} or more for this tenant`,
          },
        ]
      : []),
    ...(long
      ? [
          {
            check: "rules-limit",
            where,
            says: `takes ${rules} rules a group, and our largest has ${largestGroup}`,
            mend: `set limits: { rulesPerGroup: ${rules} } at the backend in the fleet, and groups are split; or raise ruler_max_rules_per_rule_group`,
          },
        ]
      : []),
  ];
  return { ailments, well: [] };
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
    headers: headersFor(fleet, fleet.owner),
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
