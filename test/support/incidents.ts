import { bundle, metricRules } from "../../src/bundle.ts";
import { secondsOf } from "../../src/duration.ts";
import type { Fleet } from "../../src/fleet/model.ts";
import { defineProject, type Project } from "../../src/project.ts";
import { latencyOf, slo } from "../../src/recording/slo.ts";
import { backfillRules, backfillSeries, rulerMemory } from "../../src/simulate/backfill.ts";
import { parseFault } from "../../src/simulate/faults.ts";
import { seriesOf } from "../../src/simulate/series.ts";
import { createWorld } from "../../src/simulate/world.ts";
import { fleetOf } from "./fleets.ts";
import { range } from "./query.ts";
import { scaled } from "./scaled.ts";

const minute = 60_000;
const day = 86_400;

/** A Tuesday afternoon: worlds and what is done in them are the same whenever they are asked about. */
export const afternoon: number = Date.UTC(2026, 10, 17, 15);

/** Who is told must not depend on when a test runs. */
export const aroundTheClock = {
  timeZone: "UTC",
  days: ["mon", "tue", "wed", "thu", "fri", "sat", "sun"],
  hours: "00:00-23:59",
} as const;

/**
 * The small fleet, without the few exporters for which a simulated cluster of so few pods has no room, and at work around the
 * clock: who is told must not depend on when the test runs.
 */
export function incidentFleet(): Fleet {
  return fleetOf("small", (written) => {
    const clusters = written.clusters.map((cluster) => {
      const absent = { "dev-uaenorth": "triton", "ops-uaenorth": "cert-manager" }[cluster.name];
      if (absent === undefined) return cluster;
      const { override = {}, ...others } = cluster.exporters ?? {};
      return { ...cluster, exporters: { ...others, override: { ...override, [absent]: false } } };
    });
    return {
      ...written,
      clusters,
      alerting: { receivers: [{ kind: "webhook" }, { kind: "heartbeat" }] },
      businessHours: aroundTheClock,
    };
  });
}

/** A project with something promised, so that errors and slowness have an alert. */
export function incidentProject(fleet: Fleet): Project {
  const objective = { default: 0.99, prd: 0.999 };
  return defineProject({
    fleet,
    slos: [
      slo({ service: "checkout", objective }),
      slo({
        name: "latency",
        service: "checkout",
        objective: 0.98,
        sli: latencyOf({ service: "checkout", below: 0.25 }),
      }),
    ],
  });
}

export interface Incident {
  /** As people write them, relative to the end: `cluster-silent@-90m+3h`. */
  readonly faults: readonly string[];
  readonly minutes: number;
  /** Divides what takes a day or longer, in rules. Default 1: their real durations. */
  readonly factor?: number;
}

/** A time for which an alert fires. */
export interface Episode {
  readonly tenant: string;
  readonly labels: Readonly<Record<string, string>>;
  /** Minutes from the first fault. */
  readonly from: number;
  /** Infinity where it still fires at the end. */
  readonly to: number;
}

/** How much is lived at a time, in minutes: memory stays flat, and a range query within its server's limit. */
const stretch = 6 * 60;

/**
 * Lets a fleet live through faults on a real Mimir, and evaluates every rule over that time as its ruler would have, with the
 * rules' own durations: what fired, and when?
 */
export async function replay(
  url: string,
  project: Project,
  { faults, minutes, factor = 1 }: Incident,
): Promise<Episode[]> {
  const { fleet } = project;
  const from = afternoon - minutes * minute;
  const planned = faults.map((fault) => parseFault(fault, afternoon));
  const world = createWorld(fleet, { size: { nodes: 2, pods: 34 }, faults: planned });
  const store = { url, ...(fleet.tenantHeader !== undefined && { header: fleet.tenantHeader }) };
  const resources = bundle(project);
  const tenants = fleet.tenants.map(({ id }) => ({
    tenant: id,
    groups: scaled(metricRules(resources, id), { factor, from: day }),
  }));
  const memory = rulerMemory();
  for (let start = from; start < afternoon; start += stretch * minute) {
    // Both ends belong to a window, and no moment to two.
    const window = { from: start + (start === from ? 0 : 1), to: Math.min(start + stretch * minute, afternoon) };
    for (const cluster of fleet.clusters) await backfillSeries(store, seriesOf(world, cluster, window), window);
    await backfillRules(store, tenants, { ...window, from: start === from ? from + 5 * minute : window.from }, memory);
  }
  const intervals = new Map(
    tenants.flatMap(({ groups }) =>
      groups.flatMap(({ interval, rules }) =>
        rules.flatMap((rule) => ("alert" in rule ? [[rule.alert, 1000 * secondsOf(interval)] as const] : [])),
      ),
    ),
  );
  const begun = Math.min(...planned.map((fault) => fault.from), afternoon);
  const found: Episode[] = [];
  for (const { id } of fleet.tenants) {
    // One minute of each: where a series had no sample then, it did not fire.
    const expr = `count_over_time(ALERTS{alertstate="firing"}[1m])`;
    for (const { labels, points } of await range(url, id, expr, { start: from, end: afternoon, step: minute })) {
      const { alertstate: _, ...own } = labels;
      const every = intervals.get(own["alertname"] ?? "") ?? minute;
      const times = points.map(({ timestamp }) => timestamp);
      const starts = times.filter((at, place) => at - (times[place - 1] ?? -Infinity) > every);
      for (const start of starts) {
        const next = starts.find((other) => other > start) ?? Infinity;
        const last = times.findLast((at) => at < next) ?? start;
        found.push({
          tenant: id,
          labels: own,
          from: (start - begun) / minute,
          to: last + every > afternoon ? Infinity : (last + every - begun) / minute,
        });
      }
    }
  }
  return found;
}

/** `ClusterDown prd-uaenorth silent`, with what tells alerts of one name apart: what is expected is written so. */
export function nameOf(labels: Episode["labels"]): string {
  const { alertname = "", cluster, environment } = labels;
  const apart = ["cause", "drift", "token", "exporter", "owner", "slo", "window"].map((label) => labels[label]);
  return [alertname, cluster ?? environment, ...apart].filter(Boolean).join(" ");
}
