import { collection as collectionBoard } from "../dashboards/collection.ts";
import { hole } from "../labels.ts";
import type { CounterName, MetricName } from "../metrics/index.ts";
import { byList, max, promql, type Query, rate, select } from "../queries/query.ts";
import { tenantLinesDiscarded, tenantSamplesDiscarded, tenantSeries } from "../recording/collection.ts";
import { type Place, place } from "../recording/record.ts";
import { alert, type AlertGroup } from "./alert.ts";
import { fires, given, type GivenSeries, quiet } from "./alert-test.ts";

const board = collectionBoard.uid;
type Tenanted = Place | "tenant";
const ofTenant: readonly Tenanted[] = [...place, "tenant"];

const samples: Query<Tenanted> = promql({
  unit: "ratio",
  labels: ofTenant,
})`${select(tenantSamplesDiscarded)} > 0.001`;
const series: Query<Tenanted> = promql({ unit: "ratio", labels: ofTenant })`${select(tenantSeries)} > 0.85`;
const lines: Query<Tenanted> = promql({
  unit: "ratio",
  labels: ofTenant,
})`${select(tenantLinesDiscarded)} > 0.001`;

/** A counter's rate, of each target once, added up by these labels. */
function per<L extends string>(labels: readonly L[], counter: CounterName, where: string, window = "5m"): Query<L> {
  const selected = where === "" ? rate(counter, {}, window).expr : `rate(${counter}{${where}}[${window}])`;
  return {
    ...promql({ unit: "per second", labels })`sum by (${byList(labels)}) (${selected})`,
    requires: rate(counter).requires,
  };
}

/** The share of all that failed, where anything was asked at all. */
function failing<L extends string>(
  labels: readonly L[],
  { failed, all, above }: { readonly failed: Query<L>; readonly all: Query<L>; readonly above: number },
): Query<L> {
  return { ...promql({ unit: "ratio", labels })`${failed} / (${all} > 0) > ${above}`, requires: failed.requires };
}

const spans: Query<Tenanted> = failing(ofTenant, {
  failed: per(ofTenant, "tempo_discarded_spans_total", ""),
  all: per(ofTenant, "tempo_distributor_spans_received_total", ""),
  above: 0.001,
});

const routed = [...place, "job", "route"] as const;
type Routed = (typeof routed)[number];

/** Long requests and health checks are left out: they end as they should, however they end. */
function requestErrors(
  counter:
    | "cortex_request_duration_seconds_count"
    | "loki_request_duration_seconds_count"
    | "tempo_request_duration_seconds_count",
  above: number,
): Query<Routed> {
  const real = `route!~"ready|metrics|debug_.*|.*tail"`;
  // A gRPC server has words where an HTTP server has numbers.
  const bad = `${real}, status_code=~"5..|error"`;
  return failing([...routed], { failed: per([...routed], counter, bad), all: per([...routed], counter, real), above });
}

const denied: Query<Place> = promql({
  unit: "per second",
  labels: place,
})`${per(place, "cortex_request_duration_seconds_count", `status_code=~"401|403"`)} > 1`;

const slow: Query<Place> = promql({ unit: "seconds", labels: place })`histogram_quantile(0.95, ${per(
  [...place, "le"],
  "cortex_request_duration_seconds_bucket",
  `route=~"prometheus_api_v1_query(_range)?"`,
  "10m",
)}) > 5`;

const byUser = [...place, "user"] as const;
type ByUser = (typeof byUser)[number];

/** Groups of the project's own namespace are the platform's; those of others are their owners'. */
const platform = `rule_group=~".*${hole("ruler-namespace")};.*"`;
const others = `rule_group!~".*${hole("ruler-namespace")};.*"`;
const ruleFailures = "cortex_prometheus_rule_evaluation_failures_total" as const;

const ownRules: Query<ByUser | "rule_group"> = promql({
  unit: "per second",
  labels: [...byUser, "rule_group"],
})`${per([...byUser, "rule_group"], ruleFailures, platform)} > 0`;
const otherRules: Query<ByUser | "rule_group"> = promql({
  unit: "per second",
  labels: [...byUser, "rule_group"],
})`${per([...byUser, "rule_group"], ruleFailures, others)} > 0`;

