import { conversions, type LogqlToken, rangeFunctions, tokenizeLogql, vectorFunctions } from "./logql-tokens.ts";
import { goFloat } from "./go-numbers.ts";
import { readRegex } from "./promql-regex.ts";
import type { AggregateExpr, BinaryExpr, Expr, Matcher } from "./promql-types.ts";
import { withoutVariables } from "./dashboard-variables.ts";
import { deepestNesting, type QueryError, type QueryOptions, SyntaxProblem } from "./query-language.ts";

/** `log` gives lines, `sample` numbers. */
export type LogqlType = "log" | "sample";

/** One stream selector. */
export interface LogqlSelector {
  readonly matchers: readonly Matcher[];
  /** Set where a dashboard variable stands for whole matchers: what it selects is not known. */
  readonly opaque?: true | undefined;
  readonly from: number;
  readonly to: number;
}

export interface Logql {
  /** Would Loki accept it? */
  readonly ok: boolean;
  /** Absent after an error, and when a dashboard variable decides it. */
  readonly type?: LogqlType;
  readonly errors: readonly QueryError[];
  readonly selectors: readonly LogqlSelector[];
  /** Of numbers: how they are computed, in the terms of PromQL. Lines are a selector, whatever is done with them. */
  readonly tree?: Expr | undefined;
}

/**
 * Would Loki 3.7 accept this query, and does it give lines or numbers?
 *
 * The grammar, the lexer's habits and the checks after parsing are Loki's. What Loki finds only when it runs a query (a
 * wrong template, a wrong regex of a line filter) passes here too. Never throws.
 */
export function parseLogql(text: string, options: QueryOptions = {}): Logql {
  const selectors: LogqlSelector[] = [];
  try {
    const parser = new Parser(tokenizeLogql(text, options), text, { selectors, grafana: options.grafana === true });
    const { type, expr: tree } = parser.root();
    const { errors } = parser;
    if (errors.length > 0) return { ok: false, errors, selectors };
    return { ok: true, ...(type && { type }), errors, selectors, ...(type === "sample" && { tree }) };
  } catch (error) {
    if (!(error instanceof SyntaxProblem)) throw error;
    const { message, from, to } = error;
    return { ok: false, errors: [{ message, from, to }], selectors };
  }
}

/** What an operand is. Loki computes literals with literals at once, and a set operation takes none. */
type Kind = "log" | "sample" | "literal" | "variants" | "unknown";

interface Operand {
  readonly kind: Kind;
  readonly expr: Expr;
  readonly from: number;
  readonly to: number;
}

type Modifier = Pick<BinaryExpr, "bool" | "matching" | "group">;

/** What an operand computes, once it is known where it ends. */
type Made = (place: { readonly from: number; readonly to: number }) => Expr;

const precedence: Readonly<Record<string, number>> = {
  or: 1,
  and: 2,
  unless: 2,
  "==": 3,
  "!=": 3,
  "<": 3,
  "<=": 3,
  ">": 3,
  ">=": 3,
  "+": 4,
  "-": 4,
  "*": 5,
  "/": 5,
  "%": 5,
  "^": 6,
};
const logical: ReadonlySet<string> = new Set(["or", "and", "unless"]);
const lineFilters: ReadonlySet<string> = new Set(["|~", "|=", "|>", "!~", "!=", "!>"]);
const matchOperators: ReadonlySet<string> = new Set(["=", "!=", "=~", "!~"]);
const comparisons: ReadonlySet<string> = new Set([">", ">=", "<", "<=", "!=", "=", "=="]);
const withParameter: ReadonlySet<string> = new Set(["topk", "bottomk", "approx_topk"]);

const grouped: ReadonlySet<string> = new Set([
  ..."avg_over_time stddev_over_time stdvar_over_time quantile_over_time".split(" "),
  ..."max_over_time min_over_time first_over_time last_over_time".split(" "),
]);
const onLines: ReadonlySet<string> = new Set(
  "bytes_over_time bytes_rate count_over_time rate absent_over_time".split(" "),
);
const notUnwrapped: ReadonlySet<string> = new Set(["bytes_over_time", "bytes_rate", "count_over_time"]);

