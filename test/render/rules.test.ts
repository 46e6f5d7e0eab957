import { execFile } from "node:child_process";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { fleetglass } from "../support/cli.ts";
import { describeWithTool } from "../support/needs.ts";

const run = promisify(execFile);

describe.each([
  { name: "reference", argv: [] },
  { name: "atlas", argv: ["--fleet", "test/fleets/atlas.yaml"] },
])("the rendered rules of the $name fleet", ({ argv }) => {
  let folder: string;
  let files: string[];
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "fleetglass-rules-"));
    await fleetglass(["build", "--out", folder, ...argv]);
    const all = await readdir(join(folder, "rules"), { recursive: true });
    files = all.filter((file) => file.endsWith(".yaml")).map((file) => join(folder, "rules", file));
    expect(files.length).toBeGreaterThan(2);
  });
  afterAll(() => rm(folder, { recursive: true }));

  describeWithTool("promtool", "promtool", (promtool) => {
    test("accepts them, but for the two keys that are Mimir's", async () => {
      const { stdout } = await run(promtool.path, ["check", "rules", "--ignore-unknown-fields", ...files]);
      expect(stdout.match(/SUCCESS/gu)).toHaveLength(files.length);
      const strict = await run(promtool.path, ["check", "rules", ...files]).catch((error: { stderr: string }) => error);
      const unknown = [...strict.stderr.matchAll(/field (\w+) not found/gu)].map(([, field = ""]) => field);
      expect(new Set(unknown)).toEqual(new Set(["namespace", "source_tenants"]));
    });
  });

  describeWithTool("mimirtool", "mimirtool", (mimirtool) => {
    test("accepts them", async () => {
      // A file at a time: each is one tenant's, under the same namespace.
      for (const file of files) await run(mimirtool.path, ["rules", "check", file]);
    });
  });
});
