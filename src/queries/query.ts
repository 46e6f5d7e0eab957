import {
  labelEq,
  labelMatchRegexp,
  labelNeq,
  labelNotMatchRegexp,
  toString,
  VectorExprBuilder,
} from "@grafana/promql-builder";
import { type Exporter, labelName, roles } from "../labels.ts";
import { type CounterName, type LabelOf, metric, type MetricName, type MetricUnit } from "../metrics/index.ts";

export type { CounterName, MetricName } from "../metrics/index.ts";

/** What the numbers of a query mean: a metric's unit, or what became of it. */
export type Unit =
  | MetricUnit
  | "ratio"
  | "per second"
  | "bytes per second"
  | "requests per second"
  | "tokens per second"
  | "currency"
  | "currency per month"
  | "days"
  | "times as fast"
  | "status";

/** What must run in a cluster for a query to have series: this exporter, or any one of these that expose the same. */
export type Requirement = Exporter | readonly Exporter[];

/** Do these exporters have what a query reads? */
export function isAnswered({ requires }: Pick<Query, "requires">, running: ReadonlySet<string>): boolean {
  return requires.every((one) => (typeof one === "string" ? running.has(one) : one.some((each) => running.has(each))));
}

/** The same query, which any one of these exporters can fill. */
export function fromAny<L extends string>(exporters: readonly Exporter[], query: Query<L>): Query<L> {
  return { ...query, requires: [exporters] };
}

/**
 * A PromQL expression that knows what it measures, which labels its series carry, and what must run in a cluster for it
 * to have any. Labels are written by role; the bundle fills in what the fleet calls them.
 */
export interface Query<L extends string = string> {
  readonly language: "promql";
  readonly expr: string;
  readonly unit: Unit;
  /** How a series is called in a legend. */
  readonly legend: string;
  readonly labels: readonly L[];
  /** Without one of these exporters the query is empty: it is neither drawn nor evaluated. */
  readonly requires: readonly Requirement[];
  /** Ask for one moment instead of a range. */
  readonly instant?: boolean;
  /** Why this query ignores the board's filters, where it does. */
  readonly intentionallyGlobal?: string;
}

/** The same of LogQL, for what only lines tell: rules of Loki's ruler. */
export interface LogQuery<L extends string = string> extends Omit<Query<L>, "language"> {
  readonly language: "logql";
}

/** LogQL as written, with the labels that its series have. */
export function logql<L extends string>(about: {
  readonly labels: readonly L[];
}): (text: TemplateStringsArray, ...parts: readonly (string | number)[]) => LogQuery<L> {
  return (text, ...parts) => ({
    language: "logql",
    expr: String.raw({ raw: text.raw }, ...parts),
    unit: "none",
    legend: legendOf(about.labels),
    labels: about.labels,
    requires: [],
  });
}

/** A recorded series: the name, labels and unit that a query needs to read it. */
export interface RecordedSeries<L extends string = string> {
  readonly record: string;
  readonly labels: readonly L[];
  readonly unit: Unit;
  readonly requires: readonly Requirement[];
}

/** A matcher: a plain text is `=`. */
export type Match = string | { readonly not: string } | { readonly matches: string } | { readonly matchesNot: string };

export type Where<L extends string> = { readonly [K in L]?: Match };

/** The series of a metric of the catalogue, or of a recorded one. */
export function select<N extends MetricName>(source: N, where?: Where<NoInfer<LabelOf<N>>>): Query<LabelOf<N>>;
export function select<L extends string>(source: RecordedSeries<L>, where?: Where<NoInfer<L>>): Query<L>;
export function select(source: MetricName | RecordedSeries, where: Where<string> = {}): Query {
  const series = typeof source === "string" ? described(source) : source;
  const { labels, unit, requires } = series;
  return { language: "promql", expr: selector(series.record, where), unit, legend: legendOf(labels), labels, requires };
}

/**
 * How fast a counter grows, a second. A gauge does not type-check here.
 * @param window four scrape intervals at least; on a board, leave it to Grafana.
 */
export function rate<N extends CounterName>(
  counter: N,
  where: Where<NoInfer<LabelOf<N>>> = {},
  window = "$__rate_interval",
): Query<LabelOf<N>> {
  const { labels, unit, requires } = described(counter);
  const expr = `rate(${selector(counter, where, window)})`;
  return {
    language: "promql",
    expr,
    unit: rateUnit(unit),
    legend: legendOf(labels),
    labels: labels as LabelOf<N>[],
    requires,
  };
}

/** What scrape configurations attach to a target besides its address: two that have one target differ in nothing else. */
const attached = ["job", "endpoint", "service", "container"] as const;

/**
 * Each series of a target once, however many scrape configurations have the target: what a target tells of itself would
 * count twice in a sum. What tells of other things, as kube-state-metrics, is reduced by what it tells of instead.
 */
