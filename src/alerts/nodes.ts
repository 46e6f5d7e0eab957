import { cluster as clusterBoard } from "../dashboards/cluster.ts";
import { node as nodeBoard } from "../dashboards/node.ts";
import { byList, max, promql, type Query, select } from "../queries/query.ts";
import { nodeFilesystem, nodeInstance, nodeMemory, onNode, realFilesystem } from "../recording/namespaces.ts";
import { type Place, place } from "../recording/record.ts";
import { nodesReady } from "../recording/resources.ts";
import { alert, type AlertGroup } from "./alert.ts";
import { fires, given, quiet } from "./alert-test.ts";

type OnNode = Place | "node";
const ofNode: readonly OnNode[] = [...place, "node"];
const board = nodeBoard.uid;
const component = "nodes";
const narrows = ["node"] as const;

const manyNotReady: Query<Place> = promql({ unit: "ratio", labels: place })`${select(nodesReady)} < 0.9`;

const notReady: Query<OnNode> = promql({
  unit: "none",
  labels: ofNode,
})`${max(ofNode, select("kube_node_status_condition", { condition: "Ready", status: "true" }))} == 0`;

const pressure: Query<OnNode | "condition"> = promql({
  unit: "none",
  labels: [...ofNode, "condition"],
})`${max(
  [...ofNode, "condition"],
  select("kube_node_status_condition", { condition: { matches: ".+Pressure|NetworkUnavailable" }, status: "true" }),
)} == 1`;

const memory: Query<OnNode> = promql({ unit: "ratio", labels: ofNode })`${select(nodeMemory)} > 0.95`;

const onDisk: readonly (OnNode | "mountpoint")[] = [...ofNode, "mountpoint"];

const filling: Query<OnNode | "mountpoint"> = promql({
  unit: "ratio",
  labels: onDisk,
})`${select(nodeFilesystem)} > 0.75 and predict_linear(${select(nodeFilesystem)}[6h], 86400) > 1`;

const full: Query<OnNode | "mountpoint"> = promql({
  unit: "ratio",
  labels: onDisk,
})`${select(nodeFilesystem)} > 0.95`;

/** A measure of the node-exporter, under its node's name. */
function byNode<L extends string>(labels: readonly L[], measure: Query): Query<OnNode | L> {
  return max([...ofNode, ...labels], onNode(measure, select(nodeInstance)) as Query<OnNode | L>);
}

const inodes: Query<OnNode | "mountpoint"> = promql({
  unit: "ratio",
  labels: onDisk,
})`${byNode(["mountpoint"], select("node_filesystem_files_free", realFilesystem))} / (${byNode(["mountpoint"], select("node_filesystem_files", realFilesystem))} > 0) < 0.05`;

const clock: Query<OnNode> = promql({
  unit: "seconds",
  labels: ofNode,
})`abs(${byNode([], select("node_timex_offset_seconds"))}) > 0.05 or on (${byList(ofNode)}) (${byNode([], select("node_timex_maxerror_seconds"))} >= 16)`;

const ready = (node: string, values: string, instance = "10.0.0.2:8080") =>
  given("kube_node_status_condition", { node, condition: "Ready", status: "true", instance }, values);

const machine = given("node_uname_info", { nodename: "node-1", instance: "10.1.0.1:9100" }, "1x900");
const known = given("kube_node_info", { node: "node-1", internal_ip: "10.1.0.1" }, "1x900");
const root = { instance: "10.1.0.1:9100", mountpoint: "/", device: "/dev/sda1", fstype: "ext4" } as const;
const disk = (available: string) => [
  machine,
  known,
  given("node_filesystem_avail_bytes", root, available),
  given("node_filesystem_size_bytes", root, "1000x900"),
];

