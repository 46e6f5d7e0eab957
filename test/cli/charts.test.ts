import { execFile } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { stringify } from "yaml";
import { fleetglass } from "../support/cli.ts";

const run = promisify(execFile);

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "fleetglass-charts-"));
  // A chart whose gateway is called otherwise in its next version, as it happened.
  await mkdir(join(folder, "promtail"));
  await writeFile(
    join(folder, "promtail/values.yaml"),
    stringify({ image: {}, resources: {}, config: { clients: [], snippet: {} } }),
  );
  await run("tar", ["-czf", join(folder, "promtail-7.0.0.tgz"), "-C", folder, "promtail"]);
  const entry = (version: string, more: object = {}): object => ({ version, appVersion: "1.2", ...more });
  await writeFile(
    join(folder, "index.yaml"),
    stringify({
      apiVersion: "v1",
      entries: {
        promtail: [entry("6.17.1"), entry("7.0.0", { urls: ["promtail-7.0.0.tgz"] }), entry("8.0.0-rc.1")],
        grafana: [entry("12.11.1"), entry("12.9.0")],
        loki: [entry("18.11.2"), entry("18.2.0")],
      },
    }),
  );
});
afterAll(() => rm(folder, { recursive: true }));

test("newer versions are said, with what of our values they do not know", async () => {
  const { code, out } = await fleetglass(["charts", "outdated", "--json", "--index", join(folder, "index.yaml")]);
  expect(code).toBe(1);
  const { outdated, unlisted } = JSON.parse(out) as {
    outdated: { chart: string; newest: { version: string }; major: boolean; lost?: string[]; problem?: string }[];
    unlisted: string[];
  };
  expect(outdated.map(({ chart, newest, major }) => [chart, newest.version, major])).toEqual([
    ["loki", "18.11.2", false],
    ["promtail", "7.0.0", true],
  ]);
  expect(outdated[0]?.problem).toBe("the index names no archive");
  expect(outdated[1]?.lost).toContain("config.snippets");
  expect(outdated[1]?.lost).not.toContain("config.clients");
  expect(unlisted).toContain("mimir-distributed");
});

test.each([
  ["there-is-none.yaml", "can't be read (ENOENT)"],
  ["promtail/values.yaml", "is not the index of a chart repository"],
])("%s as an index is refused", async (file, words) => {
  const { code, errors } = await fleetglass(["charts", "outdated", "--index", join(folder, file)]);
  expect(code).toBe(1);
  expect(errors).toContain(words);
});
