import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { DashboardResource } from "../../src/bundle.ts";
import { apply, planFor } from "../../src/publish/apply.ts";
import { grafanaDashboards } from "../../src/publish/grafana-dashboards.ts";
import { http } from "../../src/publish/http.ts";
import { fleetglass } from "../support/cli.ts";
import { type Grafana, startGrafana } from "../support/grafana.ts";

type Version = "10.4.3" | "13.0.0" | "13.3.0";

describe.each<Version>(["10.4.3", "13.0.0", "13.3.0"])("publishing to Grafana %s", (version) => {
  let grafana: Grafana;
  let folder: string;
  let config: string;
  beforeAll(async () => {
    grafana = await startGrafana({ version });
    folder = await mkdtemp(join(tmpdir(), "fleetglass-grafana-"));
    config = join(folder, "fleetglass.config.ts");
    await project();
  });
  afterAll(async () => {
    await grafana.stop();
    await rm(folder, { recursive: true });
  });

  /** A project of its own name, so that a real Grafana may hold others too. */
  async function project(title = "Hello", boards = 'board("testing-hello")'): Promise<void> {
    await writeFile(
      config,
      `import { defineProject, defineFleet, neutral, promql, row, stat } from "fleetglass";
       const fleet = defineFleet({
         name: "testing", title: "Testing",
         environments: [{ name: "tst" }, { name: "ops" }],
         clusters: [
           { name: "tst-1", environment: "tst", region: "r1" },
           { name: "ops-1", environment: "ops", region: "r1", type: "ops" },
         ],
       });
       const board = (uid: string) => ({
         uid, title: ${JSON.stringify(title)}, description: "Is it there?", tags: [],
         rows: () => [row("Now", [stat({
           title: "One", description: "Is one one?", thresholds: neutral("it is one"),
           queries: [promql({ unit: "none", labels: [] })\`vector(1)\`],
         })])],
       });
       // Without the library's boards, alerts would lead nowhere, and most records have no reader.
       export default { ...defineProject({ fleet, checks: { R03: "off" } }), alerts: [], dashboards: [${boards}] };`,
    );
  }
  const publish = (...argv: readonly string[]) =>
    fleetglass(["publish", "--to", "live", "--fleet", config, ...argv], {
      GRAFANA_URL: grafana.url,
      GRAFANA_TOKEN: grafana.token,
    });

  test("--plan lists folders, data sources and boards, and writes nothing", async () => {
    const { code, out } = await publish("--plan");
    expect(out).toContain("+ folder     Testing SRE (fleetglass_testing_sre)");
    expect(out).toContain("+ datasource Mimir-All-Environments (testing-mimir-all)");
    expect(out).toContain("+ dashboard  Hello (testing-hello)");
    expect(out).toContain("the rulers are left out: MIMIR_URL is not set");
    expect(code).toBe(2);
    expect(grafana.writes()).toEqual([]);
  });

  test("publishes, and has nothing to do the second time", async () => {
    const first = await publish();
    expect(first.errors).toBe("");
    expect(first.code).toBe(0);
    const before = grafana.writes().length;
    const second = await publish();
    expect(second.out).toContain("No changes.");
    expect(second.code).toBe(0);
    expect(grafana.writes()).toHaveLength(before);
  });

  test("a changed board is one difference and one write", async () => {
    await project("Hello again");
    const { out } = await publish("--plan", "--json");
    const { plan } = JSON.parse(out) as { plan: { changes: { id: string; differences: unknown }[] }[] };
    expect(plan.flatMap(({ changes }) => changes)).toMatchObject([
      { id: "testing-hello", differences: [{ path: "dashboard.title", before: "Hello", after: "Hello again" }] },
      { id: "tst-testing-hello", differences: [{ path: "dashboard.title" }] },
    ]);
    const before = grafana.writes().length;
    expect((await publish()).code).toBe(0);
    expect(grafana.writes()).toHaveLength(grafana.real ? 0 : before + 2);
    expect((await publish("--plan")).code).toBe(0);
  });

  test("a board that is gone is listed, and goes only with --prune", async () => {
    await project("Hello again", "");
    const kept = await publish();
    expect(kept.out).toContain("- dashboard  Hello again (testing-hello)  (stays; --prune removes it)");
    expect((await publish("--plan")).code).toBe(2);
    expect((await publish("--prune")).code).toBe(0);
    expect((await publish("--plan")).code).toBe(0);
  });

  test("what is not ours is refused with a mend, and nothing is written", async () => {
    await project("Taken", 'board("testing-taken")');
    await grafana.seedDashboard({ dashboard: { uid: "testing-taken", title: "Made by hand", tags: [], panels: [] } });
    const before = grafana.writes().length;
    const { code, out } = await publish();
    expect(out).toContain("! dashboard  Taken (testing-taken)");
    expect(out).toContain("dashboard testing-taken was not made by fleetglass");
    expect(code).toBe(1);
    expect(grafana.writes()).toHaveLength(before);
    await project("Taken", "");
    expect((await publish("--plan")).code).toBe(0);
  });

  test("an environment that is gone goes with --prune: boards, sources, then their folder", async () => {
    const fleet = (more: string): string => `name: testing
title: Testing
defaults: { mesh: istio }
environments: [{ name: tst }${more === "" ? "" : ", { name: qa }"}, { name: ops }]
clusters:
  - { name: tst-1, environment: tst, region: r1 }
  - { name: ops-1, environment: ops, region: r1, type: ops }
${more}`;
    const file = join(folder, "fleet.yaml");
    const run = (...argv: readonly string[]) =>
      fleetglass(["publish", "--to", "live", "--fleet", file, ...argv], {
        GRAFANA_URL: grafana.url,
        GRAFANA_TOKEN: grafana.token,
      });
    await writeFile(file, fleet("  - { name: qa-1, environment: qa, region: r1 }\n"));
    expect(await run("--prune")).toMatchObject({ code: 0, errors: "" });
    await writeFile(file, fleet(""));
    expect((await run()).out).toContain("- folder     Testing Qa (fleetglass_testing_qa)  (stays; --prune removes it)");
    expect(await run("--prune")).toMatchObject({ code: 0, errors: "" });
    expect((await run("--plan")).out).toContain("No changes.");
  }, 90_000);

  test("a folder is not removed with somebody else's board in it", async () => {
    await grafana.seedDashboard({
      dashboard: { uid: "by-hand", title: "By hand", panels: [] },
      folderUid: "fleetglass_testing_tst",
    });
    const text = `name: testing
title: Testing
defaults: { mesh: istio }
environments: [{ name: prd }, { name: ops }]
clusters: [{ name: prd-1, environment: prd, region: r1 }, { name: ops-1, environment: ops, region: r1, type: ops }]
manage: [folders]
`;
    await writeFile(join(folder, "fleet.yaml"), text);
    const { code, errors } = await fleetglass(
      ["publish", "--to", "live", "--prune", "--fleet", join(folder, "fleet.yaml")],
      {
        GRAFANA_URL: grafana.url,
        GRAFANA_TOKEN: grafana.token,
      },
    );
    expect(errors).toMatch(
      /folder Testing Test still holds .*"By hand".*, which would be deleted with it: move that first/u,
    );
    expect(code).toBe(1);
  });

  test("every request and answer kept to the contract", () => {
    expect(grafana.violations).toEqual([]);
  });
});

