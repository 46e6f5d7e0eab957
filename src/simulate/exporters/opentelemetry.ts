import type { Emitter, Labels } from "../emit.ts";
import { uuid } from "../random.ts";
import { minute } from "../time.ts";
import { outcomesOf } from "./outcomes.ts";
import { runningOf } from "./pod-target.ts";

/** OpenTelemetry's semantic conventions advise these for `http.server.request.duration`. */
const seconds = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10];

/** grafana/tempo: the buckets of the metrics generator. */
const spans = [0.002, 0.004, 0.008, 0.016, 0.032, 0.064, 0.128, 0.256, 0.512, 1.024, 2.048, 4.096, 8.192, 16.384];

/** What the services say themselves, pushed through the Collector: no scrape, so no `up`. */
export function opentelemetry(emitter: Emitter): void {
  const { model, cluster } = emitter;
  if (cluster.jobs.opentelemetry === undefined) return;
  for (const { workload, requests, latency } of model.services) {
    const { namespace, name } = workload.plan;
    const pods = workload.places[0] ?? [];
    const target = emitter.pushed({
      labels: { job: `${namespace}/${name}`, instance: uuid(...model.world.key(cluster, "service instance", name)) },
      exists: runningOf(pods),
      slow: minute,
    });
    const starts = pods.flatMap((pod) => pod.starts);
    const { durations, failures } = outcomesOf(model, requests, { starts, median: latency / 1000 });
    const route: Labels = { http_request_method: "GET", http_route: `/${name}/{id}`, url_scheme: "http" };
    target.histogram(
      "http_server_request_duration_seconds",
      { ...route, http_response_status_code: "200" },
      { buckets: seconds, shares: durations },
    );
    target.histogram(
      "http_server_request_duration_seconds",
      { ...route, http_response_status_code: "500", error_type: "500" },
      { buckets: seconds, shares: failures },
    );
  }
}

/** What Tempo's generator makes of the spans: who calls whom, and how each service does. It lives as long as Tempo. */
export function spanMetrics(emitter: Emitter): void {
  const { model, cluster } = emitter;
  if (cluster.jobs["tempo-metrics-generator"] === undefined) return;
  const starts = model.controlPlaneStarts;
  const target = emitter.pushed({ labels: { __metrics_gen_instance: "tempo-metrics-generator-0" } });
  for (const { workload, requests, callers, latency } of model.services) {
    const { name, namespace } = workload.plan;
    const all = outcomesOf(model, requests, { starts, median: latency / 1000 });
    const span = {
      service: name,
      job: `${namespace}/${name}`,
      span_kind: "SPAN_KIND_SERVER",
      span_name: `GET /${name}/{id}`,
    };
    target.counts("traces_spanmetrics_calls_total", { ...span, status_code: "STATUS_CODE_UNSET" }, all.succeeded);
    target.counts("traces_spanmetrics_calls_total", { ...span, status_code: "STATUS_CODE_ERROR" }, all.failed);
    target.histogram(
      "traces_spanmetrics_latency",
      { ...span, status_code: "STATUS_CODE_UNSET" },
      { buckets: spans, shares: all.durations },
    );
    for (const caller of callers) {
      const edge = {
        client: caller.name || "user",
        server: name,
        client_cluster: cluster.name,
        server_cluster: cluster.name,
        ...(caller.name === "" && { connection_type: "virtual_node" }),
      };
      const own = outcomesOf(model, caller.requests, { starts, median: latency / 1000 });
      target.counts("traces_service_graph_request_total", edge, (ms) => own.succeeded(ms) + own.failed(ms));
      target.counts("traces_service_graph_request_failed_total", edge, own.failed);
      target.histogram("traces_service_graph_request_server_seconds", edge, { buckets: spans, shares: own.durations });
    }
  }
}
