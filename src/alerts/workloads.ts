import { namespace as namespaceBoard } from "../dashboards/namespace.ts";
import { pod as podBoard } from "../dashboards/pod.ts";
import { workload as workloadBoard } from "../dashboards/workload.ts";
import { byList, count, max, promql, type Query, select } from "../queries/query.ts";
import { workloadDesired, workloadReady, workloadUpdated } from "../recording/namespaces.ts";
import { type Place, place } from "../recording/record.ts";
import { alert, type AlertGroup } from "./alert.ts";
import { fires, given, quiet } from "./alert-test.ts";

type InNamespace = Place | "namespace";
type InContainer = InNamespace | "pod" | "container";
type InWorkload = InNamespace | "workload" | "kind";

const namespaced: readonly InNamespace[] = [...place, "namespace"];
const ofContainer: readonly InContainer[] = [...namespaced, "pod", "container"];
const ofWorkload: readonly InWorkload[] = [...namespaced, "workload", "kind"];
const component = "workloads";

/** A container waits only between two tries, so the last five minutes count. */
function waiting(reasons: string): Query<InContainer | "reason"> {
  const labels = [...ofContainer, "reason"] as const;
  const waits = select("kube_pod_container_status_waiting_reason", { reason: { matches: reasons } });
  return max([...labels], promql({ unit: "none", labels: [...labels] })`max_over_time(${waits}[5m])`);
}

const crashing: Query<InContainer | "reason"> = promql({
  unit: "none",
  labels: [...ofContainer, "reason"],
})`${waiting("CrashLoopBackOff")} >= 1`;

const stuck: Query<InContainer | "reason"> = promql({
  unit: "none",
  labels: [...ofContainer, "reason"],
})`${waiting(
  "ErrImagePull|ImagePullBackOff|InvalidImageName|CreateContainerConfigError|CreateContainerError|RunContainerError",
)} >= 1`;

/** Three kills within an hour: one is a peak, and the limit may be meant. */
const killed: Query<InContainer> = promql({ unit: "none", labels: ofContainer })`${max(
  ofContainer,
  promql({
    unit: "none",
    labels: ofContainer,
  })`increase(${select("kube_pod_container_status_restarts_total")}[1h])`,
)} >= 3 and on (${byList(["cluster", "namespace", "pod", "container"])}) ${max(
  ofContainer,
  select("kube_pod_container_status_last_terminated_reason", { reason: "OOMKilled" }),
)} == 1`;

/** Asked every quarter of an hour of three days: so that a weekend passes, and a minute of life between two crashes is no service. */
const served = `max_over_time(${select(workloadReady).expr}[3d:15m]) > 0`;

/** What has not served for days is no outage: an experiment that crashes, or a deployment that somebody forgot. */
function down(when: "served lately" | "never served"): Query<InWorkload> {
  const set = when === "served lately" ? "and" : "unless";
  return promql({
    unit: "none",
    labels: ofWorkload,
  })`(${select(workloadReady)} == 0) and on (${byList(ofWorkload)}) (${select(workloadDesired)} > 0) ${set} on (${byList(ofWorkload)}) (${served})`;
}

const missing: Query<InWorkload> = promql({
  unit: "none",
  labels: ofWorkload,
})`(${select(workloadDesired)} - ${select(workloadReady)} > 0) and on (${byList(ofWorkload)}) (${select(workloadReady)} > 0)`;

const notUpdated: Query<InWorkload> = promql({
  unit: "none",
  labels: ofWorkload,
})`${select(workloadDesired)} - ${select(workloadUpdated)} > 0`;

const pending: Query<InNamespace> = count(
  namespaced,
  promql({ unit: "none", labels: [...namespaced, "pod"] })`${max(
    [...namespaced, "pod"],
    promql({
      unit: "none",
      labels: [...namespaced, "pod"],
    })`min_over_time(${select("kube_pod_status_phase", { phase: "Pending" })}[15m])`,
  )} == 1`,
);

const inJob = [...namespaced, "job_name"] as const;
const sameJob = byList(["cluster", "namespace", "job_name"]);

