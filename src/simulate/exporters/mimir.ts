import type { Emitter } from "../emit.ts";
import { flow, times } from "../flow.ts";
import { byDay, steady } from "../rhythm.ts";
import { ruleGroups } from "../rule-groups.ts";
import { during, valueOf } from "../steps.ts";
import { milliseconds, minute, second } from "../time.ts";
import { ofTenant, seriesOfPlan } from "../volume.ts";
import { podTarget } from "./pod-target.ts";
import { planCluster } from "../workloads.ts";

/** grafana/dskit: the buckets of server requests. */
export const requestBuckets: readonly number[] = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 25, 50, 100];

const replication = 3;

/** Share of a tenant's samples that are refused while it is over its limit. */
const refused = 0.15;

/** The store of metrics, as it sees its tenants. */
export function mimir(emitter: Emitter): void {
  distributor(emitter);
  ingester(emitter);
  queryFrontend(emitter);
  ruler(emitter);
  alertmanager(emitter);
}

const build = { version: "3.0.1", branch: "HEAD", revision: "1c2e2ba", goversion: "go1.25.4" };

function distributor(emitter: Emitter): void {
  const { world } = emitter.model;
  const found = podTarget(emitter, "mimir-distributor", { exporter: "mimir", job: "mimir/distributor", port: 8080 });
  if (!found) return;
  const { target, starts } = found;
  target.info("cortex_build_info", build);
  target.gauge("cortex_distributor_replication_factor", {}, replication);
  for (const { id: user } of world.fleet.tenants) {
    const over = world.tenantWindows(user, "tenant-over-limit");
    const samples = (share: Parameters<typeof times>[1]) =>
      ofTenant(world, user, starts, ({ scrapeInterval }, plan) =>
        times(flow(steady(seriesOfPlan(plan) / ((milliseconds(scrapeInterval) ?? 30 * second) / 1000))), share),
      );
    const received = samples(1);
    target.counts("cortex_distributor_received_samples_total", { user }, received);
    target.counts("cortex_distributor_received_requests_total", { user }, (ms) => received(ms) / 2000);
    target.counts(
      "cortex_discarded_samples_total",
      { user, reason: "per_user_series_limit" },
      samples(during(over, refused, 0)),
    );
    target.gauge("cortex_distributor_latest_seen_sample_timestamp_seconds", { user }, (ms) => ms / 1000 - 2);
  }
  const pushes = emitter.model.count(flow(byDay(3 * world.fleet.clusters.length)), starts);
  target.histogram(
    "cortex_request_duration_seconds",
    { method: "POST", route: "api_v1_push", status_code: "200", ws: "false" },
    { buckets: requestBuckets, shares: [{ count: pushes, median: 0.012, spread: 0.7 }] },
  );
}

function ingester(emitter: Emitter): void {
  const { world } = emitter.model;
  const found = podTarget(emitter, "mimir-ingester", { exporter: "mimir", job: "mimir/ingester", port: 8080 });
  if (!found) return;
  const { target, starts } = found;
  const usual = world.fleet.tenants.map(({ id, clusters }) => ({
    user: id,
    series: clusters.reduce((sum, cluster) => sum + seriesOfPlan(planCluster(world, cluster)), 0),
  }));
  for (const { user, series } of usual) {
    const limit = Math.ceil((2 * series) / 10_000) * 10_000;
    const over = world.tenantWindows(user, "tenant-over-limit");
    const active = valueOf(during(over, limit, series));
    // One target stands for all ingesters, each of which counts its own copies.
    target.gauge("cortex_ingester_active_series", { user }, (ms) => replication * active(ms));
    // Series come and go all the time; what is over the limit comes at once, and goes at once.
    const churn = emitter.model.count(flow(steady(series / 7200)), starts);
    const begun = (ms: number): number => over.filter(({ from }) => from <= ms).length;
    const ended = (ms: number): number => over.filter(({ to }) => to <= ms).length;
    const more = limit - series;
    target.counts(
      "cortex_ingester_memory_series_created_total",
      { user },
      (ms) => replication * (series + begun(ms) * more) + churn(ms),
    );
    target.counts(
      "cortex_ingester_memory_series_removed_total",
      { user },
      (ms) => replication * ended(ms) * more + churn(ms),
    );
    target.gauge("cortex_limits_overrides", { user, limit_name: "max_global_series_per_user" }, limit);
  }
  target.gauge("cortex_ingester_memory_users", {}, usual.length);
}

