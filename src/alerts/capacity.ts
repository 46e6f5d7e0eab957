import { cluster as clusterBoard } from "../dashboards/cluster.ts";
import { environmentComparison } from "../dashboards/environment-comparison.ts";
import { namespace as namespaceBoard } from "../dashboards/namespace.ts";
import { hole } from "../labels.ts";
import { byList, max, promql, type Query, select } from "../queries/query.ts";
import { daysUntilFull, volumeFilling } from "../recording/capacity.ts";
import { type Place, place } from "../recording/record.ts";
import { cpuCommitted, cpuUtilisation, memoryCommitted, memoryUtilisation } from "../recording/resources.ts";
import { alert, type AlertGroup } from "./alert.ts";
import { fires, given, quiet } from "./alert-test.ts";

const component = "capacity";
const board = clusterBoard.uid;

const cpu: Query<Place> = promql({ unit: "ratio", labels: place })`${select(cpuUtilisation)} > 0.9`;
const memory: Query<Place> = promql({ unit: "ratio", labels: place })`${select(memoryUtilisation)} > 0.9`;

/** Only where the pool is fixed: with an autoscaler a full pool is what one pays for, and pods that wait are the sign. */
const fixed = { cluster: { matches: hole("clusters:fixed") } } as const;

const committed: Query<Place> = promql({
  unit: "ratio",
  labels: place,
})`${select(cpuCommitted, fixed)} > 0.9 or on (${byList(place)}) ${select(memoryCommitted, fixed)} > 0.9`;

const soonFull: Query<Place> = promql({
  unit: "days",
  labels: place,
})`${daysUntilFull({ by: place, used: select(memoryUtilisation) })} < 14`;

const claim = [...place, "namespace", "persistentvolumeclaim"] as const;
type OfClaim = (typeof claim)[number];

const filling: Query<OfClaim> = promql({
  unit: "ratio",
  labels: [...claim],
})`${select(volumeFilling)} > 0.75 and on (${byList(claim)}) (predict_linear(${max([...claim], select("kubelet_volume_stats_available_bytes"))}[6h:5m], 4 * 86400) < 0)`;

const full: Query<OfClaim> = promql({ unit: "ratio", labels: [...claim] })`${select(volumeFilling)} > 0.95`;

const inodes: Query<OfClaim> = promql({
  unit: "ratio",
  labels: [...claim],
})`${max([...claim], select("kubelet_volume_stats_inodes_free"))} / (${max([...claim], select("kubelet_volume_stats_inodes"))} > 0) < 0.05`;

const data = { namespace: "shop", persistentvolumeclaim: "data" } as const;
const volume = (available: string) => [
  given("kubelet_volume_stats_available_bytes", data, available),
  given("kubelet_volume_stats_capacity_bytes", data, "1000x900"),
];
const processor = { instance: "10.1.0.1:9100", cpu: "0" } as const;
const busy = (idle: string, user: string) => [
  given("node_cpu_seconds_total", { ...processor, mode: "idle" }, idle),
  given("node_cpu_seconds_total", { ...processor, mode: "user" }, user),
];
const bytes = (available: string) => [
  given("node_memory_MemAvailable_bytes", { instance: processor.instance }, available),
  given("node_memory_MemTotal_bytes", { instance: processor.instance }, "1000x3000"),
];
const asked = (cores: string) => [
  given("kube_pod_status_phase", { namespace: "shop", pod: "web-1", phase: "Running" }, "1x90"),
  given(
    "kube_pod_container_resource_requests",
    { namespace: "shop", pod: "web-1", container: "app", resource: "cpu" },
    cores,
  ),
  given("kube_node_status_allocatable", { node: "node-1", resource: "cpu" }, "10x90"),
];

