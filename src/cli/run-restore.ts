import { managed, namespaceOf, peopleOf, rulesFolder } from "../bundle.ts";
import { planFor } from "../publish/apply.ts";
import { committedFiles } from "../publish/files.ts";
import { readRendered } from "../render/read.ts";
import { carryOut, type CarryOutOptions } from "./carry-out.ts";
import { colours } from "./colours.ts";
import { type ExitCode, exitCodes } from "./exit-codes.ts";
import { loadProject } from "./load.ts";
import { planJson, planText } from "./print-plan.ts";
import type { CommonOptions, World } from "./run.ts";
import { selectionOf, type SelectionOptions } from "./selection.ts";
import { environmentOf, liveDestination, placesOf } from "./servers.ts";
import { memoryOf } from "./state.ts";
import { bundleText, projectJson } from "./summary.ts";

export interface RestoreOptions extends CommonOptions, SelectionOptions, CarryOutOptions {
  readonly out: string;
  readonly plan?: boolean;
  readonly takeOver?: boolean;
}

/**
 * `fleetglass restore`: publishes what a folder of generated files holds, as it is, and generates nothing. The fleet says only
 * where it goes (tenants, header, organisation) and whom folders are open to, which is in no file.
 */
export async function runRestore(options: RestoreOptions, { print, tell, environment }: World): Promise<ExitCode> {
  const { project } = await loadProject(options.fleet);
  const { project: owner, files } = await committedFiles(options.out);
  if (owner !== project.name) {
    throw new Error(
      `${options.out} holds the project ${owner}, and the fleet makes ${project.name}: name its fleet with --fleet`,
    );
  }
  const { grafanas, grafanaRules } = placesOf(project);
  const committed = readRendered(files, {
    homes: grafanas,
    ...(grafanaRules && { grafanaRules: { tenant: grafanaRules.tenant, namespace: namespaceOf(project.name) } }),
  });
  const wanted = managed([...committed, ...rulesFolder(project), ...peopleOf(project)], project);
  const say = (text: string): unknown => (options.json === true ? undefined : print(text));
  say(bundleText(wanted, undefined).replace("Generated", `Committed in ${options.out}`));
  const { targets, left } = liveDestination(placesOf(project, wanted), environmentOf(environment, options.context));
  const only = selectionOf(options, project.fleet, wanted);
  const memory = await memoryOf(options.state, project.name);
  const plans = await planFor(wanted, targets, { takeOver: options.takeOver === true, memory, ...(only && { only }) });
  // What is there and not committed is left: a restore never removes.
  say(`\n${[...left.map((line) => colours.yellow(`! ${line}`)), planText(plans, { prune: false })].join("\n")}`);
  const end = (code: ExitCode, more: object): ExitCode => {
    if (options.json === true) print(JSON.stringify({ ...projectJson(project, wanted), ...more }, null, 2));
    return code;
  };
  const changes = plans.flatMap((one) => one.changes);
  const refused = changes.some(({ action }) => action === "refuse");
  if (options.plan === true || refused) {
    if (refused) say("\nNothing was restored: mend what is marked with ! first.");
    const code = refused ? exitCodes.failed : changes.length > 0 ? exitCodes.changes : exitCodes.done;
    return end(code, { plan: planJson(plans), left });
  }
  const { failed, applied } = await carryOut(
    plans,
    { ...options, prune: false, project: project.name },
    { print: say, tell },
  );
  return end(failed ? exitCodes.failed : exitCodes.done, { plan: planJson(plans), left, applied });
}
