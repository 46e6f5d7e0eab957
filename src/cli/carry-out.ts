import { colours } from "./colours.ts";
import { apply, type Applied, stepsOf, type TargetPlan } from "../publish/apply.ts";
import { annotate } from "../publish/grafana-annotations.ts";
import { http, type Server } from "../publish/http.ts";
import { openJournal, readRuns } from "../publish/journal.ts";
import { subject } from "../publish/plan.ts";
import { Misuse } from "./misuse.ts";
import { progress } from "./progress.ts";
import type { World } from "./run.ts";
import type { LiveGrafana } from "./servers.ts";
import { openState } from "./state.ts";
import { many } from "./summary.ts";

/** How a plan is carried out. */
export interface CarryOutOptions {
  readonly prune?: boolean;
  readonly allowMassDelete?: boolean;
  readonly keepGoing?: boolean;
  /** `8`, or by system: `grafana=4,mimir=16`. */
  readonly concurrency?: string;
  /** What keeps what was there before, for `rollback`: a folder, or `git:BRANCH`. */
  readonly state?: string;
  /** Leaves a mark in Grafana where anything was changed: with this text, or one of ours. */
  readonly annotate?: string | boolean;
}

interface CarriedOut {
  readonly failed: boolean;
  /** For programs. */
  readonly applied: readonly object[];
}

/** More deletes than this in one place, if they are also more than half of what is ours there, are rarely meant. */
const massDelete = 10;

/** A bar, or lines in a log, are for runs that take a while. */
const longRun = 200;

/** Carries plans out, shows how it gets on, keeps a journal where asked, and says in the end what became of them. */
export async function carryOut(
  plans: readonly TargetPlan[],
  options: CarryOutOptions & {
    readonly project: string;
    readonly undoes?: readonly string[];
    /** Where marks are left. */
    readonly grafanas?: readonly LiveGrafana[];
  },
  { print, tell }: Pick<World, "print" | "tell">,
): Promise<CarriedOut> {
  const prune = options.prune === true;
  const concurrency = concurrencyOf(options.concurrency);
  const steps = plans.flatMap((one) => stepsOf(one, prune));
  const live = steps.filter((change) => subject(change).at.system !== "file");
  if (options.allowMassDelete !== true) plans.forEach((one) => refuseMassDelete(one, prune));
  await refuseLacking(plans, prune);
  const state = options.state === undefined ? undefined : await openState(options.state);
  if (state) await tellOfUnended(state.folder, options.project, tell);
  const journal =
    state && live.length > 0 ? await openJournal(state.folder, options.project, options.undoes) : undefined;
  const bar = live.length > longRun ? progress(`publishing ${many(live.length, "change")}`, tell) : undefined;
  let done = 0;
  const failures = new Set<string>();
  const interrupted = new AbortController();
  const stop = (): void => {
    tell("stopping when what has begun is done; once more to stop at once");
    interrupted.abort();
  };
  process.once("SIGINT", stop);
  try {
    const applied = await apply(plans, {
      prune,
      keepGoing: options.keepGoing === true,
      concurrency,
      signal: interrupted.signal,
      ...(journal && { journal }),
      onNote: tell,
      onChange(result) {
        done += 1;
        bar?.at(done / Math.max(1, steps.length), `${done}/${steps.length}`);
        const line = failureText(result);
        if (line === undefined) return;
        failures.add(line);
        if (!bar) tell(line);
      },
    });
    bar?.end();
    const late = applied.flatMap((result) => failureText(result) ?? []).filter((line) => !failures.has(line));
    for (const line of bar ? [...failures, ...late] : late) tell(line);
    const failed = applied.filter(({ error }) => error).length;
    await journal?.close({ failed, untried: steps.length - applied.length });
    if (state && journal) {
      await state
        .keep(`${options.project}: run ${journal.run}`)
        .catch((error: unknown) => tell(`the run is only in ${state.folder}: ${String(error)}`));
    }
    const what = live.length === 0 ? "file" : "change";
    const undo = journal && `fleetglass rollback --state ${options.state}`;
    const outcome = outcomeText({ due: steps.length, tried: applied.length, failed, what, undo });
    if (outcome !== "") print(outcome);
    const published = applied.length - failed;
    if (options.annotate !== undefined && options.annotate !== false && published > 0) {
      const { grafanas = [] } = options;
      for (const { server } of grafanas) await mark(server, { ...options, done: published }, tell);
      if (grafanas.length === 0) tell("no mark was left: GRAFANA_URL is not set");
    }
    return { failed: failed > 0 || applied.length < steps.length, applied: applied.map(appliedJson) };
  } finally {
    bar?.end();
    process.removeListener("SIGINT", stop);
  }
}

