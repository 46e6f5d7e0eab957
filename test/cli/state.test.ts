import { execFile } from "node:child_process";
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { openState } from "../../src/cli/state.ts";

const git = async (cwd: string, ...argv: readonly string[]): Promise<string> =>
  (await promisify(execFile)("git", argv, { cwd })).stdout.trim();

let folder: string;
const at = (name: string): string => join(folder, name);
const files = async (path: string): Promise<string[]> =>
  (await readdir(path)).filter((name) => name !== ".git").toSorted();

/** A clone with a commit, as a runner has it. */
async function runner(name: string): Promise<string> {
  await git(folder, "clone", "--quiet", at("remote"), name);
  return at(name);
}

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "fleetglass-state-"));
  await git(folder, "init", "--quiet", "--bare", "remote");
  const first = await runner("first");
  const who = ["-c", "user.name=a", "-c", "user.email=a@example.com"];
  await git(first, ...who, "commit", "--quiet", "--allow-empty", "-m", "first");
  await git(first, "push", "--quiet", "origin", "HEAD:main");
});
afterEach(() => rm(folder, { recursive: true }));

test("runs of one runner are there for the next, and what one works on is not touched", async () => {
  const first = await openState("git:runs", at("first"));
  await writeFile(join(first.folder, "1.jsonl"), "one");
  await first.keep("run 1");
  const second = await openState("git:runs", await runner("second"));
  expect(await files(second.folder)).toEqual(["1.jsonl"]);
  expect(await git(at("second"), "status", "--porcelain")).toBe("");
  expect(await files(at("second"))).toEqual([]);
});

test("two at once both keep theirs", async () => {
  const both = [await openState("git:runs", at("first")), await openState("git:runs", await runner("second"))];
  for (const [number, { folder: runs }] of both.entries()) await writeFile(join(runs, `${number}.jsonl`), "run");
  for (const state of both) await state.keep("run");
  const third = await openState("git:runs", await runner("third"));
  expect(await files(third.folder)).toEqual(["0.jsonl", "1.jsonl"]);
});

test("a run that was killed is kept by the next one on the same machine", async () => {
  await writeFile(join((await openState("git:runs", at("first"))).folder, "killed.jsonl"), "half");
  await (await openState("git:runs", at("first"))).keep("run");
  expect(await files((await openState("git:runs", await runner("second"))).folder)).toEqual(["killed.jsonl"]);
});

test("without a remote the branch is local", async () => {
  await git(folder, "init", "--quiet", "alone");
  const alone = await openState("git:runs", at("alone"));
  await writeFile(join(alone.folder, "1.jsonl"), "one");
  await alone.keep("run 1");
  expect(await git(at("alone"), "log", "-1", "--format=%s", "runs")).toBe("run 1");
});

test.each([
  { state: "git:a..b", says: "no branch may be called so" },
  { state: "git:-x", says: "no branch may be called so" },
])("$state is misuse", async ({ state, says }) => {
  await expect(openState(state, at("first"))).rejects.toThrow(says);
});

test("outside of a repository it says so", async () => {
  await expect(openState("git:runs", folder)).rejects.toThrow("this is no Git repository");
});
