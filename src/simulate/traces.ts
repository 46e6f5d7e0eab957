import type { Cluster, Fleet } from "../fleet/model.ts";
import { type Role, roles } from "../labels.ts";
import type { Attributes, Span } from "./otlp.ts";

/**
 * Requests to the services of a fleet. What happens in a second depends on that second, the seed and the cluster alone:
 * a window cut in two yields what the whole one does, and a fault in one cluster leaves the ids of all others as they
 * were. The callbacks must be functions of their arguments; they are also asked about the half minute before the window.
 */
export interface Traffic {
  readonly fleet: Fleet;
  /** Milliseconds since 1970: what ends at `from` or later, and before `to`. */
  readonly from: number;
  readonly to: number;
  readonly seed?: number;
  /** Default: `usualServices(fleet, seed)`. */
  readonly services?: readonly Service[];
  /** Requests a second that come to a cluster from outside. Default: `usualRate(fleet)`. */
  readonly rate?: OfCluster;
  /** The share, 0 to 1, of the requests to each service of a cluster that fail in that service. Default: 0.002. */
  readonly errorRatio?: OfCluster;
  /** What the time that each service of a cluster takes is multiplied by. Default: 1. */
  readonly slowness?: OfCluster;
}

export type OfCluster = (cluster: string, ms: number) => number;

type Some<T> = readonly [T, ...T[]];

export interface Service {
  readonly cluster: Cluster;
  readonly namespace: string;
  /** Unique in its cluster. */
  readonly name: string;
  readonly version: string;
  readonly pods: Some<string>;
  /** Like "GET /cart". */
  readonly routes: Some<string>;
  /** Do requests from outside come here? */
  readonly entry: boolean;
  /** Typical milliseconds of its own work on one request. */
  readonly work: number;
  readonly calls: readonly Call[];
}

export interface Call {
  readonly cluster: string;
  readonly service: string;
  /** The share, 0 to 1, of its requests that lead to this call. */
  readonly share: number;
  /** Does the request fail when the call does? Otherwise there is a fallback. */
  readonly required: boolean;
}

/** The resource of its spans and log lines. */
export interface Pod {
  readonly name: string;
  readonly service: Service;
  readonly attributes: Attributes;
}

export interface PodSpan extends Span {
  readonly resource: Pod;
}

/** A second of traffic: what began in it, however long it took. */
export interface Second {
  readonly start: number;
  readonly spans: readonly PodSpan[];
}

const second = 1000;

/** Gateways give up after half a minute, so nothing that began earlier can still end in a window. */
const longest = 30 * second;

/** Calls that lead in circles end here. */
const deepest = 8;

/** Spans in the order of their ends, which is when a tracing library has them to send. */
export function* spans(traffic: Traffic): Generator<PodSpan> {
  yield* inOrder(traffic, seconds(traffic, podsOf(traffic)), ({ spans: begun }) => begun, endOf);
}

/** The traffic second by second, from as early as can still be seen in the window. */
export function* seconds(traffic: Traffic, pods: readonly Pod[]): Generator<Second> {
  const { from, to } = traffic;
  const world = worldOf(traffic, pods);
  for (let start = Math.floor((from - longest) / second) * second; start < to; start += second) {
    const begun: PodSpan[] = [];
    for (const entries of world.entries) {
      begin(world, entries, start, begun);
    }
    yield { start, spans: begun };
  }
}

/**
 * What belongs to the window, in the order of time. Each second gives items at its start or later, so what is earlier
 * than the next second's start is final, and only what reaches beyond it is held.
 */
export function* inOrder<T>(
  { from, to }: Pick<Traffic, "from" | "to">,
  source: Iterable<Second>,
  itemsOf: (second: Second) => Iterable<T>,
  timeOf: (item: T) => number,
): Generator<T> {
  let held: T[] = [];
  for (const each of source) {
    for (const item of itemsOf(each)) {
      const time = timeOf(item);
      if (time >= from && time < to) {
        held.push(item);
      }
    }
    held.sort((a, b) => timeOf(a) - timeOf(b));
    const next = each.start + second;
    const final = held.findIndex((item) => timeOf(item) >= next);
    const done = final === -1 ? held : held.slice(0, final);
    held = final === -1 ? [] : held.slice(final);
    yield* done;
  }
  yield* held;
}

