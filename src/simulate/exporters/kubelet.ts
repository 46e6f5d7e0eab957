import { type Container, containersOf, limitsOf, type NodeModel } from "../cluster.ts";
import type { Emitter, Target } from "../emit.ts";
import { flow, sum, times } from "../flow.ts";
import { steady } from "../rhythm.ts";
import { during, total, valueOf } from "../steps.ts";
import { uuid } from "../random.ts";
import { day } from "../time.ts";
import { buildInfo } from "./kube-apiserver.ts";
import { volumesOf } from "./volumes.ts";

/** What the agents of a node say about its pods, and what the kernel counted for their containers. */
export function kubelet(emitter: Emitter): void {
  for (const node of emitter.model.nodes) {
    kubeletOf(emitter, node);
    cadvisorOf(emitter, node);
  }
}

/** Both are asked of the kubelet, under one job by many: then only the path tells them apart. */
function targetOf(
  emitter: Emitter,
  node: NodeModel,
  exporter: "kubelet" | "cadvisor",
  path: string,
): Target | undefined {
  const { jobs } = emitter.cluster;
  const job = jobs[exporter];
  if (job === undefined) return undefined;
  return emitter.target({
    job,
    instance: `${node.name}:10250`,
    exists: node.exists,
    down: node.notReady,
    labels: jobs.kubelet === jobs.cadvisor ? { metrics_path: path } : {},
  });
}

function kubeletOf(emitter: Emitter, node: NodeModel): void {
  const { model } = emitter;
  const target = targetOf(emitter, node, "kubelet", "/metrics");
  if (target === undefined) return;
  const own = model.pods.filter((pod) => pod.node === node);
  target.gauge("kubelet_running_pods", {}, valueOf(total(own.map(({ running }) => during(running, 1, 0)))));
  target.info("kubelet_node_name", { node: node.name });
  buildInfo(emitter, target);
  for (const { claim, namespace, bytes, node: at } of volumesOf(model)) {
    if (at !== node.plan.index) continue;
    const labels = { namespace, persistentvolumeclaim: claim };
    // Fills for two weeks, then what is old is dropped.
    const used = (ms: number): number => Math.round(bytes * (0.3 + 0.25 * ((ms % (14 * day)) / (14 * day))));
    target.gauge("kubelet_volume_stats_capacity_bytes", labels, bytes);
    target.gauge("kubelet_volume_stats_used_bytes", labels, used);
    target.gauge("kubelet_volume_stats_available_bytes", labels, (ms) => bytes - used(ms));
    // mkfs.ext4 makes one for every 16 KiB; files here are larger.
    target.gauge("kubelet_volume_stats_inodes", labels, bytes / 16_384);
    target.gauge("kubelet_volume_stats_inodes_used", labels, (ms) => Math.round(used(ms) / 262_144));
  }
}

function cadvisorOf(emitter: Emitter, node: NodeModel): void {
  const { model, cluster } = emitter;
  const target = targetOf(emitter, node, "cadvisor", "/metrics/cadvisor");
  if (target === undefined) return;
  const machine = { system_uuid: uuid(...model.world.key(cluster, "machine", node.name)) };
  target.gauge("machine_cpu_cores", machine, node.plan.cores);
  target.gauge("machine_memory_bytes", machine, node.plan.memory);
  for (const pod of containersOf(model.pods.filter((one) => one.node === node))) {
    const labels = { namespace: pod.namespace, pod: pod.name, container: pod.container };
    const exists = pod.running;
    const used = model.count(pod.cpu, pod.starts);
    target.counter("container_cpu_usage_seconds_total", labels, used, exists);
    const bytes = model.rate(pod.memory);
    const leak = pod.leaks ? free(emitter, node) : undefined;
    target.gauge(
      "container_memory_working_set_bytes",
      labels,
      leak ? (ms) => Math.round(bytes(ms) + leak(ms)) : (ms) => Math.round(bytes(ms)),
      exists,
    );
    throttled(emitter, target, pod);
    network(emitter, target, pod);
  }
}

/** The scheduler's periods, ten a second, of which those with a burst above the limit are cut short. */
function throttled({ model }: Emitter, target: Target, pod: Container): void {
  const { cpu: limit } = limitsOf(pod);
  if (limit === undefined) return;
  const labels = { namespace: pod.namespace, pod: pod.name, container: pod.container };
  const periods = model.count(flow(steady(10)), pod.starts);
  const used = model.count(pod.cpu, pod.starts);
  target.counts("container_cpu_cfs_periods_total", labels, periods, pod.running);
  // Judgement: a burst in one of fifty periods when half the limit is used, fewer below.
  target.counts(
    "container_cpu_cfs_throttled_periods_total",
    labels,
    (ms) => Math.min(periods(ms), (0.4 * used(ms)) / limit),
    pod.running,
  );
}

/** Four kilobytes a request in and six out for what serves, a trickle for the others; all in the pod's own network. */
function network({ model }: Emitter, target: Target, pod: Container): void {
  const labels = { namespace: pod.namespace, pod: pod.name, interface: "eth0" };
  const service = pod.serves
    ? model.services.find(({ workload: { plan } }) => plan.namespace === pod.namespace && plan.name === pod.container)
    : undefined;
  const share = service ? 4096 / Math.max(1, service.workload.plan.nodes.length) : 0;
  const received = model.count(
    sum([flow(steady(2000)), ...(service ? [times(service.requests, share)] : [])]),
    pod.starts,
  );
  target.counts("container_network_receive_bytes_total", labels, received, pod.running);
  target.counts("container_network_transmit_bytes_total", labels, (ms) => 1.5 * received(ms), pod.running);
  target.counts("container_network_receive_packets_dropped_total", labels, () => 0, pod.running);
  target.counts("container_network_transmit_packets_dropped_total", labels, () => 0, pod.running);
}

/** The bytes that a leak has taken of what was free. */
function free({ model }: Emitter, { leaked, plan, memory }: NodeModel): (ms: number) => number {
  const used = model.rate(memory);
  return (ms) => leaked(ms) * (plan.memory - used(ms));
}
