import { bundle, type DashboardResource } from "../../src/bundle.ts";
import { viewsOf } from "../../src/datasources/views.ts";
import { boards } from "../../src/dashboards/index.ts";
import { referenceFleet } from "../../src/fleet/reference.ts";
import { placeRoles } from "../../src/labels.ts";
import { defineProject } from "../../src/project.ts";
import { boardQueries, classicOf } from "../support/board-queries.ts";
import { testFleet } from "../support/fleets.ts";

/** What every panel of every board has, whatever the fleet. */
describe.each([
  ["reference", referenceFleet],
  ["atlas", testFleet("atlas")],
  ["brownfield", testFleet("brownfield")],
])("the boards of the fleet %s", (_, fleet) => {
  const all = bundle(defineProject({ fleet })).filter(
    (resource): resource is DashboardResource => resource.kind === "dashboard",
  );
  const drawn = all.flatMap((resource) => {
    const dashboard = classicOf(resource);
    const panels = (dashboard.panels ?? []).filter(({ type }) => type !== "row");
    return panels.map((panel) => ({ board: resource.id, dashboard, panel }));
  });

  test("there is one of each kind for the SREs", () => {
    expect(all.map(({ id }) => id)).toEqual(expect.arrayContaining(["multi-cluster-overview"]));
    expect(drawn.length).toBeGreaterThan(10);
  });

  test("a panel asks a question, in a description that says what to do", () => {
    const mute = drawn.filter(
      ({ panel }) =>
        (panel.title ?? "") === "" ||
        !("description" in panel && (panel.description ?? "").includes("?")) ||
        !hasUnit(panel),
    );
    expect(mute.map(({ board, panel }) => `${board}: ${panel.title}`)).toEqual([]);
  });

  test("a board is found by its title alone", () => {
    const titles = all.map((board) => classicOf(board).title ?? "");
    expect(new Set(titles).size).toBe(titles.length);
  });

  test("a click ends on a board that is there, with variables that it has", () => {
    const variables = new Map(
      all.map((board) => [board.id, (classicOf(board).templating?.list ?? []).map(({ name }) => name)]),
    );
    const astray = drawn.flatMap(({ board, panel }) =>
      linksIn(panel).flatMap((url) => {
        const { to = board, query = "" } = /^\/d\/(?<to>[^?]+)\?(?<query>.*)$/su.exec(url)?.groups ?? {};
        const target = to.startsWith("${") ? board : to;
        const asked = [...query.matchAll(/(?:^|&)var-(\w+)=/gu)].map(([, name = ""]) => name);
        const known = variables.get(target);
        const lost = known === undefined ? [target] : asked.filter((name) => !known.includes(name));
        return lost.map((what) => `${board}, ${panel.title}: ${what}`);
      }),
    );
    expect(astray).toEqual([]);
  });
});

test("the fleet's own links, and Explore on the board's own source, are in the header of every board", () => {
  const all = bundle(defineProject({ fleet: testFleet("atlas") }));
  for (const resource of all) {
    if (resource.kind !== "dashboard") continue;
    const { links = [], templating } = classicOf(resource);
    const source = templating?.list?.[0]?.datasource?.uid;
    expect(links.map(({ title, url }) => [title, url])).toEqual([
      ["Boards", undefined],
      ["Incidents", "https://incidents.atlas.example"],
      ["Explore", expect.stringContaining(`%22datasource%22%3A%22${source}%22`)],
    ]);
  }
});

test("every query obeys the filters, but for a few that say why", () => {
  const [view] = viewsOf(referenceFleet, "platform-core");
  if (!view) throw new Error("the reference fleet has no view");
  const queries = boards.flatMap((board) =>
    board
      .rows({ fleet: referenceFleet, view })
      .flatMap(({ panels }) =>
        panels.flatMap((panel) => panel.queries.map((query) => ({ panel: `${board.uid}: ${panel.title}`, query }))),
      ),
  );
  const unfiltered = queries.filter(({ query }) => placeRoles.some((role) => !query.expr.includes(`"$${role}"`)));
  const global = unfiltered.filter(({ query }) => query.intentionallyGlobal !== undefined);
  expect(unfiltered.filter((one) => !global.includes(one)).map(({ panel }) => panel)).toEqual([]);
  expect(global.length).toBeLessThanOrEqual(5);
});

test("what is one of several things leads to that one", () => {
  const [view] = viewsOf(referenceFleet, "platform-core");
  if (!view) throw new Error("the reference fleet has no view");
  const things = new Set<string>(["cluster", "namespace", "service", "node", "workload", "pod"]);
  // A board of one thing has nothing to lead to for that thing itself, nor for what that thing lies in.
  const own: Readonly<Record<string, readonly string[]>> = {
    cluster: ["cluster"],
    namespace: ["cluster", "namespace"],
    workload: ["cluster", "namespace", "workload"],
    pod: ["cluster", "namespace", "workload", "pod"],
    node: ["cluster", "node"],
    "gpu-node": ["cluster", "node"],
    service: ["cluster", "namespace", "service"],
  };
  const dead = boards.flatMap((board) =>
    board
      .rows({ fleet: referenceFleet, view })
      .flatMap(({ panels }) => panels)
      .filter(({ queries }) =>
        queries.some(({ labels }) =>
          labels.some((label) => things.has(label) && !(own[board.uid] ?? []).includes(label)),
        ),
      )
      .filter((panel) => !JSON.stringify(panel.build(() => true).build()).includes('"url"'))
      .map(({ title }) => `${board.uid}: ${title}`),
  );
  expect(dead).toEqual([]);
});

test("a zero out of nothing stands only for what is there while it is wrong", () => {
  // Alerts exist while they fire, and a cluster that is expected and silent is none that reports.
  const known = /\bALERTS\b|\bcluster:inventory:info\b/u;
  expect(drawnQueries().filter(({ expr }) => expr.includes("vector(0)") && !known.test(expr))).toEqual([]);
});

function drawnQueries(): { readonly panel: string; readonly expr: string }[] {
  const all = bundle(defineProject({ fleet: referenceFleet }));
  return boardQueries(all).map(({ board, panel, expr }) => ({ panel: `${board}: ${panel}`, expr }));
}

function hasUnit(panel: object): boolean {
  return (
    panel !== null &&
    (JSON.stringify(panel).includes('"unit"') ||
      ("type" in panel && ["logs", "nodeGraph"].includes(String(panel.type))))
  );
}

/** Addresses of boards anywhere in a panel: links of fields, of columns, of the panel. */
function linksIn(panel: object): string[] {
  return [...JSON.stringify(panel).matchAll(/"url":"(\/d\/(?:[^"\\]|\\.)*)"/gu)].map(
    ([, url = ""]) => JSON.parse(`"${url}"`) as string,
  );
}
