import { aggregations, functions, type Signature } from "./promql-functions.ts";
import { matchersOfList, refusesEmpty } from "./promql-lists.ts";
import type { Token } from "./promql-tokens.ts";
import type {
  AggregateExpr,
  BinaryExpr,
  Expr,
  Matcher,
  Promql,
  PromqlError,
  PromqlOptions,
  PromqlType,
  Range,
  Selector,
} from "./promql-types.ts";

export interface CheckOptions {
  readonly tokens: readonly Token[];
  readonly dialect: NonNullable<PromqlOptions["dialect"]>;
  readonly version?: string | undefined;
}

/** A stretch of words, `to` excluded. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

/** What is known of a part of the expression once all its own parts are. */
export interface Operand extends Span {
  /** Unknown when a dashboard variable or an error decides it. */
  readonly type: PromqlType | undefined;
  readonly form: "selector" | "range" | "subquery" | "number" | "step" | "computed" | undefined;
  /** What an `offset` or `@` after it applies to. */
  readonly series: Series | undefined;
  /** Of a number as written. */
  readonly value: number | undefined;
  readonly expr: Expr | undefined;
  /** How deep the expression is nested. */
  readonly depth: number;
}

/** An operator that waits for its right side, and what stands between the two. */
export interface Operator {
  readonly text: string;
  /** Its word. */
  readonly from: number;
  readonly precedence: number;
  readonly unary: boolean;
  bool: boolean;
  matching: BinaryExpr["matching"] | undefined;
  group: BinaryExpr["group"] | undefined;
  fills: boolean;
}

interface Node extends Span {
  readonly kids: readonly Operand[];
}

interface Series {
  readonly selector?: Draft | undefined;
  /** Is it among the selectors? A lone variable is not, until something shows that it is no number. */
  listed: boolean;
  offset?: "number" | "computed";
  at?: "number" | "computed";
  smoothing?: string;
}

const noErrors: readonly PromqlError[] = [];

type Draft = { -readonly [Key in keyof Selector]: Selector[Key] };

// What reads the tree may be recursive.
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

/** What the parts of one expression share: its words, and what was found so far. */
export class Checker {
  readonly tokens: readonly Token[];
  readonly dialect: CheckOptions["dialect"];
  /** Does the server compute with durations without a flag? */
  readonly computesDurations: boolean;
  /** The calls around the current part, outermost first. */
  readonly calls: string[] = [];
  readonly selectors: Draft[] = [];
  private readonly errors: PromqlError[] = [];

  constructor({ tokens, dialect, version }: CheckOptions) {
    this.tokens = tokens;
    this.dialect = dialect;
    this.computesDurations = dialect === "prometheus" && (version === undefined || !isBefore(version, [3, 15]));
  }

  result(whole: Operand | undefined): Promql {
    if (!whole || whole.depth > deepest) return this.tooDeep();
    const { errors, selectors } = this;
    const ok = errors.length === 0;
    const type = ok || errors.every(({ flag }) => flag) ? whole.type : undefined;
    return { ok, type, errors: ok ? noErrors : errors, selectors: trimmed(selectors), tree: whole.expr };
  }

  tooDeep(): Promql {
    const whole = { from: this.startOf(0), to: this.endOf(this.tokens.length) };
    return { ok: false, errors: [{ message: "nested too deeply to check", ...whole }], selectors: [] };
  }

  token(index: number): Token {
    const token = this.tokens[index];
    if (!token) {
      throw new RangeError(`no token ${index}`);
    }
    return token;
  }

  /** Offsets into the text: of a word, and of the end before a word. */
  startOf(index: number): number {
    return this.token(index).from;
  }

  endOf(index: number): number {
    return this.token(index - 1).to;
  }

