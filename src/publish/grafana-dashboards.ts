import pLimit from "p-limit";
import * as z from "zod";
import {
  type DashboardResource,
  type GrafanaPlace,
  isBoardResource,
  ownerTag,
  placeOfGrafana,
  type Resource,
} from "../bundle.ts";
import { ahead } from "./ahead.ts";
import { checked } from "./answer.ts";
import {
  classicLive,
  isClassic,
  listedClassic,
  liveResource,
  numberOf,
  ownerOf,
  resourceLive,
  unreadable,
} from "./grafana-board-live.ts";
import { changedMeanwhile, message, objectionTo, putResource } from "./grafana-board-resources.ts";
import { isTitleTaken, searched, titleObjections } from "./grafana-board-titles.ts";
import {
  allDashboards,
  type Api,
  apiVersions,
  isKeptNewer,
  type Item,
  listSize,
  modelIn,
  type ModelVersion,
  pages,
  pathOf,
  readableModel,
  resourceItem,
  storedModel,
  usualNamespace,
} from "./grafana-boards-api.ts";
import { type GrafanaOptions, isIn } from "./grafana-folders.ts";
import { lackingRight } from "./grafana-rights.ts";
import { digestOf } from "./normal-form.ts";
import { type Answer, type Http, ServerError } from "./http.ts";
import { shared } from "./shared.ts";
import type { Live, Target } from "./target.ts";

const saved = z.looseObject({ uid: z.string() });

/** An older Grafana is asked for each board: so many at once. */
const atOnce = 8;

