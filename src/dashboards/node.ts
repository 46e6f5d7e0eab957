import { logs } from "../panels/logs.ts";
import { falling, type Link, neutral, rising } from "../panels/panel.ts";
import { statusHistory } from "../panels/status-history.ts";
import { table } from "../panels/table.ts";
import { timeseries } from "../panels/timeseries.ts";
import {
  byList,
  type CounterName,
  group,
  max,
  promql,
  type Query,
  rate,
  ratio,
  select,
  sum,
} from "../queries/query.ts";
import {
  namedContainer,
  nodeBusy,
  nodeCpu,
  nodeFilesystem,
  nodeInstance,
  nodeMemory,
  nodePods,
  onNode,
} from "../recording/namespaces.ts";
import { type Board, type BoardVariable, type Row, row } from "./board.ts";
import {
  clusterKey,
  eventsOnly,
  highest,
  intoPod,
  lines,
  namespaceKey,
  own,
  podKey,
  samePod,
  yesOrNo,
} from "./drill-down.ts";
import { filter, ofRow, toBoard } from "./filter.ts";

/** Is this node well, is it full, and whose pods are on it? */
export const node: Board = {
  uid: "node",
  title: "Node",
  description: "Is this node well, is it full, and whose pods are on it?",
  tags: ["drill-down"],
  variables: () => [nodeVariable],
  rows: () => [stateRow(), busyRow(), disksRow(), networkRow(), podsRow(), logsRow()],
};

const nodeVariable: BoardVariable = {
  name: "node",
  title: "Node",
  label: "node",
  of: select(nodePods, filter),
  optional: true,
};

const here = { ...filter, node: { matches: "$node" } } as const;

const keys = ["cluster", "node"] as const;

/** The same measure of each chosen node. */
function line(name: string, query: Query): Query {
  return { ...query, legend: `{{node}} ${name}` };
}

/** The node-exporter's own numbers, under the name of the node. */
function measured<L extends string>(labels: readonly L[], measure: Query): Query<"cluster" | "node" | L> {
  return max([...keys, ...labels], onNode(measure, select(nodeInstance, here)) as Query<"cluster" | "node" | L>);
}

function stateRow(): Row {
  const ready = max([...keys], select("kube_node_status_condition", { ...here, condition: "Ready", status: "true" }));
  const versions = group([...keys, "kubelet_version", "os_image"], select("kube_node_info", here));
  const age = promql({
    unit: "seconds",
    labels: [...keys, "kubelet_version", "os_image"],
  })`(time() - ${max([...keys], select("kube_node_created", here))}) * on (${byList(keys)}) group_left (kubelet_version, os_image) topk by (${byList(keys)}) (1, ${versions})`;
  const wrong = promql({
    unit: "none",
    labels: [...keys, "condition"],
  })`${max([...keys, "condition"], select("kube_node_status_condition", { ...here, condition: { not: "Ready" }, status: "true" }))} == 1`;
  return row("Is it well?", [
    table({
      title: "Nodes",
      description:
        "Is it ready, may pods be placed on it, and what does it run? Not ready for minutes: its kubelet is silent; its pods move away after five.",
      keys: [
        { label: "node", title: "Node" },
        { label: "kubelet_version", title: "Version" },
        { label: "os_image", title: "Image" },
        clusterKey,
      ],
      columns: [
        { title: "Ready", query: ready, thresholds: falling(0.5, 1), mappings: yesOrNo("ready", "not ready") },
        {
          title: "Cordoned",
          query: max([...keys], select("kube_node_spec_unschedulable", here)),
          thresholds: rising(1, 2),
          mappings: yesOrNo("cordoned", "–"),
        },
        { title: "Pods", query: max([...keys], select(nodePods, here)) },
        { title: "Age", query: age },
      ],
      worst: { column: "Ready", is: "lowest" },
      thresholds: own,
      links: [intoCluster],
      span: 14,
      height: 6,
    }),
    table({
      title: "Conditions",
      description:
        "Of what does it run short, as its kubelet sees it? MemoryPressure and DiskPressure evict pods; NetworkUnavailable: its routes are not set up.",
      whenEmpty: "Nothing is wrong with it",
      keys: [{ label: "condition", title: "Condition" }, { label: "node", title: "Node" }, clusterKey],
      columns: [{ title: "Holds", query: highest(wrong), mappings: yesOrNo("yes", "no"), thresholds: rising(1, 2) }],
      worst: { column: "Holds", is: "highest" },
      thresholds: own,
      span: 10,
      height: 6,
    }),
    statusHistory({
      title: "Ready over time",
      description: "Since when is it not ready, and is it the first time? Unknown is as bad as no: nobody hears of it.",
      query: { ...max(["node"], ready), unit: "status" },
      mappings: yesOrNo("ready", "not ready"),
      thresholds: falling(0.5, 1),
      height: 5,
    }),
  ]);
}

