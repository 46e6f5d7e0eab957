import { diffWordsWithSpace } from "diff";
import { colours } from "./colours.ts";
import { type Resource, resourceId } from "../bundle.ts";
import type { Difference } from "../publish/difference.ts";
import type { TargetPlan } from "../publish/apply.ts";
import { type Change, subject } from "../publish/plan.ts";
import { many } from "./summary.ts";

/** Longer plans show so many differences of a resource, and count the rest. */
const shownDifferences = 12;
const shownText = 100;
/** From so many changes on, what came and went is counted by kind and folder, and of what changed only some is shown. */
const longPlan = 60;
const shownOfLong = 6;

/** A plan as a person reads it: a line per resource, below it only the fields that differ. */
export function planText(plans: readonly TargetPlan[], { prune }: { readonly prune: boolean }): string {
  const isLong = plans.flatMap((one) => one.changes).length > longPlan;
  const sections = byTitle(plans).map(({ title, changes }) =>
    [
      colours.bold(title),
      ...(isLong ? summarised(changes, prune) : changes.flatMap((change) => changeLines(change, prune))),
    ].join("\n"),
  );
  return [...sections, summaryOf(plans, prune)].join("\n\n");
}

/** The changes of each place that has some. */
export function byTitle(
  plans: readonly TargetPlan[],
): { readonly title: string; readonly changes: readonly Change[] }[] {
  const titles = [...new Set(plans.map(({ target }) => target.title))];
  return titles
    .map((title) => ({
      title,
      changes: plans.filter(({ target }) => target.title === title).flatMap((one) => one.changes),
    }))
    .filter(({ changes }) => changes.length > 0);
}

function summarised(changes: readonly Change[], prune: boolean): string[] {
  const groups = new Map<string, Change[]>();
  for (const change of changes) {
    const key = `${change.action} ${subject(change).kind} ${folderOf(change) ?? ""}`;
    groups.set(key, [...(groups.get(key) ?? []), change]);
  }
  return [...groups.values()].flatMap((alike) => {
    const [first] = alike;
    if (!first) return [];
    if (first.action === "refuse" || alike.length <= shownOfLong) {
      return alike.flatMap((change) => changeLines(change, prune));
    }
    const rest = colours.dim(`    … and ${alike.length - shownOfLong} more ${subject(first).kind}s (--json shows all)`);
    if (first.action === "update") {
      return [...alike.slice(0, shownOfLong).flatMap((change) => changeLines(change, prune)), rest];
    }
    const names = folderOf(first) ?? `${alike.slice(0, shownOfLong).map(nameOf).join(", ")} …`;
    const stays = first.action === "delete" && !prune ? ", which stay; --prune removes them" : "";
    return [
      colourOf(first)(`  ${signs[first.action]} ${`${alike.length} ${subject(first).kind}s`.padEnd(10)}`) +
        colours.dim(` ${names}${stays}`),
    ];
  });
}

/** Where a file is, as deep as one says it: files are many, and alike in a folder. */
function folderOf(change: Change): string | undefined {
  const { kind, id } = subject(change);
  return kind === "file" ? `${id.split("/").slice(0, -1).slice(0, 3).join("/")}/` : undefined;
}

export const signs = { create: "+", update: "~", move: ">", delete: "-", refuse: "!" } as const;

function colourOf({ action }: Change): (text: string) => string {
  if (action === "create") return colours.green;
  return action === "update" || action === "move" ? colours.yellow : colours.red;
}

/** Where a panel is follows from what is around it: one panel more moves all below it. */
const movedPanel = /(?:^|\.)(?:panels|items)\[(.*)\]\.(?:gridPos\.[hwxy]|spec\.(?:[xy]|width|height))$/u;

function changeLines(change: Change, prune: boolean): string[] {
  const line = colourOf(change)(`  ${signs[change.action]} ${subject(change).kind.padEnd(10)} ${nameOf(change)}`);
  const by = colours.dim(byText(change));
  switch (change.action) {
    case "create":
      return [line + by];
    case "delete":
      return [line + by + (prune ? "" : colours.dim("  (stays; --prune removes it)"))];
    case "refuse":
      return [line, `      ${change.reason}`, `      ${colours.bold("mend:")} ${change.mend}`];
    case "move":
    case "update": {
      const moved = new Set(change.differences.flatMap(({ path }) => movedPanel.exec(path)?.[1] ?? []));
      const differences = change.differences.filter(({ path }) => !movedPanel.test(path));
      const rest = differences.length - shownDifferences;
      const note =
        change.action === "move"
          ? colours.dim(`  (was ${change.before.id})`)
          : change.adopts === true
            ? colours.dim("  (becomes ours)")
            : "";
      return [
        line + by + note,
        ...differences.slice(0, shownDifferences).flatMap(differenceLines),
        ...(rest > 0 ? [colours.dim(`      … and ${rest} more differences`)] : []),
        ...(moved.size > 0 ? [colours.dim(`      ${many(moved.size, "panel")} moved or resized`)] : []),
      ];
    }
  }
}

/** Whose change it is, where it is not simply ours. */
export function byText(change: Change): string {
  const by = "changedBy" in change ? change.changedBy : undefined;
  if (by === "both") return "  (changed by hand, and wanted otherwise since)";
  if (by === undefined && change.action === "update" && change.resource.kind === "permissions")
    return "  (by hand, or not published yet: only the runs of --state could tell)";
  if (by !== "hand") return "";
  return change.action === "create"
    ? "  (removed by hand)"
    : change.action === "delete"
      ? "  (added by hand)"
      : "  (changed by hand)";
}

