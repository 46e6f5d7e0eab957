import type { Cluster } from "../fleet/model.ts";
import { type ClusterModel, modelOf } from "./cluster.ts";
import { Emitter, type Labels, type SimulatedSeries } from "./emit.ts";
import { certManager } from "./exporters/cert-manager.ts";
import { grafana, loki, tempo } from "./exporters/central.ts";
import { dcgmExporter } from "./exporters/dcgm-exporter.ts";
import { fluxControllers } from "./exporters/flux.ts";
import { triton, vllm } from "./exporters/inference.ts";
import { istioProxy } from "./exporters/istio-proxy.ts";
import { kubeApiserver } from "./exporters/kube-apiserver.ts";
import { kubeStateMetrics } from "./exporters/kube-state-metrics.ts";
import { kubelet } from "./exporters/kubelet.ts";
import { linkerdProxy } from "./exporters/linkerd.ts";
import { logsAgent } from "./exporters/logs-agent.ts";
import { mimir } from "./exporters/mimir.ts";
import { nodeExporter } from "./exporters/node-exporter.ts";
import { opencost } from "./exporters/opencost.ts";
import { opentelemetry, spanMetrics } from "./exporters/opentelemetry.ts";
import { otelcol } from "./exporters/otelcol.ts";
import { metricsAgent } from "./exporters/prometheus-agent.ts";
import { Presence } from "./steps.ts";
import { within, without } from "./time.ts";
import type { World } from "./world.ts";

export type { SimulatedSeries } from "./emit.ts";

/** Each looks at the same model, so that they agree; each emits only where the fleet has what it exports. */
const exporters: readonly ((emitter: Emitter) => void)[] = [
  kubeApiserver,
  kubelet,
  kubeStateMetrics,
  nodeExporter,
  opencost,
  dcgmExporter,
  vllm,
  triton,
  istioProxy,
  linkerdProxy,
  opentelemetry,
  spanMetrics,
  metricsAgent,
  otelcol,
  logsAgent,
  certManager,
  fluxControllers,
  mimir,
  loki,
  tempo,
  grafana,
];

/**
 * Everything that a cluster exposes at some moment of a window, both ends included. The values do not depend on the
 * window: a series that two windows share is the same in both.
 */
export function seriesOf(
  world: World,
  cluster: Cluster,
  { from, to }: { readonly from: number; readonly to: number },
): SimulatedSeries[] {
  if (!world.clusters.some(({ name }) => name === cluster.name)) return [];
  const model = modelOf(world, cluster, { from, to });
  const emitter = new Emitter(model);
  for (const exporter of exporters) exporter(emitter);
  return mislabelled(model, emitter.series);
}

/** An agent with a wrong label sends other series, and the right ones are gone meanwhile. */
function mislabelled({ world, cluster, window }: ClusterModel, series: readonly SimulatedSeries[]): SimulatedSeries[] {
  const windows = within(window, world.windows(cluster, "wrong-external-label"));
  if (windows.length === 0) return [...series];
  const { environment } = world.fleet.labels;
  const other = world.fleet.environments.find(({ name }) => name !== cluster.environment)?.name ?? "unknown";
  const wrong: Labels = { [environment]: other };
  const presence = new Presence(windows);
  const isAlways = without(window, windows).length === 0;
  return series.flatMap((one) => {
    const right: SimulatedSeries = { ...one, at: (ms) => (presence.at(ms) ? undefined : one.at(ms)) };
    const astray: SimulatedSeries = {
      ...one,
      labels: { ...one.labels, ...wrong },
      at: (ms) => (presence.at(ms) ? one.at(ms) : undefined),
    };
    return isAlways ? [astray] : [right, astray];
  });
}
