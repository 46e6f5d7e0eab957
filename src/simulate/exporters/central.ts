import type { Emitter } from "../emit.ts";
import { flow, sum, times } from "../flow.ts";
import { byDay, steady } from "../rhythm.ts";
import { during } from "../steps.ts";
import { logLines, ofTenant } from "../volume.ts";
import { refused } from "./logs-agent.ts";
import { requestBuckets } from "./mimir.ts";
import { podTarget } from "./pod-target.ts";

const line = 180;

/** The store of logs, as it sees its tenants. */
export function loki(emitter: Emitter): void {
  const { model } = emitter;
  const { world } = model;
  const found = podTarget(emitter, "loki-write", { exporter: "loki", port: 3100 });
  if (!found) return;
  const { target, starts } = found;
  target.info("loki_build_info", { version: "3.6.2", branch: "HEAD", revision: "d0f0cf5f", goversion: "go1.25.4" });
  for (const { id: tenant } of world.fleet.tenants) {
    const flooded = world.tenantWindows(tenant, "log-flood");
    const lines = (share: Parameters<typeof times>[1]) =>
      ofTenant(world, tenant, starts, (cluster, plan) => times(logLines(world, cluster, plan), share));
    const received = lines(during(flooded, 1 - refused, 1));
    const own = { tenant, format: "json", is_internal_stream: "false" };
    target.counts("loki_distributor_lines_received_total", own, received);
    target.counts(
      "loki_distributor_bytes_received_total",
      { ...own, retention_hours: "720" },
      (ms) => line * received(ms),
    );
    target.counts(
      "loki_discarded_samples_total",
      { tenant, reason: "rate_limited", format: "json", retention_hours: "720" },
      lines(during(flooded, refused, 0)),
    );
    target.gauge("loki_ingester_memory_streams", { tenant }, 300);
  }
  for (const [method, route, status_code, each, median] of [
    ["POST", "loki_api_v1_push", "204", 6, 0.008],
    ["GET", "loki_api_v1_query_range", "200", 0.5, 0.3],
    ["GET", "loki_api_v1_query_range", "500", 0.0005, 0.3],
  ] as const) {
    const count = model.count(flow(byDay(each, ...world.key(model.cluster, route))), starts);
    target.histogram(
      "loki_request_duration_seconds",
      { method, route, status_code, ws: "false" },
      { buckets: requestBuckets, shares: [{ count, median, spread: 0.8 }] },
    );
  }
}

/** The store of traces, as it sees its tenants. */
export function tempo(emitter: Emitter): void {
  const { model } = emitter;
  const { world } = model;
  const found = podTarget(emitter, "tempo-distributor", { exporter: "tempo", port: 3200 });
  if (!found) return;
  const { target, starts } = found;
  target.info("tempo_build_info", { version: "2.9.0", branch: "HEAD", revision: "b4cbe3a7", goversion: "go1.25.1" });
  for (const { id: tenant } of world.fleet.tenants) {
    const spans = ofTenant(world, tenant, starts, (cluster, plan) =>
      flow(byDay(1 + 3 * plan.size.traffic * plan.workloads.length, ...world.key(cluster, "spans"))),
    );
    target.counts("tempo_distributor_spans_received_total", { tenant }, spans);
    target.counts("tempo_distributor_bytes_received_total", { tenant }, (ms) => 420 * spans(ms));
    target.counter("tempo_discarded_spans_total", { tenant, reason: "rate_limited" }, 0);
    target.counter("tempo_metrics_generator_processor_service_graphs_dropped_spans", { tenant }, 0);
    target.counts("tempo_metrics_generator_spans_received_total", { tenant }, spans);
  }
  const pushed = model.count(sum([flow(byDay(4)), flow(steady(2))]), starts);
  target.histogram(
    "tempo_request_duration_seconds",
    { method: "gRPC", route: "/tempopb.Pusher/PushBytesV2", status_code: "success", ws: "false" },
    { buckets: requestBuckets, shares: [{ count: pushed, median: 0.006, spread: 0.7 }] },
  );
}

/** Where people look. */
export function grafana(emitter: Emitter): void {
  const { model } = emitter;
  const found = podTarget(emitter, "grafana", { exporter: "grafana", port: 3000 });
  if (!found) return;
  const { target, starts } = found;
  target.info("grafana_build_info", {
    version: "12.3.0",
    branch: "HEAD",
    revision: "20051fb1",
    edition: "oss",
    goversion: "go1.25.3",
  });
  const asked = model.count(flow(byDay(3, ...model.world.key(model.cluster, "grafana"))), starts);
  for (const [status_code, share] of [
    ["200", 0.999],
    ["500", 0.001],
  ] as const) {
    target.histogram(
      "grafana_http_request_duration_seconds",
      { handler: "/api/ds/query", method: "POST", status_code, status_source: "server", slo_group: "none" },
      { buckets: requestBuckets, shares: [{ count: (ms) => asked(ms) * share, median: 0.15, spread: 0.9 }] },
    );
  }
  target.gauge("grafana_stat_active_users", {}, 24);
  target.gauge("grafana_stat_totals_dashboard", {}, 12 + model.world.fleet.environments.length);
  target.counts("grafana_alerting_rule_evaluations_total", { org: "1" }, model.count(flow(steady(0.1)), starts));
  target.counter("grafana_alerting_rule_evaluation_failures_total", { org: "1" }, 0);
}
