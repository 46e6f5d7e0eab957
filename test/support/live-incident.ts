import { setTimeout as sleep } from "node:timers/promises";
import { bundle, namespaceOf, type Resource } from "../../src/bundle.ts";
import type { Project } from "../../src/project.ts";
import { apply, planFor } from "../../src/publish/apply.ts";
import { http } from "../../src/publish/http.ts";
import { lokiRuler } from "../../src/publish/loki-ruler.ts";
import { mimirRuler } from "../../src/publish/mimir-ruler.ts";
import { startServer } from "../../src/servers/server.ts";
import type { FaultName, FaultWindow } from "../../src/simulate/faults.ts";
import { logs } from "../../src/simulate/logs.ts";
import { otlpLogs } from "../../src/simulate/otlp.ts";
import { remoteWrite } from "../../src/simulate/remote-write.ts";
import { seriesOf, type SimulatedSeries } from "../../src/simulate/series.ts";
import { createWorld } from "../../src/simulate/world.ts";
import { type Notifier, tellByAlertmanager, tellByMimir } from "./notifiers.ts";
import { type Notified, startReceiver } from "./receiver.ts";
import { scaled } from "./scaled.ts";

export interface LiveOptions {
  /** Divides every length of time: of rules, routes, scrapes and lookback. */
  readonly factor: number;
  /** Of the rules only these groups: a ruler that evaluates all every second is busy with itself. */
  readonly groups: readonly string[];
  /** Which series there are. Default: all. */
  readonly keep?: (series: SimulatedSeries) => boolean;
  /** Whether pods write too, to a Loki whose ruler watches their lines. */
  readonly lines?: boolean;
}

/** A fleet that lives now, a ruler that watches it, and both notifiers, each of which tells the same receiver. */
export interface Live {
  /** Of the server that holds its series. */
  readonly url: string;
  /** Of the server that holds its lines, if pods write. */
  readonly loki: string;
  readonly notified: (by: Notifier) => readonly Notified[];
  /** Something goes wrong from now on, or in a moment: when, in milliseconds. */
  readonly begin: (...faults: readonly { readonly name: FaultName; readonly cluster: string }[]) => number;
  readonly stop: () => Promise<void>;
}

const scrape = 30_000;
const lookback = 300;

/** How far a world is made ahead. */
const ahead = 20 * 60_000;

export async function startLive(
  project: Project,
  { factor, groups, keep = () => true, lines = false }: LiveOptions,
): Promise<Live> {
  const { fleet } = project;
  const receiver = await startReceiver();
  const shared = await tellByAlertmanager(project, { receiver, path: "alertmanager", factor });
  const mimir = await startServer({
    name: "mimir",
    env: { MIMIR_LOOKBACK: `${lookback / factor}s`, MIMIR_ALSO_TELLS: `,${shared.of("").url}` },
  });
  await tellByMimir(mimir.url, project, { receiver, path: "mimir", factor });

  const faults: FaultWindow[] = [];
  const lived = (): Map<string, SimulatedSeries[]> => {
    const now = Date.now();
    const window = { from: now - 60_000, to: now + ahead };
    const world = createWorld(fleet, { size: { nodes: 2, pods: 34 }, mess: false, faults });
    return new Map(
      fleet.tenants.map(({ id, clusters }) => [
        id,
        clusters.flatMap((cluster) => seriesOf(world, cluster, window)).filter(keep),
      ]),
    );
  };
  let series = lived();
  const write = async (timestamp: number): Promise<void> => {
    for (const [tenant, own] of series) {
      const samples = own.flatMap(({ labels, at }) => {
        const value = at(timestamp);
        return value === undefined ? [] : [{ labels, samples: [{ timestamp, value }] }];
      });
      if (samples.length > 0) await remoteWrite(mimir.url, { tenant }).send(samples);
    }
  };
  const stopped = new AbortController();
  const every = scrape / factor;
  const live = (async () => {
    while (!stopped.signal.aborted) {
      const now = Math.floor(Date.now() / every) * every;
      await write(now);
      await sleep(Math.max(0, now + every - Date.now()));
    }
  })();
  const toAll = `${mimir.url}/alertmanager,${shared.of("").url}`;
  const loki = lines ? await startServer({ name: "loki", env: { LOKI_TELLS: toAll } }) : undefined;
  const start = Date.now();
  /** Of a world whose time goes as much faster as rules look at less of it: as many lines are in a window as there would be. */
  const writing = (async () => {
    if (!loki) return;
    const senders = new Map(fleet.tenants.map(({ id }) => [id, otlpLogs(loki.url, { tenant: id })]));
    const worldly = (real: number): number => start + (real - start) * factor;
    let world = createWorld(fleet, { size: { nodes: 2, pods: 34 }, mess: false });
    let known = 0;
    for (let done = start; !stopped.signal.aborted;) {
      const now = Date.now();
      if (faults.length > known) {
        known = faults.length;
        const windows = faults.map((one) => ({ ...one, from: worldly(one.from), to: Infinity }));
        world = createWorld(fleet, { size: { nodes: 2, pods: 34 }, mess: false, faults: windows });
      }
      const said = [...logs(world, { from: worldly(done), to: worldly(now) })];
      for (const [tenant, sender] of senders) {
        const own = said.filter(({ resource }) => resource.cluster.tenant === tenant);
        await sender.send(own.map((line) => ({ ...line, timestamp: start + (line.timestamp - start) / factor })));
      }
      done = now;
      await sleep(1000);
    }
  })();
  await publish(project, { system: "mimir", url: mimir.url }, { factor, groups });
  if (loki) await publish(project, { system: "loki", url: loki.url }, { factor });
  return {
    url: mimir.url,
    loki: loki?.url ?? "",
    notified: (by) => receiver.notified.filter(({ path }) => path === by),
    begin(...names) {
      const from = Date.now();
      faults.push(...names.map((fault) => ({ ...fault, from, to: from + 24 * 3_600_000 })));
      series = lived();
      return from;
    },
    async stop() {
      stopped.abort();
      await Promise.all([live, writing]);
      receiver.stop();
      await Promise.all([mimir.stop(), loki?.stop(), shared.stop()]);
    },
  };
}

const rulers = { mimir: mimirRuler, loki: lokiRuler } as const;
const languages = { mimir: "promql", loki: "logql" } as const;

async function publish(
  project: Project,
  { system, url }: { readonly system: keyof typeof rulers; readonly url: string },
  { factor, groups }: { readonly factor: number; readonly groups?: readonly string[] },
): Promise<void> {
  const server = http({ name: system, url, headers: {}, credential: "", variable: "" });
  const language = languages[system];
  const isWanted = (id: string): boolean => groups?.includes(id) ?? true;
  const rules = bundle(project).flatMap((one): Resource[] =>
    one.kind === "rule-group" && one.at.system === system && (isWanted(one.id) || one.id === "fleetglass")
      ? [{ ...one, spec: scaled(one.spec, { factor, language }) }]
      : [],
  );
  const targets = project.fleet.tenants.map(({ id }) =>
    rulers[system](server, {
      title: system,
      tenant: id,
      header: "X-Scope-OrgID",
      namespace: namespaceOf(project.name),
    }),
  );
  const applied = await apply(await planFor(rules, targets), { prune: false });
  const failed = applied.filter(({ error }) => error !== undefined);
  if (failed.length > 0) throw new Error(failed.map(({ error }) => String(error)).join("\n"));
}
