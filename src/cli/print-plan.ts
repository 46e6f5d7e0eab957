import { colours } from "./colours.ts";
import { type Resource, resourceId } from "../bundle.ts";
import type { Difference } from "../publish/difference.ts";
import type { TargetPlan } from "../publish/apply.ts";
import { type Change, subject } from "../publish/plan.ts";

/** Longer plans show so many differences of a resource, and count the rest. */
const shownDifferences = 12;
const shownText = 100;

/** A plan as a person reads it: a line per resource, below it only the fields that differ. */
export function planText(plans: readonly TargetPlan[], { prune }: { readonly prune: boolean }): string {
  const titles = [...new Set(plans.map(({ target }) => target.title))];
  const sections = titles.flatMap((title) => {
    const changes = plans.filter(({ target }) => target.title === title).flatMap((one) => one.changes);
    return changes.length === 0
      ? []
      : [[colours.bold(title), ...changes.flatMap((change) => changeLines(change, prune))].join("\n")];
  });
  const summary = summaryOf(plans, prune);
  return [...sections, summary].join("\n\n");
}

function changeLines(change: Change, prune: boolean): string[] {
  const what = `${subject(change).kind.padEnd(10)} ${nameOf(change)}`;
  switch (change.action) {
    case "create":
      return [colours.green(`  + ${what}`)];
    case "move":
      return [colours.yellow(`  > ${what}`) + colours.dim(`  (was ${change.before.id})`)];
    case "delete":
      return [colours.red(`  - ${what}`) + (prune ? "" : colours.dim("  (stays; --prune removes it)"))];
    case "refuse":
      return [colours.red(`  ! ${what}`), `      ${change.reason}`, `      ${colours.bold("mend:")} ${change.mend}`];
    case "update": {
      const rest = change.differences.length - shownDifferences;
      return [
        colours.yellow(`  ~ ${what}`),
        ...change.differences.slice(0, shownDifferences).flatMap(differenceLines),
        ...(rest > 0 ? [colours.dim(`      … and ${rest} more differences`)] : []),
      ];
    }
  }
}

function nameOf(change: Change): string {
  const { kind, id, spec } = subject(change);
  if (kind === "file" || kind === "rule-group") return id;
  const title = titleIn(spec) ?? titleIn((spec as { readonly dashboard?: unknown }).dashboard);
  return title === undefined ? id : `${title} (${id})`;
}

function titleIn(spec: unknown): string | undefined {
  if (typeof spec !== "object" || spec === null) return undefined;
  if ("title" in spec && typeof spec.title === "string") return spec.title;
  return "name" in spec && typeof spec.name === "string" ? spec.name : undefined;
}

function differenceLines(difference: Difference): string[] {
  const { path } = difference;
  if ("before" in difference && "after" in difference) {
    const [before, after] = nearDifference(textOf(difference.before), textOf(difference.after));
    return [`      ${path}`, colours.red(`        - ${before}`), colours.green(`        + ${after}`)];
  }
  if (!("before" in difference) && !("after" in difference)) return [`      ${path}`];
  return "before" in difference
    ? [colours.red(`      - ${path}`) + summaryOfMember(difference.before)]
    : [colours.green(`      + ${path}`) + summaryOfMember(difference.after)];
}

/** Of a rule that came or went its expression says most; of anything else, its beginning. */
function summaryOfMember(value: unknown): string {
  const said = typeof value === "object" && value !== null && "expr" in value ? value.expr : value;
  return colours.dim(`  ${cut(textOf(said), 60)}`);
}

function textOf(value: unknown): string {
  return (typeof value === "string" ? value : JSON.stringify(value)).replaceAll(/\s+/gu, " ");
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
function summaryOf(plans: readonly TargetPlan[], prune: boolean): string {
  const changes = plans.flatMap((one) => one.changes);
  const count = (action: Change["action"]): number => changes.filter((change) => change.action === action).length;
  const parts = [
    [count("create"), "to add"],
    [count("update"), "to change"],
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
      ...(change.action === "update" && { differences: change.differences }),
      ...(change.action === "refuse" && { reason: change.reason, mend: change.mend }),
    })),
  }));
}

function described({ kind, at, id }: Pick<Resource, "kind" | "at" | "id">): object {
  return { resource: resourceId({ kind, at, id }), kind, id, at };
}
