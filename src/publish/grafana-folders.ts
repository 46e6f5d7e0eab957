import { setTimeout as sleep } from "node:timers/promises";
import * as z from "zod";
import { type Folder, folderPrefix, type GrafanaPlace, placeOfGrafana, type Resource } from "../bundle.ts";
import { ahead, type Early } from "./ahead.ts";
import { checked } from "./answer.ts";
import { lackingRight } from "./grafana-rights.ts";
import { type Http, ServerError } from "./http.ts";
import type { Live, Target } from "./target.ts";

export interface GrafanaOptions {
  /** What a person calls the server, with its address. */
  readonly title: string;
  /** Of several Grafanas; absent for the first. */
  readonly name?: string | undefined;
  readonly organisation: number;
  readonly project: string;
  /** Uid of the folder that holds ours, where they are not at the top level. */
  readonly parentFolder?: string;
}

/** Each organisation of a Grafana is a place of its own. */
export function isIn(at: Resource["at"], { grafana, organisation }: GrafanaPlace): boolean {
  return at.system === "grafana" && at.grafana === grafana && at.organisation === organisation;
}

interface Listed {
  readonly uid: string;
  readonly title: string;
  readonly parentUid?: string | undefined;
}

/** What Grafana tells of one alone. */
interface Told extends Listed {
  readonly version?: number | undefined;
  readonly parents?: readonly { readonly uid: string }[] | null | undefined;
}

const listed = z.array(z.looseObject({ uid: z.string(), title: z.string(), parentUid: z.string().optional() }));
const folder = z.looseObject({
  uid: z.string(),
  title: z.string(),
  version: z.number().optional(),
  parentUid: z.string().optional(),
  /** Those that it lies in. */
  parents: z.array(z.looseObject({ uid: z.string() })).nullish(),
});

/** Grafana's limit of a page. */
const pageSize = 1000;

/** Folders at the top level, and in the folders that hold ours. Ours are those whose uid begins with the project's sign, which nobody else makes up. */
export function grafanaFolders(
  http: Http,
  { title, name, organisation, project, parentFolder }: GrafanaOptions,
): Target {
  const at = placeOfGrafana({ name, organisation });
  const levels = ahead(async (early) => {
    const parents = new Set([undefined, parentFolder]);
    return new Map(
      await Promise.all([...parents].map(async (parent) => [parent, await allFolders(http, parent, early)] as const)),
    );
  });
  return {
    title,
    place: title,
    versions: true,
    holds: (resource) => resource.kind === "folder" && isIn(resource.at, at),
    ahead: levels.begin,
    async list(wanted) {
      const all = await levels.answer();
      const near = [...all.values()].flat();
      if (parentFolder !== undefined && all.get(parentFolder)?.some(({ uid }) => uid === parentFolder) === true) {
        throw new ServerError(
          `${title} keeps no folder in another (it does by default from version 11 on, before with the feature toggle nestedFolders): leave parentFolder out of the fleet's grafana`,
        );
      }
      const ours = near.filter(({ uid }) => uid.startsWith(folderPrefix(project)));
      const whole = await Promise.all(
        ours.map(async ({ uid }) => {
          const one = await oneFolder(http, uid);
          if (!one) throw new ServerError(`Grafana's folder ${uid} went away while it was read: run again`);
          return one;
        }),
      );
      // One that somebody moved into a folder of theirs is in neither list.
      const away = wanted.filter(({ id, found: was }) => was !== true && !near.some(({ uid }) => uid === id));
      const moved = (await Promise.all(away.map(({ id }) => oneFolder(http, id)))).flatMap((one) => one ?? []);
      const found = wanted.filter((one) => one.found === true);
      const theirs = (await Promise.all(found.map(({ id }) => oneFolder(http, id)))).flatMap((one) => one ?? []);
      return [
        ...[...whole, ...moved].map((one) => liveFolder(one, at)),
        ...theirs.map((one): Live => ({
          ...liveFolder(one, at),
          foreign: {
            reason: `the folder ${one.uid} was not made by fleetglass`,
            mend: "leave it as it is there, or let it be changed with --take-over",
            adoptable: true,
          },
        })),
        ...(
          await Promise.all(
            wanted
              .filter((one) => one.found !== true)
              .map((resource) =>
                namesake(http, resource, { all: all.get((resource.spec as Folder).parent) ?? [], at, project }),
              ),
          )
        ).flat(),
      ];
    },
    lacks: () => lackingRight(http, { title, action: "folders:create", what: "make folders" }),
    async put({ id, spec }, before) {
      const { title: name, parent } = spec as Folder;
      const path = `/api/folders/${encodeURIComponent(id)}`;
      if (!before) {
        const body = { uid: id, title: name, ...(parent !== undefined && { parentUid: parent }) };
        await http({ method: "POST", path: "/api/folders", body });
        return;
      }
      const { title: old, parent: from } = before.spec as Folder;
      if (from !== parent) await http({ method: "POST", path: `${path}/move`, body: { parentUid: parent ?? "" } });
      // A folder that moved has another version, and nobody else wrote its title meanwhile.
      if (old !== name) {
        const body = from === parent ? { title: name, version: before.version } : { title: name, overwrite: true };
        await http({ method: "PUT", path, body });
      }
    },
    async remove({ id, spec }) {
      // Grafana deletes a folder with all that lies in it, whoever made that.
      const inside = await leftIn(http, id);
      if (inside !== undefined) {
        const { title: name } = spec as Folder;
        throw new ServerError(`folder ${name} still holds ${inside}, which would be deleted with it: move that first`);
      }
      await http({ method: "DELETE", path: `/api/folders/${encodeURIComponent(id)}`, accepts: [404] });
    },
  };
}

