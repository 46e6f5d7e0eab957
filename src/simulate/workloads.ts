import type { Cluster } from "../fleet/model.ts";
import { isLive } from "./faults.ts";
import { suffix } from "./random.ts";
import { type Blend, byDay } from "./rhythm.ts";
import { type Size, sizes, type Tier } from "./tier.ts";
import type { World } from "./world.ts";

export interface NodePlan {
  readonly index: number;
  readonly name: string;
  /** `burst` nodes are there only while many are needed. */
  readonly pool: "general" | "spot" | "gpu" | "burst";
  readonly cores: number;
  readonly memory: number;
  readonly instanceType: string;
  /** As Kubernetes counts them: the parts, where a GPU is cut. */
  readonly gpus: number;
}

export type Kind = "Deployment" | "StatefulSet" | "DaemonSet";

export interface WorkloadPlan {
  readonly namespace: string;
  readonly name: string;
  readonly kind: Kind;
  /** Does it answer requests of people? */
  readonly service: boolean;
  /** Does it crash, again and again? */
  readonly crashes: boolean;
  readonly image: string;
  /** Absent where it follows the service's releases. */
  readonly tag?: string;
  /** What one pod asks for. */
  readonly requests: { readonly cpu: number; readonly memory: number; readonly gpu: number };
  /** The node of each pod. */
  readonly nodes: readonly number[];
  /** The model it serves, and with what. */
  readonly model?: { readonly name: string; readonly runtime: "vllm" | "triton"; readonly version: string };
}

/** What runs in a cluster, before anything happens to it. */
export interface ClusterPlan {
  readonly tier: Tier;
  readonly size: Size;
  readonly nodes: readonly NodePlan[];
  readonly workloads: readonly WorkloadPlan[];
}

/** A workload that waits for its place. */
interface Wish {
  readonly namespace: string;
  readonly name: string;
  readonly kind?: Kind;
  readonly service?: boolean;
  readonly crashes?: boolean;
  readonly image?: string;
  readonly tag?: string;
  /** What it asks for, in relation to the others. */
  readonly weight: number;
  /** How many of the pods that are left over it gets, in relation to the others. */
  readonly growth?: number;
  readonly model?: WorkloadPlan["model"];
}

/** What people use, in the order in which a small fleet has it. Teams have a namespace each. */
const services: readonly (readonly [namespace: string, name: string])[] = [
  ["shop", "web"],
  ["shop", "catalog"],
  ["shop", "checkout"],
  ["payments", "payments"],
  ["logistics", "orders"],
  ["shop", "search"],
  ["customers", "accounts"],
  ["shop", "cart"],
  ["logistics", "inventory"],
  ["shop", "pricing"],
  ["payments", "ledger"],
  ["customers", "notifications"],
  ["logistics", "shipping"],
  ["payments", "fraud"],
  ["shop", "recommendations"],
  ["customers", "reviews"],
  ["shop", "images"],
  ["customers", "loyalty"],
];

/** Requests to the second for each request to the first. Who calls comes before who is called. */
export const calls: readonly (readonly [from: string, to: string, each: number])[] = [
  ["web", "catalog", 0.8],
  ["web", "checkout", 0.15],
  ["web", "search", 0.4],
  ["web", "accounts", 0.3],
  ["checkout", "payments", 0.9],
  ["checkout", "orders", 0.85],
  ["checkout", "cart", 1.1],
  ["catalog", "inventory", 0.5],
  ["catalog", "pricing", 1],
  ["payments", "ledger", 0.95],
  ["payments", "fraud", 1],
  ["orders", "notifications", 0.8],
  ["orders", "shipping", 0.6],
  ["search", "recommendations", 0.5],
  ["catalog", "reviews", 0.4],
  ["catalog", "images", 0.7],
  ["accounts", "loyalty", 0.3],
];

/** The service that requests from outside reach first. */
export const entry = "web";

/**
 * Clusters of one environment that have Istio call each other in a ring, the first service of one the second of the next:
 * whom this cluster calls, and how many times a second.
 */
