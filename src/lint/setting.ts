import type { Fleet } from "../fleet/model.ts";
import { secondsOf } from "../duration.ts";
import { metric, metricNames } from "../metrics/index.ts";
import type { Facts, Setting } from "./subject.ts";

export interface SettingOptions {
  /** What the generated things were generated from. */
  readonly fleet?: Fleet;
  /** How the label of the cluster is called; `none` where there is one cluster only. Default: the fleet's, else `cluster`. */
  readonly clusterLabel?: string;
  /** Default: the fleet's longest, else 15 s, which is what most servers scrape with at least. */
  readonly scrapeInterval?: string;
  readonly retention?: string;
  /** The user's own metrics: with them, a name in neither list is unknown. */
  readonly metrics?: ReadonlyMap<string, Facts>;
}

/** What the checks may take for granted, of things that were generated or of files that somebody wrote. */
export function settingOf(generated: boolean, options: SettingOptions = {}): Setting {
  const { fleet, clusterLabel, metrics } = options;
  const labels = fleet?.labels ?? { cluster: "cluster", environment: "environment", region: "region" };
  const intervals = fleet?.clusters.map(({ scrapeInterval }) => secondsOf(scrapeInterval)) ?? [];
  return {
    labels: { ...labels, ...(clusterLabel !== undefined && clusterLabel !== "none" && { cluster: clusterLabel }) },
    manyClusters: clusterLabel !== "none",
    generated,
    metric: (name) => metrics?.get(name) ?? catalogued(name),
    complete: generated || metrics !== undefined,
    names: metrics ? [...metricNames, ...metrics.keys()] : metricNames,
    scrapeInterval:
      options.scrapeInterval === undefined ? Math.max(15, ...intervals) : secondsOf(options.scrapeInterval),
    ...(options.retention !== undefined && { retention: secondsOf(options.retention) }),
  };
}

const asked = new Map<string, Facts>();

function catalogued(name: string): Facts | undefined {
  const before = asked.get(name);
  if (before) return before;
  const known = metric(name);
  if (!known) return undefined;
  const { type, labels, measure, source, family } = known;
  const { native } = family as { readonly native?: boolean };
  const facts = { type, labels, measure, source, ...(native !== undefined && { native }) };
  asked.set(name, facts);
  return facts;
}
