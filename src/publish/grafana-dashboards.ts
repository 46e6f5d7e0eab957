import pLimit from "p-limit";
import { z } from "zod";
import { type DashboardResource, type GrafanaPlace, ownerTag, placeOfGrafana } from "../bundle.ts";
import { ahead, type Early } from "./ahead.ts";
import { checked } from "./answer.ts";
import { type GrafanaOptions, isIn } from "./grafana-folders.ts";
import { digestOf } from "./normal-form.ts";
import { type Http, ServerError } from "./http.ts";
import type { Live, Target } from "./target.ts";

const hits = z.array(z.looseObject({ uid: z.string() }));
const whole = z.looseObject({
  dashboard: z.looseObject({ uid: z.string(), version: z.number().optional(), tags: z.array(z.string()).nullish() }),
  meta: z.looseObject({ folderUid: z.string().optional(), provisioned: z.boolean().optional() }),
});
/** What we wrote last, in the board itself. */
const marker = z.looseObject({ checksum: z.string() });
const saved = z.looseObject({ uid: z.string() });

const pageSize = 1000;
/** An older Grafana is asked for each board: so many at once. */
const atOnce = 8;

/** Dashboards of an organisation. Ours carry the project's tag. */
export function grafanaDashboards(http: Http, { title, name, organisation, project }: GrafanaOptions): Target {
  const at = placeOfGrafana({ name, organisation });
  const read = async (uid: string): Promise<Live | undefined> => {
    const answer = await one(http, uid);
    return answer && liveDashboard(answer, at, project);
  };
  const boards = ahead((early) => allDashboards(http, organisation, early));
  return {
    title,
    place: title,
    versions: true,
    holds: (resource) => resource.kind === "dashboard" && isIn(resource.at, at),
    ahead: boards.begin,
    async list(wanted) {
      const ids = new Set(wanted.map(({ id }) => id));
      const all = await boards.answer();
      if (all) {
        const near = all.filter(({ metadata, spec }) => ids.has(metadata.name) || ownerOf(spec.tags) === project);
        return near.map((item) => listedDashboard(item, at, project));
      }
      // The search may lag behind a write, so what we want is asked for by uid; what it adds are those that are gone.
      const uids = new Set([...ids, ...(await tagged(http, ownerTag(project)))]);
      const found = await pLimit(atOnce).map(uids, read);
      return found.filter((live) => live !== undefined);
    },
    read: ({ id }) => read(id),
    async put(resource, before) {
      const { folder, dashboard } = resource.spec as DashboardResource["spec"];
      const version = before && (before.version ?? (await versionOf(before, read)));
      const body = {
        // With `overwrite` Grafana would replace whatever has this uid or title; a version replaces what we read.
        dashboard: {
          ...dashboard,
          fleetglass: { checksum: digestOf(resource) },
          id: null,
          ...(version !== undefined && { version }),
        },
        folderUid: folder,
        overwrite: false,
        message: "published by fleetglass",
      };
      const { status, text } = await http({ method: "POST", path: "/api/dashboards/db", body, accepts: [409, 412] });
      if (status === 409 || status === 412) throw changedMeanwhile(resource.id, status);
      const { uid } = checked(saved, text, `Grafana's answer to dashboard ${resource.id}`);
      if (uid !== resource.id)
        throw new ServerError(
          `Grafana saved dashboard ${resource.id} as ${uid}: is there one of the same title in its folder?`,
        );
    },
    async remove({ id }) {
      await http({ method: "DELETE", path: `/api/dashboards/uid/${encodeURIComponent(id)}`, accepts: [404] });
    },
  };
}

function changedMeanwhile(uid: string, status?: number): ServerError {
  return new ServerError(`dashboard ${uid} was changed by somebody else since the plan was made: run again`, status);
}

/** A list of all tells no versions that a save would take: so it is read again, and must still be what the plan saw. */
async function versionOf(before: Live, read: (uid: string) => Promise<Live | undefined>): Promise<number | undefined> {
  const now = await read(before.id);
  if (!now || digestOf(now) !== digestOf(before)) throw changedMeanwhile(before.id);
  return now.version;
}

