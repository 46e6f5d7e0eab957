import pLimit from "p-limit";
import { z } from "zod";
import {
  type BoardResource,
  type DashboardResource,
  type GrafanaPlace,
  isBoardResource,
  ownerTag,
  placeOfGrafana,
  type Resource,
} from "../bundle.ts";
import { ahead, type Early } from "./ahead.ts";
import { checked } from "./answer.ts";
import { inModel } from "./board-form.ts";
import { type GrafanaOptions, isIn } from "./grafana-folders.ts";
import { lackingRight } from "./grafana-rights.ts";
import { digestOf } from "./normal-form.ts";
import { type Http, ServerError } from "./http.ts";
import type { Live, Objection, Target } from "./target.ts";

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
  const api: Api = { http, at, project, namespace: usualNamespace(at) };
  const boards = ahead((early) => allDashboards(http, at, early));
  let known: readonly string[] | undefined;
  const served = async (): Promise<readonly string[]> => (known ??= await apiVersions(http));
  const read = async (one: Pick<Live, "id" | "spec">): Promise<Live | undefined> => {
    const version = isClassic(one) ? undefined : modelIn(await served());
    return (version && (await resourceLive(api, one.id, version))) ?? classicLive(api, one.id);
  };
  return {
    title,
    place: title,
    versions: true,
    holds: (resource) => resource.kind === "dashboard" && isIn(resource.at, at),
    ahead: boards.begin,
    async list(wanted) {
      const ids = new Set(wanted.map(({ id }) => id));
      const { versions, namespace, items } = await boards.answer();
      known = versions;
      api.namespace = namespace;
      if (items) {
        // What could not be translated has no tag to be known by.
        const near = items.filter(
          ({ metadata, spec, status }) =>
            ids.has(metadata.name) || ownerOf(spec.tags) === project || status?.conversion?.failed === true,
        );
        const found = await listedDashboards(api, near, versions);
        const classic = new Map(wanted.filter(isClassic).map((one) => [one.id, one]));
        return found.map((live) => savedByEditor(live, classic.get(live.id)));
      }
      // The search may lag behind a write, so what we want is asked for by uid; what it adds are those that are gone.
      const uids = new Set([...ids, ...(await tagged(http, ownerTag(project)))]);
      const named = new Map(wanted.map((one) => [one.id, one]));
      const found = await pLimit(atOnce).map(uids, (uid) => {
        const one = named.get(uid);
        return one ? read(one) : classicLive(api, uid);
      });
      return found.filter((live) => live !== undefined);
    },
    async objections(resources) {
      const newer = resources.filter((one) => !isClassic(one));
      const versions = newer.length === 0 ? [] : await served();
      return newer.flatMap((resource) => objectionTo(resource, versions));
    },
    lacks: () => lackingRight(http, { title, action: "dashboards:create", what: "save boards" }),
    read,
    async put(resource, before) {
      const { folder, dashboard } = resource.spec as DashboardResource["spec"];
      if (isBoardResource(dashboard)) return putResource(api, resource, { before, versions: await served() });
      const version =
        before && (typeof before.version === "number" ? before.version : await versionOf(api, before, read));
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
        message,
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

/** What a board's history says of a save. */
const message = "published by fleetglass";

interface Api {
  readonly http: Http;
  readonly at: GrafanaPlace;
  readonly project: string;
  /** What the API calls the organisation. */
  namespace: string;
}

function isClassic({ spec }: Pick<Live, "spec">): boolean {
  return !isBoardResource((spec as DashboardResource["spec"]).dashboard);
}

function changedMeanwhile(uid: string, status?: number): ServerError {
  return new ServerError(`dashboard ${uid} was changed by somebody else since the plan was made: run again`, status);
}

/** A list of all tells no versions that a save would take: so it is read again, and must still be what the plan saw. */
async function versionOf(
  api: Api,
  before: Live,
  read: (one: Live) => Promise<Live | undefined>,
): Promise<number | string | undefined> {
  const now = await read(before);
  if (!now || digestOf(now) !== digestOf(before)) throw changedMeanwhile(before.id);
  return isClassic(now) ? now.version : (await classicLive(api, before.id))?.version;
}

const group = z.looseObject({ versions: z.array(z.looseObject({ version: z.string() })) });
/** Of a board that is kept in another model than the one it is asked for in. */
const conversion = z.looseObject({ storedVersion: z.string().optional(), failed: z.boolean().optional() });
const metadata = z.looseObject({
  name: z.string(),
  resourceVersion: z.string().optional(),
  annotations: z.record(z.string(), z.string()).optional(),
  labels: z.record(z.string(), z.string()).optional(),
});
const status = z.looseObject({ conversion: conversion.optional() }).optional();
const item = z.looseObject({ status, metadata, spec: z.looseObject({ tags: z.array(z.string()).nullish() }) });
const items = z.looseObject({ metadata: z.looseObject({ continue: z.string().optional() }), items: z.array(item) });
type Item = z.infer<typeof item>;

/** The first of these that a Grafana has: the classic model, as it was saved rather than migrated. */
const listed = ["v0alpha1", "v1beta1", "v1"];
const listSize = 100;
const groupPath = "/apis/dashboard.grafana.app";

/** The versions of the model 2 that we read and write, the best first. */
const models = ["v2", "v2beta1"] as const;
type ModelVersion = (typeof models)[number];

/** Which versions of its API for dashboards does a Grafana have? None before 12, or where nobody may ask. */
async function apiVersions(http: Http, early: Early = {}): Promise<readonly string[]> {
  const { status: code, text } = await http({ path: groupPath, accepts: [401, 403], ...early });
  if (code !== 200) return [];
  return checked(group, text, "Grafana's list of dashboard APIs").versions.map(({ version }) => version);
}

function modelIn(versions: readonly string[]): ModelVersion | undefined {
  return models.find((model) => versions.includes(model));
}

function pathOf(version: string, namespace: string, uid?: string): string {
  const path = `${groupPath}/${version}/namespaces/${encodeURIComponent(namespace)}/dashboards`;
  return uid === undefined ? path : `${path}/${encodeURIComponent(uid)}`;
}

/** What the API calls an organisation. */
function usualNamespace({ organisation }: GrafanaPlace): string {
  return organisation === 1 ? "default" : `org-${organisation}`;
}

const settings = z.looseObject({ namespace: z.string() });

/** In Grafana Cloud it is a stack's: where the usual one has no boards to tell of, Grafana is asked how it calls it. */
async function toldNamespace(http: Http, early: Early): Promise<string | undefined> {
  const { status: code, text } = await http({
    path: "/api/frontend/settings",
    signal: early.signal,
    accepts: [401, 403],
  });
  return code === 200 ? settings.safeParse(jsonOf(text)).data?.namespace : undefined;
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Every dashboard of the organisation with its content, in a request for each hundred; no items where Grafana can't. */
async function allDashboards(http: Http, at: GrafanaPlace, early: Early = {}): Promise<Everything> {
  const versions = await apiVersions(http, early);
  const usual = usualNamespace(at);
  const version = listed.find((name) => versions.includes(name));
  if (version === undefined) return { versions, namespace: usual };
  const found = await pages(http, pathOf(version, usual), early);
  if (found) return { versions, namespace: usual, items: found };
  const namespace = (await toldNamespace(http, early)) ?? usual;
  const own = namespace === usual ? undefined : await pages(http, pathOf(version, namespace), early);
  return { versions, namespace, ...(own && { items: own }) };
}

interface Everything {
  readonly versions: readonly string[];
  readonly namespace: string;
  readonly items?: readonly Item[];
}

async function pages(http: Http, path: string, early: Early = {}): Promise<readonly Item[] | undefined> {
  const found: Item[] = [];
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

/** In which version of the model 2 is it kept? Undefined for a classic board. */
function storedModel({ status: said }: Pick<Item, "status">): string | undefined {
  const stored = said?.conversion?.storedVersion;
  return stored?.startsWith("v2") === true ? stored : undefined;
}

/**
 * Boards as they are kept: what Grafana translates for the list is not the board, for its tabs and its rules for what is shown
 * have no place in the classic model. A few are read one by one, many as pages.
 */
async function listedDashboards(api: Api, near: readonly Item[], versions: readonly string[]): Promise<Live[]> {
  const { http } = api;
  const newer = near.filter((one) => storedModel(one) !== undefined);
  const read = new Map<string, Live>();
  // At the version that it is kept in nothing is translated.
  for (const version of new Set(newer.map((one) => readableModel(one, versions)))) {
    if (version === undefined) continue;
    const own = newer.filter((one) => readableModel(one, versions) === version).map((one) => one.metadata.name);
    if (own.length <= near.length / listSize + atOnce) {
      const found = await pLimit(atOnce).map(own, (uid) => resourceLive(api, uid, version));
      for (const one of found) if (one) read.set(one.id, one);
    } else {
      const all = (await pages(http, pathOf(version, api.namespace))) ?? [];
      const wanted = new Set(own);
      for (const one of all)
        if (wanted.has(one.metadata.name)) read.set(one.metadata.name, liveResource(api, one, version));
    }
  }
  return near.flatMap((one): Live[] => {
    const stored = storedModel(one);
    if (stored === undefined) return [listedClassic(api, one)];
    const found = read.get(one.metadata.name);
    if (found) return [found];
    // It went away since, or is in a version that is not ours to read.
    return readableModel(one, versions) === undefined ? [unreadable(api, one, stored)] : [];
  });
}

function readableModel(one: Item, versions: readonly string[]): ModelVersion | undefined {
  const stored = storedModel(one);
  return models.find((model) => model === stored && versions.includes(model)) ?? modelIn(versions);
}

function unreadable(api: Api, one: Item, stored: string): Live {
  return {
    ...listedClassic(api, one),
    foreign: {
      reason: `dashboard ${one.metadata.name} is kept in the model ${stored}, which this Grafana tells of in no version that fleetglass knows`,
      mend: "update Grafana to 12.2 or later, give ours another uid, or leave it as it is",
    },
  };
}

function foldersOf({ annotations }: Item["metadata"]): { readonly folderUid: string; readonly provisioned: boolean } {
  return {
    folderUid: annotations?.["grafana.app/folder"] ?? "",
    provisioned: annotations?.["grafana.app/managedBy"] !== undefined,
  };
}

function listedClassic({ at, project }: Api, { metadata: own, spec }: Item): Live {
  return liveDashboard({ dashboard: { ...spec, uid: own.name }, meta: foldersOf(own) }, at, project);
}

async function classicLive({ http, at, project }: Api, uid: string): Promise<Live | undefined> {
  const answer = await one(http, uid);
  return answer && liveDashboard(answer, at, project);
}

/** What we wrote last, beside a board of the model 2, which has no field for it. */
const checksumKey = "fleetglass/checksum";

/** A board that is kept in the model 2; undefined for a classic one, and where there is none. */
async function resourceLive(api: Api, uid: string, version: ModelVersion): Promise<Live | undefined> {
  const found = await resourceItem(api, uid, version);
  const stored = found?.status?.conversion?.storedVersion;
  return !found || (stored !== undefined && !stored.startsWith("v2")) ? undefined : liveResource(api, found, version);
}

async function resourceItem(
  { http, namespace }: Pick<Api, "http" | "namespace">,
  uid: string,
  version: string,
): Promise<Item | undefined> {
  const { status: code, text } = await http({ path: pathOf(version, namespace, uid) });
  return code === 404 ? undefined : checked(item, text, `Grafana's dashboard ${uid}`);
}

function liveResource({ at, project }: Api, { metadata: own, spec }: Item, version: ModelVersion): Live {
  const dashboard: BoardResource = {
    apiVersion: `dashboard.grafana.app/${version}`,
    kind: "Dashboard",
    metadata: { name: own.name },
    spec,
  };
  const { folderUid, provisioned } = foldersOf(own);
  const checksum = own.annotations?.[checksumKey];
  return {
    kind: "dashboard",
    at,
    id: own.name,
    spec: { folder: folderUid, dashboard } satisfies DashboardResource["spec"],
    ...(own.resourceVersion !== undefined && { version: own.resourceVersion }),
    ...(checksum !== undefined && { applied: checksum }),
    ...foreignness(own.name, ownerOf(spec.tags), project, provisioned),
  };
}

/**
 * Ours is a classic board, and Grafana's editor keeps what it saves in the model 2, without what we wrote beside it: nobody
 * else turns one into the other.
 */
function savedByEditor(live: Live, classic: Resource | undefined): Live {
  const isOurs = !live.foreign && live.applied === undefined;
  return classic && isOurs && !isClassic(live) ? { ...live, applied: digestOf(classic) } : live;
}

function objectionTo(resource: Resource, versions: readonly string[]): Objection[] {
  const { dashboard } = resource.spec as { readonly dashboard: BoardResource };
  const version = modelIn(versions);
  if (version === undefined) {
    const has =
      versions.length === 0 ? "it has none of the APIs of 12" : `it has ${[...versions].toSorted().join(", ")}`;
    return [
      {
        resource,
        reason: `dashboard ${resource.id} is in the model v2, which this Grafana does not have (${has})`,
        mend: "update Grafana to 12.2 or later, write the board with row() and panels, which every Grafana takes, or leave it out",
      },
    ];
  }
  if (writtenAs(dashboard, versions) !== undefined) return [];
  return [
    {
      resource,
      reason: `dashboard ${resource.id} has preferences, which the only version of the model that this Grafana has, ${version}, can't say`,
      mend: "update Grafana to 13, or leave spec.preferences out: only Grafana's editor reads them",
    },
  ];
}

/** In its own version where Grafana has that, else in the one that it has. */
function writtenAs(dashboard: BoardResource, versions: readonly string[]): BoardResource | undefined {
  const own = models.find((model) => dashboard.apiVersion.endsWith(`/${model}`) && versions.includes(model));
  const version = own ?? modelIn(versions);
  return version && inModel(dashboard, version);
}

/** Writes a board of the model 2, over just the one that was read. What others keep beside it stays. */
async function putResource(
  api: Api,
  resource: Resource,
  { before, versions }: { readonly before: Live | undefined; readonly versions: readonly string[] },
): Promise<void> {
  const { http, namespace } = api;
  const { id } = resource;
  const { folder, dashboard } = resource.spec as { readonly folder: string; readonly dashboard: BoardResource };
  const board = writtenAs(dashboard, versions);
  if (!board) throw new ServerError(`Grafana has no model that dashboard ${id} could be written in: run again`);
  const version = board.apiVersion.split("/")[1] ?? "";
  const now = before && (await resourceItem(api, id, version));
  if (before) await refuseChanged(api, before, now);
  const { "grafana.app/folder": _, ...others } = now?.metadata.annotations ?? {};
  const annotations = {
    ...others,
    ...(folder !== "" && { "grafana.app/folder": folder }),
    "grafana.app/message": message,
    [checksumKey]: digestOf(resource),
    // As Grafana itself asks for: else only administrators see what lies in no folder.
    ...(folder === "" && !before && { "grafana.app/grant-permissions": "default" }),
  };
  const { resourceVersion, labels } = now?.metadata ?? {};
  const { status: code } = await http({
    method: before ? "PUT" : "POST",
    path: pathOf(version, namespace, before && id),
    // Grafana would leave out what it does not know, and the plan would never be empty.
    query: { fieldValidation: "Strict" },
    body: {
      ...board,
      metadata: {
        name: id,
        ...(labels && { labels }),
        annotations,
        ...(resourceVersion !== undefined && { resourceVersion }),
      },
    },
    accepts: [409],
  });
  if (code === 409) throw changedMeanwhile(id, code);
}

async function refuseChanged(api: Api, before: Live, now: Item | undefined): Promise<void> {
  if (!now) throw changedMeanwhile(before.id);
  const { resourceVersion } = now.metadata;
  if (typeof before.version === "string" && resourceVersion === before.version) return;
  const is = isClassic(before) ? await classicLive(api, before.id) : liveResource(api, now, modelOfLive(before));
  if (!is || digestOf(is) !== digestOf(before)) throw changedMeanwhile(before.id);
}

function modelOfLive({ spec }: Live): ModelVersion {
  const { dashboard } = spec as { readonly dashboard: BoardResource };
  return models.find((model) => dashboard.apiVersion.endsWith(`/${model}`)) ?? "v2";
}

function ownerOf(tags: readonly string[] | null | undefined): string | undefined {
  return tags?.find((tag) => tag.startsWith("fleetglass:"))?.slice("fleetglass:".length);
}

/** Every dashboard of an organisation, whoever made it; `foreign` says whether it could be made ours. */
export async function existingDashboards(http: Http, at: GrafanaPlace): Promise<Live[]> {
  const { versions, namespace, items: all } = await allDashboards(http, at);
  const api: Api = { http, at, project: nobody, namespace };
  if (all) return listedDashboards(api, all, versions);
  const found = await pLimit(atOnce).map(await tagged(http), (uid) => classicLive(api, uid));
  return found.filter((live) => live !== undefined);
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
      mend:
        owner === undefined
          ? "give it another uid in Grafana, delete it there, or make it ours with --take-over"
          : `publish the two to organisations or Grafanas of their own, or let ${owner} give it up first`,
      adoptable: owner === undefined,
    },
  };
}
