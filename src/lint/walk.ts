import type { AggregateExpr, BinaryExpr, Expr, SelectorExpr } from "./promql-types.ts";

/** Puts what an expression is made of on a stack, its first part on top. */
export function pushParts(expr: Expr, stack: Expr[]): void {
  switch (expr.kind) {
    case "subquery":
    case "unary":
    case "parens":
      stack.push(expr.inner);
      break;
    case "binary":
      stack.push(expr.right, expr.left);
      break;
    case "call":
      for (let at = expr.args.length - 1; at >= 0; at--) stack.push(expr.args[at] as Expr);
      break;
    case "aggregate":
      stack.push(expr.inner);
      if (expr.parameter) stack.push(expr.parameter);
      break;
    default:
  }
}

/** An expression and everything in it, outermost first. */
export function everyPart(expr: Expr): readonly Expr[] {
  // Several checks in a row ask for those of the same.
  if (expr !== last.expr) last = { expr, parts: partsWithin(expr) };
  return last.parts;
}

let last: { readonly expr: Expr | undefined; readonly parts: readonly Expr[] } = { expr: undefined, parts: [] };

function partsWithin(expr: Expr): readonly Expr[] {
  const every: Expr[] = [];
  // Not recursive: a chain of operators may be long.
  const open = [expr];
  for (let next = open.pop(); next; next = open.pop()) {
    every.push(next);
    pushParts(next, open);
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

export const setOperators: ReadonlySet<string> = new Set(["and", "or", "unless"]);
export const comparisons: ReadonlySet<string> = new Set(["==", "!=", "<", "<=", ">", ">="]);
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
  const left = numberOf(inner.left);
  const right = numberOf(inner.right);
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
