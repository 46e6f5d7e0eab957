import {
  bundle,
  type DashboardResource,
  type Folder,
  folderPrefix,
  isBoardResource,
  ownerTag,
  placeOfGrafana,
  type Resource,
  resourceId,
  tagsIn,
} from "../bundle.ts";
import type { Project } from "../project.ts";
import { apply, type Applied, planFor } from "../publish/apply.ts";
import { isIn } from "../publish/grafana-folders.ts";
import { type ExitCode, exitCodes } from "./exit-codes.ts";
import { loadProject } from "./load.ts";
import { Misuse } from "./misuse.ts";
import type { CommonOptions, World } from "./run.ts";
import { liveDestination, liveGrafanas, placesOf } from "./servers.ts";

/**
 * `fleetglass preview --grafana`: folders and boards under names of their own beside the published ones, gone again when
 * it ends. Data sources are those that are published already.
 * @param until when to take them away
 */
export async function previewInGrafana(
  { fleet, json }: CommonOptions,
  { print, tell, environment }: World,
  until: Promise<unknown>,
): Promise<ExitCode> {
  const { project } = await loadProject(fleet);
  const places = placesOf({ ...project, name: previewName(project) });
  const grafanas = liveGrafanas(places.grafanas, environment);
  if (grafanas.length === 0) throw new Misuse("--grafana needs GRAFANA_URL in the environment (and GRAFANA_TOKEN)");
  const resources = asPreview(project, bundle(project));
  const { targets: all } = liveDestination(places, environment);
  const targets = all.filter((target) => resources.some((resource) => target.holds(resource)));
  const plans = await planFor(resources, targets);
  const refused = plans.flatMap(({ changes }) => changes.filter(({ action }) => action === "refuse"));
  if (refused.length > 0) throw new Error("a folder or a board of the preview's name is there already: rename that");
  try {
    failures(await apply(plans, { prune: true }));
    const boards = resources.filter(({ kind }) => kind === "dashboard");
    const addresses = boards.flatMap(({ id, at }) =>
      grafanas
        .filter(({ home }) => isIn(at, placeOfGrafana(home)))
        .map(
          ({ server, home }) => `${server.url}/d/${id}${home.organisation === 1 ? "" : `?orgId=${home.organisation}`}`,
        ),
    );
    print(json === true ? JSON.stringify({ boards: addresses }, null, 2) : addresses.join("\n"));
    tell("Ctrl-C takes them away again");
    await until;
  } finally {
    failures(await apply(await planFor([], targets), { prune: true }));
  }
  tell("taken away");
  return exitCodes.done;
}

/** No project is called so, since names have no capitals. */
function previewName({ name }: Pick<Project, "name">): string {
  return `Preview-${name}`;
}

/** Where a preview stands beside what is published. */
export interface PreviewNames {
  /** Signs it, in place of the project. */
  readonly project: string;
  /** What becomes of a folder. Several may become one. */
  readonly folder: (folder: Folder) => Folder;
  /** What becomes of a board's uid: forty characters at most. */
  readonly boardId: (uid: string) => string;
}

function besides(project: Project): PreviewNames {
  const [prefix, previewPrefix] = [folderPrefix(project.name), folderPrefix(previewName(project))];
  return {
    project: previewName(project),
    folder: (one) => ({ ...one, uid: one.uid.replace(prefix, previewPrefix), title: `Preview: ${one.title}` }),
    boardId: (uid) => `preview-${uid}`.slice(0, 40),
  };
}

/** The folders and boards of a bundle under uids and titles of their own, with links that lead from one to the other. */
export function asPreview(
  project: Project,
  resources: readonly Resource[],
  names: PreviewNames = besides(project),
): Resource[] {
  const boards = new Set(resources.flatMap(({ kind, id }) => (kind === "dashboard" ? [id] : [])));
  const homes = new Map(
    resources.flatMap((one) => {
      if (one.kind !== "folder") return [];
      const spec = names.folder(one.spec);
      return [[one.id, { ...one, id: spec.uid, spec }] as const];
    }),
  );
  const folders = new Map([...homes.values()].map((one) => [resourceId(one), one]));
  const moved = resources.flatMap((resource): Resource[] => {
    if (resource.kind !== "dashboard") return [];
    const { folder, dashboard } = resource.spec;
    const id = names.boardId(resource.id);
    const linked = JSON.stringify(dashboard).replaceAll(/\/d\/([\w-]+)/gu, (link, uid: string) =>
      boards.has(uid) ? `/d/${names.boardId(uid)}` : link,
    );
    const own = JSON.parse(linked) as DashboardResource["spec"]["dashboard"];
    const resigned = (tags: readonly string[]): string[] =>
      tags.map((tag) => (tag === ownerTag(project.name) ? ownerTag(names.project) : tag));
    const home = homes.get(folder);
    return [
      {
        ...resource,
        id,
        needs: home ? [resourceId(home)] : [],
        spec: {
          folder: home?.id ?? folder,
          dashboard: isBoardResource(own)
            ? { ...own, metadata: { name: id }, spec: { ...own.spec, tags: resigned(tagsIn(own)) } }
            : { ...own, uid: id, tags: resigned(own.tags ?? []) },
        },
      },
    ];
  });
  return [...folders.values(), ...moved];
}

function failures(applied: readonly Applied[]): void {
  const failed = applied.find(({ error }) => error)?.error;
  if (failed) throw failed;
}