const group = z.looseObject({ versions: z.array(z.looseObject({ version: z.string() })) });
/** Of a board that is kept in another model than the one it is asked for in. */
const conversion = z.looseObject({ storedVersion: z.string().optional() });
const item = z.looseObject({
  status: z.looseObject({ conversion: conversion.optional() }).optional(),
  metadata: z.looseObject({ name: z.string(), annotations: z.record(z.string(), z.string()).optional() }),
  spec: z.looseObject({ tags: z.array(z.string()).nullish() }),
});
const items = z.looseObject({ metadata: z.looseObject({ continue: z.string().optional() }), items: z.array(item) });

/** The first of these that a Grafana has: the classic model, as it was saved rather than migrated. */
const listed = ["v0alpha1", "v1beta1", "v1"];
const listSize = 100;

/** Every dashboard of the organisation with its content, in a request for each hundred; undefined where Grafana can't. */
async function allDashboards(
  http: Http,
  organisation: number,
  early: Early = {},
): Promise<z.infer<typeof item>[] | undefined> {
  const api = "/apis/dashboard.grafana.app";
  const { status, text } = await http({ path: api, accepts: [401, 403], ...early });
  if (status !== 200) return undefined;
  const { versions } = checked(group, text, "Grafana's list of dashboard APIs");
  const version = listed.find((name) => versions.some((one) => one.version === name));
  if (version === undefined) return undefined;
  const path = `${api}/${version}/namespaces/${organisation === 1 ? "default" : `org-${organisation}`}/dashboards`;
  const found: z.infer<typeof item>[] = [];
  for (let next: string | undefined = ""; next !== undefined;) {
    const page = await http({
      path,
      signal: early.signal,
      query: { limit: listSize, ...(next !== "" && { continue: next }) },
      accepts: [403],
    });
    if (page.status !== 200) return undefined;
    const answer = checked(items, page.text, "Grafana's list of dashboards");
    found.push(...answer.items);
    next = answer.metadata.continue === "" ? undefined : answer.metadata.continue;
  }
  return found;
}

function listedDashboard({ metadata, spec, status }: z.infer<typeof item>, at: GrafanaPlace, project: string): Live {
  const stored = status?.conversion?.storedVersion;
  const manager = metadata.annotations?.["grafana.app/managedBy"];
  const answer = {
    dashboard: { ...spec, uid: metadata.name },
    meta: { folderUid: metadata.annotations?.["grafana.app/folder"] ?? "", provisioned: manager !== undefined },
  };
  const live = liveDashboard(answer, at, project);
  // What Grafana translates for us is not the board: its tabs and its rules for what is shown have no place in the classic model.
  if (stored === undefined || !stored.startsWith("v2") || ownerOf(spec.tags) === project) return live;
  return {
    ...live,
    foreign: {
      reason: `dashboard ${metadata.name} is kept in the model ${stored}, of which fleetglass knows only what the classic one has too`,
      mend: "export it in Grafana as a classic dashboard and import that, or leave it as it is",
    },
  };
}

function ownerOf(tags: readonly string[] | null | undefined): string | undefined {
  return tags?.find((tag) => tag.startsWith("fleetglass:"))?.slice("fleetglass:".length);
}

/** Every dashboard of an organisation, whoever made it; `foreign` says whether it could be made ours. */
export async function existingDashboards(http: Http, at: GrafanaPlace): Promise<Live[]> {
  const all = await allDashboards(http, at.organisation);
  if (all) return all.map((item) => listedDashboard(item, at, nobody));
  const found = await pLimit(atOnce).map(await tagged(http), (uid) => one(http, uid));
  return found.flatMap((answer) => (answer ? [liveDashboard(answer, at, nobody)] : []));
}

/** No project is called so. */
const nobody = "";

/** The uids of all dashboards, or of those with a tag. */
async function tagged(http: Http, tag?: string): Promise<string[]> {
  const found: string[] = [];
  for (let page = 1; ; page += 1) {
    const query = { type: "dash-db", ...(tag !== undefined && { tag }), limit: pageSize, page };
    const { text } = await http({ path: "/api/search", query });
    const some = checked(hits, text, "Grafana's search for dashboards");
    found.push(...some.map(({ uid }) => uid));
    if (some.length < pageSize) return found;
  }
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
    ...foreignness(dashboard.uid, owner, project, meta.provisioned === true),
  };
}

function foreignness(
  uid: string,
  owner: string | undefined,
  project: string,
  provisioned: boolean,
): Pick<Live, "foreign"> {
  if (provisioned) {
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
      mend: "give it another uid in Grafana, delete it there, or make it ours with --take-over",
      adoptable: owner === undefined,
    },
  };
}
