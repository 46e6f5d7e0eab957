import pLimit from "p-limit";
import { compare, markerGroup, type Resource, resourceId } from "../bundle.ts";
import { ServerError } from "./http.ts";
import { digestOf } from "./normal-form.ts";
import { type Change, isAsWanted, type Memory, order, plan, type PlanOptions, subject } from "./plan.ts";
import type { Live, Target } from "./target.ts";

/** A plan for one place, and what it was made from. */
export interface TargetPlan {
  readonly target: Target;
  readonly wanted: readonly Resource[];
  readonly live: readonly Live[];
  readonly changes: readonly Change[];
}

/**
 * Asks every place what is there, and says what must change. Reads only.
 * @param options.memory what a journal knows that was written: of things that carry no mark of it, it tells who changed them
 */
export async function planFor(
  resources: readonly Resource[],
  targets: readonly Target[],
  { memory, ...options }: PlanOptions & { readonly memory?: Memory | undefined } = {},
): Promise<TargetPlan[]> {
  return Promise.all(
    targets.map(async (target) => {
      const wanted = resources.filter((resource) => target.holds(resource));
      const live = remembered(onePerId(await target.list(wanted)), wanted, memory);
      return { target, wanted, live, changes: await withObjections(target, plan(wanted, live, options)) };
    }),
  );
}

function remembered(live: readonly Live[], wanted: readonly Resource[], memory: Memory = new Map()): readonly Live[] {
  const there = new Set(live.map(resourceId));
  return [
    ...live.map((one): Live => {
      const applied = one.applied ?? memory.get(resourceId(one));
      return one.foreign || applied === undefined ? one : { ...one, applied };
    }),
    // Where nothing stands any more nothing can say that it was ours.
    ...wanted
      .filter((one) => !there.has(resourceId(one)) && memory.get(resourceId(one)) !== undefined)
      .map(({ kind, at, id, spec }): Live => ({ kind, at, id, spec, gone: true })),
  ];
}

async function withObjections(target: Target, changes: readonly Change[]): Promise<readonly Change[]> {
  const written = changes.flatMap((change) =>
    change.action === "delete" || change.action === "refuse" ? [] : [change.resource],
  );
  const objections = written.length > 0 ? ((await target.objections?.(written)) ?? []) : [];
  return changes.map((change): Change => {
    const objection = objections.find(({ resource }) => change.action !== "delete" && change.resource === resource);
    return objection && change.action !== "refuse" ? { action: "refuse", ...objection } : change;
  });
}

/** A thing may be in the way twice, by uid and by name; what is wrong with its own uid says more. */
function onePerId(live: readonly Live[]): Live[] {
  const byId = new Map<string, Live>();
  for (const one of live) {
    const known = byId.get(resourceId(one));
    if (!known || (!known.foreign && one.foreign)) byId.set(resourceId(one), one);
  }
  return [...byId.values()].toSorted((a, b) => compare(resourceId(a), resourceId(b)));
}

/** A step that is carried out, unlike one that is refused. */
export type Step = Exclude<Change, { readonly action: "refuse" }>;

export interface Applied {
  readonly change: Step;
  readonly target: Target;
  /** Absent where it was done. */
  readonly error?: Error;
}

/** Who is told of each step before it is begun and when it has ended, and keeps it. */
export interface Journal {
  readonly begin: (change: Step) => Promise<void>;
  readonly end: (change: Step, error: Error | undefined) => Promise<void>;
}

export interface ApplyOptions {
  /** Also removes what is ours and no longer wanted. */
  readonly prune: boolean;
  /** Goes on in a place after a failure there. */
  readonly keepGoing?: boolean;
  /** How many steps at once, by the system that they are for. */
  readonly concurrency?: Readonly<Partial<Record<Resource["at"]["system"], number>>>;
  readonly journal?: Journal;
  readonly onChange?: (applied: Applied) => void;
  /** What went wrong beside the changes, and is made good by the next run. */
  readonly onNote?: (text: string) => void;
  /** Once aborted, nothing more is begun. */
  readonly signal?: AbortSignal;
}

/** Which steps of a plan would be carried out? */
export function stepsOf({ changes }: Pick<TargetPlan, "changes">, prune: boolean): Step[] {
  return changes.filter(
    (change): change is Step => change.action !== "refuse" && (change.action !== "delete" || prune),
  );
}

/**
 * Carries plans out: what others need first, and what does not depend on one another at once. Stops in a place after its
 * first failure, goes on in those that do not depend on it, and tells of each step what became of it.
 */
export async function apply(plans: readonly TargetPlan[], options: ApplyOptions): Promise<Applied[]> {
  const { keepGoing = false, concurrency = {}, journal, onChange, signal } = options;
  const applied: Applied[] = [];
  const failed = new Set<string>();
  const steps = plans.flatMap((one) => stepsOf(one, options.prune).map((change) => ({ plan: one, change })));
  const limits = new Map<string, ReturnType<typeof pLimit>>();
  const limitOf = (system: Resource["at"]["system"]): ReturnType<typeof pLimit> => {
    const limit = limits.get(system) ?? pLimit(system === "file" ? 1 : (concurrency[system] ?? atOnce));
    limits.set(system, limit);
    return limit;
  };
  const carry = async (target: Target, change: Step): Promise<void> => {
    if (signal?.aborted === true || (!keepGoing && failed.has(target.place))) return;
    await journal?.begin(change);
    const error = await carriedOut(target, change);
    await journal?.end(change, error);
    if (error) failed.add(target.place);
    const result: Applied = { change, target, ...(error && { error }) };
    applied.push(result);
    onChange?.(result);
  };
  /** How many steps of a plan have not ended. */
  const left = new Map(plans.map((one) => [one, stepsOf(one, options.prune).length]));
  const told = new Map<TargetPlan, Promise<readonly Applied[]>>();
  const ended = async (one: TargetPlan): Promise<void> => {
    await sign(one, applied).catch((error: unknown) =>
      options.onNote?.(`${one.target.title}: what was published is not signed yet, run again (${messageOf(error)})`),
    );
    told.set(one, confirmed(one, applied));
  };
  for (const rank of [...new Set(steps.map(({ change }) => order(change)))].toSorted((a, b) => a - b)) {
    const wave = steps.filter(({ change }) => order(change) === rank);
    for (const level of levelsOf(wave)) {
      await Promise.all(
        level.map(({ plan: one, change }) =>
          limitOf(subject(change).at.system)(async () => {
            await carry(one.target, change);
            const rest = (left.get(one) ?? 0) - 1;
            left.set(one, rest);
            // While others are still written to.
            if (rest === 0) await ended(one);
          }),
        ),
      );
    }
  }
  for (const one of plans.filter((other) => stepsOf(other, options.prune).length === 0)) await ended(one);
  return (await Promise.all(plans.map((one) => told.get(one) ?? Promise.resolve([])))).flat();
}

