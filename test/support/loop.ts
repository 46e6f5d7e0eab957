import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import limited from "p-limit";
import { parse, stringify } from "yaml";
import { alertmanagerOf, bundle, namespaceOf, type Resource } from "../../src/bundle.ts";
import { secondsOf } from "../../src/duration.ts";
import type { Cluster } from "../../src/fleet/model.ts";
import { agentConfig, eventsConfig, gatewayConfigOf, gatewayName } from "../../src/infra/collector.ts";
import { logFiles } from "../../src/infra/log-pipeline.ts";
import { lokiLimits, lokiOverrides } from "../../src/infra/loki.ts";
import { mimirConfig, mimirOverrides } from "../../src/infra/mimir.ts";
import { agentName, agentsNamespace, credential, doorUrl } from "../../src/infra/place.ts";
import { prometheusAgent } from "../../src/infra/prometheus-agent.ts";
import type { OwnFleet } from "../../src/infra/release.ts";
import { defineProject } from "../../src/project.ts";
import { heartbeatPace } from "../../src/routing/routing.ts";
import { apply, planFor } from "../../src/publish/apply.ts";
import { http } from "../../src/publish/http.ts";
import { mimirRuler } from "../../src/publish/mimir-ruler.ts";
import { freePorts } from "../../src/servers/server.ts";
import { lacking, tool } from "../../src/servers/tools.ts";
import { logs } from "../../src/simulate/logs.ts";
import { type LogRecord, otlpLogs } from "../../src/simulate/otlp.ts";
import type { PodLog } from "../../src/simulate/traffic.ts";
import { createWorld } from "../../src/simulate/world.ts";
import { namesIn, usageOf } from "../../src/usage.ts";
import { boardQueriesOf, type PanelQuery } from "./board-queries.ts";
import { type FakeKubernetes, fakeKubernetes, type RealPage, scrapeNumber } from "./fake-kubernetes.ts";
import { type DeadMan, startDeadMan } from "./dead-man.ts";
import { fleetOf } from "./fleets.ts";
import { aroundTheClock } from "./incidents.ts";
import { merged } from "./merged.ts";
import { basic, nginx, startGateway } from "./nginx.ts";
import { writePodFiles } from "./pod-files.ts";
import { sent } from "./notifiers.ts";
import { type Program, startProgram } from "./program.ts";
import { instant, logLines } from "./query.ts";
import { type Receiver, startReceiver } from "./receiver.ts";
import { scaled } from "./scaled.ts";

/** Why the loop can't be closed here, or undefined. */
export const lackingLoop: string | undefined =
  lacking("mimir") ??
  lacking("loki") ??
  lacking("prometheus") ??
  lacking("otelcol") ??
  (nginx() === undefined ? "no nginx: install it (apt-get install nginx-light)" : undefined);

/** Seconds: how often agents scrape, and how long Prometheus and Mimir still see a series that is silent. */
const scrape = 30;
const lookback = 300;

/** The small fleet with infrastructure of its own, people who are told, and somebody outside who hears its heart beat. */
export function loopFleet(outageBudget: string): OwnFleet {
  const fleet = fleetOf("small", (written) => ({
    ...written,
    // The one agent for lines that runs here.
    defaults: { ...written.defaults, logsAgent: "otel-collector" },
    infrastructure: { outageBudget, traceSampling: { percent: 10 } },
    alerting: {
      receivers: [
        { kind: "webhook" },
        ...written.environments.map(({ name }) => ({
          kind: "heartbeat",
          environments: [name],
          secret: heartbeatSecret(name),
        })),
      ],
    },
    businessHours: aroundTheClock,
  }));
  if (!fleet.infrastructure) throw new Error("the fleet has infrastructure");
  return { ...fleet, infrastructure: fleet.infrastructure };
}

/** Each environment's heart is heard at an address of its own. */
export function heartbeatSecret(environment: string): string {
  return `HEARTBEAT_URL_${environment.toUpperCase()}`;
}

