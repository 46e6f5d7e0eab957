import { bundle, metricRules } from "../../src/bundle.ts";
import { referenceFleet } from "../../src/fleet/reference.ts";
import { defineProject } from "../../src/project.ts";
import { sharedRouting } from "../../src/routing/routing.ts";
import { scaled } from "../support/scaled.ts";

const resources = bundle(defineProject({ fleet: referenceFleet }));
const all = [...referenceFleet.tenants.flatMap(({ id }) => metricRules(resources, id)), sharedRouting(referenceFleet)];

/** Without every length of time, wherever it stands: as lines of text, so that it knows nothing of what is scaled. */
function timeless(value: unknown): string[] {
  const lines = JSON.stringify(value, undefined, 1).split("\n");
  return lines.map((line) => line.replaceAll(/(?<=[[:]|: "|offset )\d+(?:ms|[smhdw])(?!\w)/gu, "…"));
}

test("a build whose time is scaled differs from the real one in lengths of time alone", () => {
  const [real, build] = [timeless(all), timeless(scaled(all, { factor: 60 }))];
  expect(build.filter((line, at) => line !== real[at])).toEqual([]);
  expect(build).toHaveLength(real.length);
  // And in all of them by the one factor: the other way round it is as before.
  const seconds = scaled(all, { factor: 1 });
  expect(scaled(scaled(all, { factor: 60 }), { factor: 1 / 60 })).toEqual(seconds);
});

test.each([
  { scale: { factor: 60 }, for: "10s", range: "5s", step: "1s", offset: "10080s", kept: 'x{a="[5m]"} > 900' },
  {
    scale: { factor: 60, from: 86_400 },
    for: "10m",
    range: "5m",
    step: "1m",
    offset: "10080s",
    kept: 'x{a="[5m]"} > 900',
  },
])("$scale", ({ scale, kept, ...wanted }) => {
  const expr = (range: string, step: string, offset: string): string =>
    `max_over_time(rate(y[${range}])[${range}:${step}] offset ${offset}) and ${kept}`;
  const rule = {
    alert: "A",
    for: "10m",
    expr: expr("5m", "1m", "1w"),
    labels: { for: "10m" },
    annotations: { for: "1d" },
  };
  expect(scaled(rule, scale)).toEqual({
    ...rule,
    for: wanted.for,
    expr: expr(wanted.range, wanted.step, wanted.offset),
  });
});

test("LogQL too", () => {
  const logql = { factor: 60, language: "logql" } as const;
  const rules = resources.flatMap((one) => (one.kind === "rule-group" && one.at.system === "loki" ? [one.spec] : []));
  expect(timeless(scaled(rules, logql))).toEqual(timeless(rules));
  const expr = (range: string, offset: string): string =>
    `count_over_time({a="[5m]"} |= "1h" [${range}] offset ${offset})`;
  expect(scaled({ expr: expr("5m", "1h") }, logql)).toEqual({ expr: expr("5s", "60s") });
});
