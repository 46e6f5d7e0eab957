import type { Cluster } from "../fleet/model.ts";
import { counter, type Flow, flow, level, nothing, sum, times } from "./flow.ts";
import {
  agentRestarts,
  batches,
  beginning,
  busyHours,
  controlPlaneRestarts,
  evictions,
  memory,
  nights,
  outOfMemory,
  reboot,
  type Release,
  releases,
  trials,
  upgrades,
} from "./mess.ts";
import { between, suffix, uuid } from "./random.ts";
import { type Blend, blended, byDay, crest, type Rhythm, scaled, steady } from "./rhythm.ts";
import { always, during, one, product, type Steps, total } from "./steps.ts";
import { hour, minute, second, union, type Window, within, without } from "./time.ts";
import { type ClusterPlan, calls, entry, type NodePlan, planCluster, type WorkloadPlan } from "./workloads.ts";
import type { World } from "./world.ts";

/** A cluster as it lives through a window of time: what exporters look at. */
export interface ClusterModel {
  readonly world: World;
  readonly cluster: Cluster;
  readonly plan: ClusterPlan;
  readonly rhythm: Rhythm;
  /** What was asked for, its last moment included. */
  readonly window: Window;
  /** What is known: the window, and so much before it that every counter has its start. */
  readonly range: Window;
  /** When the cluster's agent delivers anything at all. */
  readonly heard: readonly Window[];
  readonly nodes: readonly NodeModel[];
  readonly workloads: readonly WorkloadModel[];
  readonly pods: readonly Pod[];
  readonly services: readonly ServiceModel[];
  readonly gpus: readonly GpuModel[];
  readonly jobs: readonly JobModel[];
  /** When the API server's counters began anew. */
  readonly controlPlaneStarts: readonly number[];
  /** A flow of this cluster, counted since the last of the starts. */
  readonly count: (flow: Flow, starts: readonly number[]) => (ms: number) => number;
  readonly rate: (flow: Flow) => (ms: number) => number;
}

export interface NodeModel {
  readonly plan: NodePlan;
  readonly name: string;
  readonly exists: readonly Window[];
  /** When it started, oldest first: its counters begin anew. */
  readonly boots: readonly number[];
  /** When nothing on it answers. */
  readonly away: readonly Window[];
  /** When its kubelet alone does not answer. */
  readonly unreachable: readonly Window[];
  /** Either of them. */
  readonly notReady: readonly Window[];
  /** Busy processors, in cores. */
  readonly cpu: Flow;
  /** Bytes in use. */
  readonly memory: Flow;
  /** The part of its memory that a leak has taken. */
  readonly leaked: (ms: number) => number;
}

export type Phase = "Pending" | "Running" | "Succeeded" | "Failed";

export interface Pod {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly owner: { readonly kind: "ReplicaSet" | "StatefulSet" | "DaemonSet" | "Job"; readonly name: string };
  readonly container: string;
  readonly image: string;
  /** Absent while it finds no place. */
  readonly node?: NodeModel;
  readonly life: Window;
  readonly phases: readonly { readonly from: number; readonly phase: Phase }[];
  /** When its container runs. */
  readonly running: readonly Window[];
  readonly ready: readonly Window[];
  /** When its container was started, the first time included. */
  readonly starts: readonly number[];
  /** Does it crash every five minutes? */
  readonly crashes: boolean;
  /** Does it answer requests of people? */
  readonly serves: boolean;
  readonly requests: WorkloadPlan["requests"];
  readonly cpu: Flow;
  readonly memory: Flow;
  /** Is it the one whose leak fills the node? */
  readonly leaks: boolean;
}

export interface WorkloadModel {
  readonly plan: WorkloadPlan;
  /** For each place that the workload has, the pods that have followed each other there. */
  readonly places: readonly (readonly Pod[])[];
  readonly releases: readonly (Release & { readonly replicaSet: string })[];
  readonly desired: Steps;
  readonly current: Steps;
  readonly ready: Steps;
  readonly fixed: Steps;
}

export interface ServiceModel {
  readonly workload: WorkloadModel;
  /** Requests a second. */
  readonly requests: Flow;
  readonly callers: readonly { readonly name: string; readonly namespace: string; readonly requests: Flow }[];
  /** Milliseconds that the middle request takes. */
  readonly latency: number;
}

