import { aggregations, functions, type Signature } from "./promql-functions.ts";
import { readRegex } from "./promql-regex.ts";
import { type Token, withoutVariables } from "./promql-tokens.ts";
import type { ParsedTokens, Span } from "./promql-tree.ts";
import type { Expr, Matcher, Promql, PromqlError, PromqlOptions, PromqlType, Range, Selector } from "./promql-types.ts";

export interface CheckOptions extends ParsedTokens {
  readonly tokens: readonly Token[];
  readonly dialect: NonNullable<PromqlOptions["dialect"]>;
  readonly version?: string | undefined;
}

/** Finds the type of a parsed expression, its selectors, and everything the grammar lets through but the server does not. */
export function check(options: CheckOptions): Promql {
  return new Checker(options).run(options);
}

/** What is known of a part of the expression once all its own parts are. */
interface Finding {
  /** Unknown when a dashboard variable or an error decides it. */
  readonly type?: PromqlType | undefined;
  readonly form?: "selector" | "range" | "subquery" | "number" | "step" | "computed" | undefined;
  /** What an `offset` or `@` after it applies to. */
  readonly series?: Series | undefined;
  /** Of a number as written. */
  readonly value?: number | undefined;
  readonly expr?: Expr | undefined;
}

type Operand = Finding & Span;

interface Node extends Span {
  readonly kids: Operand[];
}

interface Series {
  readonly selector?: Draft;
  offset?: "number" | "computed";
  at?: "number" | "computed";
  smoothing?: string;
}

type Draft = { -readonly [Key in keyof Selector]: Selector[Key] };

type Rule = (node: Node, checker: Checker) => Finding;

// Lezer drops what is nested deeper than 2500.
const deepest = 2400;
const longestSeconds = 2 ** 63 / 1e9;

const documented: Readonly<Record<PromqlType, string>> = {
  scalar: "a scalar",
  string: "a string",
  vector: "an instant vector",
  matrix: "a range vector",
};
const comparisons: ReadonlySet<string> = new Set(["==", "!=", "<", "<=", ">", ">="]);
const setOperators: ReadonlySet<string> = new Set(["and", "or", "unless"]);

class Checker {
  readonly tokens: readonly Token[];
  readonly dialect: CheckOptions["dialect"];
  /** Does the server compute with durations without a flag? */
  readonly computesDurations: boolean;
  /** The calls around the current node, outermost first. */
  readonly calls: string[] = [];
  readonly selectors: Set<Draft> = new Set();
  private readonly errors: PromqlError[] = [];

  constructor({ tokens, dialect, version }: CheckOptions) {
    this.tokens = tokens;
    this.dialect = dialect;
    this.computesDurations = dialect === "prometheus" && (version === undefined || !isBefore(version, [3, 15]));
  }

  run({ tree, spanOf, isWrapper }: ParsedTokens): Promql {
    const root: Node = { from: 0, to: this.tokens.length, kids: [] };
    const open = [root];
    let depth = 0;
    let tooDeep = false;
    // Not recursive: an expression may be nested deeper than the call stack.
    tree.iterate({
      enter: (node) => {
        depth++;
        tooDeep ||= depth > deepest;
        if (rules.has(node.name)) {
          const { from, to } = spanOf(node);
          open.push({ from, to, kids: [] });
          if (calls.has(node.name) && !isWrapper(node)) {
            this.calls.push(this.token(from).text);
          }
        }
      },
      leave: (node) => {
        depth--;
        const rule = rules.get(node.name);
        const span = rule && open.pop();
        if (!span) {
          return;
        }
        const wraps = calls.has(node.name) && isWrapper(node);
        if (!tooDeep) {
          // Spelled out, because copying objects of many shapes takes most of the time otherwise.
          const { type, form, series, value, expr } = wraps ? (span.kids[0] ?? {}) : rule(span, this);
          open.at(-1)?.kids.push({ type, form, series, value, expr, from: span.from, to: span.to });
        }
        if (calls.has(node.name) && !wraps) {
          this.calls.pop();
        }
      },
    });
    if (tooDeep) {
      this.report("nested too deeply to check", root);
    }
    const type = this.errors.every(({ flag }) => flag) ? root.kids[0]?.type : undefined;
    const ok = this.errors.length === 0;
    const parsed = tooDeep ? undefined : root.kids[0]?.expr;
    return {
      ok,
      ...(type && { type }),
      errors: this.errors,
      selectors: [...this.selectors],
      ...(parsed && { tree: parsed }),
    };
  }