class Parser {
  readonly errors: QueryError[] = [];
  private readonly tokens: readonly LogqlToken[];
  private readonly text: string;
  private readonly selectors: LogqlSelector[];
  private readonly grafana: boolean;
  private looksAtSelectors = true;
  private at = 0;
  private depth = 0;

  constructor(
    tokens: readonly LogqlToken[],
    text: string,
    { selectors, grafana }: { readonly selectors: LogqlSelector[]; readonly grafana: boolean },
  ) {
    this.tokens = tokens;
    this.text = text;
    this.selectors = selectors;
    this.grafana = grafana;
  }

  root(): { readonly type: LogqlType | undefined; readonly expr: Expr } {
    if (this.peek().kind === "end") this.fail("there is no query");
    const { kind, expr } = this.expression(0);
    if (this.peek().kind !== "end") this.unexpected("an operator or the end");
    return { type: kind === "unknown" ? undefined : kind === "log" ? "log" : "sample", expr };
  }

  private expression(lowest: number): Operand {
    let left = this.operand();
    for (;;) {
      const op = this.peek();
      const level = op.kind === "mark" || op.kind === "keyword" ? precedence[op.text] : undefined;
      if (level === undefined || level <= lowest) return left;
      this.at++;
      const modifier = this.modifier();
      const right = this.deeper(() => this.expression(op.text === "^" ? level - 1 : level));
      left = this.combined(op, left, right, modifier);
    }
  }

  private combined({ text: op, from: opFrom }: LogqlToken, left: Operand, right: Operand, modifier: Modifier): Operand {
    for (const side of [left, right]) {
      if (side.kind === "log") {
        this.report(`\`${op}\` needs numbers on both sides; these are lines`, side);
      } else if (logical.has(op) && side.kind === "literal") {
        this.report(`\`${op}\` combines series; a bare number is none`, side);
      }
    }
    const kinds = [left.kind, right.kind];
    const kind = kinds.every((each) => each === "literal") ? "literal" : "sample";
    const place = { from: left.from, to: right.to };
    const expr: BinaryExpr = { kind: "binary", op, left: left.expr, right: right.expr, ...modifier, opFrom, ...place };
    return { kind, expr, ...place };
  }

  private modifier(): Modifier {
    const bool = this.skip("keyword", "bool");
    const on = this.skip("keyword", "on");
    if (!on && !this.skip("keyword", "ignoring")) return { bool };
    const matching = { on, labels: this.labels() };
    const isLeft = this.skip("keyword", "group_left");
    if (!isLeft && !this.skip("keyword", "group_right")) return { bool, matching };
    const include = this.is("mark", "(") ? this.labels() : [];
    return { bool, matching, group: { side: isLeft ? "left" : "right", include } };
  }

  private operand(): Operand {
    const first = this.peek();
    const { from } = first;
    const done = (kind: Kind, made?: Made): Operand => {
      const place = { from, to: this.tokens[this.at - 1]?.to ?? from };
      const expr = made?.(place) ?? { kind: "variable", text: this.text.slice(place.from, place.to), ...place };
      return { kind, expr, ...place };
    };
    if (first.kind === "variable") {
      this.at++;
      if (this.stagesAhead()) this.pipeline();
      return done("unknown");
    }
    if (this.is("mark", "{")) {
      this.selector();
      this.pipeline();
      return done("log");
    }
    if (this.is("mark", "(")) {
      this.at++;
      const inner = this.deeper(() => this.expression(0));
      if (inner.kind === "variants") this.fail("variants() can't stand in parentheses", inner);
      this.expect(")");
      return done(inner.kind, (place) => ({ kind: "parens", inner: inner.expr, ...place }));
    }
    if (first.kind === "number" || this.is("mark", "+") || this.is("mark", "-")) {
      if (first.kind === "mark") this.at++;
      this.literal();
      return done("literal", (place) => ({ kind: "number", value: undefined, ...place }));
    }
    if (this.is("keyword", "variants")) {
      this.variants();
      return done("variants");
    }
    if (first.kind !== "function" && !this.is("keyword", "label_replace")) {
      this.unexpected("a selector or a function");
    }
    this.at++;
    if (rangeFunctions.has(first.text)) return done("sample", this.rangeAggregation(first));
    if (vectorFunctions.has(first.text)) return done("sample", this.vectorAggregation(first));
    if (first.text === "vector") return done("sample", this.vector());
    if (first.text === "label_replace") return done("sample", this.labelReplace());
    this.at--;
    return this.unexpected("a selector or a function");
  }

