import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { fleetglass } from "../support/cli.ts";
import { describeWithMimir } from "../support/needs.ts";
import { tool } from "../../src/servers/tools.ts";

const run = promisify(execFile);

describeWithMimir("publishing rules to a real Mimir", (mimir) => {
  let folder: string;
  let config: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "fleetglass-publish-"));
    config = join(folder, "fleetglass.config.ts");
    await project("");
  });
  afterAll(() => rm(folder, { recursive: true }));

  /** The reference fleet, with an app team's group beside the library's. */
  async function project(group: string): Promise<void> {
    await writeFile(
      config,
      `import { defineProject, place, promql, record, referenceFleet, select, sum } from "fleetglass";
       const rule = (name: string, query: unknown) => record({ level: "cluster", name, query: query as never });
       export default defineProject({ fleet: referenceFleet, recording: [${group}] });`,
    );
  }
  const publish = (...argv: readonly string[]) =>
    fleetglass(["publish", "--to", "live", "--fleet", config, ...argv], { MIMIR_URL: mimir.url });
  const command = (...argv: readonly string[]) => fleetglass([...argv, "--fleet", config], { MIMIR_URL: mimir.url });
  const ruler = (path: string, tenant: string, init: RequestInit = {}) =>
    fetch(`${mimir.url}/prometheus/config/v1/rules/${path}`, { ...init, headers: { "X-Scope-OrgID": tenant } });

  const both = `{ name: "shop", interval: "1m", rules: [
    rule("shop_up:sum", sum(place, select("up"))),
    rule("shop_down:sum", promql({ unit: "none", labels: place })\`0 * \${sum(place, select("up"))}\`),
  ] }`;
  const one = both.replace(/rule\("shop_down.*\n/u, "\n");

  test("--plan shows what is missing and writes nothing", async () => {
    const { code, out } = await publish("--plan");
    expect(out).toMatch(/tenant dev\n {2}\+ \d+ rule-groups fleetglass, /u);
    expect(code).toBe(2);
    expect(await (await ruler("fleetglass-platform-core", "dev")).text()).toBe("{}\n");
  });

  test("a hand-made group in another namespace survives; a second run plans nothing", async () => {
    const hand = "name: by-hand\nrules:\n  - record: hand:made\n    expr: vector(1)\n";
    expect((await ruler("hand", "dev", { method: "POST", body: hand })).status).toBe(202);
    const first = await publish("--prune");
    expect(first.errors).toBe("");
    expect(first.code).toBe(0);
    const second = await publish("--prune");
    expect(second.out).toContain("No changes.");
    expect((await publish("--plan")).code).toBe(0);
    expect(await (await ruler("hand", "dev")).text()).toContain("hand:made");
  });

  test("mimirtool lists the groups of every tenant", async () => {
    const mimirtool = await tool("mimirtool");
    for (const tenant of ["dev", "stg", "prd", "ops"]) {
      const { stdout } = await run(mimirtool, [
        "rules",
        "list",
        `--address=${mimir.url}`,
        `--id=${tenant}`,
        "--disable-color",
      ]);
      expect(stdout).toMatch(/fleetglass-platform-core\s*\|\s*health/u);
      expect({ tenant, federated: /\bfleet\b *$/mu.test(stdout.replaceAll("|", "")) }).toEqual({
        tenant,
        federated: tenant === "ops",
      });
    }
  });

  test("removing a rule changes its group, and shows that rule and nothing else", async () => {
    await project(both);
    expect((await publish()).code).toBe(0);
    await project(one);
    const { out } = await publish("--plan", "--json");
    const { plan } = JSON.parse(out) as {
      plan: { changes: { action: string; id: string; differences: { path: string }[] }[] }[];
    };
    const changes = plan.flatMap((target) => target.changes);
    expect(changes).toHaveLength(4);
    for (const change of changes) {
      expect(change).toMatchObject({
        action: "update",
        id: "shop",
        differences: [{ path: "rules[cluster:shop_down:sum]" }],
      });
    }
    expect((await publish()).code).toBe(0);
  });

  test("removing a group plans its removal, carried out only with --prune", async () => {
    await project("");
    const kept = await publish();
    expect(kept.out).toContain("- rule-group shop");
    expect((await ruler("fleetglass-platform-core/shop", "dev")).status).toBe(200);
    expect((await publish("--plan")).code).toBe(2);
    expect((await publish("--prune")).code).toBe(0);
    expect((await ruler("fleetglass-platform-core/shop", "dev")).status).toBe(404);
    expect((await publish("--plan")).code).toBe(0);
  });

  test("a change by hand is planned back, and only it", async () => {
    const group = await (await ruler("fleetglass-platform-core/inventory", "prd")).text();
    await ruler("fleetglass-platform-core", "prd", {
      method: "POST",
      body: group.replace("interval: 1m", "interval: 2m"),
    });
    const { out, code } = await publish("--plan");
    expect(out).toContain("~ rule-group inventory  (changed by hand)\n      interval\n        - 120s\n        + 60s");
    expect(code).toBe(2);
    const drift = await command("drift");
    expect(drift.out).toContain("~ rule-group inventory  (changed by hand)");
    expect(drift.code).toBe(2);
    expect((await publish()).code).toBe(0);
    expect(await command("drift")).toMatchObject({
      code: 0,
      out: expect.stringContaining("Nobody has changed anything"),
    });
  });

  test("a namespace of our name that we did not write is refused, and nothing is written anywhere", async () => {
    const other = config.replace(".config.ts", ".other.ts");
    await writeFile(
      other,
      `import { defineProject, referenceFleet } from "fleetglass"; export default defineProject({ name: "other", fleet: referenceFleet });`,
    );
    await ruler("fleetglass-other", "stg", {
      method: "POST",
      body: "name: health\nrules:\n  - record: hand:made\n    expr: vector(1)\n",
    });
    const { code, out } = await fleetglass(["publish", "--to", "live", "--fleet", other], { MIMIR_URL: mimir.url });
    expect(out).toContain("the namespace fleetglass-other holds rule groups that fleetglass did not write");
    expect(out).toContain("mend:");
    expect(code).toBe(1);
    expect(await (await ruler("fleetglass-other", "dev")).text()).toBe("{}\n");
  });

  test("a rule that Mimir refuses is named as we name it, with Mimir's words", async () => {
    await writeFile(
      config,
      `import { alert, defineProject, promql, referenceFleet, select, sum } from "fleetglass";
       export default defineProject({ fleet: referenceFleet, checks: { A04: "off" }, alerts: [{ name: "shop", interval: "1m", scope: "tenant", rules: [
         alert({ name: "ShopDown", when: promql({ unit: "none", labels: ["cluster"] })\`\${sum(["cluster"], select("up"))} == 0\`, for: "1m", severity: "info", component: "shop",
           summary: () => "{{ nosuchfunction }}", description: () => "d", board: "alerts" })] }] });`,
    );
    const { code, errors, out } = await publish();
    expect(out).toContain("no findings");
    const [first, ...rest] = errors.split("\n").toSorted();
    expect(first).toMatch(
      /tenant dev, rule-group alerts-shop: rule ShopDown: Mimir: POST .* answered 400: .*nosuchfunction/u,
    );
    expect(rest).toHaveLength(3);
    expect(code).toBe(1);
  });
});
