import { execFile } from "node:child_process";
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { parse, stringify } from "yaml";
import { fleetglass } from "../support/cli.ts";

const run = promisify(execFile);

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "fleetglass-cli-"));
});
afterEach(() => rm(folder, { recursive: true }));

const publish = (...argv: readonly string[]) => fleetglass(["publish", "--out", join(folder, "out"), ...argv]);

/** Where the reference fleet's boards are: in the tree of the cluster that runs Grafana. */
const boards = "flux-config/clusters/platform-core-ops-aks/infrastructure/observability/grafana/dashboards";

test("shows the fleet, writes, and touches no file the second time", async () => {
  const first = await publish();
  expect(first.out).toContain("4 clusters, 4 environments, 1 region, 4 tenants");
  expect(first.out).toMatch(/\+ \d+ files +flux-config\/clusters\/platform-core-ops-aks\/$/mu);
  expect(first.code).toBe(0);
  const board = join(folder, "out", boards, "multi-cluster-overview.json");
  const before = await stat(board, { bigint: true });
  const second = await publish();
  expect(second.out).toContain("No changes.");
  expect(second.code).toBe(0);
  expect((await stat(board, { bigint: true })).ctimeNs).toBe(before.ctimeNs);
});

test("a change by hand is shown by field, and undone", async () => {
  await publish();
  const rules = join(folder, "out/rules/dev/fleetglass-platform-core.yaml");
  await writeFile(rules, (await readFile(rules, "utf8")).replace("for: 5m", "for: 50m"));
  const plan = await publish("--plan");
  expect(plan.out).toContain(`~ file       rules/dev/fleetglass-platform-core.yaml
      groups[alerts-clusters].rules[ClusterDown{cause="silent",component="cluster",severity="critical"}].for
        - 50m
        + 5m`);
  expect(plan.code).toBe(2);
  expect((await publish()).code).toBe(0);
  expect((await publish("--plan")).code).toBe(0);
});

test("another fleet never touches this one's folder", async () => {
  await publish();
  const { code, errors } = await publish("--fleet", "test/fleets/atlas.yaml");
  expect(errors).toMatch(/^error: \S+ holds the project platform-core, not atlas: name another folder with --out$/u);
  expect(code).toBe(1);
});

test("a file that is not ours is refused, and nothing is written", async () => {
  await publish("--plan");
  const path = join(folder, "out/rules/dev");
  await run("mkdir", ["-p", path]);
  await writeFile(join(path, "fleetglass-platform-core.yaml"), "mine: true\n");
  const { code, out } = await publish();
  expect(out).toContain(
    "! file       rules/dev/fleetglass-platform-core.yaml\n      a file that fleetglass did not write is there",
  );
  expect(code).toBe(1);
  await expect(stat(join(folder, "out/flux-config"))).rejects.toThrow("ENOENT");
});

test("what is no longer wanted stays until --prune", async () => {
  await publish("--fleet", "test/fleets/small.yaml");
  const fleet = join(folder, "fleet.yaml");
  const whole = parse(await readFile("test/fleets/small.yaml", "utf8"));
  const without = {
    ...whole,
    environments: whole.environments.filter(({ name }: { name: string }) => name !== "stg"),
    clusters: whole.clusters.filter(({ environment }: { environment: string }) => environment !== "stg"),
  };
  await writeFile(fleet, stringify(without));
  const stale = "grafana/dashboards/stg/stg-multi-cluster-overview.json";
  const kept = await publish("--fleet", fleet);
  expect(kept.out).toContain(`- file       ${stale}  (stays; --prune removes it)`);
  await stat(join(folder, "out", stale));
  expect((await publish("--fleet", fleet, "--prune")).code).toBe(0);
  // Nor is an empty folder left.
  await expect(stat(join(folder, "out", "grafana/dashboards/stg"))).rejects.toThrow("ENOENT");
  expect((await publish("--fleet", fleet, "--plan")).code).toBe(0);
});

