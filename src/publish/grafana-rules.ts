import { isDeepStrictEqual } from "node:util";
import pLimit from "p-limit";
import * as z from "zod";
import { type Resource, type RuleGroup, type RulerPlace } from "../bundle.ts";
import { secondsOf } from "../duration.ts";
import {
  type GrafanaQuery,
  type GrafanaRule,
  type GrafanaRules,
  grafanaRulesOf,
  prometheusRule,
  ruleUidPrefix,
  sharedTitles,
} from "../grafana-rule.ts";
import { ahead } from "./ahead.ts";
import { checked } from "./answer.ts";
import type { Http } from "./http.ts";
import { digestOf } from "./normal-form.ts";
import type { Foreign, Live, Objection, Target } from "./target.ts";

export interface GrafanaRulesOptions {
  /** What a person calls the server, with its address. */
  readonly title: string;
  readonly rules: GrafanaRules;
  /** The place of the groups in the bundle: that of the ruler which there is none of. */
  readonly at: Pick<RulerPlace, "tenant" | "namespace">;
  /** Does nobody of ours make the folder? Then it must be there. */
  readonly folderIsGiven?: boolean;
}

const provisioned = z.looseObject({
  uid: z.string(),
  title: z.string(),
  folderUID: z.string(),
  ruleGroup: z.string(),
  condition: z.string().nullish(),
  data: z.array(
    z.looseObject({
      refId: z.string(),
      datasourceUid: z.string(),
      relativeTimeRange: z.looseObject({ from: z.number().nullish(), to: z.number().nullish() }).nullish(),
      model: z.record(z.string(), z.unknown()),
    }),
  ),
  noDataState: z.string().nullish(),
  execErrState: z.string().nullish(),
  for: z.string().nullish(),
  keep_firing_for: z.string().nullish(),
  missingSeriesEvalsToResolve: z.number().nullish(),
  isPaused: z.boolean().nullish(),
  labels: z.record(z.string(), z.string()).nullish(),
  annotations: z.record(z.string(), z.string()).nullish(),
  record: z
    .looseObject({ metric: z.string(), from: z.string(), target_datasource_uid: z.string().nullish() })
    .nullish(),
  notification_settings: z.unknown().optional(),
  provenance: z.string().nullish(),
});
type Provisioned = z.infer<typeof provisioned>;

const all = z.array(provisioned);
const whole = z.looseObject({ interval: z.number(), rules: z.array(provisioned) });
/** Some tell nobody who is not logged in which version they are (`hide_version`). */
const health = z.looseObject({ version: z.string().optional() });

/** The first whose rules can all that ours need: to record, to go on firing, and to say when a series that is gone is well. */
const since = 12;

/** Grafana keeps it to itself: no template and no person is shown an annotation that is named so. */
const appliedBy = "__fleetglass__";

/**
 * Rule groups that Grafana evaluates itself, in a folder of the project's. Ours are those of the folder whose rules all have uids
 * of ours. They are written as provisioned, so that nobody changes them by hand without meaning to.
 */