/** More in later environments, as in life: 0.5 a second in the first and twice that in each next, least at 3 h UTC. */
export function usualRate({ environments, clusters }: Fleet): OfCluster {
  const rank = new Map(environments.map(({ name }, at) => [name, at]));
  const peak = new Map(
    clusters.map(({ name, environment, type }) => [
      name,
      type === "ops" ? 0.5 : 0.5 * 2 ** Math.min(rank.get(environment) ?? 0, 5),
    ]),
  );
  return (cluster, ms) => (peak.get(cluster) ?? 0) * (0.7 - 0.3 * Math.cos(((ms / 3_600_000 - 3) / 12) * Math.PI));
}

/**
 * A shop in each workload cluster, sign-in in each ops cluster. Shops sign their users in at the first ops cluster, where
 * there is one, and enter reservations in the ledger of the next cluster of their environment.
 */
export function usualServices({ clusters }: Fleet, seed = 1): Service[] {
  const running = clusters.filter(({ state }) => state === "active" || state === "maintenance");
  return running.flatMap((cluster) => (cluster.type === "ops" ? signIn(cluster, seed) : shop(cluster, running, seed)));
}

function shop(cluster: Cluster, running: readonly Cluster[], seed: number): Service[] {
  const peers = running.filter(({ environment, type }) => environment === cluster.environment && type !== "ops");
  const next = peers[(peers.indexOf(cluster) + 1) % peers.length];
  const signsIn = running.find(({ type }) => type === "ops");
  const here = (service: string, share = 1): Call => ({ cluster: cluster.name, service, share, required: true });
  const make = maker(cluster, 6, seed);
  return [
    make("shop", "storefront", {
      routes: ["GET /", "GET /products", "GET /products/{id}", "POST /orders"],
      entry: true,
      work: 8,
      calls: [
        here("catalog"),
        here("checkout", 0.3),
        ...(signsIn ? [{ cluster: signsIn.name, service: "identity", share: 0.2, required: false }] : []),
      ],
    }),
    make("shop", "catalog", { routes: ["GET /items"], work: 12, calls: [here("search", 0.5)] }),
    make("shop", "search", { routes: ["POST /query"], work: 25, calls: [] }),
    make("payments", "checkout", {
      routes: ["POST /checkout"],
      work: 15,
      calls: [here("ledger"), here("inventory")],
    }),
    make("payments", "ledger", { routes: ["POST /entries"], work: 10, calls: [] }),
    make("shop", "inventory", {
      routes: ["PUT /reservations"],
      work: 6,
      calls:
        next === undefined || next === cluster
          ? []
          : [{ cluster: next.name, service: "ledger", share: 0.5, required: false }],
    }),
  ];
}

function signIn(cluster: Cluster, seed: number): Service[] {
  const make = maker(cluster, 3, seed);
  const here = (service: string, share = 1): Call => ({ cluster: cluster.name, service, share, required: true });
  return [
    make("identity", "console", { routes: ["GET /sessions"], entry: true, work: 5, calls: [here("identity")] }),
    make("identity", "identity", { routes: ["POST /token"], work: 9, calls: [here("directory", 0.4)] }),
    make("identity", "directory", { routes: ["GET /users/{id}"], work: 7, calls: [] }),
  ];
}

type Kind = Pick<Service, "routes" | "work" | "calls"> & { readonly entry?: boolean };

/** Half of the cluster's pods are these services'; the others run what takes no requests. */
function maker(cluster: Cluster, services: number, seed: number) {
  const replicas = Math.max(1, Math.min(10, Math.floor(cluster.pods / services / 2)));
  return (namespace: string, name: string, { entry = false, ...kind }: Kind): Service => {
    const random = randomOf(seed, `${cluster.name}/${name}`, 0, 0);
    const set = letters(random, 9);
    const pod = (): string => `${name}-${set}-${letters(random, 5)}`;
    const version = `1.${Math.floor(random() * 40)}.${Math.floor(random() * 10)}`;
    const pods: Service["pods"] = [pod(), ...Array.from({ length: replicas - 1 }, pod)];
    return { cluster, namespace, name, version, pods, entry, ...kind };
  };
}

