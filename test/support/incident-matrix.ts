import type { FaultName } from "../../src/simulate/faults.ts";

/** Who is told: somebody is woken, it is for working hours, it is read, or nobody, since another alert explains it. */
export type Urgency = "page" | "ticket" | "chat" | "nobody";

export interface Expected {
  /** Minutes of life, of which the first are well. Default 120, and 30. */
  readonly minutes?: number;
  readonly well?: number;
  /** How long the fault lasts. Default: until after the end. */
  readonly lasts?: string;
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

/** A day is twenty minutes, and a week less than two and a half hours. */
const drifting = { factor: 72, well: 100 } as const;

/** Six hours of service before it: the share of the last hour must not be that of all time. */
const burning = { well: 360, minutes: 450 } as const;

function burnt(objective: string): Expected["alerts"] {
  return {
    [`ErrorBudgetBurn prd ${objective} 1h`]: "page",
    [`ErrorBudgetBurn prd ${objective} 3d`]: "nobody",
    [`ErrorBudgetBurn prd ${objective} 6h`]: "nobody",
    [`ErrorBudgetExhausted prd ${objective}`]: "nobody",
  };
}

/** What each fault of the simulator sets off, in production where it has no other place. */
export const incidents: Readonly<Record<FaultName, Expected>> = {
  "cluster-silent": { alerts: { [`ClusterDown ${prd} silent`]: "page" } },
  "apiserver-down": {
    alerts: { [`ClusterDown ${prd} apiserver`]: "page", [`TargetsDown ${prd}`]: "nobody" },
  },
  "node-not-ready": {
    // That it served before is seen every quarter of an hour.
    well: 60,
    minutes: 150,
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
    alerts: {
      [`CollectorDropping ${prd} otlp/tempo`]: "page",
      [`CollectorDropping ${prd} otlphttp/loki`]: "page",
      [`CollectorDropping ${prd} prometheusremotewrite/mimir`]: "page",
      [`CollectorQueueAlmostFull ${prd}`]: "nobody",
    },
  },
  // Five hours until nine tenths of what was free are gone. Nobody is told before: a forecast needs two weeks of history.
  "memory-filling": { minutes: 330, lasts: "305m", alerts: { [`ClusterMemoryFull ${prd}`]: "ticket" } },
  "cpu-saturated": { alerts: { [`ClusterCpuSaturated ${prd}`]: "ticket" } },
  "version-drift": { ...drifting, minutes: 180, alerts: { "EnvironmentDrift prd version": "ticket" } },
  "image-drift": { ...drifting, minutes: 180, alerts: { "EnvironmentDrift prd image": "chat" } },
  // Two days after it, it is the new normal.
  "replica-drift": { ...drifting, minutes: 135, alerts: { "EnvironmentDrift prd replicas": "chat" } },
  "certificate-expiring": {
    alerts: { [`CertificateExpiring ${prd}`]: "page", [`CertificateOverdue ${prd}`]: "nobody" },
  },
  // What is an event and no state is over after an hour.
  "gpu-xid": {
    minutes: 85,
    alerts: { [`GpuHardwareError ${prd}`]: "page", [`GpuUncorrectableErrors ${prd}`]: "nobody" },
  },
  "gpu-idle": { minutes: 240, alerts: { [`GpuIdle ${prd}`]: "chat" } },
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
  "error-burst": { ...burning, alerts: burnt("availability") },
  "latency-burst": { ...burning, alerts: burnt("latency") },
  // A week is four hours: there is one to compare with before it begins.
  "cost-spike": { factor: 42, well: 250, minutes: 440, alerts: { [`CostAnomaly ${prd}`]: "chat" } },
  "tenant-over-limit": {
    alerts: { [`TenantSamplesDiscarded ${ops}`]: "ticket", [`TenantSeriesLimitNear ${ops}`]: "ticket" },
  },
  "ruler-failing": {
    alerts: { [`RuleEvaluationFailing ${ops} platform`]: "page", [`RuleEvaluationMissed ${ops}`]: "nobody" },
  },
  "log-errors": { alerts: { [`LogErrorBurst ${prd}`]: "ticket" } },
  // Those of the stack and those of the cluster are told, each by their own tenant.
  "log-flood": { alerts: { [`LogsLost ${prd}`]: "ticket", [`TenantLogsDiscarded ${ops}`]: "ticket" } },
  "wrong-external-label": { alerts: { [`ClusterLabelMismatch ${prd}`]: "ticket" } },
};

/** Who a receiver tells, by what its name ends in. */
export function urgencyOf(receiver: string): Urgency {
  const ends = { "-critical": "page", "-alerts": "ticket", "-chat": "chat" } as const;
  return Object.entries(ends).find(([end]) => receiver.endsWith(end))?.[1] ?? "nobody";
}

export function isMess(alert: string): boolean {
  return alert.startsWith("Watchdog") || mess.includes(alert);
}
