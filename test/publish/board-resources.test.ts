import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  DashboardBuilder,
  GridBuilder,
  GridItemBuilder,
  manifest,
  PanelBuilder,
  QueryGroupBuilder,
  TargetBuilder,
} from "@grafana/grafana-foundation-sdk/dashboardv2";
import { QueryV2Builder as QueryBuilder } from "@grafana/grafana-foundation-sdk/prometheus";
import { VisualizationV2Builder as VisualizationBuilder } from "@grafana/grafana-foundation-sdk/timeseries";
import { bundle, type DashboardResource, managed } from "../../src/bundle.ts";
import { liveDestination, placesOf } from "../../src/cli/servers.ts";
import { completed } from "../../src/dashboards/resource.ts";
import { hole } from "../../src/labels.ts";
import { lint } from "../../src/lint/index.ts";
import { apply, planFor } from "../../src/publish/apply.ts";
import { allDashboards } from "../../src/publish/grafana-boards-api.ts";
import { existingDashboards, grafanaDashboards } from "../../src/publish/grafana-dashboards.ts";
import { http, type Http } from "../../src/publish/http.ts";
import type { Fleet } from "../../src/fleet/model.ts";
import { referenceFleet } from "../../src/fleet/reference.ts";
import { defineFleet, defineProject } from "../../src/project.ts";
import { fleetglass } from "../support/cli.ts";
import { testFleet } from "../support/fleets.ts";
import { type Grafana, startGrafana } from "../support/grafana.ts";
import { resourceBoard } from "../support/resource-board.ts";

let folder: string;
let written = 0;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "fleetglass-model2-"));
});
afterAll(() => rm(folder, { recursive: true }));

/** A team's project: of the fleet only its own boards. In a file of its own, since a module is loaded once in a process. */
async function project(boards: readonly (object | string)[]): Promise<string> {
  written += 1;
  const file = join(folder, `${written}.config.ts`);
  const own = boards.map((board) => (typeof board === "string" ? board : JSON.stringify(board))).join(", ");
  await writeFile(
    file,
    `import { defineFleet, defineProject, neutral, promql, row, stat } from "fleetglass";
     const fleet = defineFleet({
       name: "model2", title: "Model 2", labels: { cluster: "k8s_cluster_name" },
       environments: [{ name: "tst" }, { name: "ops" }],
       clusters: [
         { name: "tst-1", environment: "tst", region: "r1", mesh: "istio" },
         { name: "ops-1", environment: "ops", region: "r1", type: "ops" },
       ],
       manage: ["folders", "dashboards", "datasources"],
     });
     const classic = (uid: string, title: string) => ({
       uid, title, description: "Is it there?", tags: [],
       rows: () => [row("Now", [stat({
         title: "One", description: "Is one one?", thresholds: neutral("it is one"),
         queries: [promql({ unit: "none", labels: [] })\`vector(1)\`],
       })])],
     });
     export default { ...defineProject({ fleet, checks: { R03: "off", M08: "off" } }), alerts: [], recording: [], dashboards: [${own}] };`,
  );
  return file;
}

type Change = { action: string; id: string; changedBy?: string; differences?: { path: string }[] };

async function run(grafana: Grafana, file: string, ...argv: readonly string[]) {
  const { code, out, errors } = await fleetglass([...argv, "--fleet", file], {
    GRAFANA_URL: grafana.url,
    GRAFANA_TOKEN: grafana.token,
  });
  return { code, out, errors };
}
const publish = (grafana: Grafana, file: string, ...argv: readonly string[]) =>
  run(grafana, file, "publish", "--to", "live", ...argv);

async function changesOf(grafana: Grafana, file: string, ...argv: readonly string[]): Promise<Change[]> {
  const { out } = await run(grafana, file, "plan", "--to", "live", "--json", ...argv);
  const { plan } = JSON.parse(out) as { plan: { changes: Change[] }[] };
  return plan.flatMap(({ changes }) => changes);
}

