import type { Cluster } from "../fleet/model.ts";
import { type ClusterModel, modelOf, type Pod, type ServiceModel } from "./cluster.ts";
import { placeOf } from "./emit.ts";
import { burst } from "./exporters/outcomes.ts";
import { type Flow, flow } from "./flow.ts";
import type { LogRecord, Resource } from "./otlp.ts";
import { crest } from "./rhythm.ts";
import { Presence } from "./steps.ts";
import { day, isIn, second, type Window, within } from "./time.ts";
import { calls, crossingOf } from "./workloads.ts";
import type { World } from "./world.ts";

/**
 * Of the requests that come to a cluster from outside, no more than so many a second are followed, as with head sampling:
 * each cluster follows the same share of its own at all times, 1 where its busiest second is below this.
 */
const followed = 1;

/** Gateways give up after half a minute. A pod gets as long to finish what it has begun, and nothing new in that time. */
export const longest: number = 30 * second;

/** The resource of a pod's spans and log lines. */
export interface PodResource extends Resource {
  readonly cluster: Cluster;
  readonly pod: Pod;
}

/** A line that a pod writes. */
export interface PodLog extends LogRecord {
  readonly resource: PodResource;
}

/** A service of one cluster as its callers know it. Times are milliseconds since 1970. */
export interface Service {
  readonly name: string;
  readonly namespace: string;
  /** Who answers: one of those that are ready, by a number from 0 to 1; undefined where nobody is. */
  readonly answering: (ms: number, chance: number) => PodResource | undefined;
  /** Share of requests that fail. */
  readonly failing: (ms: number) => number;
  /** The middle request's milliseconds on a good day, and by how much more it takes now. */
  readonly latency: number;
  readonly slower: (ms: number) => number;
  readonly calls: readonly Call[];
}

export interface Call {
  readonly to: () => Service | undefined;
  /** How many there are for each request, on average. */
  readonly each: (ms: number) => number;
  /** Milliseconds that the way there takes at least, and the way back. */
  readonly way: number;
}

/** A cluster through one day of UTC and a minute more. Whoever asks about a moment gets the same one, whatever the window. */
export interface ClusterDay {
  readonly model: ClusterModel;
  /** Where requests come in from outside, and how many a second are followed. */
  readonly entries: readonly { readonly service: Service; readonly rate: (ms: number) => number }[];
  /** What another cluster calls. */
  readonly guest: Service | undefined;
  /** Pods that answer nobody's requests. */
  readonly others: readonly Pod[];
  /** Does what is sent now arrive? */
  readonly isHeard: (ms: number) => boolean;
  readonly resource: (pod: Pod, ms: number) => PodResource;
}

/** Asked in the order of time, since only one day of each cluster is kept. */
export type Days = (cluster: Cluster, ms: number) => ClusterDay;

export function daysOf(world: World): Days {
  const known = new Map<string, ClusterDay>();
  const days: Days = (cluster, ms) => {
    const from = Math.floor(ms / day) * day;
    const found = known.get(cluster.name);
    if (found?.model.window.from === from) return found;
    const made = clusterDay(modelOf(world, cluster, { from, to: from + day + 2 * longest }), days);
    known.set(cluster.name, made);
    return made;
  };
  return days;
}

/**
 * What each second brings, in the order of time, as far as it lies in the window and its cluster is heard then. What a
 * second brings is not earlier than it and at most half a minute later, so only so much is ever held.
 */
export function* inOrder<T extends { readonly resource: PodResource }>(
  { from, to }: Window,
  days: Days,
  bring: (start: number) => Iterable<T>,
  timeOf: (item: T) => number,
): Generator<T> {
  let held: T[] = [];
  for (let start = Math.floor((from - longest) / second) * second; start < to; start += second) {
    for (const item of bring(start)) {
      const time = timeOf(item);
      if (time >= from && time < to && days(item.resource.cluster, start).isHeard(time)) held.push(item);
    }
    held.sort((a, b) => timeOf(a) - timeOf(b));
    const later = held.findIndex((item) => timeOf(item) >= start + second);
    const done = later === -1 ? held : held.slice(0, later);
    held = later === -1 ? [] : held.slice(later);
    yield* done;
  }
  yield* held;
}