export function grafanaRuleGroups(http: Http, options: GrafanaRulesOptions): Target {
  const { title, rules, at: place, folderIsGiven = false } = options;
  const at: RulerPlace = { system: "mimir", ...place };
  const { folder, source, organisation } = rules;
  const inGrafana = (spec: RuleGroup): GrafanaRule[] => grafanaRulesOf(at.namespace, spec, source);
  const pathOf = (group: string): string =>
    `/api/v1/provisioning/folder/${encodeURIComponent(folder.uid)}/rule-groups/${encodeURIComponent(group)}`;

  const provisionedRules = ahead((early) => http({ path: "/api/v1/provisioning/alert-rules", ...early }));
  /** Among all that is wanted, and not only what is written: one would take the other's rule. */
  let shared: ReturnType<typeof sharedTitles> = [];

  async function read(name: string): Promise<Live | undefined> {
    const { status, text } = await http({ path: pathOf(name) });
    if (status === 404) return undefined;
    const found = checked(whole, text, `Grafana's rule group ${name}`);
    if (found.rules.length === 0) return undefined;
    const digest = found.rules.map(({ annotations }) => annotations?.[appliedBy]).find((one) => one !== undefined);
    const foreign = foreignness(name, found.rules);
    return {
      kind: "rule-group",
      at,
      id: name,
      spec: { name, interval: `${found.interval}s`, rules: found.rules.map((rule) => told(rule, rules)) },
      ...(digest !== undefined && { applied: digest }),
      ...(foreign && { foreign }),
    };
  }

  // A rule that moves is taken from its old group by the write of the new one: two at once may both fail (409).
  const inTurn = pLimit(1);
  return {
    title: `${title}, its own rules`,
    place: title,
    versions: false,
    holds: (resource) =>
      resource.kind === "rule-group" &&
      resource.at.system === "mimir" &&
      resource.at.tenant === at.tenant &&
      resource.at.namespace === at.namespace,
    ahead: provisionedRules.begin,
    async list(wanted) {
      shared = sharedTitles(wanted.map(({ id, spec }) => [id, inGrafana(spec as RuleGroup)] as const));
      const { text } = await provisionedRules.answer();
      const known = checked(all, text, "Grafana's list of alert rules");
      const here = new Set(known.filter((one) => one.folderUID === folder.uid).map((one) => one.ruleGroup));
      const elsewhere = known.filter((one) => one.folderUID !== folder.uid);
      const own = new Set(wanted.flatMap(({ spec }) => inGrafana(spec as RuleGroup).map(({ uid }) => uid)));
      // A file brings them there, and a rule has one uid in all of Grafana: they are left to it.
      if (known.some(({ uid, provenance }) => provenance === "file" && own.has(uid))) {
        return wanted.map(({ kind, at: where, id, spec }): Live => ({ kind, at: where, id, spec }));
      }
      const found = await Promise.all([...here].map(read));
      const inTheWay = wanted.flatMap((resource) => {
        const uids = new Set(inGrafana(resource.spec as RuleGroup).map(({ uid }) => uid));
        const twin = elsewhere.find(({ uid }) => uids.has(uid));
        return twin && !here.has(resource.id) ? [twinOf(resource, twin)] : [];
      });
      return [...found.flatMap((one) => one ?? []), ...inTheWay];
    },
    read: ({ id }) => read(id),
    async objections(resources) {
      const { text } = await http({ path: "/api/health" });
      const { version } = checked(health, text, "Grafana's health");
      if (version !== undefined && Number.parseInt(version, 10) < since) {
        const reason = `Grafana ${version} evaluates no such rules: it drops what it does not know of them`;
        const mend = `use Grafana ${since} or later, or let a ruler evaluate them`;
        return resources.map((resource) => ({ resource, reason, mend }));
      }
      const { status } = folderIsGiven ? await http({ path: `/api/folders/${folder.uid}` }) : { status: 200 };
      if (status === 404) {
        const reason = `there is no folder ${folder.uid} to hold it`;
        const mend = `make one of this uid, or add folders to the fleet's manage list`;
        return resources.map((resource) => ({ resource, reason, mend }));
      }
      return [...unsaid(resources), ...twice(resources, shared)];
    },
    async put(resource) {
      const spec = resource.spec as RuleGroup;
      const common = { orgID: organisation, folderUID: folder.uid, ruleGroup: spec.name };
      const body = {
        title: spec.name,
        folderUid: folder.uid,
        interval: secondsOf(spec.interval),
        rules: inGrafana(spec).map((rule, nth) => {
          const annotations = { ...rule.alert?.annotations, ...(nth === 0 && { [appliedBy]: digestOf(resource) }) };
          return { ...common, ...inApi(rule, source), annotations };
        }),
      };
      await inTurn(() => http({ method: "PUT", path: pathOf(spec.name), body }));
    },
    async remove({ id }) {
      await inTurn(() => http({ method: "DELETE", path: pathOf(id), accepts: [404] }));
    },
  };
}

function inApi({ record, alert, uid, title, data, labels }: GrafanaRule, source: string): object {
  const same = { uid, title, data, ...(labels && { labels }) };
  if (record !== undefined) {
    // The API wants these of every rule, and forgets them of one that records.
    const ignored = { condition: "A", noDataState: "OK", execErrState: "Error", for: "0s" };
    return { ...same, ...ignored, record: { metric: record, from: "A", target_datasource_uid: source } };
  }
  const { keepFiringFor, ...others } = alert ?? {};
  return { ...same, ...others, ...(keepFiringFor !== undefined && { keep_firing_for: keepFiringFor }) };
}