/** A board as Grafana has it. */
type Kept = ReturnType<typeof resourceBoard> & {
  readonly metadata: {
    readonly name: string;
    readonly resourceVersion: string;
    readonly annotations: Readonly<Record<string, string>>;
  };
};

async function call(grafana: Grafana, method: string, path: string, body?: object): Promise<Kept> {
  const answer = await fetch(grafana.url + path, {
    method,
    headers: { Authorization: `Bearer ${grafana.token}`, "content-type": "application/json" },
    ...(body && { body: JSON.stringify(body) }),
  });
  expect([200, 201]).toContain(answer.status);
  return (await answer.json()) as Kept;
}

describe.each([
  { what: "13, which has v2", version: "13.3.0", models: ["v2", "v2beta1"] },
  { what: "12.2, which has v2beta1", version: "13.0.0", models: ["v2beta1"] },
] as const)("boards of the model 2 in Grafana $what", ({ version, models }) => {
  const api = `/apis/dashboard.grafana.app/${models[0]}/namespaces/default/dashboards`;
  let grafana: Grafana;
  let first: string;
  beforeAll(async () => {
    grafana = await startGrafana({ version, models });
    first = await project([resourceBoard()]);
  });
  afterAll(() => grafana.stop());
  const kept = (uid: string) => call(grafana, "GET", `${api}/${uid}`);
  const edit = async (uid: string, change: (spec: Kept["spec"]) => object): Promise<void> => {
    const { apiVersion, kind, metadata, spec } = await kept(uid);
    const { name, resourceVersion, annotations } = metadata;
    const body = { apiVersion, kind, metadata: { name, resourceVersion, annotations }, spec: change(spec) };
    await call(grafana, "PUT", `${api}/${uid}`, body);
  };

  test("are drawn in each view on its own sources, with the fleet's names, and written in the version that there is", async () => {
    const done = await publish(grafana, first);
    expect(done.errors).toBe("");
    expect(done.code).toBe(0);
    const reads = (name: string, title: string, tags: readonly string[]) => ({
      title,
      tags,
      variables: [{ spec: { name: "cluster", query: { datasource: { name } } } }],
      elements: {
        "panel-1": {
          spec: {
            data: {
              spec: {
                queries: [
                  {
                    spec: {
                      query: {
                        datasource: { name },
                        spec: {
                          expr: expect.stringContaining("sum by (k8s_cluster_name) (rate(http"),
                          legendFormat: "{{k8s_cluster_name}}",
                        },
                      },
                    },
                  },
                ],
                transformations: [{ kind: models[0] === "v2" ? "Transformation" : "organize" }],
              },
            },
          },
        },
      },
    });
    expect(await kept("tst-shop-orders")).toMatchObject({
      metadata: {
        annotations: { "grafana.app/folder": "fleetglass_model2_tst", "fleetglass/checksum": expect.any(String) },
      },
      spec: reads("model2-mimir-tst", "Orders (Test)", ["fleetglass", "shop", "tst", "fleetglass:model2"]),
    });
    expect(await kept("shop-orders")).toMatchObject({
      spec: reads("model2-mimir-all", "Orders", ["fleetglass", "shop", "fleetglass:model2"]),
    });
  });

  test("published again, nothing is written", async () => {
    const before = grafana.writes().length;
    expect((await publish(grafana, first)).out).toContain("No changes.");
    // In the other version of the model, and with the defaults left out, it says the same.
    expect((await publish(grafana, await project([resourceBoard({ version: "v2beta1" })]))).out).toContain(
      "No changes.",
    );
    expect(grafana.writes()).toHaveLength(before);
  });

  test("one changed field is one difference, ours; a formatted expression is none", async () => {
    const other = await project([resourceBoard({ title: "All orders" })]);
    expect(await changesOf(grafana, other)).toMatchObject([
      { action: "update", id: "shop-orders", changedBy: "us", differences: [{ path: "dashboard.title" }] },
      { action: "update", id: "tst-shop-orders", changedBy: "us", differences: [{ path: "dashboard.title" }] },
    ]);
    const spaced = await project([
      resourceBoard({
        expr: 'sum(rate(http_server_request_duration_seconds_count{⟦cluster⟧=~"$cluster"}[$__rate_interval]))   by (⟦cluster⟧)',
      }),
    ]);
    const { spec, ...frame } = resourceBoard();
    const [now, failures] = spec.layout.spec.tabs;
    const [item] = now?.spec.layout.spec.items ?? [];
    const more = {
      ...spec,
      elements: {
        ...spec.elements,
        "panel-3": { ...spec.elements["panel-1"], spec: { ...spec.elements["panel-1"].spec, id: 3, title: "Refunds" } },
      },
      layout: {
        kind: "TabsLayout",
        spec: {
          tabs: [
            {
              kind: "TabsLayoutTab",
              spec: {
                title: "Now",
                layout: {
                  kind: "GridLayout",
                  spec: {
                    items: [
                      {
                        kind: "GridLayoutItem",
                        spec: { ...item?.spec, element: { kind: "ElementReference", name: "panel-3" } },
                      },
                      { kind: "GridLayoutItem", spec: { ...item?.spec, y: 8 } },
                    ],
                  },
                },
              },
            },
            failures,
          ],
        },
      },
    };
    const added = await run(grafana, await project([{ ...frame, spec: more }]), "plan", "--to", "live");
    expect(added.out).toContain('+ dashboard.elements.panel-3  Panel "Refunds"');
    expect(added.out).toContain("1 panel moved or resized");
    // The second panel asks for something else: `max` was made of what is written so.
    expect(await changesOf(grafana, spaced)).toMatchObject(
      ["shop-orders", "tst-shop-orders"].map((id) => ({
        id,
        differences: [{ path: expect.stringContaining("panel-2") }],
      })),
    );
  });

  test("what somebody changed by hand is told of as theirs, over all of the board, and put back", async () => {
    await edit("shop-orders", (spec) => ({
      ...spec,
      layout: { kind: "TabsLayout", spec: { tabs: spec.layout.spec.tabs.slice(0, 1) } },
    }));
    const drift = await run(grafana, first, "drift");
    expect(drift.code).toBe(2);
    expect(drift.out).toContain("~ dashboard  Orders (shop-orders)  (changed by hand)");
    expect(drift.out).toContain("+ dashboard.layout.spec.tabs[Failures]");
    expect((await publish(grafana, first)).code).toBe(0);
    expect((await run(grafana, first, "drift")).code).toBe(0);
  });

  test("who saves it between plan and publish is not overwritten", async () => {
    const file = join(folder, `${version}.plan`);
    const other = await project([resourceBoard({ title: "Planned" })]);
    expect((await run(grafana, other, "plan", "--to", "live", "--plan-out", file)).code).toBe(2);
    await edit("shop-orders", (spec) => ({ ...spec, title: "By hand" }));
    const { code, out } = await fleetglass(["publish", file], {
      GRAFANA_URL: grafana.url,
      GRAFANA_TOKEN: grafana.token,
    });
    expect(out).toMatch(/shop-orders/u);
    expect(code).toBe(1);
    expect((await kept("shop-orders"))["spec"].title).toBe("By hand");
    await publish(grafana, first);
  });

  test("another uid is a move, and an undone run leaves all as it was", async () => {
    const state = join(folder, `state-${version}`);
    const other = await project([resourceBoard({ uid: "shop-sales" })]);
    expect(await changesOf(grafana, other)).toMatchObject([{ action: "move", id: "shop-sales" }, { action: "move" }]);
    expect((await publish(grafana, other, "--state", state)).code).toBe(0);
    expect(await changesOf(grafana, other)).toEqual([]);
    expect(await run(grafana, other, "rollback", "--state", state)).toMatchObject({ code: 0, errors: "" });
    expect(await changesOf(grafana, first)).toEqual([]);
  });

  test("from a classic board to one of the model 2 and back, by publish and by rollback", async () => {
    const state = join(folder, `models-${version}`);
    const classic = await project(['classic("shop-orders", "Orders")']);
    expect(await changesOf(grafana, classic)).toMatchObject([
      { action: "update", differences: [{ path: "model", before: "v2", after: "classic" }] },
      { action: "update" },
    ]);
    expect(await publish(grafana, classic, "--state", state)).toMatchObject({ code: 0, errors: "" });
    expect(await changesOf(grafana, classic)).toEqual([]);
    expect(await run(grafana, classic, "rollback", "--state", state)).toMatchObject({ code: 0, errors: "" });
    expect(await changesOf(grafana, first)).toEqual([]);
  });

  test("a classic board that was saved in Grafana's editor is kept in the model 2: that was no publish", async () => {
    const classic = await project([resourceBoard(), 'classic("classic", "Classic")']);
    await publish(grafana, classic);
    const { metadata, spec } = await kept("classic");
    const { name, resourceVersion } = metadata;
    const body = {
      apiVersion: `dashboard.grafana.app/${models[0]}`,
      kind: "Dashboard",
      metadata: { name, resourceVersion, annotations: { "grafana.app/folder": "fleetglass_model2_sre" } },
      spec,
    };
    await call(grafana, "PUT", `${api}/classic`, body);
    const drift = await run(grafana, classic, "drift");
    expect(drift.out).toContain("~ dashboard  Classic (classic)  (changed by hand)");
    expect(drift.out).toMatch(/model\n.*- v2\n.*\+ classic/u);
    expect((await publish(grafana, classic)).code).toBe(0);
    expect((await run(grafana, classic, "drift")).code).toBe(0);
    expect((await publish(grafana, first, "--prune")).code).toBe(0);
  });

  test("one that somebody else made is taken over only when asked", async () => {
    const theirs = resourceBoard({ uid: "theirs", version: models[0] });
    await grafana.seedResource({ ...theirs, spec: { ...theirs.spec, cursorSync: "Off", preload: false } });
    const wanted = await project([resourceBoard(), resourceBoard({ uid: "theirs", title: "Ours" })]);
    expect((await changesOf(grafana, wanted)).find(({ id }) => id === "theirs")).toMatchObject({ action: "refuse" });
    expect((await publish(grafana, wanted)).code).toBe(1);
    expect((await publish(grafana, wanted, "--take-over")).code).toBe(0);
    expect(await changesOf(grafana, wanted)).toEqual([]);
    expect((await publish(grafana, first)).out).toContain("- dashboard  Ours (theirs)  (stays; --prune removes it)");
    expect((await publish(grafana, first, "--prune")).code).toBe(0);
    expect(await changesOf(grafana, first)).toEqual([]);
  });

  test("a branch's stand beside them", async () => {
    expect((await run(grafana, first, "publish", "--preview", "feature/x")).code).toBe(0);
    expect((await run(grafana, first, "publish", "--preview", "feature/x", "--plan")).code).toBe(0);
    expect((await run(grafana, first, "publish", "--preview", "feature/x", "--remove")).code).toBe(0);
    expect(await changesOf(grafana, first)).toEqual([]);
  });

  test("every request and answer kept to the contract, and every board to its schema", () => {
    expect(grafana.violations).toEqual([]);
  });
});

