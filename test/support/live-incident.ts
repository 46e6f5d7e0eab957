import { setTimeout as sleep } from "node:timers/promises";
import { bundle, namespaceOf, type Resource } from "../../src/bundle.ts";
import type { Project } from "../../src/project.ts";
import { apply, planFor } from "../../src/publish/apply.ts";
import { http } from "../../src/publish/http.ts";
import { mimirRuler } from "../../src/publish/mimir-ruler.ts";
import { startServer } from "../../src/servers/server.ts";
import type { FaultName, FaultWindow } from "../../src/simulate/faults.ts";
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
}

/** A fleet that lives now, a ruler that watches it, and both notifiers, each of which tells the same receiver. */
export interface Live {
  /** Of the server that holds its series. */
  readonly url: string;
  readonly notified: (by: Notifier) => readonly Notified[];
  /** Something goes wrong from now on, or in a moment: when, in milliseconds. */
  readonly begin: (...faults: readonly { readonly name: FaultName; readonly cluster: string }[]) => number;
  readonly stop: () => Promise<void>;
}

const scrape = 30_000;
const lookback = 300;

/** How far a world is made ahead. */
const ahead = 20 * 60_000;

export async function startLive(project: Project, { factor, groups, keep = () => true }: LiveOptions): Promise<Live> {
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
  await publish(mimir.url, project, { factor, groups });
  return {
    url: mimir.url,
    notified: (by) => receiver.notified.filter(({ path }) => path === by),
    begin(...names) {
      const from = Date.now();
      faults.push(...names.map((fault) => ({ ...fault, from, to: from + 24 * 3_600_000 })));
      series = lived();
      return from;
    },
    async stop() {
      stopped.abort();
      await live;
      receiver.stop();
      await Promise.all([mimir.stop(), shared.stop()]);
    },
  };
}

async function publish(
  url: string,
  project: Project,
  { factor, groups }: Pick<LiveOptions, "factor" | "groups">,
): Promise<void> {
  const server = http({ name: "Mimir", url, headers: {}, credential: "", variable: "" });
  const rules = bundle(project).flatMap((one): Resource[] =>
    one.kind === "rule-group" && one.at.system === "mimir" && (groups.includes(one.id) || one.id === "fleetglass")
      ? [{ ...one, spec: scaled(one.spec, { factor }) }]
      : [],
  );
  const targets = project.fleet.tenants.map(({ id }) =>
    mimirRuler(server, {
      title: "Mimir",
      tenant: id,
      header: "X-Scope-OrgID",
      namespace: namespaceOf(project.name),
    }),
  );
  const applied = await apply(await planFor(rules, targets), { prune: false });
  const failed = applied.filter(({ error }) => error !== undefined);
  if (failed.length > 0) throw new Error(failed.map(({ error }) => String(error)).join("\n"));
}