/** Failed and given up: one that tries again, or has succeeded since, is no news. */
const failedJobs: Query<InNamespace | "job_name"> = promql({
  unit: "none",
  labels: [...inJob],
})`(${max([...inJob], select("kube_job_status_failed"))} > 0) unless on (${sameJob}) (${max([...inJob], select("kube_job_status_active"))} > 0) unless on (${sameJob}) (${max([...inJob], select("kube_job_status_succeeded"))} > 0)`;

const inCronJob = [...namespaced, "cronjob"] as const;

const late: Query<InNamespace | "cronjob"> = promql({
  unit: "seconds",
  labels: [...inCronJob],
})`(time() - ${max([...inCronJob], select("kube_cronjob_next_schedule_time"))} > 900) unless on (${byList(["cluster", "namespace", "cronjob"])}) (${max([...inCronJob], select("kube_cronjob_spec_suspend"))} == 1)`;

const inHpa = [...namespaced, "horizontalpodautoscaler"] as const;

const atMaximum: Query<InNamespace | "horizontalpodautoscaler"> = promql({
  unit: "none",
  labels: [...inHpa],
})`(${max([...inHpa], select("kube_horizontalpodautoscaler_status_desired_replicas"))} >= ${max([...inHpa], select("kube_horizontalpodautoscaler_spec_max_replicas"))}) and (${max([...inHpa], select("kube_horizontalpodautoscaler_spec_max_replicas"))} > ${max([...inHpa], select("kube_horizontalpodautoscaler_spec_min_replicas"))})`;

const inQuota = [...namespaced, "resourcequota", "resource"] as const;

const quota: Query<InNamespace | "resourcequota" | "resource"> = promql({
  unit: "ratio",
  labels: [...inQuota],
})`${max([...inQuota], select("kube_resourcequota", { type: "used" }))} / (${max([...inQuota], select("kube_resourcequota", { type: "hard" }))} > 0) > 0.95`;

const inBudget = [...namespaced, "poddisruptionbudget"] as const;

const budget: Query<InNamespace | "poddisruptionbudget"> = promql({
  unit: "none",
  labels: [...inBudget],
})`${max([...inBudget], select("kube_poddisruptionbudget_status_desired_healthy"))} - ${max([...inBudget], select("kube_poddisruptionbudget_status_current_healthy"))} > 0`;

const web = { namespace: "shop", deployment: "web" } as const;
const container = { namespace: "shop", pod: "web-1", container: "app" } as const;
const kept = { namespace: "shop", workload: "web", kind: "Deployment" } as const;
const job = { namespace: "shop", job_name: "import-1" } as const;
const hpa = { namespace: "shop", horizontalpodautoscaler: "web" } as const;
const phase = (pod: string, values: string) =>
  given("kube_pod_status_phase", { namespace: "shop", pod, phase: "Pending" }, values);
const replicas = (desired: string, ready: string) => [
  given("kube_deployment_spec_replicas", web, desired),
  given("kube_deployment_status_replicas_ready", web, ready),
];
const hard = { namespace: "shop", resourcequota: "team", resource: "requests.cpu" } as const;

const autoscaled = (replicas: string) => [
  given("kube_horizontalpodautoscaler_status_desired_replicas", hpa, replicas),
  given("kube_horizontalpodautoscaler_spec_max_replicas", hpa, replicas),
  given("kube_horizontalpodautoscaler_spec_min_replicas", hpa, "1x90"),
];
const used = (amount: string) => [
  given("kube_resourcequota", { ...hard, type: "used" }, amount),
  given("kube_resourcequota", { ...hard, type: "hard" }, "10x60"),
];
const pdb = { namespace: "shop", poddisruptionbudget: "web" } as const;
const healthy = (pods: string) => [
  given("kube_poddisruptionbudget_status_desired_healthy", pdb, "2x60"),
  given("kube_poddisruptionbudget_status_current_healthy", pdb, pods),
];
const report = { namespace: "shop", cronjob: "report" } as const;
const due = given("kube_cronjob_next_schedule_time", report, "1200x90");

