import { tokenize } from "./parser.ts";
import { type Expression, expressionOf, type ExpressionOptions } from "./expression.ts";

/** As many characters as fit into the narrowest place where expressions are shown. */
const width = 64;
const step = "  ";

/** An operand of so many characters needs no line of its own. */
const short = 24;

/** A long expression in lines, as a person would write it; one that does not parse, or has comments, as it is. */
export function formatted(text: string, options: ExpressionOptions = {}): string {
  const line = inOneLine(text, options);
  const expression = line === undefined || line.length <= width ? undefined : expressionOf(line, options);
  return expression === undefined ? (line ?? text.trim()) : lined(expression, "");
}

/** Undefined where there is more between the words than blanks. */
function inOneLine(text: string, options: ExpressionOptions): string | undefined {
  const { tokens, errors } = tokenize(text, options);
  let line = "";
  let at = 0;
  for (const { from, to } of tokens) {
    const gap = text.slice(at, from);
    if (gap.trim() !== "") {
      return undefined;
    }
    const word = text.slice(from, to);
    line += (gap !== "" && !line.endsWith("(") && word !== ")" && line !== "" ? " " : "") + word;
    at = to;
  }
  return errors.length > 0 || text.slice(at).trim() !== "" ? undefined : line;
}

/** The part's text, without what precedes it on its first line. */
function lined(part: Expression, indent: string): string {
  const { kind, text, parts, from, to } = part;
  const [first, last] = [parts[0], parts.at(-1)];
  if (indent.length + text.length <= width) {
    return text;
  }
  if (first === undefined || last === undefined) {
    return kind === "selector" ? matchersInLines(text, indent) : text;
  }
  const before = text.slice(0, first.from - from).trim();
  const after = text.slice(last.to - from, to - from).trim();
  switch (kind) {
    case "binary": {
      const operator = text.slice(first.to - from, last.from - from).trim();
      if (first.text.length <= short) {
        return `${first.text} ${operator} ${lined(last, indent)}`;
      }
      if (last.text.length <= short) {
        return `${lined(first, indent)} ${operator} ${last.text}`;
      }
      // A chain of one operator is a list, not a staircase.
      const left =
        first.kind === "binary" && first.name === part.name ? lined(first, indent) : step + lined(first, indent + step);
      return `${left}\n${indent}${operator}\n${indent}${step}${lined(last, indent + step)}`;
    }
    case "parentheses":
    case "call":
    case "aggregation": {
      const inner = parts.map((each, at) => separator(parts[at - 1], each, indent + step) + lined(each, indent + step));
      return `${before}${inner.join("")}\n${indent}${after}`;
    }
    default:
      return parts.length === 1 ? before + lined(first, indent) + (after.startsWith("[") ? after : ` ${after}`) : text;
  }
}

/** Literals that follow each other stand in one line, such as the labels of `label_replace`. */
function separator(before: Expression | undefined, part: Expression, indent: string): string {
  const comma = before === undefined ? "" : ",";
  return before?.kind === "literal" && part.kind === "literal" ? `${comma} ` : `${comma}\n${indent}`;
}

/** One matcher a line. Its variables, if any, are within strings and do not matter to where it is cut. */
function matchersInLines(text: string, indent: string): string {
  let lines = "";
  let at = 0;
  for (const { kind, from, to, text: word } of tokenize(text, { grafana: true }).tokens) {
    const own = text.slice(at, to).trim();
    at = to;
    if (kind !== "mark" || from === 0) {
      lines += own;
    } else if (word === "{" || word === ",") {
      lines += `${own}\n${indent}${step}`;
    } else {
      lines += word === "}" ? `\n${indent}${own}` : own;
    }
  }
  return lines;
}