describe("a Grafana that does not do as asked", () => {
  let grafana: Grafana;
  beforeEach(async () => {
    grafana = await startGrafana();
  });
  afterEach(() => grafana.stop());

  const publish = (environment: Readonly<Record<string, string>> = {}) =>
    fleetglass(["publish", "--to", "live"], { GRAFANA_URL: grafana.url, GRAFANA_TOKEN: grafana.token, ...environment });

  test("401 names the credential, and repeats none of it", async () => {
    const { code, errors } = await publish({ GRAFANA_TOKEN: "s3cr3t-token" });
    expect(errors).toMatch(/^error: Grafana: GET \/api\/\S+ answered 401: Invalid API key; check GRAFANA_TOKEN/u);
    expect(errors.split("\n")).toHaveLength(1);
    expect(errors).not.toContain("s3cr3t");
    expect(code).toBe(1);
  });

  test.each([
    {
      what: "500",
      answer: { status: 500, body: '{"message":"database is locked"}' },
      says: "answered 500: database is locked",
    },
    {
      what: "a web page",
      answer: { status: 200, body: "<!DOCTYPE html><html>Sign in</html>", contentType: "text/html" },
      says: "answered a web page and not data: is GRAFANA_URL",
    },
    {
      what: "502 with a web page",
      answer: { status: 502, body: "<html>Bad gateway</html>", contentType: "text/html" },
      says: "answered 502 with a web page",
    },
    {
      what: "JSON of another shape",
      answer: { status: 200, body: '{"folders":[]}' },
      says: "is in a shape that fleetglass does not know",
    },
    {
      what: "half an answer",
      answer: { status: 200, body: '[{"uid":' },
      says: "is in a shape that fleetglass does not know",
    },
  ])(
    "$what is one clear line",
    async ({ answer, says }) => {
      if (grafana.real) return;
      // As often as a request is tried.
      for (let tries = 0; tries < 5; tries += 1) {
        grafana.failNext({ ...answer, match: ({ path }) => path === "/api/folders" });
      }
      const { code, errors } = await publish();
      expect(errors).toContain(says);
      expect(errors.split("\n")).toHaveLength(1);
      expect(code).toBe(1);
    },
    40_000,
  );
});