export function crossingOf(
  world: World,
  cluster: Cluster,
): { readonly to: Cluster; readonly requests: Blend } | undefined {
  const peers = world.fleet.clusters.filter(
    ({ environment, mesh, type, state }) =>
      environment === cluster.environment && mesh === "istio" && type === "workload" && isLive(state),
  );
  const at = peers.indexOf(cluster);
  const to = peers[(at + 1) % peers.length];
  if (at === -1 || !to || to === cluster) return undefined;
  return { to, requests: byDay(sizes[world.tierOf(cluster)].traffic, ...world.key(cluster, "across", to.name)) };
}

const llama = "meta-llama/Llama-3.1-8B-Instruct";
const mistral = "mistralai/Mistral-7B-Instruct-v0.3";

export function planCluster(world: World, cluster: Cluster): ClusterPlan {
  const tier = world.tierOf(cluster);
  const size = sizes[tier];
  const nodes = planNodes(world, cluster, tier, size);
  const wishes = inference(cluster, tier, nodes).concat(
    cluster.type === "ops" ? centralStack : [],
    wanted(world, cluster, tier),
  );
  return { tier, size, nodes, workloads: place(world, cluster, nodes, size, wishes) };
}

function planNodes(world: World, cluster: Cluster, tier: Tier, size: Size): NodePlan[] {
  const { nodes: count } = world.sizeOf(cluster);
  const withGpu = cluster.jobs["dcgm-exporter"] === undefined ? 0 : Math.max(1, Math.round(count / 8));
  const burst = Math.min(cluster.nodes.max - cluster.nodes.min, Math.ceil(count / 5));
  return Array.from({ length: count + Math.max(0, burst) }, (_, index): NodePlan => {
    const isGpu = index < count && index >= count - withGpu;
    const isSpot = tier === "development" && count - withGpu > 1 && index === count - withGpu - 1;
    const pool = index >= count ? "burst" : isGpu ? "gpu" : isSpot ? "spot" : "general";
    return {
      index,
      name: `${pool}-${suffix(5, ...world.key(cluster, "pool", pool))}-${index}`,
      pool,
      cores: isGpu ? 24 : size.cores,
      memory: isGpu ? size.memory * 4 : size.memory,
      instanceType: isGpu ? `Standard_NC24ads_${size.gpu.model.split(" ")[1]?.split("-")[0] ?? ""}` : size.instanceType,
      gpus: isGpu ? size.gpu.perNode * size.mig : 0,
    };
  });
}

/** Every GPU is taken: two thirds by language models, the rest by small ones. */
function inference(cluster: Cluster, tier: Tier, nodes: readonly NodePlan[]): Wish[] {
  const gpus = nodes.reduce((sum, node) => sum + node.gpus, 0);
  // The engine renamed its latency metric in between, and a fleet in mid-upgrade has both names.
  const version = tier === "development" ? "0.11.0" : "0.10.1";
  const kinds: readonly Wish[] = [
    serving("vllm-llama-3-1-8b", { name: llama, runtime: "vllm", version }),
    serving("triton-embedding", { name: "embedding", runtime: "triton", version: "25.06" }),
    serving("vllm-mistral-7b", { name: mistral, runtime: "vllm", version }),
  ];
  const taken = Array.from({ length: gpus }, (_, at) => kinds[at % kinds.length]);
  return kinds.flatMap((kind) => taken.filter((one) => one === kind).map(() => kind));
}

function serving(name: string, model: NonNullable<WorkloadPlan["model"]>): Wish {
  const image = model.runtime === "vllm" ? "vllm/vllm-openai" : "nvcr.io/nvidia/tritonserver";
  return { namespace: "inference", name, weight: 3, image, tag: `v${model.version}`, model };
}

