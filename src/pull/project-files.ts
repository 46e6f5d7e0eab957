import type { AcceptedFinding, Pulled, PulledDashboard, PulledRules } from "../pulled.ts";
import { sortedJson } from "../render/json.ts";

/** A file of a pulled project; its path is below the project's folder. */
export interface ProjectFile {
  readonly path: string;
  readonly text: string;
}

/** Where a project finds the fleet that somebody publishes already: a file beside it, or our reference. */
export type FleetSource = { readonly kind: "yaml" | "module"; readonly path: string } | { readonly kind: "reference" };

/** The files that hold what was pulled, and the configuration that reads them. */
export function projectFiles(
  { folders = [], dataSources = [], dashboards = [], rules = [], accepted = [] }: Pulled,
  { name, fleet }: { readonly name: string; readonly fleet: FleetSource },
): ProjectFile[] {
  return [
    { path: "fleetglass.config.ts", text: configuration(name, fleet, rules) },
    { path: "folders.json", text: sortedJson(folders) },
    { path: "datasources.json", text: sortedJson(dataSources) },
    ...dashboards.map(boardFile),
    ...rules.map((one) => ({ path: rulesPath(one), text: rulesText(one) })),
    ...(accepted.length > 0 ? [acceptedFile("live", accepted)] : []),
  ];
}

export function boardFile({ folder, dashboard }: PulledDashboard): ProjectFile {
  const uid = encodeURIComponent(String(dashboard["uid"]));
  return { path: `dashboards/${folder === "" ? topLevel : folder}/${uid}.json`, text: sortedJson(dashboard) };
}

export function acceptedFile(name: string, accepted: readonly AcceptedFinding[]): ProjectFile {
  return { path: `accepted/${name}.json`, text: sortedJson(accepted) };
}

/** No folder's uid: Grafana keeps it for what lies in none. */
const topLevel = "general";

function rulesPath({ ruler, tenant, namespace }: PulledRules): string {
  return `rules/${ruler}/${encodeURIComponent(tenant)}/${encodeURIComponent(namespace)}.ts`;
}

function rulesText(rules: PulledRules): string {
  return [
    'import type { PulledRules } from "fleetglass";',
    "",
    `/** The rule groups of the namespace ${commentOf(rules.namespace)}, tenant ${commentOf(rules.tenant)}. */`,
    `export default ${code(rules, "")} satisfies PulledRules;`,
    "",
  ].join("\n");
}

/** A name may not end the comment that it stands in. */
function commentOf(name: string): string {
  return name.replaceAll("*/", "* /").replaceAll(/\s+/gu, " ");
}

function configuration(name: string, fleet: FleetSource, rules: readonly PulledRules[]): string {
  const imported = rules.map((one, at) => `import rules${at + 1} from ${JSON.stringify(`./${rulesPath(one)}`)};`);
  return `import { existsSync, readdirSync, readFileSync } from "node:fs";
import { defineProject${fleet.kind === "yaml" ? ", parseFleet" : ""}${fleet.kind === "reference" ? ", referenceFleet" : ""} } from "fleetglass";
${[...(fleet.kind === "module" ? [`import core from ${JSON.stringify(fleet.path)};`] : []), ...imported].join("\n")}${fleet.kind === "module" || imported.length > 0 ? "\n" : ""}
const here = (path: string) => new URL(path, import.meta.url);
const read = (path: string) => (existsSync(here(path)) ? JSON.parse(readFileSync(here(path), "utf8")) : []);
const names = (folder: string) => (existsSync(here(folder)) ? readdirSync(here(folder)).toSorted() : []);

// Everything here stays somebody else's until it is changed here and published with --take-over.
export default defineProject({
  name: ${JSON.stringify(name)},
  extends: ${fleetCode(fleet)},
  pulled: {
    folders: read("folders.json"),
    dataSources: read("datasources.json"),
    // The directory is the folder's uid.
    dashboards: names("dashboards/").flatMap((folder) =>
      names(\`dashboards/\${folder}/\`).map((file) => ({
        folder: folder === "${topLevel}" ? "" : folder,
        dashboard: read(\`dashboards/\${folder}/\${encodeURIComponent(file)}\`),
      })),
    ),
    rules: [${rules.map((_, at) => `rules${at + 1}`).join(", ")}],
    // Findings of the linter that were there before: take one out when it is mended.
    accepted: names("accepted/").flatMap((file) => read(\`accepted/\${file}\`)),
  },
});
`;
}

function fleetCode(fleet: FleetSource): string {
  switch (fleet.kind) {
    case "yaml":
      return `parseFleet(readFileSync(here(${JSON.stringify(fleet.path)}), "utf8"), ${JSON.stringify(fleet.path)})`;
    case "module":
      return '"fleet" in core ? core.fleet : core';
    case "reference":
      return "referenceFleet";
  }
}

const columns = 120;

/** A value as a person would write it in TypeScript: bare keys, and expressions without escapes. */
function code(value: unknown, indent: string): string {
  const flat = onOneLine(value);
  if (flat !== undefined && indent.length + flat.length <= columns - 20) return flat;
  const inner = `${indent}  `;
  if (Array.isArray(value)) return `[\n${value.map((one) => `${inner}${code(one, inner)},\n`).join("")}${indent}]`;
  if (typeof value === "object" && value !== null) {
    const members = membersOf(value).map(([key, item]) => `${inner}${keyOf(key)}: ${code(item, inner)},\n`);
    return `{\n${members.join("")}${indent}}`;
  }
  return textOf(value);
}

/** Undefined for what has a text of several lines in it. */
function onOneLine(value: unknown): string | undefined {
  if (typeof value === "string" && value.includes("\n")) return undefined;
  if (typeof value !== "object" || value === null) return textOf(value);
  const parts = Array.isArray(value)
    ? value.map(onOneLine)
    : membersOf(value).map(([key, item]) => {
        const text = onOneLine(item);
        return text === undefined ? undefined : `${keyOf(key)}: ${text}`;
      });
  if (parts.includes(undefined)) return undefined;
  if (Array.isArray(value)) return `[${parts.join(", ")}]`;
  return parts.length === 0 ? "{}" : `{ ${parts.join(", ")} }`;
}

function membersOf(value: object): [string, unknown][] {
  return Object.entries(value).filter(([, item]) => item !== undefined);
}

function keyOf(key: string): string {
  return /^[A-Za-z_$][\w$]*$/u.test(key) && key !== "__proto__" ? key : `[${JSON.stringify(key)}]`;
}

function textOf(value: unknown): string {
  if (typeof value !== "string" || !/["\n\\]/u.test(value) || /\r/u.test(value)) return JSON.stringify(value);
  return `\`${value.replaceAll("\\", "\\\\").replaceAll("`", "\\`").replaceAll("${", "\\${")}\``;
}
