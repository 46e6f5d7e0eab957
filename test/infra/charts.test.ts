import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Ajv } from "ajv";
import { existsSync } from "node:fs";
import { parse } from "yaml";
import { chartKeys } from "../../scripts/chart-keys.ts";
import { type ChartName, charts } from "../../src/infra/charts.ts";
import { unknownKeys } from "../../src/infra/outdated.ts";
import type { Values } from "../../src/infra/release.ts";
import { describeWithData } from "../support/needs.ts";
import { infrastructureOf, ownFleets } from "../support/own-fleets.ts";

const releases = Object.keys(ownFleets).flatMap((fleet) =>
  infrastructureOf(fleet).flatMap(({ cluster, releases: all }) =>
    all.map((release) => ({ ...release, where: `${release.name} of ${cluster.name} in ${fleet}` })),
  ),
);

test("a key that a chart does not know does not compile", () => {
  const right: Values<"promtail"> = { config: { snippets: { pipelineStages: [] } } };
  // @ts-expect-error: promtail has pipelineStages
  const wrong: Values<"promtail"> = { config: { snippets: { pipelineStage: [] } } };
  // @ts-expect-error: the gateway of Mimir's chart is not called nginx any more
  const old: Values<"mimir-distributed"> = { nginx: { replicas: 2 } };
  expect([right, wrong, old]).toHaveLength(3);
});

test("every chart is used", () => {
  expect([...new Set(releases.map(({ chart }) => chart))].toSorted()).toEqual(Object.keys(charts).toSorted());
});

describeWithData("the charts' own files", (data) => {
  const names = Object.keys(charts) as ChartName[];
  const folder = (chart: ChartName): string => join(data, "charts", `${chart}-${charts[chart].version}`);

  test("the types of the keys are those of the charts", () => {
    expect(readFileSync("src/infra/chart-keys.ts", "utf8")).toBe(chartKeys(join(data, "charts")));
  });

  // Types let a key pass that is spread into its mapping.
  test.each(names)("%s knows every key that we set", (chart) => {
    const values: unknown = parse(readFileSync(join(folder(chart), "values.yaml"), "utf8"));
    const unknown = releases
      .filter((release) => release.chart === chart)
      .flatMap((release) =>
        unknownKeys(release.values, values, charts[chart]).map((path) => `${release.where}: ${path}`),
      );
    expect(unknown).toEqual([]);
  });

  const withSchema = names.filter((chart) => existsSync(join(folder(chart), "values.schema.json")));

  test.each(withSchema)("%s' schema takes our values", (chart) => {
    const text = readFileSync(join(folder(chart), "values.schema.json"), "utf8");
    const schema = JSON.parse(text) as object;
    const ajv = new Ajv({ strict: false, logger: false, validateSchema: false });
    // Helm fills the chart's defaults in before it looks.
    const defaults: unknown = parse(readFileSync(join(folder(chart), "values.yaml"), "utf8"));
    const validate = ajv.compile(schema);
    const wrong = releases
      .filter((release) => release.chart === chart)
      .flatMap((release) =>
        validate(merged(defaults, release.values))
          ? []
          : [`${release.where}: ${JSON.stringify(validate.errors?.slice(0, 3))}`],
      );
    expect(wrong).toEqual([]);
  });
});

function merged(base: unknown, over: unknown): unknown {
  if (!isMapping(base) || !isMapping(over)) return over;
  const keys = [...new Set([...Object.keys(base), ...Object.keys(over)])];
  return Object.fromEntries(
    keys
      .map((key) => [key, key in over ? merged(base[key], over[key]) : base[key]] as const)
      .filter(([, value]) => value !== null),
  );
}

function isMapping(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
