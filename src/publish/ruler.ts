import { markerGroup, type RuleGroup, type RulerPlace } from "../bundle.ts";
import { ahead } from "./ahead.ts";
import { type Http, ServerError } from "./http.ts";
import { type Group, ruleList } from "./rule-list.ts";
import type { Live, Target } from "./target.ts";

export interface RulerOptions {
  /** What a person calls the server, with its address. */
  readonly title: string;
  readonly tenant: string;
  /** Absent where the server has no tenants. */
  readonly header?: string;
  /** The one that is ours. */
  readonly namespace: string;
}

/** What differs between the rulers. */
export interface RulerKind {
  readonly name: "Mimir" | "Loki";
  readonly system: RulerPlace["system"];
  /** Where its API keeps the groups of a namespace. */
  readonly api: string;
}

export const mimirApi: RulerKind = { name: "Mimir", system: "mimir", api: "/prometheus/config/v1/rules" };
export const lokiApi: RulerKind = { name: "Loki", system: "loki", api: "/loki/api/v1/rules" };

/** The rule groups of one tenant. Ours are those of our namespace, if our marker is among them. */
export function ruler(http: Http, kind: RulerKind, { title, tenant, header, namespace }: RulerOptions): Target {
  const at: RulerPlace = { system: kind.system, tenant, namespace };
  const path = `${kind.api}/${encodeURIComponent(namespace)}`;
  const headers = header === undefined ? {} : { [header]: tenant };
  /** The marker as it was listed or wanted, without our remarks, and these. */
  let marker: RuleGroup | undefined;
  let known: ReadonlyMap<string, string> = new Map();
  // JSON is YAML too, and said and read faster.
  const post = (spec: unknown): Promise<unknown> => http({ method: "POST", path, headers, body: JSON.stringify(spec) });
  const listed = ahead((early) => http({ path, headers, ...early }));
  return {
    title: header === undefined ? title : `${title}, tenant ${tenant}`,
    place: `${title} ${tenant}`,
    versions: false,
    holds: (resource) =>
      resource.kind === "rule-group" &&
      resource.at.system === kind.system &&
      resource.at.tenant === tenant &&
      resource.at.namespace === namespace,
    ahead: listed.begin,
    async list(wanted) {
      const { status, text } = await listed.answer();
      refuseStranger(status, text, `${kind.name} has no API for rules at ${kind.api}`, {
        variable: `${kind.name.toUpperCase()}_URL`,
        otherwise: "turn on the API of its ruler, or set rules: none at this backend in the fleet",
      });
      const groups = status === 404 ? [] : groupsIn(text, kind, namespace);
      const signed = groups.find(({ name }) => name === markerGroup);
      known = digestsIn(signed);
      const own = wanted.find(({ id }) => id === markerGroup)?.spec as RuleGroup | undefined;
      marker = own ?? (signed && (unsigned(signed) as unknown as RuleGroup));
      const lives = groups.map((spec): Live => {
        // Where all are known by digest, one that is not was added by somebody else.
        const applied = spec === signed ? undefined : (known.get(spec.name) ?? (known.size > 0 ? "" : undefined));
        return {
          kind: "rule-group",
          at,
          id: spec.name,
          spec: spec === signed ? unsigned(spec) : spec,
          ...(applied !== undefined && { applied }),
          ...(!signed && {
            foreign: {
              reason: `the namespace ${namespace} holds rule groups that fleetglass did not write`,
              mend: "delete or rename that namespace, give the project another name, or make them ours with --take-over",
              adoptable: true,
            },
          }),
        };
      });
      const names = new Set(groups.map(({ name }) => name));
      const gone = [...known.keys()].filter((name) => !names.has(name));
      return [...lives, ...gone.map((name): Live => ({ kind: "rule-group", at, id: name, spec: {}, gone: true }))];
    },
    async put({ id, spec }) {
      if (id === markerGroup) marker = spec as RuleGroup;
      try {
        await post(id === markerGroup ? withDigests(spec as RuleGroup, known) : spec);
      } catch (error) {
        throw named(error, spec as RuleGroup);
      }
    },
    async remove({ id }) {
      if (id === markerGroup) marker = undefined;
      await http({ method: "DELETE", path: `${path}/${encodeURIComponent(id)}`, headers, accepts: [404] });
    },
    async sign(digests) {
      if (!marker) return;
      await post(withDigests(marker, digests));
      known = digests;
    },
  };
}

/**
 * What was written last stands in the marker's expression, as remarks: a ruler keeps an expression as it was sent, and a
 * remark makes no series.
 */
