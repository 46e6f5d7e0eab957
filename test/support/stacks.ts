import { z } from "zod";
import { bundle } from "../../src/bundle.ts";
import type { Environment } from "../../src/cli/servers.ts";
import type { Fleet } from "../../src/fleet/model.ts";
import { defineProject } from "../../src/project.ts";
import { boardQueriesOf } from "./board-queries.ts";
import { testFleet } from "./fleets.ts";
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
}

export const stackKinds = {
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
} as const satisfies Readonly<Record<string, StackKind>>;

/** Empty servers on loopback, and a Grafana that reads them. */
export interface StrangersStack {
  readonly fleet: Fleet;
  /** Where `init` asks, and where series are written. */
  readonly url: string;
  readonly writes: string;
  readonly grafana: Grafana;
  /** What a person sets, and nothing else. */
  readonly environment: Environment;
  readonly stop: () => Promise<void>;
}

export async function startStack(
  { fleet: make, server, editorOf }: StackKind,
  { ruleFiles }: { readonly ruleFiles?: string } = {},
): Promise<StrangersStack> {
  const fleet = make();
  const tenants = fleet.tenantHeader !== undefined;
  const { url, writes, api, stop } = server === "mimir" ? await mimirFor(tenants) : await prometheus(ruleFiles);
  const grafana = await startGrafana(editorOf === undefined ? {} : { editorOf });
  await grafana.seedFolder({ uid: "other", title: "Somebody's" });
  await grafana.seedFolder({ uid: "platform", title: "Platform" });
  const source = { type: "prometheus", access: "proxy" } as const;
  if (!tenants) await grafana.seedDataSource({ ...source, uid: "metrics", name: "Metrics", url: api });
  await grafana.seedDataSource({ ...source, uid: "away", name: "Away", url: "http://127.0.0.1:1" });
  return {
    fleet,
    url,
    writes,
    grafana,
    environment: {
      MIMIR_URL: url,
      GRAFANA_URL: grafana.url,
      GRAFANA_TOKEN: grafana.token,
      ...(tenants && { MIMIR_TENANTS: fleet.tenants.map(({ id }) => id).join("|") }),
    },
    async stop() {
      await grafana.stop();
      await stop();
    },
  };
}

interface MetricsServer extends Pick<StrangersStack, "url" | "writes" | "stop"> {
  /** Where Grafana finds it. */
  readonly api: string;
}

async function mimirFor(tenants: boolean): Promise<MetricsServer> {
  const mimir = await startMimir({ tenants });
  return { url: mimir.url, writes: mimir.url, api: `${mimir.url}/prometheus`, stop: () => mimir.stop() };
}

async function prometheus(ruleFiles: string | undefined): Promise<MetricsServer> {
  const { url, asMimir, stop } = await startPrometheus(ruleFiles === undefined ? {} : { ruleFiles });
  return { url, writes: asMimir, api: url, stop };
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
    for (const { panel, expr, source, says } of boardQueriesOf(dashboard)) {
      const query = new URLSearchParams({ query: expr, time: String(at / 1000) });
      const answer = await asked(grafana, `/api/datasources/proxy/uid/${source}/api/v1/query?${query.toString()}`);
      const empty = vector.parse(answer).data.result.length === 0;
      const key = `${id}: ${panel}`;
      mute.set(key, (mute.get(key) ?? true) && empty && !says);
    }
  }
  return { asked: mute.size, silent: [...mute].flatMap(([key, silent]) => (silent ? [key] : [])) };
}

const whole = z.object({ dashboard: z.looseObject({}) });
const vector = z.object({ data: z.object({ result: z.array(z.unknown()) }) });

async function asked({ url, token }: Grafana, path: string): Promise<unknown> {
  const answer = await fetch(url + path, { headers: { authorization: `Bearer ${token}` } });
  return answer.json();
}