export interface LoopOptions {
  /** Divides every length of time: of scrapes, rules, routes and lookback. */
  readonly factor: number;
  /** Only what these boards read is recorded, and only these groups' alerts are watched for. Default all of all. */
  readonly only?: { readonly boards: RegExp; readonly alerts: readonly string[] };
  /** Pages that real exporters wrote, which one cluster has beside its own. */
  readonly pages?: { readonly cluster: string; readonly of: readonly RealPage[] };
}

/** Panels by name: those of whose queries none has had an answer, though the panel does not say what none means. */
export interface Panels {
  readonly asked: number;
  readonly silent: readonly string[];
}

/** Real agents that scrape a simulated fleet, and write through real doors into a real Mimir and a real Loki. */
export interface Loop {
  readonly fleet: OwnFleet;
  readonly mimir: string;
  readonly loki: string;
  readonly doors: { readonly mimir: string; readonly loki: string };
  readonly kubernetes: ReadonlyMap<string, FakeKubernetes>;
  readonly receiver: Receiver;
  /** Outside of it all: who hears the hearts, by the name of the secret. */
  readonly deadMan: DeadMan;
  /** Where applications of a cluster send lines, by its Collector. */
  readonly collector: (cluster: Cluster) => Promise<string>;
  /** Brings rules and routes to where the fleet says, by the publisher's credential. */
  readonly publish: () => Promise<void>;
  /**
   * What the pods of a cluster write in five bad minutes, by the Collectors of its nodes; and what Kubernetes says of them.
   * @returns the lines that pods wrote
   */
  readonly write: (cluster: Cluster) => Promise<readonly PodLog[]>;
  /**
   * The boards of all views whose uid matches, asked through the doors as Grafana asks. A panel of metrics answers too where it says
   * what none means, one of lines has lines. What answered once is not asked again.
   */
  readonly panels: (board: RegExp, language?: PanelQuery["language"]) => Promise<Panels>;
  /** Takes the backends away, whatever they are doing. */
  readonly goAway: () => Promise<void>;
  readonly comeBack: () => Promise<void>;
  readonly stop: () => Promise<void>;
}

