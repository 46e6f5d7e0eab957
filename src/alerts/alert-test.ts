import { type Exporter, hole } from "../labels.ts";
import type { LabelOf, MetricName } from "../metrics/index.ts";
import type { RecordedSeries } from "../queries/query.ts";

/** A series that a test feeds, in promtool's notation: `0x30` is a zero and thirty more, `_` a gap, `0+60x10` grows. */
export interface GivenSeries {
  readonly name: string;
  /** By role; values may hold holes. */
  readonly labels: Readonly<Record<string, string>>;
  readonly values: string;
}

/** What series come in, and which alert comes out: run by `fleetglass test` through promtool, with the rule's real durations. */
export interface AlertTest {
  readonly alert: string;
  /** What happens, in a few words: the test's name. */
  readonly when: string;
  readonly series: readonly GivenSeries[];
  /** Between two samples of each series, and two evaluations: longer for what takes days. Default `1m`. */
  readonly every?: string;
  readonly expects: Firing | Quiet;
}

/** It fires at this moment, and an evaluation earlier it did not yet. */
export interface Firing {
  readonly after: string;
  readonly alerts: readonly FiringAlert[];
}

export interface FiringAlert {
  /** Those that the query keeps; the place is the sample cluster's unless it is named here. */
  readonly labels?: Readonly<Record<string, string>>;
  /** The value that its texts show. */
  readonly value: number;
  /** Texts whose templates do more than to show a label or the value, as they are rendered. */
  readonly texts?: Readonly<Record<string, string>>;
  /** Static labels that tell apart rules of one name: `{ cause: "silent" }`. */
  readonly rule?: Readonly<Record<string, string>>;
}

/** It does not fire in all this time. */
export interface Quiet {
  readonly during: string;
}

/** The cluster that tests speak of. */
export const sample = { cluster: "prd-1", environment: "prd", region: "region-1" } as const;

/** A series of the catalogue, or a recorded one, of the sample cluster unless its labels say otherwise. */
export function given<N extends MetricName>(
  source: N,
  labels: { readonly [K in NoInfer<LabelOf<N>>]?: string },
  values: string,
): GivenSeries;
export function given<L extends string>(
  source: RecordedSeries<L>,
  labels: { readonly [K in NoInfer<L>]?: string },
  values: string,
): GivenSeries;
export function given(
  source: MetricName | RecordedSeries,
  labels: Readonly<Record<string, string | undefined>>,
  values: string,
): GivenSeries {
  const name = typeof source === "string" ? source : source.record;
  const all: Readonly<Record<string, string | undefined>> = { ...sample, ...labels };
  const named = Object.entries(all).filter((entry): entry is [string, string] => (entry[1] ?? "") !== "");
  return { name, labels: Object.fromEntries(named), values };
}

/** Whether a target of an exporter answers. */
export function target(exporter: Exporter, values: string, cluster: string = sample.cluster): GivenSeries {
  return given("up", { job: hole(`job:${exporter}`), instance: "10.0.0.1:9100", cluster }, values);
}

export interface FiresOptions extends FiringAlert {
  readonly when: string;
  readonly series: readonly GivenSeries[];
  readonly every?: string;
  readonly after: string;
  /** Others of the same name that fire at that moment. */
  readonly also?: readonly FiringAlert[];
}

/** The alert fires: once, after exactly so long, with these labels. */
export function fires(alert: string, { when, series, every, after, also = [], ...one }: FiresOptions): AlertTest {
  return { alert, when, series, ...(every !== undefined && { every }), expects: { after, alerts: [one, ...also] } };
}

export interface QuietOptions {
  readonly when: string;
  readonly series: readonly GivenSeries[];
  readonly every?: string;
  readonly during: string;
}

/** The alert does not fire. */
export function quiet(alert: string, { when, series, every, during }: QuietOptions): AlertTest {
  return { alert, when, series, ...(every !== undefined && { every }), expects: { during } };
}
