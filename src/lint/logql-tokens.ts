import { goNumber, goNumberProblem, goSeconds } from "./go-numbers.ts";
import { readDuration, readString } from "./promql-literals.ts";
import { type QueryOptions, SyntaxProblem } from "./query-language.ts";

/**
 * One word of a LogQL query. `text` is the word itself: keywords in lower case, strings without quotes. A `variable` is
 * one of Grafana's, which may stand for anything.
 */
export interface LogqlToken {
  readonly kind:
    | "mark"
    | "keyword"
    | "function"
    | "identifier"
    | "string"
    | "number"
    | "duration"
    | "bytes"
    | "range"
    | "flag"
    | "variable"
    | "end";
  readonly text: string;
  /** Seconds, of a range or a duration. */
  readonly value?: number | undefined;
  readonly from: number;
  readonly to: number;
}

const keywords: ReadonlySet<string> = new Set([
  ..."unwrap by without bool offset on ignoring group_left group_right or and unless".split(" "),
  ..."json regexp logfmt unpack pattern label_format line_format decolorize drop keep variants of".split(" "),
  "label_replace",
]);

/** Range aggregations. Loki 3.7. */
export const rangeFunctions: ReadonlySet<string> = new Set([
  ..."rate rate_counter count_over_time bytes_rate bytes_over_time avg_over_time sum_over_time min_over_time".split(
    " ",
  ),
  ..."max_over_time stdvar_over_time stddev_over_time quantile_over_time first_over_time last_over_time".split(" "),
  "absent_over_time",
]);

/** Aggregations over series. */
export const vectorFunctions: ReadonlySet<string> = new Set(
  "sum avg max min count stddev stdvar bottomk topk approx_topk sort sort_desc".split(" "),
);

/** What `unwrap` may convert with. */
export const conversions: ReadonlySet<string> = new Set(["bytes", "duration", "duration_seconds"]);

/** These are names of labels like any other, unless a parenthesis or a grouping follows. */
const functions: ReadonlySet<string> = new Set([
  ...rangeFunctions,
  ...vectorFunctions,
  ...conversions,
  "vector",
  "label_replace",
  "ip",
]);

