import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parse, stringify } from "yaml";
import type { Cluster } from "../../src/fleet/model.ts";
import { gatewayConfigOf } from "../../src/infra/collector.ts";
import { lokiLimits, lokiOverrides } from "../../src/infra/loki.ts";
import { mimirConfig, mimirOverrides } from "../../src/infra/mimir.ts";
import { agentName, credential, doorUrl, placeLabels } from "../../src/infra/place.ts";
import { prometheusAgent } from "../../src/infra/prometheus-agent.ts";
import { lacking, tool } from "../../src/servers/tools.ts";
import { remoteWrite } from "../../src/simulate/remote-write.ts";
import { createWorld } from "../../src/simulate/world.ts";
import { type FakeKubernetes, fakeKubernetes } from "../support/fake-kubernetes.ts";
import { merged } from "../support/merged.ts";
import { describeUnless } from "../support/needs.ts";
import { basic, nginx, startGateway } from "../support/nginx.ts";
import { smallOwnFleet } from "../support/own-fleets.ts";
import { type Program, startProgram } from "../support/program.ts";
import { eventually, instant, logLines } from "../support/query.ts";

const fleet = smallOwnFleet();
const workloads = fleet.clusters.filter(({ type }) => type === "workload");
const scrape = "2s";

const lacks =
  lacking("mimir") ??
  lacking("loki") ??
  lacking("prometheus") ??
  lacking("otelcol") ??
  (nginx() === undefined ? "no nginx: install it (apt-get install nginx-light)" : undefined);

/** A backend as the tests run it, with what follows from the fleet; its data outlive it. */
async function startBackend(
  name: "mimir" | "loki",
  data: string,
  generated: object,
  overrides: object,
  place?: Program["place"],
) {
  const base: unknown = parse(await readFile(`tools/${name}/test.yaml`, "utf8"));
  await writeFile(join(data, "overrides.yaml"), stringify({ overrides }));
  const program = await tool(name);
  return startProgram({
    name,
    ready: "/ready",
    ...(place && { place }),
    files: ({ port, otherPort }) => ({
      "config.yaml": stringify(merged(base, generated))
        .replaceAll(`\${${name.toUpperCase()}_HTTP_PORT}`, String(port))
        .replaceAll(`\${${name.toUpperCase()}_GRPC_PORT}`, String(otherPort))
        .replaceAll(`\${${name.toUpperCase()}_FOLDER}`, data)
        .replaceAll(/\$\{\w+:([^}]*)\}/gu, "$1"),
    }),
    command: ({ folder }) => [program, `-config.file=${folder}/config.yaml`],
  });
}