  token(index: number): Token {
    const token = this.tokens[index];
    if (!token) {
      throw new RangeError(`no token ${index}`);
    }
    return token;
  }

  /** Offsets into the text. */
  place({ from, to }: Span): Span {
    return { from: this.token(from).from, to: this.token(to - 1).to };
  }

  between(from: number, to: number): readonly Token[] {
    return this.tokens.slice(from, to);
  }

  report(message: string, { from, to }: Span, flag?: string): void {
    this.errors.push({ message, ...this.place({ from, to }), ...(flag && { flag }) });
  }

  reportFlag(what: string, span: Span, flag: string): void {
    this.report(`${what} is experimental: the server must run with the feature flag ${flag}`, span, flag);
  }

  expect(type: PromqlType, { kid, context }: { kid: Operand | undefined; context: string }): void {
    if (kid?.type && kid.type !== type) {
      this.report(`expected ${documented[type]} in ${context}, got ${documented[kid.type]}`, kid);
    }
  }
}

const calls: ReadonlySet<string> = new Set(["FunctionCall", "AggregateExpr"]);

const rules: ReadonlyMap<string, Rule> = new Map<string, Rule>([
  ["StringLiteral", stringLiteral],
  ["NumberDurationLiteral", numberLiteral],
  ["VectorSelector", vectorSelector],
  ["MatrixSelector", matrixSelector],
  ["SubqueryExpr", subquery],
  ["OffsetExpr", offset],
  ["StepInvariantExpr", atModifier],
  ["AnchoredExpr", smoothing],
  ["SmoothedExpr", smoothing],
  ["ParenExpr", parens],
  ["UnaryExpr", unary],
  ["BinaryExpr", binary],
  ["AggregateExpr", aggregate],
  ["FunctionCall", functionCall],
  ["NumberDurationLiteralInDurationContext", durationLiteral],
  ["DurationExpr", durationExpression],
  ["OffsetDurationExpr", durationExpression],
]);

function stringLiteral(node: Node, checker: Checker): Finding {
  return { type: "string", expr: { kind: "string", text: checker.token(node.from).text, ...checker.place(node) } };
}

function parens(node: Node, checker: Checker): Finding {
  const [inner] = node.kids;
  const expr: Expr | undefined = inner?.expr && { kind: "parens", inner: inner.expr, ...checker.place(node) };
  return { type: inner?.type, expr };
}

function numberLiteral(node: Node, checker: Checker): Finding {
  const read = checker.tokens[node.to - 1]?.value;
  const value = read !== undefined && checker.tokens[node.from]?.text === "-" ? -read : read;
  return { type: "scalar", form: "number", value, expr: { kind: "number", value, ...checker.place(node) } };
}