const variableForm = String.raw`\$\{[^{}\n]*\}|\$\w+|\[\[\w+(?::\w+)?\]\]`;
const variable = new RegExp(variableForm, "y");
const variables = new RegExp(variableForm, "g");
// Loki's scanner is that of Go: it skips Go's comments too.
const blank = /(?:[ \t\n\r]+|#[^\n]*|\/\/[^\n]*|\/\*[^]*?\*\/)+/y;
const marks = /\|[=~>]|![=~>]|=[=~]|[<>]=|[,.{}=()|+\-*/%^<>\]]/y;
const word = /[\p{L}_][\p{L}\p{Nd}_]*/uy;
const quoted = /"[^"\\\n]*(?:\\[^\n][^"\\\n]*)*"|`[^`]*`/y;
const character = /'(?:[^'\\\n]|\\(?:[abfnrtv\\']|[0-7]{3}|x[\da-fA-F]{2}|u[\da-fA-F]{4}|U[\da-fA-F]{8}))'/uy;
const durationRest = /[\p{N}nuµmshdwy.]+/uy;
const bytesRest = /[\p{N}BikKMGTP.]+/uy;
const flag = /--(?:strict|keep-empty)(?![\p{L}-])/uy;
const thenCall = /[ \t\n\r\v\f\u0085\u00a0]*(?:\(|(?:by|without)[ \t\n\r\v\f\u0085\u00a0]*\()/iy;

const promDuration = /^(?:\d+y)?(?:\d+w)?(?:\d+d)?(?:\d+h)?(?:\d+m)?(?:\d+s)?(?:\d+ms)?$/u;
const bytes = /^(\d+\.?\d*|\.\d+)(?:b|([kmgt])(i?)b?)$/iu;

/** Splits a query into words as Loki's lexer does. @throws {SyntaxProblem} at the first that it can't read. */
export function tokenizeLogql(text: string, { grafana = false }: QueryOptions): LogqlToken[] {
  const tokens: LogqlToken[] = [];
  let at = 0;
  const match = (form: RegExp, from = at): string | undefined => {
    form.lastIndex = from;
    return form.exec(text)?.[0];
  };
  const add = (kind: LogqlToken["kind"], raw: string, meant: string = raw, value?: number): void => {
    tokens.push({ kind, text: meant, value, from: at, to: at + raw.length });
    at += raw.length;
  };
  const fail = (message: string, length = 1): never => {
    throw new SyntaxProblem(message, { from: at, to: Math.min(text.length, at + length) });
  };

  const numeric = (raw: string): void => {
    const withUnit = match(durationRest, at + raw.length);
    const seconds = withUnit === undefined ? undefined : secondsIn(raw + withUnit);
    if (seconds !== undefined) return add("duration", raw + withUnit, raw + withUnit, seconds);
    const withBytes = match(bytesRest, at + raw.length);
    if (withBytes !== undefined && isSize(raw + withBytes)) return add("bytes", raw + withBytes);
    // To Go's scanner that is an exponent.
    if (/p/iu.test(text[at + raw.length] ?? "") && !/^0x/iu.test(raw))
      fail("`P` is no unit: Loki knows none above T", raw.length + 1);
    const problem = goNumberProblem(raw);
    if (problem !== undefined) fail(`\`${raw}\` ${problem}`, raw.length);
    return add("number", raw);
  };
  const range = (): void => {
    const end = text.indexOf("]", at);
    if (end < 0) fail("the `[` is never closed", text.length);
    const inside = text.slice(at + 1, end);
    const known = grafana ? inside.replace(variables, "1s") : inside;
    const hasVariable = known !== inside;
    if (!hasVariable && !(inside === "0" || (inside !== "" && promDuration.test(inside)))) {
      const found = inside.match(variables)?.[0];
      fail(
        found === undefined
          ? `\`${inside}\` is not a duration`
          : `dashboard variable in a rule: only Grafana replaces \`${found}\``,
        end + 1 - at,
      );
    }
    const seconds = readDuration(inside);
    if (!hasVariable && "problem" in seconds) fail(seconds.problem, end + 1 - at);
    add("range", text.slice(at, end + 1), inside, !hasVariable && "value" in seconds ? seconds.value : undefined);
  };

  if (text.length >= longest) fail(`the query is longer than ${longest - 1} characters`, text.length);
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
      const read = readString(raw, { replacement: true, halves: true });
      if ("problem" in read) fail(read.problem, raw.length);
      else add("string", raw, read.value);
      continue;
    }
    if (text.startsWith("/*", at)) fail("the comment is never closed", text.length);
    const digits = match(goNumber);
    if (digits !== undefined && /[\d.]/u.test(char)) {
      numeric(digits);
      continue;
    }
    if (char === "[") {
      range();
      continue;
    }
    const asFlag = match(flag);
    if (asFlag !== undefined) {
      add("flag", asFlag);
      continue;
    }
    if (char === "-") {
      const rest = match(durationRest, at + 1);
      const seconds = rest === undefined ? undefined : secondsIn(`-${rest}`);
      if (rest !== undefined && seconds !== undefined) {
        add("duration", `-${rest}`, `-${rest}`, seconds);
        continue;
      }
    }
    const mark = match(marks);
    if (mark !== undefined) {
      add("mark", mark);
      continue;
    }
    const raw = match(word);
    if (raw === undefined) {
      if (char === "'" && match(character) === undefined) fail("the character is never closed, or is none");
      // Loki takes any other character for a name.
      add("identifier", match(character) ?? String.fromCodePoint(text.codePointAt(at) ?? 0));
      continue;
    }
    const lower = raw.toLowerCase();
    if (functions.has(lower)) {
      const called = match(thenCall, at + raw.length) !== undefined;
      add(called ? "function" : "identifier", raw, called ? lower : raw);
    } else if (keywords.has(lower)) add("keyword", raw, lower);
    else add("identifier", raw);
  }
  tokens.push({ kind: "end", text: "", from: text.length, to: text.length });
  return tokens;
}

/** A number of bytes that 64 bits have room for. */
function isSize(text: string): boolean {
  const [, number, unit = "", binary] = bytes.exec(text) ?? [];
  const power = " kmgt".indexOf(unit.toLowerCase() || " ");
  return number !== undefined && Number(number) * (binary ? 1024 : 1000) ** power < 2 ** 64;
}

const longest = 131_072;

/** Seconds in `1h30m` or `1.5h`, if it is a duration of Prometheus or of Go. */
function secondsIn(text: string): number | undefined {
  if (promDuration.test(text)) {
    const read = readDuration(text);
    if ("value" in read) return read.value;
  }
  if (/^[-+]?0$/u.test(text)) return 0;
  const seconds = goSeconds(text);
  if (seconds === undefined) return undefined;
  return text.startsWith("-") ? -seconds : seconds;
}