export async function startLoop(fleet: OwnFleet, { factor, only, pages }: LoopOptions): Promise<Loop> {
  const folders: string[] = [];
  const programs: Program[] = [];
  const folder = async (): Promise<string> => {
    const made = await mkdtemp(join(tmpdir(), "fleetglass-loop-"));
    folders.push(made);
    return made;
  };
  const data = { mimir: await folder(), loki: await folder() };
  const project = defineProject({ fleet });
  const every = `${(1000 * scrape) / factor}ms`;

  /** A backend as the tests run it, with what follows from the fleet; its data outlive it. */
  async function startBackend(name: "mimir" | "loki", place?: Program["place"]): Promise<Program> {
    const base: unknown = parse(await readFile(`tools/${name}/test.yaml`, "utf8"));
    const overrides = name === "mimir" ? mimirOverrides(fleet) : lokiOverrides(fleet);
    await writeFile(join(data[name], "overrides.yaml"), stringify({ overrides }));
    const program = await tool(name);
    return startProgram({
      name,
      ready: "/ready",
      ...(place && { place }),
      files: ({ port, otherPort }) => ({
        "config.yaml": stringify(merged(base, name === "mimir" ? generatedMimir() : generatedLoki()))
          .replaceAll(`\${${name.toUpperCase()}_HTTP_PORT}`, String(port))
          .replaceAll(`\${${name.toUpperCase()}_GRPC_PORT}`, String(otherPort))
          .replaceAll(`\${${name.toUpperCase()}_FOLDER}`, data[name])
          .replaceAll(/\$\{\w+:([^}]*)\}/gu, "$1"),
      }),
      command: ({ folder: own }) => [program, `-config.file=${own}/config.yaml`],
    });
  }

  const generatedMimir = (): object => ({
    ...mimirConfig(fleet),
    // One process keeps its replicas in its head.
    distributor: {
      ...mimirConfig(fleet).distributor,
      ha_tracker: { enable_ha_tracker: true, kvstore: { store: "inmemory" } },
    },
    // Nor has it a memcached.
    frontend: { ...mimirConfig(fleet).frontend, cache_results: false },
    querier: { lookback_delta: `${lookback / factor}s` },
    runtime_config: { file: join(data.mimir, "overrides.yaml"), period: "1s" },
  });

  const generatedLoki = (): object => ({
    limits_config: { ...lokiLimits(fleet), ingestion_rate_mb: 4 },
    runtime_config: { file: join(data.loki, "overrides.yaml"), period: "1s" },
    // It must outlive being killed.
    ingester: { wal: { enabled: true, dir: join(data.loki, "wal") } },
  });

  /** The credential of a cluster, as it is mounted. */
  async function credentialFolder(cluster: Cluster): Promise<string> {
    const made = await folder();
    await writeFile(join(made, "username"), `${agentName(cluster)}.a`);
    await writeFile(join(made, "password"), `${agentName(cluster)}.a-secret`);
    return made;
  }

  /**
   * The agent as the chart would run it. Other than there: Kubernetes' API is ours and speaks HTTP, as do its targets; time is
   * scaled; the doors are on loopback.
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
      global: { ...server.global, evaluation_interval: undefined, scrape_interval: every, scrape_timeout: every },
      remote_write: server.remoteWrite,
      scrape_configs: jobs,
    })
      .replaceAll(doorUrl(fleet, "mimir"), doors.mimir.url)
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

  /** Clusters whose Collectors run: where their applications send, and where the others of the cluster do. */
  const gateways = new Map<string, Promise<{ readonly http: string; readonly grpc: number }>>();

  function gatewayOf(cluster: Cluster): Promise<{ readonly http: string; readonly grpc: number }> {
    const running = gateways.get(cluster.name) ?? startGatewayOf(cluster);
    gateways.set(cluster.name, running);
    return running;
  }

  /** A Collector as it is generated, on loopback. */
  async function startCollector(config: string, env: readonly string[] = []): Promise<Program> {
    const [queue, program] = await Promise.all([folder(), tool("otelcol")]);
    const collector = await startProgram({
      name: "otelcol",
      ready: "/",
      files: ({ port, otherPort }) => ({
        "config.yaml": config
          .replaceAll("/var/lib/otelcol", queue)
          .replace("0.0.0.0:13133", `127.0.0.1:${port}`)
          .replace("0.0.0.0:4318", `127.0.0.1:${otherPort}`)
          .replace("0.0.0.0:4317", "127.0.0.1:0")
          .replace("port: 8888", "port: 0"),
      }),
      command: ({ folder: own }) => ["env", ...env, program, "--config", `${own}/config.yaml`],
    });
    programs.push(collector);
    return collector;
  }

  /** Its doors and ports are on loopback; spans have no Tempo to go to here. */
  async function startGatewayOf(cluster: Cluster): Promise<{ readonly http: string; readonly grpc: number }> {
    const [[grpc], credentials] = await Promise.all([freePorts(), credentialFolder(cluster)]);
    const collector = await startCollector(
      stringify(gatewayConfigOf(fleet, cluster))
        .replaceAll(doorUrl(fleet, "loki"), doors.loki.url)
        .replaceAll(doorUrl(fleet, "mimir"), doors.mimir.url)
        .replaceAll(credential.folder, credentials)
        .replace("metrics_flush_interval: 15s", "metrics_flush_interval: 1s")
        .replace("0.0.0.0:4317", `127.0.0.1:${grpc}`),
    );
    return { http: `http://127.0.0.1:${collector.place.otherPort}`, grpc };
  }

  const inCluster = (config: object, grpc: number): string =>
    stringify(config).replaceAll(`${gatewayName}.${agentsNamespace}.svc.cluster.local:4317`, `127.0.0.1:${grpc}`);

  async function write(cluster: Cluster): Promise<readonly PodLog[]> {
    const { grpc } = await gatewayOf(cluster);
    const files = await folder();
    // One for all nodes. Its Kubernetes is ours, and asks for no account.
    await writeFile(join(files, "kubeconfig"), kubeconfig(kubernetes.get(cluster.name)?.url ?? ""));
    await startCollector(
      inCluster(agentConfig(cluster), grpc)
        .replaceAll(logFiles.pods, join(files, "pods"))
        .replace("auth_type: serviceAccount", "auth_type: kubeConfig"),
      [`KUBECONFIG=${join(files, "kubeconfig")}`, "K8S_NODE_NAME=node"],
    );
    // The receiver of events is in no registry: what it would write is sent to what else there is of its Collector.
    const events = await startCollector(
      inCluster(eventsConfig(), grpc)
        .replace(
          "k8s_events:\n    auth_type: serviceAccount",
          `otlp:\n    protocols:\n      http:\n        endpoint: 0.0.0.0:4318\n        logs_url_path: /otlp/v1/logs`,
        )
        .replaceAll("- k8s_events", "- otlp"),
    );
    const to = Date.now();
    const from = to - 300_000;
    const workload = [
      { name: "error-burst", from, to: to - 30_000 },
      { name: "replica-drift", from: from + 10_000, to: to + 60_000 },
    ];
    // What its pods would have answered nobody answers: it comes last.
    const gone = { name: "node-not-ready", from: to - 20_000, to: to + 60_000 };
    const faults = cluster.type === "workload" ? [...workload, gone] : [gone];
    const bad = createWorld(fleet, { mess: false, faults: faults.map((one) => ({ ...one, cluster: cluster.name })) });
    const all = [...logs(bad, { from, to })].filter(({ resource }) => resource.cluster === cluster);
    const isEvent = ({ attributes }: PodLog): boolean => attributes["k8s.event.name"] !== undefined;
    const own = all.filter((line) => !isEvent(line));
    await writePodFiles(join(files, "pods"), own);
    await otlpLogs(`http://127.0.0.1:${events.place.otherPort}`).send(all.filter(isEvent).map(asTheReceiver));
    return own;
  }

  const receiver = await startReceiver();
  const deadMan = await startDeadMan((1000 * secondsOf(heartbeatPace.missedAfter)) / factor);
  let [mimir, loki] = await Promise.all([startBackend("mimir"), startBackend("loki")]);
  const doors = {
    mimir: await startGateway(fleet, "mimir", mimir.url),
    loki: await startGateway(fleet, "loki", loki.url),
  };
  // Without nights, in which development sleeps: whether panels answer must not depend on when they are asked.
  const world = createWorld(fleet, { mess: false });
  const kubernetes = new Map<string, FakeKubernetes>();
  for (const [at, cluster] of fleet.clusters.entries()) {
    const real = pages?.cluster === cluster.name ? pages.of : [];
    const one = await fakeKubernetes(world, cluster, { network: 70 + at, pages: real });
    kubernetes.set(cluster.name, one);
    programs.push(await startAgent(cluster, one.url));
  }
  const resources = bundle(project);

  async function publish(): Promise<void> {
    const headers = { authorization: basic("publisher.a") };
    for (const tenant of fleet.tenants) {
      const { config, templates } = alertmanagerOf(project, tenant);
      const text = stringify(scaled(config, { factor }), { lineWidth: 0 }).replaceAll(
        /url:\n\s+env: (\w+)/gu,
        (_, name: string) => `url: ${name.startsWith("HEARTBEAT") ? `${deadMan.url}/${name}` : `${receiver.url}/told`}`,
      );
      await sent(
        `${doors.mimir.url}/api/v1/alerts`,
        { ...headers, "X-Scope-OrgID": tenant.id },
        stringify({ template_files: templates, alertmanager_config: text }),
      );
    }
    const server = http({ name: "Mimir", url: doors.mimir.url, headers, credential: "", variable: "" });
    const wanted = (only ? narrowed(resources, only) : resources).flatMap((one): Resource[] =>
      one.kind === "rule-group" && one.at.system === "mimir" ? [{ ...one, spec: scaled(one.spec, { factor }) }] : [],
    );
    const targets = fleet.tenants.map(({ id }) =>
      mimirRuler(server, {
        title: "Mimir",
        tenant: id,
        header: "X-Scope-OrgID",
        namespace: namespaceOf(project.name),
      }),
    );
    const applied = await apply(await planFor(wanted, targets), { prune: false });
    const failed = applied.filter(({ error }) => error !== undefined);
    if (failed.length > 0) throw new Error(failed.map(({ error }) => String(error)).join("\n"));
  }

  const tenantsOf = new Map(
    resources.flatMap((one) =>
      one.kind === "datasource" ? [[one.id, one.spec.secureJsonData?.httpHeaderValue1 ?? ""] as const] : [],
    ),
  );

  const answered = new Set<string>();

  async function panels(board: RegExp, language?: PanelQuery["language"]): Promise<Panels> {
    const queries = new Map<string, PanelQuery[]>();
    for (const one of resources) {
      if (one.kind !== "dashboard" || !board.test(one.id)) continue;
      for (const query of boardQueriesOf(one.spec.dashboard)) {
        if (language !== undefined && query.language !== language) continue;
        const key = `${one.id}: ${query.panel}`;
        queries.set(key, [...(queries.get(key) ?? []), query]);
      }
    }
    const headers = { authorization: basic("grafana.a") };
    const atOnce = limited(4);
    await Promise.all(
      [...queries].map(([key, own]) =>
        atOnce(async () => {
          for (const { expr, source, says, language: asked } of own) {
            if (answered.has(key)) return;
            const tenants = tenantsOf.get(source) ?? "";
            const now = Date.now();
            const window = { start: now - 1_800_000, end: now };
            const found =
              asked === "promql"
                ? await instant(doors.mimir.url, tenants, expr, { headers })
                : await logLines(doors.loki.url, tenants, expr, { ...window, headers });
            if ((says && asked === "promql") || found.length > 0) answered.add(key);
          }
        }),
      ),
    );
    return { asked: queries.size, silent: [...queries.keys()].filter((key) => !answered.has(key)) };
  }

  return {
    fleet,
    mimir: mimir.url,
    loki: loki.url,
    doors: { mimir: doors.mimir.url, loki: doors.loki.url },
    kubernetes,
    receiver,
    deadMan,
    collector: async (cluster) => (await gatewayOf(cluster)).http,
    write,
    publish,
    panels,
    async goAway() {
      await Promise.all([mimir.stop(), loki.stop()]);
    },
    async comeBack() {
      [mimir, loki] = await Promise.all([startBackend("mimir", mimir.place), startBackend("loki", loki.place)]);
    },
    async stop() {
      await Promise.all([...programs, doors.mimir, doors.loki, mimir, loki].map((program) => program.stop()));
      for (const one of kubernetes.values()) one.stop();
      receiver.stop();
      deadMan.stop();
      await Promise.all(folders.map((one) => rm(one, { recursive: true, force: true })));
    },
  };
}