/** Is there room, and for how long? */
export const capacityAlerts: AlertGroup = {
  name: "capacity",
  interval: "1m",
  scope: "tenant",
  rules: [
    alert({
      name: "ClusterCpuSaturated",
      when: cpu,
      for: "30m",
      severity: "warning",
      component,
      summary: ({ cluster, percentage }) => `The processors of ${cluster} are ${percentage} busy`,
      description: ({ cluster }) =>
        `All nodes of ${cluster} together have been busy for half an hour. Requests take longer, and what has a low request gets least.`,
      board,
    }),
    alert({
      name: "ClusterMemoryFull",
      when: memory,
      for: "15m",
      severity: "warning",
      component,
      summary: ({ cluster, percentage }) => `The memory of ${cluster} is ${percentage} full`,
      description: ({ cluster }) =>
        `All nodes of ${cluster} together have hardly any memory left. If one is lost its pods find no place, and the kernel may kill.`,
      board,
    }),
    alert({
      name: "ClusterCommitted",
      when: committed,
      for: "30m",
      severity: "warning",
      component,
      summary: ({ cluster, percentage }) =>
        `Pods of ${cluster} have asked for ${percentage} of what its nodes can give`,
      description: ({ cluster }) =>
        `The node pool of ${cluster} is fixed, and nearly all of its processors or memory is promised. The loss of one node leaves pods without a place.`,
      board,
    }),
    alert({
      name: "ClusterMemoryFullSoon",
      when: soonFull,
      for: "6h",
      severity: "warning",
      component,
      summary: ({ cluster, value }) => `The memory of ${cluster} is full in ${value} days`,
      description: ({ cluster }) =>
        `As it grew in the last four weeks, the memory of ${cluster} is full within a fortnight. Order nodes, or find what grows.`,
      board: environmentComparison.uid,
    }),
    alert({
      name: "VolumeFilling",
      when: filling,
      for: "1h",
      severity: "warning",
      component: "storage",
      summary: ({ cluster, namespace, persistentvolumeclaim: claim }) =>
        `Volume ${namespace}/${claim} of ${cluster} is full within four days`,
      description: ({ percentage }) =>
        `It is ${percentage} full, and as it grew in the last six hours it is full soon.`,
      board: namespaceBoard.uid,
      narrows: ["namespace"],
    }),
    alert({
      name: "VolumeFull",
      when: full,
      for: "15m",
      severity: "critical",
      component: "storage",
      summary: ({ cluster, namespace, persistentvolumeclaim: claim, percentage }) =>
        `Volume ${namespace}/${claim} of ${cluster} is ${percentage} full`,
      description: () => "What writes to it fails soon; most databases then stop.",
      board: namespaceBoard.uid,
      narrows: ["namespace"],
    }),
    alert({
      name: "VolumeInodesExhausted",
      when: inodes,
      for: "1h",
      severity: "warning",
      component: "storage",
      summary: ({ cluster, namespace, persistentvolumeclaim: claim }) =>
        `Volume ${namespace}/${claim} of ${cluster} runs out of inodes`,
      description: ({ percentage }) => `Only ${percentage} of the files that it can hold are free, whatever the space.`,
      board: namespaceBoard.uid,
      narrows: ["namespace"],
    }),
  ],
  tests: [
    fires("ClusterCpuSaturated", {
      when: "the processors have nothing to spare",
      series: busy("0+1.2x90", "0+58.8x90"),
      after: "31m",
      value: 0.98,
    }),
    quiet("ClusterCpuSaturated", { when: "they are half idle", series: busy("0+30x90", "0+30x90"), during: "90m" }),
    fires("ClusterMemoryFull", { when: "a twentieth is left", series: bytes("50x60"), after: "15m", value: 0.95 }),
    quiet("ClusterMemoryFull", { when: "a fifth is left", series: bytes("200x60"), during: "60m" }),
    fires("ClusterCommitted", { when: "nearly all is promised", series: asked("9.5x90"), after: "30m", value: 0.95 }),
    quiet("ClusterCommitted", { when: "four fifths are promised", series: asked("8x90"), during: "60m" }),
    fires("ClusterMemoryFullSoon", {
      when: "it has grown by 1.2 % a day for two weeks",
      series: [given(memoryUtilisation, {}, "0.7+0.0005x400")],
      every: "1h",
      // Two weeks of history, and six hours.
      after: "342h",
      value: 10.75,
    }),
    quiet("ClusterMemoryFullSoon", {
      when: "there is no history",
      series: [given(memoryUtilisation, {}, "0.7+0.001x300")],
      every: "1h",
      during: "300h",
    }),
    fires("VolumeFilling", {
      when: "it grows",
      series: volume("200-0.1x900"),
      after: "65m",
      labels: data,
      value: 0.8065,
    }),
    quiet("VolumeFilling", { when: "it is as full and stays so", series: volume("200x900"), during: "600m" }),
    fires("VolumeFull", { when: "it is full", series: volume("20x60"), after: "15m", labels: data, value: 0.98 }),
    quiet("VolumeFull", { when: "a tenth is free", series: volume("100x60"), during: "60m" }),
    fires("VolumeInodesExhausted", {
      when: "files are used up",
      series: [
        given("kubelet_volume_stats_inodes_free", data, "10x90"),
        given("kubelet_volume_stats_inodes", data, "1000x90"),
      ],
      after: "1h",
      labels: data,
      value: 0.01,
    }),
    quiet("VolumeInodesExhausted", {
      when: "it has no inodes to count",
      series: [
        given("kubelet_volume_stats_inodes_free", data, "0x90"),
        given("kubelet_volume_stats_inodes", data, "0x90"),
      ],
      during: "90m",
    }),
  ],
};