  report(message: string, { from, to }: Span, flag?: string): void {
    this.errors.push({ message, from: this.startOf(from), to: this.endOf(to), ...(flag && { flag }) });
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

/** Without the room that a list has for more: there are very many. */
export function trimmed<Item>(list: readonly Item[]): readonly Item[] {
  return list.slice();
}

// Always of one shape, or reading what hundreds of thousands of parts are takes most of the time.
function operand(
  from: number,
  to: number,
  depth: number,
  type: Operand["type"],
  expr: Expr | undefined,
  form?: Operand["form"],
  series?: Series,
  value?: number,
): Operand {
  return { from, to, depth, type, form, series, value, expr };
}

export function stringLiteral(at: number, { tokens }: Checker): Operand {
  const { text, from, to } = tokens[at] as Token;
  return operand(at, at + 1, 1, "string", { kind: "string", text, from, to, modifiedTo: undefined });
}

export function parens({ from, to, kids }: Node, checker: Checker): Operand {
  const inner = kids[0];
  const expr: Expr | undefined = inner?.expr && {
    kind: "parens",
    inner: inner.expr,
    from: checker.startOf(from),
    to: checker.endOf(to),
    modifiedTo: undefined,
  };
  return operand(from, to, 1 + (inner?.depth ?? 0), inner?.type, expr);
}

/** A number with or without a sign. */
export function numberLiteral(from: number, to: number, checker: Checker): Operand {
  const read = checker.tokens[to - 1]?.value;
  const value = read !== undefined && checker.tokens[from]?.text === "-" ? -read : read;
  const expr: Expr = {
    kind: "number",
    value,
    from: checker.startOf(from),
    to: checker.endOf(to),
    modifiedTo: undefined,
  };
  return operand(from, to, 1, "scalar", expr, "number", undefined, value);
}

export function vectorSelector(from: number, to: number, checker: Checker): Operand {
  const first = checker.token(from);
  const name = first.kind === "name" ? first.text : undefined;
  let matchers: readonly Matcher[] = noMatchers;
  let quotedName: string | undefined;
  let selective = name !== undefined;
  let opaque = false;
  for (let at = name === undefined ? from : from + 1; at < to; at++) {
    const token = checker.token(at);
    const op = checker.tokens[at + 1]?.text;
    if (token.kind === "matchers") {
      const list = matchersOfList(token.text, token.variable);
      matchers = list?.matchers ?? noMatchers;
      selective ||= list?.selective === true;
    } else if (token.kind === "matcher") {
      selective = true;
      opaque = true;
    } else if (token.kind !== "mark" && isMatchOperator(op)) {
      const value = checker.token(at + 2);
      const matcher = { label: token.text, op, value: value.text };
      // Most have one. A list that grows takes room for many more.
      matchers = matchers.length === 0 ? [matcher] : [...matchers, matcher];
      const refuses = refusesEmpty(matcher, value.variable, (problem) => {
        checker.report(`not a regex: ${problem}`, only(at + 2));
      });
      selective ||= refuses;
      at += 2;
    } else if (token.kind === "string") {
      quotedName = token.text;
      selective ||= quotedName !== "";
    }
  }

  const named = matchers.find(isName);
  if (name !== undefined && (quotedName !== undefined || named)) {
    checker.report(`the metric name is set twice: "${name}" and "${quotedName ?? named?.value}"`, { from, to });
  }
  // The second argument of info() picks labels, not series.
  const picksLabels = !selective && checker.calls.at(-1) === "info" && checker.tokens[from - 1]?.text === ",";
  if (!selective && !picksLabels) {
    checker.report("the selector needs at least one matcher that does not match the empty string", { from, to });
  }

  const metric = name ?? quotedName ?? (named?.op === "=" ? named.value : undefined);
  // A lone variable may turn out to be a number as well; a range or an offset after it settles that.
  const undecided = name !== undefined && first.variable && to === from + 1;
  const start = first.from;
  const end = checker.endOf(to);
  const selector: Draft = {
    metric,
    matchers,
    opaque: opaque || undefined,
    range: false,
    functions: checker.calls.length === 0 ? noCalls : checker.calls.toReversed(),
    from: start,
    to: end,
  };
  if (!undecided) checker.selectors.push(selector);
  const expr: Expr = undecided
    ? { kind: "variable", text: first.text, from: start, to: end, modifiedTo: undefined }
    : { kind: "selector", selector, range: undefined, from: start, to: end, modifiedTo: undefined };
  const series: Series = { selector, listed: !undecided };
  return operand(from, to, 1, undecided ? undefined : "vector", expr, "selector", series);
}

const noMatchers: readonly Matcher[] = [];
const noCalls: readonly string[] = [];

function isName({ label }: Matcher): boolean {
  return label === "__name__";
}

function isMatchOperator(text: string | undefined): text is Matcher["op"] {
  return text === "=" || text === "!=" || text === "=~" || text === "!~";
}

function rangeOf({ from, to, value }: Operand, checker: Checker): Range {
  let text = checker.token(from).text;
  for (let at = from + 1; at < to; at++) text += checker.token(at).text;
  return { text, seconds: value };
}

/** `foo[5m]`, up to a word. */
export function matrixSelector(inner: Operand, range: Operand, to: number, checker: Checker): Operand {
  const { from } = inner;
  checkPositive(range, checker);
  checkDialect(range, { checker, steps: true });
  const brackets = { from: inner.to, to };
  const { selector, offset: offsetBefore, at } = inner.series ?? {};
  // Mimir's parser forgets modifiers that are computed.
  const counts = (modifier: "number" | "computed" | undefined): boolean =>
    modifier === "number" || (modifier === "computed" && checker.dialect === "prometheus");
  if (inner.form !== "selector") {
    checker.report("only a selector can have a range; for other expressions write a subquery, as in `[5m:]`", brackets);
  } else if (counts(offsetBefore)) {
    checker.report("`offset` goes after the range", brackets);
  } else if (counts(at)) {
    checker.report("`@` goes after the range", brackets);
  }
  if (selector) selector.range = true;
  list(inner.series, checker);
  const expr: Expr | undefined = selector && {
    kind: "selector",
    selector,
    range: rangeOf(range, checker),
    from: checker.startOf(from),
    to: checker.endOf(to),
    modifiedTo: undefined,
  };
  return operand(from, to, 1 + inner.depth, "matrix", expr, "range", inner.series);
}

export function subquery({ from, to, kids }: Node, checker: Checker): Operand {
  const [inner, range, step] = kids as [Operand, Operand, Operand?];
  for (const duration of [range, step]) {
    checkPositive(duration, checker);
    checkDialect(duration, { checker, steps: false });
  }
  checker.expect("vector", { kid: inner, context: "a subquery" });
  const expr: Expr | undefined = inner.expr && {
    kind: "subquery",
    inner: inner.expr,
    range: rangeOf(range, checker),
    from: checker.startOf(from),
    to: checker.endOf(to),
    modifiedTo: undefined,
  };
  const series: Series = { selector: undefined, listed: false };
  return operand(from, to, 1 + inner.depth, "matrix", expr, "subquery", series);
}

interface Modifier {
  /** The end of the modifier. */
  readonly to: number;
  readonly checker: Checker;
}

export function offset(inner: Operand, { by, to, checker }: Modifier & { readonly by: Operand }): Operand {
  const series = modified(inner, "`offset`", checker);
  checkDialect(by, { checker, steps: true });
  if (series) {
    if (series.offset) {
      checker.report("`offset` is set more than once", inner);
    }
    // The server keeps no note of an offset of zero.
    if (by.value === undefined || Math.round(by.value * 1e9) !== 0) {
      series.offset = by.form === "number" ? "number" : "computed";
    }
  }
  return upTo(inner, to, checker);
}

/** `@` and a time, which `start()` and `end()` are not. */
export function atModifier(
  inner: Operand,
  { time, to, checker }: Modifier & { readonly time: Operand | undefined },
): Operand {
  const series = modified(inner, "`@`", checker);
  if (time?.value !== undefined && !(Math.abs(time.value) < 2 ** 63)) {
    checker.report("the timestamp after `@` is out of range", time);
  }
  if (series) {
    if (series.at) {
      checker.report("`@` is set more than once", inner);
    }
    series.at = time ? "number" : "computed";
  }
  return upTo(inner, to, checker);
}

/** `anchored` or `smoothed`, the word before the end. */
export function smoothing(inner: Operand, { to, checker }: Modifier): Operand {
  const { text } = checker.token(to - 1);
  const { series } = inner;
  if (!series || inner.form === "subquery") {
    checker.report(`\`${text}\` must follow a selector or its range`, inner);
  } else {
    if (series.smoothing !== undefined && series.smoothing !== text) {
      checker.report("`anchored` and `smoothed` exclude each other", inner);
    }
    series.smoothing = text;
    // As arithmetic with durations did, it needed a flag before.
    if (checker.dialect === "prometheus" && !checker.computesDurations) {
      checker.reportFlag(`\`${text}\``, inner, "promql-extended-range-selectors");
    }
  }
  return upTo(inner, to, checker);
}

/** The same with its modifier. */
function upTo(inner: Operand, to: number, checker: Checker): Operand {
  const { expr } = inner;
  return { ...inner, to, expr: expr && { ...expr, modifiedTo: checker.endOf(to) } };
}

function modified(inner: Operand, modifier: string, checker: Checker): Series | undefined {
  const { series } = inner;
  if (!series) {
    checker.report(`${modifier} must follow a selector, its range or a subquery`, inner);
  }
  list(series, checker);
  return series;
}

/** What has a range or a modifier is a selector for sure. */
function list(series: Series | undefined, checker: Checker): void {
  if (!series?.selector || series.listed) return;
  checker.selectors.push(series.selector);
  series.listed = true;
}

export function unary({ text, from }: Operator, inner: Operand, checker: Checker): Operand {
  const depth = 1 + inner.depth;
  if (inner.type === "string" || inner.type === "matrix") {
    checker.report(`\`${text}\` needs a scalar or an instant vector, got ${documented[inner.type]}`, inner);
    return operand(from, inner.to, depth, undefined, undefined);
  }
  const expr: Expr | undefined = inner.expr && {
    kind: "unary",
    inner: inner.expr,
    from: checker.startOf(from),
    to: checker.endOf(inner.to),
    modifiedTo: undefined,
  };
  return operand(from, inner.to, depth, inner.type, expr);
}

export function binary(operator: Operator, left: Operand, right: Operand, checker: Checker): Operand {
  const { text: op, bool, matching, group } = operator;
  const bothScalar = left.type === "scalar" && right.type === "scalar";

  if (left.type !== "vector" || right.type !== "vector" || bool || group || operator.fills) {
    checkOperands(operator, left, right, checker);
  }
  const expr: Expr | undefined = left.expr &&
    right.expr && {
      kind: "binary",
      op,
      left: left.expr,
      right: right.expr,
      bool,
      matching,
      group,
      opFrom: checker.startOf(operator.from),
      from: checker.startOf(left.from),
      to: checker.endOf(right.to),
      modifiedTo: undefined,
    };
  const isVector = left.type === "vector" || right.type === "vector" || setOperators.has(op);
  const type = bothScalar ? "scalar" : isVector ? "vector" : undefined;
  return operand(left.from, right.to, 1 + Math.max(left.depth, right.depth), type, expr);
}

/** Anything but two plain vectors. */
function checkOperands(
  { text: op, bool, matching, group, fills }: Operator,
  left: Operand,
  right: Operand,
  checker: Checker,
): void {
  const middle = { from: left.to, to: right.from };
  const whole = { from: left.from, to: right.to };
  const side = group && `group_${group.side}`;
  const clause = matching?.on === true ? "on" : "ignoring";
  if (bool && !comparisons.has(op)) {
    checker.report(`\`bool\` goes with a comparison, not with \`${op}\``, middle);
  }
  if (left.type === "scalar" && right.type === "scalar" && !bool && comparisons.has(op)) {
    checker.report("a comparison of two scalars needs `bool`", middle);
  }
  if (matching?.on === true && group) {
    const twice = group.include.find((label) => matching.labels.includes(label));
    if (twice !== undefined) {
      checker.report(`label "${twice}" stands both in \`on\` and in \`${side}\``, middle);
    }
  }
  for (const operand of [left, right]) {
    if (operand.type === "string" || operand.type === "matrix") {
      checker.report(`\`${op}\` needs scalars or instant vectors, got ${documented[operand.type]}`, operand);
    }
  }
  if ((left.type && left.type !== "vector") || (right.type && right.type !== "vector")) {
    if (matching && matching.labels.length > 0) {
      checker.report(`\`${clause}\` goes between instant vectors only`, whole);
    }
    if (fills) {
      checker.report("missing series can be filled in between instant vectors only", whole);
    }
    if (setOperators.has(op)) {
      checker.report(`\`${op}\` needs instant vectors on both sides`, whole);
    }
  } else if (setOperators.has(op) && group) {
    checker.report(`\`${op}\` takes no \`${side}\``, middle);
  } else if (setOperators.has(op) && fills) {
    checker.report(`\`${op}\` fills in no missing series`, middle);
  }
  if (fills) {
    checker.reportFlag("filling in missing series", middle, "promql-binop-fill-modifiers");
  }
}

export function aggregate({ from, to, kids }: Node, grouping: AggregateExpr["grouping"], checker: Checker): Operand {
  const { text: name, variable } = checker.token(from);
  const aggregation = aggregations.get(name);
  const last = kids.at(-1);
  const parameter = kids.length > 1 ? kids[0]?.expr : undefined;
  const expr: Expr | undefined = last?.expr && {
    kind: "aggregate",
    name,
    inner: last.expr,
    parameter,
    grouping: grouping && { by: grouping.by, labels: grouping.labels, from: checker.startOf(grouping.from) },
    from: checker.startOf(from),
    to: checker.endOf(to),
    modifiedTo: undefined,
  };
  const depth = deeper(kids);
  if (variable || !aggregation) {
    return operand(from, to, depth, undefined, expr);
  }
  const { parameter: takesParameter, flag } = aggregation;
  const wanted = takesParameter ? 2 : 1;
  if (flag) {
    checker.reportFlag(`${name}()`, only(from), flag);
  }
  if (kids.length !== wanted) {
    const takes = takesParameter ? `${documented[takesParameter]} and an instant vector` : "one instant vector";
    checker.report(`${name}() takes ${takes}, got ${count(kids.length)}`, { from, to });
  } else {
    if (takesParameter) {
      checker.expect(takesParameter, { kid: kids[0], context: `the parameter of ${name}()` });
    }
    checker.expect("vector", { kid: last, context: `${name}()` });
  }
  return operand(from, to, depth, "vector", expr);
}

function deeper(kids: readonly Operand[]): number {
  let depth = 0;
  for (let at = 0; at < kids.length; at++) depth = Math.max(depth, (kids[at] as Operand).depth);
  return 1 + depth;
}

export function functionCall({ from, to, kids }: Node, checker: Checker): Operand {
  const name = checker.token(from).text;
  const signature = functions.get(name);
  const args = argsOf(kids);
  const expr: Expr = {
    kind: "call",
    name,
    args,
    from: checker.startOf(from),
    to: checker.endOf(to),
    modifiedTo: undefined,
  };
  const depth = deeper(kids);
  if (!signature) {
    checker.report(`there is no function "${name}"`, only(from));
    return operand(from, to, depth, undefined, expr);
  }
  const { args: wanted, least, most, returns, flag } = signature;
  if (flag) {
    checker.reportFlag(`${name}()`, only(from), flag);
  }
  if (kids.length < least || kids.length > most) {
    checker.report(`${name}() takes ${arity(signature)}, got ${count(kids.length)}`, { from, to });
  }
  for (let index = 0; index < kids.length; index++) {
    const kid = kids[index] as Operand;
    const type = wanted[Math.min(index, wanted.length - 1)];
    if (type && kid.type && kid.type !== type) {
      checker.expect(type, { kid, context: `${name}()` });
    }
  }
  const picked = kids[1];
  if (name === "info" && picked && (picked.form !== "selector" || checker.token(picked.from).kind === "name")) {
    checker.report("the second argument of info() must be label matchers without a metric name", picked);
  }
  return operand(from, to, depth, returns, expr);
}

/** Those that a variable has not made unknown. */
function argsOf(kids: readonly Operand[]): readonly Expr[] {
  const only = kids.length === 1 ? kids[0]?.expr : undefined;
  if (only) return [only];
  const args: Expr[] = [];
  for (let at = 0; at < kids.length; at++) {
    const { expr } = kids[at] as Operand;
    if (expr) args.push(expr);
  }
  return trimmed(args);
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

/** `[5m]`, where it is one word. */
export function rangeLiteral(at: number, checker: Checker): Operand {
  return operand(at, at + 1, 1, undefined, undefined, "number", undefined, checker.token(at).value);
}

/** A number, or a duration as it is written. */
export function durationLiteral(at: number, checker: Checker): Operand {
  const { value } = checker.token(at);
  if (value !== undefined && value > longestSeconds) {
    checker.report("the duration is out of range", only(at));
  }
  return operand(at, at + 1, 1, undefined, undefined, "number", undefined, value);
}

/** A number with or without signs stays a number, which the server checks at once; all else it computes later. */
export function durationExpression({ from, to, kids }: Node, checker: Checker): Operand {
  const first = kids[0];
  const second = kids[1];
  const { text } = checker.token(from);
  if (first && second && first.from === from) {
    const op = checker.token(first.to);
    if ((op.text === "/" || op.text === "%") && second.form === "number" && second.value === 0) {
      checker.report(`${op.text === "/" ? "division" : "modulo"} by zero`, { from: first.to, to: second.to });
    }
    return operand(from, to, 1, undefined, undefined, "computed");
  }
  if (first && (text === "-" || text === "+" || first.from === from)) {
    const { form, value } = first;
    const signed = text === "-" && value !== undefined ? -value : value;
    return operand(from, to, 1, undefined, undefined, form, undefined, signed);
  }
  return operand(from, to, 1, undefined, undefined, text === "step" || text === "range" ? "step" : "computed");
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
