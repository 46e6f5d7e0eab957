import type { Fleet } from "../fleet/model.ts";
import type { AlertGroup } from "./alert.ts";

/**
 * What kubernetes-mixin says already, by the names of our alerts that say the same. Its names are those of its release 1.0 and
 * later; what only newer ones have is not here, for then nobody might say it. Source: kubernetes-monitoring/kubernetes-mixin
 * alerts/apps_alerts.libsonnet, resource_alerts.libsonnet, storage_alerts.libsonnet, kubelet.libsonnet.
 */
export const saidByMixin: Readonly<Record<string, readonly string[]>> = {
  PodCrashLooping: ["KubePodCrashLooping"],
  PodCannotStart: ["KubeContainerWaiting"],
  PodsPending: ["KubePodNotReady"],
  WorkloadDown: ["KubeDeploymentReplicasMismatch", "KubeStatefulSetReplicasMismatch"],
  WorkloadReplicasMissing: ["KubeDeploymentReplicasMismatch", "KubeStatefulSetReplicasMismatch"],
  RolloutStuck: ["KubeStatefulSetUpdateNotRolledOut", "KubeDaemonSetRolloutStuck", "KubeDeploymentGenerationMismatch"],
  JobFailed: ["KubeJobFailed"],
  AutoscalerAtMaximum: ["KubeHpaMaxedOut"],
  QuotaAlmostUsed: ["KubeQuotaAlmostFull"],
  NodeNotReady: ["KubeNodeNotReady"],
  VolumeFilling: ["KubePersistentVolumeFillingUp"],
  VolumeFull: ["KubePersistentVolumeFillingUp"],
  VolumeInodesExhausted: ["KubePersistentVolumeInodesFillingUp"],
};

/** The alerts that a fleet wants of ours: none that would notify a second time of what others say already. */
export function withoutExisting(groups: readonly AlertGroup[], { alerting }: Fleet): readonly AlertGroup[] {
  if (alerting.workloads === "own") return groups;
  const stays = ({ alert }: { readonly alert: string }): boolean => saidByMixin[alert] === undefined;
  return groups.map(({ tests, ...group }) => ({
    ...group,
    rules: group.rules.filter(stays),
    ...(tests && { tests: tests.filter(stays) }),
  }));
}
