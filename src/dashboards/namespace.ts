import { logs } from "../panels/logs.ts";
import { alarming, falling, neutral, type Panel, rising } from "../panels/panel.ts";
import { stat } from "../panels/stat.ts";
import { table } from "../panels/table.ts";
import { timeseries } from "../panels/timeseries.ts";
import { byList, max, promql, type Query, select, sum, type Where } from "../queries/query.ts";
import { loadBalancerCost, monthly, nodeCost, volumeCost } from "../recording/cost.ts";
import {
  namedContainer,
  namespaceCost,
  namespaceCpuLimits,
  namespaceCpuRequests,
  namespaceCpuUsed,
  namespaceMemoryLimits,
  namespaceMemoryRequests,
  namespaceMemoryUsed,
  namespacePods,
  namespaceReceived,
  namespaceRestarts,
  namespaceThrottling,
  namespaceTransmitted,
  workloadCpuUsed,
  workloadDesired,
  workloadImages,
  workloadMemoryUsed,
  workloadReady,
  workloadUpdated,
} from "../recording/namespaces.ts";
import type { Place, Recorded } from "../recording/record.ts";
import { type Board, type Row, row } from "./board.ts";
import {
  clusterKey,
  errorsOnly,
  eventsOnly,
  highest,
  inNamespace,
  intoPod,
  intoWorkload,
  line,
  lines,
  namespaceKey,
  namespaceLines,
  namespaceVariable,
  own,
  podKey,
  sameContainer,
} from "./drill-down.ts";
import { filter } from "./filter.ts";
import {
  missingPods,
  restartedContainers,
  restartsInHour,
  stuckPods,
  throttling,
  volumes,
  waitingContainers,
} from "./pods.ts";

/** Does what runs in this namespace run well, and does it have what it needs? */
export const namespace: Board = {
  uid: "namespace",
  title: "Namespace",
  description: "Does what runs in this namespace run well, and does it have what it needs?",
  tags: ["drill-down"],
  variables: () => [namespaceVariable],
  rows: () => [stateRow(), workloadsRow(), resourcesRow(), restartsRow(), networkRow(), costRow(), logsRow()],
};

const container = ["cluster", "namespace", "pod", "container"] as const;

function chosen(recorded: Recorded<Place | "namespace">): Query<"cluster"> {
  return sum(["cluster"], select(recorded, inNamespace));
}

/** The one number of all that is chosen; zero where there is none of it, nothing where nobody tells of pods. */
function total(query: Query): Query<never> {
  const told = select(namespacePods, inNamespace);
  return promql({ unit: query.unit, labels: [] })`sum(${query}) or sum(0 * ${told})`;
}

function stateRow(): Row {
  const inPhase = (phase: string): Query => ({
    ...total(select(namespacePods, { ...inNamespace, phase })),
    legend: phase.toLowerCase(),
  });
  const missing = promql({
    unit: "none",
    labels: [],
  })`${max(["cluster", "namespace", "workload", "kind"], select(workloadDesired, inNamespace))} - ${max(["cluster", "namespace", "workload", "kind"], select(workloadReady, inNamespace))} > 0`;
  const killed = restartsInHour([], select(namespaceRestarts, { ...inNamespace, reason: "OOMKilled" }));
  return row("How is it?", [
    stat({
      title: "Pods",
      description:
        "How many pods run, wait and have failed? Waiting for minutes or failing: the tables below name them.",
      queries: [inPhase("Running"), inPhase("Pending"), inPhase("Failed")],
      thresholds: neutral("only the number of those that wait or fail says anything"),
      span: 8,
      height: 4,
    }),
    stat({
      title: "Pods missing",
      description: "How many pods that should serve do not? More than a rollout explains: see the workloads below.",
      queries: [total(missing)],
      thresholds: rising(1, 3),
      span: 4,
      height: 4,
    }),
    stat({
      title: "Restarts in 1 h",
      description: "How often did containers start again in the last hour? Any that goes on is a fault: see why below.",
      queries: [restartsInHour([], select(namespaceRestarts, inNamespace))],
      thresholds: rising(1, 10),
      span: 4,
      height: 4,
    }),
    stat({
      title: "OOM kills in 1 h",
      description:
        "How often did a container take more memory than its limit, and was killed? Raise the limit, or find the leak.",
      queries: [total(killed)],
      thresholds: alarming(1),
      span: 4,
      height: 4,
    }),
    stat({
      title: "Throttled",
      description:
        "In what share of the time did containers want more processor than their limit? They answer late: raise or drop the limit.",
      whenEmpty: "No limits",
      queries: [max([], select(namespaceThrottling, inNamespace))],
      thresholds: rising(0.1, 0.25),
      span: 4,
      height: 4,
    }),
  ]);
}

