import { createHash } from "node:crypto";
import { folderPrefix, placeOfGrafana, type Resource } from "../bundle.ts";
import { secondsOf } from "../duration.ts";
import type { Project } from "../project.ts";
import { planFor } from "../publish/apply.ts";
import { allFolders, isIn } from "../publish/grafana-folders.ts";
import { http } from "../publish/http.ts";
import { carryOut, type CarryOutOptions } from "./carry-out.ts";
import { colours } from "./colours.ts";
import { type ExitCode, exitCodes } from "./exit-codes.ts";
import { Misuse } from "./misuse.ts";
import { asPreview, type PreviewNames } from "./preview-grafana.ts";
import { planJson, planText } from "./print-plan.ts";
import type { World } from "./run.ts";
import {
  bringsBoardsByFlux,
  type Environment,
  environmentOf,
  liveDestination,
  liveGrafanas,
  placesOf,
} from "./servers.ts";

export interface BranchPreviewOptions extends CarryOutOptions {
  readonly preview: string;
  /** How long it stands: `7d`. */
  readonly expires?: string;
  readonly remove?: boolean;
  readonly plan?: boolean;
  readonly json?: boolean;
  readonly context?: string;
}

/** How long a preview stands where nobody says. */
const usualDays = 7;

/**
 * `publish --preview BRANCH`: the boards of a pull request in a folder `preview/<branch>` of their own, which says until when
 * it stands; `--remove` takes them away again.
 */
export async function runBranchPreview(
  project: Project,
  resources: readonly Resource[],
  options: BranchPreviewOptions,
  { print, tell, environment }: World,
): Promise<ExitCode> {
  const { preview: branch, remove = false } = options;
  if (branch.trim() === "") throw new Misuse("--preview needs the name of a branch");
  if (!project.fleet.manage.includes("folders") || !project.fleet.manage.includes("dashboards")) {
    throw new Misuse("--preview makes a folder with boards, which the fleet's manage list leaves out");
  }
  const names = namesOf(project, branch, untilOf(options.expires ?? `${usualDays}d`));
  const wanted = remove ? [] : asPreview(project, resources, names);
  const own = environmentOf(environment, options.context);
  const places = placesOf({
    ...project,
    name: names.project,
    fleet: { ...project.fleet, manage: ["folders", "dashboards"] },
  });
  const grafanas = liveGrafanas(places.grafanas, own);
  if (grafanas.length === 0) throw new Misuse("--preview needs GRAFANA_URL in the environment");
  const { targets } = liveDestination(places, own);
  const plans = await planFor(wanted, targets);
  const isText = options.json !== true;
  const say = (text: string): unknown => (isText ? print(text) : undefined);
  say(planText(plans, { prune: true }));
  const changes = plans.flatMap((one) => one.changes);
  const end = (code: ExitCode, more: object = {}): ExitCode => {
    const boards = wanted.flatMap(({ kind, id }) => (kind === "dashboard" ? [id] : []));
    if (!isText) print(JSON.stringify({ preview: branch, boards, plan: planJson(plans), ...more }, null, 2));
    return code;
  };
  const refused = changes.some(({ action }) => action === "refuse");
  if (options.plan === true || refused) {
    if (refused) say("\nNothing was published: mend what is marked with ! first.");
    return end(refused ? exitCodes.failed : changes.length > 0 ? exitCodes.changes : exitCodes.done);
  }
  const { failed, applied } = await carryOut(
    plans,
    { ...options, prune: true, allowMassDelete: true, project: names.project },
    { print: say, tell },
  );
  if (!failed && !remove) {
    for (const { server, home } of grafanas.filter((one) =>
      wanted.some(({ at }) => isIn(at, placeOfGrafana(one.home))),
    )) {
      const organisation = home.organisation === 1 ? "" : `?orgId=${home.organisation}`;
      say(`  see ${server.url}/dashboards/f/${folderUid(names.project)}${organisation}`);
    }
  }
  return end(failed ? exitCodes.failed : exitCodes.done, { applied });
}

/** The previews of a project that have outlived their day. */
export interface ExpiredPreview {
  readonly title: string;
  /** Signs it. */
  readonly project: string;
}

/** @returns none where no Grafana is named, or boards are none of ours to publish there: then nothing is asked */
export async function expiredPreviews(project: Project, environment: Environment): Promise<ExpiredPreview[]> {
  const { name, fleet } = project;
  const ours = fleet.manage.includes("dashboards") && !bringsBoardsByFlux(project);
  if (!ours) return [];
  const today = dayOf(new Date());
  const own = new RegExp(`^fleetglass_(${name}-P-[0-9a-f]{6})_all$`, "u");
  const grafanas = liveGrafanas(placesOf(project).grafanas, environment);
  const folders = await Promise.all(grafanas.map(({ server, home }) => allFolders(http(server), home.parentFolder)));
  const expired = folders.flat().flatMap(({ uid, title }) => {
    const [, project] = own.exec(uid) ?? [];
    const [, until] = /\(until (\d{4}-\d\d-\d\d)\)$/u.exec(title) ?? [];
    return project !== undefined && until !== undefined && until < today ? [{ title, project }] : [];
  });
  // One preview has a folder in each Grafana.
  return [...new Map(expired.map((one) => [one.project, one])).values()];
}

/** Takes expired previews away: `publish --to live --prune`. */
export async function removeExpired(
  project: Project,
  expired: readonly ExpiredPreview[],
  { print, tell, environment }: World,
): Promise<boolean> {
  let failed = false;
  for (const one of expired) {
    const { targets } = liveDestination(
      placesOf({ ...project, name: one.project, fleet: { ...project.fleet, manage: ["folders", "dashboards"] } }),
      environment,
    );
    print(`\n${colours.bold(`Expired: ${one.title}`)}`);
    const plans = await planFor([], targets);
    const outcome = await carryOut(
      plans,
      { prune: true, allowMassDelete: true, project: one.project },
      { print, tell },
    );
    failed ||= outcome.failed;
  }
  return failed;
}

function namesOf({ name }: Project, branch: string, until: string): PreviewNames {
  const sign = short(branch);
  // No project is called so, since names have no capitals.
  const project = `${name}-P-${sign}`;
  const uid = folderUid(project);
  return {
    project,
    folder: ({ parent }) => ({
      uid,
      title: `preview/${branch} (until ${until})`,
      slug: "preview",
      ...(parent !== undefined && { parent }),
    }),
    boardId: (id) => (id.length + 1 + sign.length <= 40 ? `${id}-${sign}` : `${id.slice(0, 26)}-${short(id)}-${sign}`),
  };
}

function folderUid(project: string): string {
  const uid = `${folderPrefix(project)}all`;
  if (uid.length > 40)
    throw new Error(
      `the folder would have the uid ${uid}, longer than Grafana's 40 characters: shorten the project's name`,
    );
  return uid;
}

function short(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 6);
}

function untilOf(lasting: string): string {
  const seconds = secondsOf(lasting);
  if (!Number.isFinite(seconds) || seconds <= 0) throw new Misuse(`--expires ${lasting}: write a duration such as 7d`);
  return dayOf(new Date(Date.now() + seconds * 1000));
}

function dayOf(date: Date): string {
  return date.toISOString().slice(0, 10);
}
