// Brings the generated parts of docs/runbooks, docs/alerts.md and docs/architecture.md up to date, and the picture beside it.
// What people wrote there stays.
import { readFileSync, writeFileSync } from "node:fs";
import { bundle } from "../src/bundle.ts";
import { fleetGraph } from "../src/diagram/fleet.ts";
import { architecturePage } from "../src/diagram/page.ts";
import { svg } from "../src/diagram/svg.ts";
import { defineProject } from "../src/project.ts";
import { referenceFleet } from "../src/fleet/reference.ts";
import { alertFacts, alertPage, runbookPage } from "../src/runbooks.ts";

const project = defineProject({ fleet: referenceFleet });
const facts = alertFacts(project);
for (const one of facts) {
  const path = `docs/runbooks/${one.alert}.md`;
  writeFileSync(path, runbookPage(one, readFileSync(path, "utf8")));
}
writeFileSync("docs/alerts.md", alertPage(facts, readFileSync("docs/alerts.md", "utf8")));
const graph = fleetGraph(project, bundle(project));
writeFileSync("docs/architecture.md", architecturePage(graph, readFileSync("docs/architecture.md", "utf8")));
writeFileSync("docs/fleet.svg", svg(graph));
