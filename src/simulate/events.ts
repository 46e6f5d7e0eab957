import type { ClusterModel, NodeModel, Pod } from "./cluster.ts";
import { placeOf } from "./emit.ts";
import { hash } from "./random.ts";
import { minute, second } from "./time.ts";
import type { ClusterDay, PodLog } from "./traffic.ts";

/** How often the kubelet and the scheduler repeat what still does not work. */
const again = 5 * minute;

interface Happening {
  readonly at: number;
  readonly kind: "Pod" | "Node";
  readonly name: string;
  readonly uid: string;
  readonly namespace: string;
  readonly node: string;
  readonly isWarning: boolean;
  readonly reason: string;
  readonly message: string;
}

const days = new WeakMap<ClusterModel, ReadonlyMap<number, readonly Happening[]>>();

/**
 * What Kubernetes says of pods and nodes in a second, as a Collector's `k8s_events` receiver writes it: the object is of
 * the resource, the namespace and the reason are with the line. Clusters without a Collector have none. Source of the
 * attributes: open-telemetry/opentelemetry-collector-contrib receiver/k8seventsreceiver.
 */
export function* events({ model }: ClusterDay, start: number): Generator<PodLog> {
  const { cluster, world, pods } = model;
  const collector = pods.find(({ container }) => container === "otel-collector");
  if (collector === undefined) return;
  const known = days.get(model) ?? bySecond(model);
  days.set(model, known);
  for (const { at, kind, name, uid, namespace, node, isWarning, reason, message } of known.get(start) ?? []) {
    const attributes = {
      ...placeOf({ world, cluster }),
      ...(node && { "k8s.node.name": node }),
      "k8s.object.kind": kind,
      "k8s.object.name": name,
      "k8s.object.uid": uid,
      "k8s.object.api_version": "v1",
    };
    yield {
      resource: { cluster, pod: collector, attributes },
      // Somewhere in the second: what happens together is not said at once.
      timestamp: start + 1 + (hash(name, reason, at) % 998),
      severity: isWarning ? "warn" : "info",
      body: message,
      attributes: {
        "k8s.event.name": `${name}.${hash(name, reason, at).toString(16)}`,
        "k8s.event.reason": reason,
        "k8s.event.count": 1,
        "k8s.namespace.name": namespace,
      },
    };
  }
}

function bySecond(model: ClusterModel): ReadonlyMap<number, readonly Happening[]> {
  const { from, to } = model.window;
  const found = new Map<number, Happening[]>();
  for (const happening of [...model.pods.flatMap((pod) => ofPod(pod, model)), ...model.nodes.flatMap(ofNode)]) {
    if (happening.at < from || happening.at >= to) continue;
    const start = Math.floor(happening.at / second) * second;
    found.set(start, [...(found.get(start) ?? []), happening]);
  }
  return found;
}

function ofPod(pod: Pod, { window }: ClusterModel): Happening[] {
  const { namespace, name, uid, life, container, image, starts, crashes, running } = pod;
  const node = pod.node?.name ?? "";
  const said = (at: number, reason: string, message: string, isWarning = false): Happening => ({
    at,
    kind: "Pod",
    name,
    uid,
    namespace,
    node,
    isWarning,
    reason,
    message,
  });
  if (running.length === 0) {
    const message = "0 nodes are available: Insufficient nvidia.com/gpu. preemption: No victims found.";
    return every(life.from, life.to, window).map((at) => said(at, "FailedScheduling", message, true));
  }
  const begun = starts.flatMap((at) => [
    said(at - second, "Pulled", `Container image "${image}" already present on machine`),
    said(at, "Started", `Started container ${container}`),
  ]);
  const failing = crashes
    ? every(life.from + again, life.to, window).map((at) =>
        said(at, "BackOff", `Back-off restarting failed container ${container} in pod ${name}`, true),
      )
    : [];
  return [
    said(life.from, "Scheduled", `Successfully assigned ${namespace}/${name} to ${node}`),
    ...begun,
    ...failing,
    ...(Number.isFinite(life.to) ? [said(life.to - second, "Killing", `Stopping container ${container}`)] : []),
  ];
}

function every(from: number, to: number, window: { readonly from: number; readonly to: number }): number[] {
  const moments: number[] = [];
  const first = from + Math.max(0, Math.ceil((window.from - from) / again)) * again;
  for (let at = first; at < Math.min(to, window.to); at += again) moments.push(at);
  return moments;
}

function ofNode({ name, notReady, boots }: NodeModel): Happening[] {
  const said = (at: number, reason: string, message: string, isWarning = false): Happening => ({
    at,
    kind: "Node",
    name,
    uid: name,
    namespace: "default",
    node: name,
    isWarning,
    reason,
    message,
  });
  return [
    ...boots.map((at) => said(at, "Starting", "Starting kubelet.")),
    ...notReady.flatMap(({ from, to }) => [
      said(from, "NodeNotReady", `Node ${name} status is now: NodeNotReady`, true),
      said(to, "NodeReady", `Node ${name} status is now: NodeReady`),
    ]),
  ];
}