test("in files they are resources that say their folder, and are restored from them", async () => {
  const out = join(folder, "out");
  const file = await project([resourceBoard()]);
  const done = await fleetglass(["publish", "--fleet", file, "--out", out]);
  expect(done.out).toContain(
    "boards of the model v2 (shop-orders, tst-shop-orders): from files Grafana reads them since 12.4",
  );
  expect(done.code).toBe(0);
  const path = "grafana/dashboards/sre/shop-orders.json";
  expect(JSON.parse(await readFile(join(out, path), "utf8"))).toMatchObject({
    apiVersion: "dashboard.grafana.app/v2",
    kind: "Dashboard",
    metadata: { name: "shop-orders", annotations: { "grafana.app/folder": "fleetglass_model2_sre" } },
    spec: { title: "Orders" },
  });
  // A sidecar's folder goes by its title.
  const maps = join(folder, "maps");
  expect((await fleetglass(["publish", "--to", "configmaps", "--fleet", file, "--out", maps])).code).toBe(0);
  expect(await readFile(join(maps, "sre/shop-orders.yaml"), "utf8")).toContain('"grafana.app/folder": ""');
  const grafana = await startGrafana();
  try {
    expect(await run(grafana, file, "restore", "--out", out)).toMatchObject({ code: 0, errors: "" });
    expect(await changesOf(grafana, file)).toEqual([]);
    expect(grafana.violations).toEqual([]);
  } finally {
    await grafana.stop();
  }
});

