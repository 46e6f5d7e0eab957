import { isDeepStrictEqual } from "node:util";
import { compare, type DashboardResource, isBoardResource, markerGroup, type Resource, resourceId } from "../bundle.ts";
import { nameIn } from "./board-form.ts";
import { type Difference, differences } from "./difference.ts";
import { digestOf, normalForm, unmarked } from "./normal-form.ts";
import type { Live } from "./target.ts";

/**
 * Who made what is out there differ from what is wanted? `hand`: somebody changed it since we wrote it. `us`: the project
 * has changed since. Absent where no digest tells what we wrote.
 */
export type ChangedBy = "us" | "hand" | "both";

/** One step of a plan. Plain data: it can be printed, saved, reviewed, and carried out by somebody else. */
export type Change =
  | { readonly action: "create"; readonly resource: Resource; readonly changedBy?: ChangedBy }
  | {
      readonly action: "update";
      readonly resource: Resource;
      readonly before: Live;
      readonly differences: readonly Difference[];
      readonly changedBy?: ChangedBy;
      /** Somebody else's until now. */
      readonly adopts?: boolean;
    }
  /** The same thing under another id: the new one is written, then the old one removed. */
  | {
      readonly action: "move";
      readonly resource: Resource;
      readonly before: Live;
      /** Beside what names it. */
      readonly differences: readonly Difference[];
    }
  | { readonly action: "delete"; readonly before: Live; readonly changedBy?: ChangedBy }
  /** Something that is not ours stands there. Nothing is carried out while there is one. */
  | { readonly action: "refuse"; readonly resource: Resource; readonly reason: string; readonly mend: string };

/** Digests of what was written last, by id; undefined of what was removed. */
export type Memory = ReadonlyMap<string, string | undefined>;

export interface PlanOptions {
  /** Makes ours what others made and stands where ours belongs. */
  readonly takeOver?: boolean;
  /** Of what is left out, nothing is changed. */
  readonly only?: (one: Pick<Live, "kind" | "at" | "id" | "spec">) => boolean;
}

/** What must change so that what is out there becomes what is wanted? Pure; unchanged things are left out. */
export function plan(
  wanted: readonly Resource[],
  live: readonly Live[],
  { takeOver = false, only = () => true }: PlanOptions = {},
): Change[] {
  const present = new Map(live.map((one) => [resourceId(one), one]));
  const wantedIds = new Set(wanted.map(resourceId));
  const changes = wanted.flatMap((resource): Change[] => {
    const before = present.get(resourceId(resource));
    if (!before) return [{ action: "create", resource }];
    if (before.gone) return [{ action: "create", resource, changedBy: "hand" }];
    // What was pulled from there and is as it was needs nothing of us; that a folder is ours nobody could see anyway.
    if (isAsFound(before, resource) && (!takeOver || resource.kind === "folder")) return [];
    const adopts = before.foreign !== undefined && takeOver && before.foreign.adoptable === true;
    if (before.foreign && !adopts) {
      const { reason, mend } = before.foreign;
      return [{ action: "refuse", resource, reason, mend }];
    }
    const found = between(before, resource);
    if (found.length === 0 && !adopts) return [];
    return [
      { action: "update", resource, before, differences: found, ...(adopts ? { adopts } : by(before, resource)) },
    ];
  });
  const extra = live
    .filter((one) => !one.foreign && !one.gone && !wantedIds.has(resourceId(one)))
    .map((before): Change => ({ action: "delete", before, ...by(before) }));
  const idle = [...changes, ...extra].every(
    (change) => isMarker(change) && change.action === "create" && change.resource.found,
  );
  const all = idle && !takeOver ? [] : [...changes, ...extra];
  // Before what came and what went are made one: of what is left out, nothing is removed.
  const chosen = withMoves(all.filter((change) => only(subject(change))));
  // What signs the others is written with the first of them, whatever was chosen.
  const sign = all.filter((change) => isMarker(change) && change.action === "create");
  return [...chosen, ...(chosen.length > 0 ? sign.filter((change) => !chosen.includes(change)) : [])].toSorted(
    (a, b) => order(a) - order(b) || compare(idOf(a), idOf(b)),
  );
}

/** What differs in meaning. */
function between(before: Live, resource: Resource): Difference[] {
  if (isDeepStrictEqual(before.spec, resource.spec)) return [];
  const models = [boardModel(before), boardModel(resource)];
  // Of two models no field of one is in the other.
  if (models[0] !== models[1]) return [{ path: "model", before: models[0], after: models[1] }];
  const meant = differences(normalForm(before), normalForm(resource));
  // A file is committed and compared as text, so one that says the same in other words is written again.
  return meant.length === 0 && before.kind === "file" ? [{ path: "formatting" }] : meant;
}

