import { MappingType, type ValueMapping } from "@grafana/grafana-foundation-sdk/dashboard";

import { logs } from "../panels/logs.ts";
import { falling, neutral, type Panel, rising } from "../panels/panel.ts";
import { statusHistory } from "../panels/status-history.ts";
import { table } from "../panels/table.ts";
import { timeseries } from "../panels/timeseries.ts";
import { type CounterName, group, max, promql, type Query, rate, select, sum } from "../queries/query.ts";
import { namedContainer, podWorkload } from "../recording/namespaces.ts";
import { type Board, type BoardVariable, type Row, row } from "./board.ts";
import {
  clusterKey,
  errorsOnly,
  eventsOnly,
  highest,
  inNamespace,
  intoWorkload,
  lines,
  lowest,
  namespaceKey,
  namespaceLines,
  namespaceVariable,
  own,
  podKey,
  sameContainer,
  samePod,
  yesOrNo,
} from "./drill-down.ts";
import { ofRow, toBoard } from "./filter.ts";
import { restartedContainers, throttling, volumes } from "./pods.ts";

/** Why is this pod not well: is it its containers, what they may use, or where it runs? */
export const pod: Board = {
  uid: "pod",
  title: "Pod",
  description: "Why is this pod not well: is it its containers, what they may use, or where it runs?",
  tags: ["drill-down"],
  variables: () => [namespaceVariable, podVariable],
  rows: () => [stateRow(), useRow(), restartsRow(), networkRow(), logsRow()],
};

const podVariable: BoardVariable = {
  name: "pod",
  title: "Pod",
  label: "pod",
  of: select("kube_pod_info", inNamespace),
  optional: true,
};

const here = { ...inNamespace, pod: { matches: "$pod" } } as const;

const ofPod = ["cluster", "namespace", "pod"] as const;
const ofContainer = [...ofPod, "container"] as const;

/** The worst on top: not running at all is worse than not ready, and that is worse than done. */
const states: readonly ValueMapping[] = [
  {
    type: MappingType.ValueToText,
    options: {
      "0": { text: "ready", color: "green", index: 0 },
      "1": { text: "finished", color: "blue", index: 1 },
      "2": { text: "not ready", color: "yellow", index: 2 },
      "3": { text: "pending", color: "orange", index: 3 },
      "4": { text: "unknown", color: "purple", index: 4 },
      "5": { text: "failed", color: "red", index: 5 },
    },
  },
];

/** The worst of the chosen pods, by the numbers of the words above. */
function state(): Query<"cluster" | "namespace"> {
  const phase = (name: string): Query => max([...ofPod], select("kube_pod_status_phase", { ...here, phase: name }));
  const ready = max([...ofPod], select("kube_pod_status_ready", { ...here, condition: "true" }));
  const running = phase("Running");
  const isReady = promql({ unit: "none", labels: ofPod })`${ready} or on (${samePod}) (0 * ${running})`;
  const number = promql({
    unit: "status",
    labels: ofPod,
  })`${phase("Succeeded")} + 2 * ${running} * (1 - ${isReady}) + 3 * ${phase("Pending")} + 4 * ${phase("Unknown")} + 5 * ${phase("Failed")}`;
  return max(["cluster", "namespace"], number as Query<"cluster" | "namespace">);
}

function stateRow(): Row {
  return row("What is it, and how is it?", [
    summary(),
    statusHistory({
      title: "State over time",
      description:
        "Since when is it so? Pending: it has no place. Not ready: its probe fails, so nobody sends it anything. Of several pods the worst.",
      query: state(),
      mappings: states,
      thresholds: neutral("the words have the colours"),
      height: 5,
    }),
    containers(),
  ]);
}

