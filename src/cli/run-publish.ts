import { colours } from "./colours.ts";
import { contentOf, managed, type Resource } from "../bundle.ts";
import { helmFiles } from "../infra/index.ts";
import { withAhead } from "../publish/ahead.ts";
import { planFor } from "../publish/apply.ts";
import type { Target } from "../publish/target.ts";
import { renderConfigMaps } from "../render/config-maps.ts";
import { fileOf, render } from "../render/render.ts";
import { expiredPreviews, removeExpired, runBranchPreview } from "./branch-preview.ts";
import { carryOut, type CarryOutOptions } from "./carry-out.ts";
import { type ExitCode, exitCodes } from "./exit-codes.ts";
import { Misuse } from "./misuse.ts";
import { writePlan } from "./plan-file.ts";
import { planMarkdown } from "./print-markdown.ts";
import { planJson, planText } from "./print-plan.ts";
import { type CommonOptions, generated, type World } from "./run.ts";
import { selectionOf, type SelectionOptions } from "./selection.ts";
import type { Project } from "../project.ts";
import { memoryOf } from "./state.ts";
import {
  environmentOf,
  filesDestination,
  leftOut,
  liveDestination,
  liveGrafanas,
  placesOf,
  ruleFormat,
} from "./servers.ts";
import { bundleText, findingsText, fleetText, nextText, projectJson } from "./summary.ts";

export interface PublishOptions extends CommonOptions, SelectionOptions, CarryOutOptions {
  readonly out: string;
  readonly to: "files" | "configmaps" | "helm" | "live";
  readonly plan?: boolean;
  /** Makes ours what others made and stands in the way. */
  readonly takeOver?: boolean;
  /** Prints the plan as Markdown, for a comment on a pull request. */
  readonly markdown?: boolean;
  /** Where to keep the plan, for `publish FILE`. */
  readonly planOut?: string;
  /** The branch whose boards are shown beside the published ones. */
  readonly preview?: string;
  readonly expires?: string;
  readonly remove?: boolean;
}

/** `fleetglass build`, `plan` and `publish`: one road, left earlier or later. */
export function runPublish(options: PublishOptions, world: World): Promise<ExitCode> {
  return withAhead((begin) => published(options, world, begin));
}

async function published(
  options: PublishOptions,
  world: World,
  begin: (targets: readonly Target[]) => Promise<void>,
): Promise<ExitCode> {
  if (options.out.trim() === "") throw new Misuse("--out needs the name of a folder");
  if (options.preview === undefined && (options.expires !== undefined || options.remove === true)) {
    throw new Misuse("--expires and --remove belong to --preview BRANCH");
  }
  const toFiles = options.to !== "live" && options.preview === undefined;
  if (options.planOut !== undefined && toFiles)
    throw new Misuse("--plan-out keeps a plan for a live stack: add --to live");
  const { print } = world;
  const own = environmentOf(world.environment, options.context);
  let live: readonly Target[] = [];
  const { loaded, resources, findings } = await generated(options, async (project) => {
    if (options.to !== "live" || options.preview !== undefined) return;
    live = liveDestination(placesOf(project), own).targets;
    await begin(live);
  });
  const { project } = loaded;
  if (options.to === "helm") refuseHelm(project);
  const isText = options.json !== true && options.markdown !== true;
  const say = (text: string): unknown => (isText ? print(text) : undefined);
  const end = (code: ExitCode, more: object): ExitCode => {
    if (options.json === true) print(JSON.stringify({ ...projectJson(project, resources), ...more }, null, 2));
    return code;
  };

  const wanted = managed(resources, project);
  say(
    `${fleetText(loaded)}\n\n${bundleText(wanted, options.to === "files" ? options.out : undefined, ruleFormat(project))}`,
  );
  if (findings.length > 0) {
    say(`\n${findingsText(findings)}\nNothing was published.`);
    if (options.markdown === true)
      print(`**${findings.length} findings**: nothing was planned.\n\n${fenced(findingsText(findings))}`);
    return end(exitCodes.failed, { findings });
  }
  say(`  ${colours.green("✓")} lint: no findings\n`);

  const { preview } = options;
  if (preview !== undefined) return runBranchPreview(project, wanted, { ...options, preview }, world);

  const places = placesOf(project, wanted);
  const { targets, left } = toFiles
    ? filesDestination(options.out, project, wanted)
    : { targets: live, left: leftOut(places, own) };
  const only = selectionOf(options, project.fleet, toFiles ? [] : wanted);
  const plans = await planFor(rendered(options.to, wanted, project), targets, {
    takeOver: options.takeOver === true,
    ...(only && { only }),
    ...(!toFiles && { memory: await memoryOf(options.state, project.name) }),
  });
  const prune = options.prune === true;
  say([...left.map((line) => colours.yellow(`! ${line}`)), planText(plans, { prune })].join("\n"));
  const expired = toFiles || only ? [] : await expiredPreviews(project, own);
  for (const { title } of expired) say(`  - ${title}: has expired${prune ? "" : "; --prune removes it"}`);
  if (options.markdown === true) print(planMarkdown(plans, { prune, left }));

  const changes = plans.flatMap((one) => one.changes);
  const refused = changes.some(({ action }) => action === "refuse");
  const planOnly = options.plan === true || options.planOut !== undefined;
  if (planOnly || refused) {
    if (refused) say(`\nNothing ${planOnly ? "can be" : "was"} published: mend what is marked with ! first.`);
    else if (options.planOut !== undefined) {
      await writePlan(options.planOut, { places, prune, takeOver: options.takeOver === true, plans });
      say(`\nThe plan is in ${options.planOut}: fleetglass publish ${options.planOut} carries out just this.`);
    }
    const code = refused
      ? exitCodes.failed
      : changes.length > 0 || (prune && expired.length > 0)
        ? exitCodes.changes
        : exitCodes.done;
    return end(code, { plan: planJson(plans), left });
  }

  const grafanas = toFiles ? [] : liveGrafanas(places.grafanas, own);
  const outcome = await carryOut(plans, { ...options, project: project.name, grafanas }, { ...world, print: say });
  const { applied } = outcome;
  const stuck = prune && (await removeExpired(project, expired, { ...world, environment: own, print: say }));
  const failed = outcome.failed || stuck;
  if (!failed && options.to === "files") say(`\n${nextText(loaded)}`);
  return end(failed ? exitCodes.failed : exitCodes.done, { plan: planJson(plans), left, applied });
}

function rendered(to: PublishOptions["to"], wanted: readonly Resource[], project: Project): readonly Resource[] {
  if (to === "live") return wanted;
  if (to === "helm") return helmFiles(project.fleet, contentOf(project)).map(({ path, text }) => fileOf(path, text));
  return to === "files" ? render(wanted, ruleFormat(project)) : renderConfigMaps(wanted);
}

function refuseHelm({ fleet: { infrastructure } }: Project): void {
  if (infrastructure === undefined) {
    throw new Misuse(
      "--helm writes the values of our infrastructure, and this fleet asks for none: add infrastructure to it",
    );
  }
  if (infrastructure.boards === "flux") {
    throw new Misuse(
      "--helm is for clusters without Flux, and infrastructure.boards says that Flux brings the boards: leave it out",
    );
  }
}

function fenced(text: string): string {
  return `\`\`\`\n${text}\n\`\`\``;
}
