import type { CounterName } from "../metrics/index.ts";
import {
  byList,
  complement,
  count,
  group,
  max,
  promql,
  type Query,
  rate,
  ratio,
  scrapedOnce,
  select,
  sum,
  type Unit,
  type Where,
} from "../queries/query.ts";
import { inventory } from "./inventory.ts";
import { type Place, place, record, type Recorded, type RecordingGroup } from "./record.ts";

type InNamespace = Place | "namespace";
type InPod = InNamespace | "pod";
type InContainer = InPod | "container";
type InWorkload = InNamespace | "workload" | "kind";
type OnNode = Place | "node";

const namespaced: readonly InNamespace[] = [...place, "namespace"];
const ofPod: readonly InPod[] = [...namespaced, "pod"];
const ofContainer: readonly InContainer[] = [...ofPod, "container"];
const ofWorkload: readonly InWorkload[] = [...namespaced, "workload", "kind"];
const ofNode: readonly OnNode[] = [...place, "node"];

/** What names a pod within a tenant: to join by. */
const samePod = byList(["cluster", "namespace", "pod"]);
const sameContainer = byList(["cluster", "namespace", "pod", "container"]);

const window = "5m";

/** Without a name it is the sum of a pod or of a node, or what holds the pod's network: none of them counts again. */
export const namedContainer = { container: { matchesNot: "|POD" } } as const;

/** Pods that hold what they asked for: a finished one has given it back. */
const livePods: Query<InPod> = max(
  ofPod,
  promql({
    unit: "none",
    labels: ofPod,
  })`${select("kube_pod_status_phase", { phase: { matches: "Pending|Running" } })} == 1`,
);

/** How many pods are in each phase; zero where none is. */
export const namespacePods: Recorded<InNamespace | "phase"> = record({
  level: "cluster_namespace",
  name: "kube_pods:count",
  query: {
    ...sum([...namespaced, "phase"], max([...ofPod, "phase"], select("kube_pod_status_phase"))),
    unit: "none",
  },
});

/** A counter of containers, a second, of each once: however often it is scraped, and whatever its last id was. */
function perContainer(counter: CounterName & `container_cpu_${string}`, unit: Unit): Query<InContainer> {
  return { ...max(ofContainer, rate(counter, namedContainer, window) as Query<InContainer>), unit };
}

const cpuUsed = perContainer("container_cpu_usage_seconds_total", "cores");

/** What is not given back while it is used: what the kernel looks at before it kills. */
const memoryUsed: Query<InContainer> = max(ofContainer, select("container_memory_working_set_bytes", namedContainer));

/** Cores in use. */
export const namespaceCpuUsed: Recorded<InNamespace> = record({
  level: "cluster_namespace",
  name: "container_cpu_usage:sum_rate5m",
  query: sum(namespaced, cpuUsed),
});

export const namespaceMemoryUsed: Recorded<InNamespace> = record({
  level: "cluster_namespace",
  name: "container_memory_working_set:sum",
  query: sum(namespaced, memoryUsed),
});

/** What live pods asked for, or may have at most. */
function declared(what: "requests" | "limits", resource: "cpu" | "memory"): Recorded<InNamespace> {
  const amounts = max(ofContainer, select(`kube_pod_container_resource_${what}`, { resource }));
  const live = promql({ unit: "none", labels: ofContainer })`${amounts} and on (${samePod}) ${livePods}`;
  const unit = resource === "cpu" ? "cores" : "bytes";
  return record({
    level: "cluster_namespace",
    name: `${resource}_${what}:sum`,
    query: { ...sum(namespaced, live), unit },
  });
}

/** The five namespaces of a cluster that use most: for boards of many clusters, which would read all of them to find these. */
const most = 5;

export const namespaceMostCpu: Recorded<InNamespace> = largest("container_cpu_usage:top5", namespaceCpuUsed);
export const namespaceMostMemory: Recorded<InNamespace> = largest(
  "container_memory_working_set:top5",
  namespaceMemoryUsed,
);

