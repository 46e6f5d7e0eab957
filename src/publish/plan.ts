import { isDeepStrictEqual } from "node:util";
import { parse } from "yaml";
import { compare, type Folder, markerGroup, type Resource, resourceId } from "../bundle.ts";
import { secondsOf } from "../duration.ts";
import { type Difference, differences } from "./difference.ts";
import type { Live } from "./target.ts";

/** One step of a plan. Plain data: it can be printed, saved, reviewed, and carried out by somebody else. */
export type Change =
  | { readonly action: "create"; readonly resource: Resource }
  | {
      readonly action: "update";
      readonly resource: Resource;
      readonly before: Live;
      readonly differences: readonly Difference[];
    }
  | { readonly action: "delete"; readonly before: Live }
  /** Something that is not ours stands there. Nothing is carried out while there is one. */
  | { readonly action: "refuse"; readonly resource: Resource; readonly reason: string; readonly mend: string };

/** What must change so that what is out there becomes what is wanted? Pure; unchanged things are left out. */
export function plan(wanted: readonly Resource[], live: readonly Live[]): Change[] {
  const present = new Map(live.map((one) => [resourceId(one), one]));
  const wantedIds = new Set(wanted.map(resourceId));
  const changes = wanted.flatMap((resource): Change[] => {
    const before = present.get(resourceId(resource));
    if (!before) return [{ action: "create", resource }];
    if (before.foreign) return [{ action: "refuse", resource, ...before.foreign }];
    const meant = differences(comparable(before), comparable(resource));
    const found = meant.length > 0 ? meant : formatting(before, resource);
    return found.length === 0 ? [] : [{ action: "update", resource, before, differences: found }];
  });
  const gone = live
    .filter((one) => !one.foreign && !wantedIds.has(resourceId(one)))
    .map((before): Change => ({ action: "delete", before }));
  return [...changes, ...gone].toSorted((a, b) => order(a) - order(b) || compare(idOf(a), idOf(b)));
}

/** A file is committed and compared as text, so one that says the same in other words is written again. */
function formatting({ kind, spec }: Live, resource: Resource): Difference[] {
  return kind !== "file" || isDeepStrictEqual(spec, resource.spec) ? [] : [{ path: "formatting" }];
}

/** What a change is about. */
export function subject(change: Change): Resource | Live {
  return change.action === "delete" ? change.before : change.resource;
}

function idOf(change: Change): string {
  return resourceId(subject(change));
}

/** What others need comes first; what holds others is taken away last: the order of steps, whatever place they are for. */
const needed: readonly Resource["kind"][] = ["file", "folder", "datasource", "dashboard", "rule-group"];

export function order(change: Change): number {
  const { kind, id } = subject(change);
  const rank = needed.indexOf(kind) - (kind === "rule-group" && id === markerGroup ? 0.5 : 0);
  return change.action === "delete" ? 2 * needed.length - rank : rank;
}

/** A spec without the ways to write one thing in two ways. */
function comparable({ kind, id, spec }: Pick<Live, "kind" | "id" | "spec">): unknown {
  if (kind === "file") return fileContent(id, (spec as { readonly text: string }).text);
  if (kind === "rule-group") return canonical(spec);
  return kind === "folder" ? { title: (spec as Folder).title } : spec;
}

function fileContent(path: string, text: string): unknown {
  try {
    return path.endsWith(".json") ? (JSON.parse(text) as unknown) : (parse(text) as unknown);
  } catch {
    return text;
  }
}

const durations: ReadonlySet<string> = new Set([
  "interval",
  "for",
  "keep_firing_for",
  "query_offset",
  "evaluation_delay",
]);

/** `1m` is `60s`, and a text ends where its last character is. */
function canonical(value: unknown, key = ""): unknown {
  if (typeof value === "string") return durations.has(key) ? `${secondsOf(value)}s` : value.trim();
  if (Array.isArray(value)) return value.map((item) => canonical(item));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, canonical(item, name)]));
}
