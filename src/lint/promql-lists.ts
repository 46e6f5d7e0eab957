import { remembered } from "../remembered.ts";
import { withoutVariables } from "./dashboard-variables.ts";
import { readRegex } from "./promql-regex.ts";
import type { Matcher } from "./promql-types.ts";

// Lists that are read as one word. Expressions have the same few again and again. Blanks are the server's, and nothing can be
// matched in two ways, so that a long text takes no longer than its length.

const blank = String.raw`[ \t\r\n]*`;
const label = String.raw`[A-Za-z_]\w*`;
/** Printable, without escapes. */
export const stringForm: string = String.raw`"[ !#-[\]-~]*"|'[ -&(-[\]-~]*'|${"`[ -[\\]-_a-~]*`"}`;
const operator = "=~?|![=~]";

/** `(cluster, pod)` */
export const labelList: RegExp = listOf("\\(", label, "\\)");
/** `{job="api", code=~"5.."}` */
export const matcherList: RegExp = listOf("\\{", `${label}${blank}(?:${operator})${blank}(?:${stringForm})`, "\\}");

function listOf(open: string, member: string, close: string): RegExp {
  return new RegExp(`${open}${blank}${member}(?:${blank},${blank}${member})*${blank}(?:,${blank})?${close}`, "y");
}

const labels = remembered<readonly string[]>(1000);

/** The labels of a list in parentheses as it is written. */
export function labelsOfList(written: string): readonly string[] {
  return labels(written, membersOf);
}

function membersOf(written: string): readonly string[] {
  return written
    .slice(1, -1)
    .split(",")
    .map((member) => member.trim())
    .filter((member) => member !== "");
}

/** What stands in braces, and does any of it keep out series that lack the label? */
export interface MatcherList {
  readonly matchers: readonly Matcher[];
  readonly selective: boolean;
}

const fixed = remembered<MatcherList | undefined>(1000);
const variable = remembered<MatcherList | undefined>(1000);

/** The matchers of a list in braces as it is written; nothing where a regex is none, which is told matcher by matcher. */
export function matchersOfList(written: string, hasVariables: boolean): MatcherList | undefined {
  return hasVariables ? variable(written, matchersWithVariables) : fixed(written, matchersWithout);
}

function matchersWithVariables(written: string): MatcherList | undefined {
  return read(written, true);
}

function matchersWithout(written: string): MatcherList | undefined {
  return read(written, false);
}

const each = new RegExp(`(${label})${blank}(${operator})${blank}(${stringForm})`, "g");

function read(written: string, hasVariables: boolean): MatcherList | undefined {
  const matchers: Matcher[] = [];
  let selective = false;
  let broken = false;
  const say = (): void => {
    broken = true;
  };
  each.lastIndex = 0;
  for (let found = each.exec(written); found; found = each.exec(written)) {
    const [, name = "", op, quoted = ""] = found;
    const one = { label: name, op: op as Matcher["op"], value: quoted.slice(1, -1) };
    matchers.push(one);
    if (refusesEmpty(one, hasVariables && withoutVariables(quoted) !== undefined, say)) selective = true;
  }
  return broken ? undefined : { matchers: matchers.slice(), selective };
}

/** Does the matcher keep out series that lack the label? What a variable stands for is taken to do so. */
export function refusesEmpty(
  { op, value }: Pick<Matcher, "op" | "value">,
  hasVariable: boolean,
  say: (problem: string) => void,
): boolean {
  if (op === "=" || op === "!=") return hasVariable || (op === "=") === (value !== "");
  const { problem, matchesEmpty } = readRegex((hasVariable ? withoutVariables(value) : value) ?? "x");
  if (problem !== undefined) say(problem);
  return hasVariable || (op === "=~") === !matchesEmpty;
}
