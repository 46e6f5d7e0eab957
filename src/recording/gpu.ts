import {
  avg,
  byList,
  count,
  max,
  promql,
  type Query,
  ratio,
  type Requirement,
  select,
  sum,
  type Unit,
  type Where,
} from "../queries/query.ts";
import type { MetricName } from "../metrics/index.ts";
import { perCluster } from "./cost.ts";
import { type Place, place, record, type Recorded, type RecordingGroup } from "./record.ts";

type OfGpu = Place | "node" | "gpu" | "UUID" | "modelName";
type OfModel = Place | "modelName";

const ofGpu: readonly OfGpu[] = [...place, "node", "gpu", "UUID", "modelName"];
const ofModel: readonly OfModel[] = [...place, "modelName"];

const measuredBy: readonly Requirement[] = ["dcgm-exporter"];

/**
 * A gauge of dcgm-exporter, of each processor or part of one once: whoever's pod holds it, and however often it is scraped.
 * The node is `Hostname`, which versions after 4.8.2 call `hostname`.
 */
function perPart(metric: MetricName & `DCGM_${string}`): Query<OfGpu | "GPU_I_ID"> {
  const labels = [...ofGpu, "GPU_I_ID"] as const;
  return promql({
    unit: "none",
    labels,
  })`max by (${byList(labels)}) (label_join(${select(metric)}, "node", "", "Hostname", "hostname"))`;
}

/** The same of each processor: where it is cut into parts, all of them together. */
function perGpu(fold: typeof sum, metric: MetricName & `DCGM_${string}`, unit: Unit): Query<OfGpu> {
  return { ...fold(ofGpu, perPart(metric)), unit, requires: measuredBy };
}

/**
 * How busy is each processor, from 0 to 1? By its engines, which also parts of a cut one count (MIG); else by what
 * `nvidia-smi` shows, which older ones have alone: there any work in a moment counts the whole moment.
 */
export const gpuUtilisation: Recorded<OfGpu> = record({
  level: "cluster_gpu",
  name: "gpu_utilisation:ratio",
  query: {
    ...promql({
      unit: "ratio",
      labels: ofGpu,
    })`${perGpu(avg, "DCGM_FI_PROF_GR_ENGINE_ACTIVE", "ratio")} or on (${byList([...place, "UUID"])}) (${perGpu(avg, "DCGM_FI_DEV_GPU_UTIL", "percent")} / 100)`,
    requires: measuredBy,
  },
});

/** Degrees Celsius. */
export const gpuTemperature: Recorded<OfGpu> = record({
  level: "cluster_gpu",
  name: "gpu_temperature:celsius",
  query: perGpu(max, "DCGM_FI_DEV_GPU_TEMP", "celsius"),
});

/**
 * XIDs that an application causes by itself: illegal instruction or access, a stopped or pre-empted process. The others
 * are of the hardware or its driver. Source: NVIDIA's XID catalogue.
 */
export const applicationXids = "13|31|43|45|68";

/** The last XID of a processor where it is one of the hardware's. The driver keeps it until the node starts anew. */
export const gpuHardwareErrors: Recorded<OfGpu> = record({
  level: "cluster_gpu",
  name: "gpu_hardware_xid:max",
  query: {
    ...promql({
      unit: "none",
      labels: ofGpu,
    })`${applicationXids
      .split("|")
      .reduce((expr, code) => `${expr} != ${code}`, `${perGpu(max, "DCGM_FI_DEV_XID_ERRORS", "none").expr} > 0`)}`,
    requires: measuredBy,
  },
});

/** How many there are of each model. */
export const gpuCount: Recorded<OfModel> = record({
  level: "cluster_model",
  name: "gpus:count",
  query: { ...count(ofModel, perGpu(max, "DCGM_FI_DEV_FB_USED", "mebibytes")), unit: "none", requires: measuredBy },
});

/** How many of them are busy, all added up: a share of several clusters is this by the number of them. */
export const gpuBusy: Recorded<OfModel> = record({
  level: "cluster_model",
  name: "gpus_busy:sum",
  query: { ...sum(ofModel, select(gpuUtilisation)), unit: "none" },
});

/** The same of their tensor cores: what matrices are multiplied with. */
export const gpuTensorBusy: Recorded<OfModel> = record({
  level: "cluster_model",
  name: "gpu_tensors_busy:sum",
  query: {
    ...sum(ofModel, perGpu(avg, "DCGM_FI_PROF_PIPE_TENSOR_ACTIVE", "ratio")),
    unit: "none",
    requires: measuredBy,
  },
});

