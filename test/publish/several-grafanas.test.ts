import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fleetglass } from "../support/cli.ts";
import { type Grafana, startGrafana } from "../support/grafana.ts";

const fleet = `name: shop
environments: [{ name: dev, grafana: eu }, { name: prd }]
clusters:
  - { name: dev-1, environment: dev, region: eu }
  - { name: prd-1, environment: prd, region: eu }
backends:
  - { kind: mimir, url: "http://mimir/prometheus" }
grafanas:
  - { url: "https://grafana.example.com" }
  - { name: eu, url: "https://eu.example.com", parentFolder: shared }
manage: [dashboards, datasources, folders, permissions]
teams: [{ name: payments, environments: [dev] }, { name: all-of-us }]
`;

let folder: string;
let file: string;
let first: Grafana;
let eu: Grafana;
let environment: Record<string, string>;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "fleetglass-grafanas-"));
  file = join(folder, "fleet.yaml");
  await writeFile(file, fleet);
  first = await startGrafana({ token: "first" });
  eu = await startGrafana({ token: "eu" });
  await eu.seedFolder({ uid: "shared", title: "Shared" });
  await eu.closeFolder("shared");
  environment = {
    GRAFANA_URL: first.url,
    GRAFANA_TOKEN: "first",
    GRAFANA_EU_URL: eu.url,
    GRAFANA_EU_TOKEN: "eu",
  };
});
afterEach(async () => {
  await first.stop();
  await eu.stop();
  await rm(folder, { recursive: true });
});

const cli = (...argv: readonly string[]) => fleetglass([...argv, "--fleet", file], environment);

/** Kinds and names of what was written, in the words of Grafana's API. */
function written(grafana: Grafana, method = "POST"): string[] {
  return grafana
    .writes()
    .filter((one) => one.method === method)
    .map(({ path, body }) => {
      const { uid, name, dashboard } = body as { uid?: string; name?: string; dashboard?: { uid: string } };
      return `${path} ${dashboard?.uid ?? uid ?? name ?? ""}`.trim();
    });
}

async function inGrafana(grafana: Grafana, path: string, init: { method?: string; body?: unknown } = {}) {
  const answer = await fetch(grafana.url + path, {
    method: init.method ?? "GET",
    headers: { authorization: `Bearer ${grafana.token}`, "content-type": "application/json" },
    ...(init.body !== undefined && { body: JSON.stringify(init.body) }),
  });
  return (await answer.json()) as Record<string, unknown>;
}

/** Somebody renames a board by hand. */
async function rename(grafana: Grafana, uid: string, title: string): Promise<void> {
  const { dashboard, meta } = (await inGrafana(grafana, `/api/dashboards/uid/${uid}`)) as {
    dashboard: object;
    meta: { folderUid: string };
  };
  const body = { dashboard: { ...dashboard, title }, folderUid: meta.folderUid, overwrite: true };
  await inGrafana(grafana, "/api/dashboards/db", { method: "POST", body });
}

const titleOf = async (grafana: Grafana, uid: string): Promise<unknown> =>
  ((await inGrafana(grafana, `/api/dashboards/uid/${uid}`))["dashboard"] as { title?: string } | undefined)?.title;

test("each environment's boards, and all that goes with them, are published to its own Grafana", async () => {
  const published = await cli("publish", "--to", "live");
  expect(published).toMatchObject({ code: 0, errors: "" });
  expect(published.out).toContain(`Grafana eu ${eu.url}`);
  const inEu = written(eu);
  const inFirst = written(first);
  expect(inEu).toEqual(
    expect.arrayContaining([
      "/api/folders fleetglass_shop_dev",
      "/api/teams payments",
      "/api/teams all-of-us",
      "/api/folders/fleetglass_shop_dev/permissions",
      "/api/datasources shop-mimir-dev",
      "/api/dashboards/db dev-multi-cluster-overview",
    ]),
  );
  expect(inEu.filter((one) => !/(?:[ _-]dev(?:\b|_)|\/api\/teams )/u.test(one))).toEqual([]);
  expect(inFirst).toEqual(
    expect.arrayContaining([
      "/api/folders fleetglass_shop_sre",
      "/api/folders fleetglass_shop_prd",
      "/api/teams all-of-us",
      "/api/datasources shop-mimir-all",
      "/api/datasources shop-mimir-prd",
      "/api/dashboards/db multi-cluster-overview",
      "/api/dashboards/db prd-multi-cluster-overview",
    ]),
  );
  expect(inFirst.filter((one) => /[ _-]dev\b|payments/u.test(one))).toEqual([]);
  expect(await inGrafana(eu, "/api/folders/fleetglass_shop_dev")).toMatchObject({ parentUid: "shared" });
  expect((await inGrafana(first, "/api/folders/fleetglass_shop_sre"))["parentUid"]).toBeUndefined();
  expect((await cli("plan", "--to", "live")).code).toBe(0);
  expect((await cli("drift")).code).toBe(0);
  expect(await cli("doctor")).toMatchObject({
    code: 0,
    out: expect.stringContaining(`Grafana eu ${eu.url}: nothing stands in the way`) as string,
  });
  expect([...first.violations, ...eu.violations]).toEqual([]);
}, 120_000);

