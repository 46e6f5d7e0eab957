// The library's own tokenizer and parser: what it checks, the page colours and asks about. Only through here.
export { type Matcher, parsePromql } from "../../../src/lint/promql.ts";
export { type Token, tokenize } from "../../../src/lint/promql-tokens.ts";
export type { Expr } from "../../../src/lint/promql-types.ts";
export { partsOf as innerOf } from "../../../src/lint/walk.ts";
