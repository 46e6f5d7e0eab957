import { goFloat } from "./go-numbers.ts";
import { readRegex } from "./promql-regex.ts";
import { withoutVariables } from "./dashboard-variables.ts";
import { deepestNesting, type QueryError, type QueryOptions, SyntaxProblem } from "./query-language.ts";
import { tokenizeTraceql, type TraceqlToken } from "./traceql-tokens.ts";

/** `spans` gives spans of traces, `metrics` series. */
export type TraceqlType = "spans" | "metrics";

export interface Traceql {
  /** Would Tempo accept it? */
  readonly ok: boolean;
  /** Absent after an error, and when a dashboard variable decides it. */
  readonly type?: TraceqlType;
  readonly errors: readonly QueryError[];
}

/**
 * Would Tempo 3 accept this query, and does it give spans or series? Also what its grammar takes but its checker refuses
 * is an error: wrong types, and what it says is not supported yet. Never throws.
 */
export function parseTraceql(text: string, options: QueryOptions = {}): Traceql {
  try {
    const parser = new Parser(tokenizeTraceql(text, options), text, options);
    const type = parser.root();
    const { errors } = parser;
    return { ok: errors.length === 0, ...(errors.length === 0 && type && { type }), errors };
  } catch (error) {
    if (!(error instanceof SyntaxProblem)) throw error;
    const { message, from, to } = error;
    return { ok: false, errors: [{ message, from, to }] };
  }
}

interface Span {
  readonly from: number;
  readonly to: number;
}

/** What stands between pipes, or in parentheses, or on a side of an operator. */
type Shape =
  | "spanset"
  | "number"
  | "duration"
  | "aggregate"
  | "aggregates"
  | "filter"
  | "group"
  | "select"
  | "coalesce"
  | "metrics stage"
  | "second stage"
  /** In parentheses: several stages. */
  | "pipeline"
  /** In parentheses: stages that end in an aggregate, or in a metric. */
  | "scalar pipeline"
  | "metrics"
  | "unknown";

interface Part extends Span {
  readonly shape: Shape;
  /** Of metrics: is there a compare() in it? */
  readonly compares?: boolean;
}

type FieldType = "int" | "float" | "duration" | "string" | "boolean" | "status" | "kind" | "nil" | "attribute";

/** What an attribute is for. */
interface Use {
  readonly ofMetric?: boolean;
}

const noParent = "Tempo does not support `parent` yet";

interface Field extends Span {
  readonly type: FieldType;
  /** Does it look at the span, or is it always the same? */
  readonly spans: boolean;
  /** What a quoted text says. */
  readonly text?: TraceqlToken;
  /** Something that can't be `nil`. */
  readonly never?: string;
}

const structural: ReadonlySet<string> = new Set("&& || > < >> << ~ !> !< !>> !<< !~ &> &< &>> &<< &~".split(" "));
const comparisons: ReadonlySet<string> = new Set("= != < <= > >=".split(" "));
const arithmetic: ReadonlySet<string> = new Set("+ - * / % ^".split(" "));
const folding: ReadonlySet<string> = new Set("+ - * /".split(" "));
const aggregates: ReadonlySet<string> = new Set("max min avg sum".split(" "));
const overTime: ReadonlySet<string> = new Set(
  "min_over_time max_over_time sum_over_time avg_over_time histogram_over_time quantile_over_time".split(" "),
);
const metricStages: ReadonlySet<string> = new Set(["rate", "count_over_time", "compare", ...overTime]);
const reservesGroup: ReadonlySet<string> = new Set("avg_over_time histogram_over_time quantile_over_time".split(" "));
const mostGroups = 5;
const mostCompared = 1000;

/** What Tempo's lexer takes for no name. */
const keywords: ReadonlySet<string> = new Set([
  ...aggregates,
  ...metricStages,
  ...(
    "by childCount client coalesce consumer count duration error false id internal kind name nestedSetLeft " +
    "nestedSetParent nestedSetRight nil ok parent parentID producer rootName rootService rootServiceName select server " +
    "spanID status statusMessage timeSinceStart topk bottomk traceDuration traceID true unset unspecified version with"
  ).split(" "),
]);

const levels: Readonly<Record<string, number>> = {
  "&&": 1,
  "||": 1,
  ...Object.fromEntries(
    [...comparisons, ...structural, "=~"].filter((op) => op !== "&&" && op !== "||").map((op) => [op, 2]),
  ),
  "+": 3,
  "-": 3,
  "*": 5,
  "/": 5,
  "%": 5,
  "^": 6,
};
const notLevel = 4;

