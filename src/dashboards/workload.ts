import { logs } from "../panels/logs.ts";
import { falling, neutral, type Panel, rising } from "../panels/panel.ts";
import { table } from "../panels/table.ts";
import { timeseries } from "../panels/timeseries.ts";
import { avg, byList, group, max, min, promql, type Query, rate, select, sum } from "../queries/query.ts";
import {
  namedContainer,
  podWorkload,
  workloadCpuUsed,
  workloadDesired,
  workloadImages,
  workloadMemoryUsed,
  workloadReady,
  workloadUpdated,
} from "../recording/namespaces.ts";
import type { Place, Recorded } from "../recording/record.ts";
import { type Board, type BoardVariable, type Row, row } from "./board.ts";
import {
  clusterKey,
  errorsOnly,
  eventsOnly,
  highest,
  inNamespace,
  intoPod,
  line,
  lines,
  lowest,
  namespaceKey,
  namespaceLines,
  namespaceVariable,
  own,
  podKey,
  samePod,
  yesOrNo,
} from "./drill-down.ts";
import { ofRow, toBoard } from "./filter.ts";
import { restartedContainers, throttling } from "./pods.ts";

/** Does this workload have the pods that it should have, and do they have what they need? */
export const workload: Board = {
  uid: "workload",
  title: "Workload",
  description: "Does this workload have the pods that it should have, and do they have what they need?",
  tags: ["drill-down"],
  variables: () => [namespaceVariable, workloadVariable],
  rows: () => [replicasRow(), podsRow(), resourcesRow(), restartsRow(), logsRow()],
};

const workloadVariable: BoardVariable = {
  name: "workload",
  title: "Workload",
  label: "workload",
  of: select(workloadDesired, inNamespace),
  optional: true,
};

const ofWorkload = { ...inNamespace, workload: { matches: "$workload" } } as const;

const pod = ["cluster", "namespace", "pod"] as const;

/** Leaves the pods of the chosen workloads. */
function ofPods<L extends string>(query: Query<L>): Query<L> {
  const pods = group(["cluster", "namespace", "pod"], select(podWorkload, ofWorkload));
  return {
    ...query,
    ...promql({ unit: query.unit, labels: query.labels })`${query} and on (${samePod}) ${pods}`,
  };
}

function chosen(recorded: Recorded<Place | "namespace" | "workload" | "kind">): Query<"cluster"> {
  return sum(["cluster"], select(recorded, ofWorkload));
}

function replicasRow(): Row {
  return row("Is it complete, and as described?", [
    summary(),
    timeseries({
      title: "Pods desired, ready and updated",
      description:
        "Does it have the pods that it should have? Ready below desired for more than minutes: see its pods. Updated below desired: a rollout goes on, or is stuck.",
      queries: [
        line("desired", chosen(workloadDesired)),
        line("ready", chosen(workloadReady)),
        line("updated", chosen(workloadUpdated)),
      ],
      thresholds: neutral("the lines are each other's measure"),
    }),
    timeseries({
      title: "Pods by image",
      description:
        "What was rolled out, when, and is it through? Where one line falls another rises; two that stay are a rollout that is stuck.",
      queries: [line("{{image_spec}}", sum(["cluster", "image_spec"], select(workloadImages, ofWorkload)))],
      thresholds: neutral("an image is as good as another"),
    }),
    rollouts(),
    autoscalers(),
  ]);
}

/** Which are they, and how do they serve? */
function summary(): Panel {
  const keys = ["cluster", "namespace", "workload", "kind"] as const;
  const each = (recorded: Recorded<Place | "namespace" | "workload" | "kind">): Query =>
    max([...keys], select(recorded, ofWorkload));
  const share = (part: Query): Query =>
    promql({ unit: "ratio", labels: keys })`${part} / (${each(workloadDesired)} > 0)`;
  return table({
    title: "Workloads",
    description:
      "Which workloads are these, and are they complete? From here on to how it serves, or back to its namespace.",
    keys: [{ label: "workload", title: "Workload" }, { label: "kind", title: "Kind" }, namespaceKey, clusterKey],
    columns: [
      { title: "Desired", query: each(workloadDesired) },
      { title: "Ready", query: share(each(workloadReady)), thresholds: falling(0.5, 1) },
      { title: "Updated", query: share(each(workloadUpdated)), thresholds: falling(0.5, 1) },
      { title: "CPU", query: each(workloadCpuUsed) },
      { title: "Memory", query: each(workloadMemoryUsed) },
    ],
    worst: { column: "Ready", is: "lowest" },
    thresholds: own,
    links: [
      toBoard("service", "How does it serve?", { cluster: ofRow("Cluster"), service: ofRow("Workload") }),
      toBoard("namespace", "Open its namespace", { cluster: ofRow("Cluster"), namespace: ofRow("Namespace") }),
    ],
    height: 5,
  });
}

