import pLimit from "p-limit";
import { secondsOf } from "../duration.ts";
import type { Rule, RuleGroup } from "../rule-group.ts";
import { remoteWrite, type Series, stale } from "./remote-write.ts";
import type { SimulatedSeries } from "./series.ts";

/** A server that history is written to. */
export interface Store {
  /** Of the server's root: the push API is below it, the query API below `/prometheus`. */
  readonly url: string;
  /** Absent where the server has no tenants. */
  readonly header?: string;
}

export interface Window {
  /** Milliseconds, both ends included. */
  readonly from: number;
  readonly to: number;
}

/** What a server answers to an expression that it can read and not evaluate. */
const unprocessable = 422;

/** How much of the window is written at a time: all series move through time together, so memory stays flat. */
const chunk = 10 * 60_000;

/**
 * Writes what exporters would have exposed in a window, in global time order.
 * @returns the number of samples
 */
export async function backfillSeries(
  store: Store,
  series: readonly SimulatedSeries[],
  { from, to }: Window,
  onProgress: (share: number) => void = () => undefined,
): Promise<number> {
  const byTenant = grouped(series, ({ tenant }) => tenant);
  let written = 0;
  for (let start = from; start <= to; start += chunk) {
    const end = Math.min(start + chunk - 1, to);
    for (const [tenant, own] of byTenant) {
      const batch = own.flatMap((one) => sampled(one, start, end));
      written += batch.reduce((sum, { samples }) => sum + samples.length, 0);
      await writer(store, tenant).send(batch);
    }
    onProgress((end - from + 1) / (to - from + 1));
  }
  return written;
}

/** The samples of a scrape interval's multiples, none where the series is not exposed. */
function sampled({ labels, interval, at }: SimulatedSeries, start: number, end: number): Series[] {
  const samples: { timestamp: number; value: number }[] = [];
  for (let timestamp = Math.ceil(start / interval) * interval; timestamp <= end; timestamp += interval) {
    const value = at(timestamp);
    if (value !== undefined) samples.push({ timestamp, value });
  }
  return samples.length === 0 ? [] : [{ labels, samples }];
}

/** The rule groups of one tenant's ruler. */
export interface TenantRules {
  readonly tenant: string;
  readonly groups: readonly RuleGroup[];
}

/** What a ruler remembers of an alert between two evaluations. */
interface Active {
  readonly labels: Line["labels"];
  /** When its condition began to hold. */
  readonly since: number;
  readonly firing: boolean;
  /** When its condition was gone, while it goes on firing all the same. */
  readonly gone?: number;
}

/** What rulers know at the end of a window, for the next one to go on with. */
export interface RulerMemory {
  /** The alerts of each rule, by the labels of its result. */
  readonly active: Map<Rule, ReadonlyMap<string, Active>>;
  /** The series that each rule gave at its last evaluation. */
  readonly given: Map<Rule, ReadonlyMap<string, Series["labels"]>>;
}

export function rulerMemory(): RulerMemory {
  return { active: new Map(), given: new Map() };
}

/**
 * Writes what rulers would have recorded in a window, alerts that would have fired among it. Without it a board that reads
 * recorded series begins empty on the day of its publishing. Rules are evaluated after those that they read.
 * @param memory what was so before the window; changed to what is so at its end
 * @returns the number of samples
 */
export async function backfillRules(
  store: Store,
  tenants: readonly TenantRules[],
  window: Window,
  memory: RulerMemory = rulerMemory(),
): Promise<number> {
  const steps = tenants.flatMap(({ tenant, groups }) =>
    groups.flatMap((group) => group.rules.map((rule): Step => ({ tenant, group, rule }))),
  );
  const evaluate = async ({ tenant, group, rule }: Step): Promise<number> => {
    const interval = secondsOf(group.interval) * 1000;
    const reads = group.source_tenants?.join("|") ?? tenant;
    const found = await queryRange(store, reads, rule.expr, window, interval);
    const times = timesIn(window, interval);
    const values =
      "record" in rule
        ? found.map((one) => recorded(rule.record, rule.labels, one))
        : firing(rule, found, { times, active: memory.active });
    const results = withEnds(rule, values, { times, given: memory.given });
    if (results.length > 0) await writer(store, tenant).send(results);
    return results.reduce((sum, { samples }) => sum + samples.length, 0);
  };
  let written = 0;
  // A server has several cores, and most rules do not wait for another one.
  const atOnce = pLimit(4);
  for (const round of rounds(steps)) {
    const counts = await Promise.all(round.map((step) => atOnce(() => evaluate(step))));
    written += counts.reduce((sum, count) => sum + count, 0);
  }
  return written;
}