const statics: Readonly<Record<string, FieldType>> = {
  true: "boolean",
  false: "boolean",
  minInt: "int",
  maxInt: "int",
  ...Object.fromEntries(["ok", "error", "unset"].map((name) => [name, "status"])),
  ...Object.fromEntries(
    ["unspecified", "internal", "server", "client", "producer", "consumer"].map((name) => [name, "kind"]),
  ),
};
const intrinsics: Readonly<Record<string, FieldType>> = {
  duration: "duration",
  name: "string",
  status: "status",
  statusMessage: "string",
  kind: "kind",
  rootName: "string",
  rootServiceName: "string",
  traceDuration: "duration",
  nestedSetLeft: "int",
  nestedSetRight: "int",
  nestedSetParent: "int",
};
const scopedIntrinsics: Readonly<Record<string, Readonly<Record<string, FieldType>>>> = {
  "trace:": { duration: "duration", rootName: "string", rootService: "string", id: "string" },
  "span:": {
    duration: "duration",
    name: "string",
    kind: "kind",
    status: "status",
    statusMessage: "string",
    id: "string",
    parentID: "string",
    childCount: "int",
  },
  "event:": { name: "string", timeSinceStart: "duration" },
  "link:": { traceID: "string", spanID: "string" },
  "instrumentation:": { name: "attribute", version: "attribute" },
};

class Parser {
  readonly errors: QueryError[] = [];
  private readonly tokens: readonly TraceqlToken[];
  private readonly text: string;
  private readonly grafana: boolean;
  private at = 0;
  private depth = 0;

  constructor(tokens: readonly TraceqlToken[], text: string, { grafana = false }: QueryOptions) {
    this.tokens = tokens;
    this.text = text;
    this.grafana = grafana;
  }

  root(): TraceqlType | undefined {
    if (this.peek().kind === "end") this.fail("there is no query");
    const whole = this.pipeline(true);
    while (this.skip("with")) this.hints();
    if (this.peek().kind !== "end") this.unexpected("an operator, `|` or the end");
    switch (whole.shape) {
      case "spanset":
      case "filter":
      case "group":
      case "select":
      case "pipeline":
        return "spans";
      case "metrics":
      case "metrics stage":
        return "metrics";
      case "unknown":
        return undefined;
      case "aggregate":
      case "aggregates":
        return this.fail("an aggregate must be compared with a number: `count() > 2`", whole);
      case "scalar pipeline":
        return this.fail("a pipeline in parentheses can't be compared: write `{…} | count() > 2`", whole);
      default:
        return this.fail("this selects no spans: begin with `{…}`", whole);
    }
  }

  /**
   * Stages between pipes. Metrics come last, and what follows them are their second stages.
   * @param whole is it the whole query, where the second stages of arithmetic between metrics may follow?
   */
  private pipeline(whole: boolean): Part {
    const first = this.stage(true);
    let last = first;
    let stages = 1;
    let compares = first.compares ?? false;
    const metrics = (): boolean => last.shape === "metrics stage" || (whole && last.shape === "metrics");
    for (;;) {
      if (metrics() && this.isComparison()) {
        this.refuseCompare(compares);
        this.at++;
        this.constant(
          this.operator(3, () => this.term()),
          "a number",
        );
      } else if (this.skip("|")) {
        const next = this.stage(false);
        if (next.shape === "second stage") {
          if (!metrics()) this.fail("topk() and bottomk() follow metrics: `{…} | rate() | topk(5)`", next);
          this.refuseCompare(compares);
          continue;
        }
        if (metrics()) this.fail("only topk() and bottomk() follow metrics", next);
        if (last.shape === "aggregate") this.fail("an aggregate must be compared with a number: `count() > 2`", last);
        if (last.shape === "pipeline" || last.shape === "scalar pipeline" || last.shape === "metrics") {
          this.fail("no stage can follow a pipeline in parentheses", next);
        }
        this.expectStage(last, stages === 1);
        stages++;
        compares ||= next.compares ?? false;
        last = next;
      } else break;
    }
    const place = { from: first.from, to: this.end(), compares };
    if (stages === 1) return { ...last, ...place };
    if (last.shape === "aggregate" || last.shape === "metrics stage" || last.shape === "unknown")
      return { ...last, ...place };
    this.expectStage(last, false);
    return { shape: "pipeline", ...place };
  }

