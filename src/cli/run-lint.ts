import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { bundle, type Resource, resourceId } from "../bundle.ts";
import {
  applyFixes,
  type Facts,
  type FileLintOptions,
  type Finding,
  type Format,
  formats,
  type InputFile,
  lint,
  lintFiles,
  type Palette,
  readExposition,
  type Severity,
  textOf,
} from "../lint/index.ts";
import type { Project } from "../project.ts";
import { pathOf } from "../render/render.ts";
import { colours } from "./colours.ts";
import { type ExitCode, exitCodes } from "./exit-codes.ts";
import { againstBaseline, baselineText } from "./lint-baseline.ts";
import { type LintConfig, readLintConfig } from "./lint-config.ts";
import { changedSince, filesAt } from "./lint-files.ts";
import { liveReport } from "./lint-live.ts";
import { loadProject, projectFiles } from "./load.ts";
import { Misuse } from "./misuse.ts";
import { metricsOf, prometheusApi } from "./prometheus-api.ts";
import { type CommonOptions, unaccepted, type World } from "./run.ts";
import { ruleFormat } from "./servers.ts";
import { many } from "./summary.ts";

export interface LintCommandOptions extends CommonOptions {
  /** The folder of the generated files, so that a finding can name the file. */
  readonly out: string;
  readonly format?: Format | "text";
  readonly output?: string;
  readonly config?: string;
  readonly exclude: readonly string[];
  readonly failOn: Severity;
  readonly fix?: boolean;
  readonly changedSince?: string;
  readonly baseline?: string;
  readonly writeBaseline?: string;
  readonly metricsFrom: readonly string[];
  readonly clusterLabel?: string;
  readonly scrapeInterval?: string;
  readonly retention?: string;
  readonly dialect?: "prometheus" | "mimir";
  readonly targetVersion?: string;
  readonly language?: "promql" | "logql";
  readonly live?: string;
  readonly tenant?: string;
}

interface Linted {
  readonly findings: readonly Finding[];
  /** What was looked at, in words. */
  readonly what: string;
  /** Where the findings' files are, for `--fix`. */
  readonly files: readonly InputFile[];
}

/** `fleetglass lint`: what is generated, or the files at the paths. */
export async function runLint(paths: readonly string[], options: LintCommandOptions, world: World): Promise<ExitCode> {
  const config = readLintConfig(options.config);
  const lintOptions = await optionsOf(options, config, world);
  if (paths.length === 0 && (options.fix === true || options.changedSince !== undefined)) {
    throw new Misuse("--fix and --changed-since are for files: name some. What is generated is mended in its code");
  }
  const run = async (): Promise<Linted> =>
    paths.length === 0 ? lintProject(options, lintOptions) : lintPaths(paths, { options, config, lintOptions, world });
  let linted = await run();
  if (options.fix === true) {
    const applied = fix(linted, (file) => lintFiles([file], lintOptions).findings, world);
    if (applied > 0) linted = await run();
  }
  let { findings } = linted;
  if (options.changedSince !== undefined) {
    const changed = await changedSince(options.changedSince);
    findings = findings.filter(({ file }) => file !== undefined && changed.has(file));
  }
  if (options.writeBaseline !== undefined) {
    writeFileSync(options.writeBaseline, baselineText(findings));
    world.tell(
      `${many(findings.length, "finding")} written to ${options.writeBaseline}; from now on only new ones count.`,
    );
    return exitCodes.done;
  }
  const baseline = options.baseline ?? config.baseline;
  if (baseline !== undefined) {
    const { news, gone } = againstBaseline(findings, baseline);
    if (gone > 0 && options.changedSince === undefined) {
      world.tell(`${many(gone, "finding")} of ${baseline} ${gone === 1 ? "is" : "are"} mended: write it anew.`);
    }
    findings = news;
  }
  print(findings, linted.what, options, world);
  if (options.live !== undefined) {
    const api = prometheusApi(options.live, options.tenant, world.environment);
    world.tell(await liveReport(linted.files.length > 0 ? linted.files : await generatedRules(options), api));
  }
  return findings.some(({ severity }) => rank[severity] >= rank[options.failOn]) ? exitCodes.failed : exitCodes.done;
}

const rank: Readonly<Record<Severity, number>> = { info: 0, warning: 1, error: 2 };

async function optionsOf(options: LintCommandOptions, config: LintConfig, world: World): Promise<FileLintOptions> {
  const metrics = await metricsFrom([...options.metricsFrom, ...(config.metricsFrom ?? [])], options, world);
  const merged = {
    severity: config.severity,
    clusterLabel: options.clusterLabel ?? config.clusterLabel,
    scrapeInterval: options.scrapeInterval ?? config.scrapeInterval,
    retention: options.retention ?? config.retention,
    dialect: options.dialect ?? config.dialect,
    version: options.targetVersion ?? config.targetVersion,
    language: options.language,
    metrics,
  };
  for (const name of ["scrapeInterval", "retention"] as const) {
    const value = merged[name];
    if (value !== undefined && !/^(?:\d+(?:ms|[smhdwy]))+$/u.test(value)) {
      throw new Misuse(`${value} is no duration: write 30s, 5m, 30d`);
    }
  }
  return Object.fromEntries(Object.entries(merged).filter(([, value]) => value !== undefined));
}