function clusterDay(model: ClusterModel, days: Days): ClusterDay {
  const resource = resources(model);
  const services = new Map<string, Service>();
  for (const one of model.services)
    services.set(one.workload.plan.name, service(model, one, { services, resource, days }));
  const outside = model.services.flatMap(({ workload, callers }) =>
    callers.flatMap(({ name, requests }) => {
      const entered = services.get(workload.plan.name);
      return name === "" && entered ? [{ service: entered, requests }] : [];
    }),
  );
  const share = Math.min(1, followed / outside.reduce((sum, { requests }) => sum + most(requests), 0));
  const [first, second = first] = services.values();
  const heard = new Presence(model.heard);
  const answering = new Set([...model.services, ...model.gpus].flatMap(({ workload }) => workload.places.flat()));
  return {
    model,
    entries: outside.map(({ service, requests }) => ({ service, rate: (ms) => share * model.rate(requests)(ms) })),
    // Proxies count what comes from other clusters as answered, whatever happens here: a fault stays in its cluster.
    guest: second && { ...second, calls: [], failing: () => 0, slower: () => 1 },
    others: model.pods.filter((pod) => !answering.has(pod) && within(model.window, pod.running).length > 0),
    isHeard: (ms) => heard.at(ms),
    resource,
  };
}

function most({ terms }: Flow): number {
  return terms.reduce((sum, { blend }) => sum + crest(blend), 0);
}

interface Surroundings {
  readonly services: ReadonlyMap<string, Service>;
  readonly resource: ClusterDay["resource"];
  readonly days: Days;
}

function service(model: ClusterModel, { workload, requests, latency }: ServiceModel, around: Surroundings): Service {
  const { world, cluster, plan, window } = model;
  const { name, namespace } = workload.plan;
  const pods = workload.places.flat().flatMap((pod) => {
    const serving = within(window, within({ from: -Infinity, to: pod.life.to - longest }, pod.ready));
    return serving.length === 0 ? [] : [{ pod, serving }];
  });
  const failing = world.windows(cluster, "error-burst");
  const slow = world.windows(cluster, "latency-burst");
  const isFirst = model.services[0]?.workload === workload;
  return {
    name,
    namespace,
    answering: (ms, chance) => {
      const ready = pods.filter(({ serving }) => isIn(serving, ms));
      const one = ready[Math.floor(chance * ready.length)];
      return one && around.resource(one.pod, ms);
    },
    failing: (ms) => (isIn(failing, ms) ? burst.failing : plan.size.errors),
    latency,
    slower: (ms) => (isIn(slow, ms) ? burst.slower : 1),
    calls: [...callsInside(name, around), ...(isFirst ? callsOutside(model, requests, around) : [])],
  };
}

function callsInside(name: string, { services }: Surroundings): Call[] {
  return calls.flatMap(([from, to, each]) =>
    from === name ? [{ to: () => services.get(to), each: () => each, way: 0.3 }] : [],
  );
}

function callsOutside({ world, cluster, window, rate }: ClusterModel, requests: Flow, { days }: Surroundings): Call[] {
  const crossing = crossingOf(world, cluster);
  if (!crossing) return [];
  const crossed = rate(flow(crossing.requests));
  const all = rate(requests);
  return [
    { to: () => days(crossing.to, window.from).guest, each: (ms) => Math.min(1, crossed(ms) / all(ms)), way: 15 },
  ];
}

/** One object for each pod and what is said of it, so that its records go out together. */
function resources({ world, cluster, services }: ClusterModel): ClusterDay["resource"] {
  const { labels, environments } = world.fleet;
  const place = placeOf({ world, cluster });
  const other = environments.find(({ name }) => name !== cluster.environment)?.name ?? "unknown";
  const astray = world.windows(cluster, "wrong-external-label");
  const drift = world.windows(cluster, "image-drift");
  const drifting = services[0]?.workload.plan.name;
  const known = new Map<string, PodResource>();
  return (pod, ms) => {
    const isAstray = isIn(astray, ms);
    const isDrifting = pod.container === drifting && isIn(drift, ms);
    const key = `${pod.uid} ${isAstray} ${isDrifting}`;
    const found = known.get(key);
    if (found) return found;
    const attributes = {
      ...place,
      ...(isAstray && { [labels.environment]: other }),
      "service.name": pod.container,
      "service.version": isDrifting ? "hotfix" : pod.image.slice(pod.image.lastIndexOf(":") + 1),
      "k8s.namespace.name": pod.namespace,
      "k8s.pod.name": pod.name,
    };
    const made: PodResource = { cluster, pod, attributes };
    known.set(key, made);
    return made;
  };
}
