import type { PrometheusApi } from "./prometheus-api.ts";

/** How many series of each metric a cluster sends. */
export interface Cardinality {
  readonly cluster: string;
  readonly series: ReadonlyMap<string, number>;
}

/** All series of a cluster, by the label that names it; absent where all are of one. */
export function selectorOf(cluster: string, label: string | undefined): string {
  return label === undefined ? '{__name__=~".+"}' : `{${label}=${JSON.stringify(cluster)}}`;
}

/** Counts the series of one cluster by name. */
export async function cardinalityOf(api: PrometheusApi, cluster: string, selector: string): Promise<Cardinality> {
  const found = await api.query(`count by (__name__) (${selector})`);
  return { cluster, series: new Map(found.map(({ labels, value }) => [labels["__name__"] ?? "", value])) };
}

/** A part of a cluster's series: what nobody reads. */
export interface Saving {
  readonly cluster: string;
  readonly all: number;
  readonly unused: number;
  /** By name, the largest first. */
  readonly metrics: readonly { readonly name: string; readonly series: number }[];
}

/** Names that a scrape writes itself: no relabelling of what it scrapes reaches them, and rules write what has a colon. */
const notScraped = /^(?:up|scrape_.+|ALERTS|ALERTS_FOR_STATE|.*:.*)$/u;

/**
 * What would not be sent if only what somebody reads were?
 * @param used the names that boards and rules read, ours and everybody's
 */
export function savingOf({ cluster, series }: Cardinality, used: ReadonlySet<string>): Saving {
  const scraped = [...series].filter(([name]) => !notScraped.test(name) || name.startsWith("vllm:"));
  const unused = scraped.filter(([name]) => !used.has(name));
  const sum = (some: readonly (readonly [string, number])[]): number =>
    some.reduce((total, [, count]) => total + count, 0);
  return {
    cluster,
    all: sum(scraped),
    unused: sum(unused),
    metrics: unused
      .map(([name, count]) => ({ name, series: count }))
      .toSorted((a, b) => b.series - a.series || (a.name < b.name ? -1 : 1)),
  };
}

/** A regular expression of these names, and of nothing else. */
export function regexOf(names: readonly string[]): string {
  return names.toSorted().join("|");
}

/** What becomes of a cluster's series without labels that nobody names. */
export interface LabelSaving {
  /** Without all of them each series still has what tells it apart: they make series larger, and not more. */
  readonly free: readonly { readonly label: string; readonly series: number }[];
  /** So many series would be one with another: whoever sends them has to add them up first, for what is sent twice is refused. */
  readonly merging: readonly { readonly label: string; readonly series: number; readonly merged: number }[];
}

/** Every label costs a look at every series: in a cluster with more of them nobody should wait for it. */
export const mostSeries = 300_000;

/** Tries labels one after the other, beside those that were found to be free: two may tell apart the same series. */
export async function labelSavingOf(
  api: PrometheusApi,
  selector: string,
  labels: readonly string[],
): Promise<LabelSaving> {
  const count = async (expr: string): Promise<number> => (await api.query(`count(${expr})`))[0]?.value ?? 0;
  // Aggregation forgets the name, which tells series apart too.
  const named = `label_replace(${selector}, "fleetglass_name", "$1", "__name__", "(.+)")`;
  const all = await count(selector);
  const having = await Promise.all(
    labels.map(async (label) => ({ label, series: await count(`${selector.slice(0, -1)}, ${label}!=""}`) })),
  );
  const there = having
    .filter(({ series }) => series > 0)
    .toSorted((a, b) => b.series - a.series || (a.label < b.label ? -1 : 1));
  const free: { label: string; series: number }[] = [];
  const merging: { label: string; series: number; merged: number }[] = [];
  for (const one of there) {
    const without = [...free.map(({ label }) => label), one.label].join(", ");
    const merged = all - (await count(`group without (${without}) (${named})`));
    if (merged === 0) free.push(one);
    else merging.push({ ...one, merged });
  }
  return { free, merging };
}
