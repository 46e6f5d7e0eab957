import {
  byList,
  complement,
  count,
  max,
  promql,
  type Query,
  rate,
  ratio,
  type RecordedSeries,
  select,
  sum,
  type Unit,
  type Where,
} from "../queries/query.ts";
import { inventory } from "./inventory.ts";
import { namespaceCpuRequests, namespaceCpuUsed, namespaceMemoryRequests, namespaceMemoryUsed } from "./namespaces.ts";
import { type Place, place, record, type Recorded, type RecordingGroup } from "./record.ts";
import { type Share, share } from "./share.ts";

const day = 86_400;

/**
 * Four weeks, an hour at a time. A line through one week follows the weekend: asked on a Monday, it says of clusters whose
 * weeks are all alike (23 % of the CPU in the mean) that they will use 5 %. Through four weeks it says 21 %.
 */
const weeks = "4w:1h";

/** A trend that reaches further than this says more about the line than about the cluster. Judgement. */
const horizon = 90;

export interface Trend<L extends string, K extends string> {
  readonly by: readonly K[];
  /** The used share of something, from 0 to 1, as a plain selector of a recorded series. */
  readonly used: Query<L>;
  /** What the trend is taken from, or as much of it as is recorded. Default: four weeks, an hour at a time. */
  readonly window?: string;
  /** How long it must have been recorded. Default: two weeks, as a morning alone is all growth. */
  readonly since?: string;
}

/**
 * In how many days is it full, if it goes on as it did in the last four weeks? A straight line through them (`deriv`), up to
 * 100 %. Absent where it shrinks or stays, where it would take more than 90 days, and before there are two weeks of
 * history: a number there would be made up.
 */
export function daysUntilFull<L extends string, K extends NoInfer<L>>({
  by,
  used,
  window = weeks,
  since = "2w",
}: Trend<L, K>): Query<K> {
  const growth = max(by, promql({ unit: "none", labels: used.labels })`deriv(${used}[${window}])`);
  const left = promql({ unit: "ratio", labels: by })`clamp_min(1 - ${max(by, used)}, 0)`;
  return promql({
    unit: "days",
    labels: by,
  })`(${left} / (${growth} > 0) / ${day} < ${horizon}) and on (${byList(by)}) ${recordedSince(by, used, since)}`;
}

/**
 * What share of it will be used so many days from now, if it goes on as it did in the last four weeks
 * (`predict_linear`)? From 0 to 1, as nothing is fuller than full. Absent before there are two weeks of history.
 */
export function forecast<L extends string, K extends NoInfer<L>>(
  days: number,
  { by, used, window = weeks, since = "2w" }: Trend<L, K>,
): Query<K> {
  const then = promql({ unit: "ratio", labels: used.labels })`predict_linear(${used}[${window}], ${days} * ${day})`;
  return promql({
    unit: "ratio",
    labels: by,
  })`clamp(${max(by, then)}, 0, 1) and on (${byList(by)}) ${recordedSince(by, used, since)}`;
}

function recordedSince<L extends string, K extends NoInfer<L>>(
  by: readonly K[],
  used: Query<L>,
  since: string,
): Query<K> {
  return max(by, promql({ unit: "none", labels: used.labels })`present_over_time(${used}[1h] offset ${since})`);
}

/**
 * Days until something is used up that shrinks as it did in the last six hours; absent where it does not shrink. For boards
 * of one thing, which read raw series: what fills a disk now is told by hours.
 */
export function daysLeft<L extends string, K extends NoInfer<L>>(by: readonly K[], left: Query<L>): Query<K> {
  const shrinking: Query<L> = promql({ unit: "none", labels: left.labels })`-deriv(${left}[6h])`;
  return promql({
    unit: "days",
    labels: by,
  })`${max(by, left)} / (${max(by, shrinking)} > 0) / ${day}`;
}

const processor = [...place, "instance", "cpu", "mode"] as const;

/** Cores by what they do; each counts once, however often it is scraped. */
function cores(modes: Where<"mode">): Query<Place> {
  return { ...sum(place, max([...processor], rate("node_cpu_seconds_total", modes, "5m"))), unit: "cores" };
}

/** Cores that are busy, of those that a cluster's nodes have. */
export const cpuShare: Share = share({
  name: "node_cpu",
  used: cores({ mode: { matchesNot: "idle|iowait|steal" } }),
  total: cores({}),
});

function ofNodes(metric: "node_memory_MemAvailable_bytes" | "node_memory_MemTotal_bytes"): Query<Place> {
  return sum(place, max([...place, "instance"], select(metric)));
}

/** Bytes that are not available to start something new, of those that a cluster's nodes have. */
export const memoryShare: Share = share({
  name: "node_memory",
  used: promql({
    unit: "bytes",
    labels: place,
  })`${ofNodes("node_memory_MemTotal_bytes")} - ${ofNodes("node_memory_MemAvailable_bytes")}`,
  total: ofNodes("node_memory_MemTotal_bytes"),
});

type Resource = "cpu" | "memory" | "pods";

const units: Readonly<Record<Resource, Unit>> = { cpu: "cores", memory: "bytes", pods: "none" };

function allocatable(resource: Resource): Query<Place | "node"> {
  return {
    ...max([...place, "node"], select("kube_node_status_allocatable", { resource })),
    unit: units[resource],
  };
}

/** Of what nodes can give, what live pods have asked for. */
export const cpuRequestShare: Share = share({
  name: "cpu_allocatable",
  used: sum(place, select(namespaceCpuRequests)),
  total: sum(place, allocatable("cpu")),
});