const centralStack: readonly Wish[] = [
  { namespace: "mimir", name: "mimir-distributor", weight: 1, growth: 3, image: "grafana/mimir", tag: "3.0.1" },
  {
    namespace: "mimir",
    name: "mimir-ingester",
    kind: "StatefulSet",
    weight: 2,
    growth: 4,
    image: "grafana/mimir",
    tag: "3.0.1",
  },
  { namespace: "mimir", name: "mimir-query-frontend", weight: 0.5, growth: 1, image: "grafana/mimir", tag: "3.0.1" },
  { namespace: "mimir", name: "mimir-ruler", weight: 1, growth: 1, image: "grafana/mimir", tag: "3.0.1" },
  {
    namespace: "mimir",
    name: "mimir-alertmanager",
    kind: "StatefulSet",
    weight: 0.3,
    image: "grafana/mimir",
    tag: "3.0.1",
  },
  {
    namespace: "loki",
    name: "loki-write",
    kind: "StatefulSet",
    weight: 1.5,
    growth: 3,
    image: "grafana/loki",
    tag: "3.6.2",
  },
  { namespace: "tempo", name: "tempo-distributor", weight: 1, growth: 2, image: "grafana/tempo", tag: "2.9.0" },
  { namespace: "grafana", name: "grafana", weight: 0.7, growth: 1, image: "grafana/grafana", tag: "12.3.0" },
];

/** In the order in which a cluster has them: a small one has the first. */
function wanted({ mess, sizeOf }: World, cluster: Cluster, tier: Tier): Wish[] {
  const { mesh, metricsAgent, logsAgent, type, jobs } = cluster;
  const { pods, nodes } = sizeOf(cluster);
  const apps = type === "ops" ? [] : services.slice(0, Math.max(3, Math.round((pods - 3 * nodes) / 6)));
  const app = ([namespace, name]: readonly [string, string]): Wish => ({
    namespace,
    name,
    service: true,
    weight: name === entry ? 1.4 : 1,
    growth: name === entry ? 3 : 2,
  });
  const optional = (is: boolean, wish: Wish): Wish[] => (is ? [wish] : []);
  // What was tried in staging has reached production: what differs for days is a fault, and not the world.
  const isNew = tier === "development";
  return [
    ...optional(
      jobs["node-exporter"] !== undefined,
      daemon("monitoring", "node-exporter", "quay.io/prometheus/node-exporter", "v1.10.2"),
    ),
    ...optional(logsAgent === "promtail", daemon("logging", "promtail", "grafana/promtail", "3.5.8")),
    ...optional(logsAgent === "alloy", daemon("logging", "alloy-logs", "grafana/alloy", "v1.11.3")),
    ...optional(
      logsAgent === "otel-collector",
      daemon("logging", "otel-logs", "otel/opentelemetry-collector-contrib", "0.141.0"),
    ),
    ...optional(
      metricsAgent === "prometheus-agent",
      single("monitoring", "prometheus-agent", "quay.io/prometheus/prometheus", "v3.8.0", "StatefulSet"),
    ),
    ...optional(
      metricsAgent === "alloy",
      single("monitoring", "alloy-metrics", "grafana/alloy", "v1.11.3", "StatefulSet"),
    ),
    ...optional(
      jobs["kube-state-metrics"] !== undefined,
      single("monitoring", "kube-state-metrics", "registry.k8s.io/kube-state-metrics/kube-state-metrics", "v2.17.0"),
    ),
    ...apps.slice(0, 3).map(app),
    single("monitoring", "otel-collector", "otel/opentelemetry-collector-contrib", isNew ? "0.141.0" : "0.139.0"),
    ...optional(
      type === "workload",
      single("cert-manager", "cert-manager", "quay.io/jetstack/cert-manager-controller", isNew ? "v1.19.1" : "v1.18.2"),
    ),
    single("flux-system", "kustomize-controller", "ghcr.io/fluxcd/kustomize-controller", isNew ? "v1.7.2" : "v1.6.1"),
    ...optional(jobs.opencost !== undefined, single("opencost", "opencost", "ghcr.io/opencost/opencost", "1.118.0")),
    ...optional(mess && tier === "development" && type === "workload" && pods >= 12, {
      namespace: "sandbox",
      name: "experiment",
      weight: 0.2,
      crashes: true,
      image: "registry.example/sandbox/experiment",
      tag: "latest",
    }),
    ...optional(
      mesh === "istio",
      single("istio-system", "istiod", "docker.io/istio/pilot", isNew ? "1.28.0" : "1.27.3"),
    ),
    ...optional(
      mesh === "linkerd",
      single("linkerd", "linkerd-destination", "cr.l5d.io/linkerd/controller", "edge-25.10.7"),
    ),
    {
      ...single("kube-system", "coredns", "registry.k8s.io/coredns/coredns", isNew ? "v1.12.4" : "v1.12.0"),
      growth: 0.3,
    },
    ...apps.slice(3).map(app),
    single("flux-system", "source-controller", "ghcr.io/fluxcd/source-controller", isNew ? "v1.7.4" : "v1.6.2"),
  ];
}

