import { events } from "./events.ts";
import type { Severity } from "./otlp.ts";
import { draw, type Key, whole } from "./random.ts";
import type { FaultName } from "./faults.ts";
import { isIn, second, type Window } from "./time.ts";
import { begun, type PodSpan } from "./traces.ts";
import { type ClusterDay, daysOf, inOrder, type PodLog, type PodResource } from "./traffic.ts";
import { complaints } from "./volume.ts";
import type { World } from "./world.ts";

/** Lines a second, since no more of anything is kept: those of a pod that serves no requests, and those of one gone mad. */
const usual = 1 / 120;
const flood = 100;

/** Answers of one model server a second, at most. */
const answers = 0.1;

/**
 * What the pods of a world write, in the order of time: a line for each request that `spans()` follows and another for each
 * failure, with the ids of a span that ends at the line's time; a few of the answers of model servers; now and then a line
 * of all other pods; and what Kubernetes says of them. So of what the metrics count this is a sample, and a flood is one in the same measure. Clusters
 * without an agent for logs have none. For the window see `spans()`.
 */
export function* logs(world: World, window: Window): Generator<PodLog> {
  const days = daysOf(world);
  const clusters = world.clusters.filter(({ logsAgent }) => logsAgent !== "none");
  const bring = function* (start: number): Generator<PodLog> {
    for (const span of begun(world, days, start)) if (clusters.includes(span.resource.cluster)) yield* linesOf(span);
    for (const cluster of clusters) yield* besides(days(cluster, start), start);
  };
  yield* inOrder(window, days, bring, ({ timestamp }) => timestamp);
}

function* linesOf(span: PodSpan): Generator<PodLog> {
  const { kind, error, isCause, attributes, resource, end: timestamp, traceId, spanId } = span;
  const status = attributes["http.response.status_code"];
  const line = (severity: Severity, body: string): PodLog => ({
    ...lineOf(resource, timestamp, severity, body),
    traceId,
    spanId,
  });
  if (kind === "client") {
    if (error !== undefined)
      yield line("warn", `msg="call failed" peer=${attributes["peer.service"]} status=${status} err="${error}"`);
    return;
  }
  if (isCause) yield line("error", `msg="request failed" err="${error}"`);
  const request = `method=${attributes["http.request.method"]} route=${attributes["http.route"]}`;
  const took = (span.end - span.start).toFixed(3);
  yield line(error === undefined ? "info" : "warn", `msg=request ${request} status=${status} duration_ms=${took}`);
}

/** What a cluster's pods write in a second that has nothing to do with the requests that are followed. */
function* besides(today: ClusterDay, start: number): Generator<PodLog> {
  yield* chatter(today, start);
  yield* inference(today, start);
  yield* madness(today, start);
  yield* events(today, start);
}

function* chatter({ model, others, resource }: ClusterDay, start: number): Generator<PodLog> {
  const { world, cluster } = model;
  for (const [timestamp, chance] of moments(usual * others.length, start, world.key(cluster, "chatter"))) {
    const pod = others[Math.floor(chance * others.length)];
    // Of all that run on this day, the one whose turn it is may not run now.
    if (!pod || !isIn(pod.running, start)) continue;
    const [severity, message] = pod.crashes
      ? (["error", "cannot reach the database, giving up"] as const)
      : (["info", told[pod.container] ?? "all is well"] as const);
    yield lineOf(resource(pod, start), timestamp, severity, `msg="${message}"`);
  }
}

/** What those say who have something of their own to say. */
const told: Readonly<Record<string, string>> = {
  "alloy-logs": "tail routine: started",
  "alloy-metrics": "WAL checkpoint complete",
  "cert-manager": "certificate is up to date",
  "kustomize-controller": "Reconciliation finished",
  "loki-write": "flushing stream",
  "mimir-ingester": "TSDB head compaction completed",
  "mimir-ruler": "rule groups synced",
  "otel-collector": "Everything is ready",
  "prometheus-agent": "WAL checkpoint complete",
  "source-controller": "artifact up-to-date with remote revision",
};

function* inference({ model, resource }: ClusterDay, start: number): Generator<PodLog> {
  const { world, cluster, gpus, rate } = model;
  for (const [at, gpu] of gpus.entries()) {
    const pod = gpu.pods.find(({ ready }) => isIn(ready, start));
    if (!pod) continue;
    const share = Math.min(1, answers / gpu.capacity);
    const served = gpu.workload.plan.model;
    const route = served?.runtime === "vllm" ? "/v1/chat/completions" : `/v2/models/${served?.name}/infer`;
    for (const [timestamp] of moments(share * rate(gpu.answers)(start), start, world.key(cluster, "inference", at))) {
      yield lineOf(resource(pod, start), timestamp, "info", `msg=request method=POST route=${route} status=200`);
    }
  }
}

/** One pod of the first node, a service's where there is one, as the agents there count it. */
function* madness({ model, others, resource }: ClusterDay, start: number): Generator<PodLog> {
  const { world, cluster, services } = model;
  const is = (fault: FaultName): boolean => isIn(world.windows(cluster, fault), start);
  if (!is("log-flood") && !is("log-errors")) return;
  const candidates = [...services.flatMap(({ workload }) => workload.places.flat()), ...others];
  const mad = candidates.find(({ node, running }) => node?.plan.index === 0 && isIn(running, start));
  if (!mad) return;
  const line = (at: number, of: number, severity: Severity, body: string): PodLog =>
    lineOf(resource(mad, start), start + (at * second) / of, severity, body);
  if (is("log-flood")) {
    for (let at = 0; at < flood; at++)
      yield line(at, flood, "warn", `msg="cannot flush, trying again" attempt=${at + 1}`);
  }
  if (is("log-errors")) {
    for (let at = 0; at < complaints; at++) yield line(at, complaints, "error", `msg="cannot write to the outbox"`);
  }
}

/** When something happens in a second that happens so often, each with a number from 0 to 1. */
function moments(rate: number, start: number, key: readonly Key[]): (readonly [ms: number, chance: number])[] {
  return Array.from({ length: whole(rate, ...key, start) }, (_, at) => [
    start + draw(...key, start, "at", at) * second,
    draw(...key, start, "which", at),
  ]);
}

function lineOf(resource: PodResource, timestamp: number, severity: Severity, body: string): PodLog {
  return { resource, timestamp, severity, body, attributes: { level: severity } };
}
