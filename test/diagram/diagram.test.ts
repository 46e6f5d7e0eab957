import { readFileSync } from "node:fs";
import { bundle } from "../../src/bundle.ts";
import { fleetGraph } from "../../src/diagram/fleet.ts";
import type { Graph } from "../../src/diagram/graph.ts";
import { mermaid } from "../../src/diagram/mermaid.ts";
import { architecturePage } from "../../src/diagram/page.ts";
import { svg } from "../../src/diagram/svg.ts";
import type { Fleet } from "../../src/fleet/model.ts";
import { referenceFleet } from "../../src/fleet/reference.ts";
import { referenceInput } from "../../src/fleet/reference-input.ts";
import { resolveFleet } from "../../src/fleet/resolve.ts";
import { defineProject } from "../../src/project.ts";
import { testFleet } from "../support/fleets.ts";
import { ownFleets } from "../support/own-fleets.ts";

const fleets: Readonly<Record<string, Fleet>> = {
  atlas: testFleet("atlas"),
  "one tenant": ownFleets["one tenant"] ?? referenceFleet,
  brownfield: testFleet("brownfield"),
  teams: testFleet("teams"),
};

function graphOf(fleet: Fleet): Graph {
  const project = defineProject({ fleet });
  return fleetGraph(project, bundle(project));
}

test("the pages of the documentation show the reference fleet as it is", () => {
  const graph = graphOf(referenceFleet);
  const page = readFileSync("docs/architecture.md", "utf8");
  expect(page).toBe(architecturePage(graph, page));
  expect(readFileSync("docs/fleet.svg", "utf8")).toBe(svg(graph));
});

test.each(Object.entries(fleets))("%s: from a cluster to its tenant only, and from there to people", (_, fleet) => {
  const graph = graphOf(fleet);
  const from = (id: string): string[] => [
    ...new Set([id, ...graph.edges.filter((edge) => edge.from === id && !edge.aside).flatMap(({ to }) => from(to))]),
  ];
  const drawn = fleet.clusters.filter(({ state }) => state !== "retired");
  const rows = drawn.map(({ name, environment }) => {
    const reached = from(`cluster-${name}`);
    const own = fleet.environments.some((one) => one.name === environment && one.workload) ? environment : "";
    return {
      name,
      tenants: reached.filter((id) => id.startsWith("tenant-")),
      seen: reached.some((id) => id.startsWith(`view-${own}`)),
      told: reached.includes("notifier"),
    };
  });
  expect(rows).toEqual(
    drawn.map(({ name, tenant }) => ({ name, tenants: [`tenant-${tenant}`], seen: true, told: true })),
  );
  const ids = graph.columns.flatMap(({ groups }) =>
    groups.flatMap(({ id, nodes }) => [id, ...nodes.map((one) => one.id)]),
  );
  expect(new Set(ids).size).toBe(ids.length);
});

test("a fleet's words are text in a drawing, whatever they hold", () => {
  const title = `A "b" <c> & #d; [e]\`f\``;
  const graph = graphOf(
    resolveFleet({
      ...referenceInput,
      environments: referenceInput.environments.map((one) => (one.name === "dev" ? { ...one, title } : one)),
    }),
  );
  expect(svg(graph)).toContain(">A &#34;b&#34; &#60;c&#62; &#38; #d; [e]`f`<");
  expect(mermaid(graph)).toContain(`["A #34;b#34; #60;c#62; #38; #35;d#59; #91;e#93;#96;f#96;"]`);
});

test("names that Mermaid would take for one stay two", () => {
  const nodes = ["a-b", "a.b", "a_b"].map((id) => ({ id, title: id, lines: [] }));
  const text = mermaid({
    title: "x",
    columns: [{ title: "", groups: [{ id: "g", title: "g", nodes }] }],
    edges: [{ from: "a-b", to: "a_b" }],
  });
  expect(text).toContain("a_b --> a_b_3");
});
