import type { Cluster } from "../../fleet/model.ts";
import type { ServiceModel } from "../cluster.ts";
import type { Emitter, Labels, Target } from "../emit.ts";
import { counter, flow } from "../flow.ts";
import { crossingOf, entry } from "../workloads.ts";
import type { World } from "../world.ts";
import { outcomesOf } from "./outcomes.ts";
import { podTarget } from "./pod-target.ts";

/** istio/istio: the buckets of Envoy's histograms, in milliseconds. */
const buckets = [0.5, 1, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10_000, 30_000, 60_000, 300_000];

/** Every call is counted by the proxy that makes it and by the one that answers it. */
export function istioProxy(emitter: Emitter): void {
  const { model, cluster } = emitter;
  if (cluster.mesh !== "istio") return;
  const proxies = new Map<string, { readonly target: Target; readonly starts: readonly number[] }>();
  for (const { workload } of model.services) {
    const found = podTarget(emitter, workload.plan.name, { exporter: "istio-proxy", port: 15_020 });
    if (found) proxies.set(workload.plan.name, found);
  }
  for (const service of model.services) {
    const { name, namespace } = service.workload.plan;
    const own = proxies.get(name);
    if (!own) continue;
    for (const caller of service.callers) {
      const call = callOf(cluster, cluster, { from: caller, to: { name, namespace } });
      const outcomes = outcomesOf(model, caller.requests, { starts: own.starts, median: service.latency });
      for (const [code, count] of [
        ["200", outcomes.succeeded],
        ["503", outcomes.failed],
      ] as const) {
        own.target.counts("istio_requests_total", { ...call, reporter: "destination", response_code: code }, count);
      }
      own.target.histogram(
        "istio_request_duration_milliseconds",
        { ...call, reporter: "destination", response_code: "200" },
        { buckets, shares: outcomes.durations },
      );
      const source = proxies.get(caller.name);
      if (!source) continue;
      const seen = outcomesOf(model, caller.requests, { starts: source.starts, median: service.latency });
      for (const [code, count] of [
        ["200", seen.succeeded],
        ["503", seen.failed],
      ] as const) {
        source.target.counts("istio_requests_total", { ...call, reporter: "source", response_code: code }, count);
      }
      if (caller.name !== entry) continue;
      // What the first service fetches from the others goes through connections of its own.
      bytes(source.target, call, model.count(caller.requests, source.starts));
    }
  }
  acrossClusters(emitter, proxies);
}

interface End {
  readonly name: string;
  readonly namespace: string;
}

function callOf(source: Cluster, destination: Cluster, { from, to }: { readonly from: End; readonly to: End }): Labels {
  const caller = from.name === "" ? { name: "istio-ingressgateway", namespace: "istio-system" } : from;
  return {
    source_workload: caller.name,
    source_workload_namespace: caller.namespace,
    source_cluster: source.name,
    destination_workload: to.name,
    destination_workload_namespace: to.namespace,
    destination_service: `${to.name}.${to.namespace}.svc.cluster.local`,
    destination_service_name: to.name,
    destination_service_namespace: to.namespace,
    destination_cluster: destination.name,
    request_protocol: "http",
    response_flags: "-",
    connection_security_policy: "mutual_tls",
  };
}

/** Clusters of one environment and mesh call each other in a ring: the first service of one the second of the next. */
function acrossClusters(
  emitter: Emitter,
  proxies: ReadonlyMap<string, { readonly target: Target; readonly starts: readonly number[] }>,
): void {
  const { model, cluster } = emitter;
  const { world } = model;
  const [first, second = first] = model.services;
  if (!first || !second) return;
  for (const { source, to: destination, requests: blend } of crossingsOf(world, cluster)) {
    const isSource = source.name === cluster.name;
    const at = isSource ? first : second;
    const proxy = proxies.get(at.workload.plan.name);
    if (!proxy) continue;
    const requests = counter(flow(blend), world.rhythmOf(source), proxy.starts);
    const call = callOf(source, destination, { from: endOf(first), to: endOf(second) });
    const reporter = isSource ? "source" : "destination";
    proxy.target.counts("istio_requests_total", { ...call, reporter, response_code: "200" }, requests);
    bytes(proxy.target, { ...call, reporter }, requests);
  }
}

function bytes(target: Target, call: Labels, requests: (ms: number) => number): void {
  const labels = { reporter: "source", ...call, request_protocol: "tcp" };
  target.counts("istio_tcp_sent_bytes_total", labels, (ms) => 6000 * requests(ms));
  target.counts("istio_tcp_received_bytes_total", labels, (ms) => 900 * requests(ms));
}

function endOf({ workload: { plan } }: ServiceModel): End {
  return { name: plan.name, namespace: plan.namespace };
}

/** The calls from one cluster to another in which this one takes part. */
function crossingsOf(world: World, cluster: Cluster) {
  return world.fleet.clusters.flatMap((source) => {
    const found = crossingOf(world, source);
    return found && (source === cluster || found.to === cluster) ? [{ source, ...found }] : [];
  });
}
