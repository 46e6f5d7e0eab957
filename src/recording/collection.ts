import { type Exporter, hole } from "../labels.ts";
import type { CounterName } from "../metrics/index.ts";
import {
  avg,
  byList,
  fromAny,
  group,
  max,
  promql,
  type Query,
  rate,
  ratio,
  scrapedOnce,
  select,
  sum,
  type Where,
} from "../queries/query.ts";
import { inventory } from "./inventory.ts";
import { type Level, type Place, place, record, type Recorded, type RecordingGroup } from "./record.ts";

/** Both send with Prometheus' own remote-write queue, and name its metrics alike. */
const metricsAgents: readonly Exporter[] = ["prometheus-agent", "alloy"];

const window = "5m";

/** One queue of one agent, however often the agent is scraped. */
const queue = [...place, "instance", "remote_name", "url"] as const;

function ofAgents(query: Query<Place>): Query<Place> {
  return fromAny(metricsAgents, query);
}

function perQueue(counter: CounterName & `prometheus_remote_storage_${string}`): Query<Place> {
  return sum(place, max([...queue], rate(counter, {}, window) as Query<(typeof queue)[number]>));
}

function measured(level: Level, name: string, query: Query<Place>): Recorded<Place> {
  return record({ level, name, query });
}

/**
 * How far behind is what a cluster's agents have sent, in seconds? The newest sample in the queue minus the newest one
 * sent, of the slowest queue.
 */
export const sendingLag: Recorded<Place> = measured(
  "cluster",
  "remote_write_lag_seconds:max",
  ofAgents(
    max(
      place,
      promql({
        unit: "seconds",
        labels: place,
      })`${select("prometheus_remote_storage_queue_highest_timestamp_seconds")} - ${select("prometheus_remote_storage_queue_highest_sent_timestamp_seconds")}`,
    ),
  ),
);

/** Samples a second that a cluster's agents send. */
export const samplesSent: Recorded<Place> = measured(
  "cluster",
  "remote_write_samples:rate5m",
  ofAgents(perQueue("prometheus_remote_storage_samples_total")),
);

/** Share of a cluster's samples that its agents could not deliver and will not try again: it is lost. */
export const samplesLost: Recorded<Place> = measured(
  "cluster",
  "remote_write_failures:ratio_rate5m",
  ofAgents(
    ratio(
      perQueue("prometheus_remote_storage_samples_failed_total"),
      perQueue("prometheus_remote_storage_samples_total"),
    ),
  ),
);

/** How many shards an agent wants of those that it may have: above 1 it falls behind. */
export const shardsWanted: Recorded<Place> = measured(
  "cluster",
  "remote_write_shards:ratio_max",
  ofAgents(
    max(
      place,
      promql({
        unit: "ratio",
        labels: place,
      })`${select("prometheus_remote_storage_shards_desired")} / ${select("prometheus_remote_storage_shards_max")}`,
    ),
  ),
);

/** Series that a cluster's agents hold: what the metrics of a cluster cost follows from it. */
export const activeSeries: Recorded<Place> = measured("cluster", "active_series:sum", {
  ...sum(place, max([...place, "instance"], select("prometheus_agent_active_series"))),
  unit: "none",
});

const signals = ["spans", "log_records", "metric_points"] as const;

/** A Collector's counters have the suffix `_total` only where it is told to add it, so both names count. */
function collected(prefix: "sent" | "send_failed"): Query<Place> {
  const per = [...place, "instance", "exporter"] as const;
  const names = signals.flatMap((signal) =>
    (["", "_total"] as const).map((suffix) => `otelcol_exporter_${prefix}_${signal}${suffix}` as const),
  );
  const all = names.map((name) => max([...per], rate(name, {}, window) as Query<(typeof per)[number]>));
  return sum(
    place,
    promql({ unit: "per second", labels: place })`label_replace(${all[0] as Query}, "signal", "0", "", "")${all
      .slice(1)
      .map((query, at) => ` or label_replace(${query.expr}, "signal", "${at + 1}", "", "")`)
      .join("")}`,
  );
}

