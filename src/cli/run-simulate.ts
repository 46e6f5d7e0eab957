import { bundle, metricRules, type Resource } from "../bundle.ts";
import type { Cluster, Fleet } from "../fleet/model.ts";
import type { Project } from "../project.ts";
import { apply, planFor } from "../publish/apply.ts";
import { http } from "../publish/http.ts";
import { givenUrl } from "../servers/server.ts";
import { backfillRules, backfillSeries, type TenantRules } from "../simulate/backfill.ts";
import { backfillLogs, backfillTraces } from "../simulate/backfill-traffic.ts";
import { exposition } from "../simulate/exposition.ts";
import { faults, parseFault } from "../simulate/faults.ts";
import { backfillHistory } from "../simulate/history.ts";
import { seriesOf } from "../simulate/series.ts";
import { day, moment } from "../simulate/time.ts";
import { createWorld, type World } from "../simulate/world.ts";
import { colours } from "./colours.ts";
import { type ExitCode, exitCodes } from "./exit-codes.ts";
import { liveOn } from "./live-on.ts";
import { loadProject } from "./load.ts";
import { Misuse } from "./misuse.ts";
import { progress } from "./progress.ts";
import type { CommonOptions, World as Outside } from "./run.ts";
import { recordBoards } from "./run-preview.ts";
import { rulerTargets } from "./servers.ts";
import { type Stack, startStack } from "./stack.ts";

export interface SimulateOptions extends CommonOptions {
  readonly listFaults?: boolean;
  readonly fault: readonly string[];
  readonly seed: string;
  /** The window of raw samples. */
  readonly from: string;
  readonly to: string;
  /** How much history of the aggregated series comes before it. */
  readonly days: string;
  /** Print what this cluster exposes, instead of sending it. */
  readonly text?: string;
  readonly at?: string;
  /** Stop after the history is written. */
  readonly once?: boolean;
  /** Keep in this file what the server answers to these boards, and stop. */
  readonly record?: string;
  readonly board: readonly string[];
}

/** The beat of a scrape: windows begin and end on it. */
const beat = 15_000;

/** `fleetglass simulate`: the fleet as it would live, on real servers. */
export async function runSimulate(options: SimulateOptions, outside: Outside): Promise<ExitCode> {
  const { print } = outside;
  if (options.listFaults === true) {
    print(options.json === true ? JSON.stringify(faults, null, 2) : faultsText());
    return exitCodes.done;
  }
  const now = Date.now();
  const { project } = await loadProject(options.fleet);
  if (options.text !== undefined) {
    const at = momentOf(options.at ?? "now", "--at", now);
    const world = worldOf(project.fleet, options, at);
    print(exposition(world, clusterNamed(project.fleet, options.text), at).trimEnd());
    return exitCodes.done;
  }
  const window = windowOf(options, now);
  const days = numberOf(options.days, "--days");
  // What ends in the past has no present to go on with.
  const goesOn = options.once !== true && options.record === undefined && options.to === "now";
  const world = worldOf(project.fleet, options, window.to);
  return simulate({ project, world, window, days, goesOn, options }, outside);
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
  if (text.trim() === "" || !Number.isFinite(value) || value < 0)
    throw new Misuse(`${option} takes a number, not ${text}`);
  return value;
}

function momentOf(text: string, option: string, now: number): number {
  const found = moment(text, now);
  if (found === undefined)
    throw new Misuse(`${option} takes a time such as now, -6h or 2026-01-31T12:00:00Z, not ${text}`);
  return found;
}

function windowOf(
  { from: start, to: end }: SimulateOptions,
  now: number,
): { readonly from: number; readonly to: number } {
  const to = Math.floor(momentOf(end, "--to", now) / beat) * beat;
  const from = Math.floor(momentOf(start, "--from", to) / beat) * beat;
  if (to > now) throw new Misuse(`--to ${end} has not come yet: no server takes samples of the future`);
  if (from >= to) throw new Misuse(`--from ${start} is not before --to ${end}`);
  return { from, to };
}

function clusterNamed(fleet: Fleet, name: string): Cluster {
  const found = fleet.clusters.find((cluster) => cluster.name === name);
  if (!found)
    throw new Misuse(
      `the fleet has no cluster ${name}; it has ${fleet.clusters.map((cluster) => cluster.name).join(", ")}`,
    );
  return found;
}

interface Simulation {
  readonly project: Project;
  readonly world: World;
  readonly window: { readonly from: number; readonly to: number };
  readonly days: number;
  readonly goesOn: boolean;
  readonly options: SimulateOptions;
}

