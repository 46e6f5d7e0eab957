import { bundle, type DashboardResource, folderPrefix, ownerTag, type Resource, resourceId } from "../bundle.ts";
import type { Project } from "../project.ts";
import { apply, type Applied, planFor } from "../publish/apply.ts";
import { type ExitCode, exitCodes } from "./exit-codes.ts";
import { loadProject } from "./load.ts";
import { Misuse } from "./misuse.ts";
import type { CommonOptions, World } from "./run.ts";
import { liveDestination, placesOf } from "./servers.ts";

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
  const url = environment["GRAFANA_URL"];
  if (!url) throw new Misuse("--grafana needs GRAFANA_URL in the environment (and GRAFANA_TOKEN)");
  const { project } = await loadProject(fleet);
  const resources = asPreview(project, bundle(project));
  const { targets: all } = liveDestination(placesOf({ ...project, name: previewName(project) }), environment);
  const targets = all.filter((target) => resources.some((resource) => target.holds(resource)));
  const plans = await planFor(resources, targets);
  const refused = plans.flatMap(({ changes }) => changes.filter(({ action }) => action === "refuse"));
  if (refused.length > 0) throw new Error("a folder or a board of the preview's name is there already: rename that");
  try {
    failures(await apply(plans, { prune: true }));
    const boards = resources.filter(({ kind }) => kind === "dashboard");
    const addresses = boards.map(({ id }) => `${url.replace(/\/+$/u, "")}/d/${id}`);
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

/** The folders and boards of a bundle under uids and titles of their own, with links that lead from one to the other. */
export function asPreview(project: Project, resources: readonly Resource[]): Resource[] {
  const [prefix, previewPrefix] = [folderPrefix(project.name), folderPrefix(previewName(project))];
  const folderId = (id: string): string => id.replace(prefix, previewPrefix);
  const boards = new Set(resources.flatMap(({ kind, id }) => (kind === "dashboard" ? [id] : [])));
  return resources.flatMap((resource): Resource[] => {
    if (resource.kind === "folder") {
      const id = folderId(resource.id);
      const title = `Preview: ${resource.spec.title}`;
      return [{ ...resource, id, spec: { ...resource.spec, uid: id, title } }];
    }
    if (resource.kind !== "dashboard") return [];
    const { folder, dashboard } = resource.spec;
    const id = boardId(resource.id);
    const linked = JSON.stringify(dashboard).replaceAll(/\/d\/([\w-]+)/gu, (link, uid: string) =>
      boards.has(uid) ? `/d/${boardId(uid)}` : link,
    );
    const own = JSON.parse(linked) as DashboardResource["spec"]["dashboard"];
    const tags = (own.tags ?? []).map((tag) => (tag === ownerTag(project.name) ? ownerTag(previewName(project)) : tag));
    const home = resources.find((one) => one.kind === "folder" && one.id === folder);
    return [
      {
        ...resource,
        id,
        needs: home ? [resourceId({ ...home, id: folderId(home.id) })] : [],
        spec: { folder: folderId(folder), dashboard: { ...own, uid: id, tags } },
      },
    ];
  });
}

/** Grafana allows forty characters. */
function boardId(uid: string): string {
  return `preview-${uid}`.slice(0, 40);
}

function failures(applied: readonly Applied[]): void {
  const failed = applied.find(({ error }) => error)?.error;
  if (failed) throw failed;
}
