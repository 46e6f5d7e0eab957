import { goFloat, goNumber, goNumberProblem, goSeconds } from "./go-numbers.ts";
import { readDuration, readString } from "./promql-literals.ts";
import { type QueryOptions, SyntaxProblem } from "./query-language.ts";

/** One word of a TraceQL query. An `attribute` is what follows a scope; a `variable` is one of Grafana's. */
export interface TraceqlToken {
  readonly kind: "mark" | "word" | "scope" | "attribute" | "string" | "int" | "float" | "duration" | "variable" | "end";
  /** The word; of a string, what it says. */
  readonly text: string;
  readonly from: number;
  readonly to: number;
}

const variableForm = String.raw`\$\{[^{}\n]*\}|\$\w+|\[\[\w+(?::\w+)?\]\]`;
const variable = new RegExp(variableForm, "y");
// Tempo's scanner is that of Go: it skips Go's comments.
const blank = /(?:[ \t\n\r]+|\/\/[^\n]*|\/\*[^]*?\*\/)+/y;
const mark = /!>>|!<<|&>>|&<<|&&|\|\||!=|=~|!~|>=|<=|>>|<<|!>|!<|&~|&>|&<|[,{}()=<>+\-/%*^!|~]/y;
const scope = /(?:parent|resource|span|event|link|instrumentation)\.|\.|(?:trace|span|event|link|instrumentation):/y;
const word = /[\p{L}_][\p{L}\p{Nd}_]*/uy;
const quoted = /"[^"\\\n]*(?:\\[^\n][^"\\\n]*)*"|`[^`]*`/y;
const durationRest = /[\p{N}nuµsmhdwy.]+/uy;
const attribute = /(?:"(?:[^"\\]|\\[\\"])*"|\uFEFF|[^\s\u0085"{}()=~!<>&|^,])+/uy;

const promDuration = /^(?:\d+y)?(?:\d+w)?(?:\d+d)?(?:\d+h)?(?:\d+m)?(?:\d+s)?(?:\d+ms)?$/u;
const largestInt = 2n ** 63n - 1n;

/** Splits a query into words as Tempo's lexer does. @throws {SyntaxProblem} at the first that it can't read. */
export function tokenizeTraceql(text: string, { grafana = false }: QueryOptions): TraceqlToken[] {
  const tokens: TraceqlToken[] = [];
  let at = 0;
  const match = (form: RegExp, from = at): string | undefined => {
    form.lastIndex = from;
    return form.exec(text)?.[0];
  };
  const add = (kind: TraceqlToken["kind"], raw: string, meant: string = raw): void => {
    tokens.push({ kind, text: meant, from: at, to: at + raw.length });
    at += raw.length;
  };
  const fail = (message: string, length = 1): never => {
    throw new SyntaxProblem(message, { from: at, to: Math.min(text.length, at + length) });
  };
  const numeric = (raw: string): void => {
    const problem = goNumberProblem(raw);
    if (problem !== undefined) return fail(`\`${raw}\` ${problem}`, raw.length);
    const rest = match(durationRest, at + raw.length);
    if (rest !== undefined && isDuration(raw + rest)) return add("duration", raw + rest);
    if (/[.eEpP]/u.test(raw) && !/^0[xX][^pP]*$/u.test(raw)) {
      return goFloat(raw) === undefined ? fail(`\`${raw}\` is out of range`, raw.length) : add("float", raw);
    }
    if (!/^\d+$/u.test(raw)) return fail(`\`${raw}\` is no decimal number`, raw.length);
    return BigInt(raw) > largestInt ? fail(`\`${raw}\` is out of range`, raw.length) : add("int", raw);
  };
  const scoped = (raw: string): void => {
    add("scope", raw);
    if (raw.endsWith(":")) return;
    if (raw === "parent.") {
      const inner = match(/resource\.|span\./y);
      if (inner !== undefined) add("scope", inner);
    }
    const named = grafana ? (match(variable) ?? match(attribute)) : match(attribute);
    if (named === undefined) {
      if (text[at] === '"')
        fail('the quoted attribute is never closed, or has an escape other than \\\\ and \\"', text.length);
      fail(`expected the name of an attribute after \`${raw}\``);
    } else if (text[at + named.length] === '"') {
      fail('the quoted attribute is never closed, or has an escape other than \\\\ and \\"', text.length);
    } else add("attribute", named, named.replaceAll(/"((?:[^"\\]|\\.)*)"/gu, "$1"));
  };

  const nul = text.indexOf("\0");
  if (nul >= 0) throw new SyntaxProblem("a NUL character can't stand in a query", { from: nul, to: nul + 1 });
  for (;;) {
    at += match(blank)?.length ?? 0;
    if (at >= text.length) break;
    const asVariable = grafana ? match(variable) : undefined;
    if (asVariable !== undefined) {
      add("variable", asVariable);
      continue;
    }
    const char = text[at] ?? "";
    if (char === '"' || char === "`") {
      const raw = match(quoted) ?? fail("the string is never closed", text.length);
      const read = readString(raw, { replacement: true });
      if ("problem" in read) fail(read.problem, raw.length);
      else add("string", raw, read.value);
      continue;
    }
    if (text.startsWith("/*", at)) fail("the comment is never closed", text.length);
    const digits = /[\d.]/u.test(char) ? match(goNumber) : undefined;
    if (digits !== undefined) {
      numeric(digits);
      continue;
    }
    const asScope = match(scope);
    if (asScope !== undefined) {
      scoped(asScope);
      continue;
    }
    const asMark = match(mark);
    if (asMark !== undefined) {
      add("mark", asMark);
      continue;
    }
    const raw = match(word);
    if (raw === undefined) {
      const found = match(variable);
      if (found !== undefined)
        fail(`dashboard variable outside a dashboard: only Grafana replaces \`${found}\``, found.length);
      fail(`found \`${String.fromCodePoint(text.codePointAt(at) ?? 0)}\`, which means nothing here`);
    } else add("word", raw);
  }
  tokens.push({ kind: "end", text: "", from: text.length, to: text.length });
  return tokens;
}

function isDuration(text: string): boolean {
  return (promDuration.test(text) && "value" in readDuration(text)) || goSeconds(text) !== undefined;
}
