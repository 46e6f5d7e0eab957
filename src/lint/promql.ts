import { expectation, type Tokens, tokenizeWhole } from "./promql-tokens.ts";
import { parseTokens } from "./promql-parser.ts";
import type { Promql, PromqlError, PromqlOptions } from "./promql-types.ts";

export type { Matcher, Promql, PromqlError, PromqlOptions, PromqlType, Selector } from "./promql-types.ts";

/**
 * Would the server accept this expression, what is its type, and which series does it read?
 *
 * Agrees with the server's own parser, not with what the expression does there: an expression may pass and still find
 * nothing. Never throws.
 */
export function parsePromql(text: string, options: PromqlOptions = {}): Promql {
  const words = tokenizeWhole(text, options);
  if (words.errors.length > 0) {
    return failed(words.errors);
  }
  if (words.tokens.length === 0) {
    return failed([{ message: "there is no expression", from: 0, to: text.length }]);
  }
  const { dialect = "prometheus", version } = options;
  const parsed = parseTokens({ tokens: words.tokens, dialect, version });
  return typeof parsed === "number" ? failed([unexpected(words, parsed, text)]) : parsed;
}

function unexpected({ tokens, place }: Tokens, index: number, text: string): PromqlError {
  const token = tokens[index];
  const expected = expectation(tokens[index - 1], token?.place ?? place);
  const { from, to } = token ?? { from: text.length, to: text.length };
  return { message: `expected ${expected}, found ${token ? `\`${text.slice(from, to)}\`` : "the end"}`, from, to };
}

function failed(errors: readonly PromqlError[]): Promql {
  return { ok: false, errors, selectors: [] };
}
