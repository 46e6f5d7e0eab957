import { existsSync } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, extname, join, relative } from "node:path";
import { bundle, resourceId } from "../bundle.ts";
import type { Fleet } from "../fleet/model.ts";
import { type Finding, lint } from "../lint/index.ts";
import { defineProject, type Project } from "../project.ts";
import { http } from "../publish/http.ts";
import type { AcceptedFinding, Pulled } from "../pulled.ts";
import { importBoard } from "../pull/community-board.ts";
import { type Found, pullGrafana, pullRules } from "../pull/live.ts";
import {
  acceptedFile,
  boardFile,
  type FleetSource,
  type ProjectFile,
  projectFiles,
  pulledUid,
} from "../pull/project-files.ts";
import { colours } from "./colours.ts";
import { type ExitCode, exitCodes } from "./exit-codes.ts";
import { type Loaded, loadProject } from "./load.ts";
import { Misuse } from "./misuse.ts";
import type { CommonOptions, World } from "./run.ts";
import { type Environment, environmentOf, liveGrafanas, placesOf, server, withoutAddress } from "./servers.ts";
import { many } from "./summary.ts";

export interface PullOptions extends CommonOptions {
  /** The folder of the project that is written. */
  readonly out: string;
  /** Its name. */
  readonly name: string;
  /** Boards in files, instead of a live stack. */
  readonly file: readonly string[];
}

/** `fleetglass pull`: writes down what a live stack has, or a board from a file, as a project that publish understands. */
export async function runPull(options: PullOptions, world: World): Promise<ExitCode> {
  if (options.out.trim() === "") throw new Misuse("--out needs the name of a folder");
  const loaded = await loadProject(options.fleet);
  return options.file.length > 0 ? pullFiles(options, loaded, world) : pullLive(options, loaded, world);
}

async function pullLive(options: PullOptions, loaded: Loaded, { print, tell, environment }: World): Promise<ExitCode> {
  const { fleet } = loaded.project;
  const { found, asked } = await foundLive(loaded.project, environmentOf(environment, options.context), tell);
  const pulled = merged(found.map((one) => one.pulled));
  const left = found.flatMap((one) => one.left);
  const accepted = findingsIn(fleet, options.name, pulled);
  const files = projectFiles(
    { ...pulled, accepted: accepted.map(acceptance) },
    { name: options.name, fleet: fleetSource(loaded, options.out) },
  );
  await writeAll(options.out, files);
  const all = [pulled, ...(pulled.elsewhere ?? [])];
  const secrets = [
    ...new Set(
      all.flatMap(({ dataSources = [] }) =>
        dataSources.flatMap(({ secureJsonData = {} }) => Object.values(secureJsonData).map(({ env }) => env)),
      ),
    ),
  ];
  if (options.json === true) {
    print(
      JSON.stringify(
        { files: files.map(({ path }) => join(options.out, path)), left, secrets, accepted: accepted.length },
        null,
        2,
      ),
    );
    return exitCodes.done;
  }
  const sum = (kind: "folders" | "dataSources" | "dashboards"): number =>
    all.reduce((count, one) => count + (one[kind] ?? []).length, 0);
  const groups = (pulled.rules ?? []).reduce((count, one) => count + one.groups.length, 0);
  print(
    [
      `${colours.green("✓")} Pulled from ${asked.join(", ")} into ${options.out}/:`,
      `  ${many(sum("folders"), "folder")}, ${many(sum("dataSources"), "data source")}, ${many(sum("dashboards"), "board")}, ${many(groups, "rule group")} in ${many((pulled.rules ?? []).length, "namespace")}`,
      ...left.map((line) => colours.yellow(`  ! left: ${line}`)),
      ...(secrets.length > 0
        ? [`  no secret was written; a data source that is taken over needs ${secrets.join(", ")} in the environment`]
        : []),
      ...(accepted.length > 0
        ? [
            `  ${many(accepted.length, "finding")} of the linter ${accepted.length === 1 ? "is" : "are"} accepted as they are, in ${options.out}/accepted/live.json`,
          ]
        : []),
      "",
      `  Nothing changes while all is as it was: ${colours.bold(`fleetglass plan --to live --fleet ${join(options.out, "fleetglass.config.ts")}`)}`,
      "  Change a file, and publish it with --take-over: from then on it is yours in code.",
    ].join("\n"),
  );
  return exitCodes.done;
}

async function foundLive(
  project: Project,
  environment: Environment,
  tell: World["tell"],
): Promise<{ readonly found: readonly Found[]; readonly asked: readonly string[] }> {
  const { fleet } = project;
  const homes = placesOf(project).grafanas;
  const grafanas = liveGrafanas(homes, environment);
  const rulers = [
    { ruler: "mimir", name: "Mimir", prefix: "MIMIR", runs: fleet.backends.metrics.rules === "ruler-api" },
    { ruler: "loki", name: "Loki", prefix: "LOKI", runs: fleet.backends.logs?.kind === "loki" },
  ] as const;
  const named = rulers.filter(({ runs, name, prefix }) => runs && server(name, prefix, environment) !== undefined);
  if (grafanas.length === 0 && named.length === 0) {
    throw new Misuse("pull needs GRAFANA_URL, MIMIR_URL or LOKI_URL in the environment, or boards with --file");
  }
  const asked = [
    ...grafanas.map(({ title }) => title),
    ...named.map(({ name, prefix }) => `${name} ${server(name, prefix, environment)?.url}`),
  ];
  tell(`asking ${asked.join(", ")} …`);
  if (grafanas.length > 0) {
    for (const { title, variable } of withoutAddress(homes, environment))
      tell(`${title} is left out: ${variable} is not set`);
  }
  const found = await Promise.all([
    ...grafanas.map(({ server: one, home }) => pullGrafana(http(one), home, isFirst(home, fleet))),
    ...named.flatMap(({ ruler, name, prefix }) =>
      fleet.tenants.flatMap(({ id }) => {
        const own = server(name, prefix, environment, id);
        const { tenantHeader: header } = fleet;
        return own ? [pullRules(http(own), { ruler, tenant: id, ...(header !== undefined && { header }) })] : [];
      }),
    ),
  ]);
  return { found, asked };
}