function largest(name: string, used: Recorded<InNamespace>): Recorded<InNamespace> {
  return record({
    level: "cluster_namespace",
    name,
    query: promql({
      unit: used.unit,
      labels: namespaced,
    })`topk by (${byList(place)}) (${most}, ${select(used)})`,
  });
}

export const namespaceCpuRequests: Recorded<InNamespace> = declared("requests", "cpu");
export const namespaceMemoryRequests: Recorded<InNamespace> = declared("requests", "memory");
export const namespaceCpuLimits: Recorded<InNamespace> = declared("limits", "cpu");
export const namespaceMemoryLimits: Recorded<InNamespace> = declared("limits", "memory");

/**
 * How often containers are started again, a second, by what ended them last: `OOMKilled`, `Error`, `Completed`; `unknown`
 * where nobody says. A restart is counted under the reason of the last one, which is that of this one a scrape later.
 */
export const namespaceRestarts: Recorded<InNamespace | "reason"> = record({
  level: "cluster_namespace",
  name: "container_restarts:rate5m",
  query: sum([...namespaced, "reason"], restartsByReason()),
});

function restartsByReason(): Query<InContainer | "reason"> {
  const restarts = max(ofContainer, rate("kube_pod_container_status_restarts_total", {}, window));
  const reasons = max([...ofContainer, "reason"], select("kube_pod_container_status_last_terminated_reason"));
  return promql({
    unit: "per second",
    labels: [...ofContainer, "reason"],
  })`(${restarts} * on (${sameContainer}) group_left (reason) topk by (${sameContainer}) (1, ${reasons} == 1)) or on (${sameContainer}) label_replace(${restarts}, "reason", "unknown", "", "")`;
}

/**
 * Share of the scheduler's periods in which containers wanted more processor time than their limit allows. Absent where
 * nothing has a limit.
 */
export const namespaceThrottling: Recorded<InNamespace> = record({
  level: "cluster_namespace",
  name: "container_cpu_throttling:ratio_rate5m",
  query: promql({
    unit: "ratio",
    labels: namespaced,
  })`${sum(namespaced, perContainer("container_cpu_cfs_throttled_periods_total", "per second"))} / (${sum(
    namespaced,
    perContainer("container_cpu_cfs_periods_total", "per second"),
  )} > 0)`,
});

/** Bytes a second. A pod on its node's network would count all that the node does, so it is left out. */
function traffic(direction: "receive" | "transmit"): Recorded<InNamespace> {
  const bytes = max(
    [...ofPod, "interface"],
    rate(`container_network_${direction}_bytes_total`, { pod: { not: "" } }, window),
  );
  const onHost = group(["cluster", "namespace", "pod"], select("kube_pod_info", { host_network: "true" }));
  const own = promql({ unit: bytes.unit, labels: ofPod })`${bytes} unless on (${samePod}) ${onHost}`;
  return record({
    level: "cluster_namespace",
    name: `container_network_${direction}:sum_rate5m`,
    query: { ...sum(namespaced, own), requires: ["cadvisor"] },
  });
}

export const namespaceReceived: Recorded<InNamespace> = traffic("receive");
export const namespaceTransmitted: Recorded<InNamespace> = traffic("transmit");

const gibibyte = 1024 ** 3;

/** The larger of what containers ask for and what they use, at the price of the node that they run on. */
function compute(
  allocation: "container_cpu_allocation" | "container_memory_allocation_bytes" | "container_gpu_allocation",
  price: "node_cpu_hourly_cost" | "node_ram_hourly_cost" | "node_gpu_hourly_cost",
): Query {
  const allocated = max(["cluster", "namespace", "pod", "container", "node"], select(allocation));
  const units = allocation === "container_memory_allocation_bytes" ? gibibyte : 1;
  return promql({
    unit: "currency per hour",
    labels: ["cluster", "namespace"],
  })`sum by (${byList(["cluster", "namespace"])}) (${allocated} / ${units} * on (${byList(["cluster", "node"])}) group_left () ${max(["cluster", "node"], select(price))})`;
}

