import type { TargetPlan } from "../publish/apply.ts";
import type { Difference } from "../publish/difference.ts";
import { type Change, subject } from "../publish/plan.ts";
import { byText, byTitle, nameOf, signs, summaryOf } from "./print-plan.ts";

/** GitHub takes 65,536 characters in a comment, GitLab more. */
const longest = 60_000;

/** A plan for a comment on a pull request: folded by place, in the colours of a diff. */
export function planMarkdown(
  plans: readonly TargetPlan[],
  { prune, left }: { readonly prune: boolean; readonly left: readonly string[] },
): string {
  const head = [`### fleetglass plan: ${summaryOf(plans, prune)}`, ...left.map((line) => `> ${line}`)].join("\n\n");
  let text = head;
  for (const { title, changes } of byTitle(plans)) {
    const lines = changes.flatMap(changeLines);
    const section = [
      `\n\n<details><summary>${escaped(title)}: ${changes.length} change${changes.length === 1 ? "" : "s"}</summary>\n`,
      "```diff",
      ...lines.map((line) => line.replaceAll("```", "'''")),
      "```",
      "\n</details>",
    ].join("\n");
    if (text.length + section.length > longest)
      return `${text}\n\nThe rest is too long for a comment: see the log of the job.`;
    text += section;
  }
  return text;
}

/** In a diff block the first character gives a line its colour. */
function changeLines(change: Change): string[] {
  const sign = { ...signs, update: "!", move: "!", refuse: "-" }[change.action];
  const line = `${sign} ${verbs[change.action]} ${subject(change).kind} ${nameOf(change)}${byText(change)}`;
  if (change.action === "refuse") return [line, `-   in the way: ${change.reason}; mend: ${change.mend}`];
  return "differences" in change ? [line, ...change.differences.slice(0, 20).flatMap(differenceLines)] : [line];
}

const verbs = { create: "add", update: "change", move: "rename", delete: "remove", refuse: "refuse" } as const;

function differenceLines(difference: Difference): string[] {
  const text = (value: unknown): string =>
    (typeof value === "string" ? value : (JSON.stringify(value) ?? "")).replaceAll(/\s+/gu, " ").slice(0, 400);
  return [
    `    ${difference.path}`,
    ...("before" in difference ? [`-     ${text(difference.before)}`] : []),
    ...("after" in difference ? [`+     ${text(difference.after)}`] : []),
  ];
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
}
