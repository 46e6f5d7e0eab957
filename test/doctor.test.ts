import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Ailment, Health } from "../src/doctor/ailment.ts";
import { bundle } from "../src/bundle.ts";
import { defineProject } from "../src/project.ts";
import { parseFleet } from "../src/fleet/parse.ts";
import { remoteWrite } from "../src/simulate/remote-write.ts";
import { seriesOf, type SimulatedSeries } from "../src/simulate/series.ts";
import { createWorld } from "../src/simulate/world.ts";
import { fleetglass } from "./support/cli.ts";
import { testFleet } from "./support/fleets.ts";
import { type Grafana, type GrafanaOptions, startGrafana } from "./support/grafana.ts";
import { type Mimir, type MimirOptions, startMimir } from "./support/mimir.ts";
import { describeWithMimir } from "./support/needs.ts";
import { startProxy } from "./support/proxy.ts";
import { simulated } from "./support/simulated.ts";

const written = readFileSync("test/fleets/teams.yaml", "utf8");
const fleet = testFleet("teams");
const folder = mkdtempSync(join(tmpdir(), "fleetglass-doctor-"));
afterAll(() => rmSync(folder, { recursive: true }));

const groups = bundle(defineProject({ fleet })).filter(
  ({ kind, at }) => kind === "rule-group" && at.system === "mimir" && at.tenant === "core-live",
).length;

/** Of the cluster of one tenant. */
const seriesOfWeb = ((): number => {
  const to = Math.floor(Date.now() / 60_000) * 60_000;
  const cluster = fleet.clusters.find(({ name }) => name === "live-web");
  return cluster ? seriesOf(createWorld(fleet, { mess: false }), cluster, { from: to - 120_000, to }).length : 0;
})();

interface Defect {
  readonly what: string;
  /** The one finding, and what its mend has to name. */
  readonly check: string;
  readonly mend: RegExp;
  readonly grafana?: GrafanaOptions;
  readonly environment?: Readonly<Record<string, string>>;
  readonly text?: string;
  readonly mimir?: MimirOptions;
  /** What the server answers to one path, instead of what it would. */
  readonly says?: { readonly path: string; readonly body: string };
  readonly plant?: (grafana: Grafana, mimir: Pick<Mimir, "url">) => Promise<void> | void;
}