/** OpenCost prices a GiB of a volume, and kube-state-metrics knows its size and whose it is. */
function storage(): Query {
  const volume = ["cluster", "persistentvolume"] as const;
  const claims = group(
    ["cluster", "persistentvolume", "claim_namespace"],
    select("kube_persistentvolume_claim_ref", { claim_namespace: { not: "" } }),
  );
  const costs = promql({
    unit: "currency per hour",
    labels: volume,
  })`${max([...volume], select("kube_persistentvolume_capacity_bytes"))} / ${gibibyte} * ${max([...volume], select("pv_hourly_cost"))}`;
  return promql({
    unit: "currency per hour",
    labels: ["cluster", "namespace"],
  })`sum by (${byList(["cluster", "namespace"])}) (label_replace(${claims} * on (${byList(volume)}) group_left () ${costs}, "namespace", "$1", "claim_namespace", "(.*)"))`;
}

/**
 * What each namespace costs an hour: what its containers hold of nodes, its volumes and its load balancers. Nodes cost more
 * than the sum of it: what nobody asked for is nobody's.
 *
 * OpenCost has a `region` of its own, so its series are trusted for the cluster alone, as those of a cluster's cost are.
 */
export const namespaceCost: Recorded<InNamespace> = record({
  level: "cluster_namespace",
  name: "cost_hourly:sum",
  query: {
    ...promql({
      unit: "currency per hour",
      labels: namespaced,
    })`sum by (${byList(["cluster", "namespace"])}) (${costParts()}) * on (${byList(["cluster"])}) group_left (${byList(["environment", "region"])}) ${max(place, select(inventory))}`,
    requires: ["opencost"],
  },
});

/** Each under a name of its own, or `or` would take one for the other. */
function costParts(): string {
  const balancers = sum(
    ["cluster", "namespace"],
    max(["cluster", "namespace", "service_name"], select("kubecost_load_balancer_cost")),
  );
  return [
    compute("container_cpu_allocation", "node_cpu_hourly_cost"),
    compute("container_memory_allocation_bytes", "node_ram_hourly_cost"),
    compute("container_gpu_allocation", "node_gpu_hourly_cost"),
    storage(),
    balancers,
  ]
    .map(({ expr }, at) => `label_replace(${expr}, "part", "${at}", "", "")`)
    .join(" or ");
}

/** What does each namespace use, hold and cost? As few series as there are namespaces. */
export const namespacesGroup: RecordingGroup = {
  name: "namespaces",
  interval: "1m",
  rules: [
    namespacePods,
    namespaceCpuUsed,
    namespaceMemoryUsed,
    namespaceMostCpu,
    namespaceMostMemory,
    namespaceCpuRequests,
    namespaceMemoryRequests,
    namespaceCpuLimits,
    namespaceMemoryLimits,
    namespaceRestarts,
    namespaceThrottling,
    namespaceReceived,
    namespaceTransmitted,
    namespaceCost,
  ],
};

/**
 * Which workload is a pod's? Its ReplicaSet's Deployment, its Job's CronJob, or else who made it. One series a pod: for
 * joins in a namespace or a workload, and in rules, not for boards of many clusters.
 */
export const podWorkload: Recorded<InPod | "workload" | "kind"> = record({
  level: "cluster_workload",
  name: "kube_pod_owner:info",
  query: {
    ...max(
      [...ofPod, "workload", "kind"],
      promql({
        unit: "none",
        labels: [...ofPod, "workload", "kind"],
      })`${owned("ReplicaSet", "kube_replicaset_owner", "replicaset")} or on (${samePod}) ${owned("Job", "kube_job_owner", "job_name")} or on (${samePod}) ${named(
        select("kube_pod_info", { created_by_kind: { matchesNot: "|<none>" } }),
        "created_by",
      )}`,
    ),
    unit: "none",
  },
});

