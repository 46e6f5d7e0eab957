import { collection as collectionBoard } from "../dashboards/collection.ts";
import { hole } from "../labels.ts";
import type { CounterName } from "../metrics/index.ts";
import { byList, fromAny, max, promql, type Query, rate, select, sum } from "../queries/query.ts";
import {
  collectorFailures,
  collectorQueue,
  jobUp,
  linesLost,
  linesSent,
  samplesLost,
  sendingLag,
  shardsWanted,
} from "../recording/collection.ts";
import { type Place, place } from "../recording/record.ts";
import { alert, type AlertGroup } from "./alert.ts";
import { fires, given, quiet } from "./alert-test.ts";

const component = "collection";
const board = collectionBoard.uid;

const targets: Query<Place | "job"> = promql({
  unit: "ratio",
  labels: [...place, "job"],
})`${select(jobUp)} < 0.8`;

const behind: Query<Place> = promql({ unit: "seconds", labels: place })`${select(sendingLag)} > 120`;
const lost: Query<Place> = promql({ unit: "ratio", labels: place })`${select(samplesLost)} > 0.001`;
const saturated: Query<Place> = promql({ unit: "ratio", labels: place })`${select(shardsWanted)} > 1`;

const notReloaded: Query<Place | "instance"> = fromAny(
  ["prometheus-agent", "alloy"],
  promql({ unit: "none", labels: [...place, "instance"] })`${max(
    [...place, "instance"],
    select("prometheus_config_last_reload_successful", { job: { matches: hole("job:prometheus-agent") } }),
  )} == 0 or ${max([...place, "instance"], select("alloy_config_last_load_successful"))} == 0`,
);

const failing: Query<Place> = promql({ unit: "ratio", labels: place })`${select(collectorFailures)} > 0.01`;
const queue: Query<Place> = promql({ unit: "ratio", labels: place })`${select(collectorQueue)} > 0.8`;

const signals = ["spans", "log_records", "metric_points"] as const;

/** Spans, records and points a second that a Collector turns away; its counters have `_total` only where it is told so. */
function turnedAway(
  what: "exporter_enqueue_failed" | "receiver_refused",
  by: "exporter" | "receiver",
): Query<Place | typeof by> {
  const labels = [...place, by] as const;
  const per = byList([...place, "instance", by, ...(by === "receiver" ? ["transport"] : [])]);
  const all = signals.flatMap((signal) =>
    (["", "_total"] as const).map((suffix): CounterName => `otelcol_${what}_${signal}${suffix}`),
  );
  const each = all.map(
    (name, at) => `label_replace(max by (${per}) (${rate(name, {}, "5m").expr}), "signal", "${at}", "", "")`,
  );
  return {
    ...sum([...labels], promql({ unit: "per second", labels: [...labels] })`(${each.join(" or ")})`),
    requires: ["otelcol"],
  };
}

const dropping: Query<Place | "exporter"> = {
  ...promql({
    unit: "per second",
    labels: [...place, "exporter"],
  })`${turnedAway("exporter_enqueue_failed", "exporter")} > 0`,
  requires: ["otelcol"],
};

/** Back-pressure: clients try again, so it is for working hours. */
const refusing: Query<Place | "receiver"> = {
  ...promql({ unit: "per second", labels: [...place, "receiver"] })`${turnedAway("receiver_refused", "receiver")} > 1`,
  requires: ["otelcol"],
};

const logs: Query<Place> = fromAny(
  ["promtail", "alloy"],
  promql({
    unit: "ratio",
    labels: place,
  })`${select(linesLost)} / (${select(linesSent)} + ${select(linesLost)} > 0) > 0.001`,
);

const agent = { instance: "10.0.0.5:9090", remote_name: "mimir", url: "http://gateway/api/v1/push" } as const;
const queued = (highest: string, highestSent: string) => [
  given("prometheus_remote_storage_queue_highest_timestamp_seconds", agent, highest),
  given("prometheus_remote_storage_queue_highest_sent_timestamp_seconds", agent, highestSent),
];
const refused = (failed: string) => [
  given("prometheus_remote_storage_samples_total", agent, "0+60000x30"),
  given("prometheus_remote_storage_samples_failed_total", agent, failed),
];
const shards = (desired: string) => [
  given("prometheus_remote_storage_shards_desired", agent, desired),
  given("prometheus_remote_storage_shards_max", agent, "50x30"),
];
const reloaded = (values: string) =>
  given(
    "prometheus_config_last_reload_successful",
    { instance: agent.instance, job: hole("job:prometheus-agent") },
    values,
  );
