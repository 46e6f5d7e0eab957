import { parse, stringify } from "yaml";
import * as z from "zod";
import type { AlertmanagerConfiguration, AlertmanagerPlace } from "../bundle.ts";
import { ahead } from "./ahead.ts";
import { type Http, ServerError } from "./http.ts";
import { digestOf, hidden, isReference, missingSecrets } from "./normal-form.ts";
import { refuseStranger } from "./ruler.ts";
import type { Live, Target } from "./target.ts";

export interface AlertmanagerOptions {
  /** What a person calls the server, with its address. */
  readonly title: string;
  readonly tenant: string;
  /** Absent where the server has no tenants. */
  readonly header?: string;
  readonly project: string;
  /** The value of a secret, by the name that the configuration gives it. */
  readonly secret: (name: string) => string | undefined;
}

const id = "config";
const api = "/api/v1/alerts";
const answer = z.looseObject({
  template_files: z.record(z.string(), z.string()).nullish(),
  alertmanager_config: z.string(),
});
const anyConfig = z.record(z.string(), z.unknown());

/**
 * A tenant's configuration in Mimir's Alertmanager. Its first line signs it. Mimir gives secrets back in clear: none of
 * them leaves this file, only the names under which the bundle knows them.
 */
export function mimirAlertmanager(http: Http, { title, tenant, header, project, secret }: AlertmanagerOptions): Target {
  const at: AlertmanagerPlace = { system: "alertmanager", tenant };
  const headers = header === undefined ? {} : { [header]: tenant };
  const current = ahead((early) => http({ path: api, headers, ...early }));
  return {
    title: header === undefined ? title : `${title}, tenant ${tenant}`,
    place: `${title} ${tenant}`,
    versions: false,
    holds: (resource) => resource.at.system === "alertmanager" && resource.at.tenant === tenant,
    ahead: current.begin,
    async list(wanted) {
      const { status, text } = await current.answer();
      refuseStranger(status, text, `Mimir has no API for Alertmanager configurations at ${api}`, {
        variable: "MIMIR_URL",
        otherwise: "start its Alertmanager with that API, or leave routing out of the fleet's manage list",
      });
      if (status === 404) return [];
      const { template_files: templates, config, signature } = read(text, tenant);
      const ours = wanted.find((resource) => resource.kind === "alertmanager")?.spec;
      return [
        {
          kind: "alertmanager",
          at,
          id,
          spec: { config: redacted(config, ours?.config, secret), templates: templates ?? {} },
          ...(signature.project === project && signature.checksum !== undefined && { applied: signature.checksum }),
          ...(signature.project !== project && {
            foreign: {
              reason:
                signature.project === undefined
                  ? `tenant ${tenant} has an Alertmanager configuration that fleetglass did not write`
                  : `tenant ${tenant} has the Alertmanager configuration of the project ${signature.project}`,
              mend: "take over what is in it into the fleet and publish with --take-over, or leave routing out of the fleet's manage list",
              adoptable: true,
            },
          }),
        } satisfies Live,
      ];
    },
    lacks(resources) {
      const missing = resources.flatMap(({ spec }) =>
        missingSecrets((spec as AlertmanagerConfiguration).config, secret),
      );
      return [...new Set(missing)].map(
        (name) => `${name} is not in the environment: Alertmanager configurations need it`,
      );
    },
    async put(resource) {
      const { config, templates } = resource.spec as AlertmanagerConfiguration;
      const first = `# fleetglass project=${project} checksum=${digestOf(resource)}: made by code, changes by hand are undone`;
      const body = stringify(
        {
          template_files: templates,
          alertmanager_config: `${first}\n${stringify(resolved(config, secret), { lineWidth: 0 })}`,
        },
        { lineWidth: 0 },
      );
      try {
        await http({ method: "POST", path: api, headers, body });
      } catch (error) {
        throw withoutSecrets(error, config, secret);
      }
    },
    async remove() {
      await http({ method: "DELETE", path: api, headers, accepts: [404] });
    },
  };
}

