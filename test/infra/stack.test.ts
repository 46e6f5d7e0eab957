import { execFile } from "node:child_process";
import { cp, mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { parse, stringify } from "yaml";
import { bundle } from "../../src/bundle.ts";
import type { Fleet } from "../../src/fleet/model.ts";
import { infrastructure } from "../../src/infra/index.ts";
import { defineProject } from "../../src/project.ts";
import { secondsOf } from "../../src/duration.ts";
import { lacking, tool } from "../../src/servers/tools.ts";
import { remoteWrite } from "../../src/simulate/remote-write.ts";
import { accepted } from "../support/accepted.ts";
import { lokiYml } from "../support/loki-chart.ts";
import { merged } from "../support/merged.ts";
import { renderMimir } from "../support/mimir-chart.ts";
import { describeUnless } from "../support/needs.ts";
import { smallOwnFleet } from "../support/own-fleets.ts";
import { type Program, type ProgramPlace, startProgram } from "../support/program.ts";
import { eventually, instant, logLines } from "../support/query.ts";

const run = promisify(execFile);

const day = 86_400_000;

/** Prometheus cuts its blocks at every second hour since 1970 (UTC). */
const block = 2 * 3_600_000;

/** Dev keeps metrics for a week, and logs for two days. */
const fleet: Fleet = smallOwnFleet({ retention: { dev: { metrics: "7d", logs: "2d" } } });
const resources = bundle(defineProject({ fleet }));
const releases = infrastructure(fleet).flatMap((one) => one.releases);

function valuesOf(chart: string): unknown {
  return releases.find((release) => release.chart === chart)?.values;
}

const inMemory = { kvstore: { store: "inmemory" }, instance_addr: "127.0.0.1" };
const noCache = { backend: "", memcached: null };

/**
 * All that differs from the ops cluster: one process on loopback, rings in its head, no memcached, the filesystem in place of
 * Azure, and no waiting. What the fleet decides (tenants, limits, retention, federation, rule groups) is as generated.
 */
function mimirPatch({ folder, port, otherPort }: ProgramPlace): object {
  const store = (name: string): object => ({
    backend: "filesystem",
    azure: null,
    filesystem: { dir: `${folder}/bucket/${name}` },
  });
  return {
    target: "all,alertmanager",
    server: {
      http_listen_address: "127.0.0.1",
      http_listen_port: port,
      grpc_listen_address: "127.0.0.1",
      grpc_listen_port: otherPort,
      log_level: "warn",
    },
    common: { storage: { backend: "filesystem", azure: null } },
    activity_tracker: { filepath: "" },
    memberlist: { bind_addr: ["127.0.0.1"], bind_port: 0, join_members: null },
    runtime_config: { file: `${folder}/runtime.yaml` },
    distributor: { ring: inMemory, ha_tracker: { kvstore: { store: "inmemory" } } },
    ingester: {
      ring: {
        ...inMemory,
        replication_factor: 1,
        min_ready_duration: "0s",
        zone_awareness_enabled: false,
        tokens_file_path: null,
      },
    },
    store_gateway: {
      sharding_ring: { ...inMemory, replication_factor: 1, tokens_file_path: null, wait_stability_min_duration: "0s" },
    },
    querier: { ring: inMemory, query_store_after: "0s" },
    frontend: {
      address: "127.0.0.1",
      scheduler_address: null,
      // Both keep what they know in memcached.
      cache_results: false,
      query_sharding_target_series_per_shard: 0,
      results_cache: noCache,
    },
    frontend_worker: { scheduler_address: null },
    blocks_storage: {
      ...store("blocks"),
      tsdb: { dir: `${folder}/tsdb` },
      bucket_store: {
        sync_dir: `${folder}/sync`,
        sync_interval: "1s",
        chunks_cache: noCache,
        index_cache: { backend: "inmemory", memcached: null },
        metadata_cache: noCache,
      },
    },
    compactor: {
      data_dir: `${folder}/compact`,
      sharding_ring: { ...inMemory, wait_stability_min_duration: "0s" },
      cleanup_interval: "1s",
      deletion_delay: "0s",
    },
    ruler_storage: { ...store("ruler"), cache: noCache },
    ruler: {
      rule_path: `${folder}/rules`,
      poll_interval: "1s",
      evaluation_interval: "5s",
      // What came before its Alertmanager was there comes again.
      resend_delay: "1s",
      ring: inMemory,
      alertmanager_url: `http://127.0.0.1:${port}/alertmanager`,
    },
    alertmanager_storage: store("alertmanager"),
    alertmanager: {
      data_dir: `${folder}/alertmanager`,
      fallback_config_file: "",
      external_url: `http://127.0.0.1:${port}/alertmanager`,
      poll_interval: "1s",
      sharding_ring: { ...inMemory, replication_factor: 1 },
    },
  };
}

describeUnless(
  lacking("mimir") ?? lacking("helm") ?? lacking("promtool"),
  "Mimir, as its chart configures it with our values",
  () => {
    let mimir: Program;
    let config = "";
    let folder = "";

    beforeAll(async () => {
      const chart = await renderMimir(valuesOf("mimir-distributed"));
      config = chart.file("mimir.yaml");
      folder = await mkdtemp(join(tmpdir(), "fleetglass-stack-"));
      await oldBlocks();
      const program = await tool("mimir");
      mimir = await startProgram({
        name: "mimir",
        ready: "/ready",
        files: (place) => ({
          "config.yaml": stringify(merged(parse(config), mimirPatch({ ...place, folder }))),
          "runtime.yaml": chart.file("runtime.yaml"),
        }),
        command: ({ folder: own }) => [
          program,
          `-config.file=${own}/config.yaml`,
          `-runtime-config.file=${own}/runtime.yaml`,
        ],
      });
    }, 30 * 60_000);

    afterAll(async () => {
      await mimir?.stop();
      await rm(folder, { recursive: true, force: true });
    });

    /** A block of ten days ago in two tenants, as it lies in the bucket: from where a block begins, so that it is one. */
    async function oldBlocks(): Promise<void> {
      const file = join(folder, "old.txt");
      const seconds = (Math.floor((Date.now() - 10 * day) / block) * block) / 1000;
      await writeFile(
        file,
        `# TYPE old gauge\nold{cluster="any"} 1 ${seconds}\nold{cluster="any"} 1 ${seconds + 60}\n# EOF\n`,
      );
      await run(await tool("promtool"), ["tsdb", "create-blocks-from", "openmetrics", file, join(folder, "made")]);
      for (const tenant of ["dev", "prd"]) {
        await mkdir(join(folder, "bucket/blocks", tenant), { recursive: true });
        await cp(join(folder, "made"), join(folder, "bucket/blocks", tenant), { recursive: true });
        expect(await blocksOf(tenant)).toHaveLength(1);
      }
    }

    /** None where the bucket has not even the folder any more. */
    const blocksOf = async (tenant: string): Promise<string[]> =>
      (await readdir(join(folder, "bucket/blocks", tenant)).catch((): string[] => [])).filter((name) =>
        /^[0-9A-Z]{26}$/u.test(name),
      );

    const samples = (count: number) => [
      {
        labels: { __name__: "many", cluster: "dev-uaenorth" },
        samples: Array.from({ length: count }, (_, at) => ({ timestamp: Date.now() - count + at, value: at })),
      },
    ];

    test("a tenant that writes more than its burst is refused, and another is not", async () => {
      const { dev } = (parse(stringify(valuesOf("mimir-distributed"))) as RuntimeValues).runtimeConfig.overrides;
      const burst = dev?.ingestion_burst_size ?? 0;
      expect(burst).toBeGreaterThan(0);
      const dangerous = remoteWrite(mimir.url, { tenant: "dev" });
      await expect(dangerous.send(samples(2 * burst))).rejects.toThrow("429");
      await remoteWrite(mimir.url, { tenant: "stg" }).send(samples(1000));
    }, 60_000);

    test("what is older than its tenant keeps it is deleted, and what another keeps stays", async () => {
      await eventually(async () => expect(await blocksOf("dev")).toEqual([]), { within: 60_000, every: 500 });
      expect(await blocksOf("prd")).toHaveLength(1);
    }, 90_000);

    test("one query reads all tenants, and none reads another's alone", async () => {
      const place = { environment: "prd", cluster: "prd-uaenorth" };
      await remoteWrite(mimir.url, { tenant: "prd" }).send([
        { labels: { __name__: "one", ...place }, samples: [{ timestamp: Date.now(), value: 1 }] },
      ]);
      const all = await instant(mimir.url, fleet.tenants.map(({ id }) => id).join("|"), "one");
      expect(all.map(({ labels }) => labels["__tenant_id__"])).toEqual(["prd"]);
      expect(await instant(mimir.url, "stg", "one")).toEqual([]);
    });

    const api = async (tenant: string, path: string, body?: string): Promise<Response> =>
      fetch(`${mimir.url}${path}`, {
        ...(body !== undefined && { method: "POST", body }),
        headers: { "X-Scope-OrgID": tenant },
      });

    test("every rule group that is generated is taken, and none beyond the limits", async () => {
      const { limits } = fleet.backends.metrics;
      const own = resources.flatMap((one) =>
        one.kind === "rule-group" && one.at.tenant === "ops" && one.at.system === "mimir" ? [one] : [],
      );
      const federated = own.filter(({ spec }) => spec.source_tenants !== undefined);
      expect(federated.length).toBeGreaterThan(0);
      const post = (group: object): Promise<Response> =>
        api("ops", "/prometheus/config/v1/rules/fleetglass", stringify(group));
      for (const { spec } of own) expect(`${spec.name} ${(await post(spec)).status}`).toBe(`${spec.name} 202`);
      const rules = (count: number): object[] =>
        Array.from({ length: count }, (_, at) => ({ record: `r:${at}`, expr: "vector(1)" }));
      expect((await post({ name: "full", rules: rules(limits.rulesPerGroup) })).status).toBe(202);
      const tooLong = await post({ name: "too-long", rules: rules(limits.rulesPerGroup + 1) });
      expect([tooLong.status, await tooLong.text()]).toEqual([400, expect.stringContaining("limit")]);
      for (let at = own.length + 1; at < limits.groupsPerTenant; at += 1) {
        expect((await post({ name: `more-${at}`, rules: rules(1) })).status).toBe(202);
      }
      expect((await post({ name: "one-too-many", rules: rules(1) })).status).toBe(400);
    }, 60_000);

    test("an alert of a tenant's ruler is told to that tenant's Alertmanager", async () => {
      const config = "route: { receiver: nobody }\nreceivers: [{ name: nobody }]\n";
      expect((await api("stg", "/api/v1/alerts", stringify({ alertmanager_config: config }))).status).toBe(201);
      const group = { name: "always", interval: "1s", rules: [{ alert: "Always", expr: "vector(1)" }] };
      expect((await api("stg", "/prometheus/config/v1/rules/here", stringify(group))).status).toBe(202);
      await eventually(
        async () => {
          const told = (await (await api("stg", "/alertmanager/api/v2/alerts")).json()) as {
            labels: { alertname: string };
          }[];
          expect(told.map(({ labels }) => labels.alertname)).toEqual(["Always"]);
        },
        { within: 60_000, every: 500 },
      );
      expect(await (await api("dev", "/alertmanager/api/v2/alerts")).text()).not.toContain("Always");
    }, 90_000);
  },
);

const lokiConfig = (place: ProgramPlace): string => stringify(merged(lokiYml(valuesOf("loki")), lokiPatch(place)));

describeUnless(lacking("loki"), "Loki, as our values configure it", () => {
  let loki: Program;

  beforeAll(async () => {
    const program = await tool("loki");
    loki = await startProgram({
      name: "loki",
      ready: "/ready",
      files: (place) => ({
        "config.yaml": lokiConfig(place),
        "overrides.yaml": stringify(lokiValues().runtimeConfig),
      }),
      command: ({ folder: own }) => [
        program,
        `-config.file=${own}/config.yaml`,
        `-runtime-config.file=${own}/overrides.yaml`,
      ],
    });
  }, 30 * 60_000);

  afterAll(() => loki?.stop());

  test("takes it, and would not take a key that it does not know", async () => {
    const program = await tool("loki");
    const folder = await mkdtemp(join(tmpdir(), "fleetglass-loki-"));
    try {
      const file = join(folder, "config.yaml");
      // As it is in the ops cluster, on Azure.
      const generated = lokiYml(valuesOf("loki"));
      await writeFile(file, stringify(generated));
      expect(await accepted(program, [`-config.file=${file}`, "-verify-config"])).toBe("");
      await writeFile(file, stringify(merged(generated, { limits_config: { retention: "2d" } })));
      expect(await accepted(program, [`-config.file=${file}`, "-verify-config"])).toContain("retention");
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }, 60_000);

  const push = (tenant: string, lines: readonly string[]): Promise<Response> => pushTo(loki.url, tenant, lines);

  test("a tenant that writes more than its burst is refused, and another is not", async () => {
    const burst = lokiValues().runtimeConfig.overrides["dev"]?.ingestion_burst_size_mb ?? 0;
    expect(burst).toBeGreaterThan(0);
    const line = "x".repeat(200_000);
    const many = Array.from({ length: Math.ceil((burst * 1.3 * 2 ** 20) / line.length) }, () => line);
    expect((await push("dev", many)).status).toBe(429);
    expect((await push("stg", ["one"])).status).toBe(204);
  }, 60_000);

  test("one query reads all tenants, and none reads another's alone", async () => {
    expect((await push("prd", ["only prd"])).status).toBe(204);
    const window = { start: Date.now() - 60_000, end: Date.now() + 60_000 };
    const query = '{service_name="web"} |= "only"';
    const all = fleet.tenants.map(({ id }) => id).join("|");
    await eventually(async () =>
      expect((await logLines(loki.url, all, query, window)).map(({ line }) => line)).toEqual(["only prd"]),
    );
    expect(await logLines(loki.url, "stg", query, window)).toEqual([]);
  }, 60_000);

  test("each tenant's lines are kept as long as the fleet says", async () => {
    for (const { id, retention } of fleet.tenants) {
      const answer = await fetch(`${loki.url}/config/tenant/v1/limits`, { headers: { "X-Scope-OrgID": id } });
      const limits = parse(await answer.text()) as { retention_period: string };
      expect(secondsOf(limits.retention_period)).toBe(secondsOf(retention.logs));
    }
  });
});

describeUnless(lacking("loki"), "Loki, with lines of three days ago", () => {
  let data = "";
  let loki: Program | undefined;

  /** What is in the folder outlives the process: an index is in the bucket only once its process has ended in peace. */
  async function start(): Promise<Program> {
    const program = await tool("loki");
    loki = await startProgram({
      name: "loki",
      ready: "/ready",
      files: (place) => ({
        "config.yaml": lokiConfig({ ...place, folder: data }),
        "overrides.yaml": stringify(lokiValues().runtimeConfig),
      }),
      command: ({ folder: own }) => [
        program,
        `-config.file=${own}/config.yaml`,
        `-runtime-config.file=${own}/overrides.yaml`,
      ],
    });
    return loki;
  }

  async function end(ended: Program): Promise<void> {
    const { url } = ended;
    await fetch(`${url}/ingester/shutdown?flush=true&terminate=true`, { method: "POST" });
    const gone = async (): Promise<boolean> =>
      fetch(`${url}/ready`).then(
        () => false,
        () => true,
      );
    await eventually(async () => expect(await gone()).toBe(true), { within: 30_000, every: 50 });
    await ended.stop();
  }

  beforeAll(async () => {
    data = await mkdtemp(join(tmpdir(), "fleetglass-loki-"));
  });
  afterAll(async () => {
    await loki?.stop();
    await rm(data, { recursive: true, force: true });
  });

  test("deletes those of the tenant that keeps two days, and keeps those of the one that keeps a month", async () => {
    const then = Date.now() - 3 * day;
    const old = async ({ url }: Program, tenant: string): Promise<string[]> => {
      const lines = await logLines(url, tenant, '{service_name="web"}', { start: then - 60_000, end: then + 60_000 });
      return lines.map(({ line }) => line);
    };
    const first = await start();
    for (const tenant of ["dev", "prd"]) expect((await pushTo(first.url, tenant, ["old"], then)).status).toBe(204);
    await end(first);
    const second = await start();
    expect(await old(second, "dev")).toEqual(["old"]);
    await end(second);
    const third = await start();
    const indexed = async (): Promise<string[]> => {
      const index = join(data, "chunks/index");
      const tables = (await readdir(index)).filter((name) => name.startsWith("loki_index_"));
      return (await Promise.all(tables.map((table) => readdir(join(index, table))))).flat();
    };
    // An index for each tenant that has lines left, and none of the ingester's own, which has all in one.
    await eventually(async () => expect(await indexed()).toEqual(["prd"]), { within: 60_000, every: 200 });
    await third.stop();
    // As a new pod: nothing but the bucket.
    for (const name of ["wal", "tsdb-shipper-active", "tsdb-shipper-cache"]) {
      await rm(join(data, name), { recursive: true, force: true });
    }
    const fourth = await start();
    expect(await old(fourth, "prd")).toEqual(["old"]);
    expect(await old(fourth, "dev")).toEqual([]);
  }, 180_000);
});

function pushTo(url: string, tenant: string, lines: readonly string[], at = Date.now()): Promise<Response> {
  return fetch(`${url}/loki/api/v1/push`, {
    method: "POST",
    headers: { "X-Scope-OrgID": tenant, "Content-Type": "application/json" },
    body: JSON.stringify({
      streams: [{ stream: { service_name: "web" }, values: lines.map((line, of) => [`${at}00000${of % 10}`, line]) }],
    }),
  });
}

function lokiValues(): LokiRuntime {
  return (parse(stringify(valuesOf("loki"))) as { loki: LokiRuntime }).loki;
}

interface LokiRuntime {
  readonly runtimeConfig: {
    readonly overrides: Readonly<Record<string, { readonly ingestion_burst_size_mb: number }>>;
  };
}

interface RuntimeValues {
  readonly runtimeConfig: { readonly overrides: Readonly<Record<string, { readonly ingestion_burst_size: number }>> };
}

/** Likewise. Lines of any age are taken, for there is no other way to have an old one. */
function lokiPatch({ folder, port, otherPort }: ProgramPlace): object {
  return {
    target: "all",
    server: {
      http_listen_address: "127.0.0.1",
      http_listen_port: port,
      grpc_listen_address: "127.0.0.1",
      grpc_listen_port: otherPort,
      log_level: "warn",
    },
    common: {
      path_prefix: folder,
      instance_addr: "127.0.0.1",
      replication_factor: 1,
      ring: { kvstore: { store: "inmemory" } },
      storage: {
        azure: null,
        filesystem: { chunks_directory: `${folder}/chunks`, rules_directory: `${folder}/rules` },
      },
    },
    tracing: { enabled: false },
    memberlist: { bind_addr: ["127.0.0.1"], bind_port: 0 },
    schema_config: {
      configs: [
        {
          from: "2026-01-01",
          store: "tsdb",
          object_store: "filesystem",
          schema: "v13",
          index: { prefix: "loki_index_", period: "24h" },
        },
      ],
    },
    limits_config: { reject_old_samples: false },
    ingester: { lifecycler: { min_ready_duration: "0s", final_sleep: "0s" } },
    frontend: { address: "127.0.0.1" },
    frontend_worker: { frontend_address: `127.0.0.1:${otherPort}` },
    compactor: {
      working_directory: `${folder}/compactor`,
      delete_request_store: "filesystem",
      compaction_interval: "1s",
      retention_delete_delay: "1s",
    },
    ruler: {
      storage: { type: "local", azure: null, local: { directory: `${folder}/rules` } },
      wal: { dir: `${folder}/ruler-wal` },
      rule_path: `${folder}/rules-evaluated`,
      ring: { kvstore: { store: "inmemory" } },
    },
  };
}