/** Proxies of a mesh are in every pod: their image says nothing about a workload. */
const notOfMesh = { container: { matchesNot: "istio-proxy|linkerd-proxy|istio-init|linkerd-init" } } as const;

function workloadsRow(): Row {
  const workload = ["cluster", "namespace", "workload"] as const;
  const one = (recorded: Recorded<Place | "namespace" | "workload" | "kind">): Query =>
    max([...workload, "kind"], select(recorded, inNamespace));
  const images = sum([...workload, "image_spec"], select(workloadImages, { ...inNamespace, ...notOfMesh }));
  const image = promql({
    unit: "none",
    labels: images.labels,
  })`topk by (${byList(workload)}) (1, ${images})`;
  const shareOfDesired = (part: Query): Query =>
    promql({ unit: "ratio", labels: [...workload, "kind"] })`${part} / (${one(workloadDesired)} > 0)`;
  return row("Workloads", [
    table({
      title: "Workloads",
      description:
        "Does each workload have the pods that it should have, all of the newest description, and of which image? Fewer ready than desired: open it.",
      keys: [
        { label: "workload", title: "Workload" },
        { label: "kind", title: "Kind" },
        namespaceKey,
        clusterKey,
        { label: "image_spec", title: "Image" },
      ],
      columns: [
        { title: "Desired", query: one(workloadDesired) },
        { title: "Ready", query: shareOfDesired(one(workloadReady)), thresholds: falling(0.5, 1) },
        { title: "Updated", query: shareOfDesired(one(workloadUpdated)), thresholds: falling(0.5, 1) },
        { title: "Pods of image", query: image },
        { title: "CPU", query: one(workloadCpuUsed) },
        { title: "Memory", query: one(workloadMemoryUsed) },
      ],
      worst: { column: "Ready", is: "lowest" },
      thresholds: own,
      links: [intoWorkload],
      height: 10,
    }),
    missingPods(inNamespace),
    stuckPods(inNamespace),
    waitingContainers(inNamespace),
  ]);
}

function resourcesRow(): Row {
  return row("Does it have what it needs?", [
    timeseries({
      title: "CPU used, requested and allowed",
      description:
        "Is what was asked for near what is used? Used far above requested: others pay for it when it gets tight. Far below: ask for less.",
      queries: [
        line("used", chosen(namespaceCpuUsed)),
        line("requested", chosen(namespaceCpuRequests)),
        line("limits", chosen(namespaceCpuLimits)),
      ],
      thresholds: neutral("the lines are each other's measure"),
    }),
    timeseries({
      title: "Memory used, requested and allowed",
      description:
        "Is what was asked for near what is used? Used above requested: it goes first when a node runs out. Near the limits: it is killed.",
      queries: [
        line("used", chosen(namespaceMemoryUsed)),
        line("requested", chosen(namespaceMemoryRequests)),
        line("limits", chosen(namespaceMemoryLimits)),
      ],
      thresholds: neutral("the lines are each other's measure"),
    }),
    nearLimits(inNamespace),
    quotas(),
  ]);
}

/** Which containers are about to be killed, or wait for processors? */
function nearLimits(where: Where<Place | "namespace">): Panel {
  const used = max([...container], select("container_memory_working_set_bytes", { ...where, ...namedContainer }));
  const limit = max([...container], select("kube_pod_container_resource_limits", { ...where, resource: "memory" }));
  return table({
    title: "Containers near their limits",
    description:
      "Which containers are about to be killed for memory, or are slowed down? Above 90 % of memory: raise the limit or find the leak. Throttled: the processor limit is too low.",
    whenEmpty: "No container has a limit",
    keys: [podKey, { label: "container", title: "Container" }, namespaceKey, clusterKey],
    columns: [
      {
        title: "Memory of limit",
        query: highest(
          promql({ unit: "ratio", labels: container })`${used} / on (${sameContainer}) (${limit} > 0)`,
          20,
        ),
        thresholds: rising(0.8, 0.9),
      },
      {
        title: "Throttled",
        query: highest(throttling([...container], where), 20),
        thresholds: rising(0.1, 0.25),
      },
    ],
    worst: { column: "Memory of limit", is: "highest" },
    thresholds: own,
    links: [intoPod],
    span: 14,
  });
}

