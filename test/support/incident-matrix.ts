import type { FaultName } from "../../src/simulate/faults.ts";

/** Who is told: somebody is woken, it is for working hours, it is read, or nobody, since another alert explains it. */
export type Urgency = "page" | "ticket" | "chat" | "nobody";

export interface Expected {
  /** Minutes of life, of which the first are well. Default 120, and 30. */
  readonly minutes?: number;
  readonly well?: number;
  /** Divides what takes a day or longer, in rules. */
  readonly factor?: number;
  /** Every alert that fires because of it, as `nameOf` writes it, and who is told: no other may fire. */
  readonly alerts: Readonly<Record<string, Urgency>>;
}

/** Fires on a working day of this world, with no fault: somebody's experiment in a sandbox, bugs of those who try models. */
export const mess: readonly string[] = [
  "PodCrashLooping dev-uaenorth",
  "WorkloadDown dev-uaenorth never-ready",
  "GpuApplicationError dev-uaenorth",
  "GpuApplicationError stg-uaenorth",
];

/** What compares clusters has none of its own. */
export const wider: readonly string[] = ["EnvironmentDrift", "ErrorBudgetBurn", "ErrorBudgetExhausted", "Watchdog"];

const prd = "prd-uaenorth";
const ops = "ops-uaenorth";

/** What each fault of the simulator sets off, in production where it has no other place. */
export const incidents: Readonly<Record<FaultName, Expected>> = {
  "cluster-silent": { alerts: { [`ClusterDown ${prd} silent`]: "page" } },
  "apiserver-down": {
    alerts: { [`ClusterDown ${prd} apiserver`]: "page", [`TargetsDown ${prd}`]: "nobody" },
  },
  "node-not-ready": {
    alerts: {
      [`ClusterNodesNotReady ${prd}`]: "page",
      [`NodeNotReady ${prd}`]: "nobody",
      [`TargetsDown ${prd}`]: "nobody",
      [`WorkloadDown ${prd} outage`]: "nobody",
      [`WorkloadReplicasMissing ${prd}`]: "nobody",
    },
  },
  "agent-behind": { alerts: { [`AgentBehind ${prd}`]: "page", [`AgentShardsSaturated ${prd}`]: "nobody" } },
  "remote-write-failing": { alerts: { [`SamplesLost ${prd}`]: "page" } },
  "collector-dropping": {
    alerts: { [`CollectorDropping ${prd}`]: "page", [`CollectorQueueAlmostFull ${prd}`]: "nobody" },
  },
  "memory-filling": { alerts: {} },
  "cpu-saturated": { alerts: { [`ClusterCpuSaturated ${prd}`]: "ticket" } },
  "version-drift": { alerts: {} },
  "image-drift": { alerts: {} },
  "replica-drift": { alerts: {} },
  "certificate-expiring": {
    alerts: { [`CertificateExpiring ${prd}`]: "page", [`CertificateOverdue ${prd}`]: "nobody" },
  },
  "gpu-xid": {
    alerts: { [`GpuHardwareError ${prd}`]: "page", [`GpuUncorrectableErrors ${prd}`]: "nobody" },
  },
  "gpu-idle": { alerts: {} },
  "gpu-saturated": {
    alerts: {
      [`InferencePreempting ${prd}`]: "ticket",
      [`InferenceQueueing ${prd}`]: "nobody",
      [`InferenceSlow ${prd} first`]: "ticket",
      [`MultiClusterGPUHigh ${prd}`]: "ticket",
      [`PodsPending ${prd}`]: "ticket",
      [`WorkloadReplicasMissing ${prd}`]: "ticket",
    },
  },
  "inference-slow": { alerts: { [`InferenceSlow ${prd} first`]: "ticket" } },
  "error-burst": {
    alerts: {
      [`ErrorBudgetBurn prd availability 1h`]: "page",
      [`ErrorBudgetBurn prd availability 3d`]: "nobody",
      [`ErrorBudgetBurn prd availability 6h`]: "nobody",
      [`ErrorBudgetExhausted prd availability`]: "nobody",
    },
  },
  "latency-burst": { alerts: {} },
  "cost-spike": { alerts: {} },
  "tenant-over-limit": {
    alerts: { [`TenantSamplesDiscarded ${ops}`]: "ticket", [`TenantSeriesLimitNear ${ops}`]: "ticket" },
  },
  "ruler-failing": { alerts: {} },
  "log-flood": { alerts: {} },
  "wrong-external-label": { alerts: {} },
};

/** Who a receiver tells, by what its name ends in. */
export function urgencyOf(receiver: string): Urgency {
  const ends = { "-critical": "page", "-alerts": "ticket", "-chat": "chat" } as const;
  return Object.entries(ends).find(([end]) => receiver.endsWith(end))?.[1] ?? "nobody";
}

export function isMess(alert: string): boolean {
  return alert.startsWith("Watchdog") || mess.includes(alert);
}
