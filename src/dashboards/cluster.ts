import { hole } from "../labels.ts";
import { logs } from "../panels/logs.ts";
import { alarming, falling, neutral, type Panel, rising, statusThresholds } from "../panels/panel.ts";
import { statusHistory } from "../panels/status-history.ts";
import { causeMappings, statusMappings } from "../panels/status.ts";
import { table } from "../panels/table.ts";
import { timeseries } from "../panels/timeseries.ts";
import {
  byList,
  count,
  group,
  max,
  promql,
  type Query,
  rate,
  ratio,
  type RecordedSeries,
  select,
  sum,
} from "../queries/query.ts";
import {
  collectorFailures,
  collectorQueue,
  linesLost,
  samplesLost,
  samplesSent,
  sendingLag,
} from "../recording/collection.ts";
import { monthly } from "../recording/cost.ts";
import { healthScore, healthStatus } from "../recording/health.ts";
import {
  apiDuration,
  apiRequests,
  etcdDuration,
  namespaceCost,
  namespaceCpuRequests,
  namespaceCpuUsed,
  namespaceMemoryRequests,
  namespaceMemoryUsed,
  namespacePods,
  namespaceRestarts,
  nodeBusy,
  nodeFilesystem,
  nodeMemory,
  nodePods,
} from "../recording/namespaces.ts";
import { type Place, place, type Recorded } from "../recording/record.ts";
import {
  apiserverErrors,
  cpuCommitted,
  cpuUtilisation,
  memoryCommitted,
  memoryUtilisation,
  nodesReady,
  podsReady,
  targetsUp,
} from "../recording/resources.ts";
import { type Board, type Row, row } from "./board.ts";
import {
  clusterKey,
  errorsOnly,
  eventsOnly,
  intoNamespace,
  intoNode,
  lines,
  namespaceKey,
  own,
  yesOrNo,
} from "./drill-down.ts";
import { filter, ofRow, toBoard } from "./filter.ts";
import { missingPods, restartsInHour, stuckPods, volumes, waitingContainers } from "./pods.ts";

/** What is wrong with this cluster, and where in it? */
export const cluster: Board = {
  uid: "cluster",
  title: "Cluster",
  description: "What is wrong with this cluster, and where in it?",
  tags: ["drill-down"],
  rows: () => [
    stateRow(),
    podsRow(),
    nodesRow(),
    namespacesRow(),
    controlPlaneRow(),
    storageRow(),
    deliveryRow(),
    logsRow(),
  ],
};

function perCluster(recorded: Recorded<Place>): Query<"cluster"> {
  return max(["cluster"], select(recorded, filter));
}

/** One series a component, which the health rules write from several rules under one name. */
function health(name: "ratio" | "level"): RecordedSeries<Place | "component"> {
  return {
    record: `cluster:health_component:${name}`,
    labels: [...place, "component"],
    unit: name === "ratio" ? "ratio" : "status",
    requires: [],
  };
}

const intoCollection = toBoard("collection", "Does its data arrive?", { cluster: ofRow("Cluster") });
const intoAlerts = toBoard("alerts", "All about its alerts", { cluster: ofRow("Cluster") });

