import { aggregations } from "./promql-functions.ts";
import { type Literal, readDuration, readNumber, readString } from "./promql-literals.ts";
import type { PromqlError, PromqlOptions } from "./promql-types.ts";

/** What kind of word can come next. */
export type Place = "operand" | "operator" | "number" | "matchers" | "labels" | "duration";

/**
 * One word of the expression.
 *
 * The server's lexer knows what the grammar does not: which words may be names in which places, and every form of
 * number and string. So words are told apart here, and the grammar reads `as`, a plain stand-in for each.
 */
export interface Token {
  readonly kind: "mark" | "keyword" | "name" | "call" | "label" | "matcher" | "number" | "string";
  readonly from: number;
  readonly to: number;
  /** The word itself: keywords in lower case, strings without quotes and escapes. */
  readonly text: string;
  readonly as: string;
  /** Of a number, or of a duration in seconds; unknown for a dashboard variable. */
  readonly value?: number | undefined;
  /** Is a dashboard variable in it? */
  readonly variable: boolean;
  /** What the word was expected to be. */
  readonly place: Place;
}

export interface Tokens {
  readonly tokens: readonly Token[];
  readonly errors: readonly PromqlError[];
  /** What kind of word could have followed the last. */
  readonly place: Place;
}

/** Splits an expression into words, and says what is wrong with those that cannot be read. */
export function tokenize(text: string, { grafana = false }: PromqlOptions): Tokens {
  return new Tokenizer(text, grafana).run();
}

/** Puts a letter in place of every dashboard variable, or gives nothing when there is none. */
export function withoutVariables(text: string): string | undefined {
  return text.search(variables) < 0 ? undefined : text.replace(variables, "x");
}

const variableForm = String.raw`\$\{[^{}\n]*\}|\$\w+|\[\[\w+(?::\w+)?\]\]`;
const variables = new RegExp(variableForm, "g");
const variable = new RegExp(variableForm, "y");
const wordWithVariable = new RegExp(String.raw`(?:[\w:]|${variableForm})+`, "y");
const durationWithVariable = new RegExp(String.raw`(?:\w|${variableForm})+`, "y");

const blankForm = String.raw`(?:[ \t\n\r]|#[^\n\r]*(?![^\n\r]))`;
const blank = new RegExp(`${blankForm}+`, "y");
const thenParenthesis = new RegExp(String.raw`${blankForm}*\(`, "y");
const thenGrouping = new RegExp(String.raw`${blankForm}*(?:by|without)(?![\w:])`, "iy");
const thenNextMatcher = new RegExp(`${blankForm}*[,}]`, "y");

