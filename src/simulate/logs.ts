import type { LogRecord, Severity } from "./otlp.ts";
import { inOrder, type OfCluster, type Pod, podsOf, type PodSpan, seconds, type Traffic } from "./traces.ts";

export interface Logs extends Traffic {
  /** Lines a second that one pod of the cluster writes for no good reason, beside what the traffic gives. Default: 0. */
  readonly flood?: OfCluster;
}

export interface PodLog extends LogRecord {
  readonly resource: Pod;
}

/**
 * What the services of a fleet write about the traffic that `spans()` yields for the same arguments, in the order of
 * time: a line for each request, another for each failure. Every line bears the ids of a span of the same window, whose
 * end is the line's time; only a flood has none.
 */
export function* logs(options: Logs): Generator<PodLog> {
  const { flood = () => 0 } = options;
  const pods = podsOf(options);
  const loud = [...new Map(pods.map((pod) => [pod.service.cluster.name, pod])).values()];
  yield* inOrder(
    options,
    seconds(options, pods),
    function* ({ start, spans }) {
      for (const span of spans) {
        yield* linesOf(span);
      }
      for (const pod of loud) {
        yield* flooding(pod, start, flood(pod.service.cluster.name, start));
      }
    },
    ({ timestamp }) => timestamp,
  );
}

function* linesOf(span: PodSpan): Generator<PodLog> {
  const { kind, error, attributes } = span;
  const status = attributes["http.response.status_code"];
  const peer = attributes["peer.service"];
  if (kind === "client") {
    if (error !== undefined) {
      yield line(span, "warn", `msg="call failed" peer=${peer} status=${status} err="${error}"`);
    }
    return;
  }
  // 502 is what a request answers that fails because of another one, which has told its story already.
  if (error !== undefined && status !== 502) {
    yield line(span, "error", `msg="request failed" err="${error}"`);
  }
  const took = (span.end - span.start).toFixed(3);
  const request = `method=${attributes["http.request.method"]} route=${attributes["http.route"]}`;
  yield line(
    span,
    error === undefined ? "info" : "warn",
    `msg=request ${request} status=${status} duration_ms=${took}`,
  );
}

function line({ resource, end, traceId, spanId }: PodSpan, severity: Severity, body: string): PodLog {
  return { resource, timestamp: end, severity, body, attributes: { level: severity }, traceId, spanId };
}

function* flooding(resource: Pod, start: number, rate: number): Generator<PodLog> {
  const count = Math.floor((start / 1000 + 1) * rate) - Math.floor((start / 1000) * rate);
  for (let at = 0; at < count; at++) {
    yield {
      resource,
      timestamp: start + (at * 1000) / count,
      severity: "warn",
      body: `msg="cannot flush, trying again" attempt=${at + 1}`,
      attributes: { level: "warn" },
    };
  }
}
