import { lasting } from "./exporters/outcomes.ts";
import type { Attributes, Span } from "./otlp.ts";
import { hex, normal, type Stream, stream, whole } from "./random.ts";
import { second, type Window } from "./time.ts";
import { type Call, type Days, daysOf, inOrder, longest, type PodResource, type Service } from "./traffic.ts";
import type { World } from "./world.ts";

export interface PodSpan extends Span {
  readonly resource: PodResource;
  /** Did it fail by itself, and not because a call did? */
  readonly isCause: boolean;
}

/**
 * Requests to the services of a world, in the order of their ends, which is when a tracing library has them to send. Who
 * calls whom, how often it fails and how long it takes is what the metrics say; the pods are those that are ready then.
 * Of the requests only a share is followed, at most about one a second that comes to a cluster from outside.
 *
 * The window is in milliseconds since 1970, without its end. What begins in a second depends on the world, the cluster and
 * that second alone: a window cut in two yields what the whole one does, and no fault changes an id, a start or a pod's
 * work in another cluster.
 */
export function* spans(world: World, window: Window): Generator<PodSpan> {
  const days = daysOf(world);
  yield* inOrder(
    window,
    days,
    (start) => begun(world, days, start),
    ({ end }) => end,
  );
}

/** The spans of all requests that come from outside in the second after `start`, however long they take. */
export function begun(world: World, days: Days, start: number): PodSpan[] {
  const into: PodSpan[] = [];
  for (const cluster of world.clusters) {
    for (const { service, rate } of days(cluster, start).entries) {
      const key = world.key(cluster, "request", service.name, start);
      const count = whole(rate(start), ...key);
      for (let at = 0; at < count; at++) {
        const random = stream(...key, at);
        const trace = { id: hex(4, random), random, into };
        serve(trace, { service, start: start + random() * second });
      }
    }
  }
  return into;
}

interface Trace {
  readonly id: string;
  readonly random: Stream;
  readonly into: PodSpan[];
}

interface Request {
  readonly service: Service;
  readonly start: number;
  /** From 0 to 1: it fails where this is below the share that fails. Default: its own. */
  readonly luck?: number | undefined;
  readonly parentSpanId?: string;
}

/**
 * Faults change ends and errors only: which numbers are drawn, and when a request begins, does not depend on what fails
 * and how slow it is. So calls go out in the time that a request usually has, side by side.
 */
function serve(trace: Trace, { service, start, luck: given, parentSpanId }: Request): PodSpan | undefined {
  const { random, into } = trace;
  const resource = service.answering(start, random());
  if (!resource) return undefined;
  const spanId = hex(2, random);
  const own = random();
  const deviation = normal(random);
  const luck = given ?? own;
  // It can't do without the first of its calls, so both fail together; for all others it has something to fall back on.
  // This is how a caller fails no more often than its callees do, as the metrics have it.
  const isFailing = luck < service.failing(start);
  const answers = callsFor(service, start, random).flatMap(
    (call, at) =>
      invoke(trace, { call, resource, service, start, parentSpanId: spanId, luck: at === 0 ? luck : undefined }) ?? [],
  );
  const { times, spread } = isFailing ? lasting.failed : lasting.succeeded;
  const took = service.latency * times * service.slower(start) * Math.exp(spread * deviation);
  const blamed = answers[0]?.error;
  const span: PodSpan = {
    resource,
    traceId: trace.id,
    spanId,
    ...(parentSpanId !== undefined && { parentSpanId }),
    name: `GET ${routeOf(service)}`,
    kind: "server",
    start,
    end: Math.max(start + Math.min(took, longest - second), ...answers.map(({ end }) => end)),
    ...(isFailing && { error: blamed ?? `${service.name} is unavailable` }),
    isCause: isFailing && blamed === undefined,
    attributes: http(service, isFailing),
  };
  into.push(span);
  return span;
}

/** One after the other as the service has them, each as often as it happens this time. */
function callsFor({ calls }: Service, start: number, random: Stream): Call[] {
  const made: Call[] = [];
  for (const call of calls) {
    for (let left = Math.floor(call.each(start) + random()); left > 0; left--) made.push(call);
  }
  return made;
}

interface Invocation {
  readonly call: Call;
  readonly resource: PodResource;
  readonly service: Service;
  readonly start: number;
  readonly luck: number | undefined;
  readonly parentSpanId: string;
}

/** The caller's view of a call: the callee's time and the way there and back. Undefined where nobody is there to answer. */
function invoke(trace: Trace, { call, resource, service, start, luck, parentSpanId }: Invocation): PodSpan | undefined {
  const { random, into } = trace;
  const callee = call.to();
  if (!callee) return undefined;
  const spanId = hex(2, random);
  const begins = start + 0.3 * service.latency * random();
  const way = call.way * (1 + random());
  const answer = serve(trace, { service: callee, start: begins + way, luck, parentSpanId: spanId });
  if (!answer) return undefined;
  const span: PodSpan = {
    ...answer,
    resource,
    spanId,
    parentSpanId,
    kind: "client",
    start: begins,
    end: answer.end + way,
    isCause: false,
    attributes: {
      ...answer.attributes,
      "server.address": `${callee.name}.${callee.namespace}.svc.cluster.local`,
      "peer.service": callee.name,
    },
  };
  into.push(span);
  return span;
}

/** As the metrics of OpenTelemetry have it. */
function http(service: Service, isFailing: boolean): Attributes {
  return {
    "http.request.method": "GET",
    "http.route": routeOf(service),
    "url.scheme": "http",
    "http.response.status_code": isFailing ? 500 : 200,
    ...(isFailing && { "error.type": "500" }),
  };
}

function routeOf({ name }: Service): string {
  return `/${name}/{id}`;
}