function boardModel({ kind, spec }: Pick<Live, "kind" | "spec">): string | undefined {
  if (kind !== "dashboard") return undefined;
  return isBoardResource((spec as DashboardResource["spec"]).dashboard) ? "v2" : "classic";
}

function isAsFound(before: Live, resource: Resource): boolean {
  if (resource.found !== true || before.foreign?.adoptable !== true) return false;
  return differences(normalForm(unmarked(before)), normalForm(unmarked(resource))).length === 0;
}

function by(before: Live, resource?: Resource): { readonly changedBy?: ChangedBy } {
  if (before.applied === undefined) return {};
  if (digestOf(before) === before.applied) return { changedBy: "us" };
  return { changedBy: resource && digestOf(resource) !== before.applied ? "both" : "hand" };
}

/** Is this what the plan wants there? */
export function isAsWanted(found: Live, resource: Resource): boolean {
  return !found.foreign && !found.gone && between(found, resource).length === 0;
}

/** A thing that went and one that came, alike but for what names them, are one thing under another name. */
function withMoves(changes: readonly Change[]): readonly Change[] {
  if (!changes.some(({ action }) => action === "delete")) return changes;
  return [alike, titled].reduce(withPairs, changes);
}

function withPairs(
  changes: readonly Change[],
  keyOf: (one: Pick<Live, "kind" | "at" | "spec">) => string | undefined,
): readonly Change[] {
  const came = new Map<string, Change[]>();
  for (const change of changes) {
    if (change.action !== "create" && change.action !== "delete") continue;
    const key = keyOf(subject(change));
    if (key !== undefined) came.set(key, [...(came.get(key) ?? []), change]);
  }
  const moved = new Map<Change, Change | undefined>();
  for (const pair of came.values()) {
    const create = pair.find(({ action }) => action === "create");
    const gone = pair.find(({ action }) => action === "delete");
    if (pair.length !== 2 || create?.action !== "create" || gone?.action !== "delete") continue;
    const { resource } = create;
    const { before } = gone;
    moved.set(create, { action: "move", resource, before, differences: between(nameless(before), nameless(resource)) });
    moved.set(gone, undefined);
  }
  return changes.flatMap((change) => {
    const other = moved.has(change) ? moved.get(change) : change;
    return other ? [other] : [];
  });
}

function alike(one: Pick<Live, "kind" | "at" | "spec">): string | undefined {
  if (one.kind !== "rule-group" && one.kind !== "dashboard") return undefined;
  return JSON.stringify([one.at, digestOf(nameless(one))]);
}

/** Of two boards with one title in one folder nobody could tell which is which, and Grafana before 11.3 has one of them only. */
function titled({ kind, at, spec }: Pick<Live, "kind" | "at" | "spec">): string | undefined {
  if (kind !== "dashboard") return undefined;
  return JSON.stringify([at, nameIn(spec as DashboardResource["spec"])]);
}

function nameless<One extends Pick<Live, "kind" | "spec">>(one: One): One & { readonly id: "" } {
  const { kind, spec } = one;
  if (kind === "rule-group") return { ...one, id: "", spec: { ...(spec as object), name: "" } };
  if (kind !== "dashboard") return { ...one, id: "" };
  const { folder, dashboard } = spec as DashboardResource["spec"];
  return {
    ...one,
    id: "",
    spec: { folder, dashboard: isBoardResource(dashboard) ? dashboard : { ...dashboard, uid: "" } },
  };
}

/** What a change is about. */
export function subject(change: Change): Resource | Live {
  return change.action === "delete" ? change.before : change.resource;
}

function idOf(change: Change): string {
  return resourceId(subject(change));
}

function isMarker(change: Change): boolean {
  const { kind, id } = subject(change);
  return kind === "rule-group" && id === markerGroup;
}

/** What others need comes first; what holds others is taken away last: the order of steps, whatever place they are for. */
const needed: readonly Resource["kind"][] = [
  "file",
  "team",
  "folder",
  "permissions",
  "datasource",
  "dashboard",
  "alertmanager",
  "rule-group",
];

export function order(change: Change): number {
  const rank = needed.indexOf(subject(change).kind) - (isMarker(change) ? 0.5 : 0);
  return change.action === "delete" ? 2 * needed.length - rank : rank;
}