test("a fleet as TypeScript is read with this copy of the library", async () => {
  const config = join(folder, "fleetglass.config.ts");
  await writeFile(
    config,
    `import { defineFleet } from "fleetglass";
     export default defineFleet({ name: "one", environments: [{ name: "dev" }], clusters: [{ name: "a", environment: "dev", region: "r" }] });`,
  );
  const { code, out } = await publish("--fleet", config, "--json");
  expect(JSON.parse(out)).toMatchObject({
    project: "one",
    fleet: { tenants: ["dev"] },
    generated: { boards: expect.any(Number) },
  });
  expect(code).toBe(0);
});

test("a board that would be written elsewhere is refused", async () => {
  const config = join(folder, "fleetglass.config.ts");
  await writeFile(
    config,
    `import { defineProject, referenceFleet } from "fleetglass";
     export default defineProject({ fleet: referenceFleet, dashboards: [
       { uid: "../../../escaped", title: "Out", description: "?", tags: [], rows: () => [] }] });`,
  );
  const { code, errors } = await publish("--fleet", config);
  expect(errors).toMatch(/^error: board Out would have the uid \.\.\/\.\.\/\.\.\/escaped: Grafana allows letters/u);
  expect(code).toBe(1);
});

test("a link that leads out of the folder is not followed", async () => {
  await run("mkdir", ["-p", join(folder, "out/rules"), join(folder, "elsewhere")]);
  await run("ln", ["-s", join(folder, "elsewhere"), join(folder, "out/rules/dev")]);
  const { code, errors } = await publish();
  expect(errors).toContain("fleetglass writes only below its output folder");
  expect(code).toBe(1);
  expect(await readdir(join(folder, "elsewhere"))).toEqual([]);
});

test("an error is data too, where data was asked for", async () => {
  const { code, out } = await fleetglass(["publish", "--to", "live", "--json"], { MIMIR_URL: "mimir" });
  expect(JSON.parse(out)).toEqual({
    error: "MIMIR_URL is not an address: write one such as https://mimir.example.com",
  });
  expect(code).toBe(1);
});

test.each([
  { what: "nothing", text: "export {};", says: "must export defineProject({…}) or defineFleet({…}) as its default" },
  { what: "null", text: "export default null;", says: "must export defineProject" },
  {
    what: "a look-alike",
    text: "export default { fleet: {}, dashboards: [], alerts: [] };",
    says: "must export defineProject",
  },
  { what: "a syntax error", text: "export default {", says: "fleetglass.config.ts" },
  { what: "what throws", text: "throw new Error('no coffee');", says: "no coffee" },
  { what: "what imports nothing that is there", text: "import 'nowhere-at-all';", says: "nowhere-at-all" },
])("a configuration that exports $what is one clear line", async ({ text, says }) => {
  const config = join(folder, "fleetglass.config.ts");
  await writeFile(config, text);
  const { code, errors } = await publish("--fleet", config);
  expect(errors).toContain(says);
  expect(errors).toMatch(/^error: \S*fleetglass\.config\.ts: .*$/u);
  expect(code).toBe(1);
});

test.each([
  { what: "help", argv: ["--help"], code: 0, says: "Exit codes: 0 done" },
  { what: "no command", argv: [], code: 0, says: "Commands:" },
  { what: "help of a command", argv: ["publish", "--help"], code: 0, says: "GRAFANA_URL" },
  { what: "the catalogue", argv: ["metrics", "--source", "node-exporter"], code: 0, says: "node_cpu_seconds_total" },
  { what: "the catalogue as data", argv: ["metrics", "--json"], code: 0, says: '"name": "kube_pod_status_phase"' },
  { what: "an unknown source", argv: ["metrics", "--source", "x"], code: 64, says: "there are " },
  { what: "an unknown command", argv: ["publsh"], code: 64, says: "publish" },
  { what: "an unknown option", argv: ["lint", "--fast"], code: 64, says: "unknown option '--fast'" },
  {
    what: "an unknown place",
    argv: ["publish", "--to", "moon"],
    code: 64,
    says: "Allowed choices are files, configmaps, live",
  },
  {
    what: "live without an address",
    argv: ["publish", "--to", "live"],
    code: 64,
    says: "GRAFANA_URL, MIMIR_URL or LOKI_URL",
  },
  {
    what: "a fleet that is not there",
    argv: ["lint", "--fleet", "nowhere.yaml"],
    code: 64,
    says: "there is no file nowhere.yaml",
  },
])("$what", async ({ argv, code, says }) => {
  const ran = await fleetglass(argv);
  expect(`${ran.out}${ran.errors}`).toContain(says);
  expect(ran.code).toBe(code);
});