/** Kubernetes leaves out vowels and what looks like them, so that no name is a word. */
function letters(random: () => number, length: number): string {
  const safe = "bcdfghjklmnpqrstvwxz2456789";
  return Array.from({ length }, () => safe[Math.floor(random() * safe.length)]).join("");
}

/** Every pod that takes part, in the order of the services. */
export function podsOf({ fleet, seed, services = usualServices(fleet, seed) }: Omit<Traffic, "from" | "to">): Pod[] {
  return services.flatMap((service) => service.pods.map((name) => podOf(fleet, service, name)));
}

interface World {
  readonly seed: number;
  /** By cluster and service. */
  readonly pods: ReadonlyMap<string, Some<Pod>>;
  /** For each cluster: where requests come in. */
  readonly entries: readonly Some<Service>[];
  readonly rate: OfCluster;
  readonly errorRatio: OfCluster;
  readonly slowness: OfCluster;
}

function worldOf(traffic: Traffic, pods: readonly Pod[]): World {
  const { fleet, seed = 1, rate = usualRate(fleet), errorRatio = () => 0.002, slowness = () => 1 } = traffic;
  const byService = grouped(pods, ({ service }) => `${service.cluster.name}/${service.name}`);
  const entries = [...byService.values()].map(([{ service }]) => service).filter(({ entry }) => entry);
  return {
    seed,
    pods: byService,
    entries: [...grouped(entries, ({ cluster }) => cluster.name).values()],
    rate,
    errorRatio,
    slowness,
  };
}

function grouped<T>(items: readonly T[], keyOf: (item: T) => string): Map<string, Some<T>> {
  const groups = new Map<string, [T, ...T[]]>();
  for (const item of items) {
    const group = groups.get(keyOf(item));
    if (group === undefined) {
      groups.set(keyOf(item), [item]);
    } else {
      group.push(item);
    }
  }
  return groups;
}

function pick<T>(some: Some<T>, random: () => number): T {
  return some[Math.floor(random() * some.length)] ?? some[0];
}

function podOf({ labels, name: tenantId }: Fleet, service: Service, name: string): Pod {
  const { cluster, namespace } = service;
  const values: Readonly<Record<Role, string>> = {
    cluster: cluster.name,
    environment: cluster.environment,
    region: cluster.region,
    cluster_type: cluster.type,
    tenant_id: tenantId,
  };
  const attributes = {
    ...Object.fromEntries(roles.map((role) => [labels[role], values[role]])),
    "service.name": service.name,
    "service.version": service.version,
    "k8s.namespace.name": namespace,
    "k8s.pod.name": name,
  };
  return { name, service, attributes };
}

function begin(world: World, entries: Some<Service>, start: number, into: PodSpan[]): void {
  const cluster = entries[0].cluster.name;
  const rate = world.rate(cluster, start);
  // The fraction of a request is one in as many seconds.
  const count = Math.floor(rate + randomOf(world.seed, cluster, start, -1)());
  for (let at = 0; at < count; at++) {
    const random = randomOf(world.seed, cluster, start, at);
    const traceId = hex(random, 4);
    const origin = start + random() * second;
    const { name } = pick(entries, random);
    const trace: Trace = { world, traceId, origin, random, drafts: [] };
    const root = serve(trace, { cluster, service: name, time: 0, depth: 0 });
    const squeeze = Math.min(1, longest / (root?.end ?? 0));
    for (const draft of trace.drafts) {
      into.push({ ...draft, start: origin + draft.start * squeeze, end: origin + draft.end * squeeze });
    }
  }
}

interface Trace {
  readonly world: World;
  readonly traceId: string;
  readonly origin: number;
  readonly random: () => number;
  /** Their times count from the origin. */
  readonly drafts: PodSpan[];
}

interface Request {
  readonly cluster: string;
  readonly service: string;
  readonly time: number;
  readonly depth: number;
  readonly parentSpanId?: string;
}

