import { type Resource, resourceId } from "../bundle.ts";
import { planFor } from "../publish/apply.ts";
import { carryOut, type CarryOutOptions } from "./carry-out.ts";
import { colours } from "./colours.ts";
import { type ExitCode, exitCodes } from "./exit-codes.ts";
import { effects, readPlan } from "./plan-file.ts";
import { planJson, planText } from "./print-plan.ts";
import type { CommonOptions, World } from "./run.ts";
import { environmentOf, liveDestination, liveGrafanas } from "./servers.ts";

/** `fleetglass publish FILE`: carries out a saved plan, if the world is still as it was when the plan was made. */
export async function runSavedPlan(
  path: string,
  options: CarryOutOptions & CommonOptions & { readonly plan?: boolean },
  world: World,
): Promise<ExitCode> {
  const { places, prune, takeOver, changes: expected, resources, targets: titles } = await readPlan(path);
  const own = environmentOf(world.environment, options.context);
  const { targets } = liveDestination(places, own);
  const grafanas = liveGrafanas(places.grafanas, own);
  const missing = titles.filter((title) => !targets.some((target) => target.title === title));
  if (missing.length > 0) {
    throw new Error(`the plan is for ${missing.join(", ")}, which the environment does not name: set its address`);
  }
  const chosen = targets.filter(({ title }) => titles.includes(title));
  const plans = await planFor(resources as unknown as Resource[], chosen, {
    takeOver,
    only: (one) => resourceId(one) in expected,
  });
  const found = effects(plans.flatMap((one) => one.changes));
  const moved = [...new Set([...Object.keys(expected), ...Object.keys(found)])].filter(
    (id) => expected[id] !== found[id],
  );
  const isText = options.json !== true;
  const say = (text: string): unknown => (isText ? world.print(text) : undefined);
  const end = (code: ExitCode, more: object): ExitCode => {
    if (!isText) world.print(JSON.stringify({ project: places.project, plan: planJson(plans), ...more }, null, 2));
    return code;
  };
  if (moved.length > 0) {
    say(
      [
        `${colours.red("✗")} The world has moved since ${path} was made, so nothing was published:`,
        ...moved
          .slice(0, 10)
          .map(
            (id) =>
              `  ${id}: the plan would ${expected[id] === undefined ? "leave it" : verb(expected[id])}, now it would ${found[id] === undefined ? "be as wanted" : verb(found[id])}`,
          ),
        ...(moved.length > 10 ? [`  … and ${moved.length - 10} more`] : []),
        "  Make the plan again.",
      ].join("\n"),
    );
    return end(exitCodes.failed, { moved });
  }
  say(planText(plans, { prune }));
  if (options.plan === true) return end(Object.keys(found).length > 0 ? exitCodes.changes : exitCodes.done, {});
  const { failed, applied } = await carryOut(
    plans,
    { ...options, prune, project: places.project, grafanas },
    { ...world, print: say },
  );
  return end(failed ? exitCodes.failed : exitCodes.done, { applied });
}

function verb(effect: string): string {
  return effect.replace(/ .*/u, " it");
}