function vectorSelector({ from, to }: Node, checker: Checker): Finding {
  const first = checker.token(from);
  const name = first.kind === "name" ? first.text : undefined;
  const matchers: Matcher[] = [];
  let quotedName: string | undefined;
  let selective = name !== undefined;
  let opaque = false;
  for (let at = from; at < to; at++) {
    const token = checker.token(at);
    const op = checker.tokens[at + 1]?.text;
    if (token.kind === "matcher") {
      selective = true;
      opaque = true;
    } else if (token.kind !== "mark" && isMatchOperator(op)) {
      const value = checker.token(at + 2);
      matchers.push({ label: token.text, op, value: value.text });
      selective = refusesEmpty({ op, value, report: (message) => checker.report(message, only(at + 2)) }) || selective;
      at += 2;
    } else if (token.kind === "string") {
      quotedName = token.text;
      selective ||= quotedName !== "";
    }
  }

  const named = matchers.find(({ label }) => label === "__name__");
  if (name !== undefined && (quotedName !== undefined || named)) {
    checker.report(`the metric name is set twice: "${name}" and "${quotedName ?? named?.value}"`, { from, to });
  }
  // The second argument of info() picks labels, not series.
  const picksLabels = checker.calls.at(-1) === "info" && checker.tokens[from - 1]?.text === ",";
  if (!selective && !picksLabels) {
    checker.report("the selector needs at least one matcher that does not match the empty string", { from, to });
  }

  const metric = name ?? quotedName ?? (named?.op === "=" ? named.value : undefined);
  // A lone variable may turn out to be a number as well; a range or an offset after it settles that.
  const undecided = name !== undefined && first.variable && to === from + 1;
  const selector: Draft = {
    ...(metric !== undefined && { metric }),
    matchers,
    ...(opaque && { opaque }),
    range: false,
    functions: checker.calls.toReversed(),
    from: first.from,
    to: checker.token(to - 1).to,
  };
  if (!undecided) {
    checker.selectors.add(selector);
  }
  const place = { from: selector.from, to: selector.to };
  const expr: Expr = undecided
    ? { kind: "variable", text: first.text, ...place }
    : { kind: "selector", selector, ...place };
  return { type: undecided ? undefined : "vector", form: "selector", series: { selector }, expr };
}

function isMatchOperator(text: string | undefined): text is Matcher["op"] {
  return text === "=" || text === "!=" || text === "=~" || text === "!~";
}

// Does the matcher keep out series that lack the label? What a variable stands for is taken to do so.
function refusesEmpty({ op, value, report }: RegexMatcher): boolean {
  const fixed = value.variable ? withoutVariables(value.text) : value.text;
  if (op === "=" || op === "!=") {
    return value.variable || (op === "=") === (value.text !== "");
  }
  const { problem, matchesEmpty } = readRegex(fixed ?? "x");
  if (problem !== undefined) {
    report(`not a regex: ${problem}`);
  }
  return value.variable || (op === "=~") === !matchesEmpty;
}

interface RegexMatcher {
  readonly op: Matcher["op"];
  readonly value: Token;
  readonly report: (message: string) => void;
}

function rangeOf(duration: Operand | undefined, checker: Checker): Range {
  const words = duration ? checker.between(duration.from, duration.to) : [];
  const text = words.map((token) => token.text).join("");
  return { text, ...(duration?.value !== undefined && { seconds: duration.value }) };
}

function matrixSelector({ from, to, kids: [series, range] }: Node, checker: Checker): Finding {
  checkPositive(range, checker);
  checkDialect(range, { checker, steps: true });
  const brackets = { from: series?.to ?? from, to };
  const { selector, offset: offsetBefore, at } = series?.series ?? {};
  // Mimir's parser forgets modifiers that are computed.
  const counts = (modifier: "number" | "computed" | undefined): boolean =>
    modifier === "number" || (modifier === "computed" && checker.dialect === "prometheus");
  if (series?.form !== "selector") {
    checker.report("only a selector can have a range; for other expressions write a subquery, as in `[5m:]`", brackets);
  } else if (counts(offsetBefore)) {
    checker.report("`offset` goes after the range", brackets);
  } else if (counts(at)) {
    checker.report("`@` goes after the range", brackets);
  }
  if (selector) {
    selector.range = true;
    checker.selectors.add(selector);
  }
  const expr: Expr | undefined = selector && {
    kind: "selector",
    selector,
    range: rangeOf(range, checker),
    ...checker.place({ from, to }),
  };
  return { type: "matrix", form: "range", series: series?.series, expr };
}

