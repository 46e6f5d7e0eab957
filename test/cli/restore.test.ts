import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { parse, stringify } from "yaml";
import { parseFleet } from "../../src/fleet/parse.ts";
import { remoteWrite } from "../../src/simulate/remote-write.ts";
import { boardQueriesOf } from "../support/board-queries.ts";
import { fleetglass } from "../support/cli.ts";
import { fleetSeries } from "../support/fleet-series.ts";
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

describeWithMimir("a stack that was lost", (mimir) => {
  let folder = "";
  let file = "";
  let out = "";
  let grafana: Grafana;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "fleetglass-restore-"));
    file = join(folder, "fleet.yaml");
    out = join(folder, "out");
    const small = parse(await readFile("test/fleets/small.yaml", "utf8")) as object;
    const manage = ["dashboards", "datasources", "folders", "rules", "routing"];
    await writeFile(file, stringify({ ...small, infrastructure: {}, manage }));
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
    const plan = await fleetglass(["plan", "--fleet", file, "--to", "live"], environment());
    expect(plan.out).toContain("No changes.");
    expect(plan.code).toBe(0);

    const fleet = parseFleet(await readFile(file, "utf8"), file);
    for (const { id, clusters } of fleet.tenants) {
      await remoteWrite(mimir.url, { tenant: id }).send(fleetSeries(fleet, clusters, [Date.now()]));
    }
    await evaluateOnce(mimir.url, "dev");
    const answer = await fetch(`${grafana.url}/api/dashboards/uid/dev-multi-cluster-overview`, {
      headers: { Authorization: `Bearer ${grafana.token}` },
    });
    const { dashboard } = (await answer.json()) as { dashboard: unknown };
    const queries = boardQueriesOf(dashboard);
    expect(queries.length).toBeGreaterThan(10);
    const found: number[] = [];
    for (const { expr } of queries) found.push((await instant(mimir.url, "dev", expr)).length);
    expect(found.filter((count) => count > 0).length).toBeGreaterThan(queries.length / 2);
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
});

/** What the restored rules will record a minute later: each is asked, and what it gives is written. */
async function evaluateOnce(url: string, tenant: string): Promise<void> {
  const answer = await fetch(`${url}/prometheus/config/v1/rules`, { headers: { "X-Scope-OrgID": tenant } });
  const groups = Object.values(parse(await answer.text()) as Record<string, { rules: Recorded[] }[]>).flat();
  const records = groups.flatMap(({ rules }) => rules).filter(({ record }) => record !== undefined);
  expect(records.length).toBeGreaterThan(50);
  const writer = remoteWrite(url, { tenant });
  // The second time for those that read what others record.
  for (let pass = 0; pass < 2; pass += 1) {
    const series = [];
    for (const { record, expr, labels } of records) {
      for (const sample of await instant(url, tenant, expr)) {
        series.push({
          labels: { ...sample.labels, ...labels, __name__: record ?? "" },
          samples: [{ timestamp: Date.now(), value: sample.value }],
        });
      }
    }
    await writer.send(series);
  }
}

interface Recorded {
  readonly record?: string;
  readonly expr: string;
  readonly labels?: Readonly<Record<string, string>>;
}