describeUnless(lacks, "from a target to the tenant, through real programs", () => {
  const folders: string[] = [];
  const programs: Program[] = [];
  const clusters = new Map<string, FakeKubernetes>();
  let data = "";
  let mimir: Program;
  let door: Program;
  let loki: Program;
  let lokiDoor: Program;

  const folder = async (): Promise<string> => {
    const made = await mkdtemp(join(tmpdir(), "fleetglass-loop-"));
    folders.push(made);
    return made;
  };

  /** The credential of a cluster, as it is mounted. */
  async function credentialFolder(cluster: Cluster): Promise<string> {
    const made = await folder();
    await writeFile(join(made, "username"), `${agentName(cluster)}.a`);
    await writeFile(join(made, "password"), `${agentName(cluster)}.a-secret`);
    return made;
  }

  /**
   * The agent as the chart would run it. Other than there: Kubernetes' API is ours and speaks HTTP, as do its targets; it
   * scrapes every two seconds; the doors are on loopback.
   */
  async function startAgent(cluster: Cluster, api: string): Promise<Program> {
    const { values } = prometheusAgent(fleet, cluster);
    const { server, scrapeConfigs } = values as {
      server: { global: object; remoteWrite: object; defaultFlagsOverride: string[] };
      scrapeConfigs: Record<string, { enabled: boolean; kubernetes_sd_configs?: object[] }>;
    };
    const jobs = Object.values(scrapeConfigs)
      .filter(({ enabled }) => enabled)
      .map(({ enabled: _enabled, ...job }) => ({
        ...job,
        scheme: "http",
        scrape_interval: undefined,
        authorization: undefined,
        tls_config: undefined,
        kubernetes_sd_configs: job.kubernetes_sd_configs?.map((one) => ({ ...one, api_server: api })),
      }));
    const config = stringify({
      global: { ...server.global, evaluation_interval: undefined, scrape_interval: scrape, scrape_timeout: scrape },
      remote_write: server.remoteWrite,
      scrape_configs: jobs,
    })
      .replaceAll(doorUrl(fleet, "mimir"), door.url)
      .replaceAll(credential.folder, await credentialFolder(cluster));
    const program = await tool("prometheus");
    const log = await folder();
    return startProgram({
      name: "prometheus",
      ready: "/-/ready",
      files: () => ({ "prometheus.yml": config }),
      command: ({ folder: own, port }) => [
        "env",
        "POD_NAME=prometheus-agent-0",
        program,
        ...server.defaultFlagsOverride.map((flag) => flag.replace("/etc/config", own).replace("/data", log)),
        `--web.listen-address=127.0.0.1:${port}`,
      ],
    });
  }

  const generatedMimir = (): object => ({
    ...mimirConfig(fleet),
    // One process keeps its replicas in its head.
    distributor: { ha_tracker: { enable_ha_tracker: true, kvstore: { store: "inmemory" } } },
    // Nor has it a memcached.
    frontend: { ...mimirConfig(fleet).frontend, cache_results: false },
    runtime_config: { file: join(data, "overrides.yaml"), period: "1s" },
  });

  beforeAll(async () => {
    data = await folder();
    mimir = await startBackend("mimir", data, generatedMimir(), mimirOverrides(fleet));
    door = await startGateway(fleet, "mimir", mimir.url);
    const lokiData = await folder();
    loki = await startBackend(
      "loki",
      lokiData,
      {
        limits_config: { ...lokiLimits(fleet), ingestion_rate_mb: 4 },
        runtime_config: { file: join(lokiData, "overrides.yaml"), period: "1s" },
      },
      lokiOverrides(fleet),
    );
    lokiDoor = await startGateway(fleet, "loki", loki.url);
    const world = createWorld(fleet);
    for (const [at, cluster] of workloads.entries()) {
      const kubernetes = await fakeKubernetes(world, cluster, 70 + at);
      clusters.set(cluster.name, kubernetes);
      programs.push(await startAgent(cluster, kubernetes.url));
    }
  }, 30 * 60_000);

  afterAll(async () => {
    await Promise.all([...programs, door, lokiDoor, mimir, loki].map((program) => program?.stop()));
    for (const kubernetes of clusters.values()) kubernetes.stop();
    await Promise.all(folders.map((one) => rm(one, { recursive: true, force: true })));
  });

  test.each(workloads)(
    "$name: every target is found, under the job by which the boards ask",
    async (cluster) => {
      const expected = Object.fromEntries(clusters.get(cluster.name)?.targets ?? []);
      expect(Object.keys(expected).length).toBeGreaterThan(8);
      await eventually(
        async () => {
          const up = await instant(mimir.url, cluster.tenant, "count by (job) (up == 1)");
          expect(Object.fromEntries(up.map(({ labels, value }) => [labels["job"], value]))).toEqual(expected);
        },
        { within: 60_000, every: 500 },
      );
      // All five labels, on all of it, and none that tells one agent from the other.
      const [place, replica, all] = await Promise.all([
        instant(mimir.url, cluster.tenant, `count by (${Object.values(fleet.labels).join(", ")}) ({__name__=~".+"})`),
        instant(mimir.url, cluster.tenant, 'count({__replica__=~".+"})'),
        instant(mimir.url, cluster.tenant, 'count({__name__=~".+"})'),
      ]);
      expect(place.map(({ labels }) => labels)).toEqual([placeLabels(fleet, cluster)]);
      expect(place[0]?.value).toBe(all[0]?.value);
      expect(replica).toEqual([]);
    },
    90_000,
  );

  test("a label that lies never reaches a question about all", async () => {
    const [dev] = workloads;
    if (!dev) throw new Error("the fleet has a cluster");
    const headers = { authorization: basic(`${agentName(dev)}.a`) };
    const writer = remoteWrite(door.url, { tenant: "dev", headers });
    const { cluster, environment } = fleet.labels;
    const lie = (labels: Record<string, string>) => ({
      labels: { __name__: "forged", ...labels },
      samples: [{ timestamp: Date.now(), value: 1 }],
    });
    await writer.send([
      lie({ [cluster]: "prd-uaenorth", [environment]: "prd", what: "both" }),
      lie({ [cluster]: dev.name, [environment]: "prd", what: "environment" }),
      lie({ [cluster]: dev.name, [environment]: "dev", what: "nothing" }),
    ]);
    await eventually(async () => {
      const found = await instant(mimir.url, "dev|stg|prd|ops", "forged");
      expect(
        found.map(({ labels }) => `${labels["what"]}: ${labels[cluster]} ${labels[environment]}`).toSorted(),
      ).toEqual(["environment: dev-uaenorth dev", "nothing: dev-uaenorth dev"]);
    });
    await expect(remoteWrite(door.url, { tenant: "prd", headers }).send([lie({})])).rejects.toThrow("403");
    await expect(remoteWrite(door.url, { tenant: "dev" }).send([lie({})])).rejects.toThrow("401");
  });

  test("lines come to their tenant by the Collector, with all five labels", async () => {
    const [dev] = workloads;
    if (!dev) throw new Error("the fleet has a cluster");
    const credentials = await credentialFolder(dev);
    const queue = await folder();
    const program = await tool("otelcol");
    const collector = await startProgram({
      name: "otelcol",
      ready: "/",
      files: ({ port, otherPort }) => ({
        // Its doors and ports are on loopback; spans have no Tempo to go to here.
        "config.yaml": stringify(gatewayConfigOf(fleet, dev))
          .replaceAll(doorUrl(fleet, "loki"), lokiDoor.url)
          .replaceAll(doorUrl(fleet, "mimir"), door.url)
          .replaceAll(credential.folder, credentials)
          .replaceAll("/var/lib/otelcol", queue)
          .replace("0.0.0.0:13133", `127.0.0.1:${port}`)
          .replace("0.0.0.0:4318", `127.0.0.1:${otherPort}`)
          .replace("0.0.0.0:4317", "127.0.0.1:0")
          .replace("port: 8888", "port: 0"),
      }),
      command: ({ folder: own }) => [program, "--config", `${own}/config.yaml`],
    });
    programs.push(collector);
    const now = Date.now();
    const url = `http://127.0.0.1:${collector.place.otherPort}/v1/logs`;
    const send = (...bodies: readonly string[]) => sendLines(url, now, bodies);
    await send("one", "two");
    const lines = () => logLines(loki.url, "dev", '{service_name="web"}', { start: now - 60_000, end: now + 60_000 });
    await eventually(async () => expect((await lines()).map(({ line }) => line).toSorted()).toEqual(["one", "two"]), {
      within: 30_000,
    });
    expect((await lines())[0]?.labels).toMatchObject({ ...placeLabels(fleet, dev), k8s_namespace_name: "shop" });
    expect(await logLines(loki.url, "prd", '{service_name="web"}', { start: now - 60_000, end: now + 60_000 })).toEqual(
      [],
    );

    // The way to Loki is gone, and comes back: what was sent meanwhile is there.
    await lokiDoor.stop();
    await send("three");
    await sleep(3000);
    await send("four");
    lokiDoor = await startGateway(fleet, "loki", loki.url, { place: lokiDoor.place });
    await eventually(
      async () => expect((await lines()).map(({ line }) => line).toSorted()).toEqual(["four", "one", "three", "two"]),
      { within: 60_000, every: 500 },
    );
  }, 120_000);

  test("Mimir is away, and no sample is lost", async () => {
    const before = Date.now();
    await sleep(2000);
    await mimir.stop();
    const gone = Date.now();
    await sleep(8000);
    mimir = await startBackend("mimir", data, generatedMimir(), mimirOverrides(fleet), mimir.place);
    const back = Date.now();
    const query = 'up{job="kube-state-metrics"}[2m]';
    let recovered = 0;
    await eventually(
      async () => {
        for (const { tenant } of workloads) {
          const gaps = await gapsOf(mimir.url, tenant, query, before);
          expect(gaps.series).toBeGreaterThan(0);
          expect(gaps.last).toBeGreaterThan(back);
          // Two seconds apart, and scraped within a tenth: a lost one would be four.
          expect(gaps.longest).toBeLessThan(2500);
        }
        recovered = Date.now() - back;
      },
      // An agent that was refused waits longer each time, and a busy machine does so too.
      { within: 180_000, every: 500 },
    );
    expect(back - gone).toBeGreaterThan(8000);
    process.stderr.write(
      `Mimir was away for ${(back - gone) / 1000} s; all was there ${recovered / 1000} s after it was back\n`,
    );
  }, 300_000);
});

