import { colours } from "./colours.ts";
import { bundle, type Resource, resourceId } from "../bundle.ts";
import { lint } from "../lint/index.ts";
import type { Finding } from "../lint/check.ts";
import { pathOf } from "../render/render.ts";
import { type ExitCode, exitCodes } from "./exit-codes.ts";
import { type Loaded, loadProject } from "./load.ts";
import type { Environment } from "./servers.ts";
import { findingsText, many } from "./summary.ts";

/** What the commands share with the outside. */
export interface World {
  readonly print: (text: string) => unknown;
  /** For progress and problems: never mixed into what a program reads. */
  readonly tell: (text: string) => unknown;
  readonly environment: Environment;
}

export interface CommonOptions {
  readonly fleet?: string;
  /** Of several live stacks, the one whose variables begin with this: `PRD_GRAFANA_URL`. */
  readonly context?: string;
  readonly json?: boolean;
}

export interface Generated {
  readonly loaded: Loaded;
  readonly resources: readonly Resource[];
  readonly findings: readonly Finding[];
}

/** What a project makes, and what is wrong with it. */
export async function generated({ fleet }: CommonOptions): Promise<Generated> {
  const loaded = await loadProject(fleet);
  const resources = bundle(loaded.project);
  return { loaded, resources, findings: lint(resources, { fleet: loaded.project.fleet }) };
}

export interface LintOptions extends CommonOptions {
  /** The folder of the generated files, so that a finding can name the file. */
  readonly out: string;
}

/** `fleetglass lint` */
export async function runLint(options: LintOptions, { print }: World): Promise<ExitCode> {
  const { resources, findings: found } = await generated(options);
  const findings = found.map((finding) => ({ ...finding, file: fileOf(options.out, finding, resources) }));
  if (options.json === true) print(JSON.stringify(findings, null, 2));
  else
    print(
      findings.length > 0
        ? findingsText(findings)
        : `${colours.green("✓")} No findings in ${many(resources.length, "resource")}.`,
    );
  return findings.length > 0 ? exitCodes.failed : exitCodes.done;
}

function fileOf(folder: string, { resource: id }: Finding, resources: readonly Resource[]): string {
  const resource = resources.find((one) => resourceId(one) === id);
  return resource ? `${folder}/${pathOf(resource, resources)}` : folder;
}
