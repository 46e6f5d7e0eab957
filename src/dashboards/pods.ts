import { falling, type Link, neutral, type Panel, rising } from "../panels/panel.ts";
import { table } from "../panels/table.ts";
import { byList, complement, max, promql, type Query, rate, ratio, select, sum, type Where } from "../queries/query.ts";
import { daysLeft } from "../recording/capacity.ts";
import { namedContainer, workloadDesired, workloadReady } from "../recording/namespaces.ts";
import type { Place } from "../recording/record.ts";
import {
  clusterKey,
  highest,
  intoPod,
  intoWorkload,
  namespaceKey,
  own,
  podKey,
  sameContainer,
  samePod,
} from "./drill-down.ts";

// Which pods, containers and volumes are not well: the same tables on the boards of a cluster, a namespace, a workload and a pod.

const pod = ["cluster", "namespace", "pod"] as const;
const container = [...pod, "container"] as const;
const workload = ["cluster", "namespace", "workload", "kind"] as const;

/** Starts in the last hour, as the rule counted them each minute: what was not yet recorded is not guessed. */
export function restartsInHour<K extends Place | "namespace" | "reason">(
  by: readonly K[],
  restarts: Query<Place | "namespace" | "reason">,
): Query<K> {
  const perMinute = promql({ unit: "none", labels: restarts.labels })`sum_over_time(${restarts}[1h])`;
  return promql({ unit: "none", labels: by })`round(60 * ${sum(by, perMinute)})`;
}

/** Which workloads have fewer pods that serve than they should? */
export function missingPods(where: Where<Place | "namespace">): Panel {
  const desired = max([...workload], select(workloadDesired, where));
  const missing = highest(
    promql({
      unit: "none",
      labels: workload,
    })`(${desired} - ${max([...workload], select(workloadReady, where))}) > 0`,
  );
  return table({
    title: "Workloads with missing pods",
    description:
      "Which workload has fewer pods that serve than it should? During a rollout a few are missing for minutes; longer is a fault: see why its pods are not ready.",
    whenEmpty: "All workloads have all their pods",
    keys: [{ label: "workload", title: "Workload" }, { label: "kind", title: "Kind" }, namespaceKey, clusterKey],
    columns: [
      { title: "Missing", query: missing, thresholds: rising(1, 3) },
      {
        title: "Desired",
        query: promql({ unit: "none", labels: workload })`${desired} and on (${byList(workload)}) ${missing}`,
      },
    ],
    worst: { column: "Missing", is: "highest" },
    thresholds: own,
    links: [intoWorkload],
    span: 12,
    height: 7,
  });
}

/** Which pods wait for a place, or have failed? */
export function stuckPods(where: Where<Place | "namespace">): Panel {
  const stuck = promql({
    unit: "none",
    labels: [...pod, "phase"],
  })`${max([...pod, "phase"], select("kube_pod_status_phase", { ...where, phase: { matches: "Pending|Failed|Unknown" } }))} == 1`;
  const age = promql({
    unit: "seconds",
    labels: [...pod, "phase"],
  })`${stuck} * on (${samePod}) group_left () (time() - ${max([...pod], select("kube_pod_created", where))})`;
  return table({
    title: "Pods that do not run",
    description:
      "Which pods wait for a place or have failed, and for how long? Pending for minutes: no node has room, or a volume is missing; the events below say which.",
    whenEmpty: "All pods run",
    keys: [podKey, { label: "phase", title: "Phase" }, namespaceKey, clusterKey],
    columns: [{ title: "Age", query: highest(age) }],
    worst: { column: "Age", is: "highest" },
    thresholds: neutral("a failed job's pod is kept; a pending one is bad after minutes"),
    links: [intoPod],
    span: 12,
    height: 7,
  });
}

/** Which containers cannot start, and why? */
export function waitingContainers(where: Where<Place | "namespace">): Panel {
  const waiting = promql({
    unit: "none",
    labels: [...container, "reason"],
  })`${max([...container, "reason"], select("kube_pod_container_status_waiting_reason", { ...where, reason: { not: "ContainerCreating" } }))} == 1`;
  const restarts = max([...container], select("kube_pod_container_status_restarts_total", where));
  const restarted = promql({
    unit: "none",
    labels: [...container, "reason"],
  })`${waiting} * on (${sameContainer}) group_left () ${restarts}`;
  return table({
    title: "Containers that wait",
    description:
      "Which containers cannot start, and why? CrashLoopBackOff: read the last lines of its log. ImagePullBackOff: the image or its credentials are wrong.",
    whenEmpty: "No container waits",
    keys: [
      podKey,
      { label: "container", title: "Container" },
      { label: "reason", title: "Reason" },
      namespaceKey,
      clusterKey,
    ],
    columns: [{ title: "Restarts", query: highest(restarted), thresholds: rising(1, 10) }],
    worst: { column: "Restarts", is: "highest" },
    thresholds: own,
    links: [intoPod],
    span: 24,
    height: 6,
  });
}

