import * as z from "zod";
import { type BoardResource, type DashboardResource, type GrafanaPlace, isBoardResource } from "../bundle.ts";
import { checked } from "./answer.ts";
import { type Api, isKeptNewer, type Item, modelIn, type ModelVersion, resourceItem } from "./grafana-boards-api.ts";
import type { Http } from "./http.ts";
import type { Live } from "./target.ts";

const whole = z.looseObject({
  dashboard: z.looseObject({
    uid: z.string(),
    id: z.number().optional(),
    version: z.number().optional(),
    tags: z.array(z.string()).nullish(),
  }),
  meta: z.looseObject({
    folderUid: z.string().optional(),
    provisioned: z.boolean().optional(),
    manager: z.string().optional(),
  }),
});
/** What a manager is called that reads files from Grafana's own disk. */
const files: ReadonlySet<string> = new Set(["classic-file-provisioning"]);

/** What we wrote last, in the board itself. */
const marker = z.looseObject({ checksum: z.string() });

export function isClassic({ spec }: Pick<Live, "spec">): boolean {
  return !isBoardResource((spec as DashboardResource["spec"]).dashboard);
}

export function unreadable(api: Api, one: Item, stored: string): Live {
  return {
    ...listedClassic(api, one),
    foreign: {
      reason: `dashboard ${one.metadata.name} is kept in the model ${stored}, which this Grafana tells of in no version that fleetglass knows`,
      mend: "update Grafana to 12.2 or later, give ours another uid, or leave it as it is",
    },
  };
}

/** Who else looks after a board, and lets nobody change it. */
function managerOf({ annotations }: Item["metadata"]): string | undefined {
  const { [`${group}/managedBy`]: kind, [`${group}/managerAllowsEdits`]: allows } = annotations ?? {};
  return allows === "true" ? undefined : kind;
}

const group = "grafana.app";

function foldersOf(metadata: Item["metadata"]): z.infer<typeof whole>["meta"] {
  const manager = managerOf(metadata);
  return {
    folderUid: metadata.annotations?.[`${group}/folder`] ?? "",
    ...(manager !== undefined && { provisioned: true, manager }),
  };
}

export function listedClassic({ at, project }: Api, { metadata: own, spec }: Item): Live {
  return liveDashboard({ dashboard: { ...spec, uid: own.name }, meta: foldersOf(own) }, at, project);
}

export async function classicLive({ http, at, project }: Api, uid: string): Promise<Live | undefined> {
  const answer = await one(http, uid);
  return answer && liveDashboard(answer, at, project);
}

/** By which Grafana knows a board whatever its uid is. */
export async function numberOf(http: Http, uid: string): Promise<number | undefined> {
  return (await one(http, uid))?.dashboard.id;
}

/** What we wrote last, beside a board of the model 2, which has no field for it. */
export const checksumKey = "fleetglass/checksum";

/** A board that is kept in the model 2; undefined for a classic one, and where there is none. */
export async function resourceLive(api: Api, uid: string, versions: readonly string[]): Promise<Live | undefined> {
  const version = modelIn(versions);
  const found = version && (await resourceItem(api, uid, version));
  return found && (await isKeptNewer(api, found, versions)) ? liveResource(api, found, version) : undefined;
}

export function liveResource({ at, project }: Api, { metadata: own, spec }: Item, version: ModelVersion): Live {
  const dashboard: BoardResource = {
    apiVersion: `dashboard.grafana.app/${version}`,
    kind: "Dashboard",
    metadata: { name: own.name },
    spec,
  };
  const { folderUid = "", provisioned = false, manager } = foldersOf(own);
  const checksum = own.annotations?.[checksumKey];
  return {
    kind: "dashboard",
    at,
    id: own.name,
    spec: { folder: folderUid, dashboard } satisfies DashboardResource["spec"],
    ...(own.resourceVersion !== undefined && { version: own.resourceVersion }),
    ...(checksum !== undefined && { applied: checksum }),
    ...foreignness(own.name, ownerOf(spec.tags), project, { provisioned, manager }),
  };
}

export function ownerOf(tags: readonly string[] | null | undefined): string | undefined {
  return tags?.find((tag) => tag.startsWith("fleetglass:"))?.slice("fleetglass:".length);
}

async function one(http: Http, uid: string): Promise<z.infer<typeof whole> | undefined> {
  const { status, text } = await http({ path: `/api/dashboards/uid/${encodeURIComponent(uid)}` });
  return status === 404 ? undefined : checked(whole, text, `Grafana's dashboard ${uid}`);
}

function liveDashboard({ dashboard, meta }: z.infer<typeof whole>, at: GrafanaPlace, project: string): Live {
  const { id: _numeric, version, ...rest } = dashboard as typeof dashboard & { readonly id?: unknown };
  const { checksum } = marker.safeParse(dashboard["fleetglass"]).data ?? {};
  const owner = ownerOf(dashboard.tags);
  return {
    kind: "dashboard",
    at,
    id: dashboard.uid,
    spec: { folder: meta.folderUid ?? "", dashboard: rest },
    ...(version !== undefined && { version }),
    ...(checksum !== undefined && { applied: checksum }),
    ...foreignness(dashboard.uid, owner, project, meta),
  };
}

function foreignness(
  uid: string,
  owner: string | undefined,
  project: string,
  { provisioned, manager }: z.infer<typeof whole>["meta"],
): Pick<Live, "foreign"> {
  if (manager !== undefined && !files.has(manager)) {
    return {
      foreign: {
        reason: `dashboard ${uid} is managed by ${manager} and can't be changed here`,
        mend: `take it out of what ${manager} manages, or give ours another uid`,
      },
    };
  }
  if (provisioned === true) {
    return {
      foreign: {
        reason: `dashboard ${uid} was provisioned from a file and can't be changed here`,
        mend: "publish to files only, or take it out of the provisioned folder",
      },
    };
  }
  if (owner === project) return {};
  return {
    foreign: {
      reason:
        owner === undefined
          ? `dashboard ${uid} was not made by fleetglass`
          : `dashboard ${uid} belongs to the project ${owner}`,
      mend:
        owner === undefined
          ? "give it another uid in Grafana, delete it there, or make it ours with --take-over"
          : `publish the two to organisations or Grafanas of their own, or let ${owner} give it up first`,
      adoptable: owner === undefined,
    },
  };
}
