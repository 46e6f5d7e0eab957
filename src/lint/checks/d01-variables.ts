import { type Check, inExpression } from "../check.ts";
import type { LogqlSelector } from "../logql.ts";
import type { Board, Expression } from "../subject.ts";

/** Variables that are used and not there, there and not used, or compared with `=` though they may be several values. */
export const variables: Check = {
  id: "D01",
  about: "A variable that is not defined is sent as written; one with several values after `=` matches nothing.",
  severity: "error",
  *run({ boards, rules }) {
    for (const { expression } of rules) {
      if (!mayHaveVariable(expression.text)) continue;
      for (const selector of selectorsOf(expression)) {
        for (const { value } of selector.matchers) {
          const [name] = named(value);
          if (name === undefined) continue;
          const span = placeOf(expression.text, name, selector);
          yield inExpression(expression, `a rule has no variables: $${name} is sent as written`, span);
        }
      }
    }
    for (const board of boards) {
      const names = new Map(board.variables.map((variable) => [variable.name, variable]));
      for (const expression of expressionsOf(board)) {
        for (const name of new Set(named(expression.text))) {
          if (!names.has(name) && !isBuiltIn(name)) {
            yield inExpression(expression, `there is no variable $${name}`, placeOf(expression.text, name));
          }
        }
        for (const selector of selectorsOf(expression)) {
          for (const { label, op, value } of selector.matchers) {
            const [, name] = /^\$\{?(\w+)\}?$/u.exec(value) ?? [];
            if (name === undefined || (op !== "=" && op !== "!=") || names.get(name)?.multi !== true) continue;
            const message = `$${name} may be several values: write ${label}${op === "=" ? "=~" : "!~"}"${value}"`;
            const span = placeOf(expression.text, name, selector);
            yield inExpression(expression, message, span, operatorFix(expression.text, span, op));
          }
        }
      }
      const used = new Set(board.texts.flatMap(named));
      for (const variable of board.variables) {
        if (used.has(variable.name) || alwaysUsed.has(variable.type)) continue;
        yield { thing: variable, message: "no panel, link or other variable uses it" };
      }
    }
  },
};

function selectorsOf({ promql, logql }: Expression): readonly LogqlSelector[] {
  return promql?.selectors ?? logql?.selectors ?? [];
}

/** Most have none, and a look for two characters costs next to nothing. */
function mayHaveVariable(value: string): boolean {
  return value.includes("$") || value.includes("[[");
}

/** Grafana puts these into every query by itself. */
const alwaysUsed: ReadonlySet<string> = new Set(["adhoc", "constant", "groupby", "datasource", "snapshot", "switch"]);

function expressionsOf({ panels, others }: Board): Board["others"] {
  return [...others, ...panels.flatMap(({ targets }) => targets)];
}

const form = /\$\{(\w+)(?:[:.][^}]*)?\}|\$([A-Za-z_]\w*)|\[\[(\w+)(?::\w+)?\]\]/gu;

/** A `$` at the end of a regex is none, nor is one before a number, which is a group of it. */
function named(text: string): string[] {
  return [...text.matchAll(form)].flatMap(([, braces, plain, old]) => {
    const name = braces ?? plain ?? old ?? "";
    return /^\d/u.test(name) || name === "" ? [] : [name];
  });
}

function isBuiltIn(name: string): boolean {
  return name.startsWith("__") || (["timeFilter", "interval", "user", "org"].includes(name) && name !== "interval");
}

function placeOf(
  text: string,
  name: string,
  { from, to }: { readonly from: number; readonly to: number } = { from: 0, to: text.length },
): { readonly from: number; readonly to: number } | undefined {
  const match = new RegExp(String.raw`\$\{?${name}\b[^}]*?\}?|\[\[${name}[^\]]*\]\]`, "u").exec(text.slice(from, to));
  return match ? { from: from + match.index, to: from + match.index + match[0].length } : undefined;
}

function operatorFix(
  text: string,
  span: { readonly from: number } | undefined,
  op: "=" | "!=",
): { readonly from: number; readonly to: number; readonly text: string } | undefined {
  const before = span ? /(!?=)\s*["'`]$/u.exec(text.slice(0, span.from)) : null;
  if (!before) return undefined;
  const from = before.index;
  return { from, to: from + op.length, text: op === "=" ? "=~" : "!~" };
}
