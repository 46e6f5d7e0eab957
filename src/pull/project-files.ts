import type {
  AcceptedFinding,
  Pulled,
  PulledDashboard,
  PulledElsewhere,
  PulledGrafana,
  PulledRules,
} from "../pulled.ts";
import { isBoardResource } from "../bundle.ts";
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
  { rules = [], accepted = [], elsewhere = [], ...first }: Pulled,
  { name, fleet }: { readonly name: string; readonly fleet: FleetSource },
): ProjectFile[] {
  return [
    { path: "fleetglass.config.ts", text: configuration(name, fleet, { rules, elsewhere }) },
    ...grafanaFiles(first, ""),
    ...elsewhere.flatMap((one) => grafanaFiles(one, folderOf(one))),
    ...rules.map((one) => ({ path: rulesPath(one), text: rulesText(one) })),
    ...(accepted.length > 0 ? [acceptedFile("live", accepted)] : []),
  ];
}

/** Names a place that is not the first, in a path or variable: `eu`, `eu.7`, `7` for an organisation of the first. */
export function placeName({ grafana, organisation }: Pick<PulledElsewhere, "grafana" | "organisation">): string {
  if (grafana === undefined) return String(organisation);
  return organisation === 1 ? grafana : `${grafana}.${organisation}`;
}

function folderOf(place: PulledElsewhere): string {
  return `grafanas/${placeName(place)}/`;
}

function grafanaFiles(
  { folders = [], dataSources = [], dashboards = [] }: PulledGrafana,
  below: string,
): ProjectFile[] {
  return [
    { path: `${below}folders.json`, text: sortedJson(folders) },
    { path: `${below}datasources.json`, text: sortedJson(dataSources) },
    ...dashboards.map(boardFile).map(({ path, text }) => ({ path: `${below}${path}`, text })),
  ];
}

export function boardFile({ folder, dashboard }: PulledDashboard): ProjectFile {
  const uid = encodeURIComponent(pulledUid(dashboard));
  return { path: `dashboards/${folder === "" ? topLevel : folder}/${uid}.json`, text: sortedJson(dashboard) };
}

export function pulledUid(dashboard: PulledDashboard["dashboard"]): string {
  return isBoardResource(dashboard) ? dashboard.metadata.name : String(dashboard["uid"]);
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

interface Parts {
  readonly rules: readonly PulledRules[];
  readonly elsewhere: readonly PulledElsewhere[];
}

function configuration(name: string, fleet: FleetSource, { rules, elsewhere }: Parts): string {
  const imported = rules.map((one, at) => `import rules${at + 1} from ${JSON.stringify(`./${rulesPath(one)}`)};`);
  return `import { existsSync, readdirSync, readFileSync } from "node:fs";
import { defineProject${fleet.kind === "yaml" ? ", parseFleet" : ""}${fleet.kind === "reference" ? ", referenceFleet" : ""} } from "fleetglass";
${[...(fleet.kind === "module" ? [`import core from ${JSON.stringify(fleet.path)};`] : []), ...imported].join("\n")}${fleet.kind === "module" || imported.length > 0 ? "\n" : ""}
const here = (path: string) => new URL(path, import.meta.url);
const read = (path: string) => (existsSync(here(path)) ? JSON.parse(readFileSync(here(path), "utf8")) : []);
const names = (folder: string) => (existsSync(here(folder)) ? readdirSync(here(folder)).toSorted() : []);
const grafana = (below: string) => ({
  folders: read(\`\${below}folders.json\`),
  dataSources: read(\`\${below}datasources.json\`),
  // The directory is the folder's uid.
  dashboards: names(\`\${below}dashboards/\`).flatMap((folder) =>
    names(\`\${below}dashboards/\${folder}/\`).map((file) => ({
      folder: folder === "${topLevel}" ? "" : folder,
      dashboard: read(\`\${below}dashboards/\${folder}/\${encodeURIComponent(file)}\`),
    })),
  ),
});

// Everything here stays somebody else's until it is changed here and published with --take-over.
export default defineProject({
  name: ${JSON.stringify(name)},
  extends: ${fleetCode(fleet)},
  pulled: {
    ...grafana(""),${elsewhereCode(elsewhere)}
    rules: [${rules.map((_, at) => `rules${at + 1}`).join(", ")}],
    // Findings of the linter that were there before: take one out when it is mended.
    accepted: names("accepted/").flatMap((file) => read(\`accepted/\${file}\`)),
  },
});
`;
}

function elsewhereCode(elsewhere: readonly PulledElsewhere[]): string {
  if (elsewhere.length === 0) return "";
  const lines = elsewhere.map((one) => {
    const name = one.grafana === undefined ? "" : `grafana: ${JSON.stringify(one.grafana)}, `;
    return `      { ${name}organisation: ${one.organisation}, ...grafana(${JSON.stringify(folderOf(one))}) },`;
  });
  return `\n    elsewhere: [\n${lines.join("\n")}\n    ],`;
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
