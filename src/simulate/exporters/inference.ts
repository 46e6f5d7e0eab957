import type { ClusterModel, GpuModel, Pod } from "../cluster.ts";
import type { Emitter, Share } from "../emit.ts";
import { type Flow, times } from "../flow.ts";
import { during, valueOf } from "../steps.ts";
import type { Window } from "../time.ts";
import { address, runningOf } from "./pod-target.ts";

/** Medians in seconds, and what a request is made of. Judgement: an 8B model on one data-centre card. */
const usual = { firstToken: 0.16, betweenTokens: 0.018, tokens: 220, prompt: 650 };

/** How many times longer everything takes while models are slow, and the first token while requests queue. */
const slow = 4;
const queueing = 20;

/** vllm-project/vllm: the buckets of its latencies, thinned to what quantiles need. */
const firstToken = [
  0.001, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10, 20, 40, 80, 160,
];
const betweenTokens = [0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.75, 1, 2.5, 5, 7.5, 10, 20, 40, 80];
const whole = [0.3, 0.5, 0.8, 1, 1.5, 2, 2.5, 5, 10, 15, 20, 30, 40, 50, 60, 120, 240, 480, 960];

/** The servers of language models. */
export function vllm(emitter: Emitter): void {
  const { model, cluster } = emitter;
  const job = cluster.jobs.vllm;
  if (job === undefined) return;
  const { world } = model;
  const saturated = world.windows(cluster, "gpu-saturated");
  for (const [at, gpu] of model.gpus.entries()) {
    const served = gpu.workload.plan.model;
    if (served?.runtime !== "vllm") continue;
    // Renamed in 0.11, and a fleet in mid-upgrade has both.
    const isOld = served.version.startsWith("0.10.");
    const { target, answers, starts } = serverOf(emitter, gpu, at, { job, port: 8000 });
    const labels = { model_name: served.name, engine: "0" };
    const done = model.count(answers, starts);
    target.counts("vllm:request_success_total", { ...labels, finished_reason: "stop" }, (ms) => 0.93 * done(ms));
    target.counts("vllm:request_success_total", { ...labels, finished_reason: "length" }, (ms) => 0.07 * done(ms));
    target.counts("vllm:generation_tokens_total", labels, (ms) => usual.tokens * done(ms));
    target.counts("vllm:prompt_tokens_total", labels, (ms) => usual.prompt * done(ms));
    const latency = (flow: Flow, median: number, spread: number, waits: number): Share[] =>
      regimes(model, flow, starts, { median, spread, waits });
    const total = usual.firstToken + usual.tokens * usual.betweenTokens;
    target.histogram("vllm:time_to_first_token_seconds", labels, {
      buckets: firstToken,
      shares: latency(answers, usual.firstToken, 0.6, queueing),
    });
    target.histogram(isOld ? "vllm:time_per_output_token_seconds" : "vllm:inter_token_latency_seconds", labels, {
      buckets: betweenTokens,
      shares: latency(times(answers, usual.tokens), usual.betweenTokens, 0.35, 1.6),
    });
    target.histogram("vllm:e2e_request_latency_seconds", labels, {
      buckets: whole,
      shares: latency(answers, total, 0.5, 2.4),
    });
    const rate = model.rate(answers);
    const stretch = valueOf(during(world.windows(cluster, "inference-slow"), slow, 1));
    const full = valueOf(during(saturated, 1, 0));
    // Little's law: as many are in the works as come while one is done.
    const running = (ms: number): number => rate(ms) * total * stretch(ms) * (full(ms) ? 2.4 : 1);
    target.gauge("vllm:num_requests_running", labels, (ms) => Math.round(running(ms)));
    target.gauge("vllm:num_requests_waiting", labels, (ms) => (full(ms) ? 18 + Math.round(queueAt(saturated, ms)) : 0));
    const cache = (ms: number): number => (full(ms) ? 0.98 : Math.min(0.9, 0.04 + running(ms) / 40));
    // Also the old name, which says the same: 0.10 has both.
    target.gauge("vllm:kv_cache_usage_perc", labels, cache);
    if (isOld) target.gauge("vllm:gpu_cache_usage_perc", labels, cache);
    const preempted = model.count(times(answers, during(saturated, 0.05, 0)), starts);
    target.counts("vllm:num_preemptions_total", labels, preempted);
  }
}

