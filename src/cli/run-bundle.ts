import { bundle } from "../bundle.ts";
import { lint } from "../lint/index.ts";
import { type ExitCode, exitCodes } from "./exit-codes.ts";
import { loadProject } from "./load.ts";
import type { CommonOptions, World } from "./run.ts";

/** `fleetglass bundle`: everything that follows from a project, as one JSON document. The preview reads it. */
export async function runBundle({ fleet: file }: CommonOptions, { print }: World): Promise<ExitCode> {
  const { project } = await loadProject(file);
  const resources = bundle(project);
  print(
    JSON.stringify(
      { project: project.name, fleet: project.fleet, resources, findings: lint(resources, { fleet: project.fleet }) },
      null,
      2,
    ),
  );
  return exitCodes.done;
}
