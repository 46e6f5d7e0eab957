import { gpuMonitoring } from "../dashboards/gpu-monitoring.ts";
import { gpuNode } from "../dashboards/gpu-node.ts";
import { namespace as namespaceBoard } from "../dashboards/namespace.ts";
import { byList, count, max, promql, type Query, rate, select, sum, type Where } from "../queries/query.ts";
import { applicationXids, gpuAllocatable, gpuAllocated, gpuHardwareErrors, gpuTemperature } from "../recording/gpu.ts";
import { modelWaiting } from "../recording/inference.ts";
import { type Place, place } from "../recording/record.ts";
import { alert, type AlertGroup } from "./alert.ts";
import { fires, given, quiet } from "./alert-test.ts";

type OfGpu = Place | "node" | "gpu" | "UUID" | "modelName";
const ofGpu: readonly OfGpu[] = [...place, "node", "gpu", "UUID", "modelName"];
const same = byList([...place, "UUID"]);
const component = "gpu";
const board = gpuNode.uid;
const narrows = ["node"] as const;

/** Of each processor once, under its node's name, which newer exporters write in small letters. */
function perGpu(series: Query): Query<OfGpu> {
  return {
    ...promql({
      unit: series.unit,
      labels: ofGpu,
    })`max by (${byList(ofGpu)}) (label_join(${series}, "node", "", "Hostname", "hostname"))`,
    requires: ["dcgm-exporter"],
  };
}

/**
 * How often the last code changed within an hour: the driver keeps it until the node starts anew, so that only a change is
 * news. Counted in each series, so that neither a hole in the samples nor a pod that comes is one.
 */
function changed<L extends string>(where: Where<"pod"> = {}): Query<L> {
  return promql<L>({
    unit: "none",
    labels: [],
  })`changes(${select("DCGM_FI_DEV_XID_ERRORS", where)}[1h])`;
}

const hardware: Query<OfGpu> = promql({
  unit: "none",
  labels: ofGpu,
})`${select(gpuHardwareErrors)} and on (${same}) (${perGpu(changed())} > 0)`;

const inPod = [...place, "namespace", "pod"] as const;
type InPod = (typeof inPod)[number];

/** Whoever's pod holds the processor; the exporter says it, where it is told to. */
const held = { pod: { not: "" } } as const;
const code: Query<InPod> = max([...inPod], select("DCGM_FI_DEV_XID_ERRORS", held) as Query<InPod>);

const application: Query<InPod> = {
  ...promql({
    unit: "none",
    labels: [...inPod],
  })`(${applicationXids
    .split("|")
    .map((xid) => `${code.expr} == ${xid}`)
    .join(" or ")}) and on (${byList(inPod)}) (${max([...inPod], changed<InPod>(held))} > 0)`,
  requires: ["dcgm-exporter"],
};

const remap: Query<OfGpu> = promql({
  unit: "none",
  labels: ofGpu,
})`${perGpu(select("DCGM_FI_DEV_ROW_REMAP_FAILURE"))} > 0`;

const uncorrectable: Query<OfGpu> = promql({
  unit: "none",
  labels: ofGpu,
})`${perGpu(promql({ unit: "none", labels: [] })`increase(${select("DCGM_FI_DEV_UNCORRECTABLE_REMAPPED_ROWS")}[1h])`)} > 0`;

const hot: Query<OfGpu> = promql({ unit: "celsius", labels: ofGpu })`${select(gpuTemperature)} > 85`;

/** Nanoseconds a second for which heat held it back: a tenth of the time. */
const throttled: Query<OfGpu> = promql({
  unit: "ratio",
  labels: ofGpu,
})`${perGpu(rate("DCGM_FI_DEV_THERMAL_VIOLATION", {}, "10m"))} / 1e9 > 0.1`;

const inNamespace = [...place, "namespace"] as const;
const allotted = [...place, "namespace", "UUID"] as const;
type Allotted = (typeof allotted)[number];

function busiest(metric: "DCGM_FI_PROF_GR_ENGINE_ACTIVE" | "DCGM_FI_DEV_GPU_UTIL"): Query<Allotted> {
  const own = select(metric, held) as Query<Allotted>;
  return max([...allotted], promql({ unit: "ratio", labels: [...allotted] })`max_over_time(${own}[15m])`);
}

/** Held by a pod, and not busy: by its engines, or by what older exporters have. */
const idle: Query<Place | "namespace"> = {
  ...count(
    [...inNamespace],
    promql({
      unit: "none",
      labels: [...allotted],
    })`(${busiest("DCGM_FI_PROF_GR_ENGINE_ACTIVE")} or (${busiest("DCGM_FI_DEV_GPU_UTIL")} / 100)) < 0.05`,
  ),
  requires: ["dcgm-exporter"],
};