function stateRow(): Row {
  const degraded = falling(0.5, 0.9);
  return row("What is wrong?", [
    table({
      title: "Status and cause",
      description:
        "How is the cluster, and what is to blame? It is as well as its worst component; the table beside it names the others. A silent cluster: see its collection.",
      keys: [clusterKey, { label: "component", title: "Cause" }],
      columns: [
        {
          title: "Status",
          query: max(["cluster", "component"], select(healthStatus, filter)),
          thresholds: statusThresholds,
          mappings: statusMappings,
        },
        { title: "Score", query: perCluster(healthScore), thresholds: degraded },
        { title: "Targets", query: perCluster(targetsUp), thresholds: degraded },
        { title: "Nodes", query: perCluster(nodesReady), thresholds: degraded },
        { title: "Pods", query: perCluster(podsReady), thresholds: degraded },
      ],
      mappings: { Cause: causeMappings },
      worst: { column: "Status", is: "highest" },
      thresholds: own,
      links: [intoCollection],
      span: 14,
      height: 6,
    }),
    table({
      title: "Health by component",
      description:
        "Which parts are not well? Share of each that is; the status is that of the worst. Follow the worst one in the rows below.",
      keys: [{ label: "component", title: "Component" }, clusterKey],
      columns: [
        {
          title: "State",
          query: max(["cluster", "component"], select(health("level"), filter)),
          thresholds: statusThresholds,
          mappings: statusMappings,
        },
        { title: "Share", query: max(["cluster", "component"], select(health("ratio"), filter)) },
      ],
      mappings: { Component: causeMappings },
      worst: { column: "State", is: "highest" },
      thresholds: own,
      span: 10,
      height: 6,
    }),
    statusHistory({
      title: "Status over time",
      description: "Since when is it so, and is it the first time? Green healthy, amber degraded, red down.",
      query: { ...max(["cluster"], select(healthStatus, filter)), unit: "status" },
      mappings: statusMappings,
      thresholds: statusThresholds,
      height: 5,
    }),
    table({
      title: "Firing alerts",
      description:
        "What fires about this cluster? Begin with the critical ones; each has a runbook. Counts what fires, silenced or not.",
      whenEmpty: "Nothing fires",
      keys: [
        { label: "alertname", title: "Alert" },
        { label: "severity", title: "Severity" },
        { label: "component", title: "Component" },
        clusterKey,
      ],
      columns: [
        {
          title: "Firing",
          query: count(
            ["alertname", "severity", "component", "cluster"],
            select("ALERTS", { alertstate: "firing", severity: { not: "none" }, ...filter }),
          ),
        },
      ],
      worst: { column: "Firing", is: "highest" },
      thresholds: neutral("each has a severity of its own"),
      links: [intoAlerts],
      span: 12,
      height: 7,
    }),
    collectionTable(),
  ]);
}

function collectionTable(): Panel {
  return table({
    title: "Collection",
    description:
      "Can what this board shows be trusted? Share of targets that answer, how far behind the agents are, and what they or the Collectors lost. Any loss: open the board Collection.",
    keys: [clusterKey],
    columns: [
      { title: "Targets", query: perCluster(targetsUp), thresholds: falling(0.5, 0.9) },
      { title: "Behind", query: perCluster(sendingLag), thresholds: rising(60, 300) },
      { title: "Sent", query: perCluster(samplesSent) },
      { title: "Lost", query: perCluster(samplesLost), thresholds: rising(0.0001, 0.001) },
      { title: "Collector failures", query: perCluster(collectorFailures), thresholds: rising(0.001, 0.01) },
      { title: "Collector queue", query: perCluster(collectorQueue), thresholds: rising(0.5, 0.9) },
      { title: "Lines lost", query: perCluster(linesLost), thresholds: rising(0.1, 10) },
    ],
    worst: { column: "Targets", is: "lowest" },
    thresholds: own,
    links: [intoCollection],
    span: 12,
    height: 7,
  });
}