/** A GPU as Kubernetes sees it: a whole one, or one of the parts into which it is cut. */
export interface GpuModel {
  readonly node: NodeModel;
  readonly index: number;
  readonly uuid: string;
  /** The number of the part, where it is cut. */
  readonly part?: number;
  readonly workload: WorkloadModel;
  readonly pods: readonly Pod[];
  /** Answers a second, and how many there can be. */
  readonly answers: Flow;
  readonly capacity: number;
}

export interface JobModel {
  readonly namespace: string;
  readonly name: string;
  readonly life: Window;
  readonly failed: Steps;
  readonly succeeded: Steps;
  readonly pods: readonly Pod[];
}

/** What a pod may have: half as much memory again as it asked for, and where it answers people twice the processors. */
export function limitsOf({ requests, serves }: Pick<Pod, "requests" | "serves">): {
  readonly cpu?: number;
  readonly memory: number;
} {
  const memory = Math.round(1.5 * requests.memory);
  return serves ? { cpu: 2 * requests.cpu, memory } : { memory };
}

/** Share of a node's processors and memory that its system takes. */
const system = { cpu: 0.02, memory: 0.07 };

/**
 * Share of a node's processors that can be busy at most; the rest waits for disks or is taken by the host. The busiest core has
 * 4 % more, and must have time left: an idle counter that falls looks like a restart, and all of it like idleness.
 */
const full = 0.95;

const models = new WeakMap<World, Map<string, ClusterModel>>();
const kept = 16;

export function modelOf(world: World, cluster: Cluster, { from, to }: Window): ClusterModel {
  const cache = models.get(world) ?? new Map<string, ClusterModel>();
  models.set(world, cache);
  const key = `${cluster.name} ${from} ${to}`;
  const found = cache.get(key) ?? build(world, cluster, { from, to });
  cache.delete(key);
  cache.set(key, found);
  for (const oldest of cache.keys()) {
    if (cache.size <= kept) break;
    cache.delete(oldest);
  }
  return found;
}

function build(world: World, cluster: Cluster, window: Window): ClusterModel {
  const range: Window = { from: world.mess ? window.from - memory : beginning, to: window.to + 1 };
  const plan = planCluster(world, cluster);
  const rhythm = world.rhythmOf(cluster);
  const loads = loadsOf(world, cluster, plan);
  const shells = plan.nodes.map((node) => shell(world, cluster, node, range));
  const workloads = plan.workloads.map((workload) =>
    workloadModel({ world, cluster, plan, range, shells, loads }, workload),
  );
  const jobs = jobModels(world, cluster, range, shells);
  const pods = [...workloads.flatMap(({ places }) => places.flat()), ...jobs.flatMap((job) => job.pods)];
  // The nodes are completed where they are, since their pods hold them already.
  for (const node of shells) {
    const saturated = world.windows(cluster, "cpu-saturated");
    const usual = during(saturated, 0, 1);
    const own = pods.filter((pod) => pod.node === node);
    // What sleeps leaves its share to the others: a node that is saturated has nothing to spare, whoever runs.
    node.cpu = sum([
      flow(steady(system.cpu * node.plan.cores), usual),
      flow(steady(full * node.plan.cores), during(saturated, 1, 0)),
      ...own.map((pod) => times(pod.cpu, product(during(pod.running, 1, 0), usual))),
    ]);
    node.memory = sum([
      flow(steady(system.memory * node.plan.memory)),
      ...own.map((pod) => times(pod.memory, during(pod.running, 1, 0))),
    ]);
  }
  const alive = cluster.state === "planned" ? trials(world, range) : [{ from: -Infinity, to: Infinity }];
  const holes = [...agentRestarts(world, cluster, range), ...world.windows(cluster, "cluster-silent")];
  return {
    world,
    cluster,
    plan,
    rhythm,
    window: { from: window.from, to: window.to + 1 },
    range,
    heard: alive.flatMap((one) => without(one, holes)),
    nodes: shells,
    workloads,
    pods,
    services: serviceModels(world, cluster, range, workloads, loads),
    gpus: gpuModels(world, cluster, plan, shells, workloads),
    jobs,
    controlPlaneStarts: [range.from, ...controlPlaneRestarts(world, range)],
    count: (one, starts) => counter(one, rhythm, starts),
    rate: remembering((one) => level(one, rhythm)),
  };
}

/** Several ask how fast the same thing happens. */
function remembering(make: ClusterModel["rate"]): ClusterModel["rate"] {
  const made = new WeakMap<Flow, (ms: number) => number>();
  return (one) => {
    const found = made.get(one) ?? make(one);
    made.set(one, found);
    return found;
  };
}