const missed: Query<ByUser> = failing([...byUser], {
  failed: per([...byUser], "cortex_prometheus_rule_group_iterations_missed_total", ""),
  all: per([...byUser], "cortex_prometheus_rule_group_iterations_total", ""),
  above: 0.05,
});

const notHandedOver: Query<ByUser> = promql({
  unit: "per second",
  labels: [...byUser],
})`${per([...byUser], "cortex_prometheus_notifications_dropped_total", "")} + ${per([...byUser], "cortex_prometheus_notifications_errors_total", "")} > 0`;

const integrated = [...byUser, "integration"] as const;

const notNotified: Query<(typeof integrated)[number]> = failing([...integrated], {
  failed: per([...integrated], "cortex_alertmanager_notifications_failed_total", ""),
  all: per([...integrated], "cortex_alertmanager_notifications_total", ""),
  above: 0.01,
});

function isZero<L extends string>(labels: readonly L[], metric: MetricName): Query<L> {
  return promql({ unit: "none", labels })`${max(labels, select(metric) as Query<L>)} == 0`;
}

const onInstance = [...place, "instance"] as const;
type OnInstance = (typeof onInstance)[number];

function since(metric: MetricName, seconds: number): Query<OnInstance> {
  const at = max([...onInstance], select(metric) as Query<OnInstance>);
  return promql({ unit: "seconds", labels: [...onInstance] })`time() - (${at} > 0) > ${seconds}`;
}

const notShipping: Query<OnInstance> = since(
  "cortex_ingester_shipper_last_successful_upload_timestamp_seconds",
  4 * 3600,
);
const notCompacting: Query<OnInstance> = since("cortex_compactor_last_successful_run_timestamp_seconds", 24 * 3600);

const stored = [...place, "operation"] as const;
const storage: Query<(typeof stored)[number]> = failing([...stored], {
  failed: per([...stored], "thanos_objstore_bucket_operation_failures_total", ""),
  all: per([...stored], "thanos_objstore_bucket_operations_total", ""),
  above: 0.05,
});

const unhealthy: Query<Place | "name"> = promql({
  unit: "none",
  labels: [...place, "name"],
})`${max([...place, "name"], select("cortex_ring_members", { state: "Unhealthy" }))} > 0`;

const lokiFlush: Query<Place> = promql({
  unit: "per second",
  labels: place,
})`${per(place, "loki_ingester_chunks_flush_failures_total", "")} > 0`;
const tempoFlush: Query<Place> = promql({
  unit: "per second",
  labels: place,
})`${per(place, "tempo_ingester_failed_flushes_total", "")} > 0`;

const edges: Query<Tenanted> = promql({
  unit: "per second",
  labels: ofTenant,
})`${per(ofTenant, "tempo_metrics_generator_processor_service_graphs_dropped_spans", "")} > 1`;

const grafana: Query<Place> = failing(place, {
  failed: per(place, "grafana_http_request_duration_seconds_count", `status_code=~"5.."`),
  all: per(place, "grafana_http_request_duration_seconds_count", ""),
  above: 0.05,
});

const push = { job: hole("job:mimir"), route: "api_v1_push", method: "POST", ws: "false" } as const;
const pushed = (status_code: string, values: string, at = "a") =>
  given("cortex_request_duration_seconds_count", { ...push, status_code, instance: at }, values);
const asked = (le: string, values: string) =>
  given(
    "cortex_request_duration_seconds_bucket",
    { ...push, route: "prometheus_api_v1_query", status_code: "200", le },
    values,
  );

function pair(
  failed: GivenSeries["name"],
  all: GivenSeries["name"],
  labels: Readonly<Record<string, string>>,
  share: number,
): GivenSeries[] {
  return [
    given(failed as MetricName, labels as never, `0+${600 * share}x40`),
    given(all as MetricName, labels as never, "0+600x40"),
  ];
}

const own = "/data/prd/" + hole("ruler-namespace") + ";health";
const theirs = "/data/prd/team-shop;shop";
const discarded = (share: number) =>
  pair(
    "cortex_discarded_samples_total",
    "cortex_distributor_received_samples_total",
    { user: "dev", instance: "a" },
    share,
  );
const failures = (rule_group: string, values: string) =>
  given(ruleFailures, { user: "prd", rule_group, instance: "a", reason: "operator" }, values);

