import type { Finding } from "../check.ts";
import { checks } from "../checks/index.ts";

export type Format = "json" | "sarif" | "github" | "junit" | "gitlab" | "azure";

/** What CI systems read. Each is a text, the same for the same findings. */
export const formats: Readonly<Record<Format, (findings: readonly Finding[]) => string>> = {
  json: (findings) => JSON.stringify(findings, null, 2),
  sarif: (findings) => JSON.stringify(sarif(findings), null, 2),
  github: (findings) => findings.map(github).join("\n"),
  junit,
  gitlab: (findings) => JSON.stringify(findings.map(gitlab), null, 2),
  azure: (findings) => findings.map(azure).join("\n"),
};

/** What a finding is about, with the way to it. */
function sentence({ where, message }: Finding): string {
  return `${where}: ${message}`;
}

/** Static Analysis Results Interchange Format 2.1.0, which GitHub's code scanning and many editors read. */
function sarif(findings: readonly Finding[]): object {
  const ids = [...new Set(findings.map(({ check }) => check))].toSorted();
  return {
    $schema: "https://json.schemastore.org/sarif-2.1.0.json",
    version: "2.1.0",
    runs: [
      {
        tool: {
          driver: {
            name: "fleetglass",
            rules: ids.map((id) => ({
              id,
              shortDescription: { text: aboutOf(id) },
              help: { text: `docs/checks/${id}.md of the package says more.` },
            })),
          },
        },
        columnKind: "utf16CodeUnits",
        results: findings.map((finding) => ({
          ruleId: finding.check,
          ruleIndex: ids.indexOf(finding.check),
          level: { error: "error", warning: "warning", info: "note" }[finding.severity],
          message: { text: sentence(finding) },
          locations: [
            {
              physicalLocation: {
                artifactLocation: { uri: uriOf(finding.file ?? finding.resource) },
                ...(finding.line !== undefined && {
                  region: { startLine: finding.line, startColumn: finding.column ?? 1 },
                }),
              },
              logicalLocations: [{ fullyQualifiedName: `${finding.resource}/${finding.where}` }],
            },
          ],
          partialFingerprints: { "fleetglass/v1": fingerprint(finding) },
        })),
      },
    ],
  };
}

function uriOf(path: string): string {
  return path.replaceAll("\\", "/").split("/").map(encodeURIComponent).join("/");
}

function aboutOf(id: string): string {
  const other: Readonly<Record<string, string>> = {
    S01: "A silence that silences nothing hides what comes next.",
    S02: "A silence without a reason can't be judged later.",
  };
  return checks.find((check) => check.id === id)?.about ?? other[id] ?? id;
}

/** Workflow commands, which GitHub shows beside the lines of a pull request. */
function github(finding: Finding): string {
  const { check, severity, file, line, column } = finding;
  const level = { error: "error", warning: "warning", info: "notice" }[severity];
  const place = [
    ["file", file],
    ["line", line],
    ["col", column],
    ["title", check],
  ].flatMap(([key, value]) => (value === undefined ? [] : [`${key}=${propertyText(String(value))}`]));
  return `::${level} ${place.join(",")}::${commandText(sentence(finding))}`;
}

function commandText(text: string): string {
  return text.replaceAll("%", "%25").replaceAll("\r", "%0D").replaceAll("\n", "%0A");
}

function propertyText(text: string): string {
  return commandText(text).replaceAll(":", "%3A").replaceAll(",", "%2C");
}

/** A test suite per file or resource, a failed test per finding. */
function junit(findings: readonly Finding[]): string {
  const suites = new Map<string, Finding[]>();
  for (const one of findings) {
    const name = one.file ?? one.resource;
    suites.set(name, [...(suites.get(name) ?? []), one]);
  }
  const written = [...suites].flatMap(([name, found]) => [
    `  <testsuite name="${xml(name)}" tests="${found.length}" failures="${found.length}">`,
    ...found.map(
      (one) =>
        `    <testcase classname="${xml(one.check)}" name="${xml(one.where)}"${one.line === undefined ? "" : ` line="${one.line}"`}><failure type="${one.severity}" message="${xml(one.message)}">${xml(one.expr ?? "")}</failure></testcase>`,
    ),
    "  </testsuite>",
  ]);
  const none = [
    '  <testsuite name="fleetglass lint" tests="1" failures="0"><testcase name="no findings"/></testsuite>',
  ];
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites name="fleetglass lint" tests="${Math.max(1, findings.length)}" failures="${findings.length}">`,
    ...(findings.length === 0 ? none : written),
    "</testsuites>",
  ].join("\n");
}

function xml(text: string): string {
  const named: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };
  return text
    .replaceAll(/[&<>"]/gu, (char) => named[char] ?? char)
    .replaceAll(/[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD]/gu, "");
}

/** GitLab Code Quality: a subset of Code Climate's format. */
function gitlab(finding: Finding): object {
  const { check, severity, file, resource, line } = finding;
  return {
    description: sentence(finding),
    check_name: check,
    fingerprint: fingerprint(finding),
    severity: { error: "major", warning: "minor", info: "info" }[severity],
    location: { path: file ?? resource, lines: { begin: line ?? 1 } },
  };
}

/** Logging commands of Azure Pipelines. */
function azure(finding: Finding): string {
  const { check, severity, file, line, column } = finding;
  const place = [
    ["type", severity === "error" ? "error" : "warning"],
    ["sourcepath", file],
    ["linenumber", line],
    ["columnnumber", column],
    ["code", check],
  ].flatMap(([key, value]) => (value === undefined ? [] : [`${key}=${azureText(String(value))}`]));
  return `##vso[task.logissue ${place.join(";")}]${azureText(sentence(finding))}`;
}

function azureText(text: string): string {
  return text
    .replaceAll("%", "%AZP25")
    .replaceAll(";", "%3B")
    .replaceAll("\r", "%0D")
    .replaceAll("\n", "%0A")
    .replaceAll("]", "%5D");
}

/** The same for the same finding, wherever it moves in its file (FNV-1a of 64 bits). */
export function fingerprint({ check, resource, where, message, expr }: Finding): string {
  let hash = 0xcbf29ce484222325n;
  for (const char of [check, resource, where, message, expr ?? ""].join("\n")) {
    hash = ((hash ^ BigInt(char.codePointAt(0) ?? 0)) * 0x100000001b3n) & 0xffffffffffffffffn;
  }
  return hash.toString(16).padStart(16, "0");
}
