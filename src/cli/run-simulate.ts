import { setTimeout as sleep } from "node:timers/promises";
import { bundle, type Resource } from "../bundle.ts";
import type { Cluster, Fleet } from "../fleet/model.ts";
import type { Project } from "../project.ts";
import { apply, planFor } from "../publish/apply.ts";
import { http } from "../publish/http.ts";
import { givenUrl, type Server, startServer } from "../servers/server.ts";
import { backfillRules, backfillSeries, type Store } from "../simulate/backfill.ts";
import { exposition } from "../simulate/exposition.ts";
import { faults, parseFault } from "../simulate/faults.ts";
import { seriesOf, type SimulatedSeries } from "../simulate/series.ts";
import { createWorld, type World } from "../simulate/world.ts";
import { colours } from "./colours.ts";
import { type ExitCode, exitCodes } from "./exit-codes.ts";
import { loadProject } from "./load.ts";
import { Misuse } from "./misuse.ts";
import type { CommonOptions, World as Outside } from "./run.ts";
import { rulerTargets } from "./servers.ts";

export interface SimulateOptions extends CommonOptions {
  readonly listFaults?: boolean;
  readonly fault: readonly string[];
  readonly seed: string;
  readonly hours: string;
  /** Print what this cluster exposes, instead of sending it. */
  readonly text?: string;
  readonly at?: string;
  /** Stop after the history is written. */
  readonly once?: boolean;
}

const hour = 3_600_000;
/** How far ahead series are made at a time while it goes on live. */
const horizon = hour;
const beat = 15_000;

/** `fleetglass simulate`: the fleet as it would live, on a real Mimir. */
export async function runSimulate(options: SimulateOptions, outside: Outside): Promise<ExitCode> {
  const { print } = outside;
  if (options.listFaults === true) {
    print(options.json === true ? JSON.stringify(faults, null, 2) : faultsText());
    return exitCodes.done;
  }
  const now = momentOf(options.at);
  const { project } = await loadProject(options.fleet);
  const world = worldOf(project.fleet, options, now);
  if (options.text !== undefined) {
    print(exposition(world, clusterNamed(project.fleet, options.text), now).trimEnd());
    return exitCodes.done;
  }
  return live(project, world, numberOf(options.hours, "--hours"), options.once === true, outside);
}

function faultsText(): string {
  const width = Math.max(...faults.map(({ name }) => name.length));
  return faults.map(({ name, about }) => `${name.padEnd(width)}  ${colours.dim(about)}`).join("\n");
}

function worldOf(fleet: Fleet, { seed, fault }: SimulateOptions, now: number): World {
  try {
    return createWorld(fleet, { seed: numberOf(seed, "--seed"), faults: fault.map((text) => parseFault(text, now)) });
  } catch (error) {
    throw error instanceof RangeError || error instanceof TypeError ? new Misuse(error.message) : error;
  }
}

function numberOf(text: string, option: string): number {
  const value = Number(text);
  if (!Number.isFinite(value) || value < 0) throw new Misuse(`${option} takes a number, not ${text}`);
  return value;
}

function momentOf(text: string | undefined): number {
  if (text === undefined) return Date.now();
  const moment = Date.parse(text);
  if (Number.isNaN(moment)) throw new Misuse(`--at takes a time such as 2026-01-31T12:00:00Z, not ${text}`);
  return moment;
}

function clusterNamed(fleet: Fleet, name: string): Cluster {
  const found = fleet.clusters.find((cluster) => cluster.name === name);
  if (!found)
    throw new Misuse(
      `the fleet has no cluster ${name}; it has ${fleet.clusters.map((cluster) => cluster.name).join(", ")}`,
    );
  return found;
}

async function live(
  project: Project,
  world: World,
  hours: number,
  once: boolean,
  { print, tell }: Outside,
): Promise<ExitCode> {
  const { fleet } = project;
  const given = givenUrl("mimir");
  if (given === undefined) tell("starting a Mimir of its own (set MIMIR_URL to use another) …");
  const server: Server =
    given === undefined
      ? await startServer({ name: "mimir", env: { MIMIR_LOOKBACK: "5m" } })
      : { url: given, stop: async () => undefined };
  const stopping = new AbortController();
  const stop = (): void => stopping.abort();
  process.once("SIGINT", stop).once("SIGTERM", stop);
  try {
    const store: Store = { url: server.url, ...(fleet.tenantHeader !== undefined && { header: fleet.tenantHeader }) };
    const resources = bundle(project);
    const to = Math.floor(Date.now() / beat) * beat;
    const window = { from: to - hours * hour, to };
    const series = fleet.clusters.flatMap((cluster) => seriesOf(world, cluster, window));
    tell(`writing ${hours} h of ${series.length} series …`);
    const written = await backfillSeries(store, series, window, quarters(tell));
    tell("evaluating the rules over them …");
    const recorded = await backfillRules(store, tenantRules(fleet, resources), window);
    await publishRules(project, resources, server.url);
    print(addresses(project, server.url, written + recorded));
    if (!once) await onwards(store, world, to, stopping.signal, tell);
    return exitCodes.done;
  } finally {
    process.off("SIGINT", stop).off("SIGTERM", stop);
    await server.stop();
  }
}

/** Says a quarter once it is done. */
function quarters(tell: Outside["tell"]): (share: number) => void {
  let said = 0;
  return (share) => {
    const quarter = Math.floor(share * 4);
    if (quarter > said) tell(`  ${quarter * 25} %`);
    said = Math.max(said, quarter);
  };
}

function tenantRules(fleet: Fleet, resources: readonly Resource[]): Parameters<typeof backfillRules>[1] {
  return fleet.tenants.map(({ id }) => ({
    tenant: id,
    groups: resources.flatMap((resource) =>
      resource.kind === "rule-group" && resource.at.tenant === id ? [resource.spec] : [],
    ),
  }));
}

async function publishRules(project: Project, resources: readonly Resource[], url: string): Promise<void> {
  const server = http({ name: "Mimir", url, headers: {}, credential: "MIMIR_TOKEN", variable: "MIMIR_URL" });
  const plans = await planFor(resources, rulerTargets(project, server, `Mimir ${url}`));
  const failed = (await apply(plans, { prune: true })).find(({ error }) => error);
  if (failed?.error) throw failed.error;
}

function addresses({ fleet }: Project, url: string, samples: number): string {
  const header = fleet.tenantHeader;
  return [
    colours.bold(
      `${samples.toLocaleString("en")} samples written; it goes on live. Ctrl-C stops it and leaves nothing behind.`,
    ),
    `  Prometheus API  ${url}/prometheus`,
    `  rules           MIMIR_URL=${url} npx fleetglass plan --to live`,
    ...(header === undefined ? [] : [`  tenants         ${header}: ${fleet.tenants.map(({ id }) => id).join(" | ")}`]),
  ].join("\n");
}

/** Writes what was exposed since the last time, again and again. */
async function onwards(
  store: Store,
  world: World,
  from: number,
  signal: AbortSignal,
  tell: Outside["tell"],
): Promise<void> {
  let done = from;
  let series: SimulatedSeries[] = [];
  let until = 0;
  while (!signal.aborted) {
    const now = Math.floor(Date.now() / beat) * beat;
    if (now > until) {
      until = now + horizon;
      series = world.fleet.clusters.flatMap((cluster) => seriesOf(world, cluster, { from: done, to: until }));
    }
    if (now > done) {
      await backfillSeries(store, series, { from: done + 1, to: now });
      done = now;
    }
    await sleep(beat - (Date.now() % beat), undefined, { signal }).catch(() => undefined);
  }
  tell("stopped");
}