function nodesRow(): Row {
  const busy = rising(0.7, 0.9);
  const node = ["cluster", "node"] as const;
  const same = byList(node);
  const pressure = max(
    ["cluster", "node", "condition"],
    select("kube_node_status_condition", { condition: { matches: ".+Pressure" }, status: "true", ...filter }),
  );
  const versions = group([...node, "kubelet_version"], select("kube_node_info", filter));
  const age = promql({
    unit: "seconds",
    labels: [...node, "kubelet_version"],
  })`(time() - ${max([...node], select("kube_node_created", filter))}) * on (${same}) group_left (kubelet_version) topk by (${same}) (1, ${versions})`;
  return row("Nodes", [
    table({
      title: "Nodes",
      description:
        "Which node is not well, or full? Pressure: how many of memory, disk and processes run short. Drain one that stays not ready; add nodes where all are full.",
      keys: [{ label: "node", title: "Node" }, clusterKey, { label: "kubelet_version", title: "Version" }],
      columns: [
        {
          title: "Ready",
          query: max(
            [...node],
            select("kube_node_status_condition", { condition: "Ready", status: "true", ...filter }),
          ),
          thresholds: falling(0.5, 1),
          mappings: yesOrNo("ready", "not ready"),
        },
        {
          title: "Cordoned",
          query: max([...node], select("kube_node_spec_unschedulable", filter)),
          thresholds: rising(1, 2),
          mappings: yesOrNo("cordoned", "–"),
        },
        { title: "Pressure", query: sum([...node], pressure), thresholds: alarming(1) },
        { title: "CPU", query: nodeBusy(filter), thresholds: busy },
        { title: "Memory", query: max([...node], select(nodeMemory, filter)), thresholds: busy },
        { title: "Fullest disk", query: max([...node], select(nodeFilesystem, filter)), thresholds: rising(0.8, 0.9) },
        {
          title: "Pods of allowed",
          query: ratio(
            max([...node], select(nodePods, filter)),
            max([...node], select("kube_node_status_allocatable", { resource: "pods", ...filter })),
          ),
          thresholds: rising(0.85, 0.95),
        },
        { title: "Age", query: age },
      ],
      worst: { column: "Ready", is: "lowest" },
      thresholds: own,
      links: [intoNode],
      height: 9,
    }),
    timeseries({
      title: "CPU of the nodes",
      description:
        "Is there a node that is busy while the others are not? Then the scheduler knows less than it should: look at its pods' requests.",
      queries: [
        { ...max(["cluster"], nodeBusy(filter)), legend: `{{${hole("cluster")}}} busiest node` },
        { ...perCluster(cpuUtilisation), legend: `{{${hole("cluster")}}} all nodes` },
      ],
      max: 1,
      thresholds: busy,
    }),
    timeseries({
      title: "Memory of the nodes",
      description: "Is there a node about to run out of memory? Above 90 % the kernel starts to kill.",
      queries: [
        { ...max(["cluster"], select(nodeMemory, filter)), legend: `{{${hole("cluster")}}} fullest node` },
        { ...perCluster(memoryUtilisation), legend: `{{${hole("cluster")}}} all nodes` },
      ],
      max: 1,
      thresholds: busy,
    }),
    timeseries({
      title: "Requests committed",
      description:
        "Would the next pod find a place? Share of what nodes can give that pods asked for, used or not. Near 100 %: pods stay pending.",
      queries: [
        { ...perCluster(cpuCommitted), legend: `{{${hole("cluster")}}} CPU` },
        { ...perCluster(memoryCommitted), legend: `{{${hole("cluster")}}} memory` },
      ],
      thresholds: rising(0.8, 0.95),
    }),
    timeseries({
      title: "Pods by phase",
      description:
        "Do pods wait for a place, or fail? Running and finished ones are left out; the tables above name the others.",
      queries: [
        sum(["cluster", "phase"], select(namespacePods, { phase: { matches: "Pending|Failed|Unknown" }, ...filter })),
      ],
      thresholds: rising(1, 10),
    }),
  ]);
}

function namespacesRow(): Row {
  const each = ["cluster", "namespace"] as const;
  const sumOf = (recorded: Recorded<Place | "namespace">): Query<"cluster" | "namespace"> =>
    sum([...each], select(recorded, filter));
  return row("Namespaces", [
    table({
      title: "Namespaces",
      description:
        "Who uses, holds and costs most, and whose containers start again and again? Asked for far more than used: it could be less. Sort by any column.",
      keys: [{ label: "namespace", title: "Namespace" }, clusterKey],
      columns: [
        { title: "CPU used", query: sumOf(namespaceCpuUsed) },
        { title: "CPU requested", query: sumOf(namespaceCpuRequests) },
        { title: "Memory used", query: sumOf(namespaceMemoryUsed) },
        { title: "Memory requested", query: sumOf(namespaceMemoryRequests) },
        {
          title: "Restarts in 1 h",
          query: restartsInHour([...each], select(namespaceRestarts, filter)),
          thresholds: rising(1, 10),
        },
        { title: "Cost a month", query: monthly(sumOf(namespaceCost)) },
      ],
      worst: { column: "CPU used", is: "highest" },
      thresholds: own,
      links: [intoNamespace],
      span: 16,
      height: 10,
    }),
    timeseries({
      title: "Restarts by reason",
      description:
        "When did containers start again, and what had ended them? OOMKilled: the limit is too low or it leaks. Error: read its logs.",
      queries: [
        {
          ...promql({
            unit: "none",
            labels: ["cluster", "reason"],
          })`3600 * ${sum(["cluster", "reason"], select(namespaceRestarts, filter))}`,
          legend: `{{${hole("cluster")}}} {{reason}}, an hour`,
        },
      ],
      thresholds: rising(1, 10),
      span: 8,
      height: 10,
    }),
  ]);
}