const exporter = { exporter: "otlp", instance: "a" } as const;
const sent = given("otelcol_exporter_sent_spans", exporter, "0+540x30");
const waiting = (items: string) => [
  given("otelcol_exporter_queue_size", { exporter: "otlp", data_type: "traces" }, items),
  given("otelcol_exporter_queue_capacity", { exporter: "otlp", data_type: "traces" }, "1000x30"),
];
const turnedBack = (values: string) =>
  given("otelcol_receiver_refused_spans", { receiver: "otlp", transport: "grpc", instance: "a" }, values);
const dropped = (values: string) => [
  given("promtail_sent_entries_total", { host: "loki", instance: "a" }, "0+540x30"),
  given("promtail_dropped_entries_total", { host: "loki", instance: "a", reason: "ingester_error" }, values),
];
const up = (instance: string, values: string) => given("up", { job: hole("job:node-exporter"), instance }, values);

/** Does all that agents collect arrive? What is lost on the way is missing from every board, and fires no alert. */
export const collectionAlerts: AlertGroup = {
  name: "collection",
  interval: "1m",
  scope: "tenant",
  rules: [
    alert({
      name: "TargetsDown",
      when: targets,
      for: "15m",
      severity: "warning",
      component,
      summary: ({ cluster, job, percentage }) => `Only ${percentage} of the targets of ${job} in ${cluster} answer`,
      description: ({ job }) =>
        `More than a fifth of the targets of ${job} has failed its scrapes for a quarter of an hour: what they measure is missing.`,
      board,
    }),
    alert({
      name: "AgentBehind",
      when: behind,
      for: "10m",
      severity: "critical",
      component,
      summary: ({ cluster, duration }) => `The agent of ${cluster} is ${duration} behind`,
      description: ({ cluster }) =>
        `What ${cluster} measures now arrives later and later. Its alerts fire late, and when the agent's buffer is full it loses samples.`,
      board,
    }),
    alert({
      name: "SamplesLost",
      when: lost,
      for: "10m",
      severity: "critical",
      component,
      summary: ({ cluster, percentage }) => `${cluster} loses ${percentage} of its samples`,
      description: ({ cluster }) =>
        `The central store refuses samples of ${cluster} for good; the objective is to take 99.9 %. Boards have holes, and rates are wrong.`,
      board,
    }),
    alert({
      name: "AgentShardsSaturated",
      when: saturated,
      for: "15m",
      severity: "warning",
      component,
      summary: ({ cluster }) => `The agent of ${cluster} wants more connections than it may have`,
      description: ({ value }) => `It wants ${value} times as many shards as it may have: it is about to fall behind.`,
      board,
    }),
    alert({
      name: "AgentConfigRejected",
      when: notReloaded,
      for: "15m",
      severity: "warning",
      component,
      summary: ({ cluster, instance }) => `The agent ${instance} of ${cluster} did not take its new configuration`,
      description: () => "It goes on with the old one, until it restarts: then it does not start.",
      board,
    }),
    alert({
      name: "CollectorSendFailing",
      when: failing,
      for: "10m",
      severity: "warning",
      component,
      summary: ({ cluster, percentage }) => `The Collectors of ${cluster} fail to send ${percentage} of what they take`,
      description: () => "What is not delivered is tried again for a while, and then lost.",
      board,
    }),
    alert({
      name: "CollectorQueueAlmostFull",
      when: queue,
      for: "10m",
      severity: "warning",
      component,
      summary: ({ cluster, percentage }) => `A sending queue of the Collectors of ${cluster} is ${percentage} full`,
      description: () => "When it is full, the Collector drops what comes: the store behind it is slow, or away.",
      board,
    }),
    alert({
      name: "CollectorDropping",
      when: dropping,
      for: "5m",
      severity: "critical",
      component,
      summary: ({ cluster, exporter, value }) =>
        `The Collectors of ${cluster} drop ${value} items a second before ${exporter}`,
      description: ({ exporter }) =>
        `The queue of ${exporter} is full: what comes now is lost, and nobody tries again.`,
      board,
    }),
    alert({
      name: "CollectorRefusing",
      when: refusing,
      for: "15m",
      severity: "warning",
      component,
      summary: ({ cluster, receiver, value }) =>
        `The Collectors of ${cluster} turn away ${value} items a second at ${receiver}`,
      description: () => "Its memory limit is reached. Clients try again, and lose what they cannot hold.",
      board,
    }),
    alert({
      name: "LogsLost",
      when: logs,
      for: "10m",
      severity: "warning",
      component,
      summary: ({ cluster, percentage }) => `${cluster} loses ${percentage} of its log lines`,
      description: () =>
        "The agents gave up lines that Loki refused: it limits the rate, the streams or the length of lines.",
      board,
    }),
  ],
  tests: [
    fires("TargetsDown", {
      when: "one of two targets is down",
      series: [up("10.1.0.1:9100", "1x60"), up("10.1.0.2:9100", "1x10 0x50")],
      after: "26m",
      labels: { job: hole("job:node-exporter") },
      value: 0.5,
    }),
    quiet("TargetsDown", {
      when: "one of ten targets is down",
      series: Array.from({ length: 10 }, (_, at) => up(`10.1.0.${at}:9100`, at === 0 ? "0x60" : "1x60")),
      during: "60m",
    }),
    fires("AgentBehind", {
      when: "it is three minutes behind",
      series: queued("1000+60x30", "820+60x30"),
      after: "10m",
      value: 180,
    }),
    quiet("AgentBehind", {
      when: "it is three minutes behind once, and catches up",
      series: queued("1000x30", "995x9 820x3 995x20"),
      during: "30m",
    }),
    fires("SamplesLost", {
      when: "a hundredth is refused",
      series: refused("0+600x30"),
      after: "11m",
      value: 0.01,
    }),
    quiet("SamplesLost", {
      when: "none is",
      series: refused("0x30"),
      during: "30m",
    }),
    fires("AgentShardsSaturated", {
      when: "it wants twice as many",
      series: shards("100x30"),
      after: "15m",
      value: 2,
    }),
    quiet("AgentShardsSaturated", {
      when: "it has all that it may",
      series: shards("50x30"),
      during: "30m",
    }),
    fires("AgentConfigRejected", {
      when: "the configuration is wrong",
      series: [reloaded("1x5 0x30")],
      after: "21m",
      labels: { instance: agent.instance },
      value: 0,
    }),
    quiet("AgentConfigRejected", {
      when: "it was read",
      series: [reloaded("1x30")],
      during: "30m",
    }),
    fires("CollectorSendFailing", {
      when: "a tenth fails",
      series: [sent, given("otelcol_exporter_send_failed_spans", exporter, "0+60x30")],
      after: "11m",
      value: 0.1,
    }),
    quiet("CollectorSendFailing", {
      when: "all is delivered",
      series: [sent],
      during: "30m",
    }),
    fires("CollectorQueueAlmostFull", {
      when: "nine tenths are used",
      series: waiting("900x30"),
      after: "10m",
      value: 0.9,
    }),
    quiet("CollectorQueueAlmostFull", {
      when: "half is used",
      series: waiting("500x30"),
      during: "30m",
    }),
    fires("CollectorDropping", {
      when: "its queue is full, and its counters have the newer names",
      series: [given("otelcol_exporter_enqueue_failed_spans_total", exporter, "0+60x30")],
      after: "6m",
      labels: { exporter: "otlp" },
      value: 1,
    }),
    quiet("CollectorDropping", {
      when: "it dropped something long ago",
      series: [given("otelcol_exporter_enqueue_failed_spans", exporter, "500x30")],
      during: "30m",
    }),
    fires("CollectorRefusing", {
      when: "its memory is used up",
      series: [turnedBack("0+600x30")],
      after: "16m",
      labels: { receiver: "otlp" },
      value: 10,
    }),
    quiet("CollectorRefusing", {
      when: "it refuses something now and then",
      series: [turnedBack("0+6x30")],
      during: "30m",
    }),
    fires("LogsLost", {
      when: "a tenth is dropped",
      series: dropped("0+60x30"),
      after: "11m",
      value: 0.1,
    }),
    quiet("LogsLost", {
      when: "none is",
      series: dropped("0x30"),
      during: "30m",
    }),
  ],
};