/** Dashboards of an organisation. Ours carry the project's tag. */
export function grafanaDashboards(http: Http, { title, name, organisation, project }: GrafanaOptions): Target {
  const at = placeOfGrafana({ name, organisation });
  const api: Api = { http, at, project, namespace: usualNamespace(at) };
  /** What is read is held beside these: as little of it as there can be. */
  let named: ReadonlyMap<string, Resource> = new Map();
  const like = (uid: string): unknown => (named.get(uid)?.spec as DashboardResource["spec"] | undefined)?.dashboard;
  const boards = ahead((early) => allDashboards(http, at, early, like));
  let known: readonly string[] | undefined;
  const served = async (): Promise<readonly string[]> => (known ??= await apiVersions(http));
  const read = async (one: Pick<Live, "id" | "spec">): Promise<Live | undefined> =>
    (isClassic(one) ? undefined : await resourceLive(api, one.id, await served())) ?? classicLive(api, one.id);
  return {
    title,
    place: title,
    versions: true,
    holds: (resource) => resource.kind === "dashboard" && isIn(resource.at, at),
    ahead: boards.begin,
    async list(wanted) {
      named = new Map(wanted.map((one) => [one.id, one]));
      const ids = new Set(named.keys());
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
        return found.map((live) => savedByEditor(live, named.get(live.id), versions));
      }
      // The search may lag behind a write, so what we want is asked for by uid; what it adds are those that are gone.
      const uids = new Set([...ids, ...uidsOf(await searched(http, ownerTag(project)))]);
      const found = await pLimit(atOnce).map(uids, async (uid) => {
        const one = named.get(uid);
        const live = await (one ? read(one) : classicLive(api, uid));
        return live && { ...live, spec: shared(live.spec, one?.spec) };
      });
      return found.flatMap((live) => (live ? [savedByEditor(live, named.get(live.id), versions)] : []));
    },
    async objections(resources) {
      const newer = resources.filter((one) => !isClassic(one));
      const versions = await served();
      return [
        ...newer.flatMap((resource) => objectionTo(resource, versions)),
        // From 12 on it keeps several of one title.
        ...(versions.length === 0 ? await titleObjections(http, resources.filter(isClassic)) : []),
      ];
    },
    lacks: () => lackingRight(http, { title, action: "dashboards:create", what: "save boards" }),
    read,
    async put(resource, before, moved) {
      const { folder, dashboard } = resource.spec as DashboardResource["spec"];
      if (isBoardResource(dashboard)) return putResource(api, resource, { before, versions: await served() });
      // With `overwrite` Grafana would replace whatever has this uid or title; a version replaces what we read.
      const save = (own: { readonly id: number | null; readonly version?: Live["version"] }): Promise<Answer> =>
        http({
          method: "POST",
          path: "/api/dashboards/db",
          body: {
            dashboard: { ...dashboard, fleetglass: { checksum: digestOf(resource) }, ...own },
            folderUid: folder,
            overwrite: false,
            message,
          },
          accepts: [409, 412],
        });
      const version =
        before &&
        (typeof before.version === "number" ? before.version : await versionOf(api, before, { read, served }));
      let answer = await save({ id: null, ...(version !== undefined && { version }) });
      if (moved && isTitleTaken(answer)) {
        // Its own old self bears the title, and by its number it gets another uid.
        const id = await numberOf(http, moved.id);
        if (id !== undefined)
          answer = await save({ id, ...(moved.version !== undefined && { version: moved.version }) });
      }
      const { status, text } = answer;
      if (isTitleTaken(answer)) {
        throw new ServerError(
          `dashboard ${resource.id} is called as another one in its folder, and this Grafana keeps one of a title: rename one of the two, or remove the other`,
          status,
        );
      }
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

/** A list of all tells no versions that a save would take: so it is read again, and must still be what the plan saw. */
async function versionOf(
  api: Api,
  before: Live,
  {
    read,
    served,
  }: {
    readonly read: (one: Live) => Promise<Live | undefined>;
    readonly served: () => Promise<readonly string[]>;
  },
): Promise<number | string | undefined> {
  const now = await read(before);
  if (!now || digestOf(now) !== digestOf(before)) throw changedMeanwhile(before.id);
  if (isClassic(now)) return now.version;
  // The API of classic boards may not tell of this one (406, before 12.4), and takes it all the same.
  const model = modelIn(await served());
  return model && (await resourceItem(api, before.id, model))?.metadata.generation;
}

/**
 * Boards as they are kept: what Grafana translates for the list is not the board, for its tabs and its rules for what is shown
 * have no place in the classic model. A few are read one by one, many as pages.
 */
async function listedDashboards(api: Api, near: readonly Item[], versions: readonly string[]): Promise<Live[]> {
  const newer = near.filter((one) => storedModel(one) !== undefined);
  const listed = new Map(newer.map((one) => [one.metadata.name, listedClassic(api, one)]));
  const read = new Map<string, Live>();
  // At the version that it is kept in nothing is translated.
  for (const version of new Set(newer.map((one) => readableModel(one, versions)))) {
    if (version === undefined) continue;
    const own = newer.filter((one) => readableModel(one, versions) === version);
    const told = await toldIn(api, version, own, near.length / listSize + atOnce);
    const found = await pLimit(atOnce).map(told, async (one) =>
      (await isKeptNewer(api, one, versions)) ? liveResource(api, one, version) : listed.get(one.metadata.name),
    );
    for (const one of found) if (one) read.set(one.id, one);
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

/** These as Grafana tells of them in a version: one by one where they are few. */
async function toldIn(api: Api, version: ModelVersion, own: readonly Item[], few: number): Promise<readonly Item[]> {
  const uids = new Set(own.map(({ metadata }) => metadata.name));
  if (uids.size <= few) {
    const found = await pLimit(atOnce).map(uids, (uid) => resourceItem(api, uid, version));
    return found.filter((one) => one !== undefined);
  }
  const all = await pages(api.http, pathOf(version, api.namespace));
  // Taken for none they would be written anew.
  if (!all) throw new ServerError(`Grafana tells of its boards, but not in the model ${version} that some are kept in`);
  return all.filter(({ metadata }) => uids.has(metadata.name));
}

/**
 * We say in each board what we wrote. Grafana's editor leaves that out of what it saves, and may keep a classic board in the
 * model 2: what bears our tag and nothing else was saved there. (Before 13 Grafana may lose what we write beside a board of
 * the model 2.)
 */
function savedByEditor(live: Live, wanted: Resource | undefined, versions: readonly string[]): Live {
  const maybeLost = !isClassic(live) && (!wanted || !isClassic(wanted)) && !versions.includes("v2");
  if (live.foreign || live.applied !== undefined || maybeLost) return live;
  return { ...live, applied: wanted ? digestOf(wanted) : "" };
}

/** Every dashboard of an organisation, whoever made it; `foreign` says whether it could be made ours. */
export async function existingDashboards(http: Http, at: GrafanaPlace): Promise<Live[]> {
  const { versions, namespace, items: all } = await allDashboards(http, at);
  const api: Api = { http, at, project: nobody, namespace };
  if (all) return listedDashboards(api, all, versions);
  const found = await pLimit(atOnce).map(uidsOf(await searched(http)), (uid) => classicLive(api, uid));
  return found.filter((live) => live !== undefined);
}

/** No project is called so. */
const nobody = "";

function uidsOf(found: readonly { readonly uid: string }[]): string[] {
  return found.map(({ uid }) => uid);
}