/** Pods whose maker is itself somebody's: that one's name. */
function owned(
  kind: "ReplicaSet" | "Job",
  owners: "kube_replicaset_owner" | "kube_job_owner",
  label: "replicaset" | "job_name",
): Query {
  const pods = promql({
    unit: "none",
    labels: [...ofPod, label],
  })`label_replace(${select("kube_pod_info", { created_by_kind: kind })}, "${label}", "$1", "created_by_name", "(.+)")`;
  const by = byList(["cluster", "namespace", label]);
  const controllers = group(
    ["cluster", "namespace", label, "owner_kind", "owner_name"] as const,
    select(owners, { owner_is_controller: "true" }) as Query<
      "cluster" | "namespace" | typeof label | "owner_kind" | "owner_name"
    >,
  );
  const joined = promql({
    unit: "none",
    labels: [...ofPod, "owner_kind", "owner_name"],
  })`max by (${byList([...ofPod, label])}) (${pods}) * on (${by}) group_left (owner_kind, owner_name) topk by (${by}) (1, ${controllers})`;
  return named(joined, "owner");
}

function named(query: Query, prefix: "owner" | "created_by"): Query {
  return promql({
    unit: "none",
    labels: [...ofPod, "workload", "kind"],
  })`label_replace(label_replace(${query}, "workload", "$1", "${prefix}_name", "(.+)"), "kind", "$1", "${prefix}_kind", "(.+)")`;
}

type Controller = "deployment" | "statefulset" | "daemonset";

const kinds = { deployment: "Deployment", statefulset: "StatefulSet", daemonset: "DaemonSet" } as const;

/** One number of all workloads, which kube-state-metrics has under a name for each kind. */
function replicas(name: string, sources: Readonly<Record<Controller, Query>>): Recorded<InWorkload> {
  const each = Object.entries(kinds).map(
    ([label, kind]) =>
      `label_replace(label_replace(${sources[label as Controller].expr}, "workload", "$1", "${label}", "(.+)"), "kind", "${kind}", "", "")`,
  );
  return record({
    level: "cluster_workload",
    name,
    query: {
      ...promql({ unit: "none", labels: ofWorkload })`max by (${byList(ofWorkload)}) (${each.join(" or ")})`,
      requires: ["kube-state-metrics"],
    },
  });
}

/** How many pods a workload is meant to have. */
export const workloadDesired: Recorded<InWorkload> = replicas("kube_replicas_desired:max", {
  deployment: select("kube_deployment_spec_replicas"),
  statefulset: select("kube_statefulset_replicas"),
  daemonset: select("kube_daemonset_status_desired_number_scheduled"),
});

/** How many of them can serve. */
export const workloadReady: Recorded<InWorkload> = replicas("kube_replicas_ready:max", {
  deployment: select("kube_deployment_status_replicas_ready"),
  statefulset: select("kube_statefulset_status_replicas_ready"),
  daemonset: select("kube_daemonset_status_number_ready"),
});

/** How many of them are made as the workload is described now: fewer than desired while it is rolled out. */
export const workloadUpdated: Recorded<InWorkload> = replicas("kube_replicas_updated:max", {
  deployment: select("kube_deployment_status_replicas_updated"),
  statefulset: select("kube_statefulset_status_replicas_updated"),
  daemonset: select("kube_daemonset_status_updated_number_scheduled"),
});

/**
 * Reduced to what tells pods apart before anything is multiplied with it: while an agent's labels are changed a pod is there in
 * two environments for five minutes, and a rule that finds two of one fails.
 */
function owners(...of: readonly ("workload" | "kind")[]): Query {
  return max(["cluster", "namespace", "pod", ...of], select(podWorkload));
}

/** A sum over a workload's containers. */
function perWorkload(usage: Query<InContainer>): Query<InWorkload> {
  const workloads = owners("workload", "kind");
  return {
    ...promql({
      unit: usage.unit,
      labels: ofWorkload,
    })`sum by (${byList(ofWorkload)}) (${usage} * on (${samePod}) group_left (workload, kind) ${workloads})`,
    requires: ["cadvisor", "kube-state-metrics"],
  };
}

/** Cores in use. */
export const workloadCpuUsed: Recorded<InWorkload> = record({
  level: "cluster_workload",
  name: "container_cpu_usage:sum_rate5m",
  query: perWorkload(cpuUsed),
});

