import type { Check, Found } from "../check.ts";
import { isRecord, type Json, list, record, text } from "../input/json.ts";
import type { Path, Routing } from "../subject.ts";

/** An Alertmanager configuration whose parts don't fit one another. */
export const routing: Check = {
  id: "A10",
  about: "A route to a receiver that is not there is refused; a receiver that no route names never hears of anything.",
  severity: "error",
  *run({ routings }) {
    for (const one of routings) yield* problems(one);
  },
};

function* problems(routing: Routing): Generator<Found> {
  const { config, path } = routing;
  const receivers = list(config["receivers"]).map((item) => text(record(item)["name"]) ?? "");
  const at = (where: string, to: Path): Routing => ({ ...routing, where, path: [...path, ...to] });
  const used = new Set<string>();
  for (const [index, name] of receivers.entries()) {
    const place = at(`receiver ${name}`, ["receivers", index]);
    if (name === "") yield { thing: place, message: "a receiver needs a name" };
    else if (receivers.indexOf(name) < index) yield { thing: place, message: `two receivers are called ${name}` };
  }
  const root = record(config["route"]);
  if (text(root["receiver"]) === undefined) {
    yield { thing: at("route", ["route"]), message: "the root route names no receiver" };
  }
  for (const key of ["match", "match_re", "matchers"]) {
    if (root[key] !== undefined && Object.keys(record(root[key])).length + list(root[key]).length > 0) {
      yield { thing: at("route", ["route", key]), message: "the root route takes every alert: it can't have matchers" };
    }
  }
  for (const { route, to } of routesIn(root, ["route"])) {
    const place = at("route", to);
    const receiver = text(route["receiver"]);
    if (receiver !== undefined) {
      used.add(receiver);
      if (!receivers.includes(receiver)) yield { thing: place, message: `the receiver ${receiver} is not defined` };
    }
    for (const matcher of list(route["matchers"])) {
      if (typeof matcher === "string" && !isMatcher(matcher)) {
        yield { thing: place, message: `${matcher} is no matcher: write label="value"` };
      }
    }
    for (const key of ["match", "match_re"]) {
      if (isRecord(route[key])) yield { thing: place, message: `${key} is deprecated: write matchers` };
    }
    const grouped = list(route["group_by"]);
    if (grouped.includes("...") && grouped.length > 1) {
      yield { thing: place, message: "group_by is either `...` or labels" };
    }
  }
  for (const [index, rule] of list(config["inhibit_rules"]).entries()) {
    const place = at(`inhibit rule ${index + 1}`, ["inhibit_rules", index]);
    for (const key of ["source_matchers", "target_matchers"]) {
      for (const matcher of list(record(rule)[key])) {
        if (typeof matcher === "string" && !isMatcher(matcher)) {
          yield { thing: place, message: `${matcher} is no matcher: write label="value"` };
        }
      }
    }
  }
  for (const [index, name] of receivers.entries()) {
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

function isMatcher(written: string): boolean {
  return /^\s*\{?\s*(?:[a-zA-Z_:][\w:]*|"[^"]+")\s*(?:=~|!~|!=|=)\s*(?:"(?:[^"\\]|\\.)*"|[^",{}]*)\s*(?:,[^]*)?\}?\s*$/u.test(
    written,
  );
}