const intoCluster: Link = toBoard("cluster", "Open its cluster", { cluster: ofRow("Cluster") });

function pressure(counter: CounterName & `node_pressure_${string}`, name: string): Query {
  return line(name, { ...measured([], rate(counter)), unit: "ratio" });
}

function busyRow(): Row {
  const cores = sum([...keys], select(nodeCpu, here));
  return row("Is it busy or full?", [
    timeseries({
      title: "CPU by what it does",
      description:
        "What do its processors do? Much iowait: they wait for disks. Much steal: the host has sold more than it has. System: the kernel works, often for the network.",
      queries: [
        {
          ...sum(["node", "mode"], select(nodeCpu, { ...here, mode: { not: "idle" } })),
          legend: "{{node}} {{mode}}",
        },
      ],
      thresholds: neutral("the share of all cores is beside it"),
      span: 8,
    }),
    timeseries({
      title: "CPU and memory in use",
      description: "Is it full? Above 90 % of memory its pods are killed soon: move some away, or add a node.",
      queries: [line("CPU", nodeBusy(here)), line("memory", max([...keys], select(nodeMemory, here)))],
      max: 1,
      thresholds: rising(0.8, 0.9),
      span: 8,
    }),
    timeseries({
      title: "Load per core",
      description:
        "Do more threads want to run than there are cores? Above one they wait, for processors or for disks: see pressure.",
      queries: [line("", ratio(measured([], select("node_load5")), cores))],
      thresholds: rising(1, 2),
      span: 8,
    }),
    timeseries({
      title: "Pressure",
      description:
        "In what share of the time did something wait for processors, memory or disks? Memory above a few percent: it swaps or reclaims all the time.",
      queries: [
        pressure("node_pressure_cpu_waiting_seconds_total", "CPU"),
        pressure("node_pressure_memory_waiting_seconds_total", "memory"),
        pressure("node_pressure_io_waiting_seconds_total", "disks"),
      ],
      thresholds: rising(0.2, 0.5),
    }),
    timeseries({
      title: "Promised of what it has",
      description:
        "How much of the node do its pods ask for? At 100 % no further pod is placed on it, however idle it is; far below use: requests are wrong.",
      queries: [promised("cpu"), promised("memory")],
      thresholds: neutral("full is as wanted: what is used decides"),
    }),
  ]);
}

function promised(resource: "cpu" | "memory"): Query {
  const requests = max(
    [...keys, "namespace", "pod", "container"],
    select("kube_pod_container_resource_requests", { ...here, resource }),
  );
  const allocatable = max([...keys], select("kube_node_status_allocatable", { ...here, resource }));
  return line(resource === "cpu" ? "CPU" : "memory", ratio(sum([...keys], requests), allocatable));
}