test("it asks as the library's own boards do where nobody evaluates rules, and where agents attach no place", () => {
  const expr =
    'max by (⟦cluster⟧, ⟦environment⟧) (cluster:node_cpu_utilisation:ratio_rate5m{⟦environment⟧=~"prd"} or node_load1{⟦environment⟧="prd"})';
  const textIn = (fleet: Fleet): string => {
    const found = bundle(defineProject({ fleet, dashboards: [resourceBoard({ expr })] })).find(
      ({ kind, id }) => kind === "dashboard" && id === "shop-orders",
    );
    return JSON.stringify(found?.spec);
  };
  const unevaluated = textIn(
    defineFleet({
      name: "plain",
      environments: [{ name: "dev" }, { name: "prd" }],
      clusters: [
        { name: "dev-1", environment: "dev", region: "r1" },
        { name: "prd-1", environment: "prd", region: "r1" },
      ],
      manage: ["folders", "dashboards", "datasources"],
    }),
  );
  expect(unevaluated).not.toMatch(/cluster:node_cpu_utilisation|cluster:inventory:info/u);
  expect(unevaluated).toContain("node_cpu_seconds_total");
  expect(unevaluated).toContain("query_result(group by (cluster)");
  const derived = textIn(testFleet("brownfield"));
  expect(derived).toMatch(/node_load1.*group_left/u);
});