/** A queue grows by one in twenty seconds, as long as more come than leave. */
function queueAt(windows: readonly Window[], ms: number): number {
  const now = windows.find(({ from, to }) => ms >= from && ms < to);
  return now ? Math.min(120, (ms - now.from) / 20_000) : 0;
}

/** The servers of small models. */
export function triton(emitter: Emitter): void {
  const { model, cluster } = emitter;
  const job = cluster.jobs.triton;
  if (job === undefined) return;
  const { world } = model;
  const saturated = world.windows(cluster, "gpu-saturated");
  for (const [at, gpu] of model.gpus.entries()) {
    const served = gpu.workload.plan.model;
    if (served?.runtime !== "triton") continue;
    const { target, answers, starts } = serverOf(emitter, gpu, at, { job, port: 8002 });
    const labels = { model: served.name, version: "1" };
    const done = model.count(answers, starts);
    target.counts("nv_inference_request_success", labels, done);
    target.counter("nv_inference_request_failure", { ...labels, reason: "OTHER" }, 0);
    target.counts("nv_inference_count", labels, (ms) => 4 * done(ms));
    target.counts("nv_inference_exec_count", labels, done);
    const longer = during(world.windows(cluster, "inference-slow"), slow, 1);
    const computed = model.count(times(times(answers, 9000), longer), starts);
    const queued = model.count(times(times(answers, 600), during(saturated, 80, 1)), starts);
    target.counts("nv_inference_compute_infer_duration_us", labels, computed);
    target.counts("nv_inference_queue_duration_us", labels, queued);
    target.counts("nv_inference_request_duration_us", labels, (ms) => computed(ms) + queued(ms));
    const waiting = valueOf(during(saturated, 25, 0));
    target.gauge("nv_inference_pending_request_count", labels, waiting);
    const rate = model.rate(answers);
    target.gauge("nv_gpu_utilization", { gpu_uuid: gpu.uuid }, (ms) => (0.97 * rate(ms)) / gpu.capacity);
  }
}

interface Server {
  readonly target: ReturnType<Emitter["target"]>;
  readonly answers: Flow;
  readonly starts: readonly number[];
}

function serverOf(
  emitter: Emitter,
  gpu: GpuModel,
  at: number,
  { job, port }: { readonly job: string; readonly port: number },
): Server {
  const pods: readonly Pod[] = gpu.pods;
  return {
    target: emitter.target({
      job,
      instance: `${address(emitter, gpu.workload.plan.name, at)}:${port}`,
      exists: runningOf(pods),
    }),
    answers: gpu.answers,
    starts: pods.flatMap((pod) => pod.starts),
  };
}

/** Answers by how long they took: usual ones, slow ones, and those that waited. */
function regimes(
  { world, cluster, count }: ClusterModel,
  answers: Flow,
  starts: readonly number[],
  { median, spread, waits }: { readonly median: number; readonly spread: number; readonly waits: number },
): Share[] {
  const slowed = world.windows(cluster, "inference-slow");
  const waited = world.windows(cluster, "gpu-saturated");
  const parts = [
    { steps: [during(slowed, 0, 1), during(waited, 0, 1)], factor: 1 },
    { steps: [during(slowed, 1, 0), during(waited, 0, 1)], factor: slow },
    { steps: [during(slowed, 0, 1), during(waited, 1, 0)], factor: waits },
    { steps: [during(slowed, 1, 0), during(waited, 1, 0)], factor: slow * waits },
  ];
  const used = parts.filter((_, at) => (at & 1 ? slowed.length > 0 : true) && (at & 2 ? waited.length > 0 : true));
  return used.map(({ steps, factor }) => ({
    count: count(
      steps.reduce((flow, one) => times(flow, one), answers),
      starts,
    ),
    median: median * factor,
    spread,
  }));
}