function subquery({ from, to, kids: [inner, range, step] }: Node, checker: Checker): Finding {
  for (const duration of [range, step]) {
    checkPositive(duration, checker);
    checkDialect(duration, { checker, steps: false });
  }
  checker.expect("vector", { kid: inner, context: "a subquery" });
  const expr: Expr | undefined = inner?.expr && {
    kind: "subquery",
    inner: inner.expr,
    range: rangeOf(range, checker),
    ...checker.place({ from, to }),
  };
  return { type: "matrix", form: "subquery", series: {}, expr };
}

function offset({ kids: [inner, by] }: Node, checker: Checker): Finding {
  const series = modified({ inner, modifier: "`offset`", checker });
  checkDialect(by, { checker, steps: true });
  if (series && inner && by) {
    if (series.offset) {
      checker.report("`offset` is set more than once", inner);
    }
    // The server keeps no note of an offset of zero.
    if (by.value === undefined || Math.round(by.value * 1e9) !== 0) {
      series.offset = by.form === "number" ? "number" : "computed";
    }
  }
  return inner ?? {};
}

function atModifier({ kids: [inner, time] }: Node, checker: Checker): Finding {
  const series = modified({ inner, modifier: "`@`", checker });
  if (time?.value !== undefined && !(Math.abs(time.value) < 2 ** 63)) {
    checker.report("the timestamp after `@` is out of range", time);
  }
  if (series && inner) {
    if (series.at) {
      checker.report("`@` is set more than once", inner);
    }
    series.at = time ? "number" : "computed";
  }
  return inner ?? {};
}

function smoothing({ to, kids: [inner] }: Node, checker: Checker): Finding {
  const { text } = checker.token(to - 1);
  const series = inner?.series;
  if (inner && (!series || inner.form === "subquery")) {
    checker.report(`\`${text}\` must follow a selector or its range`, inner);
  } else if (inner && series) {
    if (series.smoothing !== undefined && series.smoothing !== text) {
      checker.report("`anchored` and `smoothed` exclude each other", inner);
    }
    series.smoothing = text;
  }
  return inner ?? {};
}

interface Modified {
  readonly inner: Operand | undefined;
  readonly modifier: string;
  readonly checker: Checker;
}

function modified({ inner, modifier, checker }: Modified): Series | undefined {
  const series = inner?.series;
  if (inner && !series) {
    checker.report(`${modifier} must follow a selector, its range or a subquery`, inner);
  }
  if (series?.selector) {
    checker.selectors.add(series.selector);
  }
  return series;
}

function unary({ from, to, kids: [inner] }: Node, checker: Checker): Finding {
  if (inner?.type === "string" || inner?.type === "matrix") {
    const sign = checker.token(from).text;
    checker.report(`\`${sign}\` needs a scalar or an instant vector, got ${documented[inner.type]}`, inner);
    return {};
  }
  const expr: Expr | undefined = inner?.expr && { kind: "unary", inner: inner.expr, ...checker.place({ from, to }) };
  return { type: inner?.type, expr };
}