test("drift, pruning, a saved plan and a rollback work on all of them", async () => {
  const state = join(folder, "state");
  expect((await cli("publish", "--to", "live", "--state", state)).code).toBe(0);

  await rename(eu, "dev-multi-cluster-overview", "By hand");
  const drift = await cli("drift");
  expect(drift.code).toBe(2);
  expect(drift.out).toContain(`Grafana eu ${eu.url}`);
  expect(drift.out).toContain("dev-multi-cluster-overview");
  expect((await cli("publish", "--to", "live", "--take-over")).code).toBe(0);
  expect(await titleOf(eu, "dev-multi-cluster-overview")).not.toBe("By hand");

  // Its boards move: away from the one, into the other.
  await writeFile(
    file,
    fleet.replace("{ name: dev, grafana: eu }, { name: prd }", "{ name: dev }, { name: prd, grafana: eu }"),
  );
  const saved = join(folder, "plan.json");
  expect((await cli("plan", "--to", "live", "--prune", "--plan-out", saved)).code).toBe(2);
  const before = [first, eu].map((one) => one.writes().length);
  expect((await fleetglass(["publish", saved, "--plan"], environment)).code).toBe(2);
  const misused = await fleetglass(["publish", saved, "--prune", "--target", "dashboard/x"], environment);
  expect(misused.errors).toContain("a saved plan holds what is to be done, and where: leave out --target, --prune");
  expect(misused.code).toBe(64);
  expect([first, eu].map((one) => one.writes().length)).toEqual(before);
  const moved = await fleetglass(["publish", saved, "--state", state, "--allow-mass-delete"], environment);
  expect(moved).toMatchObject({ code: 0, errors: "" });
  expect(await titleOf(eu, "dev-multi-cluster-overview")).toBeUndefined();
  expect(await titleOf(eu, "prd-multi-cluster-overview")).toBeDefined();
  expect(await titleOf(first, "dev-multi-cluster-overview")).toBeDefined();
  expect(await titleOf(first, "prd-multi-cluster-overview")).toBeUndefined();
  expect((await cli("plan", "--to", "live")).code).toBe(0);

  const back = await cli("rollback", "--state", state);
  expect(back).toMatchObject({ code: 0, errors: "" });
  expect(await titleOf(eu, "dev-multi-cluster-overview")).toBeDefined();
  expect(await titleOf(first, "prd-multi-cluster-overview")).toBeDefined();
  expect(await titleOf(first, "dev-multi-cluster-overview")).toBeUndefined();
  expect([...first.violations, ...eu.violations]).toEqual([]);
}, 120_000);

test("a rollback leaves what held a secret of somebody else's, says so, and undoes the rest", async () => {
  const state = join(folder, "taken");
  await eu.seedDataSource({
    uid: "shop-mimir-dev",
    name: "Mimir-Dev",
    type: "prometheus",
    access: "proxy",
    url: "http://theirs",
    basicAuth: true,
    basicAuthUser: "reader",
    secureJsonData: { basicAuthPassword: "theirs" },
  });
  expect(await cli("publish", "--to", "live", "--take-over", "--state", state)).toMatchObject({ code: 0, errors: "" });
  expect(await titleOf(eu, "dev-alerts")).toBeDefined();
  const back = await cli("rollback", "--state", state);
  expect(back.out).toMatch(/! datasource\/\S*shop-mimir-dev held secrets that no name stands for/u);
  expect(back).toMatchObject({ code: 1, errors: "" });
  expect(await titleOf(eu, "dev-alerts")).toBeUndefined();
  expect(await titleOf(first, "alerts")).toBeUndefined();
});

