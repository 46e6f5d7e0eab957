import { check } from "./promql-check.ts";
import { expectation, tokenize, type Tokens } from "./promql-tokens.ts";
import { parseTokens } from "./promql-tree.ts";
import type { Promql, PromqlError, PromqlOptions } from "./promql-types.ts";

export type { Matcher, Promql, PromqlError, PromqlOptions, PromqlType, Selector } from "./promql-types.ts";

/**
 * Would the server accept this expression, what is its type, and which series does it read?
 *
 * Agrees with the server's own parser, not with what the expression does there: an expression may pass and still find
 * nothing. Never throws.
 */
export function parsePromql(text: string, options: PromqlOptions = {}): Promql {
  const words = tokenize(text, options);
  if (words.errors.length > 0) {
    return failed(words.errors);
  }
  if (words.tokens.length === 0) {
    return failed([{ message: "there is no expression", from: 0, to: text.length }]);
  }
  const parsed = parseTokens(words);
  return typeof parsed === "number"
    ? failed([unexpected({ words, index: parsed, text })])
    : check({ ...parsed, tokens: words.tokens, dialect: options.dialect ?? "prometheus", version: options.version });
}

const nesting: Readonly<Record<string, number>> = { "(": 1, ")": -1 };

interface Unexpected {
  readonly words: Tokens;
  readonly index: number;
  readonly text: string;
}

// Lezer's stack is full after a thousand open calls or more, and then fails like at any other word.
const deepest = 1000;

function unexpected({ words: { tokens, place }, index, text }: Unexpected): PromqlError {
  const token = tokens[index];
  const depth = tokens
    .slice(0, index)
    .reduce((open, { kind, text: mark }) => open + (kind === "mark" ? (nesting[mark] ?? 0) : 0), 0);
  if (depth > deepest) {
    return { message: "nested too deeply to check", from: 0, to: text.length };
  }
  const expected = expectation(tokens[index - 1], token?.place ?? place);
  const { from, to } = token ?? { from: text.length, to: text.length };
  return { message: `expected ${expected}, found ${token ? `\`${text.slice(from, to)}\`` : "the end"}`, from, to };
}

function failed(errors: readonly PromqlError[]): Promql {
  return { ok: false, errors, selectors: [] };
}
