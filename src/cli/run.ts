import { colours } from "./colours.ts";
import { bundle, type Resource } from "../bundle.ts";
import { lint } from "../lint/index.ts";
import type { Finding } from "../lint/check.ts";
import { apply, type Applied, planFor, type TargetPlan } from "../publish/apply.ts";
import { subject } from "../publish/plan.ts";
import { render } from "../render/render.ts";
import { type ExitCode, exitCodes } from "./exit-codes.ts";
import { type Loaded, loadProject } from "./load.ts";
import { planJson, planText } from "./print-plan.ts";
import { type Destination, type Environment, filesDestination, liveDestination } from "./servers.ts";
import { bundleText, findingsText, fleetText, many, nextText, projectJson } from "./summary.ts";

/** What the commands share with the outside. */
export interface World {
  readonly print: (text: string) => unknown;
  /** For progress and problems: never mixed into what a program reads. */
  readonly tell: (text: string) => unknown;
  readonly environment: Environment;
}

export interface CommonOptions {
  readonly fleet?: string;
  readonly json?: boolean;
}

export interface PublishOptions extends CommonOptions {
  readonly out: string;
  readonly to: "files" | "live";
  readonly plan?: boolean;
  readonly prune?: boolean;
}

interface Generated {
  readonly loaded: Loaded;
  readonly resources: readonly Resource[];
  readonly findings: readonly Finding[];
}

async function generated({ fleet }: CommonOptions): Promise<Generated> {
  const loaded = await loadProject(fleet);
  const resources = bundle(loaded.project);
  return { loaded, resources, findings: lint(resources) };
}

/** `fleetglass lint` */
export async function runLint(options: CommonOptions, { print }: World): Promise<ExitCode> {
  const { resources, findings } = await generated(options);
  if (options.json === true) print(JSON.stringify(findings, null, 2));
  else
    print(
      findings.length > 0
        ? findingsText(findings)
        : `${colours.green("✓")} No findings in ${many(resources.length, "resource")}.`,
    );
  return findings.length > 0 ? exitCodes.failed : exitCodes.done;
}

/** `fleetglass build`, `plan` and `publish`: one road, left earlier or later. */
export async function runPublish(options: PublishOptions, world: World): Promise<ExitCode> {
  const { loaded, resources, findings } = await generated(options);
  const { print, tell } = world;
  const json = options.json === true;
  const toFiles = options.to === "files";
  if (!json) print(`${fleetText(loaded)}\n\n${bundleText(resources, toFiles ? options.out : undefined)}`);
  if (findings.length > 0) {
    if (json) print(JSON.stringify({ ...projectJson(loaded.project, resources), findings }, null, 2));
    else print(`\n${findingsText(findings)}\nNothing was published.`);
    return exitCodes.failed;
  }
  if (!json) print(`  ${colours.green("✓")} lint: no findings\n`);
  const destination = toFiles
    ? filesDestination(options.out, loaded.project)
    : liveDestination(loaded.project, world.environment);
  const plans = await planFor(toFiles ? render(resources) : resources, destination.targets);
  const prune = options.prune === true;
  if (!json)
    print([...destination.left.map((line) => colours.yellow(`! ${line}`)), planText(plans, { prune })].join("\n"));
  const refused = plans.some(({ changes }) => changes.some(({ action }) => action === "refuse"));
  if (options.plan === true || refused)
    return planned({ loaded, resources, plans, refused, json, asked: options.plan === true }, print);
  const applied = await apply(plans, { prune, onChange: progress(tell) });
  return reported({ loaded, resources, plans, applied, destination, options }, world);
}

interface Planned {
  readonly loaded: Loaded;
  readonly resources: readonly Resource[];
  readonly plans: readonly TargetPlan[];
  readonly refused: boolean;
  readonly json: boolean;
  readonly asked: boolean;
}

function planned({ loaded, resources, plans, refused, json, asked }: Planned, print: World["print"]): ExitCode {
  if (json) print(JSON.stringify({ ...projectJson(loaded.project, resources), plan: planJson(plans) }, null, 2));
  if (refused) {
    if (!json && !asked) print("\nNothing was published: mend what is marked with ! first.");
    return exitCodes.failed;
  }
  return plans.some(({ changes }) => changes.length > 0) ? exitCodes.changes : exitCodes.done;
}

/** One line that counts, on a terminal only. */
function progress(tell: World["tell"]): (applied: Applied) => void {
  let done = 0;
  return ({ change, target, error }) => {
    done += 1;
    if (error)
      tell(`${colours.red("✗")} ${target.title}, ${subject(change).kind} ${subject(change).id}: ${error.message}`);
    else if (process.stderr.isTTY && done % 25 === 0) tell(colours.dim(`  ${done} done`));
  };
}

interface Reported {
  readonly loaded: Loaded;
  readonly resources: readonly Resource[];
  readonly plans: readonly TargetPlan[];
  readonly applied: readonly Applied[];
  readonly destination: Destination;
  readonly options: PublishOptions;
}

function reported({ loaded, resources, plans, applied, options }: Reported, { print }: World): ExitCode {
  const failed = applied.filter(({ error }) => error);
  const due = plans
    .flatMap(({ changes }) => changes)
    .filter(({ action }) => action !== "delete" || options.prune === true).length;
  if (options.json === true) {
    const outcome = applied.map(({ change, error }) => ({
      action: change.action,
      kind: subject(change).kind,
      id: subject(change).id,
      ...(error && { error: error.message }),
    }));
    print(
      JSON.stringify({ ...projectJson(loaded.project, resources), plan: planJson(plans), applied: outcome }, null, 2),
    );
    return failed.length > 0 ? exitCodes.failed : exitCodes.done;
  }
  if (failed.length > 0) {
    const done = applied.length - failed.length;
    print(
      `\n${colours.red("✗")} ${many(failed.length, "change")} failed, ${done} of ${due} done, ${due - applied.length} not tried. Run again to carry on.`,
    );
    return exitCodes.failed;
  }
  if (applied.length > 0)
    print(
      `\n${colours.green("✓")} ${options.to === "files" ? `${many(applied.length, "file")} written` : `${many(applied.length, "change")} published`}.`,
    );
  if (options.to === "files") print(`\n${nextText(loaded, options.out)}`);
  return exitCodes.done;
}
