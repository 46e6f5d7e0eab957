import type { SyntaxNode } from "@lezer/common";
import { tokenize, type Token } from "./parser.ts";
import { parseTokens, type ParsedTokens } from "./parser.ts";

/** A part of a PromQL expression that has a value of its own, with the parts it is made of. */
export interface Expression {
  readonly kind:
    | "selector"
    | "range"
    | "subquery"
    | "aggregation"
    | "call"
    | "binary"
    | "parentheses"
    | "sign"
    | "moved"
    | "literal";
  /** In the text that was parsed, `to` excluded. */
  readonly from: number;
  readonly to: number;
  readonly text: string;
  /** Its operands, in the order of the text. */
  readonly parts: readonly Expression[];
  /** Of a call, an aggregation or an operation: `rate`, `sum`, `unless`. */
  readonly name: string;
}

export interface ExpressionOptions {
  /** Is it as a dashboard has it, with variables that Grafana fills in? */
  readonly grafana?: boolean;
}

/** The expression as a tree, or undefined where it does not parse. */
export function expressionOf(text: string, options: ExpressionOptions = {}): Expression | undefined {
  const words = tokenize(text, options);
  if (words.errors.length > 0 || words.tokens.length === 0) {
    return undefined;
  }
  const parsed = parseTokens(words);
  return typeof parsed === "number"
    ? undefined
    : outermost(parsed.tree.topNode, { ...parsed, tokens: words.tokens, text })[0];
}

/** Every part of an expression, itself first. */
export function partsOf(expression: Expression): Expression[] {
  return [expression, ...expression.parts.flatMap(partsOf)];
}

const kinds: Readonly<Record<string, Expression["kind"]>> = {
  VectorSelector: "selector",
  MatrixSelector: "range",
  SubqueryExpr: "subquery",
  AggregateExpr: "aggregation",
  FunctionCall: "call",
  BinaryExpr: "binary",
  ParenExpr: "parentheses",
  UnaryExpr: "sign",
  OffsetExpr: "moved",
  StepInvariantExpr: "moved",
  AnchoredExpr: "moved",
  SmoothedExpr: "moved",
  NumberDurationLiteral: "literal",
  StringLiteral: "literal",
};

interface Parsed extends ParsedTokens {
  readonly tokens: readonly Token[];
  readonly text: string;
}

/** The outermost parts in a node: the node itself, or those that lie in it. */
function outermost(node: SyntaxNode, parsed: Parsed): Expression[] {
  const kind = kinds[node.name];
  if (kind === undefined || (kind === "call" && parsed.isWrapper(node))) {
    return within(node, parsed);
  }
  const span = parsed.spanOf(node);
  const [first, last] = [parsed.tokens[span.from], parsed.tokens[span.to - 1]];
  if (first === undefined || last === undefined) {
    return [];
  }
  const { from } = first;
  const { to } = last;
  const parts = kind === "selector" || kind === "literal" ? [] : within(node, parsed);
  return [{ kind, from, to, text: parsed.text.slice(from, to), parts, name: nameOf(kind, { parts, span, parsed }) }];
}

/** What stands in brackets and braces has no value of its own. */
const valueless: ReadonlySet<string> = new Set(["DurationExpr", "LabelMatchers", "MatchingModifierClause"]);

function within(node: SyntaxNode, parsed: Parsed): Expression[] {
  const found: Expression[] = [];
  for (let child = node.firstChild; child !== null; child = child.nextSibling) {
    if (!valueless.has(child.name)) {
      found.push(...outermost(child, parsed));
    }
  }
  return found;
}

interface Naming {
  readonly parts: readonly Expression[];
  readonly span: { readonly from: number; readonly to: number };
  readonly parsed: Parsed;
}

function nameOf(kind: Expression["kind"], { parts, span, parsed: { tokens } }: Naming): string {
  if (kind === "call" || kind === "aggregation") {
    return tokens[span.from]?.text ?? "";
  }
  const [left] = parts;
  return kind === "binary" && left !== undefined ? (tokens.find(({ from }) => from >= left.to)?.text ?? "") : "";
}
