import type { SyntaxNode } from "@lezer/common";
import { parser } from "@prometheus-io/lezer-promql";
import { secondsOf } from "../duration.ts";
import { remembered } from "./remembered.ts";

/**
 * One text for all ways to lay out an expression: blanks, comments, quotes, `60s` or `1m`, where `by` stands, the order of
 * matchers. What is no PromQL, such as LogQL or a board's variable in a range, only loses its blanks.
 */
export function promqlForm(text: string): string {
  return forms(text, () => formOf(text));
}

/** Tenants have the same rules, and a parser is slow. So many are a few megabytes. */
const forms = remembered(10_000);

function formOf(text: string): string {
  const tree = parser.parse(text);
  let broken = false;
  tree.iterate({
    enter({ type }) {
      broken ||= type.isError;
    },
  });
  return broken ? oneLine(text) : joined(words(tree.topNode, text));
}

/** Quoted texts as they are, and one blank wherever there are some. */
function oneLine(text: string): string {
  return text.trim().replaceAll(/"(?:[^"\\]|\\.)*"|`[^`]*`|\s+/gu, (match) => (/^\s/u.test(match) ? " " : match));
}

/** As people write it: `sum by (a) (rate(up{b="c"}[300s]))`. */
function joined(parts: readonly string[]): string {
  let line = "";
  let last = "(";
  for (const part of parts) {
    const isApart = !/^[)\],}[]$/u.test(part) && !/[([{]$/u.test(last) && !(part === "{" && /[\w:]$/u.test(last));
    line += isApart ? ` ${part}` : part;
    last = part;
  }
  return line.trim();
}

function words(node: SyntaxNode, text: string): string[] {
  switch (node.name) {
    case "LineComment":
      return [];
    case "StringLiteral":
      return [quoted(text.slice(node.from, node.to))];
    case "NumberDurationLiteral":
    case "NumberDurationLiteralInDurationContext":
      return [number(text.slice(node.from, node.to))];
    case "LabelMatchers":
      return ["{", ...sortedList(node, text), "}"];
    case "GroupingLabels":
      return ["(", ...sortedList(node, text), ")"];
    case "FunctionCall": {
      const [name, ...rest] = children(node);
      const [open, ...body] = rest.flatMap((part) => words(part, text));
      return name ? [`${text.slice(name.from, name.to)}${open ?? ""}`, ...body] : [];
    }
    case "AggregateExpr": {
      const parts = children(node);
      const modifier = parts.filter(({ name }) => name === "AggregateModifier");
      const others = parts.filter(({ name }) => name !== "AggregateModifier" && name !== "LineComment");
      const [operator, ...body] = others;
      return [...(operator ? [operator] : []), ...modifier, ...body].flatMap((part) => words(part, text));
    }
    default: {
      const found: string[] = [];
      let at = node.from;
      for (const child of children(node)) {
        found.push(...between(text.slice(at, child.from)), ...words(child, text));
        at = child.to;
      }
      return [...found, ...between(text.slice(at, node.to))];
    }
  }
}

function sortedList(node: SyntaxNode, text: string): string[] {
  const members = children(node)
    .filter(({ name }) => name !== "LineComment")
    .map((child) => words(child, text).join(""));
  return [members.toSorted().join(",")];
}

function children(node: SyntaxNode): SyntaxNode[] {
  const found: SyntaxNode[] = [];
  for (let child = node.firstChild; child; child = child.nextSibling) found.push(child);
  return found;
}

/** Words and marks that are no node of their own. */
function between(text: string): string[] {
  return text.match(/[^\s(),{}[\]]+|[(),{}[\]]/gu) ?? [];
}

/** In double quotes, where that needs no knowledge of escapes. */
function quoted(text: string): string {
  const inner = text.slice(1, -1);
  return /[\\"\n]/u.test(inner) ? text : `"${inner}"`;
}

function number(text: string): string {
  if (/^\d+(ms|[smhdwy])/u.test(text)) return `${secondsOf(text)}s`;
  const value = Number(text);
  return Number.isFinite(value) ? String(value) : text.toLowerCase();
}