function podsRow(): Row {
  return row("Pods and workloads", [missingPods(filter), stuckPods(filter), waitingContainers(filter)]);
}

function controlPlaneRow(): Row {
  const quantile = (buckets: Query<"cluster" | "verb" | "operation" | "le">, by: "verb" | "operation"): Query => ({
    ...promql({
      unit: "seconds",
      labels: ["cluster", by],
    })`histogram_quantile(0.99, ${sum(["cluster", by, "le"], buckets)})`,
  });
  return row("Control plane", [
    timeseries({
      title: "API requests by verb",
      description:
        "Who asks more of the API server than usual? A jump of LIST or WATCH is a controller gone mad, or one that starts again and again.",
      queries: [sum(["cluster", "verb"], select(apiRequests, filter))],
      thresholds: neutral("as many as there are controllers"),
      span: 8,
    }),
    timeseries({
      title: "API requests refused or failed",
      description:
        "What does the API server refuse (429) or fail (5xx)? 429: a client asks too much. 5xx: look at etcd and at the webhooks.",
      whenEmpty: "No request is refused or fails",
      queries: [sum(["cluster", "code"], select(apiRequests, { code: { matches: "429|5.." }, ...filter }))],
      thresholds: rising(0.1, 1),
      span: 8,
    }),
    timeseries({
      title: "Share of API requests that fail",
      description: "How many of all requests does the API server fail? From 0.5 % on the cluster counts as degraded.",
      queries: [perCluster(apiserverErrors)],
      thresholds: rising(0.005, 0.05),
      span: 8,
    }),
    timeseries({
      title: "API latency by verb, 99th percentile",
      description:
        "How long do the slowest requests take? Kubernetes aims at one second, for lists of a namespace at five. Slow writes: etcd or a webhook. Slow lists: too many objects.",
      queries: [quantile(select(apiDuration, filter) as Query<"cluster" | "verb" | "operation" | "le">, "verb")],
      thresholds: rising(1, 5),
      span: 8,
    }),
    timeseries({
      title: "API requests in flight",
      description:
        "How many requests does the busiest API server work on? By default 400 reads and 200 writes at once are allowed, and what is more waits.",
      queries: [max(["cluster", "request_kind"], select("apiserver_current_inflight_requests", filter))],
      thresholds: rising(150, 200),
      span: 8,
    }),
    timeseries({
      title: "API requests rejected by priority",
      description:
        "Whose requests does the API server turn away because their queue is full? Find the client of that priority level; its flow may need more seats.",
      whenEmpty: "Nothing is turned away",
      queries: [
        sum(
          ["cluster", "priority_level"],
          max(
            ["cluster", "instance", "flow_schema", "priority_level", "reason"],
            rate("apiserver_flowcontrol_rejected_requests_total", filter),
          ),
        ),
      ],
      thresholds: rising(0.01, 1),
      span: 8,
    }),
    timeseries({
      title: "etcd latency by operation, 99th percentile",
      description:
        "How long does the API server wait for etcd? Above 100 ms everything gets slow: its disks, or its size. Above 500 ms leases are lost.",
      queries: [quantile(select(etcdDuration, filter) as Query<"cluster" | "verb" | "operation" | "le">, "operation")],
      thresholds: rising(0.1, 0.5),
    }),
    timeseries({
      title: "etcd size",
      description:
        "Does etcd near its quota? Most installations allow 8 GiB; when it is full nothing can be changed any more. Look for what creates objects without end.",
      queries: [{ ...max(["cluster"], select("apiserver_storage_size_bytes", filter)), unit: "bytes" }],
      thresholds: rising(6 * 1024 ** 3, 7.5 * 1024 ** 3),
    }),
  ]);
}

