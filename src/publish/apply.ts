import { compare, type Resource, resourceId } from "../bundle.ts";
import { type Change, order, plan, subject } from "./plan.ts";
import type { Live, Target } from "./target.ts";

/** A plan for one place. */
export interface TargetPlan {
  readonly target: Target;
  readonly changes: readonly Change[];
}

/** Asks every place what is there, and says what must change. Reads only. */
export async function planFor(resources: readonly Resource[], targets: readonly Target[]): Promise<TargetPlan[]> {
  return Promise.all(
    targets.map(async (target) => {
      const wanted = resources.filter((resource) => target.holds(resource));
      return { target, changes: plan(wanted, onePerId(await target.list(wanted))) };
    }),
  );
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

export interface Applied {
  readonly change: Change;
  readonly target: Target;
  /** Absent where it was done. */
  readonly error?: Error;
}

/**
 * Carries plans out, one change after the other: what others need first. Stops in a place after its first failure, goes
 * on in those that do not depend on it, and tells of each change what became of it.
 * @param prune also removes what is ours and no longer wanted
 */
export async function apply(
  plans: readonly TargetPlan[],
  { prune, onChange }: { readonly prune: boolean; readonly onChange?: (applied: Applied) => void },
): Promise<Applied[]> {
  const applied: Applied[] = [];
  const failed = new Set<string>();
  const steps = plans
    .flatMap(({ target, changes }) => changes.map((change) => ({ target, change })))
    .toSorted((a, b) => order(a.change) - order(b.change));
  for (const { target, change } of steps) {
    if (change.action === "refuse" || (change.action === "delete" && !prune)) continue;
    const place = subject(change).at;
    const key = place.system === "mimir" ? `mimir ${place.tenant}` : place.system;
    if (failed.has(key)) continue;
    const error = await carriedOut(target, change);
    if (error) failed.add(key);
    const result: Applied = { change, target, ...(error && { error }) };
    applied.push(result);
    onChange?.(result);
  }
  return applied;
}

async function carriedOut(
  target: Target,
  change: Exclude<Change, { readonly action: "refuse" }>,
): Promise<Error | undefined> {
  try {
    if (change.action === "delete") await target.remove(change.before);
    else await target.put(change.resource, change.action === "update" ? change.before : undefined);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}
