// The library's own tokenizer and parser: what it checks, the page colours and asks about. Only through here.
import type { Expr } from "../../../src/lint/promql-types.ts";
import { pushParts } from "../../../src/lint/walk.ts";

export { type Matcher, parsePromql } from "../../../src/lint/promql.ts";
export { type Token, tokenize } from "../../../src/lint/promql-tokens.ts";
export type { Expr } from "../../../src/lint/promql-types.ts";

/** What an expression is made of. */
export function innerOf(expr: Expr): Expr[] {
  const parts: Expr[] = [];
  pushParts(expr, parts);
  return parts.toReversed();
}
