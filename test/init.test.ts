import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Ajv } from "ajv";
import { z } from "zod";
import { parse } from "yaml";
import { bundle, metricRules } from "../src/bundle.ts";
import { parseFleet } from "../src/fleet/parse.ts";
import type { Fleet } from "../src/fleet/model.ts";
import { clusterExporters, type Exporter, exporters } from "../src/labels.ts";
import { fleetSchema } from "../src/fleet/schema.ts";
import { defineProject } from "../src/project.ts";
import { backfillRules } from "../src/simulate/backfill.ts";
import { boardQueriesOf } from "./support/board-queries.ts";
import { fleetglass } from "./support/cli.ts";
import { testFleet } from "./support/fleets.ts";
import { type Grafana, startGrafana } from "./support/grafana.ts";
import { startMimir } from "./support/mimir.ts";
import { describeUnless } from "./support/needs.ts";
import { startPrometheus } from "./support/prometheus.ts";
import { simulated } from "./support/simulated.ts";
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

interface Server {
  /** Where `init` asks, where series are written, and where Grafana finds it. */
  readonly url: string;
  readonly writes: string;
  readonly api: string;
  readonly stop: () => Promise<void>;
}

async function mimirFor(fleet: Fleet): Promise<Server> {
  const mimir = await startMimir({ tenants: fleet.tenantHeader !== undefined });
  return { url: mimir.url, writes: mimir.url, api: `${mimir.url}/prometheus`, stop: () => mimir.stop() };
}

async function prometheus(): Promise<Server> {
  const { url, asMimir, stop } = await startPrometheus();
  return { url, writes: asMimir, api: url, stop };
}

/** Minutes of samples: `init` wants ten to tell how often agents scrape. */
const minutes = 12;

