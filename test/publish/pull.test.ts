import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { clusterAware } from "../../src/pull/cluster-aware.ts";
import { fleetglass } from "../support/cli.ts";
import { type Grafana, startGrafana } from "../support/grafana.ts";
import { describeWithLoki, describeWithMimir } from "../support/needs.ts";
import { resourceBoard } from "../support/resource-board.ts";

const fleetYaml = `name: found
environments: [{ name: dev }, { name: prd }]
clusters:
  - { name: dev-1, environment: dev, region: r1 }
  - { name: prd-1, environment: prd, region: r1 }
`;

/** Without holes, as Grafana has it. */
const tabs = JSON.parse(
  JSON.stringify(resourceBoard({ uid: "tabs", title: "Tabs", version: "v2beta1" })).replaceAll("⟦cluster⟧", "cluster"),
) as ReturnType<typeof resourceBoard>;

/** All text below a folder, by path. */
async function textsIn(folder: string): Promise<Map<string, string>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  return new Map(await Promise.all(files.map(async (file) => [file, await readFile(file, "utf8")] as const)));
}

describeWithMimir("a stack that was there before", (mimir) => {
  let folder: string;
  let grafana: Grafana;
  let environment: Record<string, string>;
  const namespaces = { dev: "node rules", prd: "shop" } as const;
  const groups = {
    dev: `name: nodes
interval: 2m
limit: 10
rules:
  - alert: NodeDown
    expr: |
      up{job="node"} == 0
        and on (instance) \${x}
    for: 10m
    keep_firing_for: 5m
    labels: { severity: "critical" }
    annotations: { summary: "{{ $labels.instance }} is \\"down\\" C:\\\\temp \`x\`" }
`.replace("${x}", 'vector(1) # "quoted"'),
    prd: `name: shop
rules:
  - record: shop:requests:rate5m
    expr: sum(rate(http_requests_total[5m]))
`,
  } as const;
  const cli = (...argv: readonly string[]) => fleetglass(argv, environment);
  const project = (): string => join(folder, "pulled", "fleetglass.config.ts");
  const plan = (...argv: readonly string[]) => cli("plan", "--to", "live", "--fleet", project(), ...argv);
  const ruler = (tenant: string, path: string, init: RequestInit = {}) =>
    fetch(`${mimir.url}/prometheus/config/v1/rules${path}`, { ...init, headers: { "X-Scope-OrgID": tenant } });

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "fleetglass-pull-"));
    await writeFile(join(folder, "fleet.yaml"), fleetYaml);
    grafana = await startGrafana();
    environment = { GRAFANA_URL: grafana.url, GRAFANA_TOKEN: grafana.token, MIMIR_URL: mimir.url };
    await grafana.seedFolder({ uid: "teams", title: "Teams" });
    await grafana.seedFolder({ uid: "shop", title: "Shop", parentUid: "teams" });
    await grafana.seedDashboard({
      dashboard: {
        uid: "orders",
        title: "Orders",
        tags: ["shop"],
        panels: [
          { id: 1, type: "timeseries", title: "All", targets: [{ refId: "A", expr: "sum(rate(x_total[5m]))" }] },
        ],
      },
      folderUid: "shop",
    });
    await grafana.seedDashboard({ dashboard: { uid: "loose", title: "Loose", panels: [] } });
    await grafana.seedDashboard({ dashboard: { uid: "filed", title: "Filed", panels: [] } }, { provisioned: true });
    await grafana.seedResource({
      ...tabs,
      metadata: { ...tabs.metadata, annotations: { "grafana.app/folder": "shop" } },
    });
    await grafana.seedDataSource({
      uid: "prom",
      name: "Prometheus",
      type: "prometheus",
      access: "proxy",
      url: "http://prometheus:9090",
      basicAuth: true,
      basicAuthUser: "reader",
      isDefault: true,
      jsonData: { httpMethod: "POST" },
      secureJsonData: { basicAuthPassword: "planted-password" },
    });
    await grafana.seedDataSource({
      uid: "open",
      name: "Open",
      type: "influxdb",
      access: "proxy",
      url: "http://influx",
      jsonData: { apiToken: "planted-token" },
    });
    for (const tenant of ["dev", "prd"] as const) {
      const path = `/${encodeURIComponent(namespaces[tenant])}`;
      const answer = await ruler(tenant, path, { method: "POST", body: groups[tenant] });
      expect(answer.status).toBe(202);
    }
  });
  afterAll(async () => {
    for (const tenant of ["dev", "prd"] as const) {
      await ruler(tenant, `/${encodeURIComponent(namespaces[tenant])}`, { method: "DELETE" });
    }
    await grafana.stop();
    await rm(folder, { recursive: true });
  });

  test("is written down without a secret, and its plan is empty", async () => {
    const before = grafana.writes().length;
    const { code, out } = await cli("pull", "--fleet", join(folder, "fleet.yaml"), "--out", join(folder, "pulled"));
    expect(out).toContain("2 folders, 1 data source, 3 boards, 2 rule groups in 2 namespaces");
    expect(out).toContain("dashboard filed was provisioned from a file");
    expect(out).toContain("datasource open: jsonData.apiToken is readable by everybody");
    expect(out).toContain("needs DATASOURCE_PROM_BASICAUTHPASSWORD in the environment");
    expect(code).toBe(0);
    // Nothing of a board of the model 2 is lost.
    const board = JSON.parse(await readFile(join(folder, "pulled/dashboards/shop/tabs.json"), "utf8"));
    expect(board).toMatchObject(JSON.parse(JSON.stringify(tabs)));
    const written = [...(await textsIn(join(folder, "pulled"))).values()].join("\n");
    expect(written).not.toMatch(/planted/u);
    expect(written).toContain("satisfies PulledRules");
    const second = await plan();
    expect(second.out).toContain("No changes.");
    expect(second.code).toBe(0);
    expect((await cli("drift", "--fleet", project())).code).toBe(0);
    expect((await cli("publish", "--to", "live", "--fleet", project(), "--prune")).code).toBe(0);
    expect(grafana.writes().length).toBe(before);
  });

  test("is never written over", async () => {
    const { code, errors } = await cli("pull", "--fleet", join(folder, "fleet.yaml"), "--out", join(folder, "pulled"));
    expect(errors).toContain("is there already, and pull never writes over a file");
    expect(code).toBe(1);
  });

  test("is published again to an empty Grafana, folders in their order", async () => {
    const empty = await startGrafana();
    try {
      const elsewhere = {
        GRAFANA_URL: empty.url,
        GRAFANA_TOKEN: empty.token,
        DATASOURCE_PROM_BASICAUTHPASSWORD: "other",
      };
      const run = (command: string) => fleetglass([command, "--to", "live", "--fleet", project()], elsewhere);
      expect((await run("publish")).errors).toBe("");
      expect((await run("plan")).code).toBe(0);
      expect(empty.violations).toEqual([]);
    } finally {
      await empty.stop();
    }
  });

  test("what is changed in code is somebody else's until --take-over, and then ours", async () => {
    const board = join(folder, "pulled/dashboards/shop/orders.json");
    await writeFile(board, (await readFile(board, "utf8")).replace('"Orders"', '"All orders"'));
    const rules = join(folder, "pulled/rules/mimir/prd/shop.ts");
    await writeFile(rules, (await readFile(rules, "utf8")).replace('name: "shop"', 'limit: 5, name: "shop"'));
    // Modules are loaded once in a process.
    const config = join(folder, "pulled/changed.config.ts");
    const text = await readFile(project(), "utf8");
    await writeFile(join(folder, "pulled/rules/mimir/prd/changed.ts"), await readFile(rules, "utf8"));
    await writeFile(config, text.replace("prd/shop.ts", "prd/changed.ts"));
    const run = (command: string, ...argv: readonly string[]) =>
      fleetglass([command, "--fleet", config, ...argv], {
        ...environment,
        DATASOURCE_PROM_BASICAUTHPASSWORD: "planted-password",
      });
    const refused = await run("plan", "--to", "live");
    expect(refused.out).toContain(
      "! dashboard  All orders (orders)\n      dashboard orders was not made by fleetglass",
    );
    expect(refused.out).toContain("! rule-group shop");
    expect(refused.out).not.toContain("loose");
    expect(refused.code).toBe(1);
    const published = await run("publish", "--to", "live", "--take-over");
    expect(published.errors).toBe("");
    expect(published.code).toBe(0);
    const again = await run("plan", "--to", "live");
    expect(again.out).toContain("No changes.");
    expect((await run("drift")).code).toBe(0);
    expect(await (await ruler("prd", "/shop/shop")).text()).toContain("limit: 5");
    expect(grafana.violations).toEqual([]);
  });
});