  private refuseCompare(compares: boolean): void {
    if (compares) this.report("compare() takes no second stage and no arithmetic", this.peek());
  }

  private expectStage(part: Part, first: boolean): void {
    const fits =
      ["spanset", "filter", "group", "select", "unknown"].includes(part.shape) || (!first && part.shape === "coalesce");
    if (!fits) this.fail(first ? "a query can't begin with this" : "this is no stage of a pipeline", part);
  }

  private stage(first: boolean): Part {
    const start = this.peek();
    const next = this.tokens[this.at + 1];
    if (start.kind === "word" && next?.text === "(" && next.kind === "mark") {
      const part = (shape: Shape, compares = false): Part => ({ shape, from: start.from, to: this.end(), compares });
      if (start.text === "by") {
        this.at++;
        this.group();
        return part("group");
      }
      if (start.text === "select") {
        this.at++;
        this.attributes();
        return part("select");
      }
      if (start.text === "coalesce" && !first) {
        this.at += 2;
        this.expect(")");
        return part("coalesce");
      }
      if (metricStages.has(start.text) && !first) {
        this.metric();
        return part("metrics stage", start.text === "compare");
      }
      if ((start.text === "topk" || start.text === "bottomk") && !first) {
        this.at += 2;
        const count = this.take("int", "a whole number");
        if (count.kind === "int" && Number(count.text) <= 0)
          this.report(`${start.text}() needs a number above 0`, count);
        this.expect(")");
        return part("second stage");
      }
    }
    return this.operator(1, () => this.term());
  }

  private operator(lowest: number, term: () => Part): Part {
    let left = term();
    for (;;) {
      const op = this.peek();
      const level = op.kind === "mark" ? levels[op.text] : undefined;
      if (level === undefined || level < lowest || op.text === "=~") return left;
      if (left.shape === "metrics" && comparisons.has(op.text)) return left;
      this.at++;
      const right = this.deeper(() => this.operator(op.text === "^" ? level : level + 1, term));
      left = this.combined(op, left, right);
    }
  }

  private combined(op: TraceqlToken, left: Part, right: Part): Part {
    const place = { from: left.from, to: right.to };
    const shapes = [left.shape, right.shape];
    const both = (shape: Shape): boolean => shapes.every((each) => each === shape);
    if (shapes.includes("unknown")) return { shape: "unknown", ...place };
    if (structural.has(op.text) && (both("spanset") || both("pipeline"))) {
      return { shape: left.shape, ...place };
    }
    const constant = (shape: Shape): boolean => shape === "number" || shape === "duration";
    if (folding.has(op.text) && shapes.every(constant)) {
      if (shapes.includes("duration")) this.report("a duration can't be computed with", place);
      return { shape: "number", ...place };
    }
    if (
      folding.has(op.text) &&
      shapes.includes("metrics") &&
      shapes.every((shape) => shape === "metrics" || constant(shape))
    ) {
      if (shapes.includes("duration")) this.report("metrics are computed with numbers, not with durations", place);
      const compares = (left.compares ?? false) || (right.compares ?? false);
      this.refuseCompare(compares);
      return { shape: "metrics", ...place, compares };
    }
    const aggregated = (shape: Shape): boolean => shape === "aggregate" || shape === "aggregates";
    if (
      arithmetic.has(op.text) &&
      shapes.some(aggregated) &&
      shapes.every((shape) => aggregated(shape) || constant(shape))
    ) {
      return { shape: "aggregates", ...place };
    }
    if (arithmetic.has(op.text) && both("scalar pipeline")) return { shape: "scalar pipeline", ...place };
    if (comparisons.has(op.text)) {
      if (left.shape === "aggregate" && constant(right.shape)) return { shape: "filter", ...place };
      if (shapes.some(aggregated) && shapes.every((shape) => aggregated(shape) || constant(shape))) {
        this.report("Tempo compares one aggregate with a number only, the aggregate on the left", place);
        return { shape: "filter", ...place };
      }
      if (left.shape === "scalar pipeline" && (right.shape === "scalar pipeline" || constant(right.shape))) {
        this.report("Tempo does not compare pipelines in parentheses: write `{…} | count() > 2`", place);
        return { shape: "filter", ...place };
      }
    }
    return this.fail(`\`${op.text}\` can't stand between these`, place);
  }