  private literal(): void {
    const token = this.take("number", "a number");
    if (token.kind === "number" && goFloat(token.text) === undefined)
      this.report(`\`${token.text}\` is out of range or no decimal number`, token);
  }

  private variants(): void {
    this.at++;
    this.expect("(");
    // Of the two selectors Loki looks at the one that they have in common.
    this.looksAtSelectors = false;
    do this.sample();
    while (this.skip("mark", ","));
    this.looksAtSelectors = true;
    this.expect(")");
    if (!this.skip("keyword", "of")) this.unexpected("`of`");
    this.expect("(");
    this.logRange();
    this.expect(")");
  }

  private sample(): Expr {
    const operand = this.deeper(() => this.expression(0));
    if (operand.kind === "log" || operand.kind === "variants")
      this.fail("expected numbers: count_over_time(… [5m]), rate(… [5m])", operand);
    return operand.expr;
  }

  private rangeAggregation(name: LogqlToken): Made {
    this.expect("(");
    const parameter = this.parameter();
    const { at } = this;
    const before = this.selectors.length;
    const unwrapped = this.logRange();
    const inner = this.linesFrom(this.tokens[at] ?? name, this.selectors[before]);
    this.expect(")");
    const grouping = this.grouping();
    if (name.text === "quantile_over_time") {
      if (!parameter) this.report("quantile_over_time() needs a number before the range", name);
      else if (parameter.kind === "number" && goFloat(parameter.text) === undefined)
        this.report(`\`${parameter.text}\` is no decimal number`, parameter);
    } else if (parameter) this.report(`${name.text}() takes no number`, parameter);
    if (grouping && !grouped.has(name.text)) {
      this.report(`${name.text}() takes no \`by\` or \`without\`; put sum by (…) around it`, name);
    }
    if (unwrapped && notUnwrapped.has(name.text))
      this.report(`${name.text}() counts lines: it can't follow \`unwrap\``, name);
    if (!unwrapped && !onLines.has(name.text))
      this.report(`${name.text}() needs numbers: add \`| unwrap label\` before the range`, name);
    return (place) =>
      grouping
        ? { kind: "aggregate", name: name.text, inner, grouping, ...place }
        : { kind: "call", name: name.text, args: [inner], ...place };
  }

  /** What a range is over: a selector, or a variable that stands for one. */
  private linesFrom({ text, from, to }: LogqlToken, selector: LogqlSelector | undefined): Expr {
    if (!selector) return { kind: "variable", text, from, to };
    const { from: start, to: end } = selector;
    return { kind: "selector", selector: { ...selector, range: true, functions: [] }, from: start, to: end };
  }

  /** The number before a comma, if there is one. */
  private parameter(): LogqlToken | undefined {
    const first = this.peek();
    const comma = this.tokens[this.at + 1];
    if ((first.kind !== "number" && first.kind !== "variable") || comma?.text !== "," || comma.kind !== "mark")
      return undefined;
    this.at += 2;
    return first;
  }

  private vectorAggregation(name: LogqlToken): Made {
    const before = this.grouping();
    this.expect("(");
    const parameter = this.parameter();
    const inner = this.sample();
    this.expect(")");
    const grouping = before ?? this.grouping();
    if (withParameter.has(name.text)) {
      if (!parameter) this.report(`${name.text}() needs a number before the series`, name);
      else if (parameter.kind === "number" && !isCount(parameter.text)) {
        this.report(`${name.text}() needs a whole number above 0`, parameter);
      }
      if (name.text === "approx_topk" && grouping) this.report("approx_topk() takes no `by` or `without`", name);
    } else if (parameter) this.report(`${name.text}() takes no number`, parameter);
    if (name.text.startsWith("sort")) {
      if ((grouping?.labels.length ?? 0) > 0) this.report(`${name.text}() takes no \`by\` or \`without\``, name);
      return (place) => ({ kind: "call", name: name.text, args: [inner], ...place });
    }
    // Its name in PromQL, by which the others know that it keeps labels.
    const called = name.text === "approx_topk" ? "topk" : name.text;
    return (place) => ({ kind: "aggregate", name: called, inner, ...(grouping && { grouping }), ...place });
  }

