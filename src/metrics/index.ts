import { type Exporter, exporters, type Role } from "../labels.ts";
import { alertmanager } from "./alertmanager.ts";
import { alloy } from "./alloy.ts";
import { argoCd } from "./argo-cd.ts";
import { cadvisor } from "./cadvisor.ts";
import { certManager } from "./cert-manager.ts";
import { clientLibraries } from "./client-libraries.ts";
import { dcgmExporter } from "./dcgm-exporter.ts";
import type { Facts, Measure, MetricType } from "./facts.ts";
import { flux } from "./flux.ts";
import { grafana } from "./grafana.ts";
import { istioProxy } from "./istio-proxy.ts";
import { istiod } from "./istiod.ts";
import { kubeApiserver } from "./kube-apiserver.ts";
import { kubeStateMetrics } from "./kube-state-metrics.ts";
import { kubelet } from "./kubelet.ts";
import { linkerd } from "./linkerd.ts";
import { loki } from "./loki.ts";
import { mimir } from "./mimir.ts";
import { nodeExporter } from "./node-exporter.ts";
import { opencost } from "./opencost.ts";
import { opentelemetry } from "./opentelemetry.ts";
import { otelcol } from "./otelcol.ts";
import { prometheusAgent } from "./prometheus-agent.ts";
import { promtail } from "./promtail.ts";
import { rules } from "./rules.ts";
import { scrape } from "./scrape.ts";
import { type Source, type SourceFacts, sources } from "./sources.ts";
import { tempoMetricsGenerator } from "./tempo-metrics-generator.ts";
import { tempo } from "./tempo.ts";
import { triton } from "./triton.ts";
import { vllm } from "./vllm.ts";

export type { Facts, Measure, MetricType } from "./facts.ts";
export { type Source, type SourceFacts, sources } from "./sources.ts";

interface Catalogue {
  readonly "kube-apiserver": typeof kubeApiserver;
  readonly kubelet: typeof kubelet;
  readonly cadvisor: typeof cadvisor;
  readonly "kube-state-metrics": typeof kubeStateMetrics;
  readonly "node-exporter": typeof nodeExporter;
  readonly "dcgm-exporter": typeof dcgmExporter;
  readonly opencost: typeof opencost;
  readonly vllm: typeof vllm;
  readonly triton: typeof triton;
  readonly "istio-proxy": typeof istioProxy;
  readonly istiod: typeof istiod;
  readonly linkerd: typeof linkerd;
  readonly "tempo-metrics-generator": typeof tempoMetricsGenerator;
  readonly opentelemetry: typeof opentelemetry;
  readonly "cert-manager": typeof certManager;
  readonly flux: typeof flux;
  readonly "argo-cd": typeof argoCd;
  readonly "prometheus-agent": typeof prometheusAgent;
  readonly otelcol: typeof otelcol;
  readonly alloy: typeof alloy;
  readonly promtail: typeof promtail;
  readonly mimir: typeof mimir;
  readonly loki: typeof loki;
  readonly tempo: typeof tempo;
  readonly grafana: typeof grafana;
  readonly alertmanager: typeof alertmanager;
  readonly "client-libraries": typeof clientLibraries;
  readonly scrape: typeof scrape;
  readonly rules: typeof rules;
}

/** Every metric that boards, alerts and agents may name, by source. A name that is not here can't be written in a query. */
const catalogue: Catalogue & Readonly<Record<Source, Readonly<Record<string, Facts>>>> = {
  "kube-apiserver": kubeApiserver,
  kubelet,
  cadvisor,
  "kube-state-metrics": kubeStateMetrics,
  "node-exporter": nodeExporter,
  "dcgm-exporter": dcgmExporter,
  opencost,
  vllm,
  triton,
  "istio-proxy": istioProxy,
  istiod,
  linkerd,
  "tempo-metrics-generator": tempoMetricsGenerator,
  opentelemetry,
  "cert-manager": certManager,
  flux,
  "argo-cd": argoCd,
  "prometheus-agent": prometheusAgent,
  otelcol,
  alloy,
  promtail,
  mimir,
  loki,
  tempo,
  grafana,
  alertmanager,
  "client-libraries": clientLibraries,
  scrape,
  rules,
};

interface Series<T extends MetricType, L> {
  readonly type: T;
  readonly label: L;
}

type Own<F> = F extends { readonly labels: readonly (infer L)[] } ? L : never;

type Common<S extends Source> = (typeof sources)[S]["labels"][number] | Role;

/** Series that are called as the metric is: all but the histograms, which have that name only where they are native. */
type Named<M, C> = {
  readonly [
    N in keyof M as M[N] extends { readonly type: "histogram" }
      ? M[N] extends { readonly native: true }
        ? N
        : never
      : N
  ]: M[N] extends { readonly type: "histogram" }
    ? Series<"native-histogram", Own<M[N]> | C>
    : M[N] extends { readonly type: "summary" }
      ? Series<"summary", Own<M[N]> | C | "quantile">
      : M[N] extends { readonly type: infer T extends MetricType }
        ? Series<T, Own<M[N]> | C>
        : never;
};

type Buckets<M, C> = {
  readonly [N in keyof M & string as M[N] extends { readonly type: "histogram" } ? `${N}_bucket` : never]: Series<
    "counter",
    Own<M[N]> | C | "le"
  >;
};

type Totals<M, C> = {
  readonly [
    N in keyof M & string as M[N] extends { readonly type: "histogram" | "summary" } ? `${N}_sum` | `${N}_count` : never
  ]: Series<"counter", Own<M[N]> | C>;
};

type SeriesOf<S extends Source> = Named<Catalogue[S], Common<S>> &
  Buckets<Catalogue[S], Common<S>> &
  Totals<Catalogue[S], Common<S>>;