interface Shell extends NodeModel {
  cpu: Flow;
  memory: Flow;
}

/** A node without what runs on it. */
function shell(world: World, cluster: Cluster, plan: NodePlan, range: Window): Shell {
  const exists =
    plan.pool === "burst"
      ? busyHours(world, range)
      : without(
          { from: range.from, to: Infinity },
          plan.pool === "spot" ? evictions(world, cluster, plan.index, range) : [],
        );
  const replaced = plan.pool === "burst" ? [] : upgrades(world, cluster, plan.index, range);
  const away = replaced.map((at) => ({ from: at, to: at + reboot }));
  const unreachable = plan.index === 0 ? world.windows(cluster, "node-not-ready") : [];
  const leaks = world.windows(cluster, "memory-filling");
  return {
    plan,
    name: plan.name,
    exists,
    boots: [...exists.map(({ from }) => from), ...replaced].sort((a, b) => a - b),
    away,
    unreachable,
    notReady: union([...away, ...unreachable]),
    cpu: nothing,
    memory: nothing,
    leaked: leakOf(leaks),
  };
}

/** Up to nine tenths of what was free, in a straight line. */
function leakOf(windows: readonly Window[]): (ms: number) => number {
  if (windows.length === 0) return () => 0;
  return (ms) => {
    const now = windows.find(({ from, to }) => ms >= from && ms < to);
    return now ? (0.9 * (ms - now.from)) / (now.to - now.from) : 0;
  };
}

interface Loads {
  /** Cores that one pod of a workload uses. */
  readonly cpu: (workload: WorkloadPlan) => Blend;
  /** Cores that the same load gets when there are none to spare. */
  readonly saturated: (node: number, load: Blend) => number;
  /** Requests a second to a service, and who makes them. */
  readonly requests: ReadonlyMap<string, { readonly all: Blend; readonly from: ReadonlyMap<string, Blend> }>;
}

/** Who calls whom how often, and what it costs: decided once, so that traffic, processors and money agree. */
function loadsOf(world: World, cluster: Cluster, { size, nodes, workloads }: ClusterPlan): Loads {
  const services = workloads.filter(({ service }) => service);
  const pods = services.reduce((sum, { nodes }) => sum + nodes.length, 0);
  const requests = new Map<string, { all: Blend; from: Map<string, Blend> }>();
  for (const { name } of services) {
    const from = new Map<string, Blend>();
    if (name === entry) from.set("", byDay(size.traffic * pods, ...world.key(cluster, "traffic")));
    for (const [caller, callee, each] of calls) {
      const calling = requests.get(caller);
      if (callee === name && calling) from.set(caller, scaled(calling.all, each));
    }
    // A service that nobody of this cluster calls still has its own few users.
    if (from.size === 0) from.set("", byDay(size.traffic, ...world.key(cluster, "traffic", name)));
    requests.set(name, { all: blended(...from.values()), from });
  }
  const wish = (workload: WorkloadPlan): Blend => {
    const { cpu } = workload.requests;
    const traffic = requests.get(workload.name)?.all;
    if (traffic)
      return blended(steady(0.15 * size.busy * cpu), scaled(traffic, (0.85 * size.busy * cpu) / (traffic[1] ?? 1)));
    if (workload.model) return blended(steady(0.4), byDay(0.8 * size.busy, ...world.key(cluster, workload.name)));
    if (workload.crashes) return steady(0.1 * cpu);
    const busy = between(0.2, 0.4, ...world.key(cluster, workload.name, "busy"));
    return blended(steady(busy * cpu), byDay(0.12 * cpu, ...world.key(cluster, workload.name)));
  };
  // No node may need more than it has, also not at the busiest moment: idle time would run backwards.
  const crests = nodes.map((node) =>
    workloads.reduce((sum, one) => sum + one.nodes.filter((at) => at === node.index).length * crest(wish(one)), 0),
  );
  const fit = Math.min(1, ...nodes.map(({ cores }, at) => (0.85 * cores) / Math.max(crests[at] ?? 0, 0.01)));
  const cpu = (workload: WorkloadPlan): Blend => scaled(wish(workload), fit);
  const mean = ([constant = 0, working = 0, batch = 0]: Blend): number => constant + working + batch;
  const means = nodes.map(
    (node) =>
      system.cpu * node.cores +
      workloads.reduce((sum, one) => sum + one.nodes.filter((at) => at === node.index).length * mean(cpu(one)), 0),
  );
  return {
    cpu,
    saturated: (node, load) => (full * (nodes[node]?.cores ?? 0) * mean(load)) / (means[node] ?? 1),
    requests,
  };
}

