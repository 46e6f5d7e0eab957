import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { parse, stringify } from "yaml";
import { parseFleet } from "../../src/fleet/parse.ts";
import type { RuleGroup } from "../../src/bundle.ts";
import type { Fleet } from "../../src/fleet/model.ts";
import { backfillRules, backfillSeries } from "../../src/simulate/backfill.ts";
import { seriesOf } from "../../src/simulate/series.ts";
import { createWorld } from "../../src/simulate/world.ts";
import { boardQueriesOf } from "../support/board-queries.ts";
import { fleetglass } from "../support/cli.ts";
import { type Grafana, startGrafana } from "../support/grafana.ts";
import { describeWithMimir } from "../support/needs.ts";
import { instant } from "../support/query.ts";

const password = "planted-password-of-the-doors";
const webhook = "https://hooks.example.com/services/planted";

test("where Flux brings the boards, publishing live leaves them to it and says so", async () => {
  const file = join(await mkdtemp(join(tmpdir(), "fleetglass-flux-")), "fleet.yaml");
  const small = parse(await readFile("test/fleets/small.yaml", "utf8")) as object;
  await writeFile(file, stringify({ ...small, infrastructure: { boards: "flux" } }));
  // Nobody is there: it would not get far if it asked.
  const { code, out } = await fleetglass(["plan", "--to", "live", "--fleet", file], {
    GRAFANA_URL: "http://127.0.0.1:9",
  });
  expect(out).toContain("Flux brings them (infrastructure.boards)");
  expect(code).toBe(0);
  await rm(dirname(file), { recursive: true });
}, 30_000);

describeWithMimir(
  "a stack that was lost",
  (mimir) => {
    let folder = "";
    let file = "";
    let out = "";
    let grafana: Grafana;

    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), "fleetglass-restore-"));
      file = join(folder, "fleet.yaml");
      out = join(folder, "out");
      const small = parse(await readFile("test/fleets/small.yaml", "utf8")) as object;
      const manage = ["dashboards", "datasources", "folders", "permissions", "rules", "routing"];
      const teams = [{ name: "Dev", environments: ["dev"] }];
      await writeFile(file, stringify({ ...small, infrastructure: {}, manage, teams }));
      expect((await fleetglass(["build", "--fleet", file, "--out", out])).code).toBe(0);
      grafana = await startGrafana();
    }, 60_000);
    afterAll(async () => {
      await grafana.stop();
      await rm(folder, { recursive: true });
    });

    const environment = () => ({
      GRAFANA_URL: grafana.url,
      GRAFANA_TOKEN: grafana.token,
      MIMIR_URL: mimir.url,
      GRAFANA_DOOR_PASSWORD: password,
      SLACK_WEBHOOK_URL: webhook,
    });
    const restore = (...argv: readonly string[]) =>
      fleetglass(["restore", "--fleet", file, "--out", out, ...argv], environment());

    test("a password that is not there is named before anything is half done", async () => {
      const { GRAFANA_DOOR_PASSWORD: _, ...without } = environment();
      const { code, errors } = await fleetglass(
        ["restore", "--fleet", file, "--out", out, "--target", "datasource/*"],
        without,
      );
      expect(code).toBe(1);
      expect(errors).toContain("GRAFANA_DOOR_PASSWORD");
    }, 60_000);

    test("comes back by one command: then nothing is to be published, and boards answer", async () => {
      expect((await restore("--plan")).code).toBe(2);
      const { code, out: said, errors } = await restore();
      expect({ code, errors }).toEqual({ code: 0, errors: "" });
      expect(said).toContain("published");
      expect(said).toMatch(/\+ team +Dev$/mu);
      const plan = await fleetglass(["plan", "--fleet", file, "--to", "live"], environment());
      expect(plan.out).toContain("No changes.");
      expect(plan.code).toBe(0);

      await live(mimir.url, parseFleet(await readFile(file, "utf8"), file), "dev");
      const answer = await fetch(`${grafana.url}/api/dashboards/uid/dev-multi-cluster-overview`, {
        headers: { Authorization: `Bearer ${grafana.token}` },
      });
      const { dashboard } = (await answer.json()) as { dashboard: unknown };
      const queries = boardQueriesOf(dashboard).filter(({ language }) => language === "promql");
      expect(queries.length).toBeGreaterThan(10);
      const empty: string[] = [];
      for (const { expr } of queries) if ((await instant(mimir.url, "dev", expr)).length === 0) empty.push(expr);
      expect(empty).toEqual([]);
    }, 180_000);

    test("no password is in what was committed or said", async () => {
      const { out: said, errors } = await restore("--json");
      for (const secret of [password, webhook]) expect(said + errors).not.toContain(secret);
      for (const name of await readdir(out, { recursive: true, withFileTypes: true })) {
        if (!name.isFile()) continue;
        const text = await readFile(join(name.parentPath, name.name), "utf8");
        for (const secret of [password, webhook]) expect(text.includes(secret)).toBe(false);
      }
    }, 60_000);

    test("a folder that is not whole is refused", async () => {
      await rm(join(out, "rules/dev"), { recursive: true });
      const { code, errors } = await restore();
      expect(code).toBe(1);
      expect(errors).toContain("rules/dev/fleetglass-platform-core.yaml is missing");
    });
  },
  // The ruler may record the present before the test writes the minutes before it.
  { limits: { dev: { out_of_order_time_window: "1h" } } },
);

/** A tenant's clusters send again, and the rules that were restored record, some minutes long. */
async function live(url: string, fleet: Fleet, tenant: string): Promise<void> {
  const store = { url, header: "X-Scope-OrgID" };
  const to = Math.floor(Date.now() / 60_000) * 60_000;
  const window = { from: to - 12 * 60_000, to };
  const world = createWorld(fleet, { mess: false });
  for (const cluster of fleet.clusters.filter((one) => one.tenant === tenant)) {
    await backfillSeries(store, seriesOf(world, cluster, window), window);
  }
  const answer = await fetch(`${url}/prometheus/config/v1/rules`, { headers: { "X-Scope-OrgID": tenant } });
  const groups = Object.values(parse(await answer.text()) as Record<string, RuleGroup[]>).flat();
  expect(groups.length).toBeGreaterThan(20);
  await backfillRules(store, [{ tenant, groups }], { from: to - 6 * 60_000, to });
}