function kubeconfig(server: string): string {
  return stringify({
    apiVersion: "v1",
    kind: "Config",
    clusters: [{ name: "here", cluster: { server } }],
    contexts: [{ name: "here", context: { cluster: "here", user: "nobody" } }],
    users: [{ name: "nobody", user: {} }],
    "current-context": "here",
  });
}

/** An event before its cluster's gateway has said where it is from. */
function asTheReceiver({ resource, ...event }: PodLog): LogRecord {
  const attributes = Object.entries(resource.attributes).filter(([name]) => name.startsWith("k8s."));
  return { ...event, resource: { attributes: Object.fromEntries(attributes) } };
}

/** How long a backend may be away, in milliseconds of the scaled time. */
export function scaledBudget({ infrastructure }: OwnFleet, factor: number): number {
  return (1000 * secondsOf(infrastructure.outageBudget)) / factor;
}

/** What a service writes that says of itself that it is of prd: the cluster's gateway knows better. */
export async function sendLines(collector: string, bodies: readonly string[]): Promise<void> {
  const attributes = Object.entries({ "service.name": "web", environment: "prd", "k8s.namespace.name": "shop" }).map(
    ([key, stringValue]) => ({ key, value: { stringValue } }),
  );
  const logRecords = bodies.map((stringValue) => ({ timeUnixNano: `${Date.now()}000000`, body: { stringValue } }));
  await sent(
    `${collector}/v1/logs`,
    { "Content-Type": "application/json" },
    JSON.stringify({ resourceLogs: [{ resource: { attributes }, scopeLogs: [{ logRecords }] }] }),
  );
}