function rollouts(): Panel {
  const deployment = ["cluster", "namespace", "deployment"] as const;
  const where = { ...inNamespace, deployment: { matches: "$workload" } } as const;
  const generation = max([...deployment], select("kube_deployment_metadata_generation", where));
  const observed = max([...deployment], select("kube_deployment_status_observed_generation", where));
  return table({
    title: "Rollouts of Deployments",
    description:
      "Does its rollout go on? ProgressDeadlineExceeded: the new pods do not get ready, see why below, or roll back. Behind: the controller has not looked at the newest description.",
    whenEmpty: "It is no Deployment",
    keys: [{ label: "deployment", title: "Deployment" }, { label: "reason", title: "State" }, namespaceKey, clusterKey],
    columns: [
      {
        title: "Unavailable",
        query: highest(max([...deployment], select("kube_deployment_status_replicas_unavailable", where))),
        thresholds: rising(1, 3),
      },
      {
        title: "Progressing",
        query: lowest(
          max(
            [...deployment, "reason"],
            select("kube_deployment_status_condition", { ...where, condition: "Progressing", status: "true" }),
          ),
        ),
        thresholds: falling(0.5, 1),
        mappings: yesOrNo("yes", "stuck"),
      },
      {
        title: "Behind",
        query: highest(promql({ unit: "none", labels: deployment })`${generation} - ${observed}`),
        thresholds: rising(1, 2),
      },
      {
        title: "Paused",
        query: highest(max([...deployment], select("kube_deployment_spec_paused", where))),
        thresholds: rising(1, 2),
        mappings: yesOrNo("paused", "–"),
      },
    ],
    worst: { column: "Unavailable", is: "highest" },
    thresholds: own,
    span: 12,
  });
}

function autoscalers(): Panel {
  const autoscaler = ["cluster", "namespace", "horizontalpodautoscaler"] as const;
  const targets = group(
    [...autoscaler],
    select("kube_horizontalpodautoscaler_info", { ...inNamespace, scaletargetref_name: { matches: "$workload" } }),
  );
  const number = (
    metric: `kube_horizontalpodautoscaler_${"status_current" | "status_desired" | "spec_min" | "spec_max"}_replicas`,
  ): Query => {
    const each = max([...autoscaler], select(metric, inNamespace));
    const those = promql({ unit: "none", labels: autoscaler })`${each} and on (${byList(autoscaler)}) ${targets}`;
    return sum(["cluster"], those);
  };
  return timeseries({
    title: "Autoscaler",
    description:
      "Does its autoscaler still have room? Wanted at the most that it may: allow more, or find out why it needs so much.",
    whenEmpty: "No autoscaler scales it",
    queries: [
      line("pods", number("kube_horizontalpodautoscaler_status_current_replicas")),
      line("wanted", number("kube_horizontalpodautoscaler_status_desired_replicas")),
      line("fewest", number("kube_horizontalpodautoscaler_spec_min_replicas")),
      line("most", number("kube_horizontalpodautoscaler_spec_max_replicas")),
    ],
    thresholds: neutral("the lines are each other's measure"),
  });
}

/** Cores in use by each pod. */
function cpu(): Query<"cluster" | "namespace" | "pod"> {
  const containers = max(
    [...pod, "container"],
    rate("container_cpu_usage_seconds_total", { ...inNamespace, ...namedContainer }),
  );
  return { ...ofPods(sum([...pod], containers)), unit: "cores" };
}

function memory(): Query<"cluster" | "namespace" | "pod"> {
  const containers = max(
    [...pod, "container"],
    select("container_memory_working_set_bytes", { ...inNamespace, ...namedContainer }),
  );
  return ofPods(sum([...pod], containers));
}

/** What each pod asked for, or may have. */
function declared(what: "requests" | "limits", resource: "cpu" | "memory"): Query<"cluster" | "namespace" | "pod"> {
  const containers = max(
    [...pod, "container"],
    select(`kube_pod_container_resource_${what}`, { ...inNamespace, resource }),
  );
  return { ...ofPods(sum([...pod], containers)), unit: resource === "cpu" ? "cores" : "bytes" };
}

