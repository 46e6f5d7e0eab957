import { aggregations } from "./promql-functions.ts";
import { type Literal, readDuration, readNumber, readString } from "./promql-literals.ts";
import type { PromqlError, PromqlOptions } from "./promql-types.ts";

/** What kind of word can come next. */
export type Place = "operand" | "operator" | "number" | "matchers" | "labels" | "duration";

/** One word of the expression. As in the server's lexer, what a word is depends on the place that it stands in. */
export interface Token {
  readonly kind: "mark" | "keyword" | "name" | "aggregation" | "function" | "label" | "matcher" | "number" | "string";
  readonly from: number;
  readonly to: number;
  /** The word itself: keywords in lower case, strings without quotes and escapes. */
  readonly text: string;
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

const grouping = /(?:by|without)(?![\w:])/iy;
const quoted = /"[^"\\\n]*(?:\\[^\n][^"\\\n]*)*"|'[^'\\\n]*(?:\\[^\n][^'\\\n]*)*'|`[^`]*`/y;
const hexadecimal = /0[xX][\da-fA-F_]+/y;
const duration = /\d+(?!e)[a-z]+(?:\d+(?!e)[a-z]+)*(?![\w.])/y;
const number = /(?:\d[\d_]*\.?|\.(?=\d))[\d_]*(?:[eE][+-]?\d[\d_]*)?/y;
const restOfNumber = /[\w.]+/y;

/** Marks of one character. */
const marks: Readonly<Record<Place, string>> = {
  operand: "(){}[],@^*/%+-<>",
  operator: "(){}[],@^*/%+-<>",
  number: "(){}[],@^*/%+-<>",
  matchers: "={}()[],",
  labels: "(){}[],",
  duration: "(){}[],:^*/%+-",
};
/** What the second character of a longer one may be. */
const pairs: ReadonlyMap<string, string> = new Map([
  ["=", "="],
  ["!", "="],
  ["<", "=/"],
  [">", "=/"],
]);
const matcherPairs: ReadonlyMap<string, string> = new Map([
  ["=", "~"],
  ["!", "=~"],
]);

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
      this.at = this.afterBlank(this.at);
      if (this.at >= this.text.length) {
        this.reportUnclosed();
        break;
      }
      // Most words are told apart by their first character; the order matters for the rest.
      const code = this.text.charCodeAt(this.at);
      const known =
        (this.grafana && this.variable()) ||
        (isQuote(code) && this.string()) ||
        (isNumberStart(code) && this.number()) ||
        this.word() ||
        this.mark();
      if (!known) {
        this.reportUnknown();
        break;
      }
    }
    return { tokens: this.tokens, errors: this.errors, place: this.place };
  }

  /** Where the next word begins: after blanks, and after comments, which end with their line. */
  private afterBlank(from: number): number {
    const { text } = this;
    let at = from;
    for (;;) {
      const code = text.charCodeAt(at);
      if (code === 0x20 || code === 0x09 || code === 0x0a || code === 0x0d) {
        at++;
      } else if (code === 0x23) {
        while (at < text.length && text.charCodeAt(at) !== 0x0a && text.charCodeAt(at) !== 0x0d) at++;
      } else {
        return at;
      }
    }
  }

  private isCalled(end: number): boolean {
    return this.text.charCodeAt(this.afterBlank(end)) === 0x28;
  }

  private isGrouped(end: number): boolean {
    return this.match(grouping, this.afterBlank(end)) !== undefined;
  }

  private variable(): boolean {
    const raw = this.match(this.place === "duration" ? durationWithVariable : wordWithVariable);
    if (raw === undefined || withoutVariables(raw) === undefined) {
      return false;
    }
    const end = this.at + raw.length;
    if (this.place === "duration" || this.place === "number") {
      this.add("number", raw, { next: this.afterNumber() });
    } else if (this.place === "labels") {
      this.add("label", raw);
    } else if (this.place === "matchers") {
      const next = this.text[this.afterBlank(end)];
      if (this.afterMatchOperator()) {
        this.add("string", raw);
      } else {
        this.add(next === "," || next === "}" ? "matcher" : "label", raw);
      }
    } else if (this.isCalled(end) || this.isGrouped(end)) {
      this.add("aggregation", raw, { next: "operator" });
    } else {
      this.add("name", raw, { next: "operator" });
    }
    return true;
  }

  private string(): boolean {
    if (this.place === "duration") {
      return false;
    }
    const end = plainStringEnd(this.text, this.at);
    const raw = end < 0 ? this.match(quoted) : this.text.slice(this.at, end);
    if (raw === undefined) {
      return false;
    }
    const text = end < 0 ? (this.read(readString(raw), raw) ?? "") : raw.slice(1, -1);
    if (this.place === "labels") {
      if (text === "") {
        this.report("a label cannot be empty", raw);
      }
      this.add("label", raw, { text });
    } else {
      this.add("string", raw, { text, next: this.place === "operand" ? "operator" : this.place });
    }
    return true;
  }

  private number(): boolean {
    if (this.place === "matchers" || this.place === "labels") {
      return false;
    }
    const integer = integerHere(this.text, this.at);
    if (integer !== "") {
      this.add("number", integer, { value: Number(integer), next: this.afterNumber() });
      return true;
    }
    const asHexadecimal = this.match(hexadecimal);
    const asDuration = asHexadecimal === undefined ? this.match(duration) : undefined;
    const start = asDuration ?? asHexadecimal ?? this.match(number);
    if (start === undefined) {
      return false;
    }
    const raw = start + (this.match(restOfNumber, this.at + start.length) ?? "");
    const value = this.read(asDuration === undefined ? readNumber(raw) : readDuration(raw), raw);
    this.add("number", raw, { value, next: this.afterNumber() });
    return true;
  }

  private word(): boolean {
    const raw = this.text.slice(this.at, wordEnd(this.text, this.at, this.place !== "matchers"));
    if (raw === "") {
      return false;
    }
    // Asking the engine for small letters costs more than looking whether there are others.
    const lower = hasCapital(raw) ? raw.toLowerCase() : raw;
    switch (this.place) {
      case "matchers":
        this.add("label", raw);
        return true;
      case "labels":
        if (neverLabels.has(lower)) {
          this.report(`\`${raw}\` cannot be a label here unless it is quoted`, raw);
        }
        this.add("label", raw);
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
      this.add("keyword", raw, { text: lower });
      return true;
    }
    if ((lower === "inf" || lower === "nan") && !this.insideDuration()) {
      this.add("number", raw, { value: this.read(readNumber(raw), raw), next: "operator" });
      return true;
    }
    return false;
  }

  private wordAfterOperand(raw: string, lower: string): boolean {
    const next = afterOperand.get(lower);
    if (next === undefined) {
      this.add("name", raw);
    } else {
      this.add("keyword", raw, { text: lower, next });
    }
    return true;
  }

  private wordAsOperand(raw: string, lower: string): boolean {
    const end = this.at + raw.length;
    const called = this.isCalled(end);
    if (this.place === "number" && (lower === "start" || lower === "end")) {
      this.add("keyword", raw, { text: lower, next: "operator" });
    } else if (binaryModifiers.has(lower) || (fills.has(lower) && called)) {
      this.add("keyword", raw, { text: lower });
    } else if (lower === "atan2") {
      // An operator without a left side.
      this.add("mark", raw);
    } else if (lower === "inf" || lower === "nan") {
      this.add("number", raw, { value: this.read(readNumber(raw), raw), next: "operator" });
    } else if (aggregations.has(lower) && (called || this.isGrouped(end))) {
      this.add("aggregation", raw, { text: lower, next: "operator" });
    } else if (called) {
      this.add("function", raw, { next: "operator" });
    } else {
      this.add("name", raw, { next: "operator" });
    }
    return true;
  }

  private mark(): boolean {
    const raw = this.markHere();
    if (raw === undefined || (raw === "[" && this.match(variable) !== undefined)) {
      return false;
    }
    if (brackets.has(raw)) {
      const opener = { mark: raw, at: this.at, ...this.placesOf(raw) };
      this.openers.push(opener);
      const place = opener.inside === "labels" || opener.inside === "number" ? opener.inside : this.place;
      this.add("mark", raw, { place, next: opener.inside });
    } else if (")]}".includes(raw)) {
      this.close(raw);
    } else {
      const next = raw === "@" ? "number" : this.place === "operator" ? "operand" : this.place;
      this.add("mark", raw, { next });
    }
    return true;
  }

  private markHere(): string | undefined {
    const { place, text, at } = this;
    const first = text.charAt(at);
    const inMatchers = place === "matchers";
    if (inMatchers || (place !== "labels" && place !== "duration")) {
      const seconds = (inMatchers ? matcherPairs : pairs).get(first);
      const second = text.charAt(at + 1);
      if (second !== "" && seconds?.includes(second) === true) return first + second;
    }
    return marks[place].includes(first) ? first : undefined;
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
    this.add("mark", raw, { next: opener?.after ?? "operator" });
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
    { text = raw, value, place = this.place, next = this.place }: Added = {},
  ): void {
    const hasVariable = this.grafana && kind !== "mark" && withoutVariables(raw) !== undefined;
    this.tokens.push({ kind, from: this.at, to: this.at + raw.length, text, value, variable: hasVariable, place });
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
    } else if (isQuote(char.charCodeAt(0)) && this.place !== "duration") {
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

function isQuote(code: number): boolean {
  return code === 0x22 || code === 0x27 || code === 0x60;
}

function isDigit(code: number): boolean {
  return code >= 0x30 && code <= 0x39;
}

function isNumberStart(code: number): boolean {
  return isDigit(code) || code === 0x2e;
}

function hasCapital(word: string): boolean {
  for (let at = 0; at < word.length; at++) {
    const code = word.charCodeAt(at);
    if (code >= 0x41 && code <= 0x5a) return true;
  }
  return false;
}

/** Where a string ends that is what it says: printable ASCII without escapes. Below 0 where a closer look is needed. */
function plainStringEnd(text: string, from: number): number {
  const quote = text.charCodeAt(from);
  for (let at = from + 1; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === quote) return at + 1;
    if (code < 0x20 || code > 0x7e || code === 0x5c) return -1;
  }
  return -1;
}

/** Digits that are a number as they stand: without a unit, a fraction or a zero in front. */
function integerHere(text: string, from: number): string {
  let at = from;
  while (isDigit(text.charCodeAt(at))) at++;
  const next = text.charCodeAt(at);
  const ends = Number.isNaN(next) || !(isNameCharacter(next) || next === 0x2e);
  const canonical = at - from === 1 || text.charCodeAt(from) !== 0x30;
  return ends && canonical && at - from <= 15 ? text.slice(from, at) : "";
}

function isNameCharacter(code: number): boolean {
  return ((code | 0x20) >= 0x61 && (code | 0x20) <= 0x7a) || code === 0x5f || isDigit(code);
}

/** Where the name that begins here ends, colons included or not. */
function wordEnd(text: string, from: number, colons: boolean): number {
  let at = from;
  for (;;) {
    const code = text.charCodeAt(at);
    const letter = (code | 0x20) >= 0x61 && (code | 0x20) <= 0x7a;
    if (!letter && code !== 0x5f && !(colons && code === 0x3a) && !(at > from && isDigit(code))) return at;
    at++;
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
