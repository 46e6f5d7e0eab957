import type { Emitter } from "../emit.ts";
import { type Flow, flow, sum, times } from "../flow.ts";
import { lag } from "../mess.ts";
import { byDay, steady } from "../rhythm.ts";
import { during } from "../steps.ts";
import { milliseconds } from "../time.ts";
import { seriesOfPlan } from "../volume.ts";
import { podTarget } from "./pod-target.ts";

const capacity = 1000;

/** Share of what comes that is dropped while the queue is full. */
const dropped = 0.45;

/** The gateway for what services push; where the fleet says so, also the agent that sends metrics. */
export function otelcol(emitter: Emitter): void {
  const { model, cluster } = emitter;
  const { world } = model;
  const found = podTarget(emitter, "otel-collector", { exporter: "otelcol", port: 8888 });
  if (!found) return;
  const { target, starts } = found;
  const dropping = world.windows(cluster, "collector-dropping");
  const isAgent = cluster.metricsAgent === "otel-collector";
  const failing = isAgent ? world.windows(cluster, "remote-write-failing") : [];
  const behind = isAgent ? world.windows(cluster, "agent-behind") : [];
  const requests = model.services.length > 0 ? sum(model.services.map((service) => service.requests)) : flow(byDay(2));
  const interval = (milliseconds(cluster.scrapeInterval) ?? 30_000) / 1000;
  const points = flow(steady(isAgent ? seriesOfPlan(model.plan) / interval : 40 * (1 + model.services.length)));
  const signals: readonly (readonly [kind: string, data: string, exporter: string, items: Flow])[] = [
    ["spans", "traces", "otlp/tempo", times(requests, 3)],
    ["log_records", "logs", "otlphttp/loki", times(requests, 1.2)],
    ["metric_points", "metrics", "prometheusremotewrite/mimir", points],
  ];
  for (const [kind, data_type, exporter, items] of signals) {
    const count = (flow: Flow): ((ms: number) => number) => model.count(flow, starts);
    const refused = kind === "metric_points" ? during(failing, 0.33, 0) : during([], 0, 0);
    target.counts(`otelcol_receiver_accepted_${kind}`, { receiver: "otlp", transport: "grpc" }, count(items));
    target.counter(`otelcol_receiver_refused_${kind}`, { receiver: "otlp", transport: "grpc" }, 0);
    const kept = times(
      times(items, during(dropping, 1 - dropped, 1)),
      kind === "metric_points" ? during(failing, 0.67, 1) : 1,
    );
    target.counts(`otelcol_exporter_sent_${kind}`, { exporter }, count(kept));
    target.counts(`otelcol_exporter_send_failed_${kind}`, { exporter }, count(times(items, refused)));
    target.counts(
      `otelcol_exporter_enqueue_failed_${kind}`,
      { exporter },
      count(times(items, during(dropping, dropped, 0))),
    );
    target.gauge("otelcol_exporter_queue_capacity", { exporter, data_type }, capacity);
    target.gauge("otelcol_exporter_queue_size", { exporter, data_type }, (ms) => {
      if (dropping.some(({ from, to }) => ms >= from && ms < to)) return capacity;
      const late = behind.find(({ from, to }) => ms >= from && ms < to);
      return late && kind === "metric_points" ? Math.min(capacity, 1 + Math.round(lag(late, ms))) : 1;
    });
  }
  const running = model.count(flow(steady(1)), starts);
  target.counter("otelcol_process_uptime", {}, running);
  target.counter("otelcol_process_cpu_seconds", {}, (ms) => 0.04 * running(ms));
  target.gauge("otelcol_process_memory_rss", {}, 180 * 1024 ** 2);
}