/** Spans, log records and points a second that a cluster's Collectors deliver. */
export const collectorSent: Recorded<Place> = measured("cluster", "otelcol_sent:rate5m", {
  ...collected("sent"),
  requires: ["otelcol"],
});

/** Share of what a cluster's Collectors took that they failed to deliver. */
export const collectorFailures: Recorded<Place> = measured("cluster", "otelcol_send_failures:ratio_rate5m", {
  ...shareOf(collected("send_failed"), select(collectorSent)),
  requires: ["otelcol"],
});

/** How full is the fullest sending queue of a cluster's Collectors? At 1 it drops. */
export const collectorQueue: Recorded<Place> = measured(
  "cluster",
  "otelcol_queue:ratio_max",
  max(
    place,
    promql({
      unit: "ratio",
      labels: place,
    })`${select("otelcol_exporter_queue_size")} / ${select("otelcol_exporter_queue_capacity")}`,
  ),
);

/** Log lines a second that a cluster's agents deliver. */
export const linesSent: Recorded<Place> = measured(
  "cluster",
  "log_lines_sent:rate5m",
  fromAny(["promtail", "alloy"], lines("promtail_sent_entries_total", "loki_write_sent_entries_total")),
);

/** Log lines a second that they gave up. */
export const linesLost: Recorded<Place> = measured(
  "cluster",
  "log_lines_dropped:rate5m",
  fromAny(["promtail", "alloy"], lines("promtail_dropped_entries_total", "loki_write_dropped_entries_total")),
);

function lines(
  promtail: CounterName & `promtail_${string}`,
  alloy: CounterName & `loki_write_${string}`,
): Query<Place> {
  const each = (counter: CounterName): Query<Place> =>
    sum(place, scrapedOnce(rate(counter, {}, window) as Query<Place>));
  return sum(
    place,
    promql({
      unit: "per second",
      labels: place,
    })`label_replace(${each(promtail)}, "agent", "promtail", "", "") or label_replace(${each(alloy)}, "agent", "alloy", "", "")`,
  );
}

/** Share of a job's targets that answer: which exporter is it that fails? */
export const jobUp: Recorded<Place | "job"> = record({
  level: "cluster_job",
  name: "up:ratio",
  query: { ...avg([...place, "job"], select("up", { job: { matches: hole("job:any") } })), unit: "ratio" },
});

type Tenanted = Place | "tenant";

/** A counter of the central stack by tenant; Mimir calls the label `user`. */
function byTenant(counter: CounterName, label: "user" | "tenant"): Query<Tenanted> {
  const per = sum([...place, label], rate(counter, {}, window) as Query<Place | "user" | "tenant">);
  return named(per, label);
}

function named(query: Query, label: "user" | "tenant"): Query<Tenanted> {
  const labels: readonly Tenanted[] = [...place, "tenant"];
  return label === "tenant"
    ? { ...query, labels }
    : sum(labels, promql({ unit: query.unit, labels })`label_replace(${query}, "tenant", "$1", "user", "(.*)")`);
}

/** Samples a second that a tenant sends, as Mimir counts them. */
export const tenantSamples: Recorded<Tenanted> = record({
  level: "cluster_tenant",
  name: "samples_received:rate5m",
  query: byTenant("cortex_distributor_received_samples_total", "user"),
});

/** Share of a tenant's samples that Mimir refuses. */
export const tenantSamplesDiscarded: Recorded<Tenanted> = record({
  level: "cluster_tenant",
  name: "samples_discarded:ratio_rate5m",
  query: shareOf(byTenant("cortex_discarded_samples_total", "user"), select(tenantSamples)),
});

