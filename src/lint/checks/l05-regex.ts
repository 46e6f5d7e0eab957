import { type Check, type Fix, type Found, inExpression } from "../check.ts";
import type { Matcher } from "../promql-types.ts";

/**
 * A regex that says no more than a plain text, or that matches everything. What is generated from a fleet writes `=~`
 * also where the fleet has one job: there only a regex that matches everything is told.
 */
export const regex: Check = {
  id: "L05",
  about: "A regex without a metacharacter costs more than `=` and hides what is meant; `.*` selects nothing at all.",
  severity: "info",
  selector({ selector }, expression, { setting }) {
    let found: Found[] | undefined;
    for (let at = 0; at < selector.matchers.length; at++) {
      const matcher = selector.matchers[at] as Matcher;
      const message = problem(matcher, setting.generated);
      if (message === undefined) continue;
      const span = placeOf(expression.text, selector, matcher);
      (found ??= []).push(inExpression(expression, message, span, span && fixOf(expression.text, matcher, span)));
    }
    return found;
  },
};

const metacharacters = /[\\.+*?()|[\]{}^$]/u;

function problem({ label, op, value }: Matcher, generated: boolean): string | undefined {
  if (op === "=" || op === "!=" || value.includes("$__") || value.includes("${")) return undefined;
  if (op === "=~" && value === ".*")
    return `${label}=~".*" matches every series, also those without ${label}: remove it`;
  if (op === "!~" && (value === ".*" || value === ".+"))
    return `${label}!~"${value}" leaves out every series that has ${label}`;
  if (value.includes("$") && !value.endsWith("$")) return undefined;
  if (/^\^|(?<!\\)\$$/u.test(value) && !/\$\w/u.test(value))
    return `the regex of ${label} is anchored anyway: remove ^ and $`;
  if (generated || value === "" || metacharacters.test(value)) return undefined;
  return `${label}${op}"${value}" is no regex: write ${op === "=~" ? "=" : "!="}`;
}

interface Span {
  readonly from: number;
  readonly to: number;
}

/** Where the matcher is written: `job=~"x"`. */
function placeOf(text: string, { from, to }: Span, { label, op, value }: Matcher): Span | undefined {
  const written = text.slice(from, to);
  const escaped = [label, op, value].map((part) => part.replaceAll(/[$()*+.?[\\\]^{|}]/gu, String.raw`\$&`));
  const match = new RegExp(`${escaped[0]}\\s*${escaped[1]}\\s*(["'\`])${escaped[2]}\\1`, "u").exec(written);
  return match ? { from: from + match.index, to: from + match.index + match[0].length } : undefined;
}

function fixOf(text: string, { op, value }: Matcher, { from, to }: Span): Fix | undefined {
  if (value === "" || metacharacters.test(value)) return undefined;
  const at = text.slice(from, to).indexOf(op);
  return at < 0 ? undefined : { from: from + at, to: from + at + op.length, text: op === "=~" ? "=" : "!=" };
}