  private vector(): Made {
    this.expect("(");
    this.literal();
    this.expect(")");
    return (place) => ({
      kind: "call",
      name: "vector",
      args: [{ kind: "number", value: undefined, ...place }],
      ...place,
    });
  }

  private labelReplace(): Made {
    this.expect("(");
    const args: Expr[] = [this.sample()];
    for (let argument = 0; argument < 4; argument++) {
      this.expect(",");
      const token = this.take("string", "a quoted string");
      if (argument === 3 && token.kind === "string") this.regex(token);
      args.push({ kind: "string", text: token.text, from: token.from, to: token.to });
    }
    this.expect(")");
    return (place) => ({ kind: "call", name: "label_replace", args, ...place });
  }

  /** `{…} | stages [5m] offset 1h`, in all the orders that Loki takes. Is it unwrapped? */
  private logRange(): boolean {
    if (this.peek().kind === "variable") {
      this.at++;
      this.pipeline();
      if (this.peek().kind === "range") this.at++;
      this.offset();
      return false;
    }
    if (!this.is("mark", "(")) return this.bareRange();
    this.at++;
    if (this.is("mark", "(")) {
      const unwrapped = this.deeper(() => this.logRange());
      this.expect(")");
      return unwrapped;
    }
    this.selector();
    const stages = this.pipeline();
    let unwrapped = this.unwrap();
    if (this.peek().kind === "range") {
      unwrapped = this.afterRange({ stages, unwrapped });
      this.expect(")");
      return unwrapped;
    }
    this.expect(")");
    this.take("range", "a range such as `[5m]`");
    this.offset();
    return unwrapped || (!stages && this.unwrap());
  }

  private bareRange(): boolean {
    this.selector();
    const stages = this.pipeline();
    return this.afterRange({ stages, unwrapped: this.unwrap() });
  }

  private afterRange({ stages, unwrapped }: { readonly stages: boolean; readonly unwrapped: boolean }): boolean {
    this.take("range", "a range such as `[5m]`");
    this.offset();
    if (stages || unwrapped) return unwrapped;
    this.pipeline();
    return this.unwrap();
  }

  private offset(): void {
    if (!this.skip("keyword", "offset")) return;
    this.take("duration", "a duration");
  }

  private selector(): void {
    const open = this.expect("{");
    const matchers: Matcher[] = [];
    let selective = false;
    let opaque = false;
    if (!this.is("mark", "}")) {
      do {
        if (this.peek().kind === "variable" && !matchOperators.has(this.tokens[this.at + 1]?.text ?? "")) {
          this.at++;
          selective = true;
          opaque = true;
        } else selective = this.matcher(matchers) || selective;
      } while (this.skip("mark", ","));
    }
    const { to } = this.expect("}", "`,` or `}`");
    const place = { from: open.from, to };
    this.selectors.push({ matchers, ...(opaque && { opaque }), ...place });
    if (!selective && this.looksAtSelectors)
      this.report("the selector needs a matcher that does not match an empty value", place);
  }

  /** Does it keep out streams without the label? */
  private matcher(matchers: Matcher[]): boolean {
    const label = this.take("identifier", "a label");
    const op = this.peek();
    if (op.kind !== "mark" || !matchOperators.has(op.text)) this.unexpected("one of = != =~ !~");
    this.at++;
    const value = this.take("string", "a quoted string");
    const written = op.text as Matcher["op"];
    matchers.push({ label: label.text, op: written, value: value.text });
    const fixed = this.grafana ? withoutVariables(value.text) : undefined;
    if (value.kind === "variable" || fixed !== undefined) return true;
    if (written === "=") return value.text !== "";
    if (written === "!=") return value.text === "";
    return (written === "=~") === !this.regex(value);
  }

  /** Reports a wrong regex; does it match the empty text? */
  private regex(token: LogqlToken): boolean {
    const { problem, matchesEmpty } = readRegex(
      (this.grafana ? withoutVariables(token.text) : undefined) ?? token.text,
    );
    if (problem !== undefined) this.report(`not a regex: ${problem}`, token);
    return matchesEmpty;
  }

