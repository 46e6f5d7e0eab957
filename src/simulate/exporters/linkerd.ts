import type { ServiceModel } from "../cluster.ts";
import type { Emitter } from "../emit.ts";
import { outcomesOf } from "./outcomes.ts";
import { type PodTarget, podTarget } from "./pod-target.ts";

/** linkerd/linkerd2-proxy: the buckets of response latencies, in milliseconds. */
const buckets = [
  1, 2, 3, 4, 5, 10, 20, 30, 40, 50, 100, 200, 300, 400, 500, 1000, 2000, 3000, 4000, 5000, 10_000, 20_000, 30_000,
];

/** What each service's proxy sees come in, and what it sees its service ask of others. */
export function linkerdProxy(emitter: Emitter): void {
  const { model, cluster } = emitter;
  if (cluster.mesh !== "linkerd") return;
  const proxies = new Map(
    model.services.map(({ workload: { plan } }) => [
      plan.name,
      podTarget(emitter, plan.name, {
        exporter: "linkerd",
        port: 4191,
        labels: { namespace: plan.namespace, deployment: plan.name },
      }),
    ]),
  );
  for (const service of model.services) {
    for (const caller of service.callers) outbound(emitter, service, caller, proxies.get(caller.name));
    const { workload, requests, latency } = service;
    const found = proxies.get(workload.plan.name);
    if (!found) continue;
    const { target, starts } = found;
    const server = {
      direction: "inbound",
      target_addr: "0.0.0.0:8080",
      target_ip: "0.0.0.0",
      target_port: "8080",
      tls: "true",
      srv_kind: "default",
      srv_name: `${workload.plan.namespace}/${workload.plan.name}`,
      authz_kind: "default",
      authz_name: "all-authenticated",
    };
    const { succeeded, failed, durations } = outcomesOf(model, requests, { starts, median: latency });
    target.counts("request_total", server, (ms) => succeeded(ms) + failed(ms));
    target.counts("response_total", { ...server, classification: "success", status_code: "200" }, succeeded);
    target.counts("response_total", { ...server, classification: "failure", status_code: "503" }, failed);
    target.histogram("response_latency_ms", { ...server, status_code: "200" }, { buckets, shares: durations });
  }
}

/** Requests of a service to another, as the caller's proxy counts them; of whom nobody knows there is none. */
function outbound(
  { model }: Emitter,
  { workload: { plan }, latency }: ServiceModel,
  { requests }: ServiceModel["callers"][number],
  proxy: PodTarget | undefined,
): void {
  if (!proxy) return;
  const { target, starts } = proxy;
  const call = {
    direction: "outbound",
    dst_deployment: plan.name,
    dst_namespace: plan.namespace,
    dst_service: plan.name,
    tls: "true",
  };
  const { succeeded, failed, durations } = outcomesOf(model, requests, { starts, median: latency });
  target.counts("request_total", call, (ms) => succeeded(ms) + failed(ms));
  target.counts("response_total", { ...call, classification: "success", status_code: "200" }, succeeded);
  target.counts("response_total", { ...call, classification: "failure", status_code: "503" }, failed);
  target.histogram("response_latency_ms", { ...call, status_code: "200" }, { buckets, shares: durations });
  const connection = {
    direction: "outbound",
    peer: "dst",
    dst_deployment: plan.name,
    dst_namespace: plan.namespace,
    tls: "true",
  };
  const sent = model.count(requests, starts);
  target.counts("tcp_write_bytes_total", connection, (ms) => 900 * sent(ms));
  target.counts("tcp_read_bytes_total", connection, (ms) => 6000 * sent(ms));
}