test.each([
  {
    what: "a Mimir that is not there",
    environment: { MIMIR_URL: "http://127.0.0.1:9" },
    says: /^error: Mimir at http:\/\/127\.0\.0\.1:9 can't be reached \(ECONNREFUSED\): is it running, and is MIMIR_URL right\?$/u,
  },
  {
    what: "no address",
    environment: { MIMIR_URL: "mimir" },
    says: /^error: MIMIR_URL is not an address: write one such as https:\/\/mimir\.example\.com$/u,
  },
  {
    what: "a password in an address",
    environment: { MIMIR_URL: "http://a:hunter2@localhost" },
    says: /^error: MIMIR_URL holds a user name or password: put them into MIMIR_USER and MIMIR_PASSWORD$/u,
  },
])("$what is one clear line", async ({ environment, says }) => {
  const { code, errors } = await fleetglass(["publish", "--to", "live"], environment);
  expect(errors).toMatch(says);
  expect(code).toBe(1);
});

test("does nothing when npm runs it as a step of `npm publish`", async () => {
  const publishing = { ...process.env, npm_command: "publish" };
  const { stdout, stderr } = await run(
    process.execPath,
    ["--import", "tsx", "scripts/publish.ts", "--out", join(folder, "out")],
    {
      env: publishing,
    },
  );
  expect(stdout).toBe("");
  expect(stderr).toContain("npm run publish");
  await expect(stat(join(folder, "out"))).rejects.toThrow("ENOENT");
}, 20_000);

test("lint exits 1 on findings, and names panel and rule", async () => {
  const config = join(folder, "fleetglass.config.ts");
  await writeFile(
    config,
    `import { alert, defineProject, neutral, promql, referenceFleet, row, timeseries } from "fleetglass";
     const wrong = promql({ unit: "none", labels: ["cluster"] })\`sum by (cluster) (rate(nodes_up[5m])\`;
     const unknown = promql({ unit: "none", labels: ["cluster"] })\`cluster:upp:ratio > 0\`;
     export default defineProject({
       fleet: referenceFleet,
       dashboards: [{ uid: "mine", title: "Mine", description: "?", tags: [], rows: () => [row("R", [
         timeseries({ title: "Broken", description: "", thresholds: neutral("none"), queries: [wrong] }) ])] }],
       alerts: [{ name: "mine", interval: "1m", scope: "tenant", rules: [alert({
         name: "Mine", when: unknown, for: "5m", severity: "warning", component: "c",
         summary: () => "s", description: () => "d", board: "mine" })] }],
     });`,
  );
  const { code, out } = await fleetglass(["lint", "--fleet", config, "--json"]);
  const findings = JSON.parse(out) as { check: string; resource: string; where: string; message: string }[];
  expect(findings).toEqual(
    expect.arrayContaining([
      expect.objectContaining({ check: "L01", resource: "dashboard/grafana/1/mine", where: 'panel "Broken", query A' }),
      expect.objectContaining({
        check: "D02",
        where: 'panel "Broken"',
        message: "has no description: say which question it answers",
      }),
      expect.objectContaining({
        check: "M08",
        resource: "rule-group/mimir/dev/fleetglass-platform-core/alerts-mine",
        where: "alert Mine",
        message: expect.stringContaining("did you mean cluster:up:ratio?") as string,
      }),
    ]),
  );
  expect(code).toBe(1);
  const published = await publish("--fleet", config);
  expect(published.code).toBe(1);
  expect(published.out).toContain("Nothing was published.");
});