function isFirst({ name, organisation }: Pick<Fleet["grafana"], "name" | "organisation">, { grafana }: Fleet): boolean {
  return name === undefined && organisation === grafana.organisation;
}

function merged(parts: readonly Pulled[]): Pulled {
  return {
    folders: parts.flatMap(({ folders = [] }) => folders),
    dataSources: parts.flatMap(({ dataSources = [] }) => dataSources),
    dashboards: parts.flatMap(({ dashboards = [] }) => dashboards),
    elsewhere: parts.flatMap(({ elsewhere = [] }) => elsewhere),
    rules: parts.flatMap(({ rules = [] }) => rules),
  };
}

async function pullFiles(options: PullOptions, loaded: Loaded, { print }: World): Promise<ExitCode> {
  const { fleet } = loaded.project;
  const reports: { readonly path: string; readonly notes: readonly string[]; readonly findings: readonly Finding[] }[] =
    [];
  const config = join(options.out, "fleetglass.config.ts");
  const isNew = !existsSync(config);
  const name = isNew ? options.name : (await loadProject(config)).project.name;
  const files: ProjectFile[] = isNew ? projectFiles({}, { name, fleet: fleetSource(loaded, options.out) }) : [];
  for (const file of options.file) {
    const { notes, ...board } = importBoard(await readJson(file), { fleet, project: name, file });
    const findings = findingsIn(fleet, name, { dashboards: [board] });
    const written = boardFile(board);
    files.push(written);
    // What is wrong must be mended; what is only not as good as ours is accepted for now.
    const bearable = findings.filter(({ severity }) => severity !== "error");
    if (bearable.length > 0) files.push(acceptedFile(pulledUid(board.dashboard), bearable.map(acceptance)));
    reports.push({ path: join(options.out, written.path), notes, findings });
  }
  await writeAll(options.out, files);
  if (options.json === true) {
    print(JSON.stringify({ files: files.map(({ path }) => join(options.out, path)), boards: reports }, null, 2));
  } else {
    for (const report of reports) print(reportText(report));
    print(
      `\nShow what publishing it changes: ${colours.bold(`fleetglass plan --to live --fleet ${join(options.out, "fleetglass.config.ts")}`)}`,
    );
  }
  return reports.some(({ findings }) => findings.some(({ severity }) => severity === "error"))
    ? exitCodes.failed
    : exitCodes.done;
}

function reportText({
  path,
  notes,
  findings,
}: {
  readonly path: string;
  readonly notes: readonly string[];
  readonly findings: readonly Finding[];
}): string {
  const errors = findings.filter(({ severity }) => severity === "error");
  const line = ({ check, where, message }: Finding): string => `  ${check} ${where}: ${message}`;
  const bearable = findings.filter((finding) => !errors.includes(finding));
  const shown = 15;
  return [
    `${errors.length === 0 ? colours.green("✓") : colours.red("✗")} ${path}`,
    ...notes.map((note) => colours.yellow(`  ! ${note}`)),
    ...errors.map((finding) => colours.red(line(finding))),
    ...bearable.slice(0, shown).map((finding) => colours.dim(line(finding))),
    ...(bearable.length > shown ? [colours.dim(`  … and ${bearable.length - shown} more`)] : []),
    ...(bearable.length > 0 ? [`  ${many(bearable.length, "finding")} accepted for now, in accepted/`] : []),
  ].join("\n");
}

async function readJson(file: string): Promise<unknown> {
  let text: string;
  try {
    text = await readFile(file, "utf8");
  } catch (error) {
    throw new Misuse(`${file} can't be read (${(error as NodeJS.ErrnoException).code})`);
  }
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw new Error(`${file} is no JSON: export the board from Grafana, or download it as JSON`);
  }
}

/** What the linter says of what was pulled, and not of the fleet's own. */
function findingsIn(fleet: Fleet, name: string, pulled: Pulled): Finding[] {
  const project = defineProject({ name, extends: fleet, pulled });
  const resources = bundle(project);
  const theirs = new Set(resources.filter(({ found }) => found).map(resourceId));
  return lint(resources, { fleet, ...(project.checks && { severity: project.checks }) }).filter(
    ({ resource, severity }) => severity !== "info" && theirs.has(resource),
  );
}

function acceptance({ resource, check, where }: Finding): AcceptedFinding {
  return { resource, check, where };
}

function fleetSource({ file }: Loaded, out: string): FleetSource {
  if (file === undefined) return { kind: "reference" };
  const from = relative(out, file).replaceAll("\\", "/");
  const path = from.startsWith(".") ? from : `./${from}`;
  return { kind: [".yaml", ".yml"].includes(extname(file)) ? "yaml" : "module", path };
}

/** All or nothing, and nothing over what is there. */
async function writeAll(folder: string, files: readonly ProjectFile[]): Promise<void> {
  const taken = files.find(({ path }) => existsSync(join(folder, path)));
  const refuse = (path: string): Error =>
    new Error(
      `${join(folder, path)} is there already, and pull never writes over a file: move it away, or name another folder with --out`,
    );
  if (taken) throw refuse(taken.path);
  for (const { path, text } of files) {
    const file = join(folder, path);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, text, { flag: "wx" }).catch((error: NodeJS.ErrnoException) => {
      throw error.code === "EEXIST" ? refuse(path) : error;
    });
  }
}