describeWithLoki("rules on logs that were there before", (loki) => {
  const tenant = "pulled-logs";
  const namespace = "app logs";
  let folder: string;
  const ruler = (path: string, init: RequestInit = {}) =>
    fetch(`${loki.url}/loki/api/v1/rules/${encodeURIComponent(namespace)}${path}`, {
      ...init,
      headers: { "X-Scope-OrgID": tenant },
    });
  const cli = (command: string, ...argv: readonly string[]) => fleetglass([command, ...argv], { LOKI_URL: loki.url });

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "fleetglass-pull-"));
    await writeFile(
      join(folder, "fleet.yaml"),
      `name: found
environments: [{ name: ${tenant} }]
clusters: [{ name: dev-1, environment: ${tenant}, region: r1 }]
`,
    );
    const answer = await ruler("", {
      method: "POST",
      body: `name: errors
interval: 2m
rules:
  - alert: ManyErrors
    expr: |
      sum by (cluster, app) (count_over_time({app=~".+"} |= "error \\"x\\"" [5m])) > 10
    for: 600s
    labels: { severity: warning }
    annotations: { summary: "{{ $labels.app }} logs errors" }
`,
    });
    expect(answer.status).toBe(202);
  });
  afterAll(async () => {
    await ruler("", { method: "DELETE" });
    await rm(folder, { recursive: true });
  });

  test("are written down, need nothing, and become ours with --take-over", async () => {
    const out = join(folder, "pulled");
    const pulled = await cli("pull", "--fleet", join(folder, "fleet.yaml"), "--out", out);
    expect(pulled.errors).not.toContain("error:");
    expect(pulled.out).toContain("1 rule group in 1 namespace");
    const config = join(out, "fleetglass.config.ts");
    const plan = await cli("plan", "--to", "live", "--fleet", config);
    expect(plan.out).toContain("No changes.");
    expect(plan.code).toBe(0);
    const [file = ""] = [...(await textsIn(join(out, "rules"))).keys()];
    await writeFile(file, (await readFile(file, "utf8")).replace(/"(?:10m|600s)"/u, '"20m"'));
    // Modules are loaded once in a process.
    const changed = join(out, "changed.config.ts");
    const copy = file.replace(/\.ts$/u, "-changed.ts");
    await writeFile(copy, await readFile(file, "utf8"));
    const text = await readFile(config, "utf8");
    await writeFile(
      changed,
      text.replace(/([\w-]+)\.ts"/u, (whole) => whole.replace('.ts"', '-changed.ts"')),
    );
    const refused = await cli("plan", "--to", "live", "--fleet", changed);
    expect(refused.out).toContain("! rule-group errors");
    expect(refused.code).toBe(1);
    const published = await cli("publish", "--to", "live", "--fleet", changed, "--take-over");
    expect(published.errors).not.toContain("error:");
    expect(published.code).toBe(0);
    expect(await (await ruler("/errors")).text()).toContain("for: 20m");
    expect((await cli("plan", "--to", "live", "--fleet", changed)).out).toContain("No changes.");
    expect((await cli("drift", "--fleet", changed)).code).toBe(0);
  });
});

