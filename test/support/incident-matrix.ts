import type { FaultName } from "../../src/simulate/faults.ts";

export interface Expected {
  /** Minutes of life before the end, of which the first half hour is well. */
  readonly minutes: number;
  /** Divides what takes a day or longer, in rules. */
  readonly factor?: number;
  /** Every alert that fires because of it, as `nameOf` writes it: no other may. */
  readonly alerts: readonly string[];
  /** Of which people are told, after inhibition: what wakes somebody. */
  readonly pages: readonly string[];
}

/** Fires on every day of this world: somebody's experiment in a sandbox of development, which wakes nobody. */
export const always: readonly string[] = ["PodCrashLooping dev-uaenorth", "WorkloadDown dev-uaenorth"];

const prd = "prd-uaenorth";

/** What each fault of the simulator sets off, in production where it has no other place. */
export const incidents: Readonly<Partial<Record<FaultName, Expected>>> = {
  "cluster-silent": { minutes: 120, alerts: [`ClusterDown ${prd} silent`], pages: [`ClusterDown ${prd} silent`] },
  "apiserver-down": {
    minutes: 120,
    alerts: [`ClusterDown ${prd} apiserver`, `TargetsDown ${prd}`],
    pages: [`ClusterDown ${prd} apiserver`],
  },
  "node-not-ready": {
    minutes: 120,
    alerts: [
      `ClusterNodesNotReady ${prd}`,
      `NodeNotReady ${prd}`,
      `TargetsDown ${prd}`,
      `WorkloadDown ${prd}`,
      `WorkloadReplicasMissing ${prd}`,
    ],
    pages: [`ClusterNodesNotReady ${prd}`],
  },
  "agent-behind": {
    minutes: 120,
    alerts: [`AgentBehind ${prd}`, `AgentShardsSaturated ${prd}`],
    pages: [`AgentBehind ${prd}`],
  },
  "remote-write-failing": { minutes: 120, alerts: [`SamplesLost ${prd}`], pages: [`SamplesLost ${prd}`] },
  "collector-dropping": {
    minutes: 120,
    alerts: [`CollectorDropping ${prd}`, `CollectorQueueAlmostFull ${prd}`],
    pages: [`CollectorDropping ${prd}`],
  },
  "certificate-expiring": {
    minutes: 120,
    alerts: [`CertificateExpiring ${prd}`, `CertificateOverdue ${prd}`],
    pages: [`CertificateExpiring ${prd}`],
  },
  "gpu-xid": {
    minutes: 120,
    alerts: [`GpuHardwareError ${prd}`, `GpuUncorrectableErrors ${prd}`],
    pages: [`GpuHardwareError ${prd}`],
  },
  "gpu-saturated": {
    minutes: 120,
    alerts: [
      `InferencePreempting ${prd}`,
      `InferenceQueueing ${prd}`,
      `InferenceSlow ${prd} first`,
      `MultiClusterGPUHigh ${prd}`,
      `PodsPending ${prd}`,
      `WorkloadReplicasMissing ${prd}`,
    ],
    pages: [],
  },
  "inference-slow": { minutes: 120, alerts: [`InferenceSlow ${prd} first`], pages: [] },
};