/** Draws the same numbers whatever fails and however slow it is: faults move no dice. */
function serve(trace: Trace, { cluster, service: name, time, depth, parentSpanId }: Request): PodSpan | undefined {
  const { world, random, traceId, origin, drafts } = trace;
  const pods = world.pods.get(`${cluster}/${name}`);
  if (pods === undefined || depth === deepest) {
    return undefined;
  }
  const resource = pick(pods, random);
  const { service } = resource;
  const spanId = hex(random, 2);
  const route = pick(service.routes, random);
  const now = origin + time;
  const own = work(service.work, random()) * world.slowness(cluster, now);
  const fails = random() < world.errorRatio(cluster, now);
  let cursor = time + own / 2;
  let error = fails ? `${service.name} is unavailable` : undefined;
  for (const call of service.calls) {
    if (random() >= call.share) {
      continue;
    }
    const callee = invoke(trace, { resource, call, time: cursor, depth: depth + 1, parentSpanId: spanId });
    cursor = callee?.end ?? cursor;
    if (callee?.error !== undefined && call.required) {
      error ??= callee.error;
    }
  }
  const span: PodSpan = {
    resource,
    traceId,
    spanId,
    ...(parentSpanId !== undefined && { parentSpanId }),
    name: route,
    kind: "server",
    start: time,
    end: cursor + own / 2,
    ...(error !== undefined && { error }),
    attributes: { ...http(route), "http.response.status_code": error === undefined ? 200 : fails ? 503 : 502 },
  };
  drafts.push(span);
  return span;
}

interface Invocation {
  readonly resource: Pod;
  readonly call: Call;
  readonly time: number;
  readonly depth: number;
  readonly parentSpanId: string;
}

/** The caller's view of a call: the callee's time and the way there and back. */
function invoke(trace: Trace, { resource, call, time, depth, parentSpanId }: Invocation): PodSpan | undefined {
  const { random, traceId, drafts } = trace;
  const { cluster, service } = call;
  const spanId = hex(random, 2);
  const local = cluster === resource.service.cluster.name;
  const way = local ? 0.2 + random() : 15 + 20 * random();
  const callee = serve(trace, { cluster, service, time: time + way, depth, parentSpanId: spanId });
  if (callee === undefined) {
    return undefined;
  }
  const { namespace } = callee.resource.service;
  const span: PodSpan = {
    resource,
    traceId,
    spanId,
    parentSpanId,
    name: callee.name,
    kind: "client",
    start: time,
    end: callee.end + way,
    ...(callee.error !== undefined && { error: callee.error }),
    attributes: {
      ...callee.attributes,
      "server.address": `${service}.${namespace}.${local ? "svc" : cluster}`,
      "peer.service": service,
    },
  };
  drafts.push(span);
  return span;
}

function http(route: string): Attributes {
  const [method = "", path = ""] = route.split(" ");
  return { "http.request.method": method, "http.route": path };
}

/** Mostly near the typical time, one in a hundred several times as long. */
function work(typical: number, chance: number): number {
  return typical * (0.5 + chance + 8 * chance ** 64);
}

function endOf({ end }: PodSpan): number {
  return end;
}

/** Eight hexadecimal digits for each word. */
function hex(random: () => number, words: number): string {
  let text = "";
  for (let word = 0; word < words; word++) {
    text += Math.floor(random() * 2 ** 32)
      .toString(16)
      .padStart(8, "0");
  }
  return text;
}

/** Numbers from 0 to 1 for one thing at one time: sfc32 (PractRand), started from a hash of what they are for. */
function randomOf(seed: number, subject: string, ms: number, at: number): () => number {
  // FNV-1a
  let a = 0x811c9dc5;
  for (let index = 0; index < subject.length; index++) {
    a = Math.imul(a ^ subject.charCodeAt(index), 0x01000193);
  }
  let b = seed | 0;
  let c = Math.floor(ms / second) | 0;
  let counter = at | 0;
  const next = (): number => {
    const sum = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (c << 21) | (c >>> 11);
    c = (c + sum) | 0;
    return (sum >>> 0) / 2 ** 32;
  };
  for (let round = 0; round < 15; round++) {
    next();
  }
  return next;
}