/** What an application says of an answer that took 200 ms and went wrong. */
export async function sendSpan(collector: string): Promise<void> {
  const attributes = Object.entries({ "service.name": "web", "service.namespace": "shop", environment: "prd" }).map(
    ([key, stringValue]) => ({ key, value: { stringValue } }),
  );
  const end = Date.now();
  const span = {
    traceId: "0af7651916cd43dd8448eb211c80319c",
    spanId: "b7ad6b7169203331",
    name: "GET /",
    kind: 2,
    startTimeUnixNano: `${end - 200}000000`,
    endTimeUnixNano: `${end}000000`,
    status: { code: 2 },
  };
  await sent(
    `${collector}/v1/traces`,
    { "Content-Type": "application/json" },
    JSON.stringify({ resourceSpans: [{ resource: { attributes }, scopeSpans: [{ spans: [span] }] }] }),
  );
}

/** Only the records that these boards and alerts read. */
function narrowed(resources: readonly Resource[], { boards, alerts }: NonNullable<LoopOptions["only"]>): Resource[] {
  const usage = usageOf(resources);
  const watched = new Set(
    resources.flatMap((one) =>
      one.kind === "rule-group" && alerts.includes(one.id)
        ? one.spec.rules.flatMap((rule) => ("alert" in rule ? namesIn(rule.expr) : []))
        : [],
    ),
  );
  const read = (name: string): boolean =>
    watched.has(name) || [...(usage.get(name)?.panels.keys() ?? [])].some((board) => boards.test(board));
  return resources.flatMap((one): Resource[] => {
    if (one.kind !== "rule-group" || alerts.includes(one.id) || one.id === "fleetglass") return [one];
    const rules = one.spec.rules.filter((rule) => "record" in rule && read(rule.record));
    return rules.length === 0 ? [] : [{ ...one, spec: { ...one.spec, rules } }];
  });
}

