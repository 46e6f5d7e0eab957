import { execFile } from "node:child_process";
import { existsSync, type FSWatcher, readdirSync, watch } from "node:fs";
import { dirname, join, resolve, sep } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { promisify } from "node:util";
import type { Generated } from "../bundle.ts";

/** Where what is shown comes from. */
export interface Generator {
  /** @throws {Error} with the generator's own words where the files say nothing that can be shown. */
  read(): Promise<Generated>;
  /** Calls back after an edit; returns how to stop. */
  watch(changed: () => void): () => void;
}

const run = promisify(execFile);
const root = fileURLToPath(new URL("../..", import.meta.url));
const ours = join(root, "src", "cli", "main.ts");
const loader = pathToFileURL(join(root, "preview", "node_modules", "tsx", "dist", "esm", "index.mjs")).href;

/** The command that generates: from our sources where they are at hand, so that an edit of them shows, else as installed. */
const command = existsSync(ours) ? ["--import", loader, ours] : [join(root, "dist", "cli", "main.js")];

/** An editor writes a file in several steps. */
const rest = 150;

/** What nobody edits. */
const ignored = new Set(["node_modules", "dist", "out"]);

/** A name that a change may be shown for; null is Node's "somewhere in it". */
function isSource(name: string | null): boolean {
  return (
    name === null || (/\.(?:[cm]?[jt]s|json|ya?ml)$/u.test(name) && !name.split(sep).some((part) => ignored.has(part)))
  );
}

/** What is generated once: for pictures, which are not of what changes meanwhile. */
export function unwatched(generator: Pick<Generator, "read">): Generator {
  return { read: () => generator.read(), watch: () => () => undefined };
}

/** Generates in a process of its own each time: modules that were loaded once stay as they were. */
export function generatorOf(fleet: string | undefined): Generator {
  const options = fleet === undefined ? [] : ["--fleet", fleet];
  return {
    async read() {
      try {
        const { stdout } = await run(process.execPath, [...command, "bundle", ...options], { maxBuffer: 2 ** 30 });
        return JSON.parse(stdout) as Generated;
      } catch (error) {
        throw new Error(wordsOf(error), { cause: error });
      }
    },
    watch(changed) {
      let due: ReturnType<typeof setTimeout> | undefined;
      const soon = (): void => {
        clearTimeout(due);
        due = setTimeout(changed, rest);
      };
      const watchers = [...watchedBy(fleet), ...(existsSync(ours) ? [tree(join(root, "src"))] : [])].map((make) =>
        make(soon),
      );
      return () => {
        clearTimeout(due);
        for (const watcher of watchers) {
          watcher.close();
        }
      };
    },
  };
}

type Watch = (changed: () => void) => FSWatcher;

/** The folder of the fleet's file; with TypeScript also what that may import. */
function watchedBy(fleet: string | undefined): Watch[] {
  const folder = fleet === undefined ? process.cwd() : dirname(resolve(fleet));
  const own: Watch = (changed) => watch(folder, (_, name) => (isSource(name) ? changed() : undefined));
  if (fleet !== undefined && /\.ya?ml$/u.test(fleet)) {
    return [own];
  }
  const below = readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && !entry.name.startsWith(".") && !ignored.has(entry.name))
    .map(({ name }) => join(folder, name))
    .filter((path) => path !== join(root, "src") && path !== join(root, "preview"));
  return [own, ...below.map(tree)];
}

function tree(folder: string): Watch {
  return (changed) => watch(folder, { recursive: true }, (_, name) => (isSource(name) ? changed() : undefined));
}

/** What the command printed as errors, without its colour and its prefix. */
function wordsOf(error: unknown): string {
  const printed = typeof error === "object" && error !== null && "stderr" in error ? String(error.stderr) : "";
  const lines = printed.split("\n").filter((line) => line.startsWith("error: "));
  return lines.length > 0
    ? lines.map((line) => line.slice("error: ".length)).join("\n")
    : (printed.trim().split("\n").at(-1) ?? "") || (error instanceof Error ? error.message : String(error));
}