export function scrapedOnce<L extends string>(query: Query<L>): Query<L> {
  return { ...query, expr: `max without (${attached.join(", ")}) (${query.expr})` };
}

type Fold = "sum" | "avg" | "min" | "max" | "count" | "group";

/** One series per combination of the labels that are kept. */
function fold(operator: Fold): <L extends string, K extends NoInfer<L>>(by: readonly K[], query: Query<L>) => Query<K> {
  return (by, query) => ({
    ...query,
    expr: `${operator} by (${byList(by)}) (${query.expr})`,
    unit: operator === "count" || operator === "group" ? "none" : query.unit,
    legend: legendOf(by),
    labels: by,
  });
}

export type Folded = <L extends string, K extends NoInfer<L>>(by: readonly K[], query: Query<L>) => Query<K>;
export const sum: Folded = fold("sum");
export const avg: Folded = fold("avg");
export const min: Folded = fold("min");
export const max: Folded = fold("max");
export const count: Folded = fold("count");
export const group: Folded = fold("group");

/** Share of `whole` that is `part`, from 0 to 1. Both sides carry the same labels. */
export function ratio<L extends string>(part: Query<L>, whole: Query<NoInfer<L>>): Query<L> {
  return { ...promql({ unit: "ratio", labels: part.labels })`${part} / ${whole}`, legend: part.legend };
}

/** What is left of a ratio: 1 − r. */
export function complement<L extends string>(part: Query<L>): Query<L> {
  return { ...part, ...promql({ unit: "ratio", labels: part.labels })`1 - ${part}` };
}

/**
 * PromQL as written, for shapes that no function here has. Queries are put in with parentheses where they need them, and
 * bring along what they require; texts (label names, holes, numbers) are put in as they are.
 */
export function promql<L extends string>(about: {
  readonly unit: Unit;
  readonly labels: readonly L[];
}): (text: TemplateStringsArray, ...parts: readonly (Query | string | number)[]) => Query<L> {
  return (text, ...parts) => ({
    language: "promql",
    expr: String.raw({ raw: text.raw }, ...parts.map((part) => (typeof part === "object" ? operand(part.expr) : part))),
    unit: about.unit,
    legend: legendOf(about.labels),
    labels: about.labels,
    requires: [...new Set(parts.flatMap((part) => (typeof part === "object" ? part.requires : [])))],
  });
}

/** `cluster, environment, region`, as a query writes it. */
export function byList(labels: readonly string[]): string {
  return labels.map(labelName).join(", ");
}

/** Puts an expression in parentheses unless it is a number, one selector or one call, which bind tightest anyway. */
function operand(expr: string): string {
  return /^[\w:.]+$/u.test(expr) || isOneCall(expr) ? expr : `(${expr})`;
}

/** `name{…}`, `name(…)`, `sum by (…) (…)`: a head, then brackets that close only at the end. */
function isOneCall(expr: string): boolean {
  const head = /^(?:(?:sum|avg|min|max|count|group|topk) (?:by|without) \([^()]*\) |[\w:]+)(?=[({])/u.exec(expr)?.[0];
  if (head === undefined) return false;
  let depth = 0;
  let quoted = false;
  for (let at = head.length; at < expr.length; at += 1) {
    const char = expr.charAt(at);
    if (char === "\\" && quoted) at += 1;
    else if (char === '"') quoted = !quoted;
    else if (!quoted && "({[".includes(char)) depth += 1;
    else if (!quoted && ")}]".includes(char)) {
      depth -= 1;
      if (depth === 0) return at === expr.length - 1;
    }
  }
  return false;
}

function selector(name: string, where: Where<string>, window?: string): string {
  const matchers = Object.entries(where).flatMap(([label, match]) =>
    match === undefined ? [] : [matcher(label, match)],
  );
  const vector = new VectorExprBuilder().metric(name).labels(matchers);
  return toString((window === undefined ? vector : vector.range(window)).build());
}

function matcher(label: string, match: Match): ReturnType<typeof labelEq> {
  const name = labelName(label);
  if (typeof match === "string") return labelEq(name, match);
  if ("not" in match) return labelNeq(name, match.not);
  return "matches" in match ? labelMatchRegexp(name, match.matches) : labelNotMatchRegexp(name, match.matchesNot);
}

function described(name: MetricName): RecordedSeries {
  const { unit, labels, exporter } = metric(name);
  return { record: name, unit, labels: [...roles, ...labels], requires: exporter ? [exporter] : [] };
}

function rateUnit(unit: Unit): Unit {
  if (unit === "seconds") return "ratio";
  if (unit === "joules") return "watts";
  return unit === "bytes" ? "bytes per second" : unit === "requests" ? "requests per second" : "per second";
}

function legendOf(labels: readonly string[]): string {
  const names = labels.filter((label) => label === "cluster" || !(roles as readonly string[]).includes(label));
  return (names.length > 0 ? names : labels).map((label) => `{{${labelName(label)}}}`).join(" ");
}
