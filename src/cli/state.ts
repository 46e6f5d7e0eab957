import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { lastWritten, readRuns } from "../publish/journal.ts";
import type { Memory } from "../publish/plan.ts";
import { Misuse } from "./misuse.ts";

/** Where runs are kept. */
export interface State {
  readonly folder: string;
  /** Makes what was written there last: on a branch it is committed, and pushed where there is a remote. */
  readonly keep: (message: string) => Promise<void>;
}

const prefix = "git:";

/**
 * `--state FOLDER`, or `--state git:BRANCH`: a branch of the repository that we are in, checked out beside what one works
 * on, so that a runner that is thrown away leaves its runs to the next one.
 * @throws {Misuse} where there is no repository, or no such name for a branch.
 */
export async function openState(state: string, where = "."): Promise<State> {
  if (!state.startsWith(prefix)) return { folder: state, keep: () => Promise.resolve() };
  const branch = state.slice(prefix.length);
  const inRepository = git(where);
  const common = await inRepository("rev-parse", "--git-common-dir").catch(() => {
    throw new Misuse(`--state ${state}: this is no Git repository`);
  });
  await inRepository("check-ref-format", "--branch", branch).catch(() => {
    throw new Misuse(`--state ${state}: no branch may be called so`);
  });
  const folder = join(resolve(where, common), "fleetglass-state", encodeURIComponent(branch));
  const remote = (await inRepository("remote")).split("\n").includes("origin");
  const there = remote && (await inRepository("ls-remote", "origin", `refs/heads/${branch}`)) !== "";
  if (there) await inRepository("fetch", "--quiet", "origin", `+refs/heads/${branch}:refs/remotes/origin/${branch}`);
  if (!existsSync(folder)) await checkOut(inRepository, { branch, folder, there });
  const inFolder = git(folder);
  const commit = async (message: string): Promise<void> => {
    await inFolder("add", "--all");
    if ((await inFolder("status", "--porcelain")) !== "")
      await inFolder("commit", "--quiet", "--no-verify", "-m", message);
  };
  // A run that was killed left its file here.
  await commit("a run that did not come to its end");
  if (there) await inFolder("rebase", "--quiet", `origin/${branch}`);
  return {
    folder,
    async keep(message) {
      await commit(message);
      if (!remote) return;
      for (let tries = 1; ; tries += 1) {
        try {
          await inFolder("push", "--quiet", "origin", `HEAD:refs/heads/${branch}`);
          return;
        } catch (error) {
          // Somebody else has pushed meanwhile. Files of runs have names of their own, so nothing conflicts.
          if (tries === 4) throw error;
          await inFolder("fetch", "--quiet", "origin", `+refs/heads/${branch}:refs/remotes/origin/${branch}`);
          await inFolder("rebase", "--quiet", `origin/${branch}`);
        }
      }
    },
  };
}

/** What the runs kept there wrote last; undefined where nobody names a place. */
export async function memoryOf(state: string | undefined, project: string): Promise<Memory | undefined> {
  return state === undefined ? undefined : lastWritten(await readRuns((await openState(state)).folder, project));
}

type Git = (...argv: readonly string[]) => Promise<string>;

async function checkOut(
  inRepository: Git,
  { branch, folder, there }: { readonly branch: string; readonly folder: string; readonly there: boolean },
): Promise<void> {
  await inRepository("worktree", "prune");
  const known = (await inRepository("branch", "--list", branch)) !== "";
  if (!known && !there) {
    const tree = await inRepository("hash-object", "-t", "tree", "-w", "--stdin");
    const first = await inRepository("commit-tree", tree, "-m", "runs of fleetglass publish");
    await inRepository("branch", branch, first);
  } else if (!known) await inRepository("branch", "--no-track", branch, `origin/${branch}`);
  await inRepository("worktree", "add", "--quiet", folder, branch);
}

function git(cwd: string): Git {
  const who = ["-c", "user.name=fleetglass", "-c", "user.email=fleetglass@localhost", "-c", "commit.gpgSign=false"];
  return async (...argv) => {
    try {
      const running = promisify(execFile)("git", [...who, ...argv], { cwd, maxBuffer: 2 ** 28 });
      running.child.stdin?.end();
      return (await running).stdout.trim();
    } catch (error) {
      const said = error instanceof Error && "stderr" in error ? String(error.stderr).trim() : String(error);
      throw new Error(`git ${argv[0]} failed: ${said.split("\n").at(-1)}`, { cause: error });
    }
  };
}