function storageRow(): Row {
  const certificate = ["cluster", "namespace", "name"] as const;
  const days = (text: string, timestamp: Query): Query =>
    text === "until"
      ? promql({ unit: "days", labels: certificate })`(${max([...certificate], timestamp)} - time()) / 86400`
      : promql({
          unit: "days",
          labels: certificate,
        })`clamp_min(time() - ${max([...certificate], timestamp)}, 0) / 86400`;
  const first = promql({
    unit: "days",
    labels: certificate,
  })`bottomk(20, ${days("until", select("certmanager_certificate_expiration_timestamp_seconds", filter))})`;
  return row("Volumes and certificates", [
    volumes(filter, [intoNamespace]),
    table({
      title: "Certificates",
      description:
        "Which certificate expires next, and was its renewal missed? How long they live differs; a renewal that is overdue by hours is a fault: see the events of its issuer.",
      keys: [{ label: "name", title: "Certificate" }, namespaceKey, clusterKey],
      columns: [
        { title: "Expires in", query: first, thresholds: falling(1, 3) },
        {
          title: "Renewal overdue",
          query: promql({
            unit: "days",
            labels: certificate,
          })`${days("since", select("certmanager_certificate_renewal_timestamp_seconds", filter))} and on (${byList(certificate)}) ${first}`,
          thresholds: rising(0.05, 0.5),
        },
      ],
      worst: { column: "Expires in", is: "lowest" },
      thresholds: own,
      links: [intoNamespace],
      span: 12,
    }),
  ]);
}

function deliveryRow(): Row {
  const labels = ["cluster", "customresource_kind", "exported_namespace", "name", "ready", "suspended"] as const;
  const unready = select("gotk_resource_info", { ready: { not: "True" }, ...filter });
  const suspended = select("gotk_resource_info", { suspended: "true", ...filter });
  const applications = ["cluster", "dest_namespace", "name", "sync_status", "health_status"] as const;
  return row("Does it run what Git says?", [
    table({
      title: "Flux resources not ready",
      description:
        "What does Flux not apply, or is told not to? While one is not ready the cluster does not follow Git: read its message with `flux get all`.",
      whenEmpty: "The cluster is as Git says",
      keys: [
        { label: "name", title: "Name" },
        { label: "customresource_kind", title: "Kind" },
        { label: "exported_namespace", title: "Namespace" },
        { label: "ready", title: "Ready" },
        { label: "suspended", title: "Suspended" },
        clusterKey,
      ],
      columns: [
        {
          title: "Resources",
          query: count(
            [...labels],
            promql({ unit: "none", labels })`${unready} or on (${byList(labels)}) ${suspended}`,
          ),
        },
      ],
      worst: { column: "Resources", is: "highest" },
      thresholds: neutral("that it is listed is the fault"),
      span: 24,
      height: 6,
    }),
    table({
      title: "Argo CD applications out of sync",
      description:
        "Which application is not as Git says, or not healthy? Open it in Argo CD: its diff or its last operation says why.",
      whenEmpty: "All applications are in sync and healthy",
      keys: [
        { label: "name", title: "Application" },
        { label: "sync_status", title: "Sync" },
        { label: "health_status", title: "Health" },
        { label: "dest_namespace", title: "Namespace" },
        clusterKey,
      ],
      columns: [
        {
          title: "Applications",
          query: count(
            [...applications],
            promql({
              unit: "none",
              labels: applications,
            })`${select("argocd_app_info", { sync_status: { not: "Synced" }, ...filter })} or on (${byList(applications)}) ${select("argocd_app_info", { health_status: { not: "Healthy" }, ...filter })}`,
          ),
        },
      ],
      worst: { column: "Applications", is: "highest" },
      thresholds: neutral("that it is listed is the fault"),
      span: 24,
      height: 6,
    }),
  ]);
}

function logsRow(): Row {
  return row("What does it say?", [
    logs({
      title: "Error lines",
      whenEmpty: "No error line in the shown time",
      description: "What do pods complain of? The newest lines of level error and above, of all namespaces.",
      expr: lines("", errorsOnly),
    }),
    logs({
      title: "Kubernetes events",
      whenEmpty: "No event in the shown time",
      description:
        "What does Kubernetes say of pods, nodes and volumes? Needs a Collector with the k8s_events receiver in the cluster.",
      expr: lines("", eventsOnly),
    }),
  ]);
}
