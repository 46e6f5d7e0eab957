import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { Script } from "node:vm";

// As `npm ci` leaves it: one script, what V8 made of it, and what starts both.
const shipped = resolve("dist/cli");

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "fleetglass-"));
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

test.each([
  { argv: ["lint"], status: 0, says: "No findings in" },
  { argv: ["publish", "--plan", "--out", "out"], status: 2, says: "to add" },
  { argv: ["lint", "--fleet", "none.yaml"], status: 64, says: "there is no file none.yaml" },
])("$argv of the shipped command ends with $status", ({ argv, status, says }) => {
  const run = spawnSync(process.execPath, [join(shipped, "main.js"), ...argv], { cwd: folder, encoding: "utf8" });
  expect(run).toMatchObject({ status });
  expect(run.stdout + run.stderr).toContain(says);
});

test("what V8 made of the command is taken", () => {
  const filename = join(shipped, "command.cjs");
  const script = new Script(readFileSync(filename, "utf8"), { filename, cachedData: readFileSync(`${filename}.v8`) });
  expect(script.cachedDataRejected).toBe(false);
});
