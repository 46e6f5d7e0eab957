import { colours } from "./colours.ts";
import { bundle, managed, type Resource, resourceId } from "../bundle.ts";
import { lint } from "../lint/index.ts";
import type { Finding } from "../lint/check.ts";
import { apply, type Applied, planFor } from "../publish/apply.ts";
import { subject } from "../publish/plan.ts";
import { pathOf, render } from "../render/render.ts";
import { type ExitCode, exitCodes } from "./exit-codes.ts";
import { type Loaded, loadProject } from "./load.ts";
import { Misuse } from "./misuse.ts";
import { planJson, planText } from "./print-plan.ts";
import { type Environment, filesDestination, liveDestination, placesOf } from "./servers.ts";
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

export interface LintOptions extends CommonOptions {
  /** The folder of the generated files, so that a finding can name the file. */
  readonly out: string;
}

/** `fleetglass lint` */
export async function runLint(options: LintOptions, { print }: World): Promise<ExitCode> {
  const { resources, findings: found } = await generated(options);
  const findings = found.map((finding) => ({ ...finding, file: fileOf(options.out, finding, resources) }));
  if (options.json === true) print(JSON.stringify(findings, null, 2));
  else
    print(
      findings.length > 0
        ? findingsText(findings)
        : `${colours.green("✓")} No findings in ${many(resources.length, "resource")}.`,
    );
  return findings.length > 0 ? exitCodes.failed : exitCodes.done;
}

function fileOf(folder: string, { resource: id }: Finding, resources: readonly Resource[]): string {
  const resource = resources.find((one) => resourceId(one) === id);
  return resource ? `${folder}/${pathOf(resource, resources)}` : folder;
}

/** `fleetglass build`, `plan` and `publish`: one road, left earlier or later. */
export async function runPublish(options: PublishOptions, { print, tell, environment }: World): Promise<ExitCode> {
  if (options.out.trim() === "") throw new Misuse("--out needs the name of a folder");
  const { loaded, resources, findings } = await generated(options);
  const { project } = loaded;
  const toFiles = options.to === "files";
  const say = (text: string): unknown => (options.json === true ? undefined : print(text));
  const end = (code: ExitCode, more: object): ExitCode => {
    if (options.json === true) print(JSON.stringify({ ...projectJson(project, resources), ...more }, null, 2));
    return code;
  };

  const wanted = managed(resources, project.fleet);
  say(`${fleetText(loaded)}\n\n${bundleText(wanted, toFiles ? options.out : undefined)}`);
  if (findings.length > 0) {
    say(`\n${findingsText(findings)}\nNothing was published.`);
    return end(exitCodes.failed, { findings });
  }
  say(`  ${colours.green("✓")} lint: no findings\n`);

  const { targets, left } = toFiles
    ? filesDestination(options.out, project)
    : liveDestination(placesOf(project), environment);
  const plans = await planFor(toFiles ? render(wanted) : wanted, targets);
  const prune = options.prune === true;
  say([...left.map((line) => colours.yellow(`! ${line}`)), planText(plans, { prune })].join("\n"));

  const changes = plans.flatMap((one) => one.changes);
  const refused = changes.some(({ action }) => action === "refuse");
  if (options.plan === true || refused) {
    if (refused)
      say(`\nNothing ${options.plan === true ? "can be" : "was"} published: mend what is marked with ! first.`);
    const code = refused ? exitCodes.failed : changes.length > 0 ? exitCodes.changes : exitCodes.done;
    return end(code, { plan: planJson(plans), left });
  }

  const applied = await apply(plans, { prune, onChange: (result) => progress(result, tell) });
  const due = changes.filter(({ action }) => action !== "delete" || prune).length;
  const failed = applied.filter(({ error }) => error).length;
  say(outcomeText({ due, tried: applied.length, failed, what: toFiles ? "file" : "change" }));
  if (failed === 0 && toFiles) say(`\n${nextText(loaded, options.out)}`);
  return end(failed > 0 ? exitCodes.failed : exitCodes.done, {
    plan: planJson(plans),
    left,
    applied: applied.map(appliedJson),
  });
}

function progress({ change, target, error }: Applied, tell: World["tell"]): void {
  const { kind, id } = subject(change);
  if (error) tell(`${colours.red("✗")} ${target.title}, ${kind} ${id}: ${error.message}`);
}

interface Outcome {
  readonly due: number;
  readonly tried: number;
  readonly failed: number;
  readonly what: "file" | "change";
}

function outcomeText({ due, tried, failed, what }: Outcome): string {
  if (failed > 0) {
    const rest = `${tried - failed} of ${due} done, ${due - tried} not tried. Run again to carry on.`;
    return `\n${colours.red("✗")} ${many(failed, what)} failed, ${rest}`;
  }
  return tried === 0
    ? ""
    : `\n${colours.green("✓")} ${many(tried, what)} ${what === "file" ? "written" : "published"}.`;
}

function appliedJson({ change, error }: Applied): object {
  const { kind, id } = subject(change);
  return { action: change.action, kind, id, ...(error && { error: error.message }) };
}
