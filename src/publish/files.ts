import { mkdir, readFile, realpath, rm, rmdir, writeFile } from "node:fs/promises";
import { dirname, join, sep } from "node:path";
import type { FileResource, Resource } from "../bundle.ts";
import type { Live, Target } from "./target.ts";

/** Which files of the output folder are ours: what is not listed here is never changed or removed. */
const manifestName = ".fleetglass.json";

interface Manifest {
  readonly project: string;
  readonly files: readonly string[];
}

/**
 * The files that a folder's list names, and whose they are.
 * @throws {Error} where it has no list, or one of them is missing.
 */
export async function committedFiles(
  folder: string,
): Promise<{ readonly project: string; readonly files: readonly { readonly path: string; readonly text: string }[] }> {
  const manifest = await readManifest(join(folder, manifestName));
  if (!manifest) throw new Error(`${folder} has no ${manifestName}: name the folder that fleetglass wrote with --out`);
  const files = await Promise.all(
    manifest.files.map(async (path) => ({ path, text: await readText(await placeOf(folder, path)) })),
  );
  const missing = files.find(({ text }) => text === undefined);
  if (missing) {
    throw new Error(
      `${join(folder, missing.path)} is missing: check the folder out as a whole, or run fleetglass build`,
    );
  }
  return { project: manifest.project, files: files.map(({ path, text = "" }) => ({ path, text })) };
}

/** A folder of files, to be reviewed, committed and read by Grafana and rulers. */
export function filesTarget(folder: string, project: string): Target {
  const manifestPath = join(folder, manifestName);
  /** What the manifest says, once read. */
  let ours: ReadonlySet<string> | undefined;
  let planned: readonly string[] = [];

  async function owned(): Promise<ReadonlySet<string>> {
    if (ours) return ours;
    const manifest = await readManifest(manifestPath);
    if (manifest && manifest.project !== project) {
      throw new Error(
        `${folder} holds the project ${manifest.project}, not ${project}: name another folder with --out`,
      );
    }
    ours = new Set(manifest?.files);
    return ours;
  }

  async function remember(files: ReadonlySet<string>): Promise<void> {
    ours = files;
    const manifest: Manifest = { project, files: [...files].toSorted() };
    await mkdir(folder, { recursive: true });
    await writeFile(manifestPath, `${JSON.stringify(manifest, null, 2)}\n`);
  }

  return {
    title: folder,
    place: folder,
    versions: true,
    holds: ({ kind }) => kind === "file",
    async list(wanted) {
      const mine = await owned();
      planned = wanted.map(({ id }) => id);
      const paths = new Set([...mine, ...wanted.map(({ id }) => id)]);
      const found = await Promise.all([...paths].map((path) => liveFile(folder, path, mine.has(path), wanted)));
      return found.filter((live) => live !== undefined);
    },
    async put({ id, spec }) {
      const mine = await owned();
      // Signed before it is written: a run that is killed in between leaves no file that nobody owns.
      if (!mine.has(id)) await remember(new Set([...mine, ...planned, id]));
      await writeFile(await placeOf(folder, id), (spec as FileResource["spec"]).text);
    },
    async remove({ id }) {
      await rm(await placeOf(folder, id), { force: true });
      await clear(folder, dirname(id));
      const mine = await owned();
      await remember(new Set([...mine].filter((path) => path !== id)));
    },
  };
}

/** Removes a folder below ours, and those around it, that nothing is left in. */
async function clear(folder: string, below: string): Promise<void> {
  if (below === ".") return;
  try {
    await rmdir(join(folder, below));
  } catch {
    // Something is in it, whose ever it is.
    return;
  }
  await clear(folder, dirname(below));
}

async function liveFile(
  folder: string,
  path: string,
  ours: boolean,
  wanted: readonly Resource[],
): Promise<Live | undefined> {
  const text = await readText(join(folder, path));
  if (text === undefined) return undefined;
  const file = { kind: "file", at: { system: "file" }, id: path, spec: { text } } as const;
  const same = wanted.some(({ id, kind, spec }) => kind === "file" && id === path && spec.text === text);
  if (ours || same) return file;
  return {
    ...file,
    foreign: {
      reason: "a file that fleetglass did not write is there",
      mend: "move it away, name another folder with --out, or let it be replaced with --take-over",
      adoptable: true,
    },
  };
}

async function readManifest(path: string): Promise<Manifest | undefined> {
  const text = await readText(path);
  if (text === undefined) return undefined;
  const parsed = jsonOf(text);
  if (isManifest(parsed)) return parsed;
  throw new Error(
    `${path} is not a list of files as fleetglass writes it: restore it, or name another folder with --out`,
  );
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** A path of a file below the folder, and no way out of it. */
function staysInside(path: string): boolean {
  return path.split("/").every((part) => part !== "" && part !== "." && part !== "..");
}

/** Where a file of ours is. A link below the folder may lead out of it, and what lies there is not ours. */
async function placeOf(folder: string, path: string): Promise<string> {
  const file = join(folder, path);
  await mkdir(dirname(file), { recursive: true });
  const [root, real] = await Promise.all([realpath(folder), realpath(dirname(file))]);
  if (staysInside(path) && (real === root || real.startsWith(`${root}${sep}`))) return file;
  throw new Error(`${file} lies outside ${folder}: fleetglass writes only below its output folder`);
}

function isManifest(value: unknown): value is Manifest {
  return (
    typeof value === "object" &&
    value !== null &&
    "project" in value &&
    typeof value.project === "string" &&
    "files" in value &&
    Array.isArray(value.files) &&
    value.files.every((file) => typeof file === "string" && staysInside(file))
  );
}

async function readText(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}