function queryFrontend(emitter: Emitter): void {
  const { model } = emitter;
  const found = podTarget(emitter, "mimir-query-frontend", {
    exporter: "mimir",
    job: "mimir/query-frontend",
    port: 8080,
  });
  if (!found) return;
  const { target, starts } = found;
  for (const [route, each, median] of [
    ["prometheus_api_v1_query_range", 2, 0.18],
    ["prometheus_api_v1_query", 5, 0.05],
  ] as const) {
    const asked = model.count(flow(byDay(each, ...model.world.key(model.cluster, route))), starts);
    for (const [status_code, share] of [
      ["200", 0.9995],
      ["500", 0.0005],
    ] as const) {
      target.histogram(
        "cortex_request_duration_seconds",
        { method: "GET", route, status_code, ws: "false" },
        { buckets: requestBuckets, shares: [{ count: (ms) => asked(ms) * share, median, spread: 0.9 }] },
      );
    }
  }
  for (const { id: user } of model.world.fleet.tenants) {
    const asked = model.count(flow(byDay(0.8, ...model.world.key(model.cluster, "queries", user))), starts);
    target.counts("cortex_query_frontend_queries_total", { user, op: "query_range" }, asked);
  }
}

function ruler(emitter: Emitter): void {
  const { model } = emitter;
  const { world } = model;
  const found = podTarget(emitter, "mimir-ruler", { exporter: "mimir", job: "mimir/ruler", port: 8080 });
  if (!found) return;
  const { target, starts } = found;
  for (const { id: user } of world.fleet.tenants) {
    const failing = world.tenantWindows(user, "ruler-failing");
    for (const { name, rules, interval } of ruleGroups) {
      const rule_group = `fleetglass-${world.fleet.name};${name}`;
      const every = milliseconds(interval) ?? minute;
      const runs = flow(steady(1000 / every));
      const iterations = model.count(runs, starts);
      target.counts("cortex_prometheus_rule_group_iterations_total", { user, rule_group }, iterations);
      target.counts("cortex_prometheus_rule_evaluations_total", { user, rule_group }, (ms) => rules * iterations(ms));
      target.counts(
        "cortex_prometheus_rule_group_iterations_missed_total",
        { user, rule_group },
        model.count(times(runs, during(failing, 0.2, 0)), starts),
      );
      target.counts(
        "cortex_prometheus_rule_evaluation_failures_total",
        { user, rule_group, reason: "operator" },
        model.count(times(runs, during(failing, rules, 0)), starts),
      );
      target.gauge("cortex_prometheus_rule_group_last_duration_seconds", { user, rule_group }, 0.02 * rules);
    }
    for (const name of ["dropped", "errors"]) {
      target.counter(
        `cortex_prometheus_notifications_${name}_total`,
        { user, alertmanager: "http://mimir-alertmanager.mimir.svc:8080/alertmanager" },
        0,
      );
    }
  }
}

function alertmanager(emitter: Emitter): void {
  const { model } = emitter;
  const found = podTarget(emitter, "mimir-alertmanager", { exporter: "mimir", job: "mimir/alertmanager", port: 8080 });
  if (!found) return;
  const { target, starts } = found;
  for (const { id: user } of model.world.fleet.tenants) {
    const notified = model.count(flow(byDay(1 / 600, ...model.world.key(model.cluster, "notified", user))), starts);
    for (const integration of ["webhook", "email"]) {
      target.counts("cortex_alertmanager_notifications_total", { user, integration }, notified);
      target.counter("cortex_alertmanager_notifications_failed_total", { user, integration, reason: "other" }, 0);
    }
    target.gauge("cortex_alertmanager_alerts", { user, state: "active" }, 1);
    target.gauge("cortex_alertmanager_alerts", { user, state: "suppressed" }, 0);
    target.counts("cortex_alertmanager_alerts_received_total", { user }, (ms) => 4 * notified(ms));
    target.gauge("cortex_alertmanager_config_last_reload_successful", { user }, 1);
  }
  // The same program as the one that stands alone, under its own names.
  const all = model.count(flow(steady(1 / 300)), starts);
  target.gauge("alertmanager_alerts", { state: "active" }, 1);
  target.counts("alertmanager_notifications_total", { integration: "webhook" }, all);
  target.counter("alertmanager_notifications_failed_total", { integration: "webhook", reason: "other" }, 0);
}