async function simulate(simulation: Simulation, outside: Outside): Promise<ExitCode> {
  const { project, world, window, goesOn } = simulation;
  const { fleet } = project;
  const stack = await startStack(fleet, outside);
  const stopping = new AbortController();
  const stop = (): void => stopping.abort();
  process.once("SIGINT", stop).once("SIGTERM", stop);
  try {
    const resources = bundle(project);
    const written = await fill(simulation, stack, resources, outside.tell);
    await publishRules(project, resources, stack.metrics.url);
    outside.print(addresses(project, stack, { written, goesOn, environment: outside.environment }));
    if (simulation.options.record !== undefined) {
      return await recorded(simulation.options.record, simulation, { stack, resources, tell: outside.tell });
    }
    if (goesOn) await liveOn(stack, world, window.to, stopping.signal);
    if (stopping.signal.aborted) outside.tell("stopped");
    return exitCodes.done;
  } finally {
    process.off("SIGINT", stop).off("SIGTERM", stop);
    await stack.stop();
  }
}

interface Recorded {
  readonly stack: Stack;
  readonly resources: readonly Resource[];
  readonly tell: Outside["tell"];
}

/** Those that are named, else the boards of the widest view. */
function recorded(
  to: string,
  { options, window }: Simulation,
  { stack, resources, tell }: Recorded,
): Promise<ExitCode> {
  const uids = resources.flatMap((one) => (one.kind === "dashboard" ? [one.id] : []));
  const unknown = options.board.find((uid) => !uids.includes(uid));
  if (unknown !== undefined) throw new Misuse(`there is no board ${unknown}; there are ${uids.join(", ")}`);
  const boards = options.board.length > 0 ? options.board : ["multi-cluster-overview"];
  const { fleet } = options;
  return recordBoards(
    { to, boards, until: window.to, mimir: stack.metrics.url, ...(fleet !== undefined && { fleet }) },
    tell,
  );
}

/** The one order that a server takes: old aggregates, raw samples, and what rules make of these. */
async function fill(
  { project: { fleet }, world, window, days }: Simulation,
  { metrics, logs, traces }: Stack,
  resources: readonly Resource[],
  tell: Outside["tell"],
): Promise<number> {
  const rules = tenantRules(fleet, resources);
  let written = 0;
  if (days > 0) {
    written += await told(`${days} days of aggregates`, tell, (at) =>
      backfillHistory(metrics, world, { from: window.from - days * day, to: window.from }, at),
    );
  }
  const series = fleet.clusters.flatMap((cluster) => seriesOf(world, cluster, window));
  written += await told(`${series.length} series`, tell, (at) => backfillSeries(metrics, series, window, at));
  tell("evaluating the rules over them …");
  written += await backfillRules(metrics, rules, window);
  if (logs) await told("their logs", tell, (at) => backfillLogs(logs, world, window, at));
  if (traces) await told("their traces", tell, (at) => backfillTraces(traces, world, window, at));
  return written;
}

async function told(what: string, tell: Outside["tell"], work: (at: (share: number) => void) => Promise<number>) {
  const shown = progress(`writing ${what} …`, tell);
  try {
    return await work(shown.at);
  } finally {
    shown.end();
  }
}

function tenantRules(fleet: Fleet, resources: readonly Resource[]): TenantRules[] {
  return fleet.tenants.map(({ id }) => ({
    tenant: id,
    groups: metricRules(resources, id),
  }));
}

async function publishRules(project: Project, resources: readonly Resource[], url: string): Promise<void> {
  const server = http({ name: "Mimir", url, headers: {}, credential: "MIMIR_TOKEN", variable: "MIMIR_URL" });
  const plans = await planFor(resources, rulerTargets(project, server, `Mimir ${url}`));
  const failed = (await apply(plans, { prune: true })).find(({ error }) => error);
  if (failed?.error) throw failed.error;
}

interface Outcome {
  readonly written: number;
  readonly goesOn: boolean;
  readonly environment: Outside["environment"];
}

function addresses({ fleet }: Project, { metrics, logs }: Stack, { written, goesOn, environment }: Outcome): string {
  const header = fleet.tenantHeader;
  const next = goesOn ? "it goes on live. Ctrl-C stops it and leaves nothing behind." : "that is all.";
  const lokiVariable = logs === undefined ? "" : ` LOKI_URL=${logs.url}`;
  const said = colours.bold(`${written.toLocaleString("en")} samples written; ${next}`);
  // A server of our own is gone with us.
  if (!goesOn && givenUrl("mimir", environment) === undefined) return said;
  return [
    said,
    `  Prometheus API  ${metrics.url}/prometheus`,
    ...(logs === undefined ? [] : [`  Loki            ${logs.url}`]),
    `  rules           MIMIR_URL=${metrics.url} npx fleetglass plan --to live`,
    `  boards          MIMIR_URL=${metrics.url}${lokiVariable} npx fleetglass preview`,
    ...(header === undefined ? [] : [`  tenants         ${header}: ${fleet.tenants.map(({ id }) => id).join(" | ")}`]),
  ].join("\n");
}