function binary({ from, to, kids }: Node, checker: Checker): Finding {
  const [left, right] = [kids[0], kids.at(-1)];
  if (!left || !right) {
    return {};
  }
  const middle = { from: left.to, to: right.from };
  const words = checker.between(middle.from, middle.to);
  const keyword = (...texts: readonly string[]): number =>
    words.findIndex(({ kind, text }) => kind === "keyword" && texts.includes(text));
  const op = words[0]?.text ?? "";
  const bool = keyword("bool") > 0;
  const clause = keyword("on", "ignoring");
  const group = keyword("group_left", "group_right");
  const labels = (start: number, end?: number): readonly string[] =>
    start < 0 ? [] : words.slice(start, end).flatMap(({ kind, text }) => (kind === "label" ? [text] : []));
  const matching = labels(clause, group < 0 ? undefined : group);
  const fill = keyword("fill", "fill_left", "fill_right") > 0;
  const types = [left.type, right.type];
  const whole = { from, to };

  if (bool && !comparisons.has(op)) {
    checker.report(`\`bool\` goes with a comparison, not with \`${op}\``, middle);
  }
  if (comparisons.has(op) && !bool && types.every((type) => type === "scalar")) {
    checker.report("a comparison of two scalars needs `bool`", middle);
  }
  const twice = labels(group).find((label) => matching.includes(label));
  if (words[clause]?.text === "on" && twice !== undefined) {
    checker.report(`label "${twice}" stands both in \`on\` and in \`${words[group]?.text}\``, middle);
  }
  for (const side of [left, right]) {
    if (side.type === "string" || side.type === "matrix") {
      checker.report(`\`${op}\` needs scalars or instant vectors, got ${documented[side.type]}`, side);
    }
  }
  if (types.some((type) => type && type !== "vector")) {
    if (matching.length > 0) {
      checker.report(`\`${words[clause]?.text}\` goes between instant vectors only`, whole);
    }
    if (fill) {
      checker.report("missing series can be filled in between instant vectors only", whole);
    }
    if (setOperators.has(op)) {
      checker.report(`\`${op}\` needs instant vectors on both sides`, whole);
    }
  } else if (setOperators.has(op) && group > 0) {
    checker.report(`\`${op}\` takes no \`${words[group]?.text}\``, middle);
  } else if (setOperators.has(op) && fill) {
    checker.report(`\`${op}\` fills in no missing series`, middle);
  }
  if (fill) {
    checker.reportFlag("filling in missing series", middle, "promql-binop-fill-modifiers");
  }
  const expr: Expr | undefined = left.expr &&
    right.expr && {
      kind: "binary",
      op,
      left: left.expr,
      right: right.expr,
      bool,
      ...(clause >= 0 && { matching: { on: words[clause]?.text === "on", labels: matching } }),
      ...(group >= 0 && {
        group: { side: words[group]?.text === "group_left" ? "left" : "right", include: labels(group) },
      }),
      opFrom: words[0]?.from ?? 0,
      ...checker.place(whole),
    };
  if (types.every((type) => type === "scalar")) {
    return { type: "scalar", expr };
  }
  return { type: types.includes("vector") || setOperators.has(op) ? "vector" : undefined, expr };
}

function aggregate({ from, to, kids }: Node, checker: Checker): Finding {
  const { text: name, variable } = checker.token(from);
  const aggregation = aggregations.get(name);
  const expr = aggregateExpr({ from, to, kids }, checker);
  if (variable || !aggregation) {
    return { expr };
  }
  const { parameter, flag } = aggregation;
  const wanted = parameter ? 2 : 1;
  if (flag) {
    checker.reportFlag(`${name}()`, only(from), flag);
  }
  if (kids.length !== wanted) {
    const takes = parameter ? `${documented[parameter]} and an instant vector` : "one instant vector";
    checker.report(`${name}() takes ${takes}, got ${count(kids.length)}`, { from, to });
  } else {
    if (parameter) {
      checker.expect(parameter, { kid: kids[0], context: `the parameter of ${name}()` });
    }
    checker.expect("vector", { kid: kids.at(-1), context: `${name}()` });
  }
  return { type: "vector", expr };
}

function aggregateExpr({ from, to, kids }: Node, checker: Checker): Expr | undefined {
  const inner = kids.at(-1)?.expr;
  if (!inner) return undefined;
  const parameter = kids.length > 1 ? kids[0]?.expr : undefined;
  // The grouping stands before the arguments or after them, never among them.
  const [first, last] = [kids[0]?.from ?? from, kids.at(-1)?.to ?? to];
  const outside = [...checker.between(from + 1, first), ...checker.between(last, to)];
  const clause = outside.find(({ kind, text }) => kind === "keyword" && (text === "by" || text === "without"));
  const labels = outside.flatMap(({ kind, text }) => (kind === "label" ? [text] : []));
  return {
    kind: "aggregate",
    name: checker.token(from).text,
    inner,
    ...(parameter && { parameter }),
    ...(clause && { grouping: { by: clause.text === "by", labels, from: clause.from } }),
    ...checker.place({ from, to }),
  };
}

