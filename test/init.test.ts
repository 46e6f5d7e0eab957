import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Ajv } from "ajv";
import * as z from "zod";
import { parse } from "yaml";
import { bundle, metricRules } from "../src/bundle.ts";
import { parseFleet } from "../src/fleet/parse.ts";
import type { Fleet } from "../src/fleet/model.ts";
import { clusterExporters, type Exporter, exporters } from "../src/labels.ts";
import { fleetSchema } from "../src/fleet/schema.ts";
import { defineProject } from "../src/project.ts";
import { backfillRules } from "../src/simulate/backfill.ts";
import { fleetglass } from "./support/cli.ts";
import { startGrafana } from "./support/grafana.ts";
import { describeUnless } from "./support/needs.ts";
import { simulated } from "./support/simulated.ts";
import { panelsOf, type StackKind, stackKinds, startStack, type StrangersStack } from "./support/stacks.ts";
import { lacking } from "../src/servers/tools.ts";

const folders: string[] = [];
function folder(): string {
  const made = mkdtempSync(join(tmpdir(), "fleetglass-init-"));
  folders.push(made);
  return made;
}
afterAll(() => {
  for (const one of folders) rmSync(one, { recursive: true });
});

/** Minutes of samples: `init` wants ten to tell how often agents scrape. */
const minutes = 12;