test("a board that the foundation SDK builds is one too", async () => {
  const board = new DashboardBuilder("Built")
    .element(
      "one",
      new PanelBuilder()
        .id(1)
        .title("Clusters")
        .description("How many clusters are there?")
        .visualization(new VisualizationBuilder().unit("none"))
        .data(
          new QueryGroupBuilder().target(
            new TargetBuilder()
              .refId("A")
              .query(new QueryBuilder().expr(`count(cluster:inventory:info{${hole("cluster")}!=""})`)),
          ),
        ),
    )
    .layout(new GridBuilder().item(new GridItemBuilder().name("one").x(0).y(0).width(12).height(8)));
  const fleet = defineFleet({
    name: "built",
    environments: [{ name: "dev" }, { name: "prd" }],
    clusters: [
      { name: "dev-1", environment: "dev", region: "r1" },
      { name: "prd-1", environment: "prd", region: "r1" },
    ],
  });
  const project = defineProject({ name: "team", extends: fleet, dashboards: [manifest("built", board).build()] });
  const wanted = managed(bundle(project), project);
  expect(lint(bundle(project), { fleet }).filter(({ resource }) => resource.endsWith("/built"))).toEqual([]);
  const grafana = await startGrafana();
  try {
    const { targets } = liveDestination(placesOf(project), { GRAFANA_URL: grafana.url, GRAFANA_TOKEN: grafana.token });
    const applied = await apply(await planFor(wanted, targets), { prune: false });
    expect(applied.filter(({ error }) => error)).toEqual([]);
    expect((await planFor(wanted, targets)).flatMap(({ changes }) => changes)).toEqual([]);
    expect(grafana.violations).toEqual([]);
  } finally {
    await grafana.stop();
  }
});

