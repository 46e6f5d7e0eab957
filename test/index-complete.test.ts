import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { alerts } from "../src/alerts/index.ts";
import { boards } from "../src/dashboards/index.ts";
import { checks } from "../src/lint/index.ts";
import { recording } from "../src/recording/index.ts";

/** The files of a folder, without their endings, that match. */
function files(folder: string, holding: RegExp = /(?:)/u): string[] {
  return readdirSync(folder)
    .filter((file) => holding.test(readFileSync(join(folder, file), "utf8")))
    .map((file) => file.replace(/\.(ts|md)$/u, ""))
    .filter((file) => file !== "index")
    .toSorted();
}

/** How often the files of a folder declare something. */
function declared(folder: string, what: RegExp): number {
  return readdirSync(folder).flatMap((file) => [...readFileSync(join(folder, file), "utf8").matchAll(what)]).length;
}

test("every board, recording group, alert group and check is published", () => {
  expect(boards.map(({ uid }) => uid).toSorted()).toEqual(files("src/dashboards", /^export const \w+: Board = \{/mu));
  expect(recording).toHaveLength(declared("src/recording", /^export const \w+: RecordingGroup\b/gmu));
  expect(alerts).toHaveLength(declared("src/alerts", /^export const \w+: AlertGroup\b/gmu));
  expect(checks).toHaveLength(declared("src/lint/checks", /^export const \w+: Check\b/gmu));
});

test("every alert has a runbook, and every runbook an alert", () => {
  const names = new Set(alerts.flatMap(({ rules }) => rules.map(({ alert }) => alert)));
  expect([...names].toSorted()).toEqual(files("docs/runbooks"));
});

test("every check has a page, and so have the findings about silences", () => {
  const pages = readdirSync("docs/checks").map((file) => file.replace(".md", ""));
  expect(pages.toSorted()).toEqual([...checks.map(({ id }) => id), "README", "S01", "S02"].toSorted());
});