function memory(...metrics: readonly (MetricName & `DCGM_FI_DEV_FB_${string}`)[]): Query<OfModel> {
  const each = metrics.map((metric) => sum(ofModel, perPart(metric)).expr);
  return { ...promql({ unit: "bytes", labels: ofModel })`2 ^ 20 * (${each.join(" + ")})`, requires: measuredBy };
}

/** Bytes of their memory in use, and all of it. */
export const gpuMemoryUsed: Recorded<OfModel> = record({
  level: "cluster_model",
  name: "gpu_memory_used:sum",
  query: memory("DCGM_FI_DEV_FB_USED"),
});
export const gpuMemoryTotal: Recorded<OfModel> = record({
  level: "cluster_model",
  name: "gpu_memory_total:sum",
  query: memory("DCGM_FI_DEV_FB_USED", "DCGM_FI_DEV_FB_FREE"),
});

/** Watts. Each part of a cut processor tells of the whole, so the largest counts. */
export const gpuPower: Recorded<OfModel> = record({
  level: "cluster_model",
  name: "gpu_power:sum",
  query: { ...sum(ofModel, perGpu(max, "DCGM_FI_DEV_POWER_USAGE", "watts")), unit: "watts", requires: measuredBy },
});

const asked = { resource: { matches: "nvidia_com_(?:gpu|mig_.+)" } } as const;

/** As Kubernetes counts them, parts as one each: those that there are, and those that pods have. */
export const gpuAllocatable: Recorded<Place> = record({
  level: "cluster",
  name: "gpus_allocatable:sum",
  query: {
    ...sum(place, max([...place, "node", "resource"], select("kube_node_status_allocatable", asked))),
    unit: "none",
    requires: ["dcgm-exporter", "kube-state-metrics"],
  },
});
export const gpuAllocated: Recorded<Place> = record({
  level: "cluster",
  name: "gpus_allocated:sum",
  query: {
    ...promql({
      unit: "none",
      labels: place,
    })`${sum(place, allocations())} or (0 * ${select(gpuAllocatable)})`,
    requires: ["dcgm-exporter", "kube-state-metrics"],
  },
});

/** Of pods that have a node: one that waits for a processor has none. */
function allocations(): Query<Place | "namespace" | "pod" | "container" | "resource"> {
  return max(
    [...place, "namespace", "pod", "container", "resource"],
    select("kube_pod_container_resource_requests", { ...asked, node: { not: "" } }),
  );
}

/** What they cost an hour: OpenCost prices one, Kubernetes knows how many a node has. */
export const gpuCost: Recorded<Place> = record({
  level: "cluster",
  name: "gpu_cost_hourly:sum",
  query: {
    ...perCluster(
      promql({
        unit: "currency per hour",
        labels: ["cluster", "node"],
      })`${max(["cluster", "node"], select("node_gpu_hourly_cost"))} * ${max(["cluster", "node"], select("kube_node_status_capacity", asked))}`,
    ),
    requires: ["dcgm-exporter", "opencost", "kube-state-metrics"],
  },
});

/** A share of the processors, from 0 to 1: of several clusters or models all that are busy by all that there are. */
export function gpuShare<K extends OfModel>(
  by: readonly K[],
  busy: Recorded<OfModel>,
  where: Where<OfModel>,
): Query<K> {
  return ratio(sum(by, select(busy, where)), sum(by, select(gpuCount, where)));
}

/** What processors cost an hour while they do nothing: their price by the share of their time in which they are idle. */
export function idleCost<K extends Place>(by: readonly K[], where: Where<Place>): Query<K> {
  const idle = promql({
    unit: "ratio",
    labels: place,
  })`1 - ${gpuShare(place, gpuBusy, where)}`;
  return {
    ...sum(by, promql({ unit: "currency per hour", labels: place })`${max(place, select(gpuCost, where))} * ${idle}`),
    unit: "currency per hour",
  };
}

/** Are the graphics processors used, and are they well? */
export const gpuGroup: RecordingGroup = {
  name: "gpus",
  interval: "1m",
  rules: [
    gpuUtilisation,
    gpuTemperature,
    gpuHardwareErrors,
    gpuCount,
    gpuBusy,
    gpuTensorBusy,
    gpuMemoryUsed,
    gpuMemoryTotal,
    gpuPower,
    gpuAllocatable,
    gpuAllocated,
    gpuCost,
  ],
};
