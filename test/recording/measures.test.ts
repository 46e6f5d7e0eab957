import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { stringify } from "yaml";
import { bundle, metricRules } from "../../src/bundle.ts";
import { plain } from "../../src/names.ts";
import { defineFleet, defineProject } from "../../src/project.ts";
import { max, type Query, select } from "../../src/queries/query.ts";
import { daysUntilFull, forecast } from "../../src/recording/capacity.ts";
import { amountDrift, drift, onlyOn } from "../../src/recording/drift.ts";
import { gpuCost, gpuCount, gpuPower } from "../../src/recording/gpu.ts";
import { healthScore, healthStatus } from "../../src/recording/health.ts";
import { costPerMillionTokens, modelTokens, tokensPerGpu, tokensPerJoule } from "../../src/recording/inference.ts";
import { workloadDesired, workloadImages } from "../../src/recording/namespaces.ts";
import {
  apiserverErrors,
  apiserverUp,
  cpuCommitted,
  nodesReady,
  podsReady,
  targetsUp,
} from "../../src/recording/resources.ts";
import { describeWithTool } from "../support/needs.ts";

const run = promisify(execFile);

const fleet = defineFleet({
  name: "shop",
  environments: [{ name: "stg" }, { name: "prd" }],
  clusters: ["stg", "prd"].map((environment) => ({ name: `${environment}-1`, environment, region: "eu" })),
});
const prd = { cluster: "prd-1", environment: "prd", region: "eu" };
const stg = { cluster: "stg-1", environment: "stg", region: "eu" };

interface Case {
  readonly what: string;
  /** `name{label="value"}` → values, in promtool's words; a point a minute unless `every` says otherwise. */
  readonly series: Readonly<Record<string, string>>;
  readonly every?: string;
  readonly at: string;
  readonly query: Query;
  readonly gives: Readonly<Record<string, number>>;
}

function of(record: string, labels: Readonly<Record<string, string>> = {}): string {
  return `${record}${braced({ ...prd, ...labels })}`;
}

function braced(labels: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(labels).map(([label, value]) => `${label}="${value}"`);
  return pairs.length === 0 ? "" : `{${pairs.join(", ")}}`;
}

const well = {
  [of(targetsUp.record)]: "1x30",
  [of(nodesReady.record)]: "1x30",
  [of(podsReady.record)]: "1x30",
  [of(apiserverErrors.record)]: "0x30",
  [of(apiserverUp.record)]: "1x30",
};

function without(record: string): Record<string, string> {
  return Object.fromEntries(Object.entries(well).filter(([series]) => !series.startsWith(record)));
}

const status = select(healthStatus, { cluster: "prd-1" });
const score = select(healthScore, { cluster: "prd-1" });
const named = (component: string): string => braced({ __name__: healthStatus.record, ...prd, component });

const health: readonly Case[] = [
  {
    what: "a cluster in which all is well, without graphics processors",
    series: well,
    at: "20m",
    query: status,
    gives: { [named("none")]: 0 },
  },
  {
    what: "its score",
    series: well,
    at: "20m",
    query: score,
    gives: { [braced({ __name__: healthScore.record, ...prd })]: 1 },
  },
  { what: "a silent cluster", series: {}, at: "20m", query: status, gives: { [named("targets")]: 2 } },
  {
    what: "the score of a silent one",
    series: {},
    at: "20m",
    query: score,
    gives: { [braced({ __name__: healthScore.record, ...prd })]: 0 },
  },
  {
    what: "an API server that is down",
    series: { ...well, [of(apiserverUp.record)]: "0x30" },
    at: "20m",
    query: status,
    gives: { [named("apiserver")]: 2 },
  },
  {
    what: "kube-state-metrics that is gone",
    series: {
      ...without(nodesReady.record),
      ...without(podsReady.record),
      [of(nodesReady.record)]: "_x30",
      [of(podsReady.record)]: "_x30",
    },
    at: "20m",
    query: status,
    gives: { [named("nodes")]: 1 },
  },
  {
    what: "one critical alert",
    series: {
      ...well,
      [of("ALERTS", { alertname: "A", alertstate: "firing", severity: "critical", component: "nodes" })]: "1x30",
    },
    at: "20m",
    query: status,
    gives: { [named("alerts")]: 2 },
  },
  {
    what: "a workload that is down",
    series: {
      ...well,
      [of("ALERTS", { alertname: "A", alertstate: "firing", severity: "critical", component: "workloads" })]: "1x30",
    },
    at: "20m",
    query: status,
    gives: { [named("none")]: 0 },
  },
];

const served = { model: "llama", runtime: "vllm" };
const processors = { modelName: "H100" };
const inPlace = braced(prd);