function functionCall({ from, to, kids }: Node, checker: Checker): Finding {
  const name = checker.token(from).text;
  const signature = functions.get(name);
  const args = kids.flatMap(({ expr }) => (expr ? [expr] : []));
  const expr: Expr = { kind: "call", name, args, ...checker.place({ from, to }) };
  if (!signature) {
    checker.report(`there is no function "${name}"`, only(from));
    return { expr };
  }
  const { args: wanted, least, most, returns, flag } = signature;
  if (flag) {
    checker.reportFlag(`${name}()`, only(from), flag);
  }
  if (kids.length < least || kids.length > most) {
    checker.report(`${name}() takes ${arity(signature)}, got ${count(kids.length)}`, { from, to });
  }
  kids.forEach((kid, index) => {
    const type = wanted[index] ?? wanted.at(-1);
    if (type) {
      checker.expect(type, { kid, context: `${name}()` });
    }
  });
  const [, picked] = kids;
  if (name === "info" && picked && (picked.form !== "selector" || checker.token(picked.from).kind === "name")) {
    checker.report("the second argument of info() must be label matchers without a metric name", picked);
  }
  return { type: returns, expr };
}

function arity({ least, most }: Signature): string {
  if (least === most) {
    return count(least);
  }
  return most === Infinity ? `at least ${count(least)}` : `${least} to ${count(most)}`;
}

function count(args: number): string {
  return args === 1 ? "1 argument" : `${args === 0 ? "no" : args} arguments`;
}

function durationLiteral({ from, to }: Node, checker: Checker): Finding {
  const { value } = checker.token(from);
  if (value !== undefined && value > longestSeconds) {
    checker.report("the duration is out of range", { from, to });
  }
  return { form: "number", value };
}

/** A number with or without signs stays a number, which the server checks at once; all else it computes later. */
function durationExpression({ from, kids }: Node, checker: Checker): Finding {
  const [first, second] = kids;
  const { text } = checker.token(from);
  if (first && second && first.from === from) {
    const op = checker.token(first.to);
    if ((op.text === "/" || op.text === "%") && second.form === "number" && second.value === 0) {
      checker.report(`${op.text === "/" ? "division" : "modulo"} by zero`, { from: first.to, to: second.to });
    }
    return { form: "computed" };
  }
  if (first && (text === "-" || text === "+" || first.from === from)) {
    const { form, value } = first;
    return { form, value: text === "-" && value !== undefined ? -value : value };
  }
  return { form: text === "step" || text === "range" ? "step" : "computed" };
}

function checkPositive(duration: Operand | undefined, checker: Checker): void {
  if (duration?.value !== undefined && duration.value <= 0) {
    checker.report("the duration must be greater than 0", duration);
  }
}

interface DialectCheck {
  readonly checker: Checker;
  /** Are `step()` and `range()` known here? */
  readonly steps: boolean;
}

// Mimir takes a number, in some places also `step()` and `range()`, and computes only behind a flag.
function checkDialect(duration: Operand | undefined, { checker, steps }: DialectCheck): void {
  if (checker.computesDurations || !duration || duration.form === "number") return;
  if (checker.dialect === "prometheus" || !(steps && duration.form === "step")) {
    checker.reportFlag("arithmetic with durations", duration, "promql-duration-expr");
  }
}

function isBefore(version: string, limit: readonly [number, number]): boolean {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  return major < limit[0] || (major === limit[0] && minor < limit[1]);
}

function only(index: number): Span {
  return { from: index, to: index + 1 };
}
