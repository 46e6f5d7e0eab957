import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stringify } from "yaml";
import { alertTests, type PromtoolTests, untested } from "../alert-tests.ts";
import { tool } from "../servers/tools.ts";
import { colours } from "./colours.ts";
import { type ExitCode, exitCodes } from "./exit-codes.ts";
import { loadProject } from "./load.ts";
import { Misuse } from "./misuse.ts";
import type { CommonOptions, World } from "./run.ts";
import { many } from "./summary.ts";

export interface TestOptions extends CommonOptions {
  /** Only tests whose name, which begins with the alert's, has this in it. */
  readonly only?: string;
}

interface Outcome {
  readonly group: string;
  readonly test: string;
  /** What promtool says is wrong; absent where nothing is. */
  readonly problem?: string;
}

/** `fleetglass test`: do alerts fire when they should, and only then? */
export async function runTest({ fleet, json = false, only = "" }: TestOptions, { print }: World): Promise<ExitCode> {
  const { project } = await loadProject(fleet);
  const files = alertTests(project)
    .map((file) => ({ ...file, tests: file.tests.filter(({ name }) => name.includes(only)) }))
    .filter(({ tests }) => tests.length > 0);
  if (files.length === 0) throw new Misuse(only === "" ? "there are no tests" : `no test has "${only}" in its name`);
  const outcomes = await promtool(files);
  const lacking = only === "" ? untested(project.alerts) : [];
  print(json ? JSON.stringify({ tests: outcomes, untested: lacking }, null, 2) : text(outcomes, lacking));
  return outcomes.some(({ problem }) => problem !== undefined) || lacking.length > 0
    ? exitCodes.failed
    : exitCodes.done;
}

/** All files in one run: promtool's start costs more than most tests. */
async function promtool(files: readonly PromtoolTests[]): Promise<Outcome[]> {
  const folder = await mkdtemp(join(tmpdir(), "fleetglass-test-"));
  try {
    const paths = await Promise.all(files.map((file, at) => written(folder, String(at), file)));
    const { code, problems } = await answer(await tool("promtool"), paths);
    const outcomes = files.flatMap(({ group, tests }) => tests.map(({ name }) => outcomeOf(group, name, problems)));
    if (code === 0 || outcomes.some(({ problem }) => problem !== undefined)) return outcomes;
    // It never came to the tests.
    throw new Error(`promtool: ${problems.trim().replaceAll(`${folder}/`, "")}`);
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function written(folder: string, name: string, { interval, rules, tests }: PromtoolTests): Promise<string> {
  await writeFile(join(folder, `${name}-rules.yaml`), stringify(rules));
  const path = join(folder, `${name}.yaml`);
  await writeFile(path, stringify({ rule_files: [`${name}-rules.yaml`], evaluation_interval: interval, tests }));
  return path;
}

/** What is wrong goes to standard error, whether it is a test or a file. */
async function answer(
  path: string,
  files: readonly string[],
): Promise<{ readonly code: number; readonly problems: string }> {
  const argv = ["test", "rules", "--ignore-unknown-fields", ...files];
  return new Promise((resolve, reject) => {
    execFile(path, argv, { maxBuffer: Infinity }, (error, _, problems) => {
      if (error && typeof error.code !== "number") reject(error);
      else resolve({ code: Number(error?.code ?? 0), problems });
    });
  });
}

/** promtool says the name of the test before each moment at which something else came out. */
function outcomeOf(group: string, test: string, problems: string): Outcome {
  const own = problems
    .split(/^(?= *name: |  FAILED:)/mu)
    .filter((part) => part.trimStart().startsWith(`name: ${test},`))
    .map((part) => part.trim().slice(`name: ${test},`.length).trim());
  return { group, test, ...(own.length > 0 && { problem: own.join("\n") }) };
}

function text(outcomes: readonly Outcome[], lacking: readonly string[]): string {
  const failed = outcomes.filter(({ problem }) => problem !== undefined);
  const groups = [...new Set(outcomes.map(({ group }) => group))].map((group) => {
    const own = outcomes.filter((one) => one.group === group);
    const bad = own.filter(({ problem }) => problem !== undefined).length;
    return bad === 0
      ? `${colours.green("✓")} ${group}: ${many(own.length, "test")}`
      : `${colours.red("✗")} ${group}: ${bad} of ${many(own.length, "test")} failed`;
  });
  const details = failed.flatMap(({ test, problem = "" }) => [
    "",
    colours.red(`✗ ${test}`),
    ...problem.split("\n").map((line) => `  ${line}`),
  ]);
  const untold = lacking.map((one) => `${colours.red("✗")} ${one}`);
  const sum =
    failed.length === 0
      ? `${many(outcomes.length, "test")} passed.`
      : `${failed.length} of ${many(outcomes.length, "test")} failed.`;
  return [...groups, ...details, ...(untold.length > 0 ? ["", ...untold] : []), "", sum].join("\n");
}
