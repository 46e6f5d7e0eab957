import type { Emitter } from "../emit.ts";
import { outcomesOf } from "./outcomes.ts";
import { podTarget } from "./pod-target.ts";

/** linkerd/linkerd2-proxy: the buckets of response latencies, in milliseconds. */
const buckets = [
  1, 2, 3, 4, 5, 10, 20, 30, 40, 50, 100, 200, 300, 400, 500, 1000, 2000, 3000, 4000, 5000, 10_000, 20_000, 30_000,
];

/** What each service's proxy sees come in. */
export function linkerdProxy(emitter: Emitter): void {
  const { model, cluster } = emitter;
  if (cluster.mesh !== "linkerd") return;
  for (const { workload, requests, latency } of model.services) {
    const found = podTarget(emitter, workload.plan.name, { exporter: "linkerd", port: 4191 });
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
