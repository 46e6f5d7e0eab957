import type { NodeModel, WorkloadModel } from "../cluster.ts";
import type { Emitter, Labels, Target } from "../emit.ts";
import { beginning, isScrapedTwice } from "../mess.ts";
import { during, product, total, valueOf } from "../steps.ts";
import { versions } from "../tier.ts";
import { day, second, within, without } from "../time.ts";
import { address } from "./pod-target.ts";
import { flux } from "./flux.ts";
import { podSeries } from "./kube-pods.ts";
import { volumesOf } from "./volumes.ts";

/** What Kubernetes believes. */
export function kubeStateMetrics(emitter: Emitter): void {
  const { model, cluster } = emitter;
  const job = cluster.jobs["kube-state-metrics"];
  if (job === undefined) return;
  const scrapes = isScrapedTwice(model.world, cluster) ? [0, 1] : [0];
  for (const scrape of scrapes) {
    const target = emitter.target({ job, instance: `${address(emitter, "kube-state-metrics", scrape)}:8080` });
    for (const node of model.nodes) nodeSeries(emitter, target, node);
    for (const workload of model.workloads) workloadSeries(emitter, target, workload);
    for (const pod of model.pods) podSeries(emitter, target, pod);
    quotas(emitter, target);
    for (const { namespace, name, life, failed, succeeded } of model.jobs) {
      const labels = { namespace, job_name: name };
      target.gauge("kube_job_status_failed", labels, valueOf(failed), [life]);
      target.gauge("kube_job_status_succeeded", labels, valueOf(succeeded), [life]);
      target.gauge("kube_job_complete", { ...labels, condition: "true" }, valueOf(succeeded), [life]);
    }
    for (const { name, claim, namespace, bytes } of volumesOf(model)) {
      target.gauge("kube_persistentvolume_capacity_bytes", { persistentvolume: name }, bytes);
      target.info("kube_persistentvolume_claim_ref", {
        persistentvolume: name,
        claim_namespace: namespace,
        name: claim,
      });
      target.gauge(
        "kube_persistentvolumeclaim_resource_requests_storage_bytes",
        { namespace, persistentvolumeclaim: claim },
        bytes,
      );
    }
    if (cluster.jobs.flux !== undefined) flux(emitter, target);
  }
}

function nodeSeries(
  { model }: Emitter,
  target: Target,
  { name: node, plan, exists, away, unreachable, notReady }: NodeModel,
): void {
  const { world, cluster } = model;
  const tier = versions[model.plan.tier];
  const drift = world.windows(cluster, "version-drift");
  const about = (kubelet_version: string): Labels => ({
    node,
    kubelet_version,
    kernel_version: tier.kernel,
    os_image: tier.os,
    container_runtime_version: tier.runtime,
    kubeproxy_version: kubelet_version,
  });
  target.info(
    "kube_node_info",
    about(tier.kubernetes),
    exists.flatMap((one) => without(one, drift)),
  );
  if (drift.length > 0) {
    target.info(
      "kube_node_info",
      about(nextMinor(tier.kubernetes)),
      exists.flatMap((one) => within(one, drift)),
    );
  }
  target.gauge("kube_node_created", { node }, Math.floor(beginning / 1000), exists);
  target.gauge("kube_node_spec_unschedulable", { node }, valueOf(during(away, 1, 0)), exists);
  const ready = during(notReady, 0, 1);
  // A kubelet that is gone leaves its node unknown; one that restarts says so itself.
  const said = during(away, 1, 0);
  const unknown = during(
    unreachable.flatMap((one) => without(one, away)),
    1,
    0,
  );
  for (const [status, steps] of [
    ["true", ready],
    ["false", said],
    ["unknown", unknown],
  ] as const) {
    target.gauge("kube_node_status_condition", { node, condition: "Ready", status }, valueOf(steps), exists);
  }
  for (const condition of ["MemoryPressure", "DiskPressure"]) {
    target.gauge("kube_node_status_condition", { node, condition, status: "true" }, 0, exists);
    target.gauge("kube_node_status_condition", { node, condition, status: "false" }, 1, exists);
  }
  const resources = [
    ["cpu", "core", plan.cores, 1],
    ["memory", "byte", plan.memory, 1],
    ["pods", "integer", 110, 1],
    ...(plan.gpus > 0 ? ([["nvidia_com_gpu", "integer", plan.gpus, 1]] as const) : []),
  ] as const;
  for (const [resource, unit, amount] of resources) {
    target.gauge("kube_node_status_capacity", { node, resource, unit }, amount, exists);
    target.gauge("kube_node_status_allocatable", { node, resource, unit }, amount, exists);
  }
}

function nextMinor(version: string): string {
  return version.replace(/^v1\.(\d+)\.\d+$/u, (_, minor: string) => `v1.${Number(minor) + 1}.0`);
}

