import { limitsOf, type Pod } from "../cluster.ts";
import type { Emitter, Labels, Target } from "../emit.ts";
import { hash } from "../random.ts";
import { during, valueOf } from "../steps.ts";
import { minute, within, without } from "../time.ts";
import { address } from "./pod-target.ts";

const phases = ["Pending", "Running", "Succeeded", "Failed", "Unknown"] as const;

const proxies = { istio: "istio-proxy", linkerd: "linkerd-proxy", none: undefined } as const;

/** What kube-state-metrics says of a pod and of its container. */
export function podSeries(emitter: Emitter, target: Target, pod: Pod): void {
  const { world, cluster } = emitter.model;
  const { namespace, name, uid, life, container, owner } = pod;
  const node = pod.node?.name ?? "";
  const labels = { namespace, pod: name, uid };
  const exists = [life];
  target.info(
    "kube_pod_info",
    {
      ...labels,
      ...(node && { node, host_ip: address(emitter, node), pod_ip: address(emitter, name) }),
      created_by_kind: owner.kind,
      created_by_name: owner.name,
      host_network: "false",
    },
    exists,
  );
  for (const phase of phases) {
    const windows = pod.phases.flatMap((one, at) =>
      one.phase === phase ? [{ from: one.from, to: pod.phases[at + 1]?.from ?? Infinity }] : [],
    );
    target.gauge("kube_pod_status_phase", { ...labels, phase }, valueOf(during(windows, 1, 0)), exists);
  }
  target.gauge("kube_pod_status_ready", { ...labels, condition: "true" }, valueOf(during(pod.ready, 1, 0)), exists);
  target.gauge("kube_pod_created", labels, Math.floor(life.from / 1000), exists);
  target.gauge("kube_pod_status_qos_class", { ...labels, qos_class: "Burstable" }, 1, exists);
  if (owner.kind === "StatefulSet") {
    const volume = { volume: "data", persistentvolumeclaim: `data-${name}` };
    target.info("kube_pod_spec_volumes_persistentvolumeclaims_info", { ...labels, ...volume }, exists);
  }
  const image = (image: string): Labels => ({
    ...labels,
    container,
    image,
    image_spec: image,
    image_id: `${image.replace(/:[^:/]*$/u, "")}@sha256:${hash(image).toString(16).padStart(8, "0").repeat(8)}`,
  });
  const drift = isDrifting(emitter, pod) ? world.windows(cluster, "image-drift") : [];
  target.info("kube_pod_container_info", image(pod.image), without(life, drift));
  if (drift.length > 0) {
    target.info("kube_pod_container_info", image(`${pod.image.replace(/:[^:/]*$/u, "")}:hotfix`), within(life, drift));
  }
  // A mesh puts its proxy beside what answers people, as an init container that stays.
  const proxy = pod.serves ? proxies[cluster.mesh] : undefined;
  if (proxy !== undefined) {
    target.info("kube_pod_init_container_info", { ...labels, container: proxy, restart_policy: "Always" }, exists);
  }
  const asks = { ...labels, container, ...(node && { node }) };
  const { cpu, memory, gpu } = pod.requests;
  target.gauge("kube_pod_container_resource_requests", { ...asks, resource: "cpu", unit: "core" }, cpu, exists);
  target.gauge("kube_pod_container_resource_requests", { ...asks, resource: "memory", unit: "byte" }, memory, exists);
  if (gpu > 0) {
    target.gauge(
      "kube_pod_container_resource_requests",
      { ...asks, resource: "nvidia_com_gpu", unit: "integer" },
      gpu,
      exists,
    );
  }
  const limits = limitsOf(pod);
  target.gauge(
    "kube_pod_container_resource_limits",
    { ...asks, resource: "memory", unit: "byte" },
    limits.memory,
    exists,
  );
  if (limits.cpu !== undefined) {
    target.gauge("kube_pod_container_resource_limits", { ...asks, resource: "cpu", unit: "core" }, limits.cpu, exists);
  }
  if (pod.running.length === 0) return;
  containerSeries(target, pod);
}

function containerSeries(target: Target, pod: Pod): void {
  const { namespace, name, uid, life, container, crashes } = pod;
  const labels = { namespace, pod: name, uid, container };
  const exists = [life];
  const [first = life.from, ...again] = pod.starts;
  const restarts = crashes
    ? (ms: number): number => Math.floor((ms - life.from) / (5 * minute))
    : (ms: number): number => again.reduce((sum, at) => (at <= ms ? sum + 1 : sum), 0);
  target.counter("kube_pod_container_status_restarts_total", labels, restarts, exists);
  target.gauge("kube_pod_container_status_ready", labels, valueOf(during(pod.ready, 1, 0)), exists);
  const started = (ms: number): number =>
    crashes ? life.from + restarts(ms) * 5 * minute : (pod.starts.findLast((at) => at <= ms) ?? first);
  target.gauge("kube_pod_container_state_started", labels, (ms) => Math.floor(started(ms) / 1000), pod.running);
  if (crashes) {
    target.gauge("kube_pod_container_status_waiting_reason", { ...labels, reason: "CrashLoopBackOff" }, 1, exists);
  }
  // Services end for want of memory; what crashes by itself ends with an error.
  const endedFirst = crashes ? life.from + 5 * minute : again[0];
  if (endedFirst === undefined) return;
  const ended = [{ from: endedFirst, to: life.to }];
  const [reason, code] = crashes ? (["Error", 1] as const) : (["OOMKilled", 137] as const);
  target.gauge("kube_pod_container_status_last_terminated_reason", { ...labels, reason }, 1, ended);
  target.gauge("kube_pod_container_status_last_terminated_exitcode", labels, code, ended);
}

/** The service that people meet first. */
function isDrifting({ model: { services } }: Emitter, { container, namespace }: Pod): boolean {
  const plan = services[0]?.workload.plan;
  return plan?.name === container && plan.namespace === namespace;
}
