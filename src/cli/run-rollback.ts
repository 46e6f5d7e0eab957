import { type Resource, resourceId } from "../bundle.ts";
import { planFor, type TargetPlan } from "../publish/apply.ts";
import { lastWritten, readRuns, type Recorded, type Run, type Undone, undone } from "../publish/journal.ts";
import { digestOf, hidden } from "../publish/normal-form.ts";
import type { Change } from "../publish/plan.ts";
import { carryOut, type CarryOutOptions } from "./carry-out.ts";
import { colours } from "./colours.ts";
import { type ExitCode, exitCodes } from "./exit-codes.ts";
import { loadProject } from "./load.ts";
import { Misuse } from "./misuse.ts";
import { planJson, planText } from "./print-plan.ts";
import type { CommonOptions, World } from "./run.ts";
import { environmentOf, liveDestination, placesOf } from "./servers.ts";
import { openState } from "./state.ts";
import { many } from "./summary.ts";

export interface RollbackOptions extends CommonOptions, CarryOutOptions {
  readonly state: string;
  /** Back to how it was after this run; without it, the last run is undone. */
  readonly to?: string;
  readonly plan?: boolean;
  readonly list?: boolean;
  /** Also over what somebody changed since. */
  readonly takeOver?: boolean;
}

/** `fleetglass rollback`: puts back what was there before a run, for everything that the run changed and nothing else. */
export async function runRollback(options: RollbackOptions, world: World): Promise<ExitCode> {
  const { project } = await loadProject(options.fleet);
  const { folder } = await openState(options.state);
  const runs = await readRuns(folder, project.name);
  const isText = options.json !== true;
  const say = (text: string): unknown => (isText ? world.print(text) : undefined);
  if (options.list === true) {
    if (isText)
      world.print(runs.length === 0 ? `no runs of ${project.name} in ${options.state}` : runs.map(runLine).join("\n"));
    else
      world.print(
        JSON.stringify(
          runs.map(({ entries, ...run }) => ({ ...run, changes: entries.length })),
          null,
          2,
        ),
      );
    return exitCodes.done;
  }
  const undo = toUndo(runs, options);
  if (undo.length === 0) {
    say("There is nothing to undo.");
    if (!isText) world.print(JSON.stringify({ undoes: [] }));
    return exitCodes.done;
  }
  const all = [...undone(undo)];
  const things = new Map(all.filter(([, { before }]) => !holdsLost(before)));
  const lost = all.flatMap(([id]) => (things.has(id) ? [] : [id]));
  const words = `${lost.join(", ")} held secrets that no name stands for, and a journal keeps none: restore that by hand`;
  if (things.size === 0) throw new Error(words);
  const wanted = [...things.values()].flatMap(({ before }) => (before ? [resourceOf(before)] : []));
  const { targets } = liveDestination(placesOf(project), environmentOf(world.environment, options.context));
  const holding = targets.filter((target) =>
    [...things.values()].some(({ before, left }) =>
      [before, ...left].some((one) => one !== undefined && target.holds(one)),
    ),
  );
  const planned = await planFor(wanted, holding, {
    takeOver: true,
    only: (one) => things.has(resourceId(one)),
    memory: lastWritten(runs),
  });
  const plans = planned.map((plan) => (options.takeOver === true ? plan : guarded(plan, things)));
  say(`Undoing ${undo.map(({ id }) => id).join(", ")}:\n`);
  if (lost.length > 0) say(`${colours.yellow("!")} ${words}\n`);
  say(planText(plans, { prune: true }));
  const changes = plans.flatMap((one) => one.changes);
  const refused = changes.some(({ action }) => action === "refuse");
  if (options.plan === true || refused) {
    if (refused) say("\nNothing was undone: see what is marked with !, or put it back all the same with --take-over.");
    if (!isText) world.print(JSON.stringify({ undoes: undo.map(({ id }) => id), plan: planJson(plans) }, null, 2));
    return refused ? exitCodes.failed : changes.length > 0 ? exitCodes.changes : exitCodes.done;
  }
  const { failed, applied } = await carryOut(
    plans,
    { ...options, prune: true, allowMassDelete: true, project: project.name, undoes: undo.map(({ id }) => id) },
    { ...world, print: say },
  );
  if (!isText)
    world.print(JSON.stringify({ undoes: undo.map(({ id }) => id), plan: planJson(plans), applied }, null, 2));
  return failed || lost.length > 0 ? exitCodes.failed : exitCodes.done;
}

function holdsLost(before: Recorded | undefined): boolean {
  return JSON.stringify(before?.spec ?? null).includes(hidden);
}

function runLine({ id, ended, undoes, entries }: Run): string {
  const done = entries.filter(({ outcome }) => outcome === "done").length;
  const notes = [
    ...(ended ? [] : [colours.yellow("did not end")]),
    ...(undoes.length > 0 ? [`undid ${undoes.join(", ")}`] : []),
  ];
  return `${id}  ${many(done, "change")} done of ${entries.length}${notes.length > 0 ? `  (${notes.join("; ")})` : ""}`;
}

/** Runs that were undone, and those that undid them, cancel each other out. */
function toUndo(runs: readonly Run[], { to, state }: RollbackOptions): Run[] {
  const settled = new Set(
    runs.flatMap(({ id, undoes, ended }) => (undoes.length > 0 && ended ? [id, ...undoes] : undoes)),
  );
  if (to !== undefined) {
    const at = runs.findIndex(({ id }) => id === to);
    if (at < 0) throw new Misuse(`there is no run ${to} in ${state}: rollback --list shows those that there are`);
    return runs.slice(at + 1).filter(({ entries }) => entries.length > 0);
  }
  return runs.filter(({ id, entries }) => !settled.has(id) && entries.length > 0).slice(-1);
}

function resourceOf({ kind, at, id, spec }: Recorded): Resource {
  return { kind, at, id, spec, needs: [], origin: "rollback" } as unknown as Resource;
}

/** What is neither as the runs found it nor as they left it, somebody else changed since. */
function guarded(plan: TargetPlan, things: ReadonlyMap<string, Undone>): TargetPlan {
  const changes = plan.changes.map((change): Change => {
    if (change.action !== "update" && change.action !== "delete" && change.action !== "move") return change;
    const { left = [] } = things.get(resourceId(change.before)) ?? {};
    if (left.some((one) => one && digestOf(one) === digestOf(change.before))) return change;
    const resource = change.action === "delete" ? resourceOf(change.before) : change.resource;
    return {
      action: "refuse",
      resource,
      reason: "somebody changed it since the run that is to be undone",
      mend: "publish instead, or put back what was there before all the same with --take-over",
    };
  });
  return { ...plan, changes };
}