function single(namespace: string, name: string, image: string, tag: string, kind: Kind = "Deployment"): Wish {
  return { namespace, name, kind, image, tag, weight: 0.35 };
}

function daemon(namespace: string, name: string, image: string, tag: string): Wish {
  return { namespace, name, kind: "DaemonSet", image, tag, weight: 0.12 };
}

/** Gives each workload its pods, and each pod its node, so that the cluster has as many as it is meant to have. */
function place(
  world: World,
  cluster: Cluster,
  nodes: readonly NodePlan[],
  size: Size,
  wishes: readonly Wish[],
): WorkloadPlan[] {
  const { nodes: count, pods } = world.sizeOf(cluster);
  const replicas = new Map<Wish, number>();
  let left = pods;
  for (const wish of wishes) {
    const needs = wish.kind === "DaemonSet" ? count : 1;
    // A GPU can't be left empty, whatever else there is to run.
    if (needs > left && !wish.model) continue;
    replicas.set(wish, (replicas.get(wish) ?? 0) + needs);
    left -= needs;
  }
  const growing = [...replicas.keys()].filter(({ growth = 0 }) => growth > 0);
  const growth = growing.reduce((sum, wish) => sum + (wish.growth ?? 0), 0);
  const spare = Math.max(0, left);
  for (const wish of growing) {
    const more = Math.floor((spare * (wish.growth ?? 0)) / growth);
    replicas.set(wish, (replicas.get(wish) ?? 0) + more);
    left -= more;
  }
  for (const wish of growing) {
    if (left-- <= 0) break;
    replicas.set(wish, (replicas.get(wish) ?? 0) + 1);
  }
  const common = nodes.filter(({ pool }) => pool === "general" || pool === "spot");
  const homes = common.length > 0 ? common : nodes.slice(0, count);
  const weight = [...replicas].reduce((sum, [wish, many]) => sum + (wish.model ? 0 : wish.weight * many), 0);
  const cores = homes.reduce((sum, node) => sum + node.cores, 0);
  const room = homes.reduce((sum, node) => sum + node.memory, 0);
  // Requests fill two thirds of what there is; the scheduler needs the rest for the loss of a node.
  const cpuOf = (wish: Wish): number =>
    wish.model ? 4 : Math.max(0.005, rounded((0.66 * cores * wish.weight) / weight, 200));
  const memoryOf = (wish: Wish): number =>
    wish.model ? 16 * 1024 ** 3 : rounded((0.62 * room * wish.weight) / weight, 1 / 1024 ** 2);
  const loads = nodes.map(() => 0);
  const gpusLeft = nodes.map(({ gpus }) => gpus);
  return [...replicas].map(([wish, many]): WorkloadPlan => {
    const { kind = "Deployment", service = false, crashes = false, model } = wish;
    const repository = wish.image ?? `registry.example/${wish.namespace}/${wish.name}`;
    const places =
      kind === "DaemonSet"
        ? nodes.map(({ index }) => index)
        : Array.from({ length: many }, () => {
            if (model) {
              const node = gpusLeft.findIndex((free) => free > 0);
              gpusLeft[node]! -= 1;
              return node;
            }
            const node = homes.reduce((a, b) => (loads[b.index]! / b.cores < loads[a.index]! / a.cores ? b : a));
            loads[node.index]! += wish.weight;
            return node.index;
          });
    return {
      namespace: wish.namespace,
      name: wish.name,
      kind,
      service,
      crashes,
      image: repository,
      ...(wish.tag !== undefined && { tag: wish.tag }),
      requests: { cpu: cpuOf(wish), memory: memoryOf(wish), gpu: model ? 1 : 0 },
      nodes: places,
      ...(model && { model }),
    };
  });
}

/** To a whole number of the parts into which one is divided. */
function rounded(value: number, parts: number): number {
  return Math.round(value * parts) / parts;
}