describe("a query for one cluster becomes one for many", () => {
  const place = { labels: [{ label: "k8s", variable: "cluster" }], cluster: "k8s" } as const;
  test.each([
    ["up", 'up{k8s=~"$cluster"}'],
    ['sum(rate(a{b="c"}[$__rate_interval]))', 'sum(rate(a{k8s=~"$cluster", b="c"}[$__rate_interval]))'],
    ['{__name__="a"}', '{k8s=~"$cluster", __name__="a"}'],
    ['a{k8s="$cluster"}', 'a{k8s=~"$cluster"}'],
    ['a{k8s="dev"}', 'a{k8s="dev"}'],
    ["sum by (pod) (a)", 'sum by (k8s, pod) (a{k8s=~"$cluster"})'],
    ["sum(a) by (pod)", 'sum(a{k8s=~"$cluster"}) by (k8s, pod)'],
    ["a * on (pod) group_left (node) b", 'a{k8s=~"$cluster"} * on (k8s, pod) group_left (node) b{k8s=~"$cluster"}'],
    ["sum without (pod) (a)", 'sum without (pod) (a{k8s=~"$cluster"})'],
    ["time()", "time()"],
  ])("%s", (expr, expected) => {
    const { text, problem } = clusterAware(expr, { ...place, language: "prometheus" });
    expect(text).toBe(expected);
    expect(problem).toBeUndefined();
    // What is so already stays so.
    expect(clusterAware(expected, { ...place, language: "prometheus" }).text).toBe(expected);
  });

  test.each([
    ['{app="x"} |= "err"', '{k8s=~"$cluster", app="x"} |= "err"'],
    [
      'sum(count_over_time({app="x"} | json [$__auto]))',
      'sum(count_over_time({k8s=~"$cluster", app="x"} | json [$__auto]))',
    ],
  ])("%s", (expr, expected) => {
    expect(clusterAware(expr, { ...place, language: "loki" }).text).toBe(expected);
  });

  test("one that can't be read stays, and is told of", () => {
    const { text, problem } = clusterAware("sum(", { ...place, language: "prometheus" });
    expect(text).toBe("sum(");
    expect(problem).toContain("unclosed parenthesis");
  });
});