function summary(): Panel {
  const ready = max([...ofPod], select("kube_pod_status_ready", { ...here, condition: "true" }));
  const nodes = max([...ofPod, "node"], select("kube_pod_info", { ...here, node: { not: "" } }));
  const workloads = max([...ofPod, "workload", "kind"], select(podWorkload, here));
  const started = max([...ofPod], select("kube_pod_created", here));
  const qualities = promql({
    unit: "none",
    labels: [...ofPod, "qos_class"],
  })`${max([...ofPod, "qos_class"], select("kube_pod_status_qos_class", here))} == 1`;
  return table({
    title: "Where it runs",
    description:
      "On which node is it, and whose is it? Others of the same workload that are well on other nodes: suspect the node. Best-effort pods go first when a node runs short.",
    keys: [
      podKey,
      { label: "node", title: "Node" },
      { label: "workload", title: "Workload" },
      { label: "kind", title: "Kind" },
      { label: "qos_class", title: "Quality" },
      namespaceKey,
      clusterKey,
    ],
    columns: [
      {
        title: "Ready",
        query: lowest(ready),
        thresholds: falling(0.5, 1),
        mappings: yesOrNo("ready", "not ready"),
      },
      { title: "On node", query: highest(nodes), hidden: true },
      { title: "Owned", query: highest(workloads), hidden: true },
      { title: "Of quality", query: highest(qualities), hidden: true },
      { title: "Age", query: lowest(promql({ unit: "seconds", labels: ofPod })`time() - ${started}`) },
    ],
    worst: { column: "Ready", is: "lowest" },
    thresholds: own,
    links: [toBoard("node", "Open its node", { cluster: ofRow("Cluster"), node: ofRow("Node") }), intoWorkload],
    height: 5,
  });
}

/** Ready or not, since when, and how the last one of each ended. */
function containers(): Panel {
  const images = group([...ofContainer, "image_spec"], select("kube_pod_container_info", here));
  const withImage = (query: Query): Query => ({
    ...query,
    ...promql({
      unit: query.unit,
      labels: [...ofContainer, "image_spec"],
    })`${query} * on (${sameContainer}) group_left (image_spec) topk by (${sameContainer}) (1, ${images})`,
  });
  const number = (metric: "kube_pod_container_status_ready" | "kube_pod_container_status_restarts_total"): Query =>
    max([...ofContainer], select(metric, here));
  const started = max([...ofContainer], select("kube_pod_container_state_started", here));
  return table({
    title: "Containers",
    description:
      "Which of its containers is not ready, and since when does each run? One that started long after the others was restarted: its last reason is below.",
    keys: [{ label: "container", title: "Container" }, { label: "image_spec", title: "Image" }, podKey],
    columns: [
      {
        title: "Ready",
        query: lowest(withImage(number("kube_pod_container_status_ready"))),
        thresholds: falling(0.5, 1),
        mappings: yesOrNo("ready", "not ready"),
      },
      {
        title: "Restarts",
        query: highest(withImage(number("kube_pod_container_status_restarts_total"))),
        thresholds: rising(1, 10),
      },
      {
        title: "Runs for",
        query: lowest(withImage(promql({ unit: "seconds", labels: ofContainer })`time() - ${started}`)),
      },
    ],
    worst: { column: "Ready", is: "lowest" },
    thresholds: own,
    height: 6,
  });
}

function declared(what: "requests" | "limits", resource: "cpu" | "memory"): Query<"container"> {
  const amounts = max([...ofContainer], select(`kube_pod_container_resource_${what}`, { ...here, resource }));
  return { ...sum(["container"], amounts), unit: resource === "cpu" ? "cores" : "bytes" };
}

function named(name: string, query: Query): Query {
  return { ...query, legend: `{{container}} ${name}` };
}