function disksRow(): Row {
  return row("Disks", [
    timeseries({
      title: "Disks by mount",
      description: "How full is each disk? From 85 % on the kubelet deletes images, from 90 % on it evicts pods.",
      queries: [{ ...max(["node", "mountpoint"], select(nodeFilesystem, here)), legend: "{{node}} {{mountpoint}}" }],
      max: 1,
      thresholds: rising(0.8, 0.9),
      span: 8,
    }),
    timeseries({
      title: "Disk busy",
      description: "In what share of the time is a disk at work? Near 100 % for minutes: whoever writes waits.",
      queries: [
        {
          ...measured(["device"], rate("node_disk_io_time_seconds_total")),
          unit: "ratio",
          legend: "{{node}} {{device}}",
        },
      ],
      thresholds: rising(0.8, 0.95),
      span: 8,
    }),
    timeseries({
      title: "Read and written",
      description: "Who fills the disks? A step of writes beside a disk that fills up: look which pod logs or spills.",
      queries: [
        line("read", sum(["node"], measured(["device"], rate("node_disk_read_bytes_total")))),
        line("written", sum(["node"], measured(["device"], rate("node_disk_written_bytes_total")))),
      ],
      thresholds: neutral("as much as its disks take"),
      span: 8,
    }),
  ]);
}

/** What carries traffic of the node itself: neither the loopback nor one end of each pod's link. */
const realDevice = {
  device: { matchesNot: "lo|veth.*|cali.*|cilium.*|lxc.*|azv.*|docker.*|cni.*|flannel.*|br-.*" },
} as const;

function networkRow(): Row {
  const traffic = (counter: CounterName & `node_network_${string}`): Query =>
    sum(["node"], measured(["device"], rate(counter, realDevice)));
  return row("Network", [
    timeseries({
      title: "Received and sent",
      description:
        "Does its network carry more than usual, or nothing? Compare with what its kind of machine may carry.",
      queries: [
        line("received", traffic("node_network_receive_bytes_total")),
        line("sent", traffic("node_network_transmit_bytes_total")),
      ],
      thresholds: neutral("what a machine may carry differs"),
    }),
    timeseries({
      title: "Dropped and broken packets",
      description:
        "Are packets lost on the node? Steadily: its network interface or its queue; report it to the provider.",
      queries: [
        line("received, dropped", traffic("node_network_receive_drop_total")),
        line("sent, dropped", traffic("node_network_transmit_drop_total")),
        line("received, broken", traffic("node_network_receive_errs_total")),
        line("sent, broken", traffic("node_network_transmit_errs_total")),
      ],
      thresholds: rising(0.1, 10),
    }),
  ]);
}

function podsRow(): Row {
  const pod = ["cluster", "namespace", "pod"] as const;
  const placed = max([...pod, "node"], select("kube_pod_info", here));
  const onThese = (query: Query): Query => ({
    ...query,
    ...promql({
      unit: query.unit,
      labels: [...pod, "node"],
    })`${query} * on (${samePod}) group_left (node) topk by (${samePod}) (1, ${placed})`,
  });
  const cpu = max([...pod, "container"], rate("container_cpu_usage_seconds_total", { ...filter, ...namedContainer }));
  const memory = max(
    [...pod, "container"],
    select("container_memory_working_set_bytes", { ...filter, ...namedContainer }),
  );
  const restarts = max([...pod, "container"], rate("kube_pod_container_status_restarts_total", filter, "1h"));
  return row("Its pods", [
    table({
      title: "Pods",
      description:
        "Which of its pods use it up, and which start again? One that uses far more than the others is the first to look at, or to move.",
      keys: [podKey, namespaceKey, { label: "node", title: "Node" }, clusterKey],
      columns: [
        { title: "CPU", query: highest(onThese({ ...sum([...pod], cpu), unit: "cores" })) },
        { title: "Memory", query: highest(onThese(sum([...pod], memory))) },
        {
          title: "Restarts in 1 h",
          query: highest(onThese(promql({ unit: "none", labels: pod })`round(3600 * ${sum([...pod], restarts)})`)),
          thresholds: rising(1, 5),
        },
      ],
      worst: { column: "CPU", is: "highest" },
      thresholds: own,
      links: [intoPod],
      height: 10,
    }),
  ]);
}

function logsRow(): Row {
  return row("What does Kubernetes say?", [
    logs({
      title: "Kubernetes events",
      whenEmpty: "No event in the shown time",
      description:
        "What does Kubernetes say of the node? Needs a Collector with the k8s_events receiver in the cluster.",
      expr: lines("", `${eventsOnly} | k8s_object_kind="Node" | k8s_object_name=~"$node"`),
    }),
  ]);
}