/** The rule in Prometheus' words, and beside them what somebody changed that these have no words for. */
function told(live: Provisioned, { source }: GrafanaRules): object {
  const { [appliedBy]: _ours, ...annotations } = live.annotations ?? {};
  const isRecord = live.record !== null && live.record !== undefined;
  const rule: GrafanaRule = {
    uid: live.uid,
    title: live.title,
    data: live.data.map(queryOf),
    ...(!isEmpty(live.labels) && { labels: live.labels ?? {} }),
    ...(isRecord && { record: live.record?.metric ?? "" }),
    ...(!isRecord && {
      alert: {
        condition: live.condition ?? "",
        noDataState: live.noDataState ?? "",
        execErrState: live.execErrState ?? "",
        missingSeriesEvalsToResolve: live.missingSeriesEvalsToResolve ?? 0,
        for: live.for ?? "0s",
        ...(live.keep_firing_for && { keepFiringFor: live.keep_firing_for }),
        annotations,
      },
    }),
  };
  const inWords = prometheusRule(rule);
  const [ours = rule] = grafanaRulesOf("", { name: "", interval: "1m", rules: [inWords] }, source);
  const target = live.record?.target_datasource_uid;
  const other = {
    ...changed(beyond(rule), beyond(ours)),
    ...(!isTitle(live.title, ours.title) && { title: live.title }),
    ...(live.isPaused === true && { isPaused: true }),
    ...(!isEmpty(live.notification_settings) && { notification_settings: live.notification_settings }),
    ...(isRecord && target !== source && { target_datasource_uid: target }),
  };
  return { ...inWords, ...(!isEmpty(other) && { grafana: other }) };
}

/** What of it Prometheus has no words for. */
function beyond({ data, alert }: GrafanaRule): Readonly<Record<string, unknown>> {
  const { for: _for, keepFiringFor: _keeps, annotations: _annotations, ...others } = alert ?? {};
  return { data, ...others };
}

/** Those of one name are numbered. */
function isTitle(title: string, plain: string): boolean {
  return title === plain || (title.startsWith(`${plain} `) && /^\d+$/u.test(title.slice(plain.length + 1)));
}

function changed(is: Readonly<Record<string, unknown>>, should: Readonly<Record<string, unknown>>): object {
  const keys = [...new Set([...Object.keys(is), ...Object.keys(should)])];
  return Object.fromEntries(
    keys.flatMap((key) => (isDeepStrictEqual(is[key], should[key]) ? [] : [[key, is[key] ?? "(removed)"]])),
  );
}

/** Without what Grafana fills in. Source: grafana/grafana pkg/services/ngalert/models/alert_query.go, `PreSave`. */
function queryOf({ refId, datasourceUid, relativeTimeRange, model }: Provisioned["data"][number]): GrafanaQuery {
  const filledIn: Readonly<Record<string, unknown>> = { intervalMs: 1000, maxDataPoints: 43_200, queryType: "" };
  const { from, to } = { from: relativeTimeRange?.from ?? 0, to: relativeTimeRange?.to ?? 0 };
  return {
    refId,
    datasourceUid,
    ...(from !== 0 && { relativeTimeRange: { from, to } }),
    model: Object.fromEntries(Object.entries(model).filter(([key, value]) => filledIn[key] !== value)),
  };
}

function isEmpty(value: unknown): boolean {
  return value === null || value === undefined || (typeof value === "object" && Object.keys(value).length === 0);
}

function foreignness(name: string, rules: readonly Provisioned[]): Foreign | undefined {
  const theirs = rules.filter(({ uid }) => !uid.startsWith(ruleUidPrefix));
  const [first] = theirs;
  if (!first) return undefined;
  return {
    reason: `rule group ${name} has ${theirs.length === 1 ? "a rule" : `${theirs.length} rules`} that fleetglass did not make: "${first.title}"`,
    mend: "move them to a group of another folder, or let them be replaced with --take-over",
    adoptable: true,
  };
}

/** A rule has one uid in all of Grafana. */
function twinOf({ kind, at, id, spec }: Resource, { title, folderUID }: Provisioned): Live {
  const foreign: Foreign = { reason: `its rule "${title}" is in folder ${folderUID} already`, mend: "remove it there" };
  return { kind, at, id, spec, foreign };
}

/** What a group says that Grafana's have no words for. */
function unsaid(resources: readonly Resource[]): Objection[] {
  return resources.flatMap((resource) => {
    const { name: _name, interval, rules: _rules, ...others } = resource.spec as RuleGroup;
    const [key] = Object.keys(others);
    if (key !== undefined) {
      return [
        { resource, reason: `Grafana's groups have no ${key}`, mend: "leave it out, or let a ruler evaluate it" },
      ];
    }
    if (secondsOf(interval) % 10 === 0) return [];
    return [{ resource, reason: `Grafana evaluates every ten seconds, not every ${interval}`, mend: "say 10s or 1m" }];
  });
}

function twice(resources: readonly Resource[], shared: ReturnType<typeof sharedTitles>): Objection[] {
  return shared.flatMap(({ title, groups }) =>
    resources
      .filter(({ id }) => groups.includes(id))
      .map((resource) => ({
        resource,
        reason: `the rule groups ${groups.join(" and ")} both have "${title}", and Grafana takes a title once a folder`,
        mend: "rename one",
      })),
  );
}
