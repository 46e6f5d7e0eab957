import type { Source } from "./sources.ts";

/**
 * What a metric is. An `info` is exposed as a gauge that is always 1: its labels are the information. A summary is
 * exposed with quantiles of its own, which can't be added up.
 */
export type MetricType = "counter" | "gauge" | "histogram" | "native-histogram" | "summary" | "info";

/** What the numbers of a metric are, as it is exposed. `timestamp` is seconds since 1970. */
export type Measure =
  | "none"
  | "seconds"
  | "milliseconds"
  | "microseconds"
  | "nanoseconds"
  | "bytes"
  | "mebibytes"
  | "bytes per second"
  | "requests"
  | "timestamp"
  | "ratio"
  | "percent"
  | "cores"
  | "hertz"
  | "megahertz"
  | "celsius"
  | "watts"
  | "joules"
  | "millijoules"
  | "currency per hour";

/** What a file of the catalogue says about one metric. */
export interface Facts {
  readonly type: Exclude<MetricType, "native-histogram">;
  readonly unit: Measure;
  /** Its own; what every series of its source carries is in `sources`. Without `le` and `quantile`. */
  readonly labels: readonly string[];
  /** What a histogram or a summary has counted, where it is requests. */
  readonly counts?: "requests";
  /** A histogram that is also exposed as a native one, to those who scrape or take those. */
  readonly native?: true;
  /** Exposed only if it is asked for. */
  readonly byDefault?: false;
  /** Where it does not exist though its neighbours do: on a graphics processor that is cut into several. */
  readonly absentUnder?: "mig";
  /** The first and the last version of the source that exposes it without being asked to. */
  readonly since?: string;
  readonly until?: string;
  /** Who says the same now. */
  readonly renamedTo?: string;
  /** Others that expose it under this name too. */
  readonly also?: readonly Source[];
  /** Where it is written, as `owner/repository path`: for what no scrape and no document at hand shows. */
  readonly cite?: string;
}