/** Series of a tenant against its limit: at 1 Mimir refuses new ones. Each is held as often as it is replicated. */
export const tenantSeries: Recorded<Tenanted> = record({
  level: "cluster_tenant",
  name: "active_series:ratio",
  query: {
    ...promql({
      unit: "ratio",
      labels: [...place, "tenant"],
    })`${named(sum([...place, "user"], select("cortex_ingester_active_series")), "user")} / on (${byList(["cluster"])}) group_left () ${max(["cluster"], select("cortex_distributor_replication_factor"))} / on (${byList(["cluster", "tenant"])}) group_left () (${named(max([...place, "user"], select("cortex_limits_overrides", { limit_name: "max_global_series_per_user" })), "user")} > 0)`,
    requires: ["mimir"],
  },
});

/** Log lines a second that a tenant sends, as Loki counts them. */
export const tenantLines: Recorded<Tenanted> = record({
  level: "cluster_tenant",
  name: "log_lines_received:rate5m",
  query: byTenant("loki_distributor_lines_received_total", "tenant"),
});

/** Share of a tenant's log lines that Loki refuses. */
export const tenantLinesDiscarded: Recorded<Tenanted> = record({
  level: "cluster_tenant",
  name: "log_lines_discarded:ratio_rate5m",
  query: shareOf(byTenant("loki_discarded_samples_total", "tenant"), select(tenantLines)),
});

/** Share of a tenant's rule evaluations that fail: what alerts and boards say of it may be old. */
export const tenantRuleFailures: Recorded<Tenanted> = record({
  level: "cluster_tenant",
  name: "rule_failures:ratio_rate5m",
  query: ratio(
    byTenant("cortex_prometheus_rule_evaluation_failures_total", "user"),
    byTenant("cortex_prometheus_rule_evaluations_total", "user"),
  ),
});

/** Alerts of a tenant that a silence or an inhibition keeps quiet, as Mimir's Alertmanager counts them: of its replicas the most. */
export const tenantSuppressed: Recorded<Tenanted> = record({
  level: "cluster_tenant",
  name: "alerts_suppressed:max",
  query: named(
    max([...place, "user"], select("cortex_alertmanager_alerts", { state: "suppressed" }) as Query<Place | "user">),
    "user",
  ),
});

/** What fails of all that comes, whether it fails or not; zero where nothing does. */
function shareOf<L extends string>(failed: Query<L>, passed: Query<NoInfer<L>>): Query<L> {
  const zeroed = promql({ unit: "per second", labels: failed.labels })`${failed} or (0 * ${passed})`;
  return promql({
    unit: "ratio",
    labels: failed.labels,
  })`(${zeroed} / ((${passed} + ${zeroed}) > 0)) or (0 * ${passed})`;
}

/** A tenant's series, where the filters show one of its clusters. */
export function ofChosen(recorded: Recorded<Tenanted>, where: Where<Place>): Query<"tenant"> {
  const tenants = group(["tenant"], select(inventory, where));
  return {
    ...promql({
      unit: recorded.unit,
      labels: ["tenant"],
    })`${max(["tenant"], select(recorded))} and on (tenant) ${tenants}`,
    legend: "{{tenant}}",
  };
}

/** Does all that agents collect arrive, and does the central stack take it? */
export const collectionGroup: RecordingGroup = {
  name: "collection",
  interval: "1m",
  rules: [
    sendingLag,
    samplesSent,
    samplesLost,
    shardsWanted,
    activeSeries,
    collectorSent,
    collectorFailures,
    collectorQueue,
    linesSent,
    linesLost,
    jobUp,
  ],
};

/** Does each tenant stay within what the central stack allows it? */
export const tenantsGroup: RecordingGroup = {
  name: "tenants",
  interval: "1m",
  rules: [
    tenantSamples,
    tenantSamplesDiscarded,
    tenantSeries,
    tenantLines,
    tenantLinesDiscarded,
    tenantRuleFailures,
    tenantSuppressed,
  ],
};
