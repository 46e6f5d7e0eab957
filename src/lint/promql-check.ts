import { aggregations, functions, type Signature } from "./promql-functions.ts";
import { readRegex } from "./promql-regex.ts";
import { type Token, withoutVariables } from "./promql-tokens.ts";
import type { ParsedTokens, Span } from "./promql-tree.ts";
import type { Matcher, Promql, PromqlError, PromqlOptions, PromqlType, Selector } from "./promql-types.ts";

export interface CheckOptions extends ParsedTokens {
  readonly tokens: readonly Token[];
  readonly dialect: NonNullable<PromqlOptions["dialect"]>;
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
  /** The calls around the current node, outermost first. */
  readonly calls: string[] = [];
  readonly selectors: Set<Draft> = new Set();
  private readonly errors: PromqlError[] = [];

  constructor({ tokens, dialect }: CheckOptions) {
    this.tokens = tokens;
    this.dialect = dialect;
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
          const { type, form, series, value } = wraps ? (span.kids[0] ?? {}) : rule(span, this);
          open.at(-1)?.kids.push({ type, form, series, value, from: span.from, to: span.to });
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
    return { ok, ...(type && { type }), errors: this.errors, selectors: [...this.selectors] };
  }

  token(index: number): Token {
    const token = this.tokens[index];
    if (!token) {
      throw new RangeError(`no token ${index}`);
    }
    return token;
  }

  between(from: number, to: number): readonly Token[] {
    return this.tokens.slice(from, to);
  }

  report(message: string, { from, to }: Span, flag?: string): void {
    const range = { from: this.token(from).from, to: this.token(to - 1).to };
    this.errors.push({ message, ...range, ...(flag && { flag }) });
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
  ["StringLiteral", (): Finding => ({ type: "string" })],
  ["NumberDurationLiteral", numberLiteral],
  ["VectorSelector", vectorSelector],
  ["MatrixSelector", matrixSelector],
  ["SubqueryExpr", subquery],
  ["OffsetExpr", offset],
  ["StepInvariantExpr", atModifier],
  ["AnchoredExpr", smoothing],
  ["SmoothedExpr", smoothing],
  ["ParenExpr", ({ kids }): Finding => ({ type: kids[0]?.type })],
  ["UnaryExpr", unary],
  ["BinaryExpr", binary],
  ["AggregateExpr", aggregate],
  ["FunctionCall", functionCall],
  ["NumberDurationLiteralInDurationContext", durationLiteral],
  ["DurationExpr", durationExpression],
  ["OffsetDurationExpr", durationExpression],
]);

function numberLiteral({ from, to }: Node, { tokens }: Checker): Finding {
  const value = tokens[to - 1]?.value;
  return { type: "scalar", form: "number", value: value !== undefined && tokens[from]?.text === "-" ? -value : value };
}

function vectorSelector({ from, to }: Node, checker: Checker): Finding {
  const first = checker.token(from);
  const name = first.kind === "name" ? first.text : undefined;
  const matchers: Matcher[] = [];
  let quotedName: string | undefined;
  let selective = name !== undefined;
  for (let at = from; at < to; at++) {
    const token = checker.token(at);
    const op = checker.tokens[at + 1]?.text;
    if (token.kind === "matcher") {
      selective = true;
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
    range: false,
    functions: checker.calls.toReversed(),
    from: first.from,
    to: checker.token(to - 1).to,
  };
  if (!undecided) {
    checker.selectors.add(selector);
  }
  return { type: undecided ? undefined : "vector", form: "selector", series: { selector } };
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
  return { type: "matrix", form: "range", series: series?.series };
}

function subquery({ kids: [inner, range, step] }: Node, checker: Checker): Finding {
  for (const duration of [range, step]) {
    checkPositive(duration, checker);
    checkDialect(duration, { checker, steps: false });
  }
  checker.expect("vector", { kid: inner, context: "a subquery" });
  return { type: "matrix", form: "subquery", series: {} };
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

function unary({ from, kids: [inner] }: Node, checker: Checker): Finding {
  if (inner?.type === "string" || inner?.type === "matrix") {
    const sign = checker.token(from).text;
    checker.report(`\`${sign}\` needs a scalar or an instant vector, got ${documented[inner.type]}`, inner);
    return {};
  }
  return { type: inner?.type };
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
  if (types.every((type) => type === "scalar")) {
    return { type: "scalar" };
  }
  return { type: types.includes("vector") || setOperators.has(op) ? "vector" : undefined };
}

function aggregate({ from, to, kids }: Node, checker: Checker): Finding {
  const { text: name, variable } = checker.token(from);
  const aggregation = aggregations.get(name);
  if (variable || !aggregation) {
    return {};
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
  return { type: "vector" };
}

function functionCall({ from, to, kids }: Node, checker: Checker): Finding {
  const name = checker.token(from).text;
  const signature = functions.get(name);
  if (!signature) {
    checker.report(`there is no function "${name}"`, only(from));
    return {};
  }
  const { args, least, most, returns, flag } = signature;
  if (flag) {
    checker.reportFlag(`${name}()`, only(from), flag);
  }
  if (kids.length < least || kids.length > most) {
    checker.report(`${name}() takes ${arity(signature)}, got ${count(kids.length)}`, { from, to });
  }
  kids.forEach((kid, index) => {
    const type = args[index] ?? args.at(-1);
    if (type) {
      checker.expect(type, { kid, context: `${name}()` });
    }
  });
  const [, picked] = kids;
  if (name === "info" && picked && (picked.form !== "selector" || checker.token(picked.from).kind === "name")) {
    checker.report("the second argument of info() must be label matchers without a metric name", picked);
  }
  return { type: returns };
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
  if (checker.dialect === "mimir" && duration && duration.form !== "number" && !(steps && duration.form === "step")) {
    checker.reportFlag("arithmetic with durations", duration, "promql-duration-expr");
  }
}

function only(index: number): Span {
  return { from: index, to: index + 1 };
}
