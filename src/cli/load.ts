import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { basename, extname, resolve } from "node:path";
import type { Fleet } from "../fleet/model.ts";
import { parseFleet } from "../fleet/parse.ts";
import { referenceFleet } from "../fleet/reference.ts";
import * as library from "../index.ts";
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
  if (file === undefined) return { project: defineProject({ fleet: referenceFleet }) };
  if (!existsSync(file))
    throw new Misuse(`there is no file ${file}: name a fleet.yaml or fleetglass.config.ts with --fleet`);
  const extension = extname(file);
  if (extension === ".yaml" || extension === ".yml") {
    return { project: defineProject({ fleet: parseFleet(await readFile(file, "utf8"), file) }), file };
  }
  if (![".ts", ".mts", ".js", ".mjs"].includes(extension)) {
    throw new Misuse(`${file} is neither YAML nor TypeScript: --fleet takes fleet.yaml or fleetglass.config.ts`);
  }
  return { project: await fromModule(file), file };
}

/** Runs a configuration written in TypeScript. It imports `fleetglass`, and must get this copy of it. */
async function fromModule(file: string): Promise<Project> {
  const { createJiti } = await import("jiti");
  const jiti = createJiti(import.meta.url, { fsCache: false, virtualModules: { fleetglass: library } });
  let exported: unknown;
  try {
    exported = await jiti.import(resolve(file), { default: true });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(
      reason
        .split("\n")
        .map((line) => `${file}: ${line}`)
        .join("\n"),
      { cause: error },
    );
  }
  if (isProject(exported)) return exported;
  if (isFleet(exported)) return defineProject({ fleet: exported });
  throw new Error(`${basename(file)} must export defineProject({…}) or defineFleet({…}) as its default`);
}

function isProject(value: unknown): value is Project {
  return typeof value === "object" && value !== null && "fleet" in value && "dashboards" in value && "alerts" in value;
}

function isFleet(value: unknown): value is Fleet {
  return (
    typeof value === "object" && value !== null && "clusters" in value && "tenants" in value && "backends" in value
  );
}