  private stagesAhead(): boolean {
    const next = this.peek();
    return next.kind === "variable" || (next.kind === "mark" && (next.text === "|" || lineFilters.has(next.text)));
  }

  /** Every stage but `unwrap`. Was there one? */
  private pipeline(): boolean {
    const start = this.at;
    for (;;) {
      const next = this.peek();
      if (next.kind === "variable") this.at++;
      else if (next.kind !== "mark") break;
      else if (lineFilters.has(next.text)) this.lineFilter();
      else if (next.text === "|") {
        const { kind, text } = this.tokens[this.at + 1] ?? next;
        if (kind === "keyword" && text === "unwrap") break;
        this.at++;
        this.stage();
      } else break;
    }
    return this.at > start;
  }

  private lineFilter(): void {
    this.at++;
    do {
      if (this.skip("function", "ip")) this.ip();
      else this.take("string", "a quoted string");
    } while (this.skip("keyword", "or"));
  }

  private ip(): void {
    this.expect("(");
    this.take("string", "a quoted string");
    this.expect(")");
  }

  private stage(): void {
    const name = this.peek();
    if (name.kind !== "keyword") {
      this.labelFilters();
      return;
    }
    this.at++;
    switch (name.text) {
      case "json":
        this.extractions();
        return;
      case "logfmt":
        while (this.peek().kind === "flag") this.at++;
        this.extractions();
        return;
      case "unpack":
      case "decolorize":
        return;
      case "regexp":
        this.regexpParser(this.take("string", "a quoted string"));
        return;
      case "pattern":
        this.patternParser(this.take("string", "a quoted string"));
        return;
      case "line_format":
        this.take("string", "a quoted string");
        return;
      case "label_format":
        do this.labelFormat();
        while (this.skip("mark", ","));
        return;
      case "drop":
      case "keep":
        do this.named();
        while (this.skip("mark", ","));
        return;
      default:
        this.at--;
        this.unexpected("a stage");
    }
  }

  private extractions(): void {
    if (this.peek().kind !== "identifier") return;
    do {
      this.take("identifier", "a label");
      if (this.skip("mark", "=")) this.take("string", "a quoted string");
    } while (this.skip("mark", ","));
  }