interface Step {
  readonly tenant: string;
  readonly group: RuleGroup;
  readonly rule: Rule;
}

/** Rules after what they read, whatever group and tenant holds that; those of one round do not read each other. */
function rounds(steps: readonly Step[]): Step[][] {
  const makes = grouped(steps, ({ rule }) => ("record" in rule ? rule.record : "ALERTS"));
  const roundOf = new Map<Step, number>();
  const visit = (step: Step): number => {
    const known = roundOf.get(step);
    if (known !== undefined) return known;
    // Until it is known: a rule may read what it recorded before.
    roundOf.set(step, 0);
    const read = new Set(step.rule.expr.match(/[a-zA-Z_][\w:]*/gu));
    const round = Math.max(0, ...[...read].flatMap((name) => makes.get(name) ?? []).map((one) => visit(one) + 1));
    roundOf.set(step, round);
    return round;
  };
  for (const step of steps) visit(step);
  return [...grouped(steps, (step) => String(roundOf.get(step)))]
    .toSorted(([a], [b]) => Number(a) - Number(b))
    .map(([, round]) => round);
}

interface Line {
  readonly labels: Readonly<Record<string, string>>;
  readonly samples: readonly { readonly timestamp: number; readonly value: number }[];
}

function recorded(name: string, adds: Rule["labels"], { labels, samples }: Line): Series {
  return { labels: { ...withoutName(labels), ...adds, __name__: name }, samples };
}

/** When alerts fired: after their condition had held for so long without a gap, and for a while after it, where the rule says so. */
function firing(
  rule: Extract<Rule, { readonly alert: string }>,
  found: readonly Line[],
  { times, active }: { readonly times: readonly number[]; readonly active: RulerMemory["active"] },
): Series[] {
  const before = active.get(rule) ?? new Map<string, Active>();
  const after = new Map<string, Active>();
  active.set(rule, after);
  const lines = new Map(found.map((line) => [keyOf(line.labels), line]));
  return [...new Set([...lines.keys(), ...before.keys()])].flatMap((key) => {
    let state = before.get(key);
    const labels = lines.get(key)?.labels ?? state?.labels ?? {};
    const holds = new Set(lines.get(key)?.samples.map(({ timestamp }) => timestamp));
    const samples: { timestamp: number; value: number }[] = [];
    for (const timestamp of times) {
      state = evaluated(rule, state, { labels, holds: holds.has(timestamp), timestamp });
      if (state?.firing) samples.push({ timestamp, value: 1 });
    }
    if (state) after.set(key, state);
    const own = { ...withoutName(labels), ...rule.labels, alertname: rule.alert, alertstate: "firing" };
    return samples.length === 0 ? [] : [{ labels: { ...own, __name__: "ALERTS" }, samples }];
  });
}

function evaluated(
  rule: Extract<Rule, { readonly alert: string }>,
  before: Active | undefined,
  {
    labels,
    holds,
    timestamp,
  }: { readonly labels: Active["labels"]; readonly holds: boolean; readonly timestamp: number },
): Active | undefined {
  if (holds) {
    const since = before?.since ?? timestamp;
    const lasting = 1000 * secondsOf(rule.for ?? "0s");
    return { labels, since, firing: before?.firing === true || timestamp - since >= lasting };
  }
  if (!before?.firing) return undefined;
  const gone = before.gone ?? timestamp;
  const keeps = timestamp - gone < 1000 * secondsOf(rule.keep_firing_for ?? "0s");
  return keeps ? { ...before, gone } : undefined;
}

/**
 * As a ruler does, says at the first evaluation that no longer gives a series that it has ended: else it would be seen for five
 * more minutes, beside what took its place.
 */