// The other kinds walk the whole road, from the packed library on, in `npm run bench -- first-run`.
describe.each([stackKinds.boardsOnly, stackKinds.brownfield, stackKinds.teams, stackKinds.prometheus])(
  "$what",
  (kind: StackKind) => {
    describeUnless(lacking(kind.server), "found by init", () => {
      const home = folder();
      const file = join(home, "fleet.yaml");
      let stack: StrangersStack;
      let to: number;
      const run = (...argv: string[]) => fleetglass([...argv, "--fleet", file], stack.environment);

      beforeAll(async () => {
        stack = await startStack(kind);
        if (kind === stackKinds.brownfield) await theirAlert(stack.url);
        to = (await simulated(stack.writes, stack.fleet, { minutes, recorded: 0, now: true })).to;
      }, 120_000);
      afterAll(() => stack.stop());

      test("init finds the clusters, and asks what it cannot tell", async () => {
        const { fleet } = stack;
        const { code, errors, out } = await fleetglass(["init", home, "--from", stack.url], stack.environment);
        expect({ code, errors }).toEqual({ code: 0, errors: expect.stringContaining("asking") as string });
        const text = readFileSync(file, "utf8");
        const found = parseFleet(text, file);
        expect(found.clusters.map((one) => one.name).toSorted()).toEqual(
          fleet.clusters
            .filter(({ state }) => state === "active")
            .map((one) => one.name)
            .toSorted(),
        );
        expect(jobsOf(found, clusterExporters)).toEqual(jobsOf(fleet, clusterExporters));
        // A fleet may say of a cluster what nothing there exposes; the other way round nothing is made up.
        expect(jobsOf(fleet, exporters)).toEqual(expect.arrayContaining(jobsOf(found, exporters)));
        expect(found.labels.cluster).toBe(fleet.labels.cluster);
        expect(new Set(found.clusters.map(({ tenant }) => tenant)).size).toBe(
          fleet.tenants.filter(({ clusters }) => clusters.length > 0).length,
        );
        for (const { scrapeInterval } of found.clusters) expect(scrapeInterval).toBe(fleet.clusters[0]?.scrapeInterval);
        const marks = text.match(/# \? /gu) ?? [];
        expect(out.includes("question")).toBe(marks.length > 0);
        expect(found.alerting.workloads).toBe(kind === stackKinds.brownfield ? "existing" : "own");
        expect(isAFleet(parse(text))).toEqual([]);
        expect(text).not.toContain(stack.grafana.token);
      });

      if (kind === stackKinds.prometheus)
        test("all that is drawn of it answers, in Grafana", async () => {
          const found = parseFleet(readFileSync(file, "utf8"), file);
          const resources = bundle(defineProject({ fleet: found }));
          // What its rule files would have recorded meanwhile.
          await backfillRules(
            { url: stack.writes },
            found.tenants.map(({ id }) => ({ tenant: id, groups: metricRules(resources, id) })),
            { from: to - (minutes - 5) * 60_000, to },
          );
          expect(await run("publish", "--to", "live")).toMatchObject({ code: 0 });
          const { asked, silent } = await panelsOf(found, stack.grafana, to);
          expect(asked).toBeGreaterThan(60);
          expect(silent).toEqual([]);
        }, 120_000);

      if (kind === stackKinds.boardsOnly)
        test("a token for one folder publishes boards and nothing else, and all that is drawn answers without a rule", async () => {
          const found = parseFleet(readFileSync(file, "utf8"), file);
          expect(found.manage).toEqual(["dashboards"]);
          expect(await run("lint")).toMatchObject({ code: 0 });
          expect(await run("plan", "--to", "live")).toMatchObject({ code: 2 });
          expect(await run("publish", "--to", "live")).toMatchObject({ code: 0, errors: "" });
          expect(await run("plan", "--to", "live", "--prune")).toMatchObject({ code: 0 });
          expect(await run("doctor")).toMatchObject({ code: 0 });
          const { grafana } = stack;
          const written = grafana.writes().map(({ method, path, status }) => `${method} ${path} ${status}`);
          expect(new Set(written)).toEqual(new Set(["POST /api/dashboards/db 200"]));
          const folders = grafana.writes().map(({ body }) => (body as { readonly folderUid?: string }).folderUid);
          expect(new Set(folders)).toEqual(new Set(["platform"]));
          expect(
            grafana.requests.filter(({ path }) => /teams|permissions$/u.test(path) && !path.includes("access-control")),
          ).toEqual([]);
          expect(grafana.violations).toEqual([]);
          const { asked, silent } = await panelsOf(found, grafana, to);
          expect(asked).toBeGreaterThan(60);
          expect(silent).toEqual([]);
        }, 120_000);

      if (kind === stackKinds.brownfield)
        test("a token for one folder publishes it, and finds nothing to do then", async () => {
          expect(await run("lint")).toMatchObject({ code: 0 });
          expect(await run("plan", "--to", "live")).toMatchObject({ code: 2 });
          expect(await run("publish", "--to", "live")).toMatchObject({
            code: 0,
            errors: expect.not.stringContaining("✗") as string,
          });
          expect(await run("plan", "--to", "live")).toMatchObject({ code: 0 });
          expect(stack.grafana.violations).toEqual([]);
        }, 60_000);
    });
  },
);

/** One of kubernetes-mixin's, which somebody loaded. */
async function theirAlert(url: string): Promise<void> {
  const { ok } = await fetch(`${url}/prometheus/config/v1/rules/kubernetes-apps`, {
    method: "POST",
    headers: { "content-type": "application/yaml" },
    body: "name: kubernetes-apps\nrules:\n  - { alert: KubePodCrashLooping, expr: vector(0) > 0 }\n",
  });
  expect(ok).toBe(true);
}

/** Cluster, exporter and job, in order. */
function jobsOf({ clusters }: Fleet, of: readonly Exporter[]): string[] {
  return clusters
    .filter(({ state }) => state === "active")
    .flatMap(({ name, jobs }) =>
      of.flatMap((exporter) => (jobs[exporter] === undefined ? [] : [`${name} ${exporter} ${jobs[exporter]}`])),
    )
    .toSorted();
}

function isAFleet(value: unknown): unknown[] {
  const ajv = new Ajv({ strict: false, logger: false });
  const validate = ajv.compile(z.toJSONSchema(fleetSchema, { io: "input", target: "draft-7" }));
  return validate(value) ? [] : (validate.errors ?? []);
}

test("nothing is written over", async () => {
  const home = folder();
  writeFileSync(join(home, "fleet.yaml"), "mine\n");
  const { code, errors } = await fleetglass(["init", home, "--yes"]);
  expect({ code, errors }).toEqual({ code: 1, errors: expect.stringContaining("never writes over a file") as string });
  expect(readFileSync(join(home, "fleet.yaml"), "utf8")).toBe("mine\n");
});

/** A person who gives these answers, one after the other, and takes what is offered for the rest. */
function person(answers: readonly string[]): { readonly ask: (question: string) => Promise<string>; asked: string[] } {
  const asked: string[] = [];
  const left = [...answers];
  return {
    asked,
    ask(question) {
      asked.push(question);
      return Promise.resolve(left.shift() ?? "");
    },
  };
}

test("a person is asked, and asked again what cannot be used", async () => {
  const home = folder();
  const { ask, asked } = person([
    "",
    "My Fleet!",
    "shop",
    "test, live",
    "test-1",
    "norway",
    "live-1 live-2",
    "",
    "sweden",
    "mimri",
    "prometheus",
    "prometheus:9090",
    "http://me:hunter2@prometheus:9090",
    "http://prometheus:9090/",
  ]);
  expect(await fleetglass(["init", home], {}, ask)).toMatchObject({ code: 0 });
  const file = join(home, "fleet.yaml");
  const { name, clusters, backends } = parseFleet(readFileSync(file, "utf8"), file);
  expect({ name, url: backends.metrics.url }).toEqual({ name: "shop", url: "http://prometheus:9090" });
  expect(clusters.map((one) => [one.name, one.environment, one.region])).toEqual([
    ["test-1", "test", "norway"],
    ["live-1", "live", "norway"],
    ["live-2", "live", "sweden"],
  ]);
  expect(asked.filter((question) => question.includes("!"))).toEqual([
    expect.stringContaining("lower-case letters"),
    expect.stringContaining("one of mimir, prometheus"),
    expect.stringContaining("an address such as"),
    expect.stringContaining("without user name or password"),
  ]);
  expect(await fleetglass(["lint", "--fleet", file])).toMatchObject({ code: 0 });
});

test("a person may name a server instead", async () => {
  const { ask } = person(["http://127.0.0.1:1"]);
  expect(await fleetglass(["init", folder()], {}, ask)).toMatchObject({
    code: 1,
    errors: expect.stringContaining("can't be reached") as string,
  });
});

test.each([
  { ci: "github", file: ".github/workflows/fleetglass.yml", commands: ["lint", "plan", "publish"] },
  { ci: "gitlab", file: ".gitlab-ci.yml", commands: ["lint", "plan", "publish"] },
  { ci: "azure", file: "azure-pipelines.yml", commands: ["lint", "plan", "publish"] },
])("what $ci runs can be run", async ({ ci, file, commands }) => {
  const home = folder();
  const { ask } = person(["", "shop", "live", "live-1"]);
  await fleetglass(["init", home, "--ci", ci], {}, ask);
  const text = readFileSync(join(home, file), "utf8");
  expect(() => void parse(text, { strict: true })).not.toThrow();
  const lines = [...text.matchAll(/npx fleetglass ([^|\n]+)/gu)].map(([, line = ""]) => line.trim().split(" "));
  expect(lines.map(([command]) => command)).toEqual(commands);
  const grafana = await startGrafana();
  try {
    const environment = { GRAFANA_URL: grafana.url, GRAFANA_TOKEN: grafana.token };
    const codes: number[] = [];
    for (const argv of lines) {
      codes.push((await fleetglass([...argv, "--fleet", join(home, "fleet.yaml")], environment)).code);
    }
    // A plan that has something to do says so, which the workflow takes for no failure.
    expect(codes).toEqual([0, 2, 0]);
    expect(text.match(/ \|\| \[ \$\? -eq 2 \]/gu)).toHaveLength(1);
  } finally {
    await grafana.stop();
  }
});

test("one who only lints is told nothing of publishing, and an application's team publishes only what it adds", async () => {
  const linter = folder();
  const { out: next } = await fleetglass(["init", linter, "--yes", "--template", "lint", "--ci", "gitlab"]);
  expect(next).not.toContain("publish");
  expect(readFileSync(join(linter, ".gitlab-ci.yml"), "utf8")).not.toContain("publish");
  const home = folder();
  expect(await fleetglass(["init", home, "--yes", "--template", "app"])).toMatchObject({ code: 0 });
  const config = join(home, "fleetglass.config.ts");
  const { code, out } = await fleetglass(["build", "--fleet", config, "--out", join(home, "out")]);
  // The platform team's are not published again.
  expect({ code, out }).toEqual({
    code: 0,
    out: expect.stringMatching(/4 boards.* 4 alerts in /su) as string,
  });
  expect(out).not.toMatch(/data source|infrastructure/u);
});

test("nobody to ask is a misuse, and a password in an address is not repeated", async () => {
  expect(await fleetglass(["init", folder()])).toMatchObject({ code: 64 });
  const { errors } = await fleetglass(["init", folder(), "--from", "https://me:hunter2@mimir"]);
  expect(errors).toContain("user name or password");
  expect(errors).not.toContain("hunter2");
});
