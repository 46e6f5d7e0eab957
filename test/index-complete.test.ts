import { readdirSync } from "node:fs";
import { alerts } from "../src/alerts/index.ts";
import { boards } from "../src/dashboards/index.ts";
import { checks } from "../src/lint/index.ts";
import { recording } from "../src/recording/index.ts";

/** The files of a folder that hold one thing each, by the name of that thing. */
function files(folder: string, ...others: readonly string[]): string[] {
  return readdirSync(folder)
    .map((file) => file.replace(/\.(ts|md)$/u, ""))
    .filter((file) => file !== "index" && !others.includes(file))
    .toSorted();
}

test("every board, recording group, alert group and check is published", () => {
  expect(boards.map(({ uid }) => uid).toSorted()).toEqual(files("src/dashboards", "board", "filter"));
  expect(recording.map(({ name }) => name).toSorted()).toEqual(files("src/recording", "record"));
  expect(alerts.map(({ name }) => name).toSorted()).toEqual(files("src/alerts", "alert"));
  expect(checks).toHaveLength(
    files("src/lint").filter((file) => /^(promql-valid|unknown-metric|panel-explained|rule-valid)$/u.test(file)).length,
  );
});

test("every alert has a runbook, and every runbook an alert", () => {
  const names = new Set(alerts.flatMap(({ rules }) => rules.map(({ alert }) => alert)));
  expect([...names].toSorted()).toEqual(files("docs/runbooks"));
});
