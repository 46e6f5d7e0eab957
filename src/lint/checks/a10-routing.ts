import {
  type AlertMatcher,
  durationProblem,
  isZero,
  knownKeys,
  matchersIn,
  matchersOf,
  weekdayProblems,
  withoutAddress,
} from "../alertmanager.ts";
import type { Check, Found } from "../check.ts";
import { isRecord, type Json, list, record, text } from "../input/json.ts";
import { readRegex } from "../promql-regex.ts";
import { namesCluster } from "../scope.ts";
import type { Path, Routing, Setting } from "../subject.ts";

/** An Alertmanager configuration whose parts don't fit one another, or mix clusters. */
export const routing: Check = {
  id: "A10",
  about: "Alertmanager refuses it, a receiver never hears of anything, or an alert of one cluster silences another's.",
  severity: "error",
  *run({ routings, setting }) {
    for (const one of routings) yield* problems(one, setting);
  },
};

/** Finds what is wrong in one configuration, a part after the other. */
function* problems(routing: Routing, setting: Setting): Generator<Found> {
  const { config, path } = routing;
  const at = (where: string, to: Path): Routing => ({ ...routing, where, path: [...path, ...to] });
  const said = (thing: Routing, messages: Iterable<string>): Found[] =>
    [...messages].map((message) => ({ thing, message }));
  yield* said(at("configuration", []), unknownKeys(config, "configuration"));
  const receivers = list(config["receivers"]).map(record);
  const names = receivers.map(({ name }) => text(name) ?? "");
  for (const [index, receiver] of receivers.entries()) {
    const name = names[index] ?? "";
    const place = at(`receiver ${name}`, ["receivers", index]);
    if (name === "") yield { thing: place, message: "a receiver needs a name" };
    else if (names.indexOf(name) < index) yield { thing: place, message: `two receivers are called ${name}` };
    yield* said(place, unknownKeys(receiver, "receiver"));
    yield* said(place, withoutAddress(receiver, config));
  }
  const intervals = [...list(config["time_intervals"]), ...list(config["mute_time_intervals"])].map(record);
  const called = intervals.map(({ name }) => text(name) ?? "");
  for (const [index, interval] of intervals.entries()) {
    const name = called[index] ?? "";
    const place = at(`time interval ${name}`, []);
    if (called.indexOf(name) < index) yield { thing: place, message: `two time intervals are called ${name}` };
    yield* said(place, weekdayProblems(interval));
  }
  const routes = isRecord(config["route"]) ? routesIn(config["route"], ["route"]) : [];
  if (routes.length === 0) {
    yield { thing: at("configuration", []), message: "there is no route: no alert is told to anybody" };
    return;
  }
  yield* said(at("route", ["route"]), rootProblems(record(config["route"])));
  for (const { route, to } of routes) {
    const place = at("route", to);
    yield* said(place, routeProblems(route, { receivers: names, intervals: called }));
    for (const { index, message } of hidden(route)) yield { thing: at("route", [...to, "routes", index]), message };
  }
  for (const [index, rule] of list(config["inhibit_rules"]).entries()) {
    const place = at(`inhibit rule ${index + 1}`, ["inhibit_rules", index]);
    yield* said(place, inhibitProblems(record(rule)));
    if (mixesClusters(record(rule), setting)) {
      const message = `an alert of one cluster silences those of others: add ${setting.labels.cluster} to \`equal\``;
      yield { thing: place, message, severity: "warning" };
    }
  }
  const used = new Set(routes.map(({ route }) => route["receiver"]));
  for (const [index, name] of names.entries()) {
    if (name === "" || used.has(name)) continue;
    yield { thing: at(`receiver ${name}`, ["receivers", index]), message: "no route leads to this receiver" };
  }
}

function routesIn(route: Json, to: Path): { readonly route: Json; readonly to: Path }[] {
  return [
    { route, to },
    ...list(route["routes"]).flatMap((inner, at) => routesIn(record(inner), [...to, "routes", at])),
  ];
}

function unknownKeys(value: Json, level: keyof typeof knownKeys): string[] {
  return Object.keys(value)
    .filter((key) => !knownKeys[level].has(key))
    .map((key) => `Alertmanager knows no ${key} in a ${level}: it refuses the configuration`);
}