interface Read {
  readonly template_files?: Readonly<Record<string, string>> | null | undefined;
  readonly config: Readonly<Record<string, unknown>>;
  readonly signature: { readonly project?: string; readonly checksum?: string };
}

function read(text: string, tenant: string): Read {
  const outer = answer.safeParse(yamlOf(text));
  const inner = outer.success ? anyConfig.safeParse(yamlOf(outer.data.alertmanager_config) ?? {}) : undefined;
  if (!outer.success || !inner?.success) {
    throw new ServerError(
      `Mimir answers the Alertmanager configuration of tenant ${tenant} in a shape that fleetglass does not know`,
    );
  }
  const [, project, checksum] =
    /^# fleetglass project=(\S+) checksum=([0-9a-f]+)/u.exec(outer.data.alertmanager_config) ?? [];
  return {
    template_files: outer.data.template_files,
    config: inner.data,
    signature: { ...(project !== undefined && { project }), ...(checksum !== undefined && { checksum }) },
  };
}

function yamlOf(text: string): unknown {
  try {
    return parse(text);
  } catch {
    return undefined;
  }
}

/** Every reference replaced by its value, all that are missing named at once. */
function resolved(config: unknown, secret: AlertmanagerOptions["secret"]): unknown {
  const missing = missingSecrets(config, secret);
  if (missing.length > 0) {
    throw new Error(`the Alertmanager configuration needs ${missing.join(", ")} in the environment`);
  }
  const walk = (value: unknown): unknown => {
    if (isReference(value)) return secret(value.env) ?? "";
    if (Array.isArray(value)) return value.map(walk);
    if (typeof value !== "object" || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, walk(item)]));
  };
  return walk(config);
}

/** A server's words may repeat what it was sent. */
function withoutSecrets(error: unknown, config: unknown, secret: AlertmanagerOptions["secret"]): unknown {
  if (!(error instanceof ServerError)) return error;
  const names = [...new Set(JSON.stringify(config).match(/(?<="env":")[^"]+/gu))];
  const message = names.reduce((text, name) => {
    const value = secret(name);
    return value === undefined || value === "" ? text : text.replaceAll(value, `(${name})`);
  }, error.message);
  return new ServerError(message, error.status);
}

/** What Alertmanager's own configuration types call a secret, or is an address that often holds one. */
const secretKeys =
  /(^|_)(password|secret|token|credentials|key|url|urls|dsn|webhook|headers?|authorization|community|chat_id|user_key)$/u;

/**
 * A live configuration without its secrets. Where we want a secret by name, that name stands for the very value, or for
 * any value where the environment does not tell it: a plan needs no secrets. All else that may be one is hidden.
 */
function redacted(live: unknown, ours: unknown, secret: AlertmanagerOptions["secret"], key = ""): unknown {
  if (isReference(ours) && typeof live === "string") {
    const known = secret(ours.env);
    return known === undefined || known === "" || known === live ? ours : hidden;
  }
  if (typeof live === "string") return live === ours || live === "" || !secretKeys.test(key) ? live : hidden;
  if (Array.isArray(live)) {
    const own = Array.isArray(ours) ? (ours as readonly unknown[]) : [];
    return live.map((item: unknown, at) => redacted(item, namesake(own, item) ?? own[at], secret, key));
  }
  if (typeof live !== "object" || live === null) return live;
  const own = typeof ours === "object" && ours !== null ? (ours as Readonly<Record<string, unknown>>) : {};
  // Below such a key, as in `http_headers`, any text may be one.
  const below = secretKeys.test(key) ? key : undefined;
  return Object.fromEntries(
    Object.entries(live).map(([name, item]) => [name, redacted(item, own[name], secret, below ?? name)]),
  );
}

/** Receivers move about; they are told apart by name. */
function namesake(list: readonly unknown[], item: unknown): unknown {
  const nameOf = (one: unknown): unknown =>
    typeof one === "object" && one !== null && "name" in one ? one.name : undefined;
  const name = nameOf(item);
  return name === undefined ? undefined : list.find((one) => nameOf(one) === name);
}
