import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { charts, type Chart } from "../src/infra/charts.ts";

// What a typing error in our Helm values is caught by: the keys that each chart's values.yaml has, as types. Helm itself
// ignores a key that no template reads. Run it after a new version in charts.ts, with a folder that holds the charts.

interface Node {
  readonly [key: string]: Node | "value" | "tree";
}

/** The text of `src/infra/chart-keys.ts`, made of the `values.yaml` of all charts in a folder. */
export function chartKeys(folder: string): string {
  const types = Object.entries(charts).map(([name, chart]) => {
    const values: unknown = parse(readFileSync(join(folder, `${name}-${chart.version}`, "values.yaml"), "utf8"));
    return `  /** ${name} ${chart.version} */\n  readonly ${JSON.stringify(name)}: ${printed(keysOf(values, chart))};\n`;
  });
  return `// Made by scripts/chart-keys.ts of each chart's values.yaml; the version is that of charts.ts.

/** Whatever the program behind the chart takes. */
export type Tree = unknown;

/** A value for which the chart has a default that is no mapping; null takes the default away. */
export type Value = unknown;

/** The keys that each chart knows. */
export interface ChartKeys {
${types.join("")}}
`;
}

function keysOf(values: unknown, { free, extra }: Chart): Node {
  const root = node(values, [], free);
  if (typeof root === "string") throw new Error("a chart without values");
  return extra.reduce((all, path) => added(all, path.split(".")), root);
}

function node(value: unknown, path: readonly string[], free: Chart["free"]): Node | "value" | "tree" {
  if (free.includes(path.join("."))) return "tree";
  if (typeof value !== "object" || value === null || Array.isArray(value)) return "value";
  const entries = Object.entries(value);
  return entries.length === 0
    ? "tree"
    : Object.fromEntries(entries.map(([key, item]) => [key, node(item, [...path, key], free)]));
}

function added(tree: Node, [key = "", ...rest]: readonly string[]): Node {
  const below = tree[key];
  return { ...tree, [key]: rest.length === 0 ? "tree" : added(typeof below === "object" ? below : {}, rest) };
}

function printed(tree: Node | "value" | "tree"): string {
  if (tree === "value") return "Value";
  if (tree === "tree") return "Tree";
  const members = Object.entries(tree).map(
    ([key, item]) => `${/^\w+$/u.test(key) ? key : JSON.stringify(key)}?: ${printed(item)}`,
  );
  return `{ ${members.join("; ")} }`;
}

const [, self, folder] = process.argv;
if (self === import.meta.filename && folder !== undefined) writeFileSync("src/infra/chart-keys.ts", chartKeys(folder));
