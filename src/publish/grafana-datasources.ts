import pLimit from "p-limit";
import * as z from "zod";
import { type DataSource, type GrafanaPlace, placeOfGrafana, type Resource } from "../bundle.ts";
import { ahead } from "./ahead.ts";
import { checked } from "./answer.ts";
import { type GrafanaOptions, isIn } from "./grafana-folders.ts";
import { lackingRight } from "./grafana-rights.ts";
import { digestOf, hidden, isReference, missingSecrets } from "./normal-form.ts";
import { type Http, ServerError } from "./http.ts";
import type { Live, Target } from "./target.ts";

const listed = z.array(z.looseObject({ uid: z.string(), name: z.string(), type: z.string() }));
const source = z.looseObject({
  uid: z.string(),
  name: z.string(),
  type: z.string(),
  access: z.string(),
  url: z.string(),
  basicAuth: z.boolean().nullish(),
  basicAuthUser: z.string().nullish(),
  user: z.string().nullish(),
  database: z.string().nullish(),
  isDefault: z.boolean().nullish(),
  withCredentials: z.boolean().nullish(),
  version: z.number().optional(),
  readOnly: z.boolean().optional(),
  jsonData: z.record(z.string(), z.unknown()).nullish(),
  secureJsonFields: z.record(z.string(), z.boolean()).nullish(),
});

export interface DataSourceOptions extends GrafanaOptions {
  /** The value of a password, by the name that the bundle gives it. */
  readonly secret?: (name: string) => string | undefined;
}

/** Data sources of an organisation. Ours say so in `jsonData.fleetglass`. */
export function grafanaDataSources(
  http: Http,
  { title, name, organisation, project, secret = () => undefined }: DataSourceOptions,
): Target {
  const at = placeOfGrafana({ name, organisation });
  const sources = ahead((early) => http({ path: "/api/datasources", ...early }));
  // A Grafana on SQLite, its default, keeps others waiting for seconds while it writes one, and refuses them in the end.
  const inTurn = pLimit(1);
  /** Which one a panel takes where it names none is the organisation's affair, where we say nothing of it. */
  const defaults = new Set<string>();
  /** Grafana makes the first one the default; of no use to a panel would be an Alertmanager. */
  let lacksDefault = false;
  const silentAbout = (live: Live, wanted: readonly Resource[]): Live => {
    const { isDefault, ...spec } = live.spec as DataSource & { readonly isDefault?: boolean };
    if (isDefault !== true) return live;
    const ours = wanted.find(({ id }) => id === live.id);
    // Said by whom it is published, or by whom it was.
    const isSaid = (ours && "isDefault" in (ours.spec as DataSource)) || live.applied === digestOf(live);
    if (isSaid) return live;
    defaults.add(live.id);
    return { ...live, spec };
  };
  return {
    title,
    place: title,
    versions: true,
    holds: (resource) => resource.kind === "datasource" && isIn(resource.at, at),
    ahead: sources.begin,
    async list(wanted) {
      const { text } = await sources.answer();
      const all = checked(listed, text, "Grafana's list of data sources");
      lacksDefault = all.length === 0 && !wanted.some(({ spec }) => "isDefault" in (spec as DataSource));
      const near = all.filter((one) => projectOf(one) === project || wanted.some(({ id }) => id === one.uid));
      const whole = await Promise.all(near.map(({ uid }) => one(http, uid)));
      return [
        ...whole.map((live) => silentAbout(liveSource(live, at, project), wanted)),
        ...wanted.flatMap((resource) => namesake(resource, all, at)),
      ];
    },
    async lacks(resources) {
      const secrets = resources.flatMap(({ spec }) => {
        const { name: called, secureJsonData } = spec as DataSource;
        return missingSecrets(secureJsonData, secret).map(
          (missing) => `${missing} is not in the environment: the data source ${called} needs it`,
        );
      });
      return [
        ...secrets,
        ...(await lackingRight(http, { title, action: "datasources:create", what: "make data sources" })),
      ];
    },
    async put(resource, before) {
      const { id } = resource;
      const spec = resolved(withChecksum(resource), secret);
      if (before) {
        // The version that was read: without one Grafana overwrites whatever it has.
        const stays = defaults.has(id) && { isDefault: true };
        const body = { ...spec, ...stays, ...emptied(spec, before.spec as DataSource), version: before.version };
        await inTurn(() => http({ method: "PUT", path: pathOf(id), body }));
      } else {
        const first = lacksDefault && (resource.spec as DataSource).type === "prometheus";
        lacksDefault &&= !first;
        const body = { ...spec, ...(first && { isDefault: true }) };
        await inTurn(() => http({ method: "POST", path: "/api/datasources", body }));
      }
    },
    async remove({ id }) {
      await inTurn(() => http({ method: "DELETE", path: pathOf(id), accepts: [404] }));
    },
  };
}

/** Every data source of an organisation, whoever made it; `foreign` says whether it could be made ours. */
export async function existingDataSources(http: Http, at: GrafanaPlace): Promise<Live[]> {
  const { text } = await http({ path: "/api/datasources" });
  const all = checked(listed, text, "Grafana's list of data sources");
  const whole = await Promise.all(all.map(({ uid }) => one(http, uid)));
  return whole.map((live) => liveSource(live, at, ""));
}

/** Says beside the owner what we wrote, so that a change by hand is seen. */
function withChecksum(resource: Resource): DataSource {
  const spec = resource.spec as DataSource;
  const marker = { ...(spec.jsonData["fleetglass"] as object), checksum: digestOf(resource) };
  return { ...spec, jsonData: { ...spec.jsonData, fleetglass: marker } };
}