/** One name, one metric: two sources that disagree about a name do not compile here. */
interface Flat
  extends
    SeriesOf<"kube-apiserver">,
    SeriesOf<"kubelet">,
    SeriesOf<"cadvisor">,
    SeriesOf<"kube-state-metrics">,
    SeriesOf<"node-exporter">,
    SeriesOf<"dcgm-exporter">,
    SeriesOf<"opencost">,
    SeriesOf<"vllm">,
    SeriesOf<"triton">,
    SeriesOf<"istio-proxy">,
    SeriesOf<"istiod">,
    SeriesOf<"linkerd">,
    SeriesOf<"tempo-metrics-generator">,
    SeriesOf<"opentelemetry">,
    SeriesOf<"cert-manager">,
    SeriesOf<"flux">,
    SeriesOf<"argo-cd">,
    SeriesOf<"prometheus-agent">,
    SeriesOf<"otelcol">,
    SeriesOf<"alloy">,
    SeriesOf<"promtail">,
    SeriesOf<"mimir">,
    SeriesOf<"loki">,
    SeriesOf<"tempo">,
    SeriesOf<"grafana">,
    SeriesOf<"alertmanager">,
    SeriesOf<"client-libraries">,
    SeriesOf<"scrape">,
    SeriesOf<"rules"> {}

/** A series as a query writes it: for a histogram `x`, `x_bucket`, `x_sum` and `x_count`, and `x` where it is native. */
export type MetricName = keyof Flat;

type OfType<T extends MetricType> = { [N in MetricName]: Flat[N]["type"] extends T ? N : never }[MetricName];

/** What only grows, so that it has a rate. */
export type CounterName = OfType<"counter">;

/** What holds a whole distribution in one series: it has a rate too, and `histogram_quantile` takes it without `le`. */
export type NativeHistogramName = OfType<"native-histogram">;

/** The `x` of every `x_bucket`. */
export type HistogramName = MetricName extends infer N ? (N extends `${infer X}_bucket` ? X : never) : never;

/** A metric's own labels, those of its source or target, and those that agents attach to every series. */
export type LabelOf<N extends MetricName> = Flat[N]["label"];

/**
 * The same thing measured in other units is another query: units are checked, and become the panel's. These are the
 * measures that queries and panels know; in any other, a query is of `none`.
 */
const metricUnits = [
  "none",
  "seconds",
  "milliseconds",
  "microseconds",
  "bytes",
  "mebibytes",
  "bytes per second",
  "requests",
  "timestamp",
  "ratio",
  "percent",
  "cores",
  "hertz",
  "celsius",
  "watts",
  "joules",
  "currency per hour",
] as const;

export type MetricUnit = (typeof metricUnits)[number];

/** A metric as its source exposes it. */
export interface Family extends Facts {
  readonly name: string;
  readonly source: Source;
}

/** A series as a query names it. */
export interface Metric {
  readonly name: MetricName;
  /** Of this series: those of a classic histogram are counters. */
  readonly type: MetricType;
  readonly unit: MetricUnit;
  readonly measure: Measure;
  /** All but the fleet's. */
  readonly labels: readonly string[];
  readonly source: Source;
  /** The source, where a fleet states in which clusters it runs; a query of it requires that. */
  readonly exporter?: Exporter;
  readonly family: Family;
}

/** Every metric of the catalogue, as its source exposes it. */
export const families: readonly Family[] = Object.entries(catalogue).flatMap(([source, metrics]) =>
  Object.entries<Facts>(metrics).map(([name, facts]) => ({ ...facts, name, source: source as Source })),
);

const byName: ReadonlyMap<string, Metric> = new Map(
  families.flatMap((family) => seriesOf(family).map((series): [string, Metric] => [series.name, series])),
);

/** The facts about a series; a name that only a string knows may be absent. */
export function metric(name: MetricName): Metric;
export function metric(name: string): Metric | undefined;
export function metric(name: string): Metric | undefined {
  return byName.get(name);
}

/** Every name that a query may write. */
export const metricNames: readonly string[] = [...byName.keys()];

/** The series of one metric. A histogram's buckets and its count are in what it has counted, its sum in what it measures. */
export function seriesOf(family: Family): Metric[] {
  const { name, type, unit, counts = "none" } = family;
  const series = (suffix: string, type: MetricType, measure: Measure, label?: string): Metric =>
    describe({ family, name: `${name}${suffix}`, type, measure, ...(label !== undefined && { label }) });
  if (type !== "histogram" && type !== "summary") return [series("", type, unit)];
  const totals = [series("_sum", "counter", unit), series("_count", "counter", counts)];
  if (type === "summary") return [series("", type, unit, "quantile"), ...totals];
  return [
    ...(family.native ? [series("", "native-histogram", unit)] : []),
    series("_bucket", "counter", counts, "le"),
    ...totals,
  ];
}

function describe({
  family,
  name,
  type,
  measure,
  label,
}: {
  readonly family: Family;
  readonly name: string;
  readonly type: MetricType;
  readonly measure: Measure;
  readonly label?: string;
}): Metric {
  const { source } = family;
  const common: SourceFacts = sources[source];
  return {
    name: name as MetricName,
    type,
    unit: queryUnit(measure),
    measure,
    labels: [...new Set([...family.labels, ...(label === undefined ? [] : [label]), ...common.labels])],
    source,
    ...(isExporter(source) && { exporter: source }),
    family,
  };
}

function queryUnit(measure: Measure): MetricUnit {
  return metricUnits.find((unit) => unit === measure) ?? "none";
}

function isExporter(source: string): source is Exporter {
  return (exporters as readonly string[]).includes(source);
}