/** All processors are taken, and requests wait for models: busy alone is what they are bought for. */
const full: Query<Place> = promql({
  unit: "ratio",
  labels: place,
})`${select(gpuAllocated)} / (${select(gpuAllocatable)} > 0) > 0.95 and on (${byList(place)}) (${sum(place, select(modelWaiting))} > 10)`;

const card = {
  Hostname: "gpu-1",
  gpu: "0",
  UUID: "GPU-1",
  modelName: "NVIDIA H100",
  namespace: "models",
  pod: "llm-0",
  instance: "10.2.0.1:9400",
} as const;
const shown = { node: "gpu-1", gpu: "0", UUID: "GPU-1", modelName: "NVIDIA H100" } as const;
const xid = (values: string) => given("DCGM_FI_DEV_XID_ERRORS", card, values);
const pool = (allocated: string, waiting: string) => [
  given("kube_node_status_allocatable", { node: "gpu-1", resource: "nvidia_com_gpu" }, "4x60"),
  given(
    "kube_pod_container_resource_requests",
    { namespace: "models", pod: "llm-0", container: "app", node: "gpu-1", resource: "nvidia_com_gpu" },
    allocated,
  ),
  given("vllm:num_requests_waiting", { model_name: "llama", engine: "0", instance: "a" }, waiting),
];