/** Grafana keeps a secret that a write does not name, and forgets one that is empty. */
function emptied({ secureJsonData = {} }: Values, before: DataSource): Values {
  const gone = Object.keys(before.secureJsonData ?? {}).filter((key) => !(key in secureJsonData));
  return gone.length === 0
    ? {}
    : { secureJsonData: { ...secureJsonData, ...Object.fromEntries(gone.map((key) => [key, ""])) } };
}

interface Values {
  readonly secureJsonData?: Readonly<Record<string, unknown>>;
}

/** With passwords for their names. */
function resolved(spec: DataSource, secret: (name: string) => string | undefined): Values {
  const { secureJsonData } = spec;
  if (!secureJsonData) return spec;
  const values = Object.entries(secureJsonData).map(([key, value]) => {
    if (!isReference(value)) return [key, value] as const;
    const found = secret(value.env);
    if (found === undefined || found === "") {
      throw new Error(`the data source ${spec.name} needs ${value.env} in the environment: the value of its ${key}`);
    }
    return [key, found] as const;
  });
  return { ...spec, secureJsonData: Object.fromEntries(values) };
}

function pathOf(uid: string): string {
  return `/api/datasources/uid/${encodeURIComponent(uid)}`;
}

/** The list leaves out versions and which secrets are set. */
async function one(http: Http, uid: string): Promise<z.infer<typeof source>> {
  const { status, text } = await http({ path: pathOf(uid) });
  if (status === 404) throw new ServerError(`Grafana's data source ${uid} went away while it was read: run again`);
  return checked(source, text, `Grafana's data source ${uid}`);
}

function liveSource(live: z.infer<typeof source>, at: GrafanaPlace, project: string): Live {
  const { uid, name, type, access, url, basicAuth, basicAuthUser, version, readOnly, jsonData, secureJsonFields } =
    live;
  const owner = projectOf(live);
  const set = Object.entries(secureJsonFields ?? {}).filter(([, isSet]) => isSet);
  const marker = jsonData?.["fleetglass"];
  const checksum =
    typeof marker === "object" && marker !== null && "checksum" in marker && typeof marker.checksum === "string"
      ? marker.checksum
      : undefined;
  const said = (name: string): unknown =>
    typeof marker === "object" && marker !== null ? (marker as Record<string, unknown>)[name] : undefined;
  const meant = (key: string): unknown => {
    const named = (said("secrets") as Readonly<Record<string, unknown>> | undefined)?.[key];
    if (named !== undefined) return { env: named };
    return key === "basicAuthPassword" && said("password") !== undefined
      ? { env: said("password") }
      : (said("tenants") ?? hidden);
  };
  return {
    kind: "datasource",
    at,
    id: uid,
    spec: {
      uid,
      name,
      type,
      access,
      url: url.replace(/^(\w+:\/\/)[^/]*@/u, `$1${hidden}@`),
      ...(basicAuth === true && { basicAuth, basicAuthUser: basicAuthUser ?? "" }),
      // A write says all of it: what we leave out is unset.
      ...(live.user && { user: live.user }),
      ...(live.database && { database: live.database }),
      ...(live.isDefault === true && { isDefault: true }),
      ...(live.withCredentials === true && { withCredentials: true }),
      jsonData: jsonData ?? {},
      // The value never comes back. That one is set is known, and which one we set stands in the marker.
      ...(set.length > 0 && { secureJsonData: Object.fromEntries(set.map(([key]) => [key, meant(key)])) }),
    },
    ...(version !== undefined && { version }),
    ...(checksum !== undefined && { applied: checksum }),
    ...foreignness(uid, owner, project, readOnly === true),
  };
}

function foreignness(
  uid: string,
  owner: string | undefined,
  project: string,
  readOnly: boolean,
): Pick<Live, "foreign"> {
  if (readOnly) {
    return {
      foreign: {
        reason: `data source ${uid} was provisioned from a file and can't be changed here`,
        mend: "remove it from that file, or leave datasources out of the fleet's manage list",
      },
    };
  }
  if (owner === project) return {};
  return {
    foreign: {
      reason:
        owner === undefined
          ? `data source ${uid} was not made by fleetglass`
          : `data source ${uid} belongs to the project ${owner}`,
      mend:
        owner === undefined
          ? "delete it, use it as it is with dataSources: { <key>: { uid, manage: false } } in the fleet, or make it ours with --take-over"
          : `use it as it is with dataSources: { <key>: { uid, manage: false } } in the fleet, or let ${owner} give it up first`,
      adoptable: owner === undefined,
    },
  };
}

function projectOf({ jsonData }: Readonly<Record<string, unknown>>): string | undefined {
  const marker =
    typeof jsonData === "object" && jsonData !== null && "fleetglass" in jsonData ? jsonData.fleetglass : undefined;
  return typeof marker === "object" && marker !== null && "project" in marker && typeof marker.project === "string"
    ? marker.project
    : undefined;
}

/** A data source of the same name and another uid: names are unique in an organisation. */
function namesake(resource: Resource, all: z.infer<typeof listed>, at: GrafanaPlace): Live[] {
  const { name } = resource.spec as DataSource;
  const twin = all.find((other) => other.name === name && other.uid !== resource.id);
  if (!twin) return [];
  const foreign = {
    reason: `there is a data source "${name}" already (uid ${twin.uid})`,
    mend: `rename it, or use it: dataSources: { <key>: { uid: ${twin.uid}, manage: false } } in the fleet`,
  };
  return [{ kind: "datasource", at, id: resource.id, spec: twin, foreign }];
}
