import { closest, distance } from "fastest-levenshtein";
import { type DashboardResource, type Resource, resourceId } from "../bundle.ts";
import type { Fleet } from "../fleet/model.ts";
import type { PlanOptions } from "../publish/plan.ts";
import { Misuse } from "./misuse.ts";

/** Which part of a plan is meant; what is left out stays as it is. */
export interface SelectionOptions {
  /** `KIND/ID`, or `KIND/*`. */
  readonly target?: readonly string[];
  readonly tenant?: readonly string[];
  readonly environment?: readonly string[];
}

type Selection = NonNullable<PlanOptions["only"]>;

/**
 * The resources that the options name, or undefined where they name none in particular.
 * @throws {Misuse} for a name that nothing has.
 */
export function selectionOf(
  { target = [], tenant = [], environment = [] }: SelectionOptions,
  fleet: Fleet,
  resources: readonly Resource[],
): Selection | undefined {
  if (target.length + tenant.length + environment.length > 0 && resources.length === 0) {
    throw new Misuse("--target, --tenant and --environment choose from a live stack: add --to live");
  }
  const tests: Selection[] = [];
  if (target.length > 0) tests.push(byTarget(target, resources));
  if (tenant.length > 0) {
    const known = fleet.tenants.map(({ id }) => id);
    for (const one of tenant) demand(one, known, "tenant");
    tests.push(({ at }) => "tenant" in at && tenant.includes(at.tenant));
  }
  if (environment.length > 0) {
    const known = fleet.environments.map(({ name }) => name);
    for (const one of environment) demand(one, known, "environment");
    tests.push(byEnvironment(environment, fleet, resources));
  }
  return tests.length === 0 ? undefined : (one) => tests.every((test) => test(one));
}

function byTarget(named: readonly string[], resources: readonly Resource[]): Selection {
  const short = ({ kind, id }: Pick<Resource, "kind" | "id">): string => `${kind}/${id}`;
  const known = resources.flatMap((resource) => [short(resource), resourceId(resource)]);
  const kinds = new Set(resources.map(({ kind }) => kind));
  for (const name of named) {
    const [kind = "", ...rest] = name.split("/");
    if (rest.length === 0 || ![...kinds].some((one) => one === kind)) {
      throw new Misuse(`--target ${name}: write KIND/ID, with one of the kinds ${[...kinds].join(", ")}`);
    }
    // What is no longer wanted has no name among the resources, and may be meant all the same.
    const near = closest(name, known);
    if (!name.endsWith("/*") && !known.includes(name) && distance(near, name) <= 2) {
      throw new Misuse(`--target ${name}: there is none; did you mean ${near}?`);
    }
  }
  return (one) => named.some((name) => name === short(one) || name === resourceId(one) || name === `${one.kind}/*`);
}

/** An environment's tenants, its folder, the boards in it, and the data sources that these need. */
function byEnvironment(names: readonly string[], fleet: Fleet, resources: readonly Resource[]): Selection {
  const tenants = new Set(
    fleet.tenants
      .filter(({ clusters }) => clusters.some(({ environment }) => names.includes(environment)))
      .map(({ id }) => id),
  );
  const folders = new Set(
    resources.flatMap((one) => (one.kind === "folder" && names.includes(one.spec.slug) ? [one.id] : [])),
  );
  const boards = resources.filter((one) => one.kind === "dashboard" && folders.has(one.spec.folder));
  const ids = new Set([
    ...resources
      .filter(({ kind, id }) => kind === "team" || ((kind === "folder" || kind === "permissions") && folders.has(id)))
      .map(resourceId),
    ...boards.map(resourceId),
    ...boards.flatMap(({ needs }) => needs),
  ]);
  // Of a board that is no longer wanted only its folder tells.
  const isBoardIn = ({ kind, spec }: Parameters<Selection>[0]): boolean =>
    kind === "dashboard" && folders.has((spec as DashboardResource["spec"]).folder);
  return (one) => ("tenant" in one.at ? tenants.has(one.at.tenant) : ids.has(resourceId(one)) || isBoardIn(one));
}

function demand(name: string, known: readonly string[], what: string): void {
  if (!known.includes(name)) throw new Misuse(`there is no ${what} ${name}: the fleet has ${known.join(", ")}`);
}
