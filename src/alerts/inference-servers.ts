import { gpuMonitoring } from "../dashboards/gpu-monitoring.ts";
import { byList, promql, type Query, rate, select, sum } from "../queries/query.ts";
import { firstToken, modelWaiting, nextToken } from "../recording/inference.ts";
import { type Place, place } from "../recording/record.ts";
import { alert, type AlertGroup } from "./alert.ts";
import { fires, given, quiet } from "./alert-test.ts";

type OfModel = Place | "model" | "runtime";
const ofModel: readonly OfModel[] = [...place, "model", "runtime"];
const component = "inference";
const board = gpuMonitoring.uid;

const queueing: Query<OfModel> = promql({ unit: "none", labels: ofModel })`${select(modelWaiting)} > 10`;

/** What is put off is computed again: unlike a full cache, which is how a busy server should be, this is work for nothing. */
const preempting: Query<Place | "model_name"> = promql({
  unit: "per second",
  labels: [...place, "model_name"],
})`${sum(
  [...place, "model_name"],
  promql({
    unit: "per second",
    labels: [...place, "model_name", "instance", "engine"],
  })`max by (${byList([...place, "model_name", "instance", "engine"])}) (${rate("vllm:num_preemptions_total", {}, "5m")})`,
)} > 0.1`;

const slowFirst: Query<OfModel> = promql({
  unit: "seconds",
  labels: ofModel,
})`histogram_quantile(0.95, ${sum([...ofModel, "le"], select(firstToken))}) > 2`;

const slowNext: Query<OfModel> = promql({
  unit: "seconds",
  labels: ofModel,
})`histogram_quantile(0.95, ${sum([...ofModel, "le"], select(nextToken))}) > 0.2`;

const failures = sum([...place, "model"], rate("nv_inference_request_failure", {}, "5m"));
const successes = sum([...place, "model"], rate("nv_inference_request_success", {}, "5m"));

const failing: Query<Place | "model"> = promql({
  unit: "ratio",
  labels: [...place, "model"],
})`${failures} / (${failures} + ${successes} > 0) > 0.05`;

const server = { model_name: "llama", engine: "0", instance: "10.2.0.1:8000" } as const;
const served = { model: "llama", runtime: "vllm" } as const;
const triton = { model: "resnet", version: "1", instance: "10.2.0.2:8002" } as const;
const times = (
  metric: "vllm:time_to_first_token_seconds_bucket" | "vllm:inter_token_latency_seconds_bucket",
  short: string,
) => [
  given(metric, { ...server, le: "0.1" }, short),
  given(metric, { ...server, le: "4" }, "0+60x40"),
  given(metric, { ...server, le: "+Inf" }, "0+60x40"),
];

/** Do models answer, and in time? */
export const inferenceAlerts: AlertGroup = {
  name: "inference-servers",
  interval: "1m",
  scope: "tenant",
  rules: [
    alert({
      name: "InferenceQueueing",
      when: queueing,
      for: "15m",
      severity: "warning",
      component,
      summary: ({ cluster, model, value }) => `${value} requests wait for ${model} in ${cluster}`,
      description: ({ runtime }) =>
        `The servers (${runtime}) have had more to do than they can for a quarter of an hour.`,
      board,
    }),
    alert({
      name: "InferencePreempting",
      when: preempting,
      for: "10m",
      severity: "warning",
      component,
      summary: ({ cluster, model_name: model, value }) => `${model} in ${cluster} puts off ${value} requests a second`,
      description: () =>
        "The memory for what it has read is used up, so it drops requests that it has begun and computes them again.",
      board,
    }),
    alert({
      name: "InferenceSlow",
      when: slowFirst,
      for: "10m",
      severity: "warning",
      component,
      labels: { token: "first" },
      summary: ({ cluster, model, duration }) => `${model} in ${cluster} takes ${duration} for the first token (p95)`,
      description: () => "One reader in twenty waits longer than two seconds before anything appears.",
      board,
    }),
    alert({
      name: "InferenceSlow",
      when: slowNext,
      for: "10m",
      severity: "warning",
      component,
      labels: { token: "next" },
      summary: ({ cluster, model, duration }) =>
        `${model} in ${cluster} takes ${duration} for each further token (p95)`,
      description: () => "It writes slower than people read: five tokens a second.",
      board,
    }),
    alert({
      name: "InferenceFailing",
      when: failing,
      for: "10m",
      severity: "warning",
      component,
      summary: ({ cluster, model, percentage }) => `${percentage} of the requests to ${model} in ${cluster} fail`,
      description: () =>
        "The server refuses or fails them: a wrong input, a model that is not loaded, or a full queue.",
      board,
    }),
  ],
  tests: [
    fires("InferenceQueueing", {
      when: "twenty requests wait",
      series: [given("vllm:num_requests_waiting", server, "20x30")],
      after: "15m",
      labels: served,
      value: 20,
    }),
    quiet("InferenceQueueing", {
      when: "a few wait, and many for a moment",
      series: [given("vllm:num_requests_waiting", server, "5x10 100x5 5x30")],
      during: "40m",
    }),
    fires("InferencePreempting", {
      when: "one a second is put off",
      series: [given("vllm:num_preemptions_total", server, "0+60x30")],
      after: "11m",
      labels: { model_name: "llama" },
      value: 1,
    }),
    quiet("InferencePreempting", {
      when: "one a minute is",
      series: [given("vllm:num_preemptions_total", server, "0+1x30")],
      during: "30m",
    }),
    fires("InferenceSlow", {
      when: "most first tokens take seconds",
      series: times("vllm:time_to_first_token_seconds_bucket", "0x40"),
      after: "11m",
      labels: served,
      rule: { token: "first" },
      value: 3.805,
    }),
    fires("InferenceSlow", {
      when: "most further tokens take seconds",
      series: times("vllm:inter_token_latency_seconds_bucket", "0x40"),
      after: "11m",
      labels: served,
      rule: { token: "next" },
      value: 3.805,
    }),
    quiet("InferenceSlow", {
      when: "all come at once",
      series: [
        ...times("vllm:time_to_first_token_seconds_bucket", "0+60x40"),
        ...times("vllm:inter_token_latency_seconds_bucket", "0+60x40"),
      ],
      during: "40m",
    }),
    fires("InferenceFailing", {
      when: "a tenth fails",
      series: [
        given("nv_inference_request_success", triton, "0+54x30"),
        given("nv_inference_request_failure", { ...triton, reason: "OTHER" }, "0+6x30"),
      ],
      after: "11m",
      labels: { model: "resnet" },
      value: 0.1,
    }),
    quiet("InferenceFailing", {
      when: "a hundredth fails",
      series: [
        given("nv_inference_request_success", triton, "0+99x30"),
        given("nv_inference_request_failure", { ...triton, reason: "OTHER" }, "0+1x30"),
      ],
      during: "30m",
    }),
  ],
};