const quotes: ReadonlySet<string> = new Set(['"', "'", "`"]);
const name = /[A-Za-z_:][\w:]*/y;
const labelName = /[A-Za-z_]\w*/y;
const quoted = /"[^"\\\n]*(?:\\[^\n][^"\\\n]*)*"|'[^'\\\n]*(?:\\[^\n][^'\\\n]*)*'|`[^`]*`/y;
const hexadecimal = /0[xX][\da-fA-F_]+/y;
const duration = /\d+(?!e)[a-z]+(?:\d+(?!e)[a-z]+)*(?![\w.])/y;
const number = /(?:\d[\d_]*\.?|\.(?=\d))[\d_]*(?:[eE][+-]?\d[\d_]*)?/y;
const restOfNumber = /[\w.]+/y;

const mark = /[=!]=|<[=/]?|>[=/]?|[(){}[\],@^*/%+-]/y;
const marks: Readonly<Record<Place, RegExp>> = {
  operand: mark,
  operator: mark,
  number: mark,
  matchers: /=~|!~|!=|[={}()[\],]/y,
  labels: /[(){}[\],]/y,
  duration: /[(){}[\],:^*/%+-]/y,
};

// Words that no metric is ever called, besides `atan2`.
const binaryModifiers: ReadonlySet<string> = new Set(["bool", "group_left", "group_right", "ignoring", "on"]);
const fills: ReadonlySet<string> = new Set(["fill", "fill_left", "fill_right"]);
const neverLabels: ReadonlySet<string> = new Set(["inf", "nan", "without"]);
const durationWords: ReadonlySet<string> = new Set(["max_of", "min_of", "range", "step"]);

// What follows a word that stands after an operand.
const afterOperand: ReadonlyMap<string, Place> = new Map<string, Place>([
  ...["and", "atan2", "or", "unless"].map((each) => [each, "operand"] as const),
  ...["anchored", "by", "smoothed", "without"].map((each) => [each, "operator"] as const),
  ["offset", "duration"],
]);

// What follows the labels after a word.
const afterLabels: ReadonlyMap<string, Place> = new Map<string, Place>([
  ...["by", "without"].map((each) => [each, "operator"] as const),
  ...["group_left", "group_right", "ignoring", "on"].map((each) => [each, "operand"] as const),
]);

interface Opener {
  readonly mark: string;
  readonly at: number;
  readonly inside: Place;
  readonly after: Place;
}

interface Added {
  readonly text?: string;
  readonly value?: number | undefined;
  readonly place?: Place;
  /** What kind of word comes after it, if not the same again. */
  readonly next?: Place;
}

const brackets: ReadonlyMap<string, { readonly closer: string; readonly called: string }> = new Map([
  ["(", { closer: ")", called: "parenthesis" }],
  ["[", { closer: "]", called: "bracket" }],
  ["{", { closer: "}", called: "brace" }],
]);

class Tokenizer {
  private readonly tokens: Token[] = [];
  private readonly errors: PromqlError[] = [];
  private readonly openers: Opener[] = [];
  private at = 0;
  private place: Place = "operand";

  private readonly text: string;
  private readonly grafana: boolean;

  constructor(text: string, grafana: boolean) {
    this.text = text;
    this.grafana = grafana;
  }

  run(): Tokens {
    for (;;) {
      this.at += this.match(blank)?.length ?? 0;
      if (this.at >= this.text.length) {
        this.reportUnclosed();
        break;
      }
      // Most words are told apart by their first character; the order matters for the rest.
      const char = this.text[this.at] ?? "";
      const known =
        this.variable() ||
        (quotes.has(char) && this.string()) ||
        (/[\d.]/.test(char) && this.number()) ||
        this.word() ||
        this.mark();
      if (!known) {
        this.reportUnknown();
        break;
      }
    }
    return { tokens: this.tokens, errors: this.errors, place: this.place };
  }

  private variable(): boolean {
    if (!this.grafana) {
      return false;
    }
    const raw = this.match(this.place === "duration" ? durationWithVariable : wordWithVariable);
    if (raw === undefined || withoutVariables(raw) === undefined) {
      return false;
    }
    const end = this.at + raw.length;
    if (this.place === "duration" || this.place === "number") {
      this.add("number", raw, "1", { next: this.afterNumber() });
    } else if (this.place === "labels") {
      this.add("label", raw, "l");
    } else if (this.place === "matchers") {
      if (this.afterMatchOperator()) {
        this.add("string", raw, '""');
      } else if (this.match(thenNextMatcher, end) === undefined) {
        this.add("label", raw, "l");
      } else {
        this.add("matcher", raw, '""');
      }
    } else if (this.match(thenParenthesis, end) !== undefined || this.match(thenGrouping, end) !== undefined) {
      this.add("call", raw, "sum", { next: "operator" });
    } else {
      this.add("name", raw, "m", { next: "operator" });
    }
    return true;
  }

  private string(): boolean {
    const raw = this.place === "duration" ? undefined : this.match(quoted);
    if (raw === undefined) {
      return false;
    }
    const text = this.read(readString(raw), raw) ?? "";
    if (this.place === "labels") {
      if (text === "") {
        this.report("a label cannot be empty", raw);
      }
      this.add("label", raw, "l", { text });
    } else {
      this.add("string", raw, '""', { text, next: this.place === "operand" ? "operator" : this.place });
    }
    return true;
  }

  private number(): boolean {
    if (this.place === "matchers" || this.place === "labels") {
      return false;
    }
    const asDuration = this.match(hexadecimal) === undefined ? this.match(duration) : undefined;
    const start = asDuration ?? this.match(hexadecimal) ?? this.match(number);
    if (start === undefined) {
      return false;
    }
    const raw = start + (this.match(restOfNumber, this.at + start.length) ?? "");
    const value = this.read(asDuration === undefined ? readNumber(raw) : readDuration(raw), raw);
    this.add("number", raw, "1", { value, next: this.afterNumber() });
    return true;
  }

  private word(): boolean {
    const raw = this.match(this.place === "matchers" ? labelName : name);
    if (raw === undefined) {
      return false;
    }
    const lower = raw.toLowerCase();
    switch (this.place) {
      case "matchers":
        this.add("label", raw, "l");
        return true;
      case "labels":
        if (neverLabels.has(lower)) {
          this.report(`\`${raw}\` cannot be a label here unless it is quoted`, raw);
        }
        this.add("label", raw, "l");
        return true;
      case "duration":
        return this.durationWord(raw, lower);
      case "operator":
        return this.wordAfterOperand(raw, lower);
      default:
        return this.wordAsOperand(raw, lower);
    }
  }

  private durationWord(raw: string, lower: string): boolean {
    if (durationWords.has(lower)) {
      this.add("keyword", raw, lower, { text: lower });
      return true;
    }
    if ((lower === "inf" || lower === "nan") && !this.insideDuration()) {
      this.add("number", raw, "1", { value: this.read(readNumber(raw), raw), next: "operator" });
      return true;
    }
    return false;
  }

  private wordAfterOperand(raw: string, lower: string): boolean {
    const next = afterOperand.get(lower);
    if (next === undefined) {
      this.add("name", raw, "m");
    } else {
      this.add("keyword", raw, lower, { text: lower, next });
    }
    return true;
  }

  private wordAsOperand(raw: string, lower: string): boolean {
    const end = this.at + raw.length;
    const called = this.match(thenParenthesis, end) !== undefined;
    if (this.place === "number" && (lower === "start" || lower === "end")) {
      this.add("keyword", raw, lower, { text: lower, next: "operator" });
    } else if (binaryModifiers.has(lower) || (fills.has(lower) && called)) {
      this.add("keyword", raw, lower, { text: lower });
    } else if (lower === "atan2") {
      // The grammar would take it for a name.
      this.add("mark", raw, "%");
    } else if (lower === "inf" || lower === "nan") {
      this.add("number", raw, "1", { value: this.read(readNumber(raw), raw), next: "operator" });
    } else if (aggregations.has(lower) && (called || this.match(thenGrouping, end) !== undefined)) {
      this.add("call", raw, "sum", { text: lower, next: "operator" });
    } else if (called) {
      this.add("call", raw, "abs", { next: "operator" });
    } else {
      this.add("name", raw, "m", { next: "operator" });
    }
    return true;
  }

  private mark(): boolean {
    const raw = this.match(marks[this.place]);
    if (raw === undefined || (raw === "[" && this.match(variable) !== undefined)) {
      return false;
    }
    if (brackets.has(raw)) {
      const opener = { mark: raw, at: this.at, ...this.placesOf(raw) };
      this.openers.push(opener);
      const place = opener.inside === "labels" || opener.inside === "number" ? opener.inside : this.place;
      this.add("mark", raw, raw, { place, next: opener.inside });
    } else if (")]}".includes(raw)) {
      this.close(raw);
    } else {
      const next = raw === "@" ? "number" : this.place === "operator" ? "operand" : this.place;
      this.add("mark", raw, raw, { next });
    }
    return true;
  }

  private placesOf(bracket: string): { readonly inside: Place; readonly after: Place } {
    if (bracket === "[") {
      return { inside: "duration", after: "operator" };
    }
    if (bracket === "{") {
      return { inside: "matchers", after: "operator" };
    }
    if (this.place === "duration") {
      return { inside: "duration", after: this.afterNumber() };
    }
    const { kind, text } = this.tokens.at(-1) ?? { kind: "mark", text: "" };
    if (kind === "keyword" && fills.has(text)) {
      return { inside: "number", after: "operand" };
    }
    const after = kind === "keyword" ? afterLabels.get(text) : undefined;
    return after === undefined ? { inside: "operand", after: "operator" } : { inside: "labels", after };
  }

  private close(raw: string): void {
    const opener = this.openers.pop();
    const { closer = "", called = "" } = brackets.get(opener?.mark ?? "") ?? {};
    if (!opener) {
      this.report(`\`${raw}\` closes nothing`, raw);
    } else if (closer !== raw) {
      this.report(
        `expected \`${closer}\` for the ${called} opened at ${this.position(opener.at)}, found \`${raw}\``,
        raw,
      );
    }
    this.add("mark", raw, raw, { next: opener?.after ?? "operator" });
  }

  // Inside brackets, or in parentheses after `offset`, a duration may go on; right after `offset` it is one word.
  private afterNumber(): Place {
    return this.insideDuration() ? "duration" : "operator";
  }

  private insideDuration(): boolean {
    return this.openers.at(-1)?.inside === "duration";
  }

  private afterMatchOperator(): boolean {
    const last = this.tokens.at(-1);
    return last?.kind === "mark" && /[=~]$/.test(last.text);
  }

  private add(
    kind: Token["kind"],
    raw: string,
    as: string,
    { text = raw, value, place = this.place, next = this.place }: Added = {},
  ): void {
    const hasVariable = this.grafana && kind !== "mark" && withoutVariables(raw) !== undefined;
    this.tokens.push({ kind, from: this.at, to: this.at + raw.length, text, as, value, variable: hasVariable, place });
    this.at += raw.length;
    this.place = next;
  }

  private match(form: RegExp, at: number = this.at): string | undefined {
    form.lastIndex = at;
    return form.exec(this.text)?.[0];
  }

  private read<T>(literal: Literal<T>, raw: string): T | undefined {
    if ("value" in literal) {
      return literal.value;
    }
    this.report(literal.problem, raw);
    return undefined;
  }

  private report(message: string, raw: string): void {
    this.errors.push({ message, from: this.at, to: this.at + raw.length });
  }

  private reportUnclosed(): void {
    const opener = this.openers.at(-1);
    if (opener) {
      const called = brackets.get(opener.mark)?.called;
      const message = `unclosed ${called} opened at ${this.position(opener.at)}`;
      this.errors.push({ message, from: opener.at, to: opener.at + 1 });
    }
  }

  private reportUnknown(): void {
    const found = this.match(variable);
    const char = String.fromCodePoint(this.text.codePointAt(this.at) ?? 0);
    if (found !== undefined) {
      this.report(`dashboard variable in a rule: only Grafana replaces \`${found}\``, found);
    } else if (quotes.has(char) && this.place !== "duration") {
      this.errors.push({ message: "the string is never closed", from: this.at, to: this.text.length });
    } else if (char === "=" && (this.place === "operand" || this.place === "operator")) {
      this.report("`=` compares labels inside braces; values are compared with `==`", char);
    } else {
      this.report(`expected ${expectation(this.tokens.at(-1), this.place)}, found \`${char}\``, char);
    }
  }

  private position(offset: number): string {
    const lines = this.text.slice(0, offset).split("\n");
    return `${lines.length}:${(lines.at(-1)?.length ?? 0) + 1}`;
  }
}

/** Names what could have stood where something else does. */
export function expectation(previous: Token | undefined, place: Place): string {
  const { kind, text } = previous ?? { kind: "mark", text: "" };
  switch (place) {
    case "operand":
      return kind === "keyword" && (text === "on" || text === "ignoring") ? "`(` and labels" : "an expression";
    case "operator":
      return kind === "keyword" && afterLabels.has(text) ? "`(` and labels" : "an operator";
    case "number":
      return text === "@" ? "a timestamp, `start()` or `end()`" : "a number";
    case "matchers":
      if (kind === "label") {
        return "one of = != =~ !~";
      }
      return kind === "mark" ? (/[=~]$/.test(text) ? "a quoted string" : "a label or `}`") : "`,` or `}`";
    case "labels":
      return kind === "label" ? "`,` or `)`" : "a label or `)`";
    default:
      return kind === "number" ? "`:`, `]` or an operator" : "a duration";
  }
}