  private term(): Part {
    const start = this.peek();
    const part = (shape: Shape, compares = false): Part => ({ shape, from: start.from, to: this.end(), compares });
    if (start.kind === "variable") {
      this.at++;
      return part("unknown");
    }
    if (start.kind === "int" || start.kind === "float" || start.kind === "duration") {
      this.at++;
      return part(start.kind === "duration" ? "duration" : "number");
    }
    if (this.skip("-")) {
      const inner = this.deeper(() => this.term());
      this.constant(inner, "a number after `-`");
      return part(inner.shape);
    }
    if (this.is("{")) {
      this.filter();
      return part("spanset");
    }
    if (this.skip("(")) {
      const inner = this.deeper(() => this.pipeline(false));
      this.expect(")");
      return part(this.wrapped(inner), inner.compares);
    }
    if (start.kind === "word" && (start.text === "count" || aggregates.has(start.text))) {
      this.at++;
      this.expect("(");
      if (start.text !== "count") this.aggregated();
      this.expect(")");
      return part("aggregate");
    }
    return this.unexpected("`{…}`, `(` or an aggregate");
  }

  /** What parentheses make of it. */
  private wrapped({ shape, from, to }: Part): Shape {
    const piped = this.text.slice(from, to).includes("|") && this.hasPipe(from, to);
    switch (shape) {
      case "spanset":
      case "number":
      case "duration":
      case "aggregates":
      case "metrics":
      case "unknown":
        return shape;
      case "aggregate":
        return piped ? "scalar pipeline" : "aggregate";
      case "metrics stage":
        return "metrics";
      case "filter":
      case "group":
      case "select":
      case "pipeline":
        return "pipeline";
      case "scalar pipeline":
        return shape;
      default:
        return this.fail("this can't stand in parentheses", { from, to });
    }
  }

  /** Is there a `|` between these places, outside of inner parentheses? */
  private hasPipe(from: number, to: number): boolean {
    let depth = 0;
    return this.tokens.some((token) => {
      if (token.from < from || token.to > to || token.kind !== "mark") return false;
      if (token.text === "(") depth++;
      else if (token.text === ")") depth--;
      return token.text === "|" && depth === 0;
    });
  }

  private constant(part: Part, what: string): void {
    if (!["number", "duration", "unknown"].includes(part.shape)) this.fail(`expected ${what}`, part);
  }

  private aggregated(): void {
    const field = this.field(1);
    if (!isNumeric(field.type) && field.type !== "attribute") this.report("an aggregate needs a number", field);
    if (!field.spans) this.report("an aggregate needs something of the span: an attribute, a duration", field);
  }

  private group(): void {
    this.expect("(");
    const field = this.field(1);
    this.expect(")");
    if (!field.spans) this.report("by() needs something of the span: an attribute, a name", field);
  }

  private metric(): void {
    const name = this.peek();
    this.at += 2;
    if (name.text === "compare") {
      this.compare();
      return;
    }
    if (overTime.has(name.text)) {
      this.attribute({ ofMetric: true });
      if (name.text === "quantile_over_time") {
        this.expect(",");
        do {
          const { kind, text, from, to } = this.peek();
          if (kind !== "int" && kind !== "float" && kind !== "variable") this.unexpected("a quantile");
          this.at++;
          if (kind !== "variable" && (goFloat(text) ?? 0) > 1)
            this.report("a quantile lies between 0 and 1", { from, to });
        } while (this.skip(","));
      }
    }
    this.expect(")");
    if (!this.skip("by")) return;
    const groups = this.attributes({ ofMetric: true });
    if (groups > mostGroups || (groups === mostGroups && reservesGroup.has(name.text))) {
      this.report(
        `${name.text}() groups by ${reservesGroup.has(name.text) ? mostGroups - 1 : mostGroups} attributes at most`,
        name,
      );
    }
  }

  private compare(): void {
    const start = this.tokens[this.at - 2] ?? this.peek();
    this.filter();
    const numbers: number[] = [];
    while (this.skip(",")) numbers.push(Number(this.take("int", "a whole number").text));
    this.expect(")");
    const [top = 10, from, to] = numbers;
    if (numbers.length === 2 || numbers.length > 3)
      this.report("compare() takes a filter, a number, and two times", start);
    if (!(top > 0 && top <= mostCompared)) this.report(`compare() shows 1 to ${mostCompared} values`, start);
    if (from !== undefined && to !== undefined && !(from === 0 && to === 0) && !(from > 0 && to > from)) {
      this.report("compare() needs a start above 0 and a later end", start);
    }
  }