interface Making {
  readonly world: World;
  readonly cluster: Cluster;
  readonly plan: ClusterPlan;
  readonly range: Window;
  readonly shells: readonly Shell[];
  readonly loads: Loads;
}

function workloadModel(making: Making, plan: WorkloadPlan): WorkloadModel {
  const { world, cluster, range } = making;
  const released = (
    plan.tag === undefined ? releases(world, cluster, plan.name, range) : [{ at: beginning, tag: plan.tag }]
  ).map((release) => ({
    ...release,
    replicaSet: `${plan.name}-${suffix(10, ...world.key(cluster, plan.name, release.at))}`,
  }));
  const asleep = plan.service ? nights(world, cluster, range) : [];
  const usual = plan.nodes.map((node, at) => podsAt(making, plan, { at, node, asleep, released }));
  const drift = isDrifting(making, plan) ? world.windows(cluster, "replica-drift") : [];
  const extra = [0, 1].flatMap((more) =>
    drift.length === 0
      ? []
      : [
          podsAt(making, plan, {
            at: plan.nodes.length + more,
            node: plan.nodes[0] ?? 0,
            asleep,
            released,
            only: drift,
          }),
        ],
  );
  const saturated =
    plan.model?.runtime === "vllm" && isFirstModel(making, plan) ? world.windows(cluster, "gpu-saturated") : [];
  const waiting = saturated.length === 0 ? [] : [saturated.map((life) => homeless(making, plan, life, released))];
  const places = [...usual, ...extra, ...waiting];
  const fixed = always(plan.nodes.length);
  return {
    plan,
    places,
    releases: released,
    fixed,
    desired: total([
      product(fixed, during(asleep, 0, 1)),
      during(drift, extra.length, 0),
      during(saturated, waiting.length, 0),
    ]),
    current: total(places.flat().map(({ life }) => during([life], 1, 0))),
    ready: total(places.flat().map(({ ready }) => during(ready, 1, 0))),
  };
}

/** The second service: everybody looks at the first. */
function isDrifting({ plan: { workloads } }: Making, plan: WorkloadPlan): boolean {
  const services = workloads.filter(({ service }) => service);
  return (services[1] ?? services[0]) === plan;
}

function isFirstModel({ plan: { workloads } }: Making, plan: WorkloadPlan): boolean {
  return workloads.find(({ model }) => model !== undefined) === plan;
}

interface Place {
  readonly at: number;
  readonly node: number;
  readonly asleep: readonly Window[];
  readonly released: WorkloadModel["releases"];
  /** The only time when it is there; it then does nothing but stand by. */
  readonly only?: readonly Window[];
}

