import type { PartialParse, Tree } from "@lezer/common";
import { parser } from "@prometheus-io/lezer-promql";
import type { Place, Token, Tokens } from "./promql-tokens.ts";

/** A stretch of tokens, `to` excluded. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

export interface ParsedTokens {
  readonly tree: Tree;
  /** Which tokens a node of the tree stands on. */
  readonly spanOf: (node: Span) => Span;
  /** Is the node only the pair of parentheses that `parseTokens` puts around an operand? */
  readonly isWrapper: (node: Span) => boolean;
}

/** Parses the stand-ins of the tokens, or gives the index of the first token that does not fit. */
export function parseTokens({ tokens, place }: Tokens): ParsedTokens | number {
  const { source, starts } = translate(tokens, place);
  const tree = parse(source);
  if (typeof tree === "number") {
    return countBefore(starts, tree);
  }
  return {
    tree,
    spanOf: ({ from, to }) => ({ from: countBefore(starts, from), to: countBefore(starts, to) }),
    isWrapper: ({ from }) => source.startsWith(wrapper, from),
  };
}

const strict = parser.configure({ strict: true });

// Any function that no stand-in of a token is.
const wrapper = "vector";
const apart: ReadonlySet<string> = new Set('(){}[],"'.split(""));
const modifiers: ReadonlySet<string> = new Set(["[", "@", "anchored", "offset", "smoothed"]);
const binaryKeywords: ReadonlySet<string> = new Set(["and", "atan2", "or", "unless"]);

function translate(tokens: readonly Token[], end: Place): { source: string; starts: readonly number[] } {
  const before = wrappers(tokens, end);
  const starts: number[] = [];
  const words: string[] = [];
  let length = 0;
  let last = "(";
  for (const [index, { as }] of tokens.entries()) {
    const prefix = before.get(index) ?? "";
    // Blanks keep words and operators apart; needless ones cost the parser as much as words do.
    const word = apart.has(last) || apart.has((prefix || as).charAt(0)) ? prefix + as : ` ${prefix}${as}`;
    words.push(word);
    length += word.length;
    starts.push(length - as.length);
    last = as.charAt(as.length - 1);
  }
  return { source: words.join("") + (before.get(tokens.length) ?? ""), starts };
}

/**
 * What to put before which tokens. For the grammar the `offset 5m` of `a + b offset 5m` modifies the sum, for the server
 * it modifies `b`; a call around such operands makes the grammar agree. Parentheses would not do: after `group_left`
 * they would be read as labels.
 */
function wrappers(tokens: readonly Token[], end: Place): ReadonlyMap<number, string> {
  const before = new Map<number, string>();
  const operands: { readonly begin: number; modified: boolean }[] = [];
  const finish = (index: number): void => {
    const { begin = 0, modified = false } = operands.pop() ?? {};
    const previous = tokens[begin - 1]?.text;
    if (modified && previous !== undefined && previous !== "(" && previous !== ",") {
      before.set(begin, `${wrapper}(`);
      before.set(index, ")");
    }
  };
  for (const [index, { kind, place, text }] of tokens.entries()) {
    if (place === "operand" && (kind === "mark" ? text === "(" || text === "{" : kind !== "keyword")) {
      operands.push({ begin: index, modified: false });
    } else if (place === "operator") {
      const operand = operands.at(-1);
      if (operand && kind !== "name" && modifiers.has(text)) {
        operand.modified = true;
      } else if (kind === "mark" ? text !== "(" && text !== "{" : binaryKeywords.has(text)) {
        finish(index);
      }
    }
  }
  if (end === "operator") {
    finish(tokens.length);
  }
  return before;
}

/** The tree, or where the text stops making sense. */
function parse(source: string): Tree | number {
  const run: PartialParse & { bigReductionCount?: number } = strict.startParse(source);
  try {
    for (;;) {
      const tree = run.advance();
      if (tree) {
        return tree;
      }
      // Lezer gives up on chains such as `a or b or c …` after some hundred links, unless its count starts over.
      run.bigReductionCount = 0;
    }
  } catch (error) {
    const [, at] = /^No parse at (\d+)$/.exec(error instanceof Error ? error.message : "") ?? [];
    return at === undefined ? 0 : Number(at);
  }
}

/** How many of the sorted numbers are below the limit? */
function countBefore(sorted: readonly number[], limit: number): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sorted[middle] ?? limit) < limit) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}
