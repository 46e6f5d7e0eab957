import type { Facts } from "../subject.ts";

const types: Readonly<Record<string, Facts["type"]>> = {
  counter: "counter",
  gauge: "gauge",
  histogram: "histogram",
  summary: "summary",
  info: "info",
  stateset: "gauge",
};

/**
 * The metrics of a scrape, in Prometheus's text format or OpenMetrics: their types as it says, and the labels that it
 * shows. The labels that a scrape adds are not there.
 */
export function readExposition(text: string): Map<string, Facts> {
  const declared = new Map<string, string>();
  const labels = new Map<string, Set<string>>();
  for (const line of text.split("\n")) {
    const [, family = "", type = ""] = /^#\s*TYPE\s+(\S+)\s+(\w+)/u.exec(line) ?? [];
    if (family !== "") declared.set(family, type);
    if (line.startsWith("#")) continue;
    const [, name, braces = ""] = /^([a-zA-Z_:][\w:]*)\s*(?:\{(.*)\})?\s+\S/u.exec(line) ?? [];
    if (name === undefined) continue;
    const known = labels.get(name) ?? new Set<string>();
    for (const [, label = ""] of braces.matchAll(/([a-zA-Z_]\w*)\s*=\s*"(?:[^"\\]|\\.)*"/gu)) known.add(label);
    labels.set(name, known);
  }
  return new Map(
    [...labels].map(([name, own]) => [
      name,
      { type: typeOf(name, declared), labels: [...own], measure: "none", source: "scrape" },
    ]),
  );
}

/** The type of a series by what its family is declared to be; what is not declared is no counter. */
export function typeOf(name: string, declared: ReadonlyMap<string, string>): Facts["type"] {
  const own = declared.get(name);
  if (own !== undefined) return types[own] ?? "gauge";
  const [, family = "", suffix] = /^(.*)_(total|bucket|count|sum|created|info)$/u.exec(name) ?? [];
  const type = declared.get(family);
  if (type === undefined) return "gauge";
  if (suffix === "created") return "gauge";
  return type === "info" ? "info" : "counter";
}
