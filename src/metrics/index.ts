import type { Exporter, Role } from "../labels.ts";
import { kubeApiserver } from "./kube-apiserver.ts";
import { kubeStateMetrics } from "./kube-state-metrics.ts";
import { nodeExporter } from "./node-exporter.ts";
import { opencost } from "./opencost.ts";
import { prometheus } from "./prometheus.ts";

/** The same thing measured in other units is another query: units are checked, and become the panel's. */
export type MetricUnit = "none" | "seconds" | "bytes" | "requests" | "timestamp" | "currency per hour";

export type MetricType = "counter" | "gauge";

interface Catalogue {
  readonly "kube-apiserver": typeof kubeApiserver;
  readonly "kube-state-metrics": typeof kubeStateMetrics;
  readonly "node-exporter": typeof nodeExporter;
  readonly opencost: typeof opencost;
  readonly prometheus: typeof prometheus;
}

/** Every metric that we query, by exporter. A name that is not here can't be written in a query. */
const catalogue: Catalogue = {
  "kube-apiserver": kubeApiserver,
  "kube-state-metrics": kubeStateMetrics,
  "node-exporter": nodeExporter,
  opencost,
  prometheus,
};

type Flat = Catalogue["kube-apiserver"] &
  Catalogue["kube-state-metrics"] &
  Catalogue["node-exporter"] &
  Catalogue["opencost"] &
  Catalogue["prometheus"];

export type MetricName = keyof Flat;

export type CounterName = { [N in MetricName]: Flat[N] extends { readonly type: "counter" } ? N : never }[MetricName];

/** A metric's own labels, and those that agents attach to every series. */
export type LabelOf<N extends MetricName> = Flat[N]["labels"][number] | Role;

export interface Metric {
  readonly name: MetricName;
  readonly type: MetricType;
  readonly unit: MetricUnit;
  readonly labels: readonly string[];
  /** Who exposes it; absent for what Prometheus and the rulers add themselves. */
  readonly exporter?: Exporter;
}

const byName: ReadonlyMap<string, Metric> = new Map(
  Object.entries(catalogue).flatMap(([exporter, metrics]) =>
    Object.entries(metrics).map(([name, facts]): readonly [string, Metric] => [
      name,
      {
        ...(facts as Pick<Metric, "type" | "unit" | "labels">),
        name: name as MetricName,
        ...(exporter !== "prometheus" && { exporter: exporter as Exporter }),
      },
    ]),
  ),
);

/** The facts about a metric; a name that only a string knows may be absent. */
export function metric(name: MetricName): Metric;
export function metric(name: string): Metric | undefined;
export function metric(name: string): Metric | undefined {
  return byName.get(name);
}

/** Every name of the catalogue. */
export const metricNames: readonly string[] = [...byName.keys()];