  private attributes(use: Use = {}): number {
    let count = 0;
    this.expect("(");
    do {
      this.attribute(use);
      count++;
    } while (this.skip(","));
    this.expect(")");
    return count;
  }

  private attribute(use: Use = {}): void {
    const { kind } = this.peek();
    if (kind === "variable") this.at++;
    else if (!this.attributeField(use)) this.unexpected("an attribute");
  }

  private hints(): void {
    this.expect("(");
    do {
      if (this.peek().kind !== "word" || keywords.has(this.peek().text)) this.unexpected("the name of a hint");
      this.at++;
      this.expect("=");
      if (!this.static()) this.unexpected("a value");
    } while (this.skip(","));
    this.expect(")");
  }

  private filter(): void {
    this.expect("{");
    if (this.skip("}")) return;
    const field = this.field(1);
    this.expect("}", "an operator or `}`");
    if (field.type !== "boolean" && field.type !== "attribute") {
      this.report(`the filter must be true or false, not ${named(field.type)}`, field);
    }
  }

  private field(lowest: number): Field {
    let left = this.fieldTerm();
    for (;;) {
      const op = this.peek();
      const level = op.kind === "mark" ? levels[op.text] : undefined;
      if (level === undefined || level < lowest || !isFieldOperator(op.text)) break;
      this.at++;
      const right = this.deeper(() => this.field(op.text === "^" ? level : level + 1));
      left = this.compared(op, left, right);
    }
    if (left.type === "nil" && lowest === 1) this.fail("`nil` is only compared: `.a != nil`", left);
    return left;
  }

  private compared(op: TraceqlToken, left: Field, right: Field): Field {
    const place = { from: left.from, to: right.to };
    const result = (type: FieldType): Field => ({ type, spans: left.spans || right.spans, ...place });
    if (left.type === "nil" || right.type === "nil") {
      if (op.text !== "=" && op.text !== "!=") this.fail("`nil` is only compared with = and !=", place);
      const never = left.never ?? right.never;
      if (op.text === "=" && never !== undefined) this.report(`${never} is never nil`, place);
      return result("boolean");
    }
    const types = [left.type, right.type];
    const matching = types.includes("attribute") || left.type === right.type || types.every((type) => isNumeric(type));
    if (!matching) this.report(`${named(left.type)} and ${named(right.type)} can't be combined`, place);
    else if (!types.every((type) => takes(op.text, type))) {
      const wrong = types.find((type) => !takes(op.text, type)) ?? left.type;
      this.report(`\`${op.text}\` does not work on ${named(wrong)}`, place);
    } else if (op.text === "=~" || op.text === "!~") {
      if (right.text === undefined) this.report(`\`${op.text}\` needs a quoted regex`, right);
      else {
        const fixed = this.grafana ? withoutVariables(right.text.text) : undefined;
        const { problem } = readRegex(fixed ?? right.text.text);
        if (problem !== undefined) this.report(`not a regex: ${problem}`, right);
      }
    }
    if (!arithmetic.has(op.text)) return result("boolean");
    return result(left.type === "attribute" ? right.type : left.type);
  }

  private fieldTerm(): Field {
    const start = this.peek();
    const ended = (field: Omit<Field, keyof Span>): Field => ({ ...field, from: start.from, to: this.end() });
    if (start.kind === "variable") {
      this.at++;
      return ended({ type: "attribute", spans: true, text: { ...start, text: "x" } });
    }
    if (this.skip("(")) {
      const inner = this.deeper(() => this.field(1));
      this.expect(")");
      return { ...inner, from: start.from, to: this.end() };
    }
    if (this.is("-") || this.is("!")) {
      this.at++;
      const inner = this.deeper(() => this.field(start.text === "-" ? (levels["-"] ?? 3) : notLevel));
      const fits =
        inner.type === "attribute" || (start.text === "-" ? isNumeric(inner.type) : inner.type === "boolean");
      if (!fits)
        this.report(`\`${start.text}\` does not work on ${named(inner.type)}`, { from: start.from, to: inner.to });
      return ended({ type: inner.type, spans: inner.spans });
    }
    if (start.kind === "word" && start.text === "nil") {
      this.at++;
      return ended({ type: "nil", spans: false });
    }
    const type = this.static();
    if (type !== undefined) return ended({ type, spans: false, ...(start.kind === "string" && { text: start }) });
    const attribute = this.attributeField();
    return attribute ? ended(attribute) : this.unexpected("an attribute or a value");
  }

