import { createServer, request } from "node:http";
import type { AddressInfo } from "node:net";
import * as z from "zod";
import { bundle } from "../../src/bundle.ts";
import type { Environment } from "../../src/cli/servers.ts";
import type { Fleet } from "../../src/fleet/model.ts";
import type { JobPreset } from "../../src/labels.ts";
import { defineProject } from "../../src/project.ts";
import { boardQueriesOf } from "./board-queries.ts";
import { fleetOf, testFleet } from "./fleets.ts";
import { type Grafana, startGrafana } from "./grafana.ts";
import { startMimir } from "./mimir.ts";
import { startPrometheus } from "./prometheus.ts";

/** What a stranger may have: a fleet, what holds its metrics, and what their token may do in Grafana. */
export interface StackKind {
  readonly what: string;
  readonly fleet: () => Fleet;
  readonly server: "mimir" | "prometheus";
  /** The one folder that the token may save boards in; else it may do everything. */
  readonly editorOf?: string;
  /** Nobody evaluates rules: Mimir has no ruler, so `init` leaves them out. */
  readonly boardsOnly?: true;
  /** The address under which people know it, of a cloud's; it is the server here all the same. */
  readonly known?: string;
}

/** The brownfield fleet, where another agent scrapes. */
function scrapedBy(jobs: JobPreset): Fleet {
  return fleetOf("brownfield", (written) => ({
    ...written,
    labels: { ...written.labels, cluster: "cluster" },
    defaults: {
      ...written.defaults,
      exporters: { jobs, override: { opencost: false, "prometheus-agent": false, alloy: jobs === "alloy" } },
    },
  }));
}

export const stackKinds = {
  boardsOnly: {
    what: "a brownfield fleet, boards only",
    fleet: () => testFleet("brownfield"),
    server: "mimir",
    editorOf: "platform",
    boardsOnly: true,
  },
  brownfield: {
    what: "a brownfield fleet",
    fleet: () => testFleet("brownfield"),
    server: "mimir",
    editorOf: "platform",
  },
  reference: {
    what: "the reference fleet",
    fleet: () => testFleet("small"),
    server: "mimir",
  },
  regions: {
    what: "a fleet of three regions",
    fleet: () => testFleet("atlas"),
    server: "mimir",
  },
  teams: {
    what: "a fleet with three tenants an environment",
    fleet: () => testFleet("teams"),
    server: "mimir",
  },
  prometheus: {
    what: "a Prometheus without tenants",
    fleet: () => testFleet("brownfield"),
    server: "prometheus",
  },
  grafanaCloud: {
    what: "Grafana Cloud, and its chart k8s-monitoring",
    fleet: () => scrapedBy("alloy"),
    server: "mimir",
    known: "http://prometheus-prod-01-eu-west-0.grafana.net/api/prom",
  },
  azureManaged: {
    what: "Azure's managed Prometheus, and its agent ama-metrics",
    fleet: () => scrapedBy("ama-metrics"),
    server: "prometheus",
    known: "http://acme.westeurope.prometheus.monitor.azure.com",
  },
} as const satisfies Readonly<Record<string, StackKind>>;

/** Empty servers on loopback, and a Grafana that reads them. */
export interface StrangersStack {
  readonly fleet: Fleet;
  /** Where `init` asks, and where series are written. */
  readonly url: string;
  readonly writes: string;
  /** The server itself, for what is no stranger's to do. */
  readonly server: string;
  readonly grafana: Grafana;
  /** What a person sets, and nothing else. */
  readonly environment: Environment;
  readonly stop: () => Promise<void>;
}