const memoryLeft = (available: string) => [
  machine,
  known,
  given("node_memory_MemAvailable_bytes", { instance: root.instance }, available),
  given("node_memory_MemTotal_bytes", { instance: root.instance }, "1000x60"),
];
const files = (free: string, all: string) => [
  machine,
  known,
  given("node_filesystem_files_free", root, free),
  given("node_filesystem_files", root, all),
];

/** Are the machines well? A single one is for working hours: workloads move. Many at once are not. */
export const nodesAlerts: AlertGroup = {
  name: "nodes",
  interval: "1m",
  scope: "tenant",
  rules: [
    alert({
      name: "ClusterNodesNotReady",
      when: manyNotReady,
      for: "5m",
      severity: "critical",
      component,
      summary: ({ cluster, percentage }) => `Only ${percentage} of the nodes of ${cluster} are ready`,
      description: ({ cluster, environment }) =>
        `More than a tenth of the nodes of ${cluster} (${environment}) has not been ready for five minutes. Pods are moved to the others, as long as those have room.`,
      board: clusterBoard.uid,
    }),
    alert({
      name: "NodeNotReady",
      when: notReady,
      for: "15m",
      severity: "warning",
      component,
      summary: ({ cluster, node }) => `Node ${node} of ${cluster} is not ready`,
      description: ({ node }) =>
        `The kubelet of ${node} has not reported for a quarter of an hour, or says that it is not well. Its pods are rescheduled; volumes that are attached to it are not.`,
      board,
      narrows,
    }),
    alert({
      name: "NodePressure",
      when: pressure,
      for: "10m",
      severity: "warning",
      component,
      summary: ({ cluster, node, condition }) => `Node ${node} of ${cluster} has ${condition}`,
      description: ({ node, condition }) =>
        `The kubelet of ${node} reports ${condition}: it evicts pods, or takes no new ones.`,
      board,
      narrows,
    }),
    alert({
      name: "NodeMemoryFull",
      when: memory,
      for: "15m",
      severity: "warning",
      component,
      summary: ({ cluster, node, percentage }) => `Memory of node ${node} of ${cluster} is ${percentage} full`,
      description: ({ node }) =>
        `${node} has hardly any memory left to give. The kernel kills what it likes least, and not what uses most.`,
      board,
      narrows,
    }),
    alert({
      name: "NodeDiskFilling",
      when: filling,
      for: "1h",
      severity: "warning",
      component,
      summary: ({ cluster, node, mountpoint }) => `${mountpoint} of node ${node} of ${cluster} is full within a day`,
      description: ({ mountpoint, percentage }) =>
        `${mountpoint} is ${percentage} full, and as it grew in the last six hours it is full within a day. The kubelet then evicts pods and removes images.`,
      board,
      narrows,
    }),
    alert({
      name: "NodeDiskFull",
      when: full,
      for: "15m",
      severity: "critical",
      component,
      summary: ({ cluster, node, mountpoint, percentage }) =>
        `${mountpoint} of node ${node} of ${cluster} is ${percentage} full`,
      description: ({ node }) => `What writes to this disk of ${node} is about to fail: logs, images, containers.`,
      board,
      narrows,
    }),
    alert({
      name: "NodeInodesExhausted",
      when: inodes,
      for: "1h",
      severity: "warning",
      component,
      summary: ({ cluster, node, mountpoint }) => `${mountpoint} of node ${node} of ${cluster} runs out of inodes`,
      description: ({ mountpoint, percentage }) =>
        `Only ${percentage} of the files that ${mountpoint} can hold are free: no new one can be made, whatever the space.`,
      board,
      narrows,
    }),
    alert({
      name: "NodeClockWrong",
      when: clock,
      for: "10m",
      severity: "warning",
      component,
      summary: ({ cluster, node }) => `The clock of node ${node} of ${cluster} is wrong, or nobody sets it`,
      description: ({ node, duration }) =>
        `The clock of ${node} is off by up to ${duration}. Certificates, tokens and the order of logs depend on it.`,
      board,
      narrows,
    }),
  ],
  tests: [
    fires("ClusterNodesNotReady", {
      when: "one of two nodes is gone, also where it is scraped twice",
      series: [ready("node-1", "1x60"), ready("node-2", "1x10 0x50"), ready("node-2", "1x10 0x50", "10.0.0.3:8080")],
      after: "16m",
      value: 0.5,
    }),
    quiet("ClusterNodesNotReady", {
      when: "one of twenty nodes is gone",
      series: Array.from({ length: 20 }, (_, at) => ready(`node-${at}`, at === 0 ? "0x60" : "1x60")),
      during: "60m",
    }),
    quiet("ClusterNodesNotReady", {
      when: "one of two nodes starts anew within five minutes",
      series: [ready("node-1", "1x60"), ready("node-2", "1x10 0x4 1x45")],
      during: "60m",
    }),
    fires("NodeNotReady", {
      when: "a node is gone",
      series: [ready("node-1", "1x60"), ready("node-2", "1x10 0x50")],
      after: "26m",
      labels: { node: "node-2" },
      value: 0,
    }),
    quiet("NodeNotReady", {
      when: "a node is upgraded in ten minutes",
      series: [ready("node-1", "1x10 0x10 1x40")],
      during: "60m",
    }),
    fires("NodePressure", {
      when: "the disk of a node is short",
      series: [
        given("kube_node_status_condition", { node: "node-1", condition: "DiskPressure", status: "true" }, "1x30"),
      ],
      after: "10m",
      labels: { node: "node-1", condition: "DiskPressure" },
      value: 1,
    }),
    quiet("NodePressure", {
      when: "it is not, and the node is ready",
      series: [
        given("kube_node_status_condition", { node: "node-1", condition: "DiskPressure", status: "true" }, "0x30"),
        given("kube_node_status_condition", { node: "node-1", condition: "Ready", status: "true" }, "1x30"),
      ],
      during: "30m",
    }),
    fires("NodeMemoryFull", {
      when: "hardly any memory is left",
      series: memoryLeft("30x60"),
      after: "15m",
      labels: { node: "node-1" },
      value: 0.97,
    }),
    quiet("NodeMemoryFull", {
      when: "a tenth is left",
      series: memoryLeft("100x60"),
      during: "60m",
    }),
    fires("NodeDiskFilling", {
      when: "it grows by a fifth in ten hours",
      series: disk("250-0.3333x600"),
      after: "61m",
      labels: { node: "node-1", mountpoint: "/" },
      value: 0.7703,
    }),
    quiet("NodeDiskFilling", {
      when: "it is as full and stays so",
      series: disk("200x600"),
      during: "600m",
    }),
    fires("NodeDiskFull", {
      when: "it is full",
      series: disk("20x60"),
      after: "15m",
      labels: { node: "node-1", mountpoint: "/" },
      value: 0.98,
    }),
    quiet("NodeDiskFull", { when: "a tenth is free", series: disk("100x60"), during: "60m" }),
    fires("NodeInodesExhausted", {
      when: "files are used up",
      series: files("10x90", "1000x90"),
      after: "1h",
      labels: { node: "node-1", mountpoint: "/" },
      value: 0.01,
    }),
    quiet("NodeInodesExhausted", {
      when: "a file system has none to count",
      series: files("0x90", "0x90"),
      during: "90m",
    }),
    fires("NodeClockWrong", {
      when: "it is a second off",
      series: [machine, known, given("node_timex_offset_seconds", { instance: root.instance }, "-1x30")],
      after: "10m",
      labels: { node: "node-1" },
      value: 1,
    }),
    quiet("NodeClockWrong", {
      when: "it is a millisecond off",
      series: [
        machine,
        known,
        given("node_timex_offset_seconds", { instance: root.instance }, "0.001x30"),
        given("node_timex_maxerror_seconds", { instance: root.instance }, "0.1x30"),
      ],
      during: "30m",
    }),
  ],
};
