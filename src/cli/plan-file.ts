import { readFile, writeFile } from "node:fs/promises";
import * as z from "zod";
import { compare, resourceId } from "../bundle.ts";
import type { TargetPlan } from "../publish/apply.ts";
import { digestOf } from "../publish/normal-form.ts";
import { type Change, subject } from "../publish/plan.ts";
import type { Places } from "./servers.ts";

interface Saved {
  readonly places: Places;
  readonly prune: boolean;
  readonly takeOver: boolean;
  readonly plans: readonly TargetPlan[];
}

const file = z.object({
  fleetglass: z.literal("plan/1"),
  places: z.object({
    project: z.string(),
    grafanas: z.array(
      z.object({
        name: z.string().exactOptional(),
        organisation: z.number(),
        parentFolder: z.string().exactOptional(),
      }),
    ),
    tenantHeader: z.string().exactOptional(),
    tenants: z.array(z.string()),
    manage: z.array(z.enum(["dashboards", "datasources", "folders", "rules", "routing", "permissions"])),
    byFlux: z.literal(true).exactOptional(),
    rulers: z.boolean(),
    groupsPerTenant: z.number().exactOptional(),
    grafanaRules: z
      .object({
        organisation: z.number(),
        folder: z.object({ uid: z.string(), title: z.string() }),
        source: z.string(),
        tenant: z.string(),
      })
      .exactOptional(),
    logs: z.boolean(),
    logRules: z.boolean(),
    namespaces: z
      .array(z.object({ ruler: z.enum(["mimir", "loki"]), tenant: z.string(), namespace: z.string() }))
      .exactOptional(),
  }),
  prune: z.boolean(),
  takeOver: z.boolean(),
  targets: z.array(z.string()),
  /** What each change does to what it finds. */
  changes: z.record(z.string(), z.string()),
  resources: z.array(z.looseObject({ kind: z.string(), id: z.string() })),
});

/** A plan that was reviewed, to be carried out later by somebody else. It holds no secret: they are names in it. */
export async function writePlan(path: string, { places, prune, takeOver, plans }: Saved): Promise<void> {
  const changes = plans.flatMap((one) => one.changes);
  const { namespaces, ...others } = places;
  const content: z.input<typeof file> = {
    fleetglass: "plan/1",
    places: {
      ...others,
      grafanas: [...places.grafanas],
      tenants: [...places.tenants],
      manage: [...places.manage],
      ...(namespaces && { namespaces: [...namespaces] }),
    },
    prune,
    takeOver,
    targets: [...new Set(plans.map(({ target }) => target.title))],
    changes: effects(changes),
    resources: changes.flatMap((change) => (change.action === "delete" ? [] : [{ ...change.resource }])),
  };
  await writeFile(path, `${JSON.stringify(content, null, 2)}\n`);
}

/** By id: what happens to a thing of which content. Another answer later means that the world has moved. */
export function effects(changes: readonly Change[]): Record<string, string> {
  return Object.fromEntries(
    changes
      .flatMap((change) => {
        const before = "before" in change ? digestOf(change.before) : "nothing";
        const after = change.action === "delete" ? "nothing" : digestOf(change.resource);
        const effect = [resourceId(subject(change)), `${change.action} ${before} to ${after}`] as const;
        // A move is two things: what comes, and what goes.
        return change.action === "move"
          ? [effect, [resourceId(change.before), `delete ${before} to nothing`]]
          : [effect];
      })
      .toSorted(([a], [b]) => compare(a, b)),
  );
}

/** A plan as it was kept. */
export interface SavedPlan {
  readonly places: Places;
  readonly prune: boolean;
  readonly takeOver: boolean;
  readonly targets: readonly string[];
  readonly changes: Readonly<Record<string, string>>;
  readonly resources: readonly { readonly kind: string; readonly id: string; readonly [key: string]: unknown }[];
}

/** @throws {Error} where the file is missing, or no plan of ours. */
export async function readPlan(path: string): Promise<SavedPlan> {
  let parsed;
  try {
    parsed = file.safeParse(JSON.parse(await readFile(path, "utf8")));
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    throw new Error(
      code === undefined ? `${path} is no plan: make one with plan --plan-out` : `${path} can't be read (${code})`,
      { cause: error },
    );
  }
  if (parsed.success) return parsed.data;
  throw new Error(
    `${path} is not a plan that this fleetglass wrote (${parsed.error.issues[0]?.path.join(".")}): make it again with plan --plan-out`,
  );
}