export const workloadMemoryUsed: Recorded<InWorkload> = record({
  level: "cluster_workload",
  name: "container_memory_working_set:sum",
  query: perWorkload(memoryUsed),
});

/** How many pods run each image: two images of a container while a rollout goes on. */
export const workloadImages: Recorded<InNamespace | "workload" | "container" | "image_spec"> = record({
  level: "cluster_workload",
  name: "kube_pod_container_image:count",
  query: images(),
});

function images(): Query<InNamespace | "workload" | "container" | "image_spec"> {
  const labels = [...namespaced, "workload", "container", "image_spec"] as const;
  const containers = max([...ofContainer, "image_spec"], select("kube_pod_container_info"));
  const live = promql({ unit: "none", labels: containers.labels })`${containers} and on (${samePod}) ${livePods}`;
  const workloads = owners("workload");
  return count(
    labels,
    promql({
      unit: "none",
      labels: [...labels, "pod"],
    })`${live} * on (${samePod}) group_left (workload) ${workloads}`,
  );
}

/** Has each workload the pods that it should have, of which image, and what do they use? */
export const workloadsGroup: RecordingGroup = {
  name: "workloads",
  interval: "1m",
  rules: [
    podWorkload,
    workloadDesired,
    workloadReady,
    workloadUpdated,
    workloadCpuUsed,
    workloadMemoryUsed,
    workloadImages,
  ],
};

/** The host of an `instance`, with or without a port, also where it is an IPv6 address. */
const host = String.raw`\\[?([^\\]]+?)\\]?(:[0-9]+)?`;

/**
 * Which node is an instance of the node-exporter? The one that is called as its machine calls itself; or that has the
 * address at which it is asked; or whose name it is asked by; and where nobody knows the nodes, the machine's own name.
 * Scrapes differ in what `instance` is, clusters in whether machines know their full name.
 */
export const nodeInstance: Recorded<OnNode | "instance"> = record({
  level: "cluster_node",
  name: "node_exporter_instance:info",
  query: {
    ...max([...ofNode, "instance"], instances()),
    unit: "none",
    requires: ["node-exporter"],
  },
});

function instances(): Query<OnNode | "instance"> {
  const labels = [...ofNode, "instance"] as const;
  const machines = select("node_uname_info");
  const known = `and on (${byList(["cluster", "node"])}) ${select("kube_node_info").expr}`;
  const one = byList(["cluster", "instance"]);
  const byName = `label_replace(${machines.expr}, "node", "$1", "nodename", "(.+)")`;
  const byHost = `label_replace(${machines.expr}, "node", "$1", "instance", "${host}")`;
  const address = byList(["cluster", "internal_ip"]);
  const addresses = max(["cluster", "internal_ip", "node"], select("kube_node_info", { internal_ip: { not: "" } }));
  const byAddress = `(label_replace(${machines.expr}, "internal_ip", "$1", "instance", "${host}") * on (${address}) group_left (node) topk by (${address}) (1, ${addresses.expr}))`;
  return {
    ...machines,
    ...promql({
      unit: "none",
      labels,
    })`${byName} ${known} or on (${one}) ${byAddress} or on (${one}) ${byHost} ${known} or on (${one}) ${byName}`,
  };
}

/** A measure of the node-exporter, under the name of its node. */
export function onNode(measure: Query, instancesOf: Query): Query {
  return promql({
    unit: measure.unit,
    labels: [...new Set([...measure.labels, "node"])],
  })`${measure} * on (${byList(["cluster", "instance"])}) group_left (node) max by (${byList(["cluster", "instance", "node"])}) (${instancesOf})`;
}

function byNode<L extends string>(labels: readonly L[], measure: Query): Query<OnNode | L> {
  return max([...ofNode, ...labels], onNode(measure, select(nodeInstance)) as Query<OnNode | L>);
}