/** What a service writes that says of itself that it is of prd: the cluster's gateway knows better. */
async function sendLines(url: string, now: number, bodies: readonly string[]): Promise<void> {
  const attributes = Object.entries({ "service.name": "web", environment: "prd", "k8s.namespace.name": "shop" }).map(
    ([key, stringValue]) => ({ key, value: { stringValue } }),
  );
  const logRecords = bodies.map((stringValue) => ({ timeUnixNano: `${now}000000`, body: { stringValue } }));
  const answer = await fetch(url, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ resourceLogs: [{ resource: { attributes }, scopeLogs: [{ logRecords }] }] }),
  });
  expect(answer.status).toBe(200);
}

/** The longest time without a sample since a moment, of any series, and the newest. */
async function gapsOf(
  url: string,
  tenant: string,
  query: string,
  since: number,
): Promise<{ series: number; longest: number; last: number }> {
  const answer = await fetch(`${url}/prometheus/api/v1/query`, {
    method: "POST",
    headers: { "X-Scope-OrgID": tenant },
    body: new URLSearchParams({ query }),
  });
  const { data } = (await answer.json()) as { data: { result: { values: [number, string][] }[] } };
  const all = data.result.map(({ values }) => values.map(([time]) => 1000 * time).filter((time) => time >= since));
  const gaps = all.flatMap((times) => times.slice(1).map((time, at) => time - (times[at] ?? time)));
  return { series: all.length, longest: Math.max(...gaps), last: Math.min(...all.map((times) => times.at(-1) ?? 0)) };
}