function withEnds(
  rule: Rule,
  results: readonly Series[],
  { times, given }: { readonly times: readonly number[]; readonly given: RulerMemory["given"] },
): Series[] {
  const before = given.get(rule) ?? new Map<string, Series["labels"]>();
  if (times.length === 0) return [];
  const after = new Map<string, Series["labels"]>();
  given.set(rule, after);
  const lines = new Map(results.map((line) => [keyOf(line.labels), line]));
  return [...new Set([...lines.keys(), ...before.keys()])].flatMap((key) => {
    const labels = lines.get(key)?.labels ?? before.get(key) ?? {};
    const values = new Map(lines.get(key)?.samples.map((sample) => [sample.timestamp, sample]));
    let isGiven = before.has(key);
    const samples = times.flatMap((timestamp) => {
      const sample = values.get(timestamp);
      const ends = isGiven && sample === undefined;
      isGiven = sample !== undefined;
      if (sample) return [sample];
      return ends ? [{ timestamp, value: stale }] : [];
    });
    if (isGiven) after.set(key, labels);
    return samples.length === 0 ? [] : [{ labels, samples }];
  });
}

/** The moments of a window at which a group is evaluated. */
function timesIn({ from, to }: Window, interval: number): number[] {
  const times: number[] = [];
  for (let at = Math.ceil(from / interval) * interval; at <= to; at += interval) times.push(at);
  return times;
}

function keyOf(labels: Line["labels"]): string {
  return JSON.stringify(Object.entries(labels).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

function withoutName(labels: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(labels).filter(([name]) => name !== "__name__"));
}

function writer({ url, header }: Store, tenant: string): ReturnType<typeof remoteWrite> {
  return remoteWrite(url, header === undefined ? {} : { headers: { [header]: tenant } });
}

/** As a ruler does, goes on after an evaluation that fails: then half of the window is asked for, and at last that moment left out. */
async function queryRange(
  store: Store,
  tenant: string,
  expr: string,
  { from, to }: Window,
  step: number,
): Promise<Line[]> {
  const { url, header } = store;
  const start = Math.ceil(from / step) * step;
  // A group of a long interval has no turn in a short window.
  if (start > to) return [];
  const form = new URLSearchParams({
    query: expr,
    start: String(start / 1000),
    end: String(to / 1000),
    step: String(step / 1000),
  });
  const response = await fetch(`${url}/prometheus/api/v1/query_range`, {
    method: "POST",
    body: form,
    ...(header !== undefined && { headers: { [header]: tenant } }),
  });
  const text = await response.text();
  if (response.status === unprocessable && text.includes("many-to-many")) {
    if (start + step > to) return [];
    const middle = start + Math.floor((to - start) / step / 2) * step;
    const parts = [
      ...(await queryRange(store, tenant, expr, { from: start, to: middle }, step)),
      ...(await queryRange(store, tenant, expr, { from: middle + 1, to }, step)),
    ];
    return [...grouped(parts, ({ labels }) => keyOf(labels)).values()].map((same) => ({
      labels: same[0]?.labels ?? {},
      samples: same.flatMap(({ samples }) => samples),
    }));
  }
  if (!response.ok) throw new Error(`${url} answered ${response.status} to the rule ${expr}: ${text.slice(0, 300)}`);
  return lines(JSON.parse(text), expr);
}

function lines(answer: unknown, expr: string): Line[] {
  const { data } = answer as { readonly data?: { readonly resultType?: string; readonly result?: unknown } };
  if (data?.resultType !== "matrix" || !Array.isArray(data.result))
    throw new Error(`the rule ${expr} gives no series over time`);
  return (
    data.result as { readonly metric: Line["labels"]; readonly values: readonly (readonly [number, string])[] }[]
  ).map(({ metric, values }) => ({
    labels: metric,
    samples: values.map(([seconds, value]) => ({ timestamp: Math.round(seconds * 1000), value: numberOf(value) })),
  }));
}

function numberOf(text: string): number {
  return text === "+Inf" ? Infinity : text === "-Inf" ? -Infinity : Number(text);
}

function grouped<T>(items: readonly T[], by: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const group = groups.get(by(item));
    if (group) group.push(item);
    else groups.set(by(item), [item]);
  }
  return groups;
}