export async function startStack(
  { fleet: make, server: kind, editorOf, known, boardsOnly }: StackKind,
  { ruleFiles }: { readonly ruleFiles?: string } = {},
): Promise<StrangersStack> {
  const fleet = make();
  const tenants = fleet.tenantHeader !== undefined;
  const { url, writes, api, stop } =
    kind === "mimir" ? await mimirFor(tenants, boardsOnly === true) : await prometheus(ruleFiles);
  const grafana = await startGrafana(editorOf === undefined ? {} : { editorOf });
  await grafana.seedFolder({ uid: "other", title: "Somebody's" });
  await grafana.seedFolder({ uid: "platform", title: "Platform" });
  const source = { type: "prometheus", access: "proxy" } as const;
  if (!tenants) await grafana.seedDataSource({ ...source, uid: "metrics", name: "Metrics", url: api });
  const cloud = known === undefined ? undefined : await startCloud(url);
  await grafana.seedDataSource({ ...source, uid: "away", name: "Away", url: "http://127.0.0.1:1" });
  return {
    fleet,
    url: known ?? url,
    writes,
    server: url,
    grafana,
    environment: {
      ...(cloud && { HTTP_PROXY: cloud.url, NO_PROXY: "127.0.0.1" }),
      MIMIR_URL: known ?? url,
      GRAFANA_URL: grafana.url,
      GRAFANA_TOKEN: grafana.token,
      ...(tenants && { MIMIR_TENANTS: fleet.tenants.map(({ id }) => id).join("|") }),
    },
    async stop() {
      cloud?.stop();
      await grafana.stop();
      await stop();
    },
  };
}

interface MetricsServer extends Pick<StrangersStack, "url" | "writes" | "stop"> {
  /** Where Grafana finds it. */
  readonly api: string;
}

async function mimirFor(tenants: boolean, withoutRules: boolean): Promise<MetricsServer> {
  const mimir = await startMimir({ tenants, ...(withoutRules && { without: "rules" }) });
  return { url: mimir.url, writes: mimir.url, api: `${mimir.url}/prometheus`, stop: () => mimir.stop() };
}

async function prometheus(ruleFiles: string | undefined): Promise<MetricsServer> {
  const { url, asMimir, stop } = await startPrometheus(ruleFiles === undefined ? {} : { ruleFiles });
  return { url, writes: asMimir, api: url, stop };
}

/** What leads to a cloud, as a company's proxy does: whatever name is asked for, it is the server here. */
async function startCloud(to: string): Promise<{ readonly url: string; readonly stop: () => void }> {
  const server = createServer((incoming, outgoing) => {
    const { pathname, search } = new URL(incoming.url ?? "/", to);
    const { method, headers } = incoming;
    const through = request(to + pathname + search, { method, headers }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 500, answer.headers);
      answer.pipe(outgoing);
    });
    through.on("error", () => outgoing.destroy());
    incoming.pipe(through);
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

/** Which panels of the boards that Grafana holds answer, and which stay silent, as one looks at them at a moment. */
export interface Panels {
  readonly asked: number;
  readonly silent: readonly string[];
}

/** Of the SREs' boards: those of an environment ask the same. */
export async function panelsOf(fleet: Fleet, grafana: Grafana, at: number): Promise<Panels> {
  const others = fleet.environments.map(({ name }) => `${name}-`);
  const boards = bundle(defineProject({ fleet })).filter(
    ({ kind, id }) => kind === "dashboard" && !others.some((one) => id.startsWith(one)),
  );
  const mute = new Map<string, boolean>();
  for (const { id } of boards) {
    const { dashboard } = whole.parse(await asked(grafana, `/api/dashboards/uid/${id}`));
    for (const { panel, language, expr, source, says } of boardQueriesOf(dashboard)) {
      if (language !== "promql") continue;
      const query = new URLSearchParams({ query: expr, time: String(at / 1000) });
      const answer = await asked(grafana, `/api/datasources/proxy/uid/${source}/api/v1/query`, query);
      const empty = vector.parse(answer).data.result.length === 0;
      const key = `${id}: ${panel}`;
      mute.set(key, (mute.get(key) ?? true) && empty && !says);
    }
  }
  return { asked: mute.size, silent: [...mute].flatMap(([key, silent]) => (silent ? [key] : [])) };
}

const whole = z.object({ dashboard: z.looseObject({}) });
const vector = z.object({ data: z.object({ result: z.array(z.unknown()) }) });

async function asked({ url, token }: Grafana, path: string, form?: URLSearchParams): Promise<unknown> {
  const answer = await fetch(url + path, {
    headers: { authorization: `Bearer ${token}` },
    ...(form && { method: "POST", body: form }),
  });
  return answer.json();
}
