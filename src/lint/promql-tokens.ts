import { variableForm, withoutVariables } from "./dashboard-variables.ts";
import { aggregations } from "./promql-functions.ts";
import { labelList, labelsOfList, matcherList, matchersOfList, stringForm } from "./promql-lists.ts";
import { type Literal, readDuration, readNumber, readString, secondsIn } from "./promql-literals.ts";
import type { PromqlError, PromqlOptions } from "./promql-types.ts";

/** What kind of word can come next. */
export type Place = "operand" | "operator" | "number" | "matchers" | "labels" | "duration";

/** One word of the expression. As in the server's lexer, what a word is depends on the place that it stands in. */
export interface Token {
  readonly kind:
    | "mark"
    | "keyword"
    | "name"
    | "aggregation"
    | "function"
    | "label"
    | "matcher"
    | "number"
    | "string"
    // Only where they are asked for as one word: `(cluster, pod)` after `by` and its like, `{job="api"}`, and `[5m]`.
    | "labels"
    | "matchers"
    | "range";
  readonly from: number;
  readonly to: number;
  /** The word itself: keywords in lower case, strings without quotes and escapes, ranges without brackets. */
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
  return new Tokenizer(text, grafana, false).run();
}

/** The same for who looks at no single word: a plain list of labels or matchers or a range is one word, half of all words less. */
export function tokenizeWhole(text: string, { grafana = false }: PromqlOptions): Tokens {
  return new Tokenizer(text, grafana, true).run();
}

const variable = new RegExp(variableForm, "y");
const wordWithVariable = new RegExp(String.raw`(?:[\w:]|${variableForm})+`, "y");
const durationWithVariable = new RegExp(String.raw`(?:\w|${variableForm})+`, "y");

