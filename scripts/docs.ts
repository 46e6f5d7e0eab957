// Brings the generated parts of docs/runbooks and docs/alerts.md up to date. What people wrote there stays.
import { readFileSync, writeFileSync } from "node:fs";
import { defineProject } from "../src/project.ts";
import { referenceFleet } from "../src/fleet/reference.ts";
import { alertFacts, alertPage, runbookPage } from "../src/runbooks.ts";

const facts = alertFacts(defineProject({ fleet: referenceFleet }));
for (const one of facts) {
  const path = `docs/runbooks/${one.alert}.md`;
  writeFileSync(path, runbookPage(one, readFileSync(path, "utf8")));
}
writeFileSync("docs/alerts.md", alertPage(facts, readFileSync("docs/alerts.md", "utf8")));
