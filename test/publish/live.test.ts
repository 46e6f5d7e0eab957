import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fleetglass } from "../support/cli.ts";
import { describeWithMimir } from "../support/needs.ts";

describeWithMimir("the life of a live stack", (mimir) => {
  let folder: string;
  let config: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "fleetglass-live-"));
    config = join(folder, "fleetglass.config.ts");
    await project("");
    expect((await publish()).code).toBe(0);
  });
  afterAll(() => rm(folder, { recursive: true }));

  /** Two tenants, and of rules only an app team's group. */
  async function project(groups: string): Promise<void> {
    await writeFile(
      config,
      `import { defineFleet, defineProject, place, promql, record, select, sum } from "fleetglass";
       const fleet = defineFleet({
         name: "testing",
         environments: [{ name: "dev" }, { name: "prd" }],
         clusters: [
           { name: "dev-1", environment: "dev", region: "r1" },
           { name: "prd-1", environment: "prd", region: "r1" },
         ],
       });
       const rule = (name: string, query: unknown) => record({ level: "cluster", name, query: query as never });
       export default { ...defineProject({ fleet }), dashboards: [], alerts: [], recording: [${groups}] };`,
    );
  }
  const command = (...argv: readonly string[]) => fleetglass([...argv, "--fleet", config], { MIMIR_URL: mimir.url });
  const publish = (...argv: readonly string[]) => command("publish", "--to", "live", ...argv);
  const ruler = (path: string, tenant: string, init: RequestInit = {}) =>
    fetch(`${mimir.url}/prometheus/config/v1/rules/${path}`, { ...init, headers: { "X-Scope-OrgID": tenant } });

  const both = `{ name: "shop", interval: "1m", rules: [
    rule("shop_up:sum", sum(place, select("up"))),
    rule("shop_down:sum", promql({ unit: "none", labels: place })\`0 * \${sum(place, select("up"))}\`),
  ] }`;
  const one = both.replace(/rule\("shop_down.*\n/u, "\n");

  test("drift is not what waits to be published", async () => {
    await project(both);
    const { code, out } = await command("drift");
    expect(out).toContain("2 changes of the project wait to be published");
    expect(code).toBe(0);
    await project("");
  });

  test.each([
    { what: "a tenant", argv: ["--tenant", "dev"], changes: ["dev/shop"] },
    { what: "an environment", argv: ["--environment", "prd"], changes: ["prd/shop"] },
    {
      what: "one thing",
      argv: ["--target", "rule-group/shop"],
      changes: ["dev/shop", "prd/shop"],
    },
    { what: "one thing of a tenant", argv: ["--target", "rule-group/*", "--tenant", "prd"], changes: ["prd/shop"] },
  ])("only $what", async ({ argv, changes }) => {
    await project(both);
    const { out } = await publish("--plan", "--json", ...argv);
    const { plan } = JSON.parse(out) as { plan: { changes: { at: { tenant: string }; id: string }[] }[] };
    expect(plan.flatMap((one) => one.changes).map(({ at, id }) => `${at.tenant}/${id}`)).toEqual(changes);
    await project("");
  });

  test.each([
    { argv: ["--target", "rule-group/shp"], says: "did you mean rule-group/shop?" },
    { argv: ["--target", "shop"], says: "write KIND/ID" },
    { argv: ["--tenant", "moon"], says: "there is no tenant moon: the fleet has dev, prd" },
    { argv: ["--concurrency", "mimi=4"], says: "--concurrency mimi=4" },
  ])("$argv is misuse", async ({ argv, says }) => {
    await project(both);
    const { code, errors } = await publish(...argv);
    expect(errors).toContain(says);
    expect(code).toBe(64);
    await project("");
  });

  test("a saved plan is carried out as it was reviewed, and not once the world has moved", async () => {
    await project(both);
    const file = join(folder, "plan.json");
    expect((await publish("--plan-out", file)).code).toBe(2);
    await project("");
    const later = () => fleetglass(["publish", file], { MIMIR_URL: mimir.url });
    await ruler("fleetglass-testing", "prd", {
      method: "POST",
      body: "name: shop\nrules:\n  - record: hand:made\n    expr: vector(1)\n",
    });
    const moved = await later();
    expect(moved.out).toContain("The world has moved");
    expect(moved.out).toContain(
      "rule-group/mimir/prd/fleetglass-testing/shop: the plan would create it, now it would update it",
    );
    expect(moved.code).toBe(1);
    expect((await ruler("fleetglass-testing/shop", "dev")).status).toBe(404);
    await ruler("fleetglass-testing/shop", "prd", { method: "DELETE" });
    expect(await later()).toMatchObject({ code: 0, out: expect.stringContaining("2 changes published.") });
    expect((await ruler("fleetglass-testing/shop", "dev")).status).toBe(200);
    await project(both);
    expect((await publish("--plan")).code).toBe(0);
    await writeFile(file, "{}");
    expect((await later()).errors).toContain("is not a plan that this fleetglass wrote");
  });

  test("a run is undone, and the undoing too; not over somebody else's change", async () => {
    const state = join(folder, "state");
    await project(one);
    expect((await publish("--state", state)).out).toContain("to undo it: fleetglass rollback");
    const text = async () => (await ruler("fleetglass-testing/shop", "dev")).text();
    expect(await text()).not.toContain("shop_down");
    const rollback = (...argv: readonly string[]) => command("rollback", "--state", state, ...argv);
    expect((await rollback("--plan")).code).toBe(2);
    const undone = await rollback();
    expect(undone.out).toContain("+ rules[cluster:shop_down:sum]");
    expect(undone.code).toBe(0);
    expect(await text()).toContain("shop_down");
    expect((await rollback()).out).toContain("There is nothing to undo.");
    const [first] = (await rollback("--list")).out.split(" ");
    expect((await rollback("--to", first ?? "")).code).toBe(0);
    expect(await text()).not.toContain("shop_down");

    await project("");
    expect((await publish("--state", state, "--prune")).code).toBe(0);
    expect((await ruler("fleetglass-testing/shop", "dev")).status).toBe(404);
    await ruler("fleetglass-testing", "dev", {
      method: "POST",
      body: "name: shop\nrules:\n  - record: hand:made\n    expr: vector(1)\n",
    });
    const refused = await rollback();
    expect(refused.out).toContain("somebody changed it since the run that is to be undone");
    expect(refused.code).toBe(1);
    await rollback("--take-over");
    expect(await text()).not.toContain("shop_down");
    expect(await text()).toContain("cluster:shop_up:sum");
    await project("");
    expect((await publish("--prune")).code).toBe(0);
  });

  test("of several stacks the one that is named, and no other's credentials", async () => {
    const run = (context: string) =>
      fleetglass(["publish", "--to", "live", "--plan", "--fleet", config, "--context", context], {
        LAB_MIMIR_URL: mimir.url,
        MIMIR_URL: "http://127.0.0.1:9",
        MIMIR_TOKEN: "production",
      });
    expect((await run("lab")).code).toBe(0);
    expect(await run("moon")).toMatchObject({ code: 64, errors: expect.stringContaining("MOON_MIMIR_URL") });
  });

  test("a fresh checkout without journal or memory plans right", async () => {
    expect((await publish("--plan")).code).toBe(0);
    expect((await command("drift")).code).toBe(0);
  });

  test("most of what is ours goes only with a word of its own", async () => {
    await project(Array.from({ length: 12 }, (_, at) => one.replaceAll("shop", `shop${at}`)).join(","));
    expect((await publish()).code).toBe(0);
    await project("");
    const { code, errors } = await publish("--prune");
    expect(errors).toMatch(
      /tenant dev: --prune would remove \d+ of the \d+ things that are ours there.*--allow-mass-delete/u,
    );
    expect(code).toBe(64);
    expect((await publish("--plan")).code).toBe(2);
    expect((await publish("--prune", "--allow-mass-delete")).code).toBe(0);
    expect((await publish("--plan")).code).toBe(0);
  });

  test("a plan for a pull request is Markdown", async () => {
    await project(both);
    const { out } = await publish("--plan", "--markdown");
    expect(out).toMatch(/^### fleetglass plan: 2 to add\./u);
    expect(out).toContain("```diff\n+ add rule-group shop\n```");
    await project("");
  });
});