/** Do workloads have the pods that they should have, and do those run? What an exporter is scraped for twice counts once. */
export const workloadsAlerts: AlertGroup = {
  name: "workloads",
  interval: "1m",
  scope: "tenant",
  rules: [
    alert({
      name: "PodCrashLooping",
      when: crashing,
      for: "15m",
      severity: "warning",
      component,
      summary: ({ cluster, namespace, pod, container }) =>
        `Container ${container} of ${namespace}/${pod} in ${cluster} crashes again and again`,
      description: ({ pod }) =>
        `${pod} has been in CrashLoopBackOff for a quarter of an hour: it ends soon after each start, and each start is put off longer.`,
      board: podBoard.uid,
      narrows: ["namespace", "pod"],
    }),
    alert({
      name: "PodCannotStart",
      when: stuck,
      for: "15m",
      severity: "warning",
      component,
      summary: ({ cluster, namespace, pod, reason }) => `${namespace}/${pod} in ${cluster} cannot start: ${reason}`,
      description: ({ container, reason }) =>
        `Container ${container} has not started for a quarter of an hour, because of ${reason}: its image, or what its configuration refers to, is not there.`,
      board: podBoard.uid,
      narrows: ["namespace", "pod"],
    }),
    alert({
      name: "ContainerOutOfMemory",
      when: killed,
      for: "0s",
      severity: "warning",
      component,
      summary: ({ cluster, namespace, pod, container }) =>
        `Container ${container} of ${namespace}/${pod} in ${cluster} runs out of memory`,
      description: ({ container, value }) =>
        `The kernel killed ${container} ${value} times within an hour because it reached its memory limit.`,
      board: podBoard.uid,
      narrows: ["namespace", "pod"],
    }),
    alert({
      name: "WorkloadDown",
      when: down("served lately"),
      for: "10m",
      severity: "critical",
      component,
      labels: { cause: "outage" },
      summary: ({ cluster, namespace, kind, workload }) =>
        `No pod of ${kind} ${namespace}/${workload} in ${cluster} is ready`,
      description: ({ workload }) => `${workload} has had no pod that can serve for ten minutes.`,
      board: workloadBoard.uid,
      narrows: ["namespace", "workload"],
    }),
    alert({
      name: "WorkloadDown",
      when: down("never served"),
      for: "10m",
      severity: "warning",
      component,
      labels: { cause: "never-ready" },
      summary: ({ cluster, namespace, kind, workload }) =>
        `${kind} ${namespace}/${workload} in ${cluster} does not come up`,
      description: ({ workload }) =>
        `${workload} should have pods, and in three days not one has been ready: mend it, or remove it.`,
      board: workloadBoard.uid,
      narrows: ["namespace", "workload"],
    }),
    alert({
      name: "WorkloadReplicasMissing",
      when: missing,
      for: "30m",
      severity: "warning",
      component,
      summary: ({ cluster, namespace, kind, workload, value }) =>
        `${kind} ${namespace}/${workload} in ${cluster} lacks ${value} pods`,
      description: ({ workload }) =>
        `For half an hour fewer pods of ${workload} have been ready than it should have. It serves, with less to spare.`,
      board: workloadBoard.uid,
      narrows: ["namespace", "workload"],
    }),
    alert({
      name: "RolloutStuck",
      when: notUpdated,
      for: "1h",
      severity: "warning",
      component,
      summary: ({ cluster, namespace, kind, workload }) =>
        `The rollout of ${kind} ${namespace}/${workload} in ${cluster} does not end`,
      description: ({ workload, value }) =>
        `For an hour ${value} pods of ${workload} have not been made as it is described now. Old and new run side by side.`,
      board: workloadBoard.uid,
      narrows: ["namespace", "workload"],
    }),
    alert({
      name: "PodsPending",
      when: pending,
      for: "15m",
      severity: "warning",
      component,
      summary: ({ cluster, namespace, value }) => `${value} pods of ${namespace} in ${cluster} find no place`,
      description: ({ namespace }) =>
        `Pods of ${namespace} have been pending for a quarter of an hour. No node has what they ask for and the autoscaler, where there is one, adds none.`,
      board: namespaceBoard.uid,
      narrows: ["namespace"],
    }),
    alert({
      name: "JobFailed",
      when: failedJobs,
      for: "15m",
      severity: "warning",
      component,
      summary: ({ cluster, namespace, job_name: job }) => `Job ${namespace}/${job} in ${cluster} failed`,
      description: ({ job_name: job }) => `${job} has given up; nothing tries again until its next schedule.`,
      board: namespaceBoard.uid,
      narrows: ["namespace"],
    }),
    alert({
      name: "CronJobLate",
      when: late,
      for: "15m",
      severity: "warning",
      component,
      summary: ({ cluster, namespace, cronjob }) => `CronJob ${namespace}/${cronjob} in ${cluster} did not run`,
      description: ({ cronjob, duration }) =>
        `${cronjob} should have begun ${duration} ago. Its last run may still go on, or the controller cannot make the Job.`,
      board: namespaceBoard.uid,
      narrows: ["namespace"],
    }),
    alert({
      name: "AutoscalerAtMaximum",
      when: atMaximum,
      for: "1h",
      severity: "info",
      component,
      summary: ({ cluster, namespace, horizontalpodautoscaler: hpa }) =>
        `${namespace}/${hpa} in ${cluster} has had all the pods it may have for an hour`,
      description: ({ value }) => `It wants ${value} pods, its maximum. What comes now makes those it has slower.`,
      board: namespaceBoard.uid,
      narrows: ["namespace"],
    }),
    alert({
      name: "QuotaAlmostUsed",
      when: quota,
      for: "30m",
      severity: "info",
      component,
      summary: ({ cluster, namespace, resource, percentage }) =>
        `${namespace} in ${cluster} has used ${percentage} of its quota of ${resource}`,
      description: ({ resourcequota, resource }) =>
        `The ResourceQuota ${resourcequota} refuses pods that need more ${resource}, also those of a rollout.`,
      board: namespaceBoard.uid,
      narrows: ["namespace"],
    }),
    alert({
      name: "DisruptionBudgetViolated",
      when: budget,
      for: "15m",
      severity: "warning",
      component,
      summary: ({ cluster, namespace, poddisruptionbudget: name }) =>
        `${namespace}/${name} in ${cluster} has fewer healthy pods than its budget allows`,
      description: ({ value }) => `${value} healthy pods are missing. Nodes cannot be drained until they are back.`,
      board: namespaceBoard.uid,
      narrows: ["namespace"],
    }),
  ],
  tests: [
    fires("PodCrashLooping", {
      when: "a container crashes, and runs for a minute between",
      series: [
        given(
          "kube_pod_container_status_waiting_reason",
          { ...container, reason: "CrashLoopBackOff", uid: "u" },
          "1 1 _ 1 1 1 _ 1 1 1 _ 1 1 1 _ 1 1 1x10",
        ),
      ],
      after: "15m",
      labels: { ...container, reason: "CrashLoopBackOff" },
      value: 1,
    }),
    quiet("PodCrashLooping", {
      when: "it crashed once",
      series: [
        given("kube_pod_container_status_waiting_reason", { ...container, reason: "CrashLoopBackOff" }, "1 1 1 _x40"),
      ],
      during: "40m",
    }),
    fires("PodCannotStart", {
      when: "the image is not there",
      series: [given("kube_pod_container_status_waiting_reason", { ...container, reason: "ImagePullBackOff" }, "1x30")],
      after: "15m",
      labels: { ...container, reason: "ImagePullBackOff" },
      value: 1,
    }),
    quiet("PodCannotStart", {
      when: "it is being created",
      series: [
        given("kube_pod_container_status_waiting_reason", { ...container, reason: "ContainerCreating" }, "1x30"),
      ],
      during: "30m",
    }),
    fires("ContainerOutOfMemory", {
      when: "killed every quarter of an hour",
      series: [
        given("kube_pod_container_status_restarts_total", { ...container, uid: "u" }, "0x14 1x14 2x14 3x14 4x14"),
        given(
          "kube_pod_container_status_last_terminated_reason",
          { ...container, reason: "OOMKilled", uid: "u" },
          "1x80",
        ),
      ],
      after: "45m",
      labels: container,
      value: 3,
    }),
    quiet("ContainerOutOfMemory", {
      when: "killed once, and restarted for another reason often",
      series: [
        given("kube_pod_container_status_restarts_total", { ...container, uid: "u" }, "0x20 1x60"),
        given(
          "kube_pod_container_status_last_terminated_reason",
          { ...container, reason: "OOMKilled", uid: "u" },
          "1x80",
        ),
        given("kube_pod_container_status_restarts_total", { ...container, pod: "web-2" }, "0+1x80"),
        given(
          "kube_pod_container_status_last_terminated_reason",
          { ...container, pod: "web-2", reason: "Error" },
          "1x80",
        ),
      ],
      during: "80m",
    }),
    fires("WorkloadDown", {
      when: "no pod is ready that was",
      series: replicas("2x60", "2x10 0x50"),
      after: "21m",
      rule: { cause: "outage" },
      labels: kept,
      value: 0,
    }),
    fires("WorkloadDown", {
      when: "no pod has ever been ready",
      series: replicas("2x60", "0x60"),
      after: "10m",
      rule: { cause: "never-ready" },
      labels: kept,
      value: 0,
    }),
    quiet("WorkloadDown", { when: "it is scaled to nothing", series: replicas("0x60", "0x60"), during: "60m" }),
    fires("WorkloadReplicasMissing", {
      when: "one of two pods is not ready",
      series: replicas("2x60", "2x10 1x50"),
      after: "41m",
      labels: kept,
      value: 1,
    }),
    quiet("WorkloadReplicasMissing", {
      when: "pods are replaced for twenty minutes",
      series: replicas("2x60", "2x10 1x19 2x60"),
      during: "60m",
    }),
    fires("RolloutStuck", {
      when: "new pods do not come",
      series: [
        given("kube_deployment_spec_replicas", web, "2x90"),
        given("kube_deployment_status_replicas_updated", web, "2x10 1x90"),
      ],
      after: "71m",
      labels: kept,
      value: 1,
    }),
    quiet("RolloutStuck", {
      when: "a rollout takes half an hour",
      series: [
        given("kube_deployment_spec_replicas", web, "2x120"),
        given("kube_deployment_status_replicas_updated", web, "2x10 1x29 2x90"),
      ],
      during: "120m",
    }),
    fires("PodsPending", {
      when: "two pods find no place, and their exporter is scraped twice",
      series: [
        phase("web-1", "1x60"),
        phase("web-2", "1x60"),
        given("kube_pod_status_phase", { namespace: "shop", pod: "web-2", phase: "Pending", instance: "b" }, "1x60"),
      ],
      after: "15m",
      labels: { namespace: "shop" },
      value: 2,
    }),
    quiet("PodsPending", {
      when: "always another pod is pending, none for long",
      series: [phase("web-1", "1x10 0x50"), phase("web-2", "0x10 1x10 0x40"), phase("web-3", "0x20 1x10 0x30")],
      during: "60m",
    }),
    fires("JobFailed", {
      when: "all tries failed",
      series: [given("kube_job_status_failed", job, "0x5 3x60"), given("kube_job_status_active", job, "1x5 0x60")],
      after: "21m",
      labels: job,
      value: 3,
    }),
    quiet("JobFailed", {
      when: "the first try failed and the second succeeded",
      series: [
        given("kube_job_status_failed", job, "1x60"),
        given("kube_job_status_active", job, "1x5 0x60"),
        given("kube_job_status_succeeded", job, "0x5 1x60"),
      ],
      during: "60m",
    }),
    fires("CronJobLate", {
      when: "it was due at the twentieth minute",
      series: [due],
      after: "51m",
      labels: report,
      value: 1860,
    }),
    quiet("CronJobLate", {
      when: "it is suspended",
      series: [due, given("kube_cronjob_spec_suspend", report, "1x90")],
      during: "90m",
    }),
    fires("AutoscalerAtMaximum", {
      when: "all pods are there that may be",
      series: autoscaled("4x90"),
      after: "1h",
      labels: hpa,
      value: 4,
    }),
    quiet("AutoscalerAtMaximum", {
      when: "it may have one only",
      series: autoscaled("1x90"),
      during: "90m",
    }),
    fires("QuotaAlmostUsed", {
      when: "it is used up",
      series: used("10x60"),
      after: "30m",
      labels: hard,
      value: 1,
    }),
    quiet("QuotaAlmostUsed", {
      when: "a tenth is left",
      series: used("9x60"),
      during: "60m",
    }),
    fires("DisruptionBudgetViolated", {
      when: "one healthy pod is missing",
      series: healthy("1x60"),
      after: "15m",
      labels: pdb,
      value: 1,
    }),
    quiet("DisruptionBudgetViolated", {
      when: "just enough are healthy",
      series: healthy("2x60"),
      during: "60m",
    }),
  ],
};