function workloadSeries({ model }: Emitter, target: Target, workload: WorkloadModel): void {
  const { plan, desired, current, ready, releases } = workload;
  const { namespace, name } = plan;
  if (plan.kind === "Deployment") {
    const labels = { namespace, deployment: name };
    const missing = total([desired, { at: ready.at, values: ready.values.map((value) => -value) }]);
    target.gauge("kube_deployment_spec_replicas", labels, valueOf(desired));
    target.gauge("kube_deployment_status_replicas", labels, valueOf(current));
    target.gauge("kube_deployment_status_replicas_available", labels, valueOf(ready));
    target.gauge("kube_deployment_status_replicas_ready", labels, valueOf(ready));
    target.gauge("kube_deployment_status_replicas_unavailable", labels, positive(valueOf(missing)));
    target.gauge("kube_deployment_status_replicas_updated", labels, updatedOf(workload));
    target.gauge("kube_deployment_spec_paused", labels, 0);
    for (const [condition, reason] of [
      ["Progressing", "NewReplicaSetAvailable"],
      ["Available", "MinimumReplicasAvailable"],
    ] as const) {
      target.gauge("kube_deployment_status_condition", { ...labels, condition, reason, status: "true" }, 1);
    }
    if (plan.service) autoscaler(target, workload);
    // A number of the release itself, so that it does not depend on how many others are known.
    const generation = (ms: number): number => {
      const { at } = releases.findLast((release) => release.at <= ms) ?? { at: beginning };
      return 1 + Math.floor((at - beginning) / day);
    };
    target.gauge("kube_deployment_metadata_generation", labels, generation);
    target.gauge("kube_deployment_status_observed_generation", labels, generation);
    for (const [at, release] of releases.entries()) {
      const replicaset = release.replicaSet;
      // The last but one is kept for a rollback.
      const exists = [{ from: release.at, to: releases[at + 2]?.at ?? Infinity }];
      const isNow = [{ from: release.at, to: releases[at + 1]?.at ?? Infinity }];
      target.gauge("kube_replicaset_created", { namespace, replicaset }, Math.floor(release.at / 1000), exists);
      target.info(
        "kube_replicaset_owner",
        { namespace, replicaset, owner_kind: "Deployment", owner_name: name, owner_is_controller: "true" },
        exists,
      );
      const wanted = product(desired, during(isNow, 1, 0));
      target.gauge("kube_replicaset_spec_replicas", { namespace, replicaset }, valueOf(wanted), exists);
    }
  } else if (plan.kind === "StatefulSet") {
    const labels = { namespace, statefulset: name };
    target.gauge("kube_statefulset_replicas", labels, valueOf(desired));
    target.gauge("kube_statefulset_status_replicas", labels, valueOf(current));
    target.gauge("kube_statefulset_status_replicas_ready", labels, valueOf(ready));
    target.gauge("kube_statefulset_status_replicas_updated", labels, updatedOf(workload));
  } else {
    const labels = { namespace, daemonset: name };
    const there = valueOf(total(model.nodes.map(({ exists }) => during(exists, 1, 0))));
    target.gauge("kube_daemonset_status_desired_number_scheduled", labels, there);
    target.gauge("kube_daemonset_status_current_number_scheduled", labels, valueOf(current));
    target.gauge("kube_daemonset_status_number_ready", labels, valueOf(ready));
    target.gauge("kube_daemonset_status_updated_number_scheduled", labels, updatedOf(workload));
  }
}

/** A rollout takes one place after the other. */
function updatedOf({ places, releases, current }: WorkloadModel): (ms: number) => number {
  const there = valueOf(current);
  const old = valueOf(
    total(
      places.map((_, at) =>
        during(
          releases.map((release) => ({ from: release.at, to: release.at + at * 20 * second })),
          1,
          0,
        ),
      ),
    ),
  );
  return (ms) => Math.max(0, there(ms) - old(ms));
}

/** It has room for half as many again, and the fleet's people decide how many there are. */
function autoscaler(target: Target, { plan, desired, current }: WorkloadModel): void {
  const { namespace, name } = plan;
  const labels = { namespace, horizontalpodautoscaler: name };
  target.info("kube_horizontalpodautoscaler_info", {
    ...labels,
    scaletargetref_api_version: "apps/v1",
    scaletargetref_kind: "Deployment",
    scaletargetref_name: name,
  });
  target.gauge("kube_horizontalpodautoscaler_spec_min_replicas", labels, 1);
  target.gauge("kube_horizontalpodautoscaler_spec_max_replicas", labels, Math.ceil(1.5 * plan.nodes.length) + 1);
  target.gauge("kube_horizontalpodautoscaler_status_current_replicas", labels, valueOf(current));
  target.gauge("kube_horizontalpodautoscaler_status_desired_replicas", labels, valueOf(desired));
}

/** Every team may have twice what its services are planned with. */
function quotas({ model }: Emitter, target: Target): void {
  const services = model.workloads.filter(({ plan }) => plan.service);
  for (const namespace of new Set(services.map(({ plan }) => plan.namespace))) {
    const workloads = services.filter(({ plan }) => plan.namespace === namespace);
    for (const [resource, each] of [
      ["requests.cpu", (one: WorkloadModel) => one.plan.requests.cpu],
      ["requests.memory", (one: WorkloadModel) => one.plan.requests.memory],
      ["pods", () => 1],
    ] as const) {
      const labels = { namespace, resourcequota: "team", resource };
      const hard = 2 * workloads.reduce((sum, one) => sum + each(one) * one.plan.nodes.length, 0);
      const taken = workloads.map((one) => ({ count: valueOf(one.current), each: each(one) }));
      target.gauge("kube_resourcequota", { ...labels, type: "hard" }, hard);
      target.gauge("kube_resourcequota", { ...labels, type: "used" }, (ms) =>
        taken.reduce((sum, one) => sum + one.each * one.count(ms), 0),
      );
    }
  }
}

function positive(value: (ms: number) => number): (ms: number) => number {
  return (ms) => Math.max(0, value(ms));
}
