import type { Role } from "../labels.ts";

/** While the one fires, nobody is told of the other, where both have these labels alike. */
export interface Inhibition {
  readonly source: string;
  readonly target: string;
  /** Labels of the fleet by role. */
  readonly equal: readonly (Role | (string & {}))[];
  /** Only where alerts of several tenants cannot meet: nothing that both have names the tenant. */
  readonly withinTenant?: boolean;
}

const inCluster = ["cluster", "environment"] as const;

/** What explains what. Each holds within a cluster or an environment, and so within a tenant. */
export const inhibitions: readonly Inhibition[] = [
  // What falls silent together has one cause.
  { source: `alertname="TenantSilent"`, target: `alertname="ClusterDown"`, equal: ["environment"], withinTenant: true },
  { source: `alertname="ClusterDown"`, target: `alertname!~"ClusterDown|TenantSilent|Watchdog"`, equal: inCluster },
  {
    source: `alertname="ClusterDown", cause="silent"`,
    target: `alertname="ClusterDown", cause="apiserver"`,
    equal: inCluster,
  },
  {
    source: `alertname="ClusterNodesNotReady"`,
    target: `alertname=~"NodeNotReady|WorkloadDown|WorkloadReplicasMissing|PodsPending|TargetsDown|ExporterMissing|DisruptionBudgetViolated"`,
    equal: inCluster,
  },
  // What does not arrive looks like what is not there.
  {
    source: `alertname=~"AgentBehind|SamplesLost"`,
    target: `alertname=~"AgentShardsSaturated|TargetsDown|ExporterMissing|ErrorBudgetBurn"`,
    equal: inCluster,
  },
  {
    source: `alertname="CollectorDropping"`,
    target: `alertname=~"CollectorQueueAlmostFull|CollectorSendFailing|CollectorRefusing"`,
    equal: inCluster,
  },
  // Of the same thing the worse.
  {
    source: `severity="critical"`,
    target: `severity=~"warning|info"`,
    equal: ["alertname", ...inCluster, "namespace", "node", "job", "service", "slo"],
  },
  {
    source: `alertname="ErrorBudgetBurn", window="1h"`,
    target: `alertname="ErrorBudgetBurn", window="6h"`,
    equal: ["environment", "service", "slo"],
  },
  {
    source: `alertname="ErrorBudgetBurn", severity="critical"`,
    target: `alertname="ErrorBudgetExhausted"`,
    equal: ["environment", "service", "slo"],
  },
  {
    source: `alertname="NodeDiskFull"`,
    target: `alertname="NodeDiskFilling"`,
    equal: [...inCluster, "node", "mountpoint"],
  },
  {
    source: `alertname="VolumeFull"`,
    target: `alertname="VolumeFilling"`,
    equal: [...inCluster, "namespace", "persistentvolumeclaim"],
  },
  {
    source: `alertname="CertificateExpiring"`,
    target: `alertname="CertificateOverdue"`,
    equal: [...inCluster, "namespace", "name"],
  },
  {
    source: `alertname="GpuHardwareError"`,
    target: `alertname="GpuUncorrectableErrors"`,
    equal: [...inCluster, "node", "gpu"],
  },
  { source: `alertname="MultiClusterGPUHigh"`, target: `alertname="InferenceQueueing"`, equal: inCluster },
  // A rule that fails may also take too long.
  {
    source: `alertname="RuleEvaluationFailing", severity="critical"`,
    target: `alertname="RuleEvaluationMissed"`,
    equal: [...inCluster, "user"],
  },
  // A ruler that fails says nothing right about slow things; the owner's own, which evaluates them.
  {
    source: `alertname=~"RuleEvaluationFailing|RuleEvaluationMissed|MimirRequestErrors"`,
    target: `component=~"drift|cost|capacity"`,
    equal: inCluster,
  },
];