/** The pods that follow each other in one place of a workload. */
function podsAt(making: Making, plan: WorkloadPlan, { at, node: index, asleep, released, only }: Place): Pod[] {
  const { world, cluster, range, shells, loads } = making;
  const node = shells[index];
  if (!node) return [];
  // One after the other: a rollout, also that of a daemon set, never takes more than one place at a time.
  const rollouts = released.map((release) => ({ ...release, at: release.at + at * 20 * second }));
  const cuts = [...rollouts.map((release) => release.at), ...node.away.map(({ from }) => from)];
  const alive = only
    ? within({ from: -Infinity, to: Infinity }, only)
    : node.exists.flatMap((one) => without(one, asleep));
  const lives = alive.flatMap(({ from, to }) => {
    const inside = cuts.filter((cut) => cut > from && cut < to);
    const starts = [...new Set([from, ...inside])].sort((a, b) => a - b);
    return starts.map((start, place): Window => ({ from: start, to: starts[place + 1] ?? to }));
  });
  const saturated = world.windows(cluster, "cpu-saturated");
  const load = only ? steady(0) : loads.cpu(plan);
  const cpu: Flow = only
    ? nothing
    : sum([flow(load, during(saturated, 0, 1)), flow(steady(loads.saturated(index, load)), during(saturated, 1, 0))]);
  const memoryBlend = blended(
    steady((plan.model ? 0.7 : 0.6) * plan.requests.memory),
    byDay(0.06 * plan.requests.memory, ...world.key(cluster, "memory", plan.name)),
  );
  const leaks = isLeaking(making, plan, index, at);
  return lives
    .filter((life) => life.to > range.from && life.from < range.to)
    .map((life): Pod => {
      const release = rollouts.findLast((one) => one.at <= life.from) ?? rollouts[0];
      const isReboot = node.away.some(({ from }) => from === life.from);
      // Others were moved away before; what belongs to the node waits for it.
      const starts = life.from + (isReboot && plan.kind === "DaemonSet" ? reboot : 8 * second);
      const killed = plan.service
        ? outOfMemory(world, cluster, `${plan.name} ${at}`, {
            from: life.from,
            to: Math.min(life.to, range.to),
          }).filter((one) => one > starts + minute && one < life.to - minute)
        : [];
      const gone = killed.map((from) => ({ from, to: from + 15 * second }));
      const unready: Window[] = [...gone, ...node.notReady];
      const running = within(life, [{ from: starts, to: life.to }]);
      return {
        namespace: plan.namespace,
        name: podName(making, plan, { at, from: life.from, replicaSet: release?.replicaSet ?? plan.name }),
        uid: uuid(...world.key(cluster, plan.name, at, life.from)),
        owner:
          plan.kind === "Deployment"
            ? { kind: "ReplicaSet", name: release?.replicaSet ?? plan.name }
            : { kind: plan.kind, name: plan.name },
        container: plan.name,
        image: `${plan.image}:${release?.tag ?? ""}`,
        node,
        life,
        phases: [
          { from: life.from, phase: "Pending" },
          { from: starts, phase: "Running" },
        ],
        running,
        ready: plan.crashes ? [] : without({ from: starts + 12 * second, to: life.to }, unready),
        starts: [starts, ...killed],
        crashes: plan.crashes,
        serves: plan.service,
        requests: plan.requests,
        cpu,
        memory: only ? nothing : flow(memoryBlend),
        leaks,
      };
    });
}

function podName(
  { world, cluster, shells }: Making,
  { kind, name }: WorkloadPlan,
  { at, from, replicaSet }: { readonly at: number; readonly from: number; readonly replicaSet: string },
): string {
  if (kind === "StatefulSet") return `${name}-${at}`;
  const own = suffix(5, ...world.key(cluster, name, at, from, shells.length));
  return kind === "DaemonSet" ? `${name}-${own}` : `${replicaSet}-${own}`;
}

/** A pod that no node has a place for. */
function homeless(
  { world, cluster }: Making,
  plan: WorkloadPlan,
  life: Window,
  released: WorkloadModel["releases"],
): Pod {
  const replicaSet = released.at(-1)?.replicaSet ?? plan.name;
  return {
    namespace: plan.namespace,
    name: `${replicaSet}-${suffix(5, ...world.key(cluster, plan.name, "homeless", life.from))}`,
    uid: uuid(...world.key(cluster, plan.name, "homeless", life.from)),
    owner: { kind: "ReplicaSet", name: replicaSet },
    container: plan.name,
    image: `${plan.image}:${plan.tag ?? ""}`,
    life,
    phases: [{ from: life.from, phase: "Pending" }],
    running: [],
    ready: [],
    starts: [],
    crashes: false,
    serves: false,
    requests: plan.requests,
    cpu: nothing,
    memory: nothing,
    leaks: false,
  };
}

/** One pod of each node leaks: the first one there that is somebody's service, or else the first. */
function isLeaking({ plan: { workloads } }: Making, plan: WorkloadPlan, node: number, at: number): boolean {
  const here = workloads.filter(({ nodes }) => nodes.includes(node));
  const guilty = here.find(({ service }) => service) ?? here[0];
  return guilty === plan && plan.nodes.indexOf(node) === at;
}

/** How long a finished job's pods are kept. */
const kept6h: number = 6 * hour;