test("in Grafana Cloud they are in the namespace of the stack", async () => {
  const grafana = await startGrafana({ version: "13.3.0", namespace: "stacks-7" });
  try {
    const file = await project([resourceBoard()]);
    expect(await publish(grafana, file)).toMatchObject({ code: 0, errors: "" });
    expect(await changesOf(grafana, file)).toEqual([]);
    expect(grafana.requests.filter(({ path, method }) => method === "POST" && path.includes("stacks-7"))).toHaveLength(
      2,
    );
    expect(grafana.violations).toEqual([]);
  } finally {
    await grafana.stop();
  }
});

test("a board without a title is none", () => {
  const project = defineProject({ fleet: testFleet("small"), dashboards: [resourceBoard({ title: " " })] });
  expect(() => bundle(project)).toThrow("the board shop-orders has no title: give it one");
});

test("what Grafana leaves out of a board further down is an error, once it is seen", async () => {
  const board = completed(resourceBoard({ uid: "orders" }));
  const { elements } = board.spec as { readonly elements: Readonly<Record<string, { readonly spec: object }>> };
  const [first = "", ...others] = Object.keys(elements);
  const own = elements[first];
  const bogus = { ...own, spec: { ...own?.spec, nonsense: 2 } };
  const resource = (element: object | undefined): DashboardResource => ({
    kind: "dashboard",
    at: { system: "grafana", organisation: 1 },
    id: "orders",
    needs: [],
    origin: "test",
    spec: {
      folder: "",
      dashboard: { ...board, spec: { ...board.spec, elements: { ...elements, [first]: element } } },
    },
  });
  const { http: asking } = answering({
    ...having("v1", "v2"),
    [`${group}/v2/namespaces/default/dashboards`]: { metadata: { name: "orders" }, spec: board.spec },
  });
  const target = grafanaDashboards(asking, { title: "Grafana", organisation: 1, project: "many" });
  expect(others.length).toBeGreaterThan(0);
  await expect(target.put(resource(own), undefined)).resolves.toBeUndefined();
  await expect(target.put(resource(bogus), undefined)).rejects.toThrow(
    `Grafana saved dashboard orders without spec.elements.${first}.spec.nonsense`,
  );
});

/** A Grafana of which only these answers are of interest; all else it does not have. */
function answering(answers: Readonly<Record<string, unknown>>): { readonly http: Http; readonly asked: string[] } {
  const asked: string[] = [];
  return {
    asked,
    http: ({ path, query }) => {
      const place = query?.["continue"] === undefined ? path : `${path} ${query["continue"]}`;
      asked.push(place);
      const answer = answers[place];
      return Promise.resolve({ status: answer === undefined ? 404 : 200, text: JSON.stringify(answer ?? {}) });
    },
  };
}
const group = "/apis/dashboard.grafana.app";
const having = (...versions: readonly string[]) => ({
  [group]: { versions: versions.map((version) => ({ version })) },
});
const listOf = (names: readonly string[], next?: string) => ({
  metadata: next === undefined ? {} : { continue: next },
  items: names.map((name) => ({ metadata: { name }, spec: { title: name } })),
});

test("what a Grafana can't list rightly is asked for one by one: 11 as a whole, any whose second page begins again", async () => {
  const at = { system: "grafana", organisation: 1 } as const;
  const list = `${group}/v0alpha1/namespaces/default/dashboards`;
  const eleven = answering({ ...having("v0alpha1", "v1alpha1", "v2alpha1"), [list]: listOf(["a"]) });
  expect(await allDashboards(eleven.http, at)).toEqual({ versions: [], namespace: "default" });
  expect(eleven.asked).toEqual([group]);
  const again = answering({
    ...having("v0alpha1", "v1beta1"),
    [list]: listOf(["a", "b"], "p2"),
    [`${list} p2`]: listOf(["b", "a"]),
  });
  expect((await allDashboards(again.http, at)).items).toBeUndefined();
  const right = answering({
    ...having("v0alpha1", "v1beta1"),
    [list]: listOf(["a", "b"], "p2"),
    [`${list} p2`]: listOf(["c"]),
  });
  expect((await allDashboards(right.http, at)).items?.map(({ metadata }) => metadata.name)).toEqual(["a", "b", "c"]);
});

