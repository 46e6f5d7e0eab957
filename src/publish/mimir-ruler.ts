import { parse, stringify } from "yaml";
import { z } from "zod";
import { markerGroup, namespaceOf, type RuleGroup, type RulerPlace } from "../bundle.ts";
import { type Http, ServerError } from "./http.ts";
import type { Live, Target } from "./target.ts";

export interface RulerOptions {
  /** What a person calls the server, with its address. */
  readonly title: string;
  readonly tenant: string;
  /** Absent where the server has no tenants. */
  readonly header?: string;
  readonly project: string;
}

const rule = z.looseObject({ expr: z.string() });
const group = z.looseObject({ name: z.string(), rules: z.array(rule) });
const answer = z.record(z.string(), z.array(group));

/** The rule groups of one tenant. Ours are those of our namespace, if our marker is among them. */
export function mimirRuler(http: Http, { title, tenant, header, project }: RulerOptions): Target {
  const namespace = namespaceOf(project);
  const at: RulerPlace = { system: "mimir", tenant, namespace };
  const path = `/prometheus/config/v1/rules/${encodeURIComponent(namespace)}`;
  const headers = header === undefined ? {} : { [header]: tenant };
  return {
    title: header === undefined ? title : `${title}, tenant ${tenant}`,
    holds: (resource) => resource.kind === "rule-group" && resource.at.tenant === tenant,
    async list() {
      const { status, text } = await http({ path, headers });
      const groups = status === 404 ? [] : groupsIn(text, namespace);
      const signed = groups.some(({ name }) => name === markerGroup);
      return groups.map((spec): Live => ({
        kind: "rule-group",
        at,
        id: spec.name,
        spec,
        ...(!signed && {
          foreign: {
            reason: `the namespace ${namespace} holds rule groups that fleetglass did not write`,
            mend: "delete or rename that namespace, or give the project another name",
          },
        }),
      }));
    },
    async put({ spec }) {
      try {
        await http({ method: "POST", path, headers, body: stringify(spec) });
      } catch (error) {
        throw named(error, spec as RuleGroup);
      }
    },
    async remove({ id }) {
      await http({ method: "DELETE", path: `${path}/${encodeURIComponent(id)}`, headers, accepts: [404] });
    },
  };
}

/** An answer that we misread as empty would become a plan to delete everything: so no guess. */
function groupsIn(text: string, namespace: string): z.infer<typeof group>[] {
  const parsed = answer.safeParse(yamlOf(text) ?? {});
  if (parsed.success) return parsed.data[namespace] ?? [];
  const [issue] = parsed.error.issues;
  throw new ServerError(
    `Mimir lists the rule groups of ${namespace} in a shape that fleetglass does not know (${issue?.path.join(".")}: ${issue?.message})`,
  );
}

function yamlOf(text: string): unknown {
  try {
    return parse(text);
  } catch {
    return text;
  }
}

/** Mimir counts rules from zero: `group "health", rule 3, "cluster:…"`. People know our names. */
function named(error: unknown, { rules }: RuleGroup): unknown {
  if (!(error instanceof ServerError)) return error;
  const at = /rule (\d+)/u.exec(error.message)?.[1];
  const rule = at === undefined ? undefined : rules[Number(at)];
  return rule
    ? new ServerError(`rule ${"record" in rule ? rule.record : rule.alert}: ${error.message}`, error.status)
    : error;
}