describe.each([
  { what: "a brownfield fleet", name: "brownfield", start: mimirFor, editorOf: "platform" },
  {
    what: "the reference fleet",
    name: "small",
    start: mimirFor,
    only: ["dev-uaenorth", "prd-uaenorth", "ops-uaenorth"],
  },
  {
    what: "a fleet of three regions",
    name: "atlas",
    start: mimirFor,
    only: ["test-ams-1", "live-ams-1", "live-fra-1", "mgmt-ams-1"],
  },
  { what: "a fleet with three tenants an environment", name: "teams", start: mimirFor },
  { what: "a Prometheus without tenants", name: "brownfield", start: prometheus },
] as const)("$what", ({ name, start, ...more }) => {
  describeUnless(lacking("mimir") ?? lacking("prometheus"), "found by init", () => {
    const fleet = testFleet(
      name,
      "only" in more ? (one) => (more.only as readonly string[]).includes(one.name) : undefined,
    );
    const home = folder();
    const file = join(home, "fleet.yaml");
    let server: Server;
    let grafana: Grafana;
    let to: number;
    let environment: Record<string, string>;
    const run = (...argv: string[]) => fleetglass([...argv, "--fleet", file], environment);

    beforeAll(async () => {
      server = await start(fleet);
      to = (await simulated(server.writes, fleet, { minutes, recorded: 0, now: true })).to;
      grafana = await startGrafana("editorOf" in more ? { editorOf: more.editorOf } : {});
      await grafana.seedFolder({ uid: "other", title: "Somebody's" });
      await grafana.seedFolder({ uid: "platform", title: "Platform" });
      if (fleet.tenantHeader === undefined) {
        await grafana.seedDataSource({
          uid: "metrics",
          name: "Metrics",
          type: "prometheus",
          access: "proxy",
          url: server.api,
        });
      }
      await grafana.seedDataSource({
        uid: "away",
        name: "Away",
        type: "prometheus",
        access: "proxy",
        url: "http://127.0.0.1:1",
      });
      environment = {
        MIMIR_URL: server.url,
        GRAFANA_URL: grafana.url,
        GRAFANA_TOKEN: grafana.token,
        ...(fleet.tenantHeader !== undefined && { MIMIR_TENANTS: fleet.tenants.map(({ id }) => id).join("|") }),
      };
    }, 120_000);
    afterAll(async () => {
      await grafana.stop();
      await server.stop();
    });

    test("init finds the clusters, and asks what it cannot tell", async () => {
      const { code, errors, out } = await fleetglass(["init", home, "--from", server.url], environment);
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
      expect(isAFleet(parse(text))).toEqual([]);
      expect(text).not.toContain(grafana.token);
    });

    test("all that is drawn of it answers, in Grafana", async () => {
      // Publishing lints and plans; the whole road is walked once.
      const walked = "editorOf" in more;
      const before = walked ? [await run("lint"), await run("plan", "--to", "live")] : [];
      expect(before.map(({ code }) => code)).toEqual(walked ? [0, 2] : []);
      const found = parseFleet(readFileSync(file, "utf8"), file);
      const resources = bundle(defineProject({ fleet: found }));
      // What the rulers would have recorded meanwhile; once they have our rules, no past can be written beside theirs.
      await backfillRules(
        { url: server.writes, ...(found.tenantHeader !== undefined && { header: found.tenantHeader }) },
        found.tenants.map(({ id }) => ({
          tenant: id,
          groups: metricRules(resources, id),
        })),
        { from: to - (minutes - 5) * 60_000, to },
      );
      const published = await run("publish", "--to", "live");
      expect(published).toMatchObject({ code: 0, errors: expect.not.stringContaining("✗") as string });
      const after = walked ? [await run("plan", "--to", "live")] : [];
      expect(after.map(({ code }) => code)).toEqual(walked ? [0] : []);
      const mute = new Map<string, boolean>();
      // Of the SREs: those of an environment ask the same.
      const others = found.environments.map((one) => `${one.name}-`);
      const boards = resources.filter(
        ({ kind, id }) => kind === "dashboard" && !others.some((one) => id.startsWith(one)),
      );
      for (const { id: board } of boards) {
        const answer = await asked(`/api/dashboards/uid/${board}`);
        const { dashboard } = z.object({ dashboard: z.looseObject({}) }).parse(answer);
        for (const { panel, expr, source, says } of boardQueriesOf(dashboard)) {
          const query = new URLSearchParams({ query: expr, time: String(to / 1000) });
          const { data } = vector.parse(
            await asked(`/api/datasources/proxy/uid/${source}/api/v1/query?${query.toString()}`),
          );
          const key = `${board}: ${panel}`;
          mute.set(key, (mute.get(key) ?? true) && data.result.length === 0 && !says);
        }
      }
      expect(mute.size).toBeGreaterThan(60);
      expect([...mute].flatMap(([key, silent]) => (silent ? [key] : []))).toEqual([]);
    }, 240_000);

    async function asked(path: string): Promise<unknown> {
      const answer = await fetch(grafana.url + path, { headers: { authorization: `Bearer ${grafana.token}` } });
      return answer.json();
    }
  });
});

const vector = z.object({ data: z.object({ result: z.array(z.unknown()) }) });

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

test.each([
  { argv: ["--yes"], files: ["fleet.yaml"] },
  { argv: ["--yes", "--ci", "github"], files: ["fleet.yaml", ".github/workflows/fleetglass.yml"] },
  { argv: ["--yes", "--ci", "gitlab", "--template", "lint"], files: ["fleet.yaml", ".gitlab-ci.yml"] },
  {
    argv: ["--yes", "--ci", "azure", "--template", "app"],
    files: ["fleet.yaml", "fleetglass.config.ts", "azure-pipelines.yml"],
  },
])("init $argv writes $files, which work", async ({ argv, files }) => {
  const home = folder();
  expect(await fleetglass(["init", home, ...argv])).toMatchObject({ code: 0 });
  for (const file of files) expect(existsSync(join(home, file))).toBe(true);
  for (const file of files.filter((one) => one.endsWith("ml"))) parse(readFileSync(join(home, file), "utf8"));
  if (!files.includes("fleetglass.config.ts")) return;
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
