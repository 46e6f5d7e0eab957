import { managed } from "../bundle.ts";
import { withAhead } from "../publish/ahead.ts";
import { planFor, type TargetPlan } from "../publish/apply.ts";
import { type Change, subject } from "../publish/plan.ts";
import type { Target } from "../publish/target.ts";
import { expiredPreviews } from "./branch-preview.ts";
import { colours } from "./colours.ts";
import { type ExitCode, exitCodes } from "./exit-codes.ts";
import { planJson, planText } from "./print-plan.ts";
import { type CommonOptions, generated, type World } from "./run.ts";
import { selectionOf, type SelectionOptions } from "./selection.ts";
import { environmentOf, leftOut, liveDestination, placesOf } from "./servers.ts";
import { memoryOf } from "./state.ts";
import { many } from "./summary.ts";

export interface DriftOptions extends CommonOptions, SelectionOptions {
  /** Where publish keeps its runs: it tells of what carries no mark of ours who changed it. */
  readonly state?: string;
}

/**
 * `fleetglass drift`: has anybody changed by hand what we published? What only waits to be published is counted, and is no
 * drift. Needs no state: what we wrote last is remembered beside each thing.
 */
export function runDrift(options: DriftOptions, world: World): Promise<ExitCode> {
  return withAhead((begin) => drifted(options, world, begin));
}

async function drifted(
  options: DriftOptions,
  { print, environment }: World,
  begin: (targets: readonly Target[]) => Promise<void>,
): Promise<ExitCode> {
  const own = environmentOf(environment, options.context);
  let targets: readonly Target[] = [];
  const { loaded, resources } = await generated(options, async (project) => {
    targets = liveDestination(placesOf(project), own).targets;
    await begin(targets);
  });
  const { project } = loaded;
  const wanted = managed(resources, project);
  const left = leftOut(placesOf(project, wanted), own);
  const only = selectionOf(options, project.fleet, wanted);
  const memory = await memoryOf(options.state, project.name);
  const plans = await planFor(wanted, targets, { memory, ...(only && { only }) });
  const hand = part(plans, isByHand);
  const rest = part(plans, (change) => !isByHand(change));
  const changed = hand.flatMap(({ changes }) => changes).length;
  const waiting = rest.flatMap(({ changes }) => changes).length;
  const expired = only ? [] : (await expiredPreviews(project, own)).map(({ title }) => title);
  if (options.json === true) {
    const whole = { project: project.name, drift: planJson(hand), waiting: planJson(rest), left, expired };
    print(JSON.stringify(whole, null, 2));
  } else {
    for (const line of left) print(colours.yellow(`! ${line}`));
    print(
      changed === 0
        ? `${colours.green("✓")} Nobody has changed anything by hand.`
        : `${colours.bold("Changed by hand")} (before: as it is there, after: as it should be)\n\n${planText(hand, { prune: true })}`,
    );
    for (const title of expired) print(`${title} has expired: fleetglass publish --to live --prune removes it`);
    const untold = rest.flatMap(({ changes }) => changes).filter((change) => !("changedBy" in change)).length;
    if (waiting > 0)
      print(
        `\n${many(waiting, "change")} of the project ${waiting === 1 ? "waits" : "wait"} to be published: fleetglass plan --to live${
          options.state === undefined && untold > 0
            ? `\n(nothing there tells of ${untold} who made it: with the --state of publish its runs do)`
            : ""
        }`,
      );
  }
  return changed > 0 ? exitCodes.changes : exitCodes.done;
}

/**
 * What is ours and somebody else wrote to since; of what no digest tells, nobody knows. Who may see a folder matters too much to be
 * passed over: there what nobody knows counts.
 */
function isByHand(change: Change): boolean {
  const by = "changedBy" in change ? change.changedBy : undefined;
  if (by === undefined) return subject(change).kind === "permissions" && change.action === "update";
  return by === "hand" || by === "both";
}

function part(plans: readonly TargetPlan[], wants: (change: Change) => boolean): TargetPlan[] {
  return plans.map((one) => ({ ...one, changes: one.changes.filter(wants) }));
}
