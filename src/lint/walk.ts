import type { AggregateExpr, BinaryExpr, Expr, SelectorExpr } from "./promql-types.ts";

/** What an expression is made of. */
export function partsOf(expr: Expr): readonly Expr[] {
  switch (expr.kind) {
    case "subquery":
    case "unary":
    case "parens":
      return [expr.inner];
    case "binary":
      return [expr.left, expr.right];
    case "call":
      return expr.args;
    case "aggregate":
      return expr.parameter ? [expr.parameter, expr.inner] : [expr.inner];
    default:
      return [];
  }
}

/** An expression and everything in it, outermost first. */
export function everyPart(expr: Expr): Expr[] {
  const every: Expr[] = [];
  // Not recursive: a chain of operators may be long.
  const open = [expr];
  for (let next = open.pop(); next; next = open.pop()) {
    every.push(next);
    const inner = partsOf(next);
    for (let at = inner.length - 1; at >= 0; at--) open.push(inner[at] as Expr);
  }
  return every;
}

export function selectorsIn(expr: Expr): SelectorExpr[] {
  return everyPart(expr).filter((part) => part.kind === "selector");
}

export function aggregatesIn(expr: Expr): AggregateExpr[] {
  return everyPart(expr).filter((part) => part.kind === "aggregate");
}

export function binariesIn(expr: Expr): BinaryExpr[] {
  return everyPart(expr).filter((part) => part.kind === "binary");
}

/** Without the parentheses around it. */
export function bare(expr: Expr): Expr {
  let inner = expr;
  while (inner.kind === "parens") inner = inner.inner;
  return inner;
}

const setOperators: ReadonlySet<string> = new Set(["and", "or", "unless"]);
const comparisons: ReadonlySet<string> = new Set(["==", "!=", "<", "<=", ">", ">="]);
const picking: ReadonlySet<string> = new Set(["topk", "bottomk", "limitk", "limit_ratio"]);

export function isSetOperator(op: string): boolean {
  return setOperators.has(op);
}

export function isComparison(op: string): boolean {
  return comparisons.has(op);
}

/** Does the aggregation pick series and keep their labels? */
export function picks(name: string): boolean {
  return picking.has(name);
}

/** Is it a number for the server, so that it has no labels to match? */
export function isScalar(expr: Expr): boolean {
  const inner = bare(expr);
  switch (inner.kind) {
    case "number":
      return true;
    case "unary":
      return isScalar(inner.inner);
    case "binary":
      return isScalar(inner.left) && isScalar(inner.right);
    case "call":
      return ["scalar", "time", "pi", "start", "end", "step", "range", "min_of", "max_of"].includes(inner.name);
    default:
      return false;
  }
}

/** The number that it is, where it is written as one. */
export function numberOf(expr: Expr): number | undefined {
  const inner = bare(expr);
  if (inner.kind === "number") return inner.value;
  if (inner.kind !== "binary") return undefined;
  const [left, right] = [numberOf(inner.left), numberOf(inner.right)];
  if (left === undefined || right === undefined) return undefined;
  switch (inner.op) {
    case "+":
      return left + right;
    case "-":
      return left - right;
    case "*":
      return left * right;
    case "/":
      return left / right;
    default:
      return undefined;
  }
}