test("12.3 lists a board of the model 2 without any content: it is read as what it is, and stops nobody", async () => {
  const at = { system: "grafana", organisation: 1 } as const;
  const ours = resourceBoard({ uid: "orders", version: "v2beta1" });
  const untold = {
    metadata: { name: "orders" },
    spec: null,
    status: {
      conversion: { failed: true, error: "backend conversion not yet implemented", storedVersion: "v2beta1" },
    },
  };
  const { http: asking } = answering({
    ...having("v0alpha1", "v1beta1", "v2beta1"),
    [`${group}/v0alpha1/namespaces/default/dashboards`]: { metadata: {}, items: [untold] },
    [`${group}/v2beta1/namespaces/default/dashboards/orders`]: { metadata: { name: "orders" }, spec: ours.spec },
  });
  const [found, ...others] = await existingDashboards(asking, at);
  expect(others).toEqual([]);
  expect(found).toMatchObject({ id: "orders", spec: { dashboard: { kind: "Dashboard", spec: ours.spec } } });
});

test("150 unchanged boards cost five requests", async () => {
  const grafana = await startGrafana();
  if (grafana.real) return;
  try {
    const server = { name: "Grafana", url: grafana.url, credential: "", variable: "" };
    const target = grafanaDashboards(http({ ...server, headers: { Authorization: `Bearer ${grafana.token}` } }), {
      title: "Grafana",
      organisation: 1,
      project: "many",
    });
    const wanted = Array.from({ length: 150 }, (_, at): DashboardResource => {
      const { spec, ...board } = completed(resourceBoard({ uid: `many-${at}`, title: `Many ${at}` }));
      return {
        kind: "dashboard",
        at: { system: "grafana", organisation: 1 },
        id: `many-${at}`,
        needs: [],
        origin: "test",
        spec: { folder: "", dashboard: { ...board, spec: { ...spec, tags: ["fleetglass:many"] } } },
      };
    });
    const applied = await apply(await planFor(wanted, [target]), { prune: false });
    expect(applied.filter(({ error }) => error)).toEqual([]);
    const before = grafana.requests.length;
    expect((await planFor(wanted, [target])).flatMap(({ changes }) => changes)).toEqual([]);
    // Which versions there are, and two pages of each model.
    expect(grafana.requests.length - before).toBe(5);
  } finally {
    await grafana.stop();
  }
});

test.each([
  [
    { ...resourceBoard(), apiVersion: "dashboard.grafana.app/v2alpha1" },
    "is in the model v2alpha1: save it in a Grafana 13",
  ],
  [{ ...resourceBoard(), apiVersion: "dashboard.grafana.app/v1" }, "is a classic board (v1): bring it in with"],
  [{ ...resourceBoard(), metadata: { name: "not a uid" } }, "needs metadata.name, its uid"],
  [{ ...resourceBoard(), spec: { title: "Empty" } }, "needs spec.elements and spec.layout"],
])("what is no board that could be published is refused where it is written: %#", (board, says) => {
  expect(() => defineProject({ fleet: referenceFleet, dashboards: [board] })).toThrow(says);
});

test.each([
  { version: "10.4.3", models: [] },
  { version: "13.0.0", models: [] },
] as const)(
  "Grafana $version without the model is one line in the plan, and nothing is written",
  async ({ version, models }) => {
    const grafana = await startGrafana({ version, models });
    try {
      const { code, out } = await publish(grafana, await project([resourceBoard()]));
      expect(out).toContain("! dashboard  Orders (shop-orders)");
      expect(out).toContain("dashboard shop-orders is in the model v2, which this Grafana does not have");
      expect(out).toContain("mend: update Grafana to 12.2 or later");
      expect(code).toBe(1);
      expect(grafana.writes()).toEqual([]);
    } finally {
      await grafana.stop();
    }
  },
);