/** Are graphics processors well, are they used, and are there enough? */
export const gpuAlerts: AlertGroup = {
  name: "gpu",
  interval: "1m",
  scope: "tenant",
  rules: [
    alert({
      name: "GpuHardwareError",
      when: hardware,
      for: "0s",
      severity: "critical",
      component,
      summary: ({ cluster, node, gpu, value }) => `GPU ${gpu} of ${node} in ${cluster} reports XID ${value}`,
      description: ({ modelName, UUID }) =>
        `${modelName} ${UUID} has a fault of its hardware or driver, and not of an application. What runs on it computes wrong results, or none.`,
      board,
      narrows,
    }),
    alert({
      name: "GpuApplicationError",
      when: application,
      for: "0s",
      severity: "info",
      component,
      summary: ({ cluster, namespace, pod, value }) =>
        `${namespace}/${pod} in ${cluster} made its GPU report XID ${value}`,
      description: ({ pod }) =>
        `${pod} accessed memory that is not its own, or executed what the GPU does not know: a bug of the application, and not of the card.`,
      board: namespaceBoard.uid,
      narrows: ["namespace"],
    }),
    alert({
      name: "GpuRowRemapFailed",
      when: remap,
      for: "5m",
      severity: "critical",
      component,
      summary: ({ cluster, node, gpu }) =>
        `GPU ${gpu} of ${node} in ${cluster} cannot remap a broken row of its memory`,
      description: ({ UUID }) => `${UUID} has no spare rows left, or the remapping failed. It has to be replaced.`,
      board,
      narrows,
    }),
    alert({
      name: "GpuUncorrectableErrors",
      when: uncorrectable,
      for: "5m",
      severity: "warning",
      component,
      summary: ({ cluster, node, gpu }) =>
        `GPU ${gpu} of ${node} in ${cluster} remapped rows after uncorrectable errors`,
      description: ({ UUID }) =>
        `${UUID} takes spare rows into use at its next reset. Until then what uses it may fail.`,
      board,
      narrows,
    }),
    alert({
      name: "GpuTemperatureHigh",
      when: hot,
      for: "10m",
      severity: "warning",
      component,
      summary: ({ cluster, node, gpu, value }) => `GPU ${gpu} of ${node} in ${cluster} is ${value} °C hot`,
      description: ({ modelName }) => `${modelName} slows down near 90 °C and switches off above.`,
      board,
      narrows,
    }),
    alert({
      name: "GpuThrottled",
      when: throttled,
      for: "10m",
      severity: "warning",
      component,
      summary: ({ cluster, node, gpu, percentage }) =>
        `Heat holds GPU ${gpu} of ${node} in ${cluster} back ${percentage} of the time`,
      description: () => "It computes slower than it could, and so does everything that waits for it.",
      board,
      narrows,
    }),
    alert({
      name: "GpuIdle",
      when: idle,
      for: "3h",
      severity: "info",
      component,
      summary: ({ cluster, namespace, value }) => `${value} GPUs that ${namespace} in ${cluster} holds do nothing`,
      description: ({ namespace }) =>
        `Pods of ${namespace} have held them for three hours without work. Somebody else may be waiting for them, and they cost as much as busy ones.`,
      board: gpuMonitoring.uid,
    }),
    alert({
      name: "MultiClusterGPUHigh",
      when: full,
      for: "10m",
      severity: "warning",
      component,
      summary: ({ cluster, percentage }) => `${percentage} of the GPUs of ${cluster} are taken, and requests wait`,
      description: ({ cluster, environment, region }) =>
        `The models of ${cluster} (${environment}, ${region}) have more to do than they can, and no processor is left for another replica.`,
      board: gpuMonitoring.uid,
    }),
  ],
  tests: [
    fires("GpuHardwareError", {
      when: "a new code of the hardware comes",
      series: [xid("0x10 94x50")],
      after: "11m",
      labels: shown,
      value: 94,
    }),
    quiet("GpuHardwareError", {
      when: "an old code is seen for the first time, and again after a hole of ten minutes",
      series: [xid("94x10 _x10 94x90")],
      during: "100m",
    }),
    quiet("GpuHardwareError", {
      when: "an application made a mistake",
      series: [xid("0x10 31x90")],
      during: "90m",
    }),
    fires("GpuApplicationError", {
      when: "an application made a mistake",
      series: [xid("0x10 31x50")],
      after: "11m",
      labels: { namespace: "models", pod: "llm-0" },
      value: 31,
    }),
    quiet("GpuApplicationError", { when: "the hardware has a fault", series: [xid("0x10 94x90")], during: "90m" }),
    fires("GpuRowRemapFailed", {
      when: "it failed",
      series: [given("DCGM_FI_DEV_ROW_REMAP_FAILURE", card, "1x30")],
      after: "5m",
      labels: shown,
      value: 1,
    }),
    quiet("GpuRowRemapFailed", {
      when: "it did not",
      series: [given("DCGM_FI_DEV_ROW_REMAP_FAILURE", card, "0x30")],
      during: "30m",
    }),
    fires("GpuUncorrectableErrors", {
      when: "a row is remapped, and the exporter has the newer label",
      series: [
        given(
          "DCGM_FI_DEV_UNCORRECTABLE_REMAPPED_ROWS",
          { ...card, Hostname: "", hostname: "gpu-1" } as never,
          "0x9 60x60",
        ),
      ],
      after: "15m",
      labels: shown,
      value: 66,
    }),
    quiet("GpuUncorrectableErrors", {
      when: "rows were remapped long ago",
      series: [given("DCGM_FI_DEV_UNCORRECTABLE_REMAPPED_ROWS", card, "4x90")],
      during: "90m",
    }),
    fires("GpuTemperatureHigh", {
      when: "it is 88 degrees",
      series: [given("DCGM_FI_DEV_GPU_TEMP", card, "88x30")],
      after: "10m",
      labels: shown,
      value: 88,
    }),
    quiet("GpuTemperatureHigh", {
      when: "it is 80 degrees",
      series: [given("DCGM_FI_DEV_GPU_TEMP", card, "80x30")],
      during: "30m",
    }),
    fires("GpuThrottled", {
      when: "half of the time",
      series: [given("DCGM_FI_DEV_THERMAL_VIOLATION", card, "0+30000000000x30")],
      after: "13m",
      labels: shown,
      value: 0.5,
    }),
    quiet("GpuThrottled", {
      when: "never",
      series: [given("DCGM_FI_DEV_THERMAL_VIOLATION", card, "0x30")],
      during: "30m",
    }),
    fires("GpuIdle", {
      when: "it stops working",
      series: [given("DCGM_FI_PROF_GR_ENGINE_ACTIVE", card, "0.9x10 0x300")],
      // Ten minutes of work, a quarter of an hour until it is forgotten, and three hours.
      after: "205m",
      labels: { namespace: "models" },
      value: 1,
    }),
    quiet("GpuIdle", {
      when: "it works now and then, and another one nobody holds",
      series: [
        given("DCGM_FI_DEV_GPU_UTIL", card, "0x100 50 0x100 50 0x100"),
        given("DCGM_FI_DEV_GPU_UTIL", { ...card, UUID: "GPU-2", pod: "", namespace: "" }, "0x300"),
      ],
      during: "300m",
    }),
    fires("MultiClusterGPUHigh", {
      when: "all are taken and requests wait",
      series: pool("4x60", "50x60"),
      after: "10m",
      value: 1,
    }),
    quiet("MultiClusterGPUHigh", { when: "all are taken and none waits", series: pool("4x60", "0x60"), during: "60m" }),
    quiet("MultiClusterGPUHigh", {
      when: "requests wait and one is free",
      series: pool("3x60", "50x60"),
      during: "60m",
    }),
  ],
};
