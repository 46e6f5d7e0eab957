import { createServer } from "node:http";
import { text } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import { stringify } from "yaml";
import { alertmanagerOf, bundle, metricRules } from "../../src/bundle.ts";
import type { Fleet } from "../../src/fleet/model.ts";
import { defineProject, type Project } from "../../src/project.ts";
import { slo } from "../../src/recording/slo.ts";
import { backfillRules, backfillSeries } from "../../src/simulate/backfill.ts";
import { parseFault } from "../../src/simulate/faults.ts";
import { seriesOf } from "../../src/simulate/series.ts";
import { createWorld } from "../../src/simulate/world.ts";
import { fleetOf } from "./fleets.ts";
import { range } from "./query.ts";
import { scaled } from "./scaled.ts";

const minute = 60_000;

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
      businessHours: {
        timeZone: "UTC",
        days: ["mon", "tue", "wed", "thu", "fri", "sat", "sun"],
        hours: "00:00-23:59",
      },
    };
  });
}

export interface Incident {
  /** As people write them, relative to the end: `cluster-silent@-90m+3h`. */
  readonly faults: readonly string[];
  readonly minutes: number;
  /** Divides what takes a day or longer, in rules. Default 1: their real durations. */
  readonly factor?: number;
}

export interface Fired {
  readonly tenant: string;
  readonly labels: Readonly<Record<string, string>>;
  /** Minutes from the first fault to the first firing. */
  readonly after: number;
}

/** A project with something promised, so that errors and slowness have an alert. */
export function incidentProject(fleet: Fleet): Project {
  return defineProject({ fleet, slos: [slo({ service: "checkout", objective: 0.999 })] });
}

/**
 * Lets a fleet live through faults on a real Mimir, and evaluates every rule over that time as its ruler would have, with the
 * rules' own durations: what fired, and when?
 */
export async function replay(
  url: string,
  project: Project,
  { faults, minutes, factor = 1 }: Incident,
): Promise<Fired[]> {
  const { fleet } = project;
  const to = Math.floor(Date.now() / minute) * minute;
  const window = { from: to - minutes * minute, to };
  const planned = faults.map((fault) => parseFault(fault, to));
  const world = createWorld(fleet, { size: { nodes: 2, pods: 34 }, faults: planned });
  const store = { url, ...(fleet.tenantHeader !== undefined && { header: fleet.tenantHeader }) };
  for (const cluster of fleet.clusters) await backfillSeries(store, seriesOf(world, cluster, window), window);
  const resources = scaled(bundle(project), factor);
  const tenants = fleet.tenants.map(({ id }) => ({
    tenant: id,
    groups: metricRules(resources, id),
  }));
  await backfillRules(store, tenants, { from: window.from + 5 * minute, to });
  const begun = Math.min(...planned.map(({ from }) => from), to);
  const found: Fired[] = [];
  for (const { id } of fleet.tenants) {
    const lines = await range(url, id, `ALERTS{alertstate="firing"}`, { start: window.from, end: to, step: minute });
    for (const { labels, points } of lines) {
      const { __name__: _, alertstate: __, ...own } = labels;
      found.push({ tenant: id, labels: own, after: ((points[0]?.timestamp ?? 0) - begun) / minute });
    }
  }
  return found;
}

/** `ClusterDown prd-uaenorth`, with what tells alerts of one name apart: what is expected is written so. */
export function nameOf({ labels }: Pick<Fired, "labels">): string {
  const { alertname = "", cluster, environment, cause, drift, token, exporter, owner } = labels;
  return [alertname, cluster ?? environment, cause ?? drift ?? token ?? exporter ?? owner].filter(Boolean).join(" ");
}

export interface Notified {
  readonly tenant: string;
  readonly receiver: string;
  readonly alert: string;
}

/**
 * Hands what fires to Mimir's Alertmanager, under the fleet's routing with its times divided by 60, and returns what arrives at
 * the receivers: after grouping, inhibition and all.
 */
export async function notifications(url: string, project: Project, fired: readonly Fired[]): Promise<Notified[]> {
  const arrived: Notified[] = [];
  const listener = createServer((request, response) => {
    void text(request).then((body) => {
      const tenant = (request.url ?? "/").slice(1);
      const { receiver, alerts } = JSON.parse(body) as {
        receiver: string;
        alerts: { labels: Record<string, string> }[];
      };
      for (const { labels } of alerts) arrived.push({ tenant, receiver, alert: nameOf({ labels }) });
      response.end();
    });
  });
  await new Promise<void>((resolve) => listener.listen(0, "127.0.0.1", resolve));
  const address = listener.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  try {
    for (const tenant of project.fleet.tenants) {
      const { config, templates } = alertmanagerOf(project, tenant);
      const quick = stringify(config, { lineWidth: 0 })
        .replaceAll(/url:\n\s+env: \w+/gu, `url: http://127.0.0.1:${port}/${tenant.id}`)
        .replaceAll(/(group_wait|group_interval): \w+/gu, "$1: 500ms");
      const headers = { "X-Scope-OrgID": tenant.id };
      await sent(`${url}/api/v1/alerts`, headers, stringify({ template_files: templates, alertmanager_config: quick }));
    }
    // It looks for new configurations every second.
    await sleep(4000);
    for (const { id } of project.fleet.tenants) {
      const own = fired.filter(({ tenant }) => tenant === id);
      const alerts = own.map(({ labels }) => ({
        labels,
        annotations: {},
        startsAt: new Date(Date.now() - minute).toISOString(),
      }));
      if (alerts.length === 0) continue;
      const headers = { "X-Scope-OrgID": id, "Content-Type": "application/json" };
      await sent(`${url}/alertmanager/api/v2/alerts`, headers, JSON.stringify(alerts));
    }
    // Two groups' intervals and more after the last that can come.
    await sleep(4000);
  } finally {
    listener.closeAllConnections();
    listener.close();
  }
  return arrived;
}

async function sent(url: string, headers: Readonly<Record<string, string>>, body: string): Promise<void> {
  const response = await fetch(url, { method: "POST", headers, body });
  if (!response.ok) throw new Error(`${url} answered ${response.status}: ${await response.text()}`);
}
