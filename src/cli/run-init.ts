import { existsSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { stringify } from "yaml";
import { discover } from "../discover/facts.ts";
import { type FleetFile, fleetFile, questionMark } from "../discover/fleet-file.ts";
import { grafanaFacts } from "../discover/grafana-facts.ts";
import { appConfig, type Ci, type Template, workflow, type Written } from "../discover/templates.ts";
import { parseFleet } from "../fleet/parse.ts";
import { referenceInput } from "../fleet/reference-input.ts";
import { slug } from "../fleet/resolve.ts";
import { http } from "../publish/http.ts";
import { colours } from "./colours.ts";
import { askedServer, promptedFleet } from "./init-prompts.ts";
import { type ExitCode, exitCodes } from "./exit-codes.ts";
import { Misuse } from "./misuse.ts";
import type { World } from "./run.ts";
import { type Environment, server } from "./servers.ts";
import { many } from "./summary.ts";

export interface InitOptions {
  readonly from?: string;
  /** Publish no rules, though the server would take them. */
  readonly boardsOnly?: boolean;
  readonly yes?: boolean;
  readonly template: Template;
  readonly ci?: Ci;
  readonly json?: boolean;
}

/** `fleetglass init`: a first fleet.yaml, from what a live stack says or from a few answers. */
export async function runInit(folder: string, options: InitOptions, world: World): Promise<ExitCode> {
  const { print, environment } = world;
  const { from, template, ci, json = false } = options;
  const name = nameFrom(folder);
  const others = [...(template === "app" ? [appConfig(name)] : []), ...(ci ? [workflow(ci, template)] : [])];
  const paths = ["fleet.yaml", ...others.map(({ path }) => path)];
  const taken = paths.filter((path) => existsSync(join(folder, path)));
  // A fleet file that is there is the one to use: what stands beside it can still be added.
  const [first] = taken;
  if (
    first !== undefined &&
    (first !== "fleet.yaml" || others.length === 0 || taken.length > 1 || from !== undefined)
  ) {
    throw new Error(`${join(folder, first)} is there already, and init never writes over a file: move it away first`);
  }
  const fleet = first === undefined ? await fleetText(name, options, world) : undefined;
  const files: Written[] = [...(fleet ? [{ path: "fleet.yaml", text: fleet.text }] : []), ...others];
  if (fleet) parseFleet(fleet.text, "fleet.yaml");
  for (const { path, text } of files) await writeNew(join(folder, path), text);
  const questions = fleet?.questions ?? [];
  if (json) print(JSON.stringify({ files: files.map(({ path }) => path), questions }, null, 2));
  else print(summary({ files, questions, template, environment, folder }));
  return exitCodes.done;
}

/** Nothing is written over, also by two that run at once. */
async function writeNew(path: string, text: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  try {
    await writeFile(path, text, { flag: "wx" });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    throw new Error(`${path} is there already, and init never writes over a file: move it away first`, {
      cause: error,
    });
  }
}

/** A name that can sign things, from that of the folder. */
function nameFrom(folder: string): string {
  const name = slug(basename(resolve(folder)))
    .slice(0, 30)
    .replaceAll(/^-+|-+$/gu, "");
  return name === "" ? "my-fleet" : name;
}

async function fleetText(
  name: string,
  { from, boardsOnly = false, yes = false }: InitOptions,
  { tell, environment, ask }: Pick<World, "tell" | "environment" | "ask">,
): Promise<FleetFile> {
  if (boardsOnly && from === undefined) throw new Misuse("--boards-only belongs to --from URL");
  if (from !== undefined) return discovered(name, { from, boardsOnly }, { tell, environment });
  if (yes) return { text: referenceText(), questions: [] };
  if (ask) {
    const server = await askedServer(ask);
    return server === ""
      ? promptedFleet(ask, name)
      : discovered(name, { from: server, boardsOnly }, { tell, environment });
  }
  throw new Misuse("nobody is here to ask: name a Prometheus API with --from, or take the reference fleet with --yes");
}

async function discovered(
  name: string,
  { from, boardsOnly }: { readonly from: string; readonly boardsOnly: boolean },
  { tell, environment }: Pick<World, "tell" | "environment">,
): Promise<FleetFile> {
  const named = server("The metrics server", "MIMIR", environment, undefined, { variable: "--from", given: from });
  if (!named)
    throw new Misuse("--from needs the address of a Prometheus API, such as https://mimir.example.com/prometheus");
  tell(`asking ${named.url} …`);
  const facts = await discover({
    http: http(named),
    url: named.url,
    header: environment["MIMIR_TENANT_HEADER"] || "X-Scope-OrgID",
    tenants: (environment["MIMIR_TENANTS"] ?? "").split(/[|,\s]+/u).filter((tenant) => tenant !== ""),
  });
  if (facts.clusters.length === 0) {
    throw new Error(`${named.url} has no series "up" of any cluster: do agents write to it, and to these tenants?`);
  }
  const grafana = server("Grafana", "GRAFANA", environment);
  if (grafana) tell(`asking ${grafana.url} …`);
  const found = grafana && (await grafanaFacts(http(grafana), grafana.url, facts.labels.cluster));
  return fleetFile({ facts, name, boardsOnly, ...(found && { grafana: found }) });
}

function referenceText(): string {
  const head = [
    "# yaml-language-server: $schema=./node_modules/fleetglass/schema/fleet.schema.json",
    "# The reference fleet: one region, a cluster and a tenant per environment. Put yours in its place.",
    "# Every key: node_modules/fleetglass/docs/fleet.md",
  ];
  return `${head.join("\n")}\n${stringify(referenceInput, { lineWidth: 120, aliasDuplicateObjects: false })}`;
}

interface Summary {
  readonly files: readonly Written[];
  readonly questions: readonly string[];
  readonly template: Template;
  readonly environment: Environment;
  readonly folder: string;
}

function summary({ files, questions, template, environment, folder }: Summary): string {
  const at = folder === "." ? "" : `cd ${folder} && `;
  const missing = ["GRAFANA_URL", "GRAFANA_TOKEN"].filter((variable) => !environment[variable]);
  const set = missing.length === 0 ? "" : `set ${missing.join(" and ")} (and MIMIR_URL for the rules), then: `;
  return [
    ...files.map(({ path }) => `${colours.green("✓")} ${folder === "." ? path : join(folder, path)}`),
    ...(questions.length === 0
      ? []
      : [
          `${colours.yellow("!")} ${many(questions.length, "question")} marked with "${questionMark}" in fleet.yaml:`,
          ...questions.map((question) => colours.dim(`    ${question}`)),
        ]),
    "",
    colours.bold("Next"),
    `  check    ${at}npx fleetglass lint`,
    ...(template === "lint"
      ? []
      : [`  see      ${at}npx fleetglass plan`, `  publish  ${set}${at}npx fleetglass publish --to live`]),
  ].join("\n");
}