/** Where Grafana shows folders of whose own folder one may not know: it is none, and they say themselves where they are. */
const sharedWithMe = "sharedwithme";

/** Every folder of Grafana, those that hold others first. One that keeps none in another answers with all of them each time. */
export async function existingFolders(http: Http): Promise<Folder[]> {
  const found: Folder[] = [];
  const known = new Set<string>();
  let level: readonly (string | undefined)[] = [undefined];
  while (level.length > 0) {
    const answers = await Promise.all(
      level.map(async (parent) =>
        (await allFolders(http, parent)).map(({ uid, title, parentUid }) => ({
          uid,
          title,
          parent: parent === sharedWithMe ? parentUid : parent,
        })),
      ),
    );
    const below = answers.flat().filter(({ uid }) => !known.has(uid));
    for (const { uid } of below) known.add(uid);
    const real = below.filter(({ uid }) => uid !== sharedWithMe);
    found.push(
      ...real.map(({ uid, title, parent }) => ({ uid, title, slug: uid, ...(parent !== undefined && { parent }) })),
    );
    level = below.map(({ uid }) => uid);
  }
  return found;
}

export async function oneFolder(http: Http, uid: string): Promise<Told | undefined> {
  // Whom Grafana shows some folders only it may refuse what is not there.
  const { status, text } = await http({ path: `/api/folders/${encodeURIComponent(uid)}`, accepts: [403] });
  return status === 404 || status === 403 ? undefined : checked(folder, text, `Grafana's folder ${uid}`);
}

function liveFolder({ uid, title, version, parentUid }: Told, at: GrafanaPlace): Live {
  return {
    kind: "folder",
    at,
    id: uid,
    spec: { uid, title, ...(parentUid && { parent: parentUid }) },
    ...(version !== undefined && { version }),
  };
}

/** At most so many are named: who is to move them looks into the folder anyway. */
const named = 20;

function listOf(titles: readonly string[]): string {
  const texts = titles.map((title) => `"${title}"`);
  return titles.length < named ? texts.join(", ") : `${texts.join(", ")} and more`;
}

/**
 * What is in a folder, for a person: the titles of boards and folders, and how many there are of what the search does not find.
 * Grafana's search lags behind what was just removed, so it is asked again.
 */
async function leftIn(http: Http, uid: string): Promise<string | undefined> {
  for (let tries = 1; ; tries += 1) {
    const { text } = await http({ path: "/api/search", query: { folderUIDs: uid, limit: named } });
    const inside = checked(listed, text, `Grafana's search in folder ${uid}`).map(({ title }) => title);
    const others = inside.length > 0 ? [] : await countedIn(http, uid);
    if (inside.length === 0 && others.length === 0) return undefined;
    if (tries === 4) return inside.length > 0 ? listOf(inside) : others.join(", ");
    await sleep(500);
  }
}

const counts = z.record(z.string(), z.number());

/** As people call them. */
const words: ReadonlyMap<string, string> = new Map([
  ["alertrule", "alert rule"],
  ["librarypanel", "library panel"],
]);

/** Library panels and alert rules are in a folder too. */
async function countedIn(http: Http, uid: string): Promise<string[]> {
  const { status, text } = await http({ path: `/api/folders/${encodeURIComponent(uid)}/counts` });
  if (status === 404) return [];
  return Object.entries(checked(counts, text, `what Grafana counts in folder ${uid}`)).flatMap(([what, count]) =>
    count > 0 ? [`${count} × ${words.get(what) ?? what}`] : [],
  );
}

/** The folders right below one, or at the top level. */
export async function allFolders(http: Http, parent: string | undefined, early: Early = {}): Promise<Listed[]> {
  const found: Listed[] = [];
  for (let page = 1; ; page += 1) {
    const query = { limit: pageSize, page, ...(parent !== undefined && { parentUid: parent }) };
    const { status, text } = await http({ path: "/api/folders", query, ...early });
    if (status === 404) {
      throw new ServerError(
        parent === undefined
          ? "Grafana has no API for folders at /api/folders: is that the address of a Grafana?"
          : `Grafana has no folder ${parent}, or the token may not see it: check grafanas[].parentFolder in the fleet`,
      );
    }
    const some = checked(listed, text, "Grafana's list of folders");
    found.push(...some);
    if (some.length < pageSize) return found;
  }
}

/** A folder of the same title and another uid: Grafana 10 refuses ours, later ones show two that nobody can tell apart. */
async function namesake(
  http: Http,
  resource: Resource,
  { all, at, project }: { readonly all: readonly Listed[]; readonly at: GrafanaPlace; readonly project: string },
): Promise<Live[]> {
  const name = (resource.spec as Folder).title;
  const twin = all.find(({ uid, title }) => title === name && uid !== resource.id);
  if (!twin) return [];
  // The rules of a file are in a folder that the file makes, under a uid that Grafana makes up: that is ours then.
  if (resource.id === `${folderPrefix(project)}rules` && (await hasRulesOfFile(http, twin.uid))) {
    return [{ kind: "folder", at, id: resource.id, spec: resource.spec }];
  }
  const foreign = {
    reason: `there is a folder "${name}" already (uid ${twin.uid})`,
    mend: "rename it, or give the fleet another title",
  };
  return [{ kind: "folder", at, id: resource.id, spec: twin, foreign }];
}

const rules = z.array(z.looseObject({ folderUID: z.string(), provenance: z.string().optional() }));

async function hasRulesOfFile(http: Http, uid: string): Promise<boolean> {
  const { status, text } = await http({ path: "/api/v1/provisioning/alert-rules", accepts: [403] });
  if (status !== 200) return false;
  const all = checked(rules, text, "Grafana's list of alert rules");
  return all.some(({ folderUID, provenance }) => folderUID === uid && provenance === "file");
}
