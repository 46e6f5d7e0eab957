import { type Expr, innerOf, parsePromql } from "./parser.ts";

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
  const { tree } = parsePromql(text, options);
  return tree && partOf(tree, text);
}

/** Every part of an expression, itself first. */
export function partsOf(expression: Expression): Expression[] {
  return [expression, ...expression.parts.flatMap(partsOf)];
}

const kinds: Readonly<Record<Expr["kind"], Expression["kind"]>> = {
  selector: "selector",
  variable: "selector",
  subquery: "subquery",
  aggregate: "aggregation",
  call: "call",
  binary: "binary",
  parens: "parentheses",
  unary: "sign",
  number: "literal",
  string: "literal",
};

function partOf(expr: Expr, text: string): Expression {
  const part = (kind: Expression["kind"], to: number, parts: readonly Expression[] = [], name = ""): Expression => ({
    kind,
    from: expr.from,
    to,
    text: text.slice(expr.from, to),
    parts,
    name,
  });
  const bare =
    expr.kind === "selector" && expr.range
      ? part("range", expr.to, [part("selector", expr.selector.to)])
      : part(
          kinds[expr.kind],
          expr.to,
          innerOf(expr).map((inner) => partOf(inner, text)),
          nameOf(expr),
        );
  return expr.modifiedTo === undefined ? bare : part("moved", expr.modifiedTo, [bare]);
}

function nameOf(expr: Expr): string {
  if (expr.kind === "call" || expr.kind === "aggregate") return expr.name;
  return expr.kind === "binary" ? expr.op : "";
}