  private static(): FieldType | undefined {
    const { kind, text } = this.peek();
    const types: Partial<Record<TraceqlToken["kind"], FieldType>> = {
      string: "string",
      int: "int",
      float: "float",
      duration: "duration",
      variable: "attribute",
    };
    const type = kind === "word" && Object.hasOwn(statics, text) ? statics[text] : types[kind];
    if (type !== undefined) this.at++;
    return type;
  }

  /** What a metric is made of and grouped by may be of the parent; what Tempo makes of it is another matter. */
  private attributeField({ ofMetric = false }: Use = {}): Omit<Field, keyof Span> | undefined {
    const start = this.peek();
    if (start.kind === "word") {
      if (start.text === "parent") {
        this.at++;
        if (!ofMetric) this.report(noParent, start);
        return { type: "attribute", spans: true };
      }
      const type = Object.hasOwn(intrinsics, start.text) ? intrinsics[start.text] : undefined;
      if (type === undefined) return undefined;
      this.at++;
      return { type, spans: true, never: start.text };
    }
    if (start.kind !== "scope") return undefined;
    this.at++;
    if (start.text.endsWith(":")) {
      const name = this.peek();
      const known = scopedIntrinsics[start.text] ?? {};
      const type = name.kind === "word" && Object.hasOwn(known, name.text) ? known[name.text] : undefined;
      if (type === undefined) return this.unexpected(`one of ${Object.keys(known).join(", ")}`);
      this.at++;
      return { type, spans: true, never: `${start.text}${name.text}` };
    }
    if (this.peek().kind === "scope") this.at++;
    const name = this.take("attribute", "the name of an attribute");
    if (start.text === "parent." && !ofMetric) this.report(noParent, start);
    const whole = `${start.text}${name.text}`;
    return { type: "attribute", spans: true, ...(whole === "resource.service.name" && { never: whole }) };
  }

  private isComparison(): boolean {
    const { kind, text } = this.peek();
    return kind === "mark" && comparisons.has(text);
  }

  private peek(): TraceqlToken {
    return this.tokens[this.at] ?? { kind: "end", text: "", from: this.text.length, to: this.text.length };
  }

  private end(): number {
    return this.tokens[this.at - 1]?.to ?? 0;
  }

  private is(text: string): boolean {
    const next = this.peek();
    return (next.kind === "mark" || next.kind === "word") && next.text === text;
  }

  private skip(text: string): boolean {
    if (!this.is(text)) return false;
    this.at++;
    return true;
  }

  private expect(text: string, what = `\`${text}\``): void {
    if (!this.skip(text)) this.unexpected(what);
  }

  private take(kind: TraceqlToken["kind"], what: string): TraceqlToken {
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

  private report(message: string, { from, to }: Span): void {
    this.errors.push({ message, from, to });
  }

  private fail(message: string, place: Span = this.peek()): never {
    throw new SyntaxProblem(message, place);
  }

  private unexpected(expected: string): never {
    const next = this.peek();
    const found = next.kind === "end" ? "the end" : `\`${this.text.slice(next.from, next.to)}\``;
    this.fail(`expected ${expected}, found ${found}`);
  }
}

function isNumeric(type: FieldType): boolean {
  return type === "int" || type === "float" || type === "duration";
}

function isFieldOperator(op: string): boolean {
  return arithmetic.has(op) || comparisons.has(op) || op === "=~" || op === "!~" || op === "&&" || op === "||";
}

function takes(op: string, type: FieldType): boolean {
  switch (type) {
    case "attribute":
      return true;
    case "boolean":
      return op === "&&" || op === "||" || op === "=" || op === "!=";
    case "string":
      return comparisons.has(op) || op === "=~" || op === "!~";
    case "status":
    case "kind":
    case "nil":
      return op === "=" || op === "!=";
    default:
      return arithmetic.has(op) || comparisons.has(op);
  }
}

function named(type: FieldType): string {
  const names: Readonly<Record<FieldType, string>> = {
    int: "a number",
    float: "a number",
    duration: "a duration",
    string: "a text",
    boolean: "true or false",
    status: "a status",
    kind: "a kind",
    nil: "nil",
    attribute: "an attribute",
  };
  return names[type];
}