/** What is missing of what a target was asked: each scrape of it has a number, so a lost one is a number that is missing. */
export interface Missing {
  readonly series: number;
  readonly lost: number;
  /** When the newest sample of the one that is furthest behind is from, in milliseconds. */
  readonly last: number;
}

/** Since a moment, in milliseconds, of all targets of a job; `window` is a duration that goes back so far. */
export async function missingOf(
  url: string,
  tenant: string,
  job: string,
  { since, window }: { readonly since: number; readonly window: string },
): Promise<Missing> {
  const [numbers, up] = await Promise.all([
    raw(url, tenant, `${scrapeNumber}{job="${job}"}[${window}]`),
    raw(url, tenant, `up{job="${job}"}[${window}]`),
  ]);
  // An answer that came too late for the agent was given, and has a number, and is none that we lost.
  const late = new Map(
    up.map(({ metric, values }) => [
      metric["instance"],
      values.filter(([time, value]) => 1000 * time >= since && value === "0").length,
    ]),
  );
  const lost = numbers.map(({ metric, values }) => {
    const own = values.filter(([time]) => 1000 * time >= since).map(([, value]) => Number(value));
    const given = (own.at(-1) ?? 0) - (own[0] ?? 0) + 1;
    return given - own.length - (late.get(metric["instance"]) ?? 0);
  });
  return {
    series: numbers.length,
    lost: lost.reduce((sum, one) => sum + Math.max(0, one), 0),
    last: Math.min(...numbers.map(({ values }) => 1000 * (values.at(-1)?.[0] ?? 0))),
  };
}

interface RawSeries {
  readonly metric: Readonly<Record<string, string>>;
  readonly values: readonly (readonly [number, string])[];
}

/** Samples as they are stored: what a range selector finds when it is asked at an instant. */
async function raw(url: string, tenant: string, query: string): Promise<readonly RawSeries[]> {
  const answer = await fetch(`${url}/prometheus/api/v1/query`, {
    method: "POST",
    headers: { "X-Scope-OrgID": tenant },
    body: new URLSearchParams({ query }),
  });
  const { data } = (await answer.json()) as { data: { result: readonly RawSeries[] } };
  return data.result;
}
