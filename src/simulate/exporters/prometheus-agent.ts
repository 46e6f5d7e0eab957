import type { Emitter } from "../emit.ts";
import { flow, times } from "../flow.ts";
import { lag } from "../mess.ts";
import { steady } from "../rhythm.ts";
import { during, valueOf } from "../steps.ts";
import { milliseconds } from "../time.ts";
import { seriesOfPlan } from "../volume.ts";
import { podTarget, type PodTarget } from "./pod-target.ts";

/** Share of samples that are lost while remote write fails. */
const lost = 0.33;

const maxShards = 20;

/** The agent that scrapes and sends: Prometheus in agent mode, or Alloy, which has the same sender inside. */
export function metricsAgent(emitter: Emitter): void {
  const { metricsAgent: kind } = emitter.cluster;
  if (kind === "prometheus-agent") {
    const found = podTarget(emitter, "prometheus-agent", { exporter: "prometheus-agent", port: 9090 });
    if (!found) return;
    const { target } = found;
    target.info("prometheus_build_info", {
      version: "3.8.0",
      branch: "HEAD",
      revision: "a5a2b9b6",
      goversion: "go1.25.4",
    });
    target.gauge("prometheus_agent_active_series", {}, seriesOfPlan(emitter.model.plan));
    target.gauge("prometheus_config_last_reload_successful", {}, 1);
    remoteWrite(emitter, found);
  }
  if (kind === "alloy") {
    const found = podTarget(emitter, "alloy-metrics", { exporter: "alloy", port: 12_345 });
    if (!found) return;
    const { target } = found;
    target.info("alloy_build_info", {
      version: "v1.11.3",
      branch: "HEAD",
      revision: "b6dd3ac1",
      goversion: "go1.25.3",
    });
    target.gauge("alloy_config_last_load_successful", {}, 1);
    target.gauge(
      "prometheus_remote_write_wal_storage_active_series",
      { component_id: "prometheus.remote_write.mimir", component_path: "/" },
      seriesOfPlan(emitter.model.plan),
    );
    remoteWrite(emitter, found);
  }
}

function remoteWrite({ model, cluster }: Emitter, { target, starts }: PodTarget): void {
  const { world } = model;
  const behind = world.windows(cluster, "agent-behind");
  const failing = world.windows(cluster, "remote-write-failing");
  const labels = {
    remote_name: "mimir",
    url: `${world.fleet.backends.metrics.url.replace(/\/prometheus$/u, "")}/api/v1/push`,
  };
  const perSecond = seriesOfPlan(model.plan) / ((milliseconds(cluster.scrapeInterval) ?? 30_000) / 1000);
  const sent = flow(steady(perSecond));
  const all = model.count(sent, starts);
  target.counts("prometheus_remote_storage_samples_total", labels, all);
  target.counts("prometheus_remote_storage_bytes_total", labels, (ms) => 9 * all(ms));
  target.counts(
    "prometheus_remote_storage_samples_failed_total",
    labels,
    model.count(times(sent, during(failing, lost, 0)), starts),
  );
  target.counts(
    "prometheus_remote_storage_samples_retried_total",
    labels,
    model.count(times(sent, during(failing, 2 * lost, 0)), starts),
  );
  target.counter("prometheus_remote_storage_samples_dropped_total", { ...labels, reason: "too_old" }, 0);
  const secondsBehind = (ms: number): number => {
    const now = behind.find(({ from, to }) => ms >= from && ms < to);
    return now ? lag(now, ms) : 0;
  };
  target.gauge("prometheus_remote_storage_highest_timestamp_in_seconds", {}, (ms) => ms / 1000);
  target.gauge("prometheus_remote_storage_queue_highest_timestamp_seconds", labels, (ms) => ms / 1000);
  target.gauge(
    "prometheus_remote_storage_queue_highest_sent_timestamp_seconds",
    labels,
    (ms) => ms / 1000 - 2 - secondsBehind(ms),
  );
  target.gauge("prometheus_remote_storage_samples_pending", labels, (ms) =>
    Math.round(perSecond * (1 + secondsBehind(ms))),
  );
  const wanted = valueOf(during(behind, 1.6 * maxShards, 1));
  target.gauge("prometheus_remote_storage_shards_desired", labels, wanted);
  target.gauge("prometheus_remote_storage_shards", labels, (ms) => Math.min(maxShards, wanted(ms)));
  target.gauge("prometheus_remote_storage_shards_max", labels, maxShards);
  target.gauge("prometheus_remote_storage_shard_capacity", labels, 10_000);
}