/** All is published by now: a mark that can't be left is told of, and no failure. */
async function mark(
  grafana: Server,
  {
    annotate: given,
    project,
    done,
  }: Pick<CarryOutOptions, "annotate"> & { readonly project: string; readonly done: number },
  tell: World["tell"],
): Promise<void> {
  const text = typeof given === "string" ? given : `fleetglass published ${many(done, "change")} of ${project}`;
  try {
    await annotate(http(grafana), { project, text });
  } catch (error) {
    tell(`no mark was left: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** A run that was killed needs nothing but the next one; whoever waits for it should know. */
async function tellOfUnended(state: string, project: string, tell: World["tell"]): Promise<void> {
  const last = (await readRuns(state, project)).at(-1);
  if (last && !last.ended) tell(`the run ${last.id} did not come to its end; this one carries on from what is there`);
}

function refuseMassDelete(one: TargetPlan, prune: boolean): void {
  const deletes = stepsOf(one, prune).filter(({ action }) => action === "delete").length;
  const ours = one.live.filter(({ at, foreign, gone }) => at.system !== "file" && !foreign && !gone).length;
  if (deletes <= massDelete || deletes * 2 <= ours || ours === 0) return;
  throw new Misuse(
    `${one.target.title}: --prune would remove ${deletes} of the ${ours} things that are ours there. Nothing was published; read the plan, and add --allow-mass-delete if they are all meant to go`,
  );
}

/** What is known to fail is not begun: half a publish helps nobody. */
async function refuseLacking(plans: readonly TargetPlan[], prune: boolean): Promise<void> {
  const lacking = await Promise.all(
    plans.map(async (one) => {
      const written = stepsOf(one, prune).flatMap((step) => (step.action === "delete" ? [] : [step.resource]));
      return written.length === 0 ? [] : ((await one.target.lacks?.(written)) ?? []);
    }),
  );
  const lines = [...new Set(lacking.flat())];
  if (lines.length > 0) throw new Error([...lines, "nothing was published"].join("\n"));
}

function concurrencyOf(given: string | undefined): Readonly<Record<string, number>> {
  if (given === undefined) return {};
  const systems = ["grafana", "mimir", "loki", "alertmanager"];
  const entries = given.split(",").map((part): readonly [string, number] => {
    const [name, number] = part.includes("=") ? part.split("=") : ["", part];
    const count = Number(number);
    if (!Number.isInteger(count) || count < 1 || count > 100 || (name !== "" && !systems.includes(name ?? ""))) {
      throw new Misuse(
        `--concurrency ${given}: write a number from 1 to 100, or one per system: grafana=4,mimir=16,loki=8`,
      );
    }
    return [name ?? "", count];
  });
  return Object.fromEntries(
    entries.flatMap(([name, count]) => (name === "" ? systems.map((one) => [one, count]) : [[name, count]])),
  );
}

function failureText({ change, target, error }: Applied): string | undefined {
  const { kind, id } = subject(change);
  return error && `${colours.red("✗")} ${target.title}, ${kind} ${id}: ${error.message}`;
}

interface Outcome {
  readonly due: number;
  readonly tried: number;
  readonly failed: number;
  readonly what: "file" | "change";
  /** What undoes it. */
  readonly undo: string | undefined;
}

function outcomeText({ due, tried, failed, what, undo: command }: Outcome): string {
  const undo = command === undefined ? "" : `\n  ${colours.dim(`to undo it: ${command}`)}`;
  if (failed > 0 || tried < due) {
    const rest = `${tried - failed} of ${due} done, ${due - tried} not tried. Run again to carry on.`;
    return `\n${colours.red("✗")} ${many(failed, what)} failed, ${rest}${undo}`;
  }
  return tried === 0
    ? ""
    : `\n${colours.green("✓")} ${many(tried, what)} ${what === "file" ? "written" : "published"}.${undo}`;
}

function appliedJson({ change, error }: Applied): object {
  const { kind, id } = subject(change);
  return { action: change.action, kind, id, ...(error && { error: error.message }) };
}