/** What the user has: scrapes in files, or everything that a server knows. */
async function metricsFrom(
  sources: readonly string[],
  { tenant }: LintCommandOptions,
  { environment }: World,
): Promise<ReadonlyMap<string, Facts> | undefined> {
  if (sources.length === 0) return undefined;
  const all = new Map<string, Facts>();
  for (const source of sources) {
    const found = /^https?:\/\//u.test(source)
      ? await metricsOf(prometheusApi(source, tenant, environment))
      : readExposition(readText(source));
    if (found.size === 0) throw new Misuse(`${source} names no metric: it is neither a scrape nor a Prometheus`);
    for (const [name, facts] of found) all.set(name, facts);
  }
  return all;
}

function readText(file: string): string {
  if (!existsSync(file)) throw new Misuse(`there is no file ${file}`);
  return readFileSync(file, "utf8");
}

async function lintProject({ fleet, out }: LintCommandOptions, options: FileLintOptions): Promise<Linted> {
  const { project } = await loadProject(fleet);
  const resources = bundle(project);
  const severity = { ...project.checks, ...options.severity };
  const findings = unaccepted(lint(resources, { ...options, fleet: project.fleet, severity }), project);
  return {
    findings: findings.map((finding) => ({ ...finding, file: fileOf(out, finding, { project, resources }) })),
    what: many(resources.length, "resource"),
    files: [],
  };
}

function fileOf(
  folder: string,
  { resource: id }: Finding,
  { project, resources }: { readonly project: Project; readonly resources: readonly Resource[] },
): string {
  const resource = resources.find((one) => resourceId(one) === id);
  return resource ? `${folder}/${pathOf(resource, ruleFormat(project))}` : folder;
}

interface PathsOptions {
  readonly options: LintCommandOptions;
  readonly config: LintConfig;
  readonly lintOptions: FileLintOptions;
  readonly world: World;
}

async function lintPaths(
  paths: readonly string[],
  { options, config, lintOptions, world }: PathsOptions,
): Promise<Linted> {
  const files = filesAt(paths, [...options.exclude, ...(config.exclude ?? [])]);
  // A fleet beside the files says how its labels are called.
  const known = options.fleet !== undefined || projectFiles.some((name) => existsSync(name));
  const project = known ? (await loadProject(options.fleet)).project : undefined;
  const { findings, counts, others } = lintFiles(files, {
    ...lintOptions,
    ...(project && { fleet: project.fleet, severity: { ...project.checks, ...lintOptions.severity } }),
  });
  const named = others.filter((file) => paths.includes(file));
  for (const file of named) world.tell(`${file} holds no rules, boards, routes or data sources: skipped.`);
  const parts = [many(counts.rules, "rule"), many(counts.boards, "board"), many(counts.expressions, "expression")];
  return { findings, what: `${many(files.length - others.length, "file")} with ${parts.join(", ")}`, files };
}

/** Of these a file that was fixed has no more than before. */
const unreadable: ReadonlySet<string> = new Set(["F01", "L01", "L02", "L03"]);

/** Fixes what surely can be. Returns how many. */
function fix({ findings, files }: Linted, again: (file: InputFile) => readonly Finding[], { tell }: World): number {
  const broken = (one: InputFile): number => again(one).filter(({ check }) => unreadable.has(check)).length;
  let applied = 0;
  for (const { file, text } of files) {
    const fixed = applyFixes(
      text,
      findings.filter((finding) => finding.file === file),
    );
    if (fixed.applied === 0) continue;
    if (broken({ file, text: fixed.text }) > broken({ file, text })) {
      tell(`${file} is left as it is: fixed, it could not be read any more.`);
      continue;
    }
    writeFileSync(file, fixed.text);
    applied += fixed.applied;
    tell(`${file}: ${many(fixed.applied, "finding")} fixed.`);
  }
  return applied;
}

async function generatedRules({ fleet }: LintCommandOptions): Promise<InputFile[]> {
  const resources = bundle((await loadProject(fleet)).project);
  return resources.flatMap((resource) =>
    resource.kind === "rule-group"
      ? [{ file: `${resourceId(resource)}.json`, text: JSON.stringify({ groups: [resource.spec] }) }]
      : [],
  );
}

const palette: Palette = {
  bold: colours.bold,
  dim: colours.dim,
  of: { error: colours.red, warning: colours.yellow, info: colours.cyan },
};

function print(findings: readonly Finding[], what: string, options: LintCommandOptions, world: World): void {
  const format = options.format ?? (options.json === true ? "json" : "text");
  if (format !== "text") {
    const text = formats[format](findings);
    if (options.output !== undefined) writeFileSync(options.output, `${text}\n`);
    else if (text !== "") world.print(text);
    return;
  }
  const text =
    findings.length === 0
      ? `${colours.green("✓")} No findings in ${what}.`
      : `${textOf(findings, palette)}\n\n${summary(findings)} in ${what}. docs/checks/<id>.md says more about each.`;
  if (options.output === undefined) world.print(text);
  else writeFileSync(options.output, `${text}\n`);
}

function summary(findings: readonly Finding[]): string {
  const counts = (["error", "warning", "info"] as const).flatMap((severity) => {
    const count = findings.filter((finding) => finding.severity === severity).length;
    if (count === 0) return [];
    return [severity === "info" ? `${count} info` : many(count, severity)];
  });
  return `${many(findings.length, "finding")} (${counts.join(", ")})`;
}