  private regexpParser(token: LogqlToken): void {
    if (token.kind === "variable") return;
    this.regex(token);
    const names = [...token.text.matchAll(/(?<!\\)\(\?P?<(\w+)>/gu)].map(([, name]) => name);
    if (names.length === 0) this.report("the regexp has no named group: write (?P<label>…)", token);
    else if (new Set(names).size < names.length) this.report("two groups of the regexp have the same name", token);
  }

  private patternParser(token: LogqlToken): void {
    if (token.kind === "variable") return;
    const parts = token.text.match(/<[A-Za-z_]\w*>|[^<]+|</gu) ?? [];
    const isCapture = (part: string | undefined): boolean => part !== undefined && /^<[A-Za-z_]\w*>$/u.test(part);
    const names = parts.filter((part) => isCapture(part) && part !== "<_>");
    if (names.length === 0) this.report("the pattern captures nothing: write <label>", token);
    else if (new Set(names).size < names.length) this.report("the pattern captures the same label twice", token);
    if (parts.some((part, at) => isCapture(part) && isCapture(parts[at + 1]))) {
      this.report("between two captures of a pattern there must be a text", token);
    }
  }

  private labelFormat(): void {
    this.take("identifier", "a label");
    this.expect("=");
    const { kind } = this.peek();
    if (kind !== "identifier" && kind !== "string" && kind !== "variable")
      this.unexpected("a label or a quoted template");
    this.at++;
  }

  private named(): void {
    const next = this.tokens[this.at + 1];
    if (next?.kind === "mark" && matchOperators.has(next.text)) this.matcher([]);
    else this.take("identifier", "a label");
  }

  private labelFilters(): void {
    for (;;) {
      if (this.skip("mark", "(")) {
        this.deeper(() => this.labelFilters());
        this.expect(")");
      } else this.labelFilter();
      if (this.skip("mark", ",") || this.skip("keyword", "and") || this.skip("keyword", "or")) continue;
      if (this.peek().kind !== "identifier" && !this.is("mark", "(")) return;
    }
  }

  private labelFilter(): void {
    this.take("identifier", "a stage or a label");
    const op = this.peek();
    if (op.kind !== "mark" || (!comparisons.has(op.text) && !matchOperators.has(op.text))) {
      if (this.tokens[this.at - 1]?.kind === "variable") return;
      this.unexpected("a comparison");
    }
    this.at++;
    const value = this.peek();
    const equality = matchOperators.has(op.text);
    if (value.kind === "variable") this.at++;
    else if (equality && value.kind === "string") {
      this.at++;
      if (op.text === "=~" || op.text === "!~") this.regex(value);
    } else if ((op.text === "=" || op.text === "!=") && this.is("function", "ip")) {
      this.at++;
      this.ip();
    } else if (!comparisons.has(op.text)) this.unexpected("a quoted string");
    else if (value.kind === "duration" || value.kind === "bytes") this.at++;
    else {
      if (!this.skip("mark", "-")) this.skip("mark", "+");
      this.take(
        "number",
        equality ? "a quoted string, a number, a duration or bytes" : "a number, a duration or bytes",
      );
    }
  }

  private unwrap(): boolean {
    if (!this.is("mark", "|") || this.tokens[this.at + 1]?.text !== "unwrap") return false;
    this.at += 2;
    const name = this.peek();
    if (name.kind === "function" && conversions.has(name.text)) {
      this.at++;
      this.expect("(");
      this.take("identifier", "a label");
      this.expect(")");
    } else this.take("identifier", "a label");
    while (this.skip("mark", "|")) this.labelFilters();
    return true;
  }

  private grouping(): NonNullable<AggregateExpr["grouping"]> | undefined {
    const { from } = this.peek();
    const by = this.skip("keyword", "by");
    if (!by && !this.skip("keyword", "without")) return undefined;
    return { by, labels: this.labels(), from };
  }

  private labels(): string[] {
    this.expect("(");
    const labels: string[] = [];
    if (!this.is("mark", ")")) {
      do labels.push(this.take("identifier", "a label").text);
      while (this.skip("mark", ","));
    }
    this.expect(")", "`,` or `)`");
    return labels;
  }

  private peek(): LogqlToken {
    return this.tokens[this.at] ?? { kind: "end", text: "", from: this.text.length, to: this.text.length };
  }

  private is(kind: LogqlToken["kind"], text: string): boolean {
    const next = this.peek();
    return next.kind === kind && next.text === text;
  }

  private skip(kind: LogqlToken["kind"], text: string): boolean {
    if (!this.is(kind, text)) return false;
    this.at++;
    return true;
  }

  private expect(mark: string, what = `\`${mark}\``): LogqlToken {
    const next = this.peek();
    if (!this.is("mark", mark)) this.unexpected(what);
    this.at++;
    return next;
  }

  /** The next word, of this kind; a variable may stand for it. */
  private take(kind: LogqlToken["kind"], what: string): LogqlToken {
    const next = this.peek();
    if (next.kind !== kind && next.kind !== "variable") this.unexpected(what);
    this.at++;
    return next;
  }

  private deeper<T>(parse: () => T): T {
    this.depth++;
    if (this.depth > deepestNesting) this.fail("nested too deeply to check", { from: 0, to: this.text.length });
    const result = parse();
    this.depth--;
    return result;
  }

  private report(message: string, { from, to }: { readonly from: number; readonly to: number }): void {
    this.errors.push({ message, from, to });
  }

  private fail(message: string, place: { readonly from: number; readonly to: number } = this.peek()): never {
    throw new SyntaxProblem(message, place);
  }

  private unexpected(expected: string): never {
    const next = this.peek();
    if (next.text === "$") {
      const name = /^\$(?:\{[^{}\n]*\}|\w*)/u.exec(this.text.slice(next.from))?.[0] ?? "$";
      this.fail(`dashboard variable in a rule: only Grafana replaces \`${name}\``, {
        from: next.from,
        to: next.from + name.length,
      });
    }
    const found = next.kind === "end" ? "the end" : `\`${this.text.slice(next.from, next.to)}\``;
    this.fail(`expected ${expected}, found ${found}`);
  }
}

/** A whole number above 0 that Go's int has room for. */
function isCount(text: string): boolean {
  return /^\d+$/u.test(text) && BigInt(text) > 0n && BigInt(text) < 2n ** 63n;
}