function quotas(): Panel {
  const quota = ["cluster", "namespace", "resourcequota", "resource"] as const;
  const amount = (type: string): Query => max([...quota], select("kube_resourcequota", { ...inNamespace, type }));
  return table({
    title: "Quota",
    description:
      "How much of what the namespace may have is taken? At 100 % the next pod is refused, and no event of a pod says so: ask for more quota.",
    whenEmpty: "No quota",
    keys: [
      { label: "resource", title: "Resource" },
      { label: "resourcequota", title: "Quota" },
      namespaceKey,
      clusterKey,
    ],
    columns: [
      {
        title: "Taken",
        query: highest(promql({ unit: "ratio", labels: quota })`${amount("used")} / (${amount("hard")} > 0)`),
        thresholds: rising(0.8, 1),
      },
    ],
    worst: { column: "Taken", is: "highest" },
    thresholds: own,
    span: 10,
  });
}

function restartsRow(): Row {
  const byReason = sum(["cluster", "reason"], select(namespaceRestarts, inNamespace));
  return row("What starts again, and why?", [
    timeseries({
      title: "Restarts by reason",
      description:
        "When did containers start again, and what had ended them? OOMKilled: the limit is too low or it leaks. Error: read its last lines.",
      queries: [line("{{reason}}, an hour", promql({ unit: "none", labels: byReason.labels })`3600 * ${byReason}`)],
      thresholds: rising(1, 10),
      span: 10,
    }),
    restartedContainers(inNamespace),
  ]);
}

function networkRow(): Row {
  return row("Network and volumes", [
    timeseries({
      title: "Network traffic",
      description:
        "How much do pods receive and send? A jump is a client or a backup; pods on their node's network are not counted.",
      queries: [line("received", chosen(namespaceReceived)), line("sent", chosen(namespaceTransmitted))],
      thresholds: neutral("as much as there is to send"),
    }),
    volumes(inNamespace),
  ]);
}

function costRow(): Row {
  const cost = chosen(namespaceCost);
  const whole = [nodeCost, volumeCost, loadBalancerCost].map((part) => sum(["cluster"], select(part, filter)));
  const all = promql({
    unit: "currency per hour",
    labels: ["cluster"],
  })`(${whole.map(({ expr }) => expr).join(" + ")})`;
  const because = neutral("a right cost depends on the budget, which the fleet does not state");
  return row("What does it cost?", [
    stat({
      title: "Cost a month",
      description:
        "What does it cost a month at today's size? The larger of what is asked for and used, its volumes and its load balancers.",
      queries: [sum([], monthly(select(namespaceCost, inNamespace)))],
      thresholds: because,
      span: 6,
      height: 8,
    }),
    timeseries({
      title: "Cost by cluster",
      description:
        "Did it grow, and when? A step is a new size of pods or more of them; less asked for costs less at once.",
      queries: [line("a month", monthly(cost))],
      thresholds: because,
      span: 9,
      height: 8,
    }),
    timeseries({
      title: "Share of the cluster's cost",
      description:
        "How much of what the whole cluster costs is this? The rest is other namespaces, and what nobody asked for.",
      queries: [
        line("of its cost", {
          ...promql({ unit: "ratio", labels: ["cluster"] })`${cost} / ${all}`,
          requires: nodeCost.requires,
        }),
      ],
      max: 1,
      thresholds: because,
      span: 9,
      height: 8,
    }),
  ]);
}

function logsRow(): Row {
  return row("What does it say?", [
    logs({
      title: "Error lines",
      whenEmpty: "No error line in the shown time",
      description: "What do its pods complain of? The newest lines of level error and above.",
      expr: lines(namespaceLines, errorsOnly),
    }),
    logs({
      title: "Kubernetes events",
      whenEmpty: "No event in the shown time",
      description:
        "What does Kubernetes say of its objects? Needs a Collector with the k8s_events receiver in the cluster.",
      expr: lines("", `${eventsOnly} | ${namespaceLines}`),
    }),
  ]);
}
