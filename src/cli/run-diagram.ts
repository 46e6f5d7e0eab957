import { writeFile } from "node:fs/promises";
import { bundle } from "../bundle.ts";
import { fleetGraph } from "../diagram/fleet.ts";
import { mermaid } from "../diagram/mermaid.ts";
import { svg } from "../diagram/svg.ts";
import { type ExitCode, exitCodes } from "./exit-codes.ts";
import { loadProject } from "./load.ts";
import type { CommonOptions, World } from "./run.ts";

export interface DiagramOptions extends CommonOptions {
  readonly format: "mermaid" | "svg";
  readonly output?: string;
}

/** `fleetglass diagram`: a picture of the fleet, from the clusters to the people. */
export async function runDiagram(
  { fleet: file, format, json, output }: DiagramOptions,
  { print }: World,
): Promise<ExitCode> {
  const { project } = await loadProject(file);
  const graph = fleetGraph(project, bundle(project));
  const text = json ? `${JSON.stringify(graph, null, 2)}\n` : { mermaid, svg }[format](graph);
  if (output === undefined) print(text.trimEnd());
  else await write(output, text);
  return exitCodes.done;
}

async function write(path: string, text: string): Promise<void> {
  try {
    await writeFile(path, text);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new Error(`${path} can't be written (${code ?? "no reason given"})`, { cause: error });
  }
}
