import type { Cluster } from "../fleet/model.ts";
import { roles } from "../labels.ts";
import { type SimulatedSeries, seriesOf } from "./series.ts";
import { day } from "./time.ts";
import type { World } from "./world.ts";

const days = new WeakMap<World, Map<string, readonly SimulatedSeries[]>>();

/**
 * What a cluster exposes at a moment, as Prometheus text: all its targets on one page, so `job` and `instance` are there;
 * what agents attach is not, since they will. For a scrape with `honor_labels: true`.
 */
export function exposition(world: World, cluster: Cluster, ms: number): string {
  const attached = new Set(roles.map((role) => world.fleet.labels[role]));
  const families = new Map<string, { readonly type: string; readonly lines: string[] }>();
  for (const { family, type, labels, at } of ofDay(world, cluster, ms)) {
    const value = at(ms);
    if (value === undefined) continue;
    const found = families.get(family) ?? { type: type === "info" ? "gauge" : type, lines: [] };
    families.set(family, found);
    found.lines.push(`${named(labels, attached)} ${written(value)}`);
  }
  return [...families]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([family, { type, lines }]) => `# TYPE ${family} ${type}\n${lines.join("\n")}\n`)
    .join("");
}

/** A page is asked for again and again: the series of its day are kept, and those of one other. */
function ofDay(world: World, cluster: Cluster, ms: number): readonly SimulatedSeries[] {
  const cache = days.get(world) ?? new Map<string, readonly SimulatedSeries[]>();
  days.set(world, cache);
  const from = Math.floor(ms / day) * day;
  const key = `${cluster.name} ${from}`;
  const found = cache.get(key) ?? seriesOf(world, cluster, { from, to: from + day });
  cache.delete(key);
  cache.set(key, found);
  const most = 2 * world.clusters.length;
  for (const oldest of cache.keys()) {
    if (cache.size <= most) break;
    cache.delete(oldest);
  }
  return found;
}

function named(labels: SimulatedSeries["labels"], attached: ReadonlySet<string>): string {
  const own = Object.entries(labels)
    .filter(([name]) => name !== "__name__" && !attached.has(name))
    .sort(([a], [b]) => (a < b ? -1 : 1));
  const name = labels["__name__"] ?? "";
  return own.length === 0 ? name : `${name}{${own.map(([label, value]) => `${label}="${escaped(value)}"`).join(",")}}`;
}

function escaped(value: string): string {
  return value.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");
}

function written(value: number): string {
  if (value === Infinity) return "+Inf";
  return value === -Infinity ? "-Inf" : String(value);
}