const measures: readonly Case[] = [
  {
    // 7.20 an hour, a thousand tokens a second: 3.6 million tokens an hour.
    what: "what a million tokens cost",
    series: { [of(gpuCost.record)]: "7.2x10", [of(modelTokens.record, served)]: "1000x10" },
    at: "5m",
    query: costPerMillionTokens(["cluster", "environment", "region"], {}),
    gives: { [inPlace]: 2 },
  },
  {
    what: "no price where nothing is written",
    series: { [of(gpuCost.record)]: "7.2x10", [of(modelTokens.record, served)]: "0x10" },
    at: "5m",
    query: costPerMillionTokens(["cluster", "environment", "region"], {}),
    gives: {},
  },
  {
    what: "tokens of a processor",
    series: { [of(gpuCount.record, processors)]: "4x10", [of(modelTokens.record, served)]: "1000x10" },
    at: "5m",
    query: tokensPerGpu(["cluster"], {}),
    gives: { [braced({ cluster: "prd-1" })]: 250 },
  },
  {
    what: "tokens of a joule",
    series: { [of(gpuPower.record, processors)]: "500x10", [of(modelTokens.record, served)]: "1000x10" },
    at: "5m",
    query: tokensPerJoule(["cluster"], {}),
    gives: { [braced({ cluster: "prd-1" })]: 2 },
  },
  {
    // A hundredth a day, from half: 0.78 after 28 days.
    what: "days until it is full",
    series: { [of(cpuCommitted.record)]: `0.5+${0.01 / 24}x700` },
    every: "1h",
    at: "672h",
    query: daysUntilFull({ by: ["cluster"], used: select(cpuCommitted) }),
    gives: { [braced({ cluster: "prd-1" })]: 22 },
  },
  {
    what: "no day for what shrinks",
    series: { [of(cpuCommitted.record)]: `0.9-${0.01 / 24}x700` },
    every: "1h",
    at: "672h",
    query: daysUntilFull({ by: ["cluster"], used: select(cpuCommitted) }),
    gives: {},
  },
  {
    what: "what will be used in ten days",
    series: { [of(cpuCommitted.record)]: `0.5+${0.01 / 24}x700` },
    every: "1h",
    at: "672h",
    query: forecast(10, { by: ["cluster"], used: select(cpuCommitted) }),
    gives: { [braced({ cluster: "prd-1" })]: 0.88 },
  },
];

const container = ["namespace", "workload", "container"] as const;
const thing = { namespace: "shop", workload: "web", container: "app" };
const imagesOn = (environment: "stg" | "prd") =>
  max([...container, "image_spec"], select(workloadImages, { environment }));
const images = drift({ left: imagesOn("stg"), right: imagesOn("prd"), thing: [...container], fact: ["image_spec"] });
const deployed = { namespace: "shop", kind: "Deployment" };
const replicasOn = (environment: "stg" | "prd") =>
  max(["namespace", "workload", "kind"], select(workloadDesired, { environment }));
const replicas = amountDrift({
  left: replicasOn("stg"),
  right: replicasOn("prd"),
  thing: ["namespace", "workload", "kind"],
});
const installed = onlyOn({ left: replicasOn("stg"), right: replicasOn("prd") }, ["namespace", "workload", "kind"]);

const twoSides = {
  [`${workloadImages.record}${braced({ ...stg, ...thing, image_spec: "web:1" })}`]: "2x10",
  [`${workloadImages.record}${braced({ ...prd, ...thing, image_spec: "web:2" })}`]: "3x10",
  [`${workloadImages.record}${braced({ ...stg, ...thing, workload: "api", image_spec: "api:1" })}`]: "2x10",
  [`${workloadImages.record}${braced({ ...prd, ...thing, workload: "api", image_spec: "api:1" })}`]: "3x10",
  [`${workloadDesired.record}${braced({ ...stg, ...deployed, workload: "web" })}`]: "2x10",
  [`${workloadDesired.record}${braced({ ...prd, ...deployed, workload: "web" })}`]: "3x10",
  [`${workloadDesired.record}${braced({ ...stg, ...deployed, workload: "api" })}`]: "2x10",
  [`${workloadDesired.record}${braced({ ...prd, ...deployed, workload: "api" })}`]: "2x10",
  [`${workloadDesired.record}${braced({ ...stg, ...deployed, workload: "trial" })}`]: "1x10",
};

const differences: readonly Case[] = [
  {
    what: "an image on the left",
    series: twoSides,
    at: "5m",
    query: images.left,
    gives: { [braced({ ...thing, image_spec: "web:1" })]: 2 },
  },
  {
    what: "the other one on the right",
    series: twoSides,
    at: "5m",
    query: images.right,
    gives: { [braced({ ...thing, image_spec: "web:2" })]: 3 },
  },
  {
    what: "another number of replicas",
    series: twoSides,
    at: "5m",
    query: replicas.right,
    gives: { [braced({ ...deployed, workload: "web" })]: 3 },
  },
  {
    what: "what only one side has",
    series: twoSides,
    at: "5m",
    query: installed.left,
    gives: { [braced({ ...deployed, workload: "trial" })]: 1 },
  },
  { what: "nothing where the other side has all", series: twoSides, at: "5m", query: installed.right, gives: {} },
];

/** Series in, numbers out, through the real engine: what a fleet's people read off the boards. */
describeWithTool("measures", "promtool", (promtool) => {
  const rules = metricRules(bundle(defineProject({ fleet })), "prd").filter(({ name }) =>
    /^(?:health|inventory)/u.test(name),
  );
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "fleetglass-measures-"));
    await writeFile(join(folder, "rules.yaml"), stringify({ groups: rules }));
  });
  afterAll(() => rm(folder, { recursive: true }));

  test.each([...health, ...measures, ...differences])("$what", async ({ series, every = "1m", at, query, gives }) => {
    const file = join(folder, "tests.yaml");
    // A line through many points is as exact as floating point is.
    const asked = every === "1m" ? query.expr : `round(${query.expr}, 0.001)`;
    const expr = plain(asked, fleet, "shop", { clusters: fleet.clusters, tenant: "prd" });
    await writeFile(
      file,
      stringify({
        rule_files: ["rules.yaml"],
        evaluation_interval: every,
        tests: [
          {
            interval: every,
            input_series: Object.entries(series).map(([name, values]) => ({ series: name, values })),
            promql_expr_test: [
              { expr, eval_time: at, exp_samples: Object.entries(gives).map(([labels, value]) => ({ labels, value })) },
            ],
          },
        ],
      }),
    );
    await run(promtool.path, ["test", "rules", file]).catch((error: { stdout: string; stderr: string }) => {
      throw new Error(`${error.stdout}${error.stderr}`);
    });
  });
});