export const memoryRequestShare: Share = share({
  name: "memory_allocatable",
  used: sum(place, select(namespaceMemoryRequests)),
  total: sum(place, allocatable("memory")),
});

/** Of the pods that nodes can take, those that run. */
export const podShare: Share = share({
  name: "pods_allocatable",
  used: {
    ...sum(
      place,
      max([...place, "namespace", "pod"], select("kube_pod_status_phase", { phase: { matches: "Pending|Running" } })),
    ),
    unit: "none",
  },
  total: sum(place, allocatable("pods")),
});

export const nodeCount: Recorded<Place> = record({
  level: "cluster",
  name: "kube_nodes:count",
  query: count(place, max([...place, "node"], select("kube_node_info"))),
});

/** What the largest node can give: what is lost when it is. */
export const largestNodeCpu: Recorded<Place> = largestNode("cpu");
export const largestNodeMemory: Recorded<Place> = largestNode("memory");

function largestNode(resource: "cpu" | "memory"): Recorded<Place> {
  return record({
    level: "cluster",
    name: `kube_node_${resource}_allocatable:max`,
    query: max(place, allocatable(resource)),
  });
}

/**
 * The mean price of a core, or of a GiB of memory, for an hour: of a cluster's nodes by their size. OpenCost has a `region`
 * of its own, so its series are trusted for the cluster alone.
 */
function price(
  name: string,
  metric: "node_cpu_hourly_cost" | "node_ram_hourly_cost",
  resource: "cpu" | "memory",
): Recorded<Place> {
  const size = max(["cluster", "node"], allocatable(resource));
  const each = promql({
    unit: "currency per hour",
    labels: ["cluster", "node"],
  })`${max(["cluster", "node"], select(metric))} * ${size}`;
  const mean = promql({
    unit: "currency per hour",
    labels: ["cluster"],
  })`${sum(["cluster"], each)} / ${sum(["cluster"], promql({ unit: "none", labels: ["cluster", "node"] })`${size} and ${each}`)}`;
  return record({
    level: "cluster",
    name,
    query: promql({
      unit: "currency per hour",
      labels: place,
    })`${mean} * on (${byList(["cluster"])}) group_left (${byList(["environment", "region"])}) ${max(place, select(inventory))}`,
  });
}

export const corePrice: Recorded<Place> = price("core_cost_hourly:avg", "node_cpu_hourly_cost", "cpu");
export const gibibytePrice: Recorded<Place> = price("gibibyte_cost_hourly:avg", "node_ram_hourly_cost", "memory");

const claim = [...place, "namespace", "persistentvolumeclaim"] as const;

/** Volumes less full than this are nobody's worry, and most: they are left out, so that few series remain. Judgement. */
const half = 0.5;

/** How full are the volumes that are more than half full? One series a claim: a mean tells nobody which one is full. */
export const volumeFilling: Recorded<Place | "namespace" | "persistentvolumeclaim"> = record({
  level: "cluster_namespace",
  name: "kubelet_volume_filling:ratio",
  query: promql({
    unit: "ratio",
    labels: claim,
  })`${complement(
    ratio(
      max([...claim], select("kubelet_volume_stats_available_bytes")),
      max([...claim], select("kubelet_volume_stats_capacity_bytes")),
    ),
  )} > ${half}`,
});

type InNamespace = Place | "namespace";

/** Cores that a namespace's live pods asked for and do not use; a namespace that uses more has none. */
export function unusedCpu(where: Where<InNamespace>): Query<InNamespace> {
  return unused(namespaceCpuRequests, namespaceCpuUsed, where);
}

/** Bytes that they asked for and do not use. */
export function unusedMemory(where: Where<InNamespace>): Query<InNamespace> {
  return unused(namespaceMemoryRequests, namespaceMemoryUsed, where);
}

function unused(
  requests: RecordedSeries<InNamespace>,
  usage: RecordedSeries<InNamespace>,
  where: Where<InNamespace>,
): Query<InNamespace> {
  const by = [...place, "namespace"] as const;
  return promql({
    unit: usage.unit,
    labels: by,
  })`clamp_min(${max([...by], select(requests, where))} - ${max([...by], select(usage, where))}, 0)`;
}

const gibibyte = 1024 ** 3;

/**
 * What that costs an hour, at the mean price of the cluster's cores and memory. It is saved only when nodes go, so it is
 * what could be had and not what is wasted for certain.
 */
export function unusedCost(where: Where<Place>): Query<InNamespace> {
  const at = (amount: Query, recorded: Recorded<Place>): string =>
    `(${amount.expr} * on (${byList(["cluster"])}) group_left () ${max(["cluster"], select(recorded, where)).expr})`;
  const memory = unusedMemory(where);
  return {
    ...promql({
      unit: "currency per hour",
      labels: memory.labels,
    })`${at(unusedCpu(where), corePrice)} + ${at(memory, gibibytePrice)} / ${gibibyte}`,
    requires: ["opencost", "kube-state-metrics", "cadvisor"],
  };
}

/** How much is there, how much of it is taken, and what does it cost? Its history is what forecasts are made of. */
export const capacityGroup: RecordingGroup = {
  name: "capacity",
  interval: "1m",
  rules: [
    ...[cpuShare, memoryShare, cpuRequestShare, memoryRequestShare, podShare].flatMap(({ used, total }) => [
      used,
      total,
    ]),
    nodeCount,
    largestNodeCpu,
    largestNodeMemory,
    corePrice,
    gibibytePrice,
    volumeFilling,
  ],
};