describe("a board from a file", () => {
  const board = {
    __inputs: [{ name: "DS_PROM", type: "datasource", pluginId: "prometheus" }],
    __requires: [],
    id: 7,
    title: "Community: nodes",
    templating: {
      list: [
        { name: "cluster", type: "query", query: "label_values(up, cluster)", datasource: "${DS_PROM}" },
        { name: "node", type: "query", query: "label_values(up, instance)", datasource: "${DS_PROM}" },
      ],
    },
    panels: [
      {
        id: 1,
        type: "timeseries",
        title: "Load",
        datasource: "${DS_PROM}",
        targets: [
          { refId: "A", expr: 'node_load1{cluster="$cluster",instance=~"$node"}', legendFormat: "{{instance}}" },
        ],
      },
      { id: 2, type: "stat", title: "Of old", datasource: "${DS_OLD}", targets: [{ refId: "A", query: "SELECT 1" }] },
    ],
  };
  const nodes = {
    kind: "QueryVariable",
    spec: {
      name: "node",
      current: { text: "All", value: "$__all" },
      hide: "dontHide",
      refresh: "onTimeRangeChanged",
      skipUrlSync: false,
      query: {
        kind: "DataQuery",
        group: "prometheus",
        version: "v0",
        datasource: { name: "${datasource}" },
        spec: { query: "label_values(up, instance)", refId: "node" },
      },
      regex: "",
      sort: "disabled",
      options: [],
      multi: true,
      includeAll: true,
    },
  };
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "fleetglass-pull-"));
    await writeFile(join(folder, "fleet.yaml"), fleetYaml);
  });
  afterEach(() => rm(folder, { recursive: true }));
  const pull = (file: string) =>
    fleetglass(["pull", "--fleet", join(folder, "fleet.yaml"), "--out", join(folder, "pulled"), "--file", file]);

  test("reads the fleet's sources, has its variables, and can be published", async () => {
    const file = join(folder, "board.json");
    await writeFile(file, JSON.stringify(board));
    const { code, out } = await pull(file);
    expect(out).toContain("its variable cluster gives way to the fleet's");
    expect(out).toContain("Of old: nobody knows the data source ${DS_OLD}");
    expect(code).toBe(0);
    const path = join(folder, "pulled/dashboards/fleetglass_pulled_sre/community-nodes.json");
    const written = JSON.parse(await readFile(path, "utf8"));
    expect(written.templating.list.map(({ name }: { name: string }) => name)).toEqual([
      "cluster",
      "environment",
      "region",
      "node",
    ]);
    expect(written.templating.list[3].query).toBe(
      'label_values(up{cluster=~"$cluster", environment=~"$environment", region=~"$region"}, instance)',
    );
    expect(written.panels[0].datasource).toEqual({ type: "prometheus", uid: "found-mimir-all" });
    expect(written.panels[0].targets[0]).toMatchObject({
      expr: 'node_load1{environment=~"$environment", region=~"$region", cluster=~"$cluster",instance=~"$node"}',
      legendFormat: "{{cluster}} {{instance}}",
    });
    const grafana = await startGrafana();
    try {
      const publish = await fleetglass(
        ["publish", "--to", "live", "--fleet", join(folder, "pulled/fleetglass.config.ts")],
        { GRAFANA_URL: grafana.url, GRAFANA_TOKEN: grafana.token },
      );
      expect(publish.out).toContain("+ dashboard  Community: nodes (community-nodes)");
      expect(publish.code).toBe(0);
      expect(grafana.violations).toEqual([]);
    } finally {
      await grafana.stop();
    }
    const second = await pull(file);
    expect(second.errors).toContain("pull never writes over a file");
  });

  test("one of the model 2 too, whose tabs stay", async () => {
    const file = join(folder, "tabs.json");
    const bare = tabs.spec.variables.slice(0, 1);
    const text = JSON.stringify({ ...tabs, spec: { ...tabs.spec, variables: [...bare, nodes] } });
    await writeFile(file, text.replaceAll('{cluster=~\\"$cluster\\"}', '{instance=~\\"$node\\"}'));
    const { code, out } = await pull(file);
    expect(out).not.toContain("nobody knows");
    expect(code).toBe(0);
    const path = join(folder, "pulled/dashboards/fleetglass_pulled_sre/tabs.json");
    const written = JSON.parse(await readFile(path, "utf8"));
    expect(written.spec.variables.map(({ spec }: { spec: { name: string } }) => spec.name)).toEqual([
      "cluster",
      "environment",
      "region",
      "node",
    ]);
    expect(written.spec.variables[3].spec.query).toMatchObject({
      datasource: { name: "found-mimir-all" },
      spec: {
        query: 'label_values(up{cluster=~"$cluster", environment=~"$environment", region=~"$region"}, instance)',
      },
    });
    expect(written.spec.layout).toEqual(tabs.spec.layout);
    expect(written.spec.elements["panel-1"].spec.data.spec.queries[0].spec.query).toMatchObject({
      datasource: { name: "found-mimir-all" },
      spec: { expr: expect.stringContaining('environment=~"$environment", region=~"$region", instance=~"$node"}') },
    });
    const grafana = await startGrafana();
    try {
      const config = join(folder, "pulled/fleetglass.config.ts");
      const run = (command: string) =>
        fleetglass([command, "--to", "live", "--fleet", config], {
          GRAFANA_URL: grafana.url,
          GRAFANA_TOKEN: grafana.token,
        });
      expect((await run("publish")).code).toBe(0);
      expect((await run("plan")).code).toBe(0);
      expect(grafana.violations).toEqual([]);
    } finally {
      await grafana.stop();
    }
  });

  test.each([
    ["{", "is no JSON"],
    ['{"groups":[]}', "is no board"],
    ['{"title":"x","rows":[]}', "is older than Grafana 5"],
    ['{"spec":{"title":"x","elements":{}}}', "board x needs spec.elements and spec.layout"],
    [
      '{"apiVersion":"dashboard.grafana.app/v2alpha1","spec":{"title":"x","elements":{}}}',
      "is in the model v2alpha1: save it",
    ],
  ])("%s is refused", async (text, says) => {
    const file = join(folder, "board.json");
    await writeFile(file, text);
    const { code, errors } = await pull(file);
    expect(errors).toContain(says);
    expect(code).toBe(1);
  });
});
