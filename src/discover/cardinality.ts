import type { PrometheusApi } from "./prometheus-api.ts";

/** How many series of each metric a cluster sends. */
export interface Cardinality {
  readonly cluster: string;
  readonly series: ReadonlyMap<string, number>;
}

/**
 * Counts the series of one cluster by name.
 * @param label the label that names the cluster; absent where all series are of one
 */
export async function cardinalityOf(
  api: PrometheusApi,
  cluster: string,
  label: string | undefined,
): Promise<Cardinality> {
  const selector = label === undefined ? '{__name__=~".+"}' : `{${label}=${JSON.stringify(cluster)}}`;
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
