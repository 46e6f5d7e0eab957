import { execFile } from "node:child_process";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import { promisify } from "node:util";
import type { InputFile } from "../lint/index.ts";
import { Misuse } from "./misuse.ts";

/** Files that a folder is searched for. One that is named itself is read whatever it is called. */
const wanted = /\.(?:ya?ml|json|rules)$/u;
const never: ReadonlySet<string> = new Set(["node_modules", "vendor", "dist"]);

/** Every file at the paths, in order. @throws {Misuse} where there is none of a name. */
export function filesAt(paths: readonly string[], exclude: readonly string[]): InputFile[] {
  const excluded = exclude.map(globRegex);
  const names = new Set<string>();
  const visit = (path: string, named: boolean): void => {
    const stat = statSync(path, { throwIfNoEntry: false });
    if (!stat) throw new Misuse(`there is no file or folder ${path}`);
    const name = relative("", path).replaceAll("\\", "/") || ".";
    if (excluded.some((one) => one.test(name))) return;
    if (stat.isDirectory()) {
      for (const entry of readdirSync(path).toSorted()) {
        if (!entry.startsWith(".") && !never.has(entry)) visit(join(path, entry), false);
      }
    } else if (named || wanted.test(path)) names.add(name);
  };
  for (const path of paths) visit(path, true);
  return [...names].map((file) => ({ file, text: readFileSync(file, "utf8") }));
}

/** `**` is any number of folders, `*` anything in one name; without either, a folder means all in it. */
function globRegex(glob: string): RegExp {
  const pattern = glob
    .replace(/^\.\//u, "")
    .replaceAll(/[$()+.?[\\\]^{|}]/gu, String.raw`\$&`)
    .replaceAll(/\*\*\/|\*\*|\*/gu, (stars) => ({ "*": "[^/]*", "**": ".*" })[stars] ?? "(?:.*/)?");
  return new RegExp(`^${pattern}(?:/.*)?$`, "u");
}

/** Files that differ from a commit, and those that git does not know yet. */
export async function changedSince(ref: string): Promise<ReadonlySet<string>> {
  const git = async (...args: readonly string[]): Promise<string> => {
    try {
      return (await promisify(execFile)("git", [...args], { maxBuffer: 2 ** 28 })).stdout;
    } catch (error) {
      const [reason] = (error instanceof Error && "stderr" in error ? String(error.stderr) : String(error)).split("\n");
      throw new Error(`git ${args[0]} failed: ${reason}`, { cause: error });
    }
  };
  if (ref.startsWith("-")) throw new Misuse(`${ref} is no commit`);
  const top = (await git("rev-parse", "--show-toplevel")).trim();
  const changed = await git("diff", "--name-only", "--diff-filter=d", "-z", `${ref}...`, "--");
  const open = await git("diff", "--name-only", "--diff-filter=d", "-z", "HEAD", "--");
  const untracked = await git("ls-files", "--others", "--exclude-standard", "--full-name", "-z", ":/");
  return new Set(
    [changed, open, untracked].flatMap((names) =>
      names
        .split("\0")
        .filter((name) => name !== "")
        .map((name) => relative("", resolve(top, name)).replaceAll("\\", "/")),
    ),
  );
}