const limits = (active: string) => [
  given("cortex_ingester_active_series", { user: "dev", instance: "a" }, active),
  given("cortex_distributor_replication_factor", { instance: "d" }, "3x60"),
  given("cortex_limits_overrides", { user: "dev", limit_name: "max_global_series_per_user", instance: "o" }, "1000x60"),
];

/** Does the central stack take, keep, evaluate, tell and show? Where it runs, its own cluster's rules watch it. */
export const centralAlerts: AlertGroup = {
  name: "central",
  interval: "1m",
  scope: "tenant",
  rules: [
    alert({
      name: "TenantSamplesDiscarded",
      when: samples,
      for: "10m",
      severity: "warning",
      component: "mimir",
      summary: ({ tenant, percentage }) => `Mimir refuses ${percentage} of the samples of tenant ${tenant}`,
      description: ({ tenant }) =>
        `What is refused is lost. The reason is in cortex_discarded_samples_total: a limit of ${tenant}, samples out of order, labels that are too many or too long.`,
      board,
    }),
    alert({
      name: "TenantSeriesLimitNear",
      when: series,
      for: "30m",
      severity: "warning",
      component: "mimir",
      summary: ({ tenant, percentage }) => `Tenant ${tenant} has ${percentage} of the series that it may have`,
      description: () => "At its limit Mimir refuses new series: pods that start then are not seen.",
      board,
    }),
    alert({
      name: "TenantLogsDiscarded",
      when: lines,
      for: "10m",
      severity: "warning",
      component: "loki",
      summary: ({ tenant, percentage }) => `Loki refuses ${percentage} of the log lines of tenant ${tenant}`,
      description: () =>
        "Agents try again for a while, and then give up. The reason is in loki_discarded_samples_total.",
      board,
    }),
    alert({
      name: "TenantSpansDiscarded",
      when: spans,
      for: "10m",
      severity: "warning",
      component: "tempo",
      summary: ({ tenant, percentage }) => `Tempo refuses ${percentage} of the spans of tenant ${tenant}`,
      description: () => "Traces have holes. The reason is in tempo_discarded_spans_total.",
      board,
    }),
    alert({
      name: "MimirRequestErrors",
      when: requestErrors("cortex_request_duration_seconds_count", 0.01),
      for: "10m",
      severity: "critical",
      component: "mimir",
      summary: ({ job, route, percentage }) => `${percentage} of the requests to ${route} of ${job} fail`,
      description: () =>
        "Pushes that fail are tried again by agents until their buffer is full; queries that fail are panels and rules without an answer.",
      board,
    }),
    alert({
      name: "LokiRequestErrors",
      when: requestErrors("loki_request_duration_seconds_count", 0.05),
      for: "10m",
      severity: "critical",
      component: "loki",
      summary: ({ job, route, percentage }) => `${percentage} of the requests to ${route} of ${job} fail`,
      description: () => "Agents hold lines back and then lose them; queries for logs have no answer.",
      board,
    }),
    alert({
      name: "TempoRequestErrors",
      when: requestErrors("tempo_request_duration_seconds_count", 0.05),
      for: "10m",
      severity: "warning",
      component: "tempo",
      summary: ({ job, route, percentage }) => `${percentage} of the requests to ${route} of ${job} fail`,
      description: () => "Spans are lost, or traces cannot be read.",
      board,
    }),
    alert({
      name: "CentralAccessDenied",
      when: denied,
      for: "10m",
      severity: "warning",
      component: "mimir",
      summary: ({ value }) => `${value} requests a second to Mimir are denied`,
      description: () =>
        "Somebody has a wrong credential or names a tenant that is not its own: an agent after a change of its secret, or an intruder.",
      board,
    }),
    alert({
      name: "CentralQueriesSlow",
      when: slow,
      for: "30m",
      severity: "warning",
      component: "mimir",
      summary: ({ duration }) => `Queries take ${duration} (p95)`,
      description: () => "Boards promise an answer within five seconds. Find who reads raw series of many clusters.",
      board,
    }),
    alert({
      name: "RuleEvaluationFailing",
      when: ownRules,
      for: "10m",
      severity: "critical",
      component: "ruler",
      labels: { owner: "platform" },
      summary: ({ user, rule_group: group }) => `Rules of tenant ${user} fail: ${group}`,
      description: ({ user }) =>
        `What they record is missing and what they watch fires no alert, so do not trust silence in ${user}.`,
      board,
    }),
    alert({
      name: "RuleEvaluationFailing",
      when: otherRules,
      for: "10m",
      severity: "warning",
      component: "ruler",
      labels: { owner: "team" },
      summary: ({ user, rule_group: group }) => `Rules of tenant ${user} fail: ${group}`,
      description: () => "They are not the platform's: the owner of their namespace has to mend them.",
      board,
    }),
    alert({
      name: "RuleEvaluationMissed",
      when: missed,
      for: "15m",
      severity: "critical",
      component: "ruler",
      summary: ({ user, percentage }) => `The ruler misses ${percentage} of its evaluations for tenant ${user}`,
      description: () =>
        "Alerts come late or not at all: groups take longer than their interval, or the ruler has no room.",
      board,
    }),
    alert({
      name: "RulerNotificationsFailing",
      when: notHandedOver,
      for: "5m",
      severity: "critical",
      component: "ruler",
      summary: ({ user, value }) => `The ruler cannot hand over ${value} alerts a second of tenant ${user}`,
      description: () => "They fire, and nobody is told.",
      board,
    }),
    alert({
      name: "AlertmanagerNotificationsFailing",
      when: notNotified,
      for: "5m",
      severity: "critical",
      component: "alertmanager",
      summary: ({ user, integration, percentage }) =>
        `${percentage} of the notifications of tenant ${user} by ${integration} fail`,
      description: () =>
        "The receiver refuses them, or cannot be reached. Those that are told another way must be asked to tell.",
      board,
    }),
    alert({
      name: "AlertmanagerConfigRejected",
      when: isZero([...byUser], "cortex_alertmanager_config_last_reload_successful"),
      for: "10m",
      severity: "critical",
      component: "alertmanager",
      summary: ({ user }) => `The Alertmanager did not take the configuration of tenant ${user}`,
      description: () => "It goes on with the old one, or with none at all after a restart.",
      board,
    }),
    alert({
      name: "IngesterNotShipping",
      when: notShipping,
      for: "15m",
      severity: "critical",
      component: "mimir",
      summary: ({ instance, duration }) => `Ingester ${instance} has not stored a block for ${duration}`,
      description: () => "What it holds is only on its own disk. Lose neither it nor two of its neighbours.",
      board,
    }),
    alert({
      name: "CompactorStale",
      when: notCompacting,
      for: "1h",
      severity: "warning",
      component: "mimir",
      summary: ({ instance, duration }) => `Compactor ${instance} has not finished a run for ${duration}`,
      description: () => "Blocks pile up: queries of long ranges become slow, and retention does not remove anything.",
      board,
    }),
    alert({
      name: "ObjectStorageFailing",
      when: storage,
      for: "15m",
      severity: "critical",
      component: "mimir",
      summary: ({ operation, percentage }) => `${percentage} of the "${operation}" operations on object storage fail`,
      description: () => "Nothing is stored, or nothing older than the ingesters can be read.",
      board,
    }),
    alert({
      name: "RingMembersUnhealthy",
      when: unhealthy,
      for: "15m",
      severity: "warning",
      component: "mimir",
      summary: ({ name, value }) => `${value} members of the ring ${name} are unhealthy`,
      description: () => "One more and writes or reads may fail. Forget members that will not return.",
      board,
    }),
    alert({
      name: "LokiFlushFailing",
      when: lokiFlush,
      for: "15m",
      severity: "critical",
      component: "loki",
      summary: () => "Loki cannot store chunks",
      description: ({ value }) =>
        `${value} chunks a second stay in memory: a restart loses what its log does not hold.`,
      board,
    }),
    alert({
      name: "TempoFlushFailing",
      when: tempoFlush,
      for: "15m",
      severity: "warning",
      component: "tempo",
      summary: () => "Tempo cannot store blocks",
      description: ({ value }) => `${value} flushes a second fail; traces are only on the ingesters' disks.`,
      board,
    }),
    alert({
      name: "ServiceGraphIncomplete",
      when: edges,
      for: "15m",
      severity: "warning",
      component: "tempo",
      summary: ({ tenant, value }) => `The service graph of tenant ${tenant} lacks ${value} spans a second`,
      description: () =>
        "The generator's store is full: calls are missing from the graph, and from rates made of spans.",
      board,
    }),
    alert({
      name: "GrafanaErrors",
      when: grafana,
      for: "10m",
      severity: "warning",
      component: "grafana",
      summary: ({ percentage }) => `${percentage} of the requests to Grafana fail`,
      description: () => "People see errors instead of boards: its database, or a data source behind it.",
      board,
    }),
  ],
  tests: [
    fires("TenantSamplesDiscarded", {
      when: "a tenth is refused",
      series: discarded(0.1),
      after: "11m",
      labels: { tenant: "dev" },
      value: 0.09091,
    }),
    quiet("TenantSamplesDiscarded", {
      when: "one bad exporter loses a sample in ten thousand",
      series: discarded(0.0001),
      during: "40m",
    }),
    fires("TenantSeriesLimitNear", {
      when: "nine tenths are used, thrice replicated",
      series: limits("2700x60"),
      after: "30m",
      labels: { tenant: "dev" },
      value: 0.9,
    }),
    quiet("TenantSeriesLimitNear", { when: "half is used", series: limits("1500x60"), during: "60m" }),
    fires("TenantLogsDiscarded", {
      when: "a tenth is refused",
      series: pair("loki_discarded_samples_total", "loki_distributor_lines_received_total", { tenant: "dev" }, 0.1),
      after: "11m",
      labels: { tenant: "dev" },
      value: 0.09091,
    }),
    quiet("TenantLogsDiscarded", {
      when: "none is",
      series: pair("loki_discarded_samples_total", "loki_distributor_lines_received_total", { tenant: "dev" }, 0),
      during: "40m",
    }),
    fires("TenantSpansDiscarded", {
      when: "a tenth is refused",
      series: pair("tempo_discarded_spans_total", "tempo_distributor_spans_received_total", { tenant: "dev" }, 0.1),
      after: "11m",
      labels: { tenant: "dev" },
      value: 0.1,
    }),
    quiet("TenantSpansDiscarded", {
      when: "none is",
      series: pair("tempo_discarded_spans_total", "tempo_distributor_spans_received_total", { tenant: "dev" }, 0),
      during: "40m",
    }),
    fires("MimirRequestErrors", {
      when: "a tenth of the pushes fails",
      series: [pushed("200", "0+540x40"), pushed("500", "0+60x40")],
      after: "11m",
      labels: { job: hole("job:mimir"), route: "api_v1_push" },
      value: 0.1,
    }),
    quiet("MimirRequestErrors", {
      when: "agents are told to slow down",
      series: [pushed("200", "0+540x40"), pushed("429", "0+60x40")],
      during: "40m",
    }),
    fires("LokiRequestErrors", {
      when: "a tenth of the pushes fails",
      series: [
        given(
          "loki_request_duration_seconds_count",
          { ...push, job: hole("job:loki"), status_code: "204" },
          "0+540x40",
        ),
        given("loki_request_duration_seconds_count", { ...push, job: hole("job:loki"), status_code: "500" }, "0+60x40"),
      ],
      after: "11m",
      labels: { job: hole("job:loki"), route: "api_v1_push" },
      value: 0.1,
    }),
    quiet("LokiRequestErrors", {
      when: "all are taken",
      series: [given("loki_request_duration_seconds_count", { ...push, status_code: "204" }, "0+540x40")],
      during: "40m",
    }),
    fires("TempoRequestErrors", {
      when: "a tenth fails, by gRPC",
      series: [
        given(
          "tempo_request_duration_seconds_count",
          { ...push, job: hole("job:tempo"), status_code: "success" },
          "0+540x40",
        ),
        given(
          "tempo_request_duration_seconds_count",
          { ...push, job: hole("job:tempo"), status_code: "error" },
          "0+60x40",
        ),
      ],
      after: "11m",
      labels: { job: hole("job:tempo"), route: "api_v1_push" },
      value: 0.1,
    }),
    quiet("TempoRequestErrors", {
      when: "all are taken",
      series: [given("tempo_request_duration_seconds_count", { ...push, status_code: "success" }, "0+540x40")],
      during: "40m",
    }),
    fires("CentralAccessDenied", {
      when: "an agent has the wrong credential",
      series: [pushed("401", "0+600x40")],
      after: "11m",
      value: 10,
    }),
    quiet("CentralAccessDenied", {
      when: "somebody mistypes a password",
      series: [pushed("401", "0+6x40")],
      during: "40m",
    }),
    fires("CentralQueriesSlow", {
      when: "all take nearly ten seconds",
      series: [asked("5", "0x60"), asked("10", "0+60x60"), asked("+Inf", "0+60x60")],
      after: "31m",
      value: 9.75,
    }),
    quiet("CentralQueriesSlow", {
      when: "all take less than five",
      series: [asked("5", "0+60x60"), asked("10", "0+60x60"), asked("+Inf", "0+60x60")],
      during: "60m",
    }),
    fires("RuleEvaluationFailing", {
      when: "the platform's own rules fail",
      series: [failures(own, "0+6x40")],
      after: "11m",
      rule: { owner: "platform" },
      labels: { user: "prd", rule_group: own },
      value: 0.1,
    }),
    fires("RuleEvaluationFailing", {
      when: "a team's rules fail",
      series: [failures(theirs, "0+6x40")],
      after: "11m",
      rule: { owner: "team" },
      labels: { user: "prd", rule_group: theirs },
      value: 0.1,
    }),
    quiet("RuleEvaluationFailing", {
      when: "they failed while Mimir was restarted",
      series: [failures(own, "0x5 12x40")],
      during: "40m",
    }),
    fires("RuleEvaluationMissed", {
      when: "a fifth is missed",
      series: pair(
        "cortex_prometheus_rule_group_iterations_missed_total",
        "cortex_prometheus_rule_group_iterations_total",
        { user: "prd", rule_group: own },
        0.2,
      ),
      after: "16m",
      labels: { user: "prd" },
      value: 0.2,
    }),
    quiet("RuleEvaluationMissed", {
      when: "none is",
      series: pair(
        "cortex_prometheus_rule_group_iterations_missed_total",
        "cortex_prometheus_rule_group_iterations_total",
        { user: "prd", rule_group: own },
        0,
      ),
      during: "40m",
    }),
    fires("RulerNotificationsFailing", {
      when: "the Alertmanager is away",
      series: [
        given("cortex_prometheus_notifications_dropped_total", { user: "prd", alertmanager: "a" }, "0x40"),
        given("cortex_prometheus_notifications_errors_total", { user: "prd", alertmanager: "a" }, "0+60x40"),
      ],
      after: "6m",
      labels: { user: "prd" },
      value: 1,
    }),
    quiet("RulerNotificationsFailing", {
      when: "all are taken",
      series: [
        given("cortex_prometheus_notifications_dropped_total", { user: "prd", alertmanager: "a" }, "7x40"),
        given("cortex_prometheus_notifications_errors_total", { user: "prd", alertmanager: "a" }, "9x40"),
      ],
      during: "40m",
    }),
    fires("AlertmanagerNotificationsFailing", {
      when: "a tenth fails",
      series: pair(
        "cortex_alertmanager_notifications_failed_total",
        "cortex_alertmanager_notifications_total",
        { user: "prd", integration: "slack" },
        0.1,
      ),
      after: "6m",
      labels: { user: "prd", integration: "slack" },
      value: 0.1,
    }),
    quiet("AlertmanagerNotificationsFailing", {
      when: "none fails",
      series: pair(
        "cortex_alertmanager_notifications_failed_total",
        "cortex_alertmanager_notifications_total",
        { user: "prd", integration: "slack" },
        0,
      ),
      during: "40m",
    }),
    fires("AlertmanagerConfigRejected", {
      when: "it cannot be read",
      series: [given("cortex_alertmanager_config_last_reload_successful", { user: "prd", instance: "a" }, "0x30")],
      after: "10m",
      labels: { user: "prd" },
      value: 0,
    }),
    quiet("AlertmanagerConfigRejected", {
      when: "it was read",
      series: [given("cortex_alertmanager_config_last_reload_successful", { user: "prd", instance: "a" }, "1x30")],
      during: "30m",
    }),
    fires("IngesterNotShipping", {
      when: "the last upload was at the first minute",
      series: [given("cortex_ingester_shipper_last_successful_upload_timestamp_seconds", { instance: "a" }, "60x300")],
      after: "257m",
      labels: { instance: "a" },
      value: 15_360,
    }),
    quiet("IngesterNotShipping", {
      when: "it has nothing to upload yet",
      series: [given("cortex_ingester_shipper_last_successful_upload_timestamp_seconds", { instance: "a" }, "0x300")],
      during: "300m",
    }),
    fires("CompactorStale", {
      when: "the last run was at the first minute",
      series: [given("cortex_compactor_last_successful_run_timestamp_seconds", { instance: "a" }, "60x40")],
      every: "1h",
      after: "26h",
      labels: { instance: "a" },
      value: 93_540,
    }),
    quiet("CompactorStale", {
      when: "it runs",
      series: [given("cortex_compactor_last_successful_run_timestamp_seconds", { instance: "a" }, "60+60x300")],
      during: "300m",
    }),
    fires("ObjectStorageFailing", {
      when: "a tenth fails",
      series: pair(
        "thanos_objstore_bucket_operation_failures_total",
        "thanos_objstore_bucket_operations_total",
        { operation: "upload", instance: "a" },
        0.1,
      ),
      after: "16m",
      labels: { operation: "upload" },
      value: 0.1,
    }),
    quiet("ObjectStorageFailing", {
      when: "none fails",
      series: pair(
        "thanos_objstore_bucket_operation_failures_total",
        "thanos_objstore_bucket_operations_total",
        { operation: "upload", instance: "a" },
        0,
      ),
      during: "40m",
    }),
    fires("RingMembersUnhealthy", {
      when: "an ingester is gone, as two others see",
      series: [
        given("cortex_ring_members", { name: "ingester", state: "Unhealthy", instance: "a" }, "1x30"),
        given("cortex_ring_members", { name: "ingester", state: "Unhealthy", instance: "b" }, "1x30"),
      ],
      after: "15m",
      labels: { name: "ingester" },
      value: 1,
    }),
    quiet("RingMembersUnhealthy", {
      when: "all are well",
      series: [
        given("cortex_ring_members", { name: "ingester", state: "ACTIVE", instance: "a" }, "3x30"),
        given("cortex_ring_members", { name: "ingester", state: "Unhealthy", instance: "a" }, "0x30"),
      ],
      during: "30m",
    }),
    fires("LokiFlushFailing", {
      when: "chunks cannot be stored",
      series: [given("loki_ingester_chunks_flush_failures_total", { instance: "a" }, "0+60x40")],
      after: "16m",
      value: 1,
    }),
    quiet("LokiFlushFailing", {
      when: "one could not, long ago",
      series: [given("loki_ingester_chunks_flush_failures_total", { instance: "a" }, "1x40")],
      during: "40m",
    }),
    fires("TempoFlushFailing", {
      when: "blocks cannot be stored",
      series: [given("tempo_ingester_failed_flushes_total", { instance: "a" }, "0+60x40")],
      after: "16m",
      value: 1,
    }),
    quiet("TempoFlushFailing", {
      when: "one could not, long ago",
      series: [given("tempo_ingester_failed_flushes_total", { instance: "a" }, "1x40")],
      during: "40m",
    }),
    fires("ServiceGraphIncomplete", {
      when: "its store is full",
      series: [
        given(
          "tempo_metrics_generator_processor_service_graphs_dropped_spans",
          { tenant: "dev", instance: "a" },
          "0+600x40",
        ),
      ],
      after: "16m",
      labels: { tenant: "dev" },
      value: 10,
    }),
    quiet("ServiceGraphIncomplete", {
      when: "it drops nothing",
      series: [
        given(
          "tempo_metrics_generator_processor_service_graphs_dropped_spans",
          { tenant: "dev", instance: "a" },
          "0x40",
        ),
      ],
      during: "40m",
    }),
    fires("GrafanaErrors", {
      when: "a tenth fails",
      series: [
        given(
          "grafana_http_request_duration_seconds_count",
          { handler: "/api/ds/query", method: "POST", status_code: "200" },
          "0+540x40",
        ),
        given(
          "grafana_http_request_duration_seconds_count",
          { handler: "/api/ds/query", method: "POST", status_code: "500" },
          "0+60x40",
        ),
      ],
      after: "11m",
      value: 0.1,
    }),
    quiet("GrafanaErrors", {
      when: "people ask for what is not there",
      series: [
        given(
          "grafana_http_request_duration_seconds_count",
          { handler: "/api/x", method: "GET", status_code: "404" },
          "0+540x40",
        ),
      ],
      during: "40m",
    }),
  ],
};