function withDigests(marker: RuleGroup, digests: ReadonlyMap<string, string>): RuleGroup {
  const lines = [...digests].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([id, digest]) => `# ${digest} ${id}`);
  const [first, ...rest] = marker.rules;
  return first ? { ...marker, rules: [{ ...first, expr: [first.expr, ...lines].join("\n") }, ...rest] } : marker;
}

const remark = /^# ([0-9a-f]{16}) (.*)$/u;

function digestsIn(marker: Group | undefined): Map<string, string> {
  const lines = marker?.rules[0]?.expr.split("\n") ?? [];
  return new Map(
    lines.flatMap((line) => {
      const [, digest, id] = remark.exec(line) ?? [];
      return digest !== undefined && id !== undefined ? [[id, digest] as const] : [];
    }),
  );
}

function unsigned(marker: Group): Group {
  const [first, ...rest] = marker.rules;
  if (!first) return marker;
  const expr = first.expr
    .split("\n")
    .filter((line) => !remark.test(line))
    .join("\n");
  return { ...marker, rules: [{ ...first, expr }, ...rest] };
}

/** Every rule group of a tenant by its namespace, but for those of fleetglass' projects. */
export async function existingGroups(
  http: Http,
  kind: RulerKind,
  whose: Pick<RulerOptions, "tenant" | "header">,
): Promise<ReadonlyMap<string, readonly RuleGroup[]>> {
  const theirs = [...(await everyGroup(http, kind, whose))].filter(
    ([, groups]) => !groups.some((one) => one.name === markerGroup && signs(one)),
  );
  return new Map(theirs.map(([namespace, groups]) => [namespace, groups as unknown as readonly RuleGroup[]]));
}

/** The names of all rule groups of a tenant, by namespace. */
export async function groupNames(
  http: Http,
  kind: RulerKind,
  whose: Pick<RulerOptions, "tenant" | "header">,
): Promise<ReadonlyMap<string, readonly string[]>> {
  const all = await everyGroup(http, kind, whose);
  return new Map([...all].map(([namespace, groups]) => [namespace, groups.map(({ name }) => name)]));
}

async function everyGroup(
  http: Http,
  { api, name }: RulerKind,
  { tenant, header }: Pick<RulerOptions, "tenant" | "header">,
): Promise<ReadonlyMap<string, readonly Group[]>> {
  const { status, text } = await http({ path: api, headers: header === undefined ? {} : { [header]: tenant } });
  const parsed = ruleList(status === 404 ? "{}" : text);
  if (!parsed.success) throw new ServerError(`${name} lists rule groups in a shape that fleetglass does not know`);
  return new Map(Object.entries(parsed.data));
}

function signs({ rules }: Group): boolean {
  return rules.some((one) => one["record"] === "fleetglass:applied:info");
}

/**
 * A server that knows the API and nothing in it says so in its own words. One that does not know the API, as where it is turned off
 * or where the address is another server's, is not empty.
 * @throws {ServerError}
 */
export function refuseStranger(
  status: number,
  text: string,
  what: string,
  { variable, otherwise }: { readonly variable: string; readonly otherwise: string },
): void {
  if (status !== 404 || !text.trim().startsWith("404 page not found")) return;
  throw new ServerError(`${what}: ${otherwise}; or mend ${variable}, if that is another server's address`, status);
}

/** An answer that we misread as empty would become a plan to delete everything: so no guess. */
function groupsIn(text: string, { name }: RulerKind, namespace: string): readonly Group[] {
  const parsed = ruleList(text);
  if (parsed.success) return parsed.data[namespace] ?? [];
  const [issue] = parsed.error.issues;
  throw new ServerError(
    `${name} lists the rule groups of ${namespace} in a shape that fleetglass does not know (${issue?.path.join(".")}: ${issue?.message})`,
  );
}

/** Rulers count rules from zero: `group "health", rule 3, "cluster:…"`. People know our names. */
function named(error: unknown, { rules }: RuleGroup): unknown {
  if (!(error instanceof ServerError)) return error;
  if (/rule groups? limit/u.test(error.message)) {
    return new ServerError(
      `${error.message}; the tenant is at its limit, and there even a change is refused: raise ruler_max_rule_groups_per_tenant, or --prune first`,
      error.status,
    );
  }
  const at = /rule (\d+)/u.exec(error.message)?.[1];
  const rule = at === undefined ? undefined : rules[Number(at)];
  return rule
    ? new ServerError(`rule ${"record" in rule ? rule.record : rule.alert}: ${error.message}`, error.status)
    : error;
}
