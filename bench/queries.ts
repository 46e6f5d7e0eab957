import { readFileSync } from "node:fs";
import { bundle, metricRules, type Resource } from "../src/bundle.ts";
import type { Fleet } from "../src/fleet/model.ts";
import { parseFleet } from "../src/fleet/parse.ts";
import { defineFleet, defineProject } from "../src/project.ts";
import { startServer } from "../src/servers/server.ts";
import { backfillRules, backfillSeries } from "../src/simulate/backfill.ts";
import { backfillHistory } from "../src/simulate/history.ts";
import { seriesOf } from "../src/simulate/series.ts";
import { createWorld } from "../src/simulate/world.ts";
import { type BoardQuery, boardQueries } from "../test/support/board-queries.ts";

const minute = 60_000;
const hour = 60 * minute;

/** What Grafana asks for: six hours, a point every half minute. */
const shown = 6 * hour;
const step = 30;
const rounds = 20;

/**
 * How long does the whole Multi-Cluster Overview take to load, all its queries at once as Grafana sends them, on a warm
 * Mimir: with the four clusters of the small fleet, and with a hundred clusters of two nodes and ten pods? Beside it the
 * same board as hand-made ones ask: two of its numbers from raw series, by pod.
 */
export async function queries(): Promise<string> {
  const file = "test/fleets/small.yaml";
  const small = parseFleet(readFileSync(file, "utf8"), file);
  const four = await loaded("  4 clusters", small, {});
  const hundred = await loaded("100 clusters", ofHundred(), { nodes: 2, pods: 10 });
  return [...four, ...hundred].join("\n");
}

function ofHundred(): Fleet {
  const environments = ["dev", "stg", "prd"];
  return defineFleet({
    name: "hundred",
    environments: [...environments.map((name) => ({ name })), { name: "ops" }],
    clusters: [
      ...Array.from({ length: 99 }, (_, at) => ({
        name: `${environments[at % 3]}-${at}`,
        environment: environments[at % 3] ?? "dev",
        region: `region-${at % 5}`,
      })),
      { name: "ops-0", environment: "ops", region: "region-0", type: "ops" as const },
    ],
    backends: [{ kind: "mimir", url: "http://mimir/prometheus" }],
  });
}

async function loaded(
  what: string,
  fleet: Fleet,
  size: { readonly nodes?: number; readonly pods?: number },
): Promise<string[]> {
  const server = await startServer({ name: "mimir" });
  try {
    const to = Math.floor(Date.now() / minute) * minute;
    const resources = bundle(defineProject({ fleet }));
    await fill(server.url, fleet, resources, { to, size });
    const asked = boardQueries(resources).filter(({ board }) => board === "multi-cluster-overview");
    const tenants = fleet.tenants.map(({ id }) => id).join("|");
    const byHand = [
      "sum by (cluster) (rate(container_cpu_usage_seconds_total[2m])) / sum by (cluster) (machine_cpu_cores)",
      "sum by (cluster) (container_memory_working_set_bytes) / sum by (cluster) (machine_memory_bytes)",
    ].map((expr) => ({ expr, tenants, instant: false }));
    return [
      `  ${what}: the overview, ${asked.length} queries at once: ${await times(server.url, asked, to)}`,
      `  ${what}: two numbers by hand from raw series: ${await times(server.url, byHand, to)}`,
    ];
  } finally {
    await server.stop();
  }
}

/** Half an hour as it was scraped, with its rules evaluated over it; what was recorded before that. */
async function fill(
  url: string,
  fleet: Fleet,
  resources: readonly Resource[],
  { to, size }: { readonly to: number; readonly size: { readonly nodes?: number; readonly pods?: number } },
): Promise<void> {
  const store = { url, header: "X-Scope-OrgID" };
  const window = { from: to - 30 * minute, to };
  const world = createWorld(fleet, { size });
  await backfillHistory(store, world, { from: to - shown, to: window.from });
  for (const cluster of fleet.clusters) await backfillSeries(store, seriesOf(world, cluster, window), window);
  const tenants = fleet.tenants.map(({ id }) => ({
    tenant: id,
    groups: metricRules(resources, id),
  }));
  await backfillRules(store, tenants, { from: window.from + 5 * minute, to });
}

type Asked = Pick<BoardQuery, "expr" | "tenants" | "instant">;

async function times(url: string, asked: readonly Asked[], to: number): Promise<string> {
  const took: number[] = [];
  for (let round = -3; round < rounds; round += 1) {
    const before = performance.now();
    await Promise.all(asked.map((query) => ask(url, query, to)));
    // The first ones warm it.
    if (round >= 0) took.push(performance.now() - before);
  }
  took.sort((a, b) => a - b);
  const at = (share: number): number => Math.round(took[Math.ceil(share * took.length) - 1] ?? 0);
  return `median ${at(0.5)} ms, p95 ${at(0.95)} ms`;
}

async function ask(url: string, { expr, tenants, instant }: Asked, to: number): Promise<void> {
  const times: Record<string, string> = instant
    ? { time: String(to / 1000) }
    : { start: String((to - shown) / 1000), end: String(to / 1000), step: String(step) };
  const response = await fetch(`${url}/prometheus/api/v1/${instant ? "query" : "query_range"}`, {
    method: "POST",
    body: new URLSearchParams({ query: expr, ...times }),
    headers: { "X-Scope-OrgID": tenants },
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${expr}: ${response.status}: ${text.slice(0, 300)}`);
}
