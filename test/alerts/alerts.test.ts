import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { untested } from "../../src/alert-tests.ts";
import { alerts } from "../../src/alerts/index.ts";
import { boards } from "../../src/dashboards/index.ts";
import { secondsOf } from "../../src/duration.ts";
import { viewsOf } from "../../src/datasources/views.ts";
import { defineProject, latencyOf, referenceFleet } from "../../src/index.ts";
import { alertFacts, alertPage, lacksIn, runbookPage } from "../../src/runbooks.ts";
import { fleetglass } from "../support/cli.ts";
import { describeWithTool } from "../support/needs.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "fleetglass-alerts-"));
});
afterAll(() => rm(folder, { recursive: true }));

/** A project of one alert, on a threshold, with what its tests expect. */
async function project(threshold: number, tests: string): Promise<string> {
  const file = join(folder, "fleetglass.config.ts");
  await writeFile(
    file,
    `import { alert, defineProject, fires, given, promql, quiet, referenceFleet, select, max, place } from "fleetglass";
     const project = defineProject({ fleet: referenceFleet });
     const when = promql({ unit: "none", labels: [...place, "node"] })\`\${max([...place, "node"], select("kube_node_spec_unschedulable"))} > ${threshold}\`;
     const rule = alert({ name: "Cordoned", when, for: "10m", severity: "info", component: "nodes",
       summary: ({ node }) => \`\${node} is cordoned\`, description: () => "d", board: "node", narrows: ["node"] });
     export default { ...project, alerts: [{ name: "mine", interval: "1m", scope: "tenant", rules: [rule], tests: [${tests}] }] };`,
  );
  return file;
}

const series = `[given("kube_node_spec_unschedulable", { node: "node-1" }, "1x30")]`;
const fires = (after: string): string =>
  `fires("Cordoned", { when: "it is", series: ${series}, after: "${after}", labels: { node: "node-1" }, value: 1 })`;
const quiet = `quiet("Cordoned", { when: "it is not", series: [given("kube_node_spec_unschedulable", { node: "node-1" }, "0x30")], during: "30m" })`;

describeWithTool("the tests of alerts", "promtool", () => {
  test("pass, also with another fleet's names for labels and jobs", async () => {
    const { code, out } = await fleetglass(["test", "--fleet", "test/fleets/atlas.yaml", "--json"]);
    const { tests, untested: lacking } = JSON.parse(out) as {
      tests: { test: string; problem?: string }[];
      untested: [];
    };
    expect(tests.filter(({ problem }) => problem !== undefined)).toEqual([]);
    expect(lacking).toEqual([]);
    expect(tests.length).toBeGreaterThan(
      2 * new Set(alerts.flatMap(({ rules }) => rules.map((rule) => rule.alert))).size - 5,
    );
    expect(code).toBe(0);
  }, 120_000);

  test.each([
    { what: "all is as expected", threshold: 0, tests: `${fires("10m")}, ${quiet}`, code: 0, says: "2 tests passed." },
    {
      what: "an alert that never fires",
      threshold: 1,
      tests: `${fires("10m")}, ${quiet}`,
      code: 1,
      says: "✗ Cordoned: it is",
    },
    { what: "one that fires earlier", threshold: 0, tests: `${fires("12m")}, ${quiet}`, code: 1, says: "time: 11m" },
    {
      what: "one that fires always",
      threshold: -1,
      tests: `${fires("10m")}, ${quiet}`,
      code: 1,
      says: "✗ Cordoned: it is not",
    },
    {
      what: "one that is not tested",
      threshold: 0,
      tests: quiet,
      code: 1,
      says: "mine: Cordoned has no test in which it fires",
    },
  ])("tell of $what", async ({ threshold, tests, code, says }) => {
    const ran = await fleetglass(["test", "--fleet", await project(threshold, tests)]);
    expect(ran.out).toContain(says);
    expect(ran.code).toBe(code);
  });

  test.each([
    {
      what: "no test of that name",
      argv: ["--only", "NoSuchAlert"],
      code: 64,
      says: 'no test has "NoSuchAlert" in its name',
    },
    {
      what: "series that promtool can't read",
      tests: fires("10m").replace("1x30", "1xx"),
      code: 1,
      says: "promtool: ",
    },
    {
      what: "a label that the test forgets",
      tests: fires("10m").replace(`{ node: "node-1" }, value`, "{}, value"),
      code: 1,
      says: "the test does not say which node is expected",
    },
  ])("say what is wrong: $what", async ({ argv = [], tests = fires("10m"), code, says }) => {
    const ran = await fleetglass(["test", "--fleet", await project(0, tests), ...argv]);
    expect(ran.errors).toContain(says);
    expect(ran.errors).not.toContain("    at ");
    expect(ran.code).toBe(code);
  });
});

test("every alert has a case in which it fires, and one in which it does not", () => {
  expect(untested(alerts)).toEqual([]);
});

test("every alert has a runbook that is up to date, and says what it means, what to do first, and how to end it", async () => {
  const facts = alertFacts(defineProject({ fleet: referenceFleet }));
  for (const one of facts) {
    const page = await readFile(`docs/runbooks/${one.alert}.md`, "utf8");
    // The formatter has its own idea of spaces.
    expect(plain(page)).toBe(plain(runbookPage(one, page)));
    expect({ alert: one.alert, lacks: lacksIn(page) }).toEqual({ alert: one.alert, lacks: [] });
  }
  const list = await readFile("docs/alerts.md", "utf8");
  expect(plain(list)).toBe(plain(alertPage(facts, list)));
});