/** The share of its periods in which a container wanted more than its limit. */
export function throttling<K extends "cluster" | "namespace" | "pod" | "container">(
  by: readonly K[],
  where: Where<Place | "namespace" | "pod">,
  among: (query: Query) => Query = (query) => query,
): Query<K> {
  const each = (counter: "container_cpu_cfs_throttled_periods_total" | "container_cpu_cfs_periods_total"): Query =>
    among(max([...container], rate(counter, { ...where, ...namedContainer })));
  return promql({
    unit: "ratio",
    labels: by,
  })`${sum<string, K>(by, each("container_cpu_cfs_throttled_periods_total"))} / (${sum<string, K>(by, each("container_cpu_cfs_periods_total"))} > 0)`;
}

/**
 * Which containers started again in the last hour, and what had ended them?
 * @param among leaves only what the board is about
 */
export function restartedContainers(
  where: Where<Place | "namespace" | "pod">,
  among: (query: Query) => Query = (query) => query,
): Panel {
  const counted = among(max([...container], rate("kube_pod_container_status_restarts_total", where, "1h")));
  const restarts = highest(promql({ unit: "none", labels: container })`round(3600 * ${counted}) > 0`);
  const reasons = promql({
    unit: "none",
    labels: [...container, "reason"],
  })`topk by (${sameContainer}) (1, ${max([...container, "reason"], select("kube_pod_container_status_last_terminated_reason", where))} == 1)`;
  const codes = max([...container], select("kube_pod_container_status_last_terminated_exitcode", where));
  return table({
    title: "Restarted containers",
    description:
      "Which containers started again in the last hour, and what had ended them? 137 with OOMKilled: memory. 143: it was told to stop. Others are its own: read its last lines.",
    whenEmpty: "No container started again",
    keys: [
      podKey,
      { label: "container", title: "Container" },
      { label: "reason", title: "Last reason" },
      namespaceKey,
      clusterKey,
    ],
    columns: [
      { title: "Restarts", query: restarts, thresholds: rising(1, 5) },
      {
        title: "Last exit code",
        query: promql({
          unit: "none",
          labels: [...container, "reason"],
        })`${codes} * on (${sameContainer}) group_left (reason) ${reasons} and on (${sameContainer}) ${restarts}`,
      },
    ],
    worst: { column: "Restarts", is: "highest" },
    thresholds: own,
    links: [intoPod],
    span: 14,
  });
}

/**
 * Which of the volumes that a filter shows are full next?
 * @param claims where it is not about all of them: those that it is about, by cluster, namespace and claim
 */
export function volumes(where: Where<Place | "namespace">, links: readonly Link[] = [], claims?: Query): Panel {
  const claim = ["cluster", "namespace", "persistentvolumeclaim"] as const;
  const also = claims ? ` and on (${byList(claim)}) ${claims.expr}` : "";
  const available = select("kubelet_volume_stats_available_bytes", where);
  const share = complement(
    ratio(max([...claim], available), max([...claim], select("kubelet_volume_stats_capacity_bytes", where))),
  );
  const used = highest(promql({ unit: "ratio", labels: claim })`${share}${also}`, 20);
  const among = (query: Query): Query => ({
    ...query,
    ...promql({ unit: query.unit, labels: claim })`${query} and on (${byList(claim)}) ${used}`,
  });
  const inodes = ratio(
    max([...claim], select("kubelet_volume_stats_inodes_used", where)),
    max([...claim], select("kubelet_volume_stats_inodes", where)),
  );
  return table({
    title: "Fullest volumes",
    description:
      "Which volume is full next, and when? Days as the last six hours went. Below a week: enlarge it or delete; without inodes it is full however much space is left.",
    whenEmpty: "No volume is mounted",
    keys: [{ label: "persistentvolumeclaim", title: "Volume" }, namespaceKey, clusterKey],
    columns: [
      { title: "Used", query: used, thresholds: rising(0.8, 0.9) },
      { title: "Inodes used", query: among(inodes), thresholds: rising(0.8, 0.9) },
      { title: "Left", query: among(max([...claim], available)) },
      {
        title: "Days until full",
        query: among(daysLeft([...claim], available)),
        thresholds: falling(3, 7),
      },
    ],
    worst: { column: "Used", is: "highest" },
    thresholds: own,
    links,
    span: 12,
  });
}
