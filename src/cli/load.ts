import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { homedir } from "node:os";
import { extname, join, resolve } from "node:path";
import type { Fleet } from "../fleet/model.ts";
import { parseFleet } from "../fleet/parse.ts";
import { resolvedReference } from "../fleet/reference-input.ts";
import { defineProject, type Project } from "../project.ts";
import { Misuse } from "./misuse.ts";

export interface Loaded {
  readonly project: Project;
  /** What a person calls the place it was read from; absent for the built-in reference fleet. */
  readonly file?: string;
}

/** Looked for in this order, in the folder where the command runs. */
export const projectFiles = [
  "fleetglass.config.ts",
  "fleetglass.config.js",
  "fleetglass.config.mjs",
  "fleet.yaml",
  "fleet.yml",
] as const;

/** Reads the project: the named file, else the one in this folder, else the reference fleet. */
export async function loadProject(named: string | undefined): Promise<Loaded> {
  const file = named ?? projectFiles.find((name) => existsSync(name));
  if (file === undefined) {
    return { project: defineProject({ fleet: resolvedReference() }) };
  }
  if (!existsSync(file))
    throw new Misuse(`there is no file ${file}: name a fleet.yaml or fleetglass.config.ts with --fleet`);
  const extension = extname(file);
  if (extension === ".yaml" || extension === ".yml") {
    return { project: defineProject({ fleet: parseFleet(await readText(file), file) }), file };
  }
  if (![".ts", ".mts", ".js", ".mjs"].includes(extension)) {
    throw new Misuse(`${file} is neither YAML nor TypeScript: --fleet takes fleet.yaml or fleetglass.config.ts`);
  }
  return { project: await fromModule(file), file };
}

async function readText(file: string): Promise<string> {
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    throw new Error(`${file} can't be read (${(error as NodeJS.ErrnoException).code ?? "no reason given"})`, {
      cause: error,
    });
  }
}

/** Runs a configuration written in TypeScript. It imports `fleetglass`, and must get this copy of it. */
async function fromModule(file: string): Promise<Project> {
  // Not imported: Node reads all of a package that is no module for what it exports, which takes longer than to run it.
  const { createJiti } = createRequire(import.meta.url)("jiti") as typeof import("jiti");
  const jiti = createJiti(import.meta.url, {
    // What is translated is told by its content, so it is never stale, and the translator takes half a second to load.
    fsCache: translated(),
    interopDefault: false,
    virtualModules: { fleetglass: whole(await import("../library.ts")) },
  });
  let loaded: unknown;
  try {
    loaded = await jiti.import(resolve(file));
  } catch (error) {
    const [reason] = (error instanceof Error || isMessage(error) ? error.message : String(error)).split("\n");
    throw new Error(`${file}: ${reason}`, { cause: error });
  }
  const exported: unknown =
    typeof loaded === "object" && loaded !== null && "default" in loaded ? loaded.default : undefined;
  if (isProject(exported)) return exported;
  if (isFleet(exported)) return defineProject({ fleet: exported });
  throw new Error(`${file}: must export defineProject({…}) or defineFleet({…}) as its default`);
}

/** The library with the reference fleet, which few ask for and takes its time. */
function whole(library: object): object {
  return Object.defineProperty({ ...library }, "referenceFleet", { enumerable: true, get: resolvedReference });
}

/** Beside the tools that were built; nowhere for who has no home. */
function translated(): string | false {
  try {
    return join(homedir(), ".cache", "fleetglass", "modules");
  } catch {
    return false;
  }
}

function isMessage(value: unknown): value is { readonly message: string } {
  return typeof value === "object" && value !== null && "message" in value && typeof value.message === "string";
}

function isProject(value: unknown): value is Project {
  return (
    typeof value === "object" &&
    value !== null &&
    "name" in value &&
    typeof value.name === "string" &&
    "fleet" in value &&
    isFleet(value.fleet) &&
    ["dashboards", "recording", "alerts"].every((key) =>
      Array.isArray((value as Readonly<Record<string, unknown>>)[key]),
    )
  );
}

function isFleet(value: unknown): value is Fleet {
  return (
    typeof value === "object" && value !== null && "clusters" in value && "tenants" in value && "backends" in value
  );
}