test("one without an address is left out by name, and no token goes to another", async () => {
  const { GRAFANA_EU_URL: _address, ...rest } = environment;
  environment = rest;
  const plan = await cli("plan", "--to", "live");
  expect(plan.code).toBe(2);
  expect(plan.out).toContain("Grafana eu is left out: GRAFANA_EU_URL is not set");
  expect(plan.out).not.toContain("dev-multi-cluster-overview");
  const doctor = await cli("doctor");
  expect(doctor.code).toBe(1);
  expect(doctor.out).toMatch(/Grafana eu: has no address.*grafana-address\n.*set GRAFANA_EU_URL and GRAFANA_EU_TOKEN/u);

  // The first's token is no answer to the question for this one's.
  environment = { ...rest, GRAFANA_EU_URL: eu.url, GRAFANA_EU_TOKEN: "" };
  const refused = await cli("doctor");
  expect(refused.out).toMatch(/Grafana eu http:.*does not know the credential.*\n.*set GRAFANA_EU_TOKEN/u);
  expect(refused.out).toContain(`Grafana ${first.url}: nothing stands in the way`);

  environment = { ...environment, GRAFANA_EU_URL: `${first.url}/` };
  expect(await cli("publish", "--to", "live", "--prune")).toMatchObject({
    code: 64,
    errors: expect.stringContaining("GRAFANA_EU_URL is the address that GRAFANA_URL is") as string,
  });
  expect([...first.writes(), ...eu.writes()]).toEqual([]);
}, 120_000);

test("what was in each is pulled from each, and its plan is empty", async () => {
  for (const [grafana, uid, title] of [
    [first, "of-first", "Of the first"],
    [eu, "of-eu", "Of eu"],
  ] as const) {
    await grafana.seedFolder({ uid: "same", title: "Same" });
    await grafana.seedDashboard({ dashboard: { uid, title, panels: [] }, folderUid: "same" });
    await grafana.seedDataSource({
      uid: "prom",
      name: "Prometheus",
      type: "prometheus",
      access: "proxy",
      url: "http://prometheus:9090",
      secureJsonData: { basicAuthPassword: "planted" },
    });
  }
  const out = join(folder, "pulled");
  const pulled = await cli("pull", "--out", out);
  expect(pulled).toMatchObject({ code: 0 });
  expect(pulled.out).toContain("3 folders, 2 data sources, 2 boards");
  expect(pulled.out).toContain("DATASOURCE_PROM_BASICAUTHPASSWORD, DATASOURCE_EU_PROM_BASICAUTHPASSWORD");
  expect(await readFile(join(out, "grafanas/eu/dashboards/same/of-eu.json"), "utf8")).toContain('"Of eu"');
  const project = ["--fleet", join(out, "fleetglass.config.ts")];
  const plan = await fleetglass(["plan", "--to", "live", ...project], environment);
  expect(plan).toMatchObject({ code: 0, out: expect.stringContaining("No changes.") as string });

  const board = join(out, "grafanas/eu/dashboards/same/of-eu.json");
  await writeFile(board, (await readFile(board, "utf8")).replace("Of eu", "Of eu, changed"));
  expect(
    await fleetglass(
      ["publish", "--to", "live", "--take-over", "--target", "dashboard/of-eu", ...project],
      environment,
    ),
  ).toMatchObject({
    code: 0,
    errors: "",
  });
  expect(await titleOf(eu, "of-eu")).toBe("Of eu, changed");
  expect(await titleOf(first, "of-first")).toBe("Of the first");
  expect([...first.violations, ...eu.violations]).toEqual([]);
}, 120_000);

test("both read what both have: one data source in each, and none is found to be there twice", async () => {
  const single = fleet
    .replace("kind: mimir", "kind: prometheus")
    .replace("http://mimir/prometheus", "http://prometheus");
  await writeFile(file, single);
  expect(await cli("publish", "--to", "live")).toMatchObject({ code: 0, errors: "" });
  expect([first, eu].map((one) => written(one).filter((path) => path.includes("datasources")))).toEqual([
    ["/api/datasources shop-prometheus-all"],
    ["/api/datasources shop-prometheus-all"],
  ]);
}, 120_000);

test("files are apart too, and go back where they came from", async () => {
  const out = join(folder, "out");
  expect((await cli("build", "--out", out)).code).toBe(0);
  const sources = await readFile(join(out, "grafana-eu/provisioning/datasources/fleetglass.yaml"), "utf8");
  expect(sources).toContain("uid: shop-mimir-dev");
  expect(sources).not.toContain("shop-mimir-prd");
  const restored = await cli("restore", "--out", out);
  expect(restored).toMatchObject({ code: 0, errors: "" });
  expect((await cli("plan", "--to", "live")).code).toBe(0);
  expect(await titleOf(eu, "dev-multi-cluster-overview")).toBeDefined();
}, 120_000);