const defects: readonly Defect[] = [
  {
    what: "a wrong token",
    check: "grafana-token",
    mend: /service account token.*GRAFANA_TOKEN/u,
    environment: { GRAFANA_TOKEN: "wrong" },
  },
  { what: "a token that may only read", check: "grafana-rights", mend: /role Admin/u, grafana: { viewer: true } },
  {
    what: "a tenant that nobody writes to",
    check: "tenant",
    mend: /agents of live-web send X-Scope-OrgID: nobody/u,
    text: written.replace("tenant: web-live", "tenant: nobody"),
  },
  {
    what: "federation that is off",
    check: "federation",
    mend: /tenant_federation\.enabled/u,
    mimir: { without: "federation" },
  },
  { what: "no API for rules", check: "rules-api", mend: /ruler_storage.*files/u, mimir: { without: "rules" } },
  { what: "a login page", check: "login-page", mend: /GRAFANA_URL the server's own address/u },
  {
    what: "an old Grafana",
    check: "grafana-version",
    mend: /upgrade it to 10\.4/u,
    plant: (grafana) =>
      grafana.failNext({
        status: 200,
        body: { database: "ok", version: "9.5.21" },
        match: ({ path }) => path === "/api/health",
      }),
  },
  {
    what: "an exporter that one cluster lacks",
    check: "exporter",
    mend: /scrape opencost there.*override: \{ opencost: false \}/u,
    text: written.replace(
      "region: fra, tenant: web-live",
      "region: fra, tenant: web-live, exporters: { override: { opencost: true } }",
    ),
  },
  {
    what: "a limit that is reached",
    check: "rules-limit",
    mend: /ruler_max_rule_groups_per_tenant/u,
    text: written.replace('prometheus" }', `prometheus", limits: { groupsPerTenant: ${groups + 2} } }`),
    plant: async (_, { url }) => {
      for (const name of ["a", "b"]) {
        const { ok } = await fetch(`${url}/prometheus/config/v1/rules/theirs`, {
          method: "POST",
          headers: { "X-Scope-OrgID": "core-live", "content-type": "application/yaml" },
          body: `name: ${name}\nrules:\n  - { record: theirs, expr: vector(1) }\n`,
        });
        expect(ok).toBe(true);
      }
    },
  },
  {
    what: "the name of a data source that is taken",
    check: "taken-datasource",
    mend: /rename it, or use it/u,
    plant: (grafana) =>
      grafana.seedDataSource({
        uid: "theirs",
        name: "Mimir-Test",
        type: "prometheus",
        access: "proxy",
        url: "http://a",
      }),
  },
  {
    what: "a server that is not there",
    check: "unreachable",
    mend: /MIMIR_URL.*firewall/u,
    environment: { MIMIR_URL: "http://127.0.0.1:1" },
  },
  {
    what: "a Mimir of long ago",
    check: "metrics-version",
    mend: /upgrade it to 2\.7/u,
    says: { path: "/prometheus/api/v1/status/buildinfo", body: '{ "data": { "version": "2.6.1" } }' },
  },
  {
    what: "alerts of others that nobody evaluates",
    check: "existing-alerts",
    mend: /kubernetes-mixin.*workloads: own/u,
    text: `${written}alerting: { workloads: existing }\n`,
  },
  {
    what: "a tenant that is nearly full",
    check: "series-limit",
    mend: /max_global_series_per_user.*fleetglass analyze/u,
    mimir: { limits: { "web-live": { max_global_series_per_user: Math.ceil(seriesOfWeb / 0.9) } } },
  },
  {
    what: "a tenant that nearly sends too much",
    check: "ingestion-limit",
    mend: /raise ingestion_rate for this tenant.*fleetglass analyze/u,
    mimir: { limits: { "web-live": { ingestion_rate: 1, ingestion_burst_size: 10_000_000 } } },
    plant: async (_, { url }) => {
      // Ingesters work out the rate every 15 seconds.
      for (let tries = 0; tries < 40; tries += 1) {
        const answer = await fetch(`${url}/api/v1/user_stats`, { headers: { "X-Scope-OrgID": "web-live" } });
        const { ingestionRate } = (await answer.json()) as { readonly ingestionRate: number };
        if (ingestionRate > 1) return;
        await sleep(1000);
      }
    },
  },
  {
    what: "groups of fewer rules than ours",
    check: "rules-limit",
    mend: /rulesPerGroup: 10/u,
    mimir: { limits: { "core-live": { ruler_max_rules_per_rule_group: 10 } } },
  },
  // The last: its samples stay.
  {
    what: "a clock that is ahead",
    check: "clock",
    mend: /time from the same source/u,
    plant: (_, { url }) =>
      remoteWrite(url, { tenant: "core-live" }).send([
        {
          labels: {
            __name__: "up",
            job: "late",
            instance: "a",
            cluster: "live-core",
            environment: "live",
            region: "fra",
          },
          samples: [{ timestamp: Date.now() + 150_000, value: 1 }],
        },
      ]),
  },
];

describeWithMimir("doctor on a real Mimir", (mimir) => {
  beforeAll(() => simulated(mimir.url, fleet, { minutes: 2, recorded: 0, now: true }), 120_000);

  async function examined({
    grafana: options = {},
    environment,
    text = written,
    mimir: own,
    says,
    plant,
  }: Partial<Defect>): Promise<Health> {
    const file = join(folder, "fleet.yaml");
    writeFileSync(file, text);
    const server = own ? await startMimir(own) : undefined;
    const { url } = server ?? mimir;
    if (server) await simulated(url, fleet, { minutes: 2, recorded: 0, now: true });
    const grafana = await startGrafana(options);
    const proxy = says && (await startProxy(url));
    proxy?.inject(({ path }) =>
      path.startsWith(says?.path ?? "-")
        ? { kind: "answer", status: 200, headers: { "content-type": "application/json" }, body: says?.body ?? "" }
        : undefined,
    );
    try {
      await plant?.(grafana, { url });
      const { out, errors } = await fleetglass(["doctor", "--json", "--fleet", file], {
        MIMIR_URL: proxy?.url ?? url,
        GRAFANA_URL: grafana.url,
        GRAFANA_TOKEN: grafana.token,
        ...environment,
      });
      expect(errors).toBe("");
      return JSON.parse(out) as Health;
    } finally {
      await proxy?.stop();
      await grafana.stop();
      await server?.stop();
    }
  }

  test("finds nothing where all is well", async () => {
    expect((await examined({})).ailments).toEqual([]);
  }, 60_000);

  test("names the metrics that one cluster lacks, and who reads them; that keeps nothing from being done", async () => {
    const text = written.replace(
      "backends:",
      "  - { name: live-new, environment: live, region: fra, tenant: new-live }\nbackends:",
    );
    const more = parseFleet(text, "fleet.yaml");
    const lost = "kube_pod_status_ready";
    const only = { ...more, clusters: more.clusters.filter(({ name }) => name === "live-new") };
    const keep = ({ family }: SimulatedSeries): boolean => family !== lost;
    await simulated(mimir.url, only, { minutes: 2, recorded: 0, now: true, keep });
    const { ailments, missing = [] } = await examined({ text });
    expect(ailments).toEqual([]);
    const lacks = missing.filter(({ metrics }) => metrics.includes(lost));
    expect(lacks).toEqual([
      {
        exporter: "kube-state-metrics",
        clusters: ["live-new"],
        metrics: expect.arrayContaining([lost]) as string[],
        boards: expect.arrayContaining([expect.stringMatching(/^cluster \(\d+ panels\)$/u)]) as string[],
        mend: expect.stringContaining("ServiceMonitor") as string,
      },
    ]);
  }, 60_000);

  test.each(defects)(
    "finds $what, and nothing else",
    async ({ what, check, mend, ...defect }) => {
      const page = what === "a login page" ? await loginPage() : undefined;
      const { ailments } = await examined({ ...defect, ...(page && { environment: { GRAFANA_URL: page.url } }) });
      page?.stop();
      expect(ailments.map((one: Ailment) => one.check)).toEqual([check]);
      expect(ailments[0]?.mend).toMatch(mend);
    },
    60_000,
  );
});

/** What stands before a server that asks for a login: it answers everything, and well. */
async function loginPage(): Promise<{ readonly url: string; readonly stop: () => void }> {
  const server = createServer((_, answer) => {
    answer.writeHead(200, { "content-type": "text/html" });
    answer.end("<!doctype html><title>Sign in</title>");
  });
  await new Promise<void>((ready) => server.listen(0, "127.0.0.1", ready));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    stop: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}