const grouping = /(?:by|without)(?![\w:])/iy;
const quoted = /"[^"\\\n]*(?:\\[^\n][^"\\\n]*)*"|'[^'\\\n]*(?:\\[^\n][^'\\\n]*)*'|`[^`]*`/y;
const hexadecimal = /0[xX][\da-fA-F_]+/y;
const duration = /\d+(?!e)[a-z]+(?:\d+(?!e)[a-z]+)*(?![\w.])/y;
const number = /(?:\d[\d_]*\.?|\.(?=\d))[\d_]*(?:[eE][+-]?\d[\d_]*)?/y;
const restOfNumber = /[\w.]+/y;

/**
 * What most words look like, by place: names, digits, printable strings without escapes, marks. The engine's own matching is
 * fast from the first expression on; what has another form is looked at more closely.
 */
const wordForm = String.raw`[A-Za-z_:][\w:]*`;
const numberForm = String.raw`(?:(?:0|[1-9]\d{0,14})(?:\.\d{1,15})?|\d{1,6}[smhd])(?![\w.])`;
const markForm = String.raw`==|!=|<[=/]?|>[=/]?|[-(){}[\],@^*/%+]`;
const valueForm = new RegExp(`${wordForm}|${numberForm}|${stringForm}|${markForm}`, "y");
const plain: Readonly<Record<Place, RegExp>> = {
  operand: valueForm,
  operator: valueForm,
  number: valueForm,
  matchers: new RegExp(String.raw`[A-Za-z_]\w*|${stringForm}|=~?|![=~]|[{}()[\],]`, "y"),
  labels: new RegExp(String.raw`${wordForm}|${stringForm}|[(){}[\],]`, "y"),
  duration: new RegExp(String.raw`[A-Za-z_][\w:]*|${numberForm}|[-(){}[\],:^*/%+]`, "y"),
};

const plainRange = /\[[1-9]\d{0,5}[smhd]\]/y;

// Words that mean something where an expression begins; all others are names.
const fills: ReadonlySet<string> = new Set(["fill", "fill_left", "fill_right"]);
const operandWords: ReadonlyMap<string, "aggregation" | "modifier" | "fill" | "operator" | "number"> = new Map([
  ...[...aggregations.keys()].map((each) => [each, "aggregation"] as const),
  ...["bool", "group_left", "group_right", "ignoring", "on"].map((each) => [each, "modifier"] as const),
  ...[...fills].map((each) => [each, "fill"] as const),
  ["atan2", "operator"],
  ...["inf", "nan"].map((each) => [each, "number"] as const),
]);
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

const closers: Readonly<Record<string, string>> = { "(": ")", "[": "]", "{": "}" };
const bracketNames: Readonly<Record<string, string>> = { "(": "parenthesis", "[": "bracket", "{": "brace" };

class Tokenizer {
  private readonly tokens: Token[] = [];
  private readonly errors: PromqlError[] = [];
  private readonly openers: Opener[] = [];
  private at = 0;
  private place: Place = "operand";

  private readonly text: string;
  private readonly grafana: boolean;
  private readonly whole: boolean;

  constructor(text: string, grafana: boolean, whole: boolean) {
    this.text = text;
    this.grafana = grafana;
    this.whole = whole;
  }

  run(): Tokens {
    for (;;) {
      this.at = this.afterBlank(this.at);
      if (this.at >= this.text.length) {
        this.reportUnclosed();
        break;
      }
      const known = (this.grafana && this.variable()) || this.plain() || this.string() || this.number();
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
    let inComment = false;
    for (let at = from; at < text.length; at++) {
      const code = text.charCodeAt(at);
      if (code === 0x0a || code === 0x0d) inComment = false;
      else if (code === 0x23) inComment = true;
      else if (!inComment && code !== 0x20 && code !== 0x09) return at;
    }
    return text.length;
  }

  private isCalled(end: number): boolean {
    const at = this.afterBlank(end);
    return at < this.text.length && this.text.charCodeAt(at) === 0x28;
  }

  private isGrouped(end: number): boolean {
    grouping.lastIndex = this.afterBlank(end);
    return grouping.test(this.text);
  }

  private variable(): boolean {
    const raw = this.match(this.place === "duration" ? durationWithVariable : wordWithVariable);
    if (raw === undefined || withoutVariables(raw) === undefined) {
      return false;
    }
    const end = this.at + raw.length;
    if (this.place === "duration" || this.place === "number") {
      this.addNumber(raw, undefined);
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
      this.add("aggregation", raw, raw, "operator");
    } else {
      this.add("name", raw, raw, "operator");
    }
    return true;
  }

  private plain(): boolean {
    const raw = this.match(plain[this.place]);
    if (raw === undefined) return false;
    const code = raw.charCodeAt(0);
    if (isDigit(code)) this.addNumber(raw, plainNumber(raw));
    else if (isWordStart(code, this.place)) return this.word(raw);
    else if (isQuote(code)) this.addString(raw, raw.slice(1, -1));
    else return this.mark(raw);
    return true;
  }

  private string(): boolean {
    if (this.place === "duration" || !isQuote(this.text.charCodeAt(this.at))) return false;
    const raw = this.match(quoted);
    if (raw === undefined) return false;
    this.addString(raw, this.read(readString(raw), raw) ?? "");
    return true;
  }

  private addString(raw: string, text: string): void {
    if (this.place !== "labels") {
      this.add("string", raw, text, this.place === "operand" ? "operator" : this.place);
      return;
    }
    if (text === "") this.report("a label cannot be empty", raw);
    this.add("label", raw, text);
  }

  private number(): boolean {
    if (this.place === "matchers" || this.place === "labels" || !isNumberStart(this.text.charCodeAt(this.at))) {
      return false;
    }
    const asHexadecimal = this.match(hexadecimal);
    const asDuration = asHexadecimal === undefined ? this.match(duration) : undefined;
    const start = asDuration ?? asHexadecimal ?? this.match(number);
    if (start === undefined) return false;
    const raw = start + (this.match(restOfNumber, this.at + start.length) ?? "");
    this.addNumber(raw, this.read(asDuration === undefined ? readNumber(raw) : readDuration(raw), raw));
    return true;
  }

  private addNumber(raw: string, value: number | undefined): void {
    this.add("number", raw, raw, this.afterNumber(), value);
  }

  private word(raw: string): boolean {
    if (this.place === "matchers") {
      this.add("label", raw);
      return true;
    }
    const lower = capital.test(raw) ? raw.toLowerCase() : raw;
    switch (this.place) {
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
      this.add("keyword", raw, lower);
      return true;
    }
    if ((lower === "inf" || lower === "nan") && !this.insideDuration()) {
      this.add("number", raw, raw, "operator", this.read(readNumber(raw), raw));
      return true;
    }
    return false;
  }

  private wordAfterOperand(raw: string, lower: string): boolean {
    const next = afterOperand.get(lower);
    if (next === undefined) {
      this.add("name", raw);
    } else {
      this.add("keyword", raw, lower, next);
    }
    return true;
  }

  private wordAsOperand(raw: string, lower: string): boolean {
    const end = this.at + raw.length;
    const called = this.isCalled(end);
    const meaning = operandWords.get(lower);
    if (this.place === "number" && (lower === "start" || lower === "end")) {
      this.add("keyword", raw, lower, "operator");
    } else if (meaning === "aggregation" && (called || this.isGrouped(end))) {
      this.add("aggregation", raw, lower, "operator");
    } else if (meaning === "modifier" || (meaning === "fill" && called)) {
      this.add("keyword", raw, lower);
    } else if (meaning === "operator") {
      // An operator without a left side.
      this.add("mark", raw);
    } else if (meaning === "number") {
      this.add("number", raw, raw, "operator", this.read(readNumber(raw), raw));
    } else {
      this.add(called ? "function" : "name", raw, raw, "operator");
    }
    return true;
  }

  private mark(raw: string): boolean {
    switch (raw) {
      case "(":
        this.openParenthesis();
        break;
      case "{":
        if (!this.whole || !this.matchers()) this.open(raw, "matchers", "operator");
        break;
      case "[":
        if (this.text[this.at + 1] === "[" && this.match(variable) !== undefined) return false;
        if (!this.whole || this.place !== "operator" || !this.range()) this.open(raw, "duration", "operator");
        break;
      case ")":
      case "]":
      case "}":
        this.close(raw);
        break;
      case "@":
        this.add("mark", raw, raw, "number");
        break;
      default:
        this.add("mark", raw, raw, this.place === "operator" ? "operand" : this.place);
    }
    return true;
  }

  private openParenthesis(): void {
    if (this.place === "duration") {
      this.open("(", "duration", this.afterNumber());
      return;
    }
    const last = this.tokens[this.tokens.length - 1];
    const word = last?.kind === "keyword" ? last.text : "";
    const afterThem = afterLabels.get(word);
    if (afterThem !== undefined) {
      if (!this.whole || !this.labels(afterThem)) this.open("(", "labels", afterThem);
    } else if (fills.has(word)) this.open("(", "number", "operand");
    else this.open("(", "operand", "operator");
  }

  private labels(next: Place): boolean {
    const raw = this.match(labelList);
    if (raw === undefined || labelsOfList(raw).some((label) => neverLabels.has(label.toLowerCase()))) return false;
    this.add("labels", raw, raw, next, undefined, "labels");
    return true;
  }

  /** Where a selector can have them: after its name, or as all of it. */
  private matchers(): boolean {
    const isOperand = this.place === "operand";
    if (!isOperand && !(this.place === "operator" && this.tokens[this.tokens.length - 1]?.kind === "name"))
      return false;
    const raw = this.match(matcherList);
    if (raw === undefined || !matchersOfList(raw, this.grafana && withoutVariables(raw) !== undefined)) return false;
    this.add("matchers", raw, raw, "operator");
    return true;
  }

  private range(): boolean {
    const raw = this.match(plainRange);
    if (raw === undefined) return false;
    const text = raw.slice(1, -1);
    this.add("range", raw, text, "operator", plainNumber(text));
    return true;
  }

  private open(mark: string, inside: Place, after: Place): void {
    this.openers.push({ mark, at: this.at, inside, after });
    const place = inside === "labels" || inside === "number" ? inside : this.place;
    this.add("mark", mark, mark, inside, undefined, place);
  }

  private close(raw: string): void {
    const opener = this.openers.pop();
    const closer = opener && closers[opener.mark];
    if (!opener) {
      this.report(`\`${raw}\` closes nothing`, raw);
    } else if (closer !== raw) {
      const place = this.position(opener.at);
      this.report(
        `expected \`${closer}\` for the ${bracketNames[opener.mark]} opened at ${place}, found \`${raw}\``,
        raw,
      );
    }
    this.add("mark", raw, raw, opener ? opener.after : "operator");
  }

  // Inside brackets, or in parentheses after `offset`, a duration may go on; right after `offset` it is one word.
  private afterNumber(): Place {
    return this.insideDuration() ? "duration" : "operator";
  }

  private insideDuration(): boolean {
    return this.openers[this.openers.length - 1]?.inside === "duration";
  }

  private afterMatchOperator(): boolean {
    const last = this.tokens.at(-1);
    return last?.kind === "mark" && /[=~]$/.test(last.text);
  }

  /** `next` is what kind of word comes after it. */
  private add(
    kind: Token["kind"],
    raw: string,
    text: string = raw,
    next: Place = this.place,
    value?: number,
    place: Place = this.place,
  ): void {
    const from = this.at;
    const to = from + raw.length;
    const variable = this.grafana && kind !== "mark" && withoutVariables(raw) !== undefined;
    this.tokens.push({ kind, from, to, text, value, variable, place });
    this.at = to;
    this.place = next;
  }

  private match(form: RegExp, at: number = this.at): string | undefined {
    // Not `exec`, which makes a list for each word.
    form.lastIndex = at;
    return form.test(this.text) ? this.text.slice(at, form.lastIndex) : undefined;
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
      const message = `unclosed ${bracketNames[opener.mark]} opened at ${this.position(opener.at)}`;
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

const capital = /[A-Z]/;

/** Between durations a colon is a mark. */
function isWordStart(code: number, place: Place): boolean {
  return ((code | 0x20) >= 0x61 && (code | 0x20) <= 0x7a) || code === 0x5f || (code === 0x3a && place !== "duration");
}

/** Digits are a number; with a unit behind them, a duration. */
function plainNumber(raw: string): number {
  const last = raw.length - 1;
  return isDigit(raw.charCodeAt(last))
    ? Number(raw)
    : Number(raw.slice(0, last)) * (secondsIn.get(raw.slice(last)) ?? 0);
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