/** Cores of each node by what they are busy with, idle ones too. */
export const nodeCpu: Recorded<OnNode | "mode"> = record({
  level: "cluster_node",
  name: "node_cpu:sum_rate5m",
  query: {
    ...sum([...ofNode, "mode"], byNode(["cpu", "mode"], rate("node_cpu_seconds_total", {}, window))),
    unit: "cores",
  },
});

/** Share of a node's memory that is not available to start something new. */
export const nodeMemory: Recorded<OnNode> = record({
  level: "cluster_node",
  name: "node_memory_utilisation:ratio",
  query: complement(
    ratio(byNode([], select("node_memory_MemAvailable_bytes")), byNode([], select("node_memory_MemTotal_bytes"))),
  ),
});

/** Disks, not what only looks like one; nor the mounts of pods, which are volumes or a node's own disk again. */
export const realFilesystem = {
  fstype: { matchesNot: "|autofs|fuse.*|iso9660|nsfs|overlay|ramfs|rootfs|rpc_pipefs|squashfs|tmpfs" },
  mountpoint: { matchesNot: "/(?:run|var/lib/(?:kubelet|docker|containerd|containers))/.+" },
} as const;

/** How full each disk of a node is. */
export const nodeFilesystem: Recorded<OnNode | "mountpoint"> = record({
  level: "cluster_node",
  name: "node_filesystem_used:ratio",
  query: complement(
    ratio(
      byNode(["mountpoint"], select("node_filesystem_avail_bytes", realFilesystem)),
      byNode(["mountpoint"], select("node_filesystem_size_bytes", realFilesystem)),
    ),
  ),
});

/** How many pods a node has; a finished one no longer counts. */
export const nodePods: Recorded<OnNode> = record({
  level: "cluster_node",
  name: "kube_pods:count",
  query: count(
    ofNode,
    promql({
      unit: "none",
      labels: [...ofPod, "node"],
    })`${max([...ofPod, "node"], select("kube_pod_info", { node: { not: "" } }))} and on (${samePod}) ${livePods}`,
  ),
});

/** Share of a node's cores that are busy: what waits for disks, or is taken by the host, does no work. */
export function nodeBusy(where: Where<Place | "node">): Query<"cluster" | "node"> {
  const idle = select(nodeCpu, { ...where, mode: { matches: "idle|iowait|steal" } });
  return complement(ratio(sum(["cluster", "node"], idle), sum(["cluster", "node"], select(nodeCpu, where))));
}

/** How busy and how full is each node? */
export const nodesGroup: RecordingGroup = {
  name: "nodes",
  interval: "1m",
  rules: [nodeInstance, nodeCpu, nodeMemory, nodeFilesystem, nodePods],
};

/** API requests a second, by what was asked for and how it ended. */
export const apiRequests: Recorded<Place | "verb" | "code"> = record({
  level: "cluster",
  name: "apiserver_requests:rate5m",
  query: sum([...place, "verb", "code"], scrapedOnce(rate("apiserver_request_total", {}, window))),
});

/** How long API requests take. Without those that are meant to last. */
export const apiDuration: Recorded<Place | "verb" | "le"> = record({
  level: "cluster",
  name: "apiserver_request_duration_seconds_bucket:rate5m",
  query: sum(
    [...place, "verb", "le"],
    scrapedOnce(
      rate(
        "apiserver_request_duration_seconds_bucket",
        {
          verb: { matchesNot: "WATCH|WATCHLIST|CONNECT|PROXY" },
          subresource: { matchesNot: "exec|attach|log|portforward|proxy" },
        },
        window,
      ),
    ),
  ),
});

/** How long the API server waits for etcd. */
export const etcdDuration: Recorded<Place | "operation" | "le"> = record({
  level: "cluster",
  name: "etcd_request_duration_seconds_bucket:rate5m",
  query: sum([...place, "operation", "le"], scrapedOnce(rate("etcd_request_duration_seconds_bucket", {}, window))),
});

/** Does the control plane answer, and how fast? Its own series have a label for each resource and bucket: too many to read raw. */
export const controlPlaneGroup: RecordingGroup = {
  name: "control-plane",
  interval: "1m",
  rules: [apiRequests, apiDuration, etcdDuration],
};
