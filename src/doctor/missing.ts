import type { PrometheusApi } from "../discover/prometheus-api.ts";
import type { Cluster, Fleet } from "../fleet/model.ts";
import type { Exporter } from "../labels.ts";
import { type Family, families, metric } from "../metrics/index.ts";

/** Metrics that boards read, that an exporter could have, and that do not arrive though its others do. */
export interface Missing {
  readonly exporter: Exporter;
  readonly clusters: readonly string[];
  readonly metrics: readonly string[];
  /** What shows less without them, with the number of panels. */
  readonly boards: readonly string[];
  readonly mend: string;
}

/** Of one cluster and exporter. */
export type MissingIn = Pick<Missing, "exporter" | "metrics"> & { readonly cluster: string };

/**
 * Which metrics does a cluster lack of what an exporter there could tell? One that was renamed is there under either name.
 * @param read by boards, directly or through what rules record
 */
export async function missingIn(
  { labels, derived }: Fleet,
  api: PrometheusApi,
  cluster: Cluster,
  { read, absent }: { readonly read: readonly string[]; readonly absent: ReadonlySet<string> },
): Promise<MissingIn[]> {
  const selector = derived.includes("cluster") ? undefined : `{${labels.cluster}=${JSON.stringify(cluster.name)}}`;
  const there = new Set((await api.names(selector)).flatMap((name) => [name, metric(name)?.family.name ?? name]));
  const found = new Map<Exporter, string[]>();
  for (const name of read) {
    const known = metric(name);
    const { exporter } = known ?? {};
    if (known === undefined || exporter === undefined) continue;
    if (cluster.jobs[exporter] === undefined || absent.has(exporter)) continue;
    if (namesOf(known.family).some((one) => there.has(one))) continue;
    found.set(exporter, [...(found.get(exporter) ?? []), name]);
  }
  return [...found].map(([exporter, metrics]) => ({ cluster: cluster.name, exporter, metrics: metrics.toSorted() }));
}

/** Its own, and those that it had before or has now. */
function namesOf({ name, renamedTo }: Family): string[] {
  const before = families.filter((one) => one.renamedTo === name).map((one) => one.name);
  return [name, ...before, ...(renamedTo === undefined ? [] : [renamedTo])];
}

/** The same lack in several clusters is one line. */
export function together(
  all: readonly MissingIn[],
  boardsOf: (metrics: readonly string[]) => readonly string[],
): Missing[] {
  const groups = new Map<string, MissingIn[]>();
  for (const one of all) {
    const key = [one.exporter, ...one.metrics].join(" ");
    groups.set(key, [...(groups.get(key) ?? []), one]);
  }
  return [...groups.values()].flatMap((some): Missing[] => {
    const [first] = some;
    if (first === undefined) return [];
    const { exporter, metrics } = first;
    const clusters = some.map(({ cluster }) => cluster);
    return [{ exporter, clusters, metrics, boards: boardsOf(metrics), mend: mendOf(exporter, metrics) }];
  });
}

function mendOf(exporter: Exporter, metrics: readonly string[]): string {
  const facts = metrics.flatMap((name) => metric(name)?.family ?? []);
  const asked = facts.filter(({ byDefault }) => byDefault === false).map(({ name }) => name);
  const younger = facts.flatMap(({ name, since }) => (since === undefined ? [] : [`${name} comes with ${since}`]));
  return [
    "look for a list of what is kept or dropped: in the exporter's flags, in its ServiceMonitor, in the agent's relabelling",
    ...(asked.length > 0 ? [`${exporter} has to be asked for ${asked.join(", ")}`] : []),
    ...younger,
    "some exist only once there is something to tell",
  ].join("; ");
}