function plain(text: string): string {
  return text.replaceAll(/-{3,}/gu, "---").replaceAll(/[ \n]+/gu, " ");
}

test("what fires in a cluster that falls silent goes on until people are told of that", () => {
  // Its last sample is forgotten after five minutes, and a rate a scrape before that; ClusterDown is told a scrape, five minutes
  // of lookback, an interval, five minutes of its `for` and half a minute after it.
  const needed = 30 + 300 + 60 + 300 + 30 - (300 - 30);
  const lying = alertFacts(defineProject({ fleet: referenceFleet })).flatMap(({ group, rules }) =>
    rules.filter(
      ({ alert, rule }) =>
        (group.reads ?? "metrics") === "metrics" &&
        secondsOf(rule.keep_firing_for ?? "0s") < needed &&
        alert.labels["severity"] !== "none",
    ),
  );
  // These say that it is silent.
  expect(lying.map(({ alert }) => [alert.alert, alert.labels["cause"]])).toEqual([
    ["ClusterDown", "silent"],
    ["TenantSilent", undefined],
  ]);
});

test("an alert's link chooses only what its board lets one choose", () => {
  const [view] = viewsOf(referenceFleet, "x");
  if (!view) throw new Error("no view");
  const variables = new Map(
    boards.map((board) => [
      board.uid,
      [
        "environment",
        "region",
        "cluster",
        ...(board.variables?.({ fleet: referenceFleet, view }) ?? []).map(({ name }) => name),
      ],
    ]),
  );
  for (const { alert, annotations } of alerts.flatMap(({ rules }) => rules)) {
    const [, board = "", query = ""] = /board:([^⟧]+)⟧\?(.*)$/u.exec(annotations["dashboard_url"] ?? "") ?? [];
    const chosen = [...query.matchAll(/var-(\w+)=/gu)].map(([, name = ""]) => name);
    expect({ alert, unknown: chosen.filter((name) => !variables.get(board)?.includes(name)) }).toEqual({
      alert,
      unknown: [],
    });
    expect(query).toContain("from=now-6h&to=now");
  }
});

describe("a service level objective", () => {
  const file = (options: string): string =>
    `import { defineProject, latencyOf, referenceFleet, slo } from "fleetglass";
     export default defineProject({ fleet: referenceFleet, slos: [slo({ service: "checkout", ${options} })] });`;

  test("records each cluster's requests, one objective an environment, and windows for all", async () => {
    const config = join(folder, "slo.config.ts");
    await writeFile(config, file("objective: { default: 0.99, prd: 0.999 }"));
    const { out } = await fleetglass(["bundle", "--fleet", config]);
    const { resources } = JSON.parse(out) as {
      resources: { id: string; at: { tenant?: string }; spec: { rules?: { record?: string; expr: string }[] } }[];
    };
    const own = resources.find(({ id, at }) => id === "slo-objectives" && at.tenant === "prd")?.spec.rules ?? [];
    expect(own.map(({ expr }) => expr)).toEqual([
      expect.stringMatching(/environment!~"prd".*\+ 0\.99$/u),
      expect.stringMatching(/environment="prd".*\+ 0\.999$/u),
    ]);
    expect(resources.some(({ id }) => id === "slos")).toBe(true);
    expect((await fleetglass(["lint", "--fleet", config])).out).toContain("No findings");
  });

  test.each([
    { below: 0.25, bounds: ["0.25", "250e-3", "250.0e-3"], others: ["0.5", "25", "250", "2500e-3", "0-25"] },
    { below: 1, bounds: ["1", "1.0", "1000e-3"], others: ["1.5", "10", "1e-3"] },
    { below: 0.0005, bounds: ["0.0005", "0.5e-3"], others: ["0.005", "5e-3"] },
  ])("finds the bound of $below seconds however its source writes it", ({ below, bounds, others }) => {
    const { expr } = latencyOf({ service: "checkout", below }).errors;
    const [, le = ""] = /le=~"([^"]+)"/u.exec(expr) ?? [];
    const matches = (text: string): boolean => new RegExp(`^(?:${le})$`, "u").test(text);
    expect([...bounds, ...others].filter(matches)).toEqual(bounds);
  });

  test.each([
    { options: "objective: 99.9", says: "the objective for default is 99.9, which is no share between 0 and 1" },
    { options: "objective: { prd: 1 }", says: "the objective for prd is 1" },
  ])("refuses $options", async ({ options, says }) => {
    const config = join(folder, "wrong.config.ts");
    await writeFile(config, file(options));
    const { code, errors } = await fleetglass(["lint", "--fleet", config]);
    expect(errors).toContain(says);
    expect(code).toBe(1);
  });

  describeWithTool("and its alerts", "promtool", () => {
    test("fire at the burn rates of the workbook, and not for one failure of few requests", async () => {
      const config = join(folder, "slo.config.ts");
      await writeFile(config, file("objective: 0.999"));
      const { code, out } = await fleetglass(["test", "--fleet", config, "--only", "ErrorBudget"]);
      expect(out).toContain("7 tests passed.");
      expect(code).toBe(0);
    });
  });
});