function* rootProblems(root: Json): Generator<string> {
  if (text(root["receiver"]) === undefined) yield "the root route names no receiver";
  for (const key of ["match", "match_re", "matchers"]) {
    if (Object.keys(record(root[key])).length + list(root[key]).length > 0) {
      yield "the root route takes every alert: it can't have matchers";
    }
  }
  if (root["continue"] === true) yield "the root route can't continue: nothing comes after it";
  for (const key of ["mute_time_intervals", "active_time_intervals"]) {
    if (list(root[key]).length > 0) yield `the root route takes every alert at any time: it can't have ${key}`;
  }
}

function* routeProblems(
  route: Json,
  { receivers, intervals }: { readonly receivers: readonly string[]; readonly intervals: readonly string[] },
): Generator<string> {
  yield* unknownKeys(route, "route");
  const receiver = text(route["receiver"]);
  if (receiver !== undefined && !receivers.includes(receiver)) yield `the receiver ${receiver} is not defined`;
  yield* matcherProblems(route, ofRoute);
  for (const key of ["match", "match_re"]) {
    if (isRecord(route[key])) yield `${key} is deprecated: write matchers`;
  }
  const grouped = list(route["group_by"]);
  if (grouped.includes("...") && grouped.length > 1) yield "group_by is either `...` or labels";
  else if (new Set(grouped).size < grouped.length) yield "group_by names a label twice";
  for (const key of ["mute_time_intervals", "active_time_intervals"]) {
    for (const name of list(route[key])) {
      if (!intervals.includes(String(name))) yield `the time interval ${String(name)} is not defined`;
    }
  }
  for (const key of ["group_wait", "group_interval", "repeat_interval"]) {
    const value = route[key];
    if (value === undefined || value === null) continue;
    const problem = durationProblem(value);
    if (problem !== undefined) yield `${key}: ${problem}`;
    else if (key !== "group_wait" && isZero(value)) yield `${key} can't be 0`;
  }
}

const ofRoute = { matchers: "matchers", match: "match", matchRe: "match_re" } as const;
const ofSource = { matchers: "source_matchers", match: "source_match", matchRe: "source_match_re" } as const;
const ofTarget = { matchers: "target_matchers", match: "target_match", matchRe: "target_match_re" } as const;

function* matcherProblems(where: Json, keys: Parameters<typeof matchersOf>[1]): Generator<string> {
  for (const written of list(where[keys.matchers])) {
    if (typeof written === "string" && !matchersIn(written)) yield `${written} is no matcher: write label="value"`;
  }
  for (const { label, op, value } of matchersOf(where, keys)) {
    const { problem } = op.endsWith("~") ? readRegex(value) : {};
    if (problem !== undefined) yield `the regex of ${label}, ${value}, is none: ${problem}`;
  }
}

/** Routes that a sibling before them lets nothing through to. */
function hidden(route: Json): { readonly index: number; readonly message: string }[] {
  const inner = list(route["routes"]).map(record);
  const all = inner.map((one) => new Set(matchersOf(one, ofRoute).map(textOf)));
  return inner.flatMap((_, index) => {
    const before = inner.findIndex(
      (one, at) =>
        at < index && one["continue"] !== true && [...(all[at] ?? [])].every((wanted) => all[index]?.has(wanted)),
    );
    if (before < 0) return [];
    const what = all[before]?.size === 0 ? "every alert" : "each of its alerts";
    return [
      { index, message: `no alert comes here: route ${before + 1} before it takes ${what}, and does not continue` },
    ];
  });
}

function textOf({ label, op, value }: AlertMatcher): string {
  return `${label}${op}${value}`;
}

function* inhibitProblems(rule: Json): Generator<string> {
  yield* unknownKeys(rule, "inhibit rule");
  yield* matcherProblems(rule, ofSource);
  yield* matcherProblems(rule, ofTarget);
}

/** Nothing says that what silences and what is silenced are of one cluster, or of what is wider on purpose. */
function mixesClusters(rule: Json, { manyClusters, labels }: Setting): boolean {
  if (!manyClusters || rule["sources"] !== undefined) return false;
  const equal = list(rule["equal"]).map(String);
  const pinned = [ofSource, ofTarget].map((keys) => matchersOf(rule, keys).map(({ label }) => label));
  const wider = new Set([labels.environment, labels.region]);
  if (namesCluster(equal, labels.cluster) || equal.some((label) => wider.has(label))) return false;
  return !pinned.some((names) => namesCluster(names, labels.cluster));
}