function podsRow(): Row {
  const ready = ofPods(max([...pod], select("kube_pod_status_ready", { ...inNamespace, condition: "true" })));
  const nodes = max([...pod, "node"], select("kube_pod_info", { ...inNamespace, node: { not: "" } }));
  const restarts = max([...pod, "container"], rate("kube_pod_container_status_restarts_total", inNamespace, "1h"));
  const age = promql({
    unit: "seconds",
    labels: pod,
  })`time() - ${max([...pod], select("kube_pod_created", inNamespace))}`;
  const share = (used: Query, whole: Query): Query => promql({ unit: "ratio", labels: pod })`${used} / (${whole} > 0)`;
  return row("Its pods", [
    table({
      title: "Pods",
      description:
        "Which pod is not ready, starts again or uses more than the others, and on which node is it? Those on one node that fail together: look at the node.",
      keys: [podKey, { label: "node", title: "Node" }, namespaceKey, clusterKey],
      columns: [
        {
          title: "Ready",
          query: lowest(ready),
          thresholds: falling(0.5, 1),
          mappings: yesOrNo("ready", "not ready"),
        },
        {
          title: "Restarts in 1 h",
          query: highest(ofPods(promql({ unit: "none", labels: pod })`round(3600 * ${sum([...pod], restarts)})`)),
          thresholds: rising(1, 5),
        },
        { title: "CPU", query: highest(cpu()) },
        {
          title: "CPU of request",
          query: highest(share(cpu(), declared("requests", "cpu"))),
          thresholds: rising(1, 2),
        },
        { title: "Memory", query: highest(memory()) },
        {
          title: "Memory of limit",
          query: highest(share(memory(), declared("limits", "memory"))),
          thresholds: rising(0.8, 0.9),
        },
        {
          title: "Age",
          query: lowest(
            ofPods(
              promql({
                unit: "seconds",
                labels: [...pod, "node"],
              })`${age} * on (${samePod}) group_left (node) topk by (${samePod}) (1, ${nodes})`,
            ),
          ),
        },
      ],
      worst: { column: "Ready", is: "lowest" },
      thresholds: own,
      links: [intoPod, toBoard("node", "Open its node", { cluster: ofRow("Cluster"), node: ofRow("Node") })],
      height: 10,
    }),
  ]);
}

function resourcesRow(): Row {
  const measure = neutral("the lines are each other's measure");
  return row("Do they have what they need?", [
    timeseries({
      title: "CPU of a pod",
      description:
        "Does the busiest pod get near what a pod asked for and may have? One far above the mean: the load is uneven. Above requested: it depends on what others leave.",
      queries: [
        line("busiest pod", max(["cluster"], cpu())),
        line("mean of pods", avg(["cluster"], cpu())),
        line("requested", min(["cluster"], declared("requests", "cpu"))),
        line("limit", min(["cluster"], declared("limits", "cpu"))),
      ],
      thresholds: measure,
    }),
    timeseries({
      title: "Memory of a pod",
      description:
        "Does the largest pod get near its limit? There it is killed: raise the limit. A line that only rises is a leak.",
      queries: [
        line("largest pod", max(["cluster"], memory())),
        line("mean of pods", avg(["cluster"], memory())),
        line("requested", min(["cluster"], declared("requests", "memory"))),
        line("limit", min(["cluster"], declared("limits", "memory"))),
      ],
      thresholds: measure,
    }),
    timeseries({
      title: "Throttled",
      description:
        "In what share of the time did it want more processor than its limit allows? It answers late then: raise or drop the limit.",
      whenEmpty: "No limits",
      queries: [line("throttled", throttling(["cluster"], inNamespace, ofPods))],
      max: 1,
      thresholds: rising(0.1, 0.25),
    }),
    timeseries({
      title: "CPU of all pods",
      description:
        "What does it use in all, and does it grow with its load? Beside the number of pods above it says whether scaling helps.",
      queries: [line("CPU", chosen(workloadCpuUsed))],
      thresholds: neutral("as much as its load needs"),
    }),
  ]);
}

function restartsRow(): Row {
  const restarts = ofPods(
    max([...pod, "container"], rate("kube_pod_container_status_restarts_total", inNamespace, "1h")),
  );
  return row("What starts again, and why?", [
    timeseries({
      title: "Restarts by container",
      description:
        "How often did containers start again in the hour before, and when did it begin? Beside a rollout: the new image is the first suspect.",
      queries: [
        line(
          "{{container}}",
          promql({
            unit: "none",
            labels: ["cluster", "container"],
          })`round(3600 * ${sum<string, string>(["cluster", "container"], restarts)})`,
        ),
      ],
      thresholds: rising(1, 5),
      span: 10,
    }),
    restartedContainers(inNamespace, ofPods),
  ]);
}

/** Pods are called as their workload and then some. */
const podLines = ` | k8s_pod_name=~"(?:$workload)-[a-z0-9]+(?:-[a-z0-9]+)?"`;

function logsRow(): Row {
  return row("What does it say?", [
    logs({
      title: "Error lines",
      whenEmpty: "No error line in the shown time",
      description: "What do its pods complain of? The newest lines of level error and above.",
      expr: lines(namespaceLines, `${podLines}${errorsOnly}`),
    }),
    logs({
      title: "Newest lines",
      whenEmpty: "Nothing was written in the shown time",
      description: "What do its pods do now? All levels; narrow it down in Explore.",
      expr: lines(namespaceLines, podLines),
    }),
    logs({
      title: "Kubernetes events",
      whenEmpty: "No event in the shown time",
      description:
        "What does Kubernetes say of it and its pods? Needs a Collector with the k8s_events receiver in the cluster.",
      expr: lines("", `${eventsOnly} | ${namespaceLines} | k8s_object_name=~"(?:$workload)(?:-.+)?"`),
    }),
  ]);
}