function jobModels(world: World, cluster: Cluster, range: Window, shells: readonly Shell[]): JobModel[] {
  const [node] = shells;
  if (cluster.type === "ops" || !node) return [];
  const namespace = "batch";
  return batches(world, cluster, { from: range.from, to: range.to }).map(({ at, failsFirst }): JobModel => {
    const name = `nightly-report-${Math.floor(at / minute)}`;
    const life: Window = { from: at, to: at + kept6h };
    const tries = failsFirst
      ? [
          { from: at, to: at + 3 * minute, end: "Failed" as const },
          { from: at + 4 * minute, to: at + 14 * minute, end: "Succeeded" as const },
        ]
      : [{ from: at, to: at + 10 * minute, end: "Succeeded" as const }];
    const ends = (end: Phase): Steps =>
      total(tries.filter((one) => one.end === end).map(({ to }) => during([{ from: to, to: Infinity }], 1, 0)));
    return {
      namespace,
      name,
      life,
      failed: ends("Failed"),
      succeeded: ends("Succeeded"),
      pods: tries.map(({ from, to, end }): Pod => {
        const starts = from + 8 * second;
        return {
          namespace,
          name: `${name}-${suffix(5, ...world.key(cluster, name, from))}`,
          uid: uuid(...world.key(cluster, name, from)),
          owner: { kind: "Job", name },
          container: "report",
          image: "registry.example/batch/report:2025.01.01",
          node,
          life: { from, to: life.to },
          phases: [
            { from, phase: "Pending" },
            { from: starts, phase: "Running" },
            { from: to, phase: end },
          ],
          running: [{ from: starts, to }],
          ready: [{ from: starts, to }],
          starts: [starts],
          crashes: false,
          serves: false,
          requests: { cpu: 0.1, memory: 128 * 1024 ** 2, gpu: 0 },
          cpu: flow(steady(0.02 * node.plan.cores)),
          memory: flow(steady(96 * 1024 ** 2)),
          leaks: false,
        };
      }),
    };
  });
}

function serviceModels(
  world: World,
  cluster: Cluster,
  range: Window,
  workloads: readonly WorkloadModel[],
  { requests }: Loads,
): ServiceModel[] {
  const asleep = nights(world, cluster, range);
  const awake = asleep.length === 0 ? one : during(asleep, 0, 1);
  const namespaces = new Map(workloads.map(({ plan }) => [plan.name, plan.namespace]));
  return workloads.flatMap((workload): ServiceModel[] => {
    const traffic = requests.get(workload.plan.name);
    if (!traffic) return [];
    return [
      {
        workload,
        requests: flow(traffic.all, awake),
        callers: [...traffic.from].map(([name, blend]) => ({
          name,
          namespace: namespaces.get(name) ?? "",
          requests: flow(blend, awake),
        })),
        latency: between(12, 90, world.seed, "latency", workload.plan.name),
      },
    ];
  });
}

function gpuModels(
  world: World,
  cluster: Cluster,
  { size }: ClusterPlan,
  nodes: readonly Shell[],
  workloads: readonly WorkloadModel[],
): GpuModel[] {
  const used = nodes.map(() => 0);
  const saturated = world.windows(cluster, "gpu-saturated");
  const idle = world.windows(cluster, "gpu-idle");
  return workloads.flatMap((workload) => {
    const { model } = workload.plan;
    if (!model) return [];
    const capacity = model.runtime === "vllm" ? 1.2 : 60;
    return workload.plan.nodes.flatMap((at, place): GpuModel[] => {
      const node = nodes[at];
      if (!node) return [];
      const number = used[at] ?? 0;
      used[at] = number + 1;
      const index = Math.floor(number / size.mig);
      const blend = byDay(capacity * size.busy, ...world.key(cluster, workload.plan.name, place));
      return [
        {
          node,
          index,
          uuid: `GPU-${uuid(...world.key(cluster, "gpu", at, index))}`,
          ...(size.mig > 1 && { part: 1 + (number % size.mig) }),
          workload,
          pods: workload.places[place] ?? [],
          capacity,
          answers: sum([
            flow(blend, during(union([...saturated, ...idle]), 0, 1)),
            flow(steady(capacity), during(saturated, 1, 0)),
          ]),
        },
      ];
    });
  });
}

/** A container by its name. The pods of a stateful set follow each other under one name: one container, many starts. */
export interface Container extends Omit<Pod, "life" | "phases" | "ready" | "uid"> {}

export function containersOf(pods: readonly Pod[]): Container[] {
  const byName = new Map<string, Container>();
  for (const pod of pods) {
    if (pod.running.length === 0) continue;
    const name = `${pod.namespace}/${pod.name}`;
    const before = byName.get(name);
    byName.set(
      name,
      before
        ? { ...before, running: [...before.running, ...pod.running], starts: [...before.starts, ...pod.starts] }
        : pod,
    );
  }
  return [...byName.values()];
}