describe("boards by the hundred", () => {
  test.each([
    { version: "13.0.0", boards: 250, requests: 4 },
    { version: "10.4.3", boards: 30, requests: 32 },
  ] as const)(
    "Grafana $version: $boards unchanged boards cost $requests requests",
    async ({ version, boards, requests }) => {
      const grafana = await startGrafana({ version });
      if (grafana.real) return;
      try {
        const server = { name: "Grafana", url: grafana.url, credential: "", variable: "" };
        const target = grafanaDashboards(http({ ...server, headers: { Authorization: `Bearer ${grafana.token}` } }), {
          title: "Grafana",
          organisation: 1,
          project: "many",
        });
        const wanted = Array.from({ length: boards }, (_, at): DashboardResource => ({
          kind: "dashboard",
          at: { system: "grafana", organisation: 1 },
          id: `many-${at}`,
          needs: [],
          origin: "test",
          spec: {
            folder: "",
            dashboard: {
              uid: `many-${at}`,
              title: `Many ${at}`,
              tags: ["fleetglass:many"],
            } as DashboardResource["spec"]["dashboard"],
          },
        }));
        const applied = await apply(await planFor(wanted, [target]), { prune: false });
        expect(applied.filter(({ error }) => error)).toEqual([]);
        const before = grafana.requests.length;
        expect((await planFor(wanted, [target])).flatMap(({ changes }) => changes)).toEqual([]);
        expect(grafana.requests.length - before).toBe(requests);

        // A board that somebody saves between plan and publish is not overwritten.
        const changed = wanted.map((one) =>
          one.id === "many-7"
            ? { ...one, spec: { ...one.spec, dashboard: { ...one.spec.dashboard, description: "ours" } } }
            : one,
        );
        const plans = await planFor(changed, [target]);
        const meanwhile = { ...wanted[7]?.spec.dashboard, description: "theirs", version: 1 };
        await grafana.seedDashboard({ dashboard: meanwhile });
        const [late] = await apply(plans, { prune: false });
        expect(late?.error?.message).toContain("many-7 was changed by somebody else since the plan was made");
        expect((await planFor(wanted, [target])).flatMap(({ changes }) => changes)).toMatchObject([
          { action: "update", differences: [{ path: "dashboard.description", before: "theirs" }] },
        ]);
        expect(grafana.violations).toEqual([]);
      } finally {
        await grafana.stop();
      }
    },
  );
});