/**
 * Where a place knows no versions, the last of two who write at once wins, and neither hears of it. So it is read once more:
 * what is no longer as we wrote it is not called done.
 */
async function confirmed({ target, wanted }: TargetPlan, all: readonly Applied[]): Promise<readonly Applied[]> {
  const applied = all.filter((one) => one.target === target);
  if (target.versions || !applied.some(({ error }) => !error)) return applied;
  const live = await target.list(wanted).catch(() => undefined);
  if (!live) return applied;
  const byId = new Map(onePerId(live).map((one) => [resourceId(one), one]));
  return applied.map((one): Applied => {
    if (one.error || one.change.action === "delete") return one;
    const found = byId.get(resourceId(one.change.resource));
    if (found && isAsWanted(found, one.change.resource)) return one;
    return { ...one, error: new ServerError("somebody else wrote it while it was published: run again") };
  });
}

/** Where nobody says otherwise. */
const atOnce = 8;

/** Of one kind those first that others of it need, as a folder does that holds another. */
function levelsOf<S extends { readonly change: Step }>(wave: readonly S[]): S[][] {
  const levels: S[][] = [];
  let left = wave;
  while (left.length > 0) {
    const open = new Set(left.map(({ change }) => resourceId(subject(change))));
    const waits = ({ change }: S): boolean =>
      change.action !== "delete" && change.resource.needs.some((need) => open.has(need));
    const ready = left.filter((step) => !waits(step));
    if (ready.length === 0) return [...levels, [...left]];
    levels.push(ready);
    left = left.filter(waits);
  }
  return levels;
}

async function carriedOut(target: Target, change: Step): Promise<Error | undefined> {
  try {
    if (change.action !== "delete") {
      const before = change.action === "update" ? change.before : undefined;
      const moved = change.action === "move" ? change.before : undefined;
      await target.put(change.resource, before, moved).catch(async (error) => {
        if (!(await isThere(target, change.resource, error))) throw error;
      });
    }
    if (change.action === "delete" || change.action === "move") {
      await target.remove(change.before).catch(async (error) => {
        if (!(await isGone(target, change.before, error))) throw error;
      });
    }
    return undefined;
  } catch (error) {
    return error instanceof Error ? error : new Error(messageOf(error));
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** After these a server has surely done nothing. After all else it may have: a reset, a time-out, a 500, a 412 to a second try. */
const refusals: ReadonlySet<number | undefined> = new Set([400, 401, 403, 404, 422]);

async function isThere(target: Target, resource: Resource, error: unknown): Promise<boolean> {
  const found = await readAgain(target, resource, error);
  return found !== undefined && found !== "unknown" && isAsWanted(found, resource);
}

async function isGone(target: Target, before: Live, error: unknown): Promise<boolean> {
  const found = await readAgain(target, before, error);
  return found === undefined || (found !== "unknown" && found.gone === true);
}

async function readAgain(target: Target, one: Resource | Live, error: unknown): Promise<Live | "unknown" | undefined> {
  if (!(error instanceof ServerError) || refusals.has(error.status)) return "unknown";
  const wanted = "needs" in one ? [one] : [];
  try {
    if (target.read) return await target.read(one);
    return onePerId(await target.list(wanted)).find((live) => resourceId(live) === resourceId(one));
  } catch {
    return "unknown";
  }
}

/**
 * Says beside what is ours what we wrote, where the place keeps that apart: so that the next run knows who changed what. Also after
 * a run that was killed before it could.
 */
async function sign({ target, wanted, live, changes }: TargetPlan, applied: Applied[]): Promise<void> {
  if (!target.sign) return;
  const done = applied.filter((one) => one.target === target);
  const pending = new Map(changes.map((change) => [resourceId(subject(change)), change]));
  const known = new Map(wanted.map((resource) => [resourceId(resource), resource]));
  const digests = new Map<string, string>();
  let stale = done.length > 0;
  for (const one of live.filter(({ id }) => id !== markerGroup)) {
    const resource = known.get(resourceId(one));
    const isPending = pending.has(resourceId(one));
    const digest = resource && !isPending && !one.foreign ? digestOf(resource) : one.applied;
    if (digest !== undefined && digest !== "") digests.set(one.id, digest);
    stale ||= one.applied !== undefined && digest !== one.applied;
  }
  for (const { change, error } of done) {
    if (error || subject(change).id === markerGroup) continue;
    if (change.action === "delete" || change.action === "move") digests.delete(change.before.id);
    if (change.action !== "delete") digests.set(change.resource.id, digestOf(change.resource));
  }
  if (stale) await target.sign(digests);
}