/** Its title where it has one, and its id. */
export function nameOf(change: Change): string {
  const { kind, id, spec } = subject(change);
  if (kind === "file" || kind === "rule-group") return id;
  const { dashboard } = spec as { readonly dashboard?: { readonly spec?: unknown } };
  const title = titleIn(spec) ?? titleIn(dashboard) ?? titleIn(dashboard?.spec);
  return title === undefined || title === id ? id : `${title} (${id})`;
}

function titleIn(spec: unknown): string | undefined {
  if (typeof spec !== "object" || spec === null) return undefined;
  if ("title" in spec && typeof spec.title === "string") return spec.title;
  return "name" in spec && typeof spec.name === "string" ? spec.name : undefined;
}

function differenceLines(difference: Difference): string[] {
  const { path } = difference;
  if ("before" in difference && "after" in difference) {
    const words = wordDifference(difference.before, difference.after);
    if (words !== undefined) return [`      ${path}`, `        ${words}`];
    const [before, after] = nearDifference(textOf(difference.before), textOf(difference.after));
    return [`      ${path}`, colours.red(`        - ${before}`), colours.green(`        + ${after}`)];
  }
  if (!("before" in difference) && !("after" in difference)) return [`      ${path}`];
  return "before" in difference
    ? [colours.red(`      - ${path}`) + summaryOfMember(difference.before)]
    : [colours.green(`      + ${path}`) + summaryOfMember(difference.after)];
}

/** So much of what is the same is shown on either side of what is not. */
const nearby = 30;

/** Two sentences or expressions in one line, word by word; undefined for short values, which stand below one another. */
function wordDifference(before: unknown, after: unknown): string | undefined {
  if (typeof before !== "string" || typeof after !== "string") return undefined;
  if (!/\S\s\S/u.test(before) || !/\S\s\S/u.test(after) || before.length + after.length < 40) return undefined;
  const parts = diffWordsWithSpace(textOf(before), textOf(after));
  const same = parts
    .filter(({ added, removed }) => !added && !removed)
    .reduce((sum, { value }) => sum + value.length, 0);
  // Of two texts with little in common, each is read better alone.
  if (same < Math.max(before.length, after.length) / 3) return undefined;
  return parts
    .map(({ value, added, removed }, at) => {
      if (added) return colours.green(`{+${value}+}`);
      if (removed) return colours.red(`[-${value}-]`);
      if (value.length <= 2 * nearby + 3) return value;
      const head = at === 0 ? "" : value.slice(0, nearby);
      const tail = at === parts.length - 1 ? "" : value.slice(-nearby);
      return `${head}…${tail}`;
    })
    .join("");
}

/** Of a rule that came or went its expression says most; of anything else, its beginning. */
function summaryOfMember(value: unknown): string {
  if (typeof value !== "object" || value === null) return colours.dim(`  ${cut(textOf(value), 60)}`);
  // Of a rule what it asks, of a panel what it is.
  const said =
    "expr" in value ? value.expr : "type" in value && "gridPos" in value ? value.type : (partIn(value) ?? value);
  return colours.dim(`  ${cut(textOf(said), 60)}`);
}

/** Of a part of the newer model what it is and what it is called: `Panel "Orders"`. */
function partIn(value: object): string | undefined {
  const { kind, spec } = value as { readonly kind?: unknown; readonly spec?: unknown };
  const title = titleIn(spec);
  return typeof kind === "string" && title !== undefined ? `${kind} "${title}"` : undefined;
}

function textOf(value: unknown): string {
  return (typeof value === "string" ? value : (JSON.stringify(value) ?? "nothing")).replaceAll(/\s+/gu, " ");
}

function cut(text: string, length = shownText): string {
  return text.length > length ? `${text.slice(0, length)}…` : text;
}

/** Two long texts, from shortly before the place where they part. */
function nearDifference(before: string, after: string): [string, string] {
  if (Math.max(before.length, after.length) <= shownText) return [before, after];
  const parting = [...before].findIndex((char, at) => char !== after[at]);
  const from = Math.max(0, (parting === -1 ? before.length : parting) - shownText / 2);
  const near = (text: string): string => (from > 0 ? "…" : "") + cut(text.slice(from));
  return [near(before), near(after)];
}

/** `3 to add, 1 to change, 2 to remove`; `no changes`. */
export function summaryOf(plans: readonly TargetPlan[], prune: boolean): string {
  const changes = plans.flatMap((one) => one.changes);
  const count = (action: Change["action"]): number => changes.filter((change) => change.action === action).length;
  const parts = [
    [count("create"), "to add"],
    [count("update"), "to change"],
    [count("move"), "to rename"],
    [count("delete"), prune ? "to remove" : "no longer wanted"],
    [count("refuse"), "in the way"],
  ].flatMap(([many, what]) => (many === 0 ? [] : [`${many} ${what}`]));
  return parts.length === 0 ? "No changes." : `${parts.join(", ")}.`;
}

/** The same for programs. */
export function planJson(plans: readonly TargetPlan[]): unknown {
  return plans.map(({ target, changes }) => ({
    target: target.title,
    changes: changes.map((change) => ({
      action: change.action,
      ...described(subject(change)),
      ...("differences" in change && { differences: change.differences }),
      ...(change.action === "update" && change.adopts === true && { adopts: true }),
      ...(change.action === "move" && { from: change.before.id }),
      ...("changedBy" in change && change.changedBy !== undefined && { changedBy: change.changedBy }),
      ...(change.action === "refuse" && { reason: change.reason, mend: change.mend }),
    })),
  }));
}

function described({ kind, at, id }: Pick<Resource, "kind" | "at" | "id">): object {
  return { resource: resourceId({ kind, at, id }), kind, id, at };
}
