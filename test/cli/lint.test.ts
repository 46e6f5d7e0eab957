import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as sarif from "@microsoft/jest-sarif";
import { main } from "../../src/cli/program.ts";

expect.extend({ toBeValidSarifLog: sarif.toBeValidSarifLog });

const rules = `groups:
  - name: app
    rules:
      - record: cluster:http:rate5m
        expr: sum by (cluster) (rate(http_requests_total{job=~"api"}[5m]))
      - alert: Slow
        # wrapped
        expr: |
          sum by (namespace) (
            rate(http_failed_total[5m])
          ) > 5
        labels: { severity: page, cluster: all }
        annotations: { summary: Slow }
`;
const board = `{ "uid": "b", "title": "B", "schemaVersion": 39,
  "templating": { "list": [{ "name": "cluster", "type": "query", "multi": true, "query": "label_values(up, cluster)" }] },
  "panels": [{ "id": 1, "type": "stat", "title": "P", "datasource": { "type": "prometheus", "uid": "x" },
    "targets": [{ "refId": "A", "expr": "sum(up{cluster=\\"$cluster\\"})" }] }] }
`;

describe("lint of files", () => {
  const home = process.cwd();
  let folder = "";

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "fleetglass-lint-"));
    process.chdir(folder);
    writeFileSync("rules.yaml", rules);
    writeFileSync("board.json", board);
  });
  afterEach(() => {
    process.chdir(home);
    rmSync(folder, { recursive: true });
  });

  async function run(...argv: readonly string[]): Promise<{ code: number; out: string; err: string }> {
    const [out, err]: [string[], string[]] = [[], []];
    const world = { print: (text: string) => out.push(text), tell: (text: string) => err.push(text), environment: {} };
    const code = await main(["lint", ...argv], world);
    return { code, out: out.join("\n"), err: err.join("\n") };
  }

  test("names file, line and column, and underlines what is meant", async () => {
    const { code, out } = await run("rules.yaml");
    expect(code).toBe(1);
    expect(out).toContain(`rules.yaml
  5:58 L05 info rule cluster:http:rate5m: job=~"api" is no regex: write =
      sum by (cluster) (rate(http_requests_total{job=~"api"}[5m]))
                                                 ^^^^^^^^^^`);
    expect(out).toContain("9:11 C01 error alert Slow: sum by (namespace) drops `cluster`");
    expect(out).toContain("1 file with 2 rules, 0 boards, 2 expressions");
  });

  test("a broken file is reported, the others are linted all the same, and the rest is left alone", async () => {
    writeFileSync("broken.yaml", "groups:\n  - name: [\n");
    writeFileSync("chart.yaml", "{{- if .Values.on }}\nkind: X\n{{- end }}\n");
    writeFileSync("other.json", "[1, 2]");
    const { out } = await run(".", "--format", "json");
    const found = JSON.parse(out) as { check: string; file: string; line: number; column: number; severity: string }[];
    expect(found.map(({ file, check }) => `${file} ${check}`)).toEqual([
      "board.json D01",
      "broken.yaml F01",
      "rules.yaml L05",
      "rules.yaml C01",
    ]);
    expect(found[1]).toMatchObject({ severity: "error", line: 3 });
  });

  test("a board in a ConfigMap has its place in the ConfigMap", async () => {
    const inner = board.replaceAll(/^/gmu, "    ");
    writeFileSync("map.yaml", `apiVersion: v1\nkind: ConfigMap\ndata:\n  b.json: |\n${inner}`);
    const { out } = await run("map.yaml", "--format", "github");
    const line = inner.split("\n").findIndex((text) => text.includes("targets")) + 5;
    expect(out).toMatch(new RegExp(`^::error file=map.yaml,line=${line},col=\\d+,title=D01::`, "u"));
  });

  test.each([
    ["github", "::error file=rules.yaml,line=9,col=11,title=C01::alert Slow: sum by (namespace) drops"],
    ["azure", "##vso[task.logissue type=error;sourcepath=rules.yaml;linenumber=9;columnnumber=11;code=C01]alert Slow"],
    ["junit", '<testsuites name="fleetglass lint" tests="2" failures="2">'],
    ["gitlab", '"check_name": "C01"'],
    ["sarif", '"ruleId": "C01"'],
  ])("%s", async (format, wanted) => {
    const { out } = await run("rules.yaml", "--format", format);
    expect(out).toContain(wanted);
  });

  test("SARIF is what its schema says, with and without findings", async () => {
    for (const file of ["rules.yaml", "board.json", "empty.yaml"]) {
      if (file === "empty.yaml") writeFileSync(file, "groups: []\n");
      const { out } = await run(file, "--format", "sarif");
      expect(JSON.parse(out)).toBeValidSarifLog();
    }
    expect(() => expect({ version: "2.1.0", runs: [{ results: 1 }] }).toBeValidSarifLog()).toThrow(
      "required property 'tool'",
    );
  });

  test("--fix mends in place, also inside JSON, and tells the rest", async () => {
    const { err } = await run("rules.yaml", "board.json", "--fix");
    expect(err).toBe("rules.yaml: 2 findings fixed.\nboard.json: 1 finding fixed.");
    expect(readFileSync("rules.yaml", "utf8")).toBe(
      rules.replace('job=~"api"', 'job="api"').replace("by (namespace)", "by (cluster, namespace)"),
    );
    expect(readFileSync("board.json", "utf8")).toBe(board.replace('cluster=\\"$cluster', 'cluster=~\\"$cluster'));
    expect(await run("rules.yaml", "board.json")).toMatchObject({ code: 0 });
  });

  test("a comment silences where it stands, with its reason; one that silences nothing is told", async () => {
    writeFileSync("rules.yaml", rules.replace("# wrapped", "# fleetglass: allow C01 because one number is wanted"));
    expect(await run("rules.yaml")).toMatchObject({ code: 0 });
    writeFileSync("rules.yaml", rules.replace("      - record", "      # fleetglass: allow C02\n      - record"));
    const { out } = await run("rules.yaml", "--format", "json");
    expect((JSON.parse(out) as { check: string }[]).map(({ check }) => check).toSorted()).toEqual([
      "C01",
      "L05",
      "S01",
      "S02",
    ]);
  });

  test("severities and exclusions come from the configuration, and mistakes in it are misuse", async () => {
    writeFileSync(".fleetglass-lint.yaml", "severity: { C01: off, L05: off, D01: info }\nexclude: [old/**]\n");
    mkdirSync("old");
    writeFileSync("old/rules.yaml", "groups: [");
    expect(await run(".")).toMatchObject({ code: 0 });
    expect(await run(".", "--fail-on", "info")).toMatchObject({ code: 1 });
    writeFileSync(".fleetglass-lint.yaml", "severity: { C99: off }\n");
    expect(await run(".")).toMatchObject({
      code: 64,
      err: expect.stringContaining("there is no such check") as string,
    });
  });

  test("with a baseline only new findings count", async () => {
    expect(await run("rules.yaml", "--write-baseline", "known.json")).toMatchObject({ code: 0 });
    writeFileSync("rules.yaml", `# moved\n${rules}`);
    expect(await run("rules.yaml", "--baseline", "known.json")).toMatchObject({ code: 0 });
    writeFileSync("rules.yaml", `${rules}      - record: cluster:x:y\n        expr: sum(x)\n`);
    const { out } = await run("rules.yaml", "--baseline", "known.json", "--format", "json");
    expect(JSON.parse(out)).toMatchObject([{ check: "C01", where: "rule cluster:x:y" }, { check: "R02" }]);
  });

  test("--changed-since tells of changed and of new files only", async () => {
    const git = (...args: readonly string[]): unknown =>
      execFileSync("git", ["-c", "user.name=t", "-c", "user.email=t@example.com", ...args]);
    git("init", "-q");
    git("add", ".");
    git("commit", "-q", "-m", "before");
    writeFileSync("new.yaml", rules);
    const { out } = await run(".", "--changed-since", "HEAD", "--format", "json");
    expect(new Set((JSON.parse(out) as { file: string }[]).map(({ file }) => file))).toEqual(new Set(["new.yaml"]));
    expect(await run(".", "--changed-since", "nowhere")).toMatchObject({ code: 1 });
  });

  test("--metrics-from: with a list of what there is, everything else is unknown", async () => {
    writeFileSync("scrape.txt", '# TYPE http_failed_total counter\nhttp_failed_total{code="500"} 1\n');
    const { out } = await run("rules.yaml", "--metrics-from", "scrape.txt", "--format", "json");
    const unknown = (JSON.parse(out) as { check: string; message: string }[]).filter(({ check }) => check === "M08");
    expect(unknown.map(({ message }) => message.split(" ")[0])).toEqual(["http_requests_total"]);
    expect(await run("rules.yaml", "--metrics-from", "board.json")).toMatchObject({ code: 64 });
  });

  test("--live says how often an alert would have fired", async () => {
    const now = Math.floor(Date.now() / 1000);
    const values = [-7200, -6900, -6600, -600, -300].map((ago) => [now + ago, "1"]);
    const server = createServer(({ url = "" }, response) => {
      const result = url.startsWith("/api/v1/query_range")
        ? [{ metric: {}, values }]
        : [{ metric: {}, value: [now, "1"] }];
      response.end(JSON.stringify({ status: "success", data: { result } }));
    }).listen(0);
    try {
      const { port } = server.address() as AddressInfo;
      const { err } = await run("rules.yaml", "--live", `http://127.0.0.1:${port}`);
      expect(err).toContain("cluster:http:rate5m: 1 series");
      expect(err).toContain("Slow: 2×, 25m in all, 15m at most");
    } finally {
      server.close();
    }
  });

  test.each([
    [["nowhere.yaml"]],
    [["--fix"]],
    [["rules.yaml", "--format", "xml"]],
    [["rules.yaml", "--retention", "soon"]],
  ])("%s is misuse", async (argv) => {
    expect(await run(...argv)).toMatchObject({ code: 64 });
  });
});