function useRow(): Row {
  const cpu = max([...ofContainer], rate("container_cpu_usage_seconds_total", { ...here, ...namedContainer }));
  const memory = max([...ofContainer], select("container_memory_working_set_bytes", { ...here, ...namedContainer }));
  const claims = group(
    ["cluster", "namespace", "persistentvolumeclaim"],
    select("kube_pod_spec_volumes_persistentvolumeclaims_info", here),
  );
  return row("Does it have what it needs?", [
    timeseries({
      title: "CPU by container",
      description:
        "Does a container get near what it asked for and may have? Above requested it depends on what others leave; at its limit it is slowed down.",
      queries: [
        named("used", { ...sum(["container"], cpu), unit: "cores" }),
        named("requested", declared("requests", "cpu")),
        named("limit", declared("limits", "cpu")),
      ],
      thresholds: neutral("the lines are each other's measure"),
    }),
    timeseries({
      title: "Memory by container",
      description:
        "Does a container get near its limit? There it is killed and starts again: raise the limit. A line that only rises is a leak.",
      queries: [
        named("used", sum(["container"], memory)),
        named("requested", declared("requests", "memory")),
        named("limit", declared("limits", "memory")),
      ],
      thresholds: neutral("the lines are each other's measure"),
    }),
    timeseries({
      title: "Throttled by container",
      description:
        "In what share of the time did a container want more processor than its limit allows? It answers late then: raise or drop the limit.",
      whenEmpty: "No limits",
      queries: [throttling(["container"], here)],
      max: 1,
      thresholds: rising(0.1, 0.25),
    }),
    volumes(inNamespace, [], claims),
  ]);
}

function restartsRow(): Row {
  const restarts = max([...ofContainer], rate("kube_pod_container_status_restarts_total", here, "1h"));
  return row("What starts again, and why?", [
    timeseries({
      title: "Restarts by container",
      description:
        "How often did containers start again in the hour before, and when did it begin? Beside the memory above: was it killed for it?",
      queries: [promql({ unit: "none", labels: ["container"] })`round(3600 * ${sum(["container"], restarts)})`],
      thresholds: rising(1, 5),
      span: 10,
    }),
    restartedContainers(here),
  ]);
}

function networkRow(): Row {
  const traffic = (counter: CounterName & `container_network_${string}`): Query =>
    sum([], max([...ofPod, "interface"], rate(counter, here) as Query<(typeof ofPod)[number] | "interface">));
  return row("Network", [
    timeseries({
      title: "Received and sent",
      description:
        "Does it get more than usual, or nothing at all? A pod on its node's network counts all that the node does.",
      queries: [
        { ...traffic("container_network_receive_bytes_total"), legend: "received" },
        { ...traffic("container_network_transmit_bytes_total"), legend: "sent" },
      ],
      thresholds: neutral("as much as it is asked for"),
    }),
    timeseries({
      title: "Dropped packets",
      description:
        "Are packets lost? A few while it starts are nothing; steadily: the node's network, or a queue that is full.",
      queries: [
        { ...traffic("container_network_receive_packets_dropped_total"), legend: "received" },
        { ...traffic("container_network_transmit_packets_dropped_total"), legend: "sent" },
      ],
      thresholds: rising(0.1, 10),
    }),
  ]);
}

function logsRow(): Row {
  const ofThisPod = ` | k8s_pod_name=~"$pod"`;
  return row("What does it say?", [
    logs({
      title: "Error lines",
      whenEmpty: "No error line in the shown time",
      description: "What does it complain of? The newest lines of level error and above.",
      expr: lines(namespaceLines, `${ofThisPod}${errorsOnly}`),
    }),
    logs({
      title: "Newest lines",
      whenEmpty: "Nothing was written in the shown time",
      description: "What does it do now? All levels; narrow it down in Explore.",
      expr: lines(namespaceLines, ofThisPod),
    }),
    logs({
      title: "Kubernetes events",
      whenEmpty: "No event in the shown time",
      description: "What does Kubernetes say of it? Needs a Collector with the k8s_events receiver in the cluster.",
      expr: lines("", `${eventsOnly} | ${namespaceLines} | k8s_object_name=~"$pod"`),
    }),
  ]);
}
