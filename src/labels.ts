/**
 * The labels that make a series a member of the fleet, by role. Agents attach them, queries group by them, routes match
 * them, data sources scope by them. A fleet may call them otherwise (`cluster: k8s_cluster_name`), so nothing below the
 * bundle writes a name: it writes a hole for the role, and the bundle fills it once.
 */
export const roles = ["cluster", "environment", "region", "cluster_type", "tenant_id"] as const;

/** Names that a role can't have: exporters, rules and rulers use them for something else. */
export const takenLabels: readonly string[] = [
  "alertname",
  "alertstate",
  "cause",
  "code",
  "component",
  "container",
  "cpu",
  "device",
  "instance",
  "job",
  "le",
  "mode",
  "namespace",
  "node",
  "phase",
  "pod",
  "project",
  "quantile",
  "reason",
  "resource",
  "severity",
  "state",
  "status",
  "tenant",
  "uid",
  "unit",
  "verb",
];

export type Role = (typeof roles)[number];

/** What identifies one cluster's share of an aggregate; every recorded series carries these. */
export const placeRoles = ["cluster", "environment", "region"] as const;

export type PlaceRole = (typeof placeRoles)[number];

/** What describes a cluster itself: whoever watches clusters has these. */
export const clusterExporters = [
  "kube-apiserver",
  "kubelet",
  "cadvisor",
  "kube-state-metrics",
  "node-exporter",
  "opencost",
] as const;

/** What has metrics only where somebody runs it. */
export const workloadExporters = [
  "dcgm-exporter",
  "vllm",
  "triton",
  "istio-proxy",
  "linkerd",
  "cert-manager",
  "flux",
  "argo-cd",
  "prometheus-agent",
  "alloy",
  "otelcol",
  "promtail",
  "mimir",
  "loki",
  "tempo",
  "grafana",
] as const;

/** What sends by itself: nobody scrapes it, so it has no job. */
export const pushers = ["opentelemetry", "tempo-metrics-generator"] as const;

/** What can have metrics in a cluster. A fleet says per cluster which of them run there, and under which job. */
export const exporters: readonly [Exporter, ...Exporter[]] = [...clusterExporters, ...workloadExporters, ...pushers];

type Scraped = (typeof clusterExporters)[number] | (typeof workloadExporters)[number];

export type Exporter = Scraped | (typeof pushers)[number];

/** Jobs as the charts of these name them in whatever way they are scraped; Mimir and its kin have one a component, of which this is the first. */
const usualJobs = {
  vllm: "vllm",
  triton: "triton",
  "istio-proxy": "istio-proxy",
  linkerd: "linkerd-proxy",
  "cert-manager": "cert-manager",
  flux: "flux",
  "argo-cd": "argo-cd",
  "prometheus-agent": "prometheus-agent",
  alloy: "alloy",
  otelcol: "otel-collector",
  promtail: "promtail",
  mimir: "mimir/distributor",
  loki: "loki/write",
  tempo: "tempo/distributor",
  grafana: "grafana",
} as const;

/**
 * The `job` label that each exporter has under the usual ways to scrape a cluster. Sources: the scrape configuration of
 * the prometheus chart 29, the ServiceMonitors of kube-prometheus-stack 88, Alloy's k8s-monitoring chart 3, the default
 * targets of Azure's ama-metrics (Azure/prometheus-collector otelcollector/configmapparser/default-prom-configs).
 */
export const jobPresets: Readonly<Record<JobPreset, { readonly [S in Scraped]: string }>> = {
  fleetglass: {
    ...usualJobs,
    "kube-apiserver": "kubernetes-apiservers",
    kubelet: "kubernetes-nodes",
    cadvisor: "kubernetes-nodes-cadvisor",
    "kube-state-metrics": "kube-state-metrics",
    "node-exporter": "node-exporter",
    "dcgm-exporter": "dcgm-exporter",
    opencost: "opencost",
  },
  "kube-prometheus-stack": {
    ...usualJobs,
    "kube-apiserver": "apiserver",
    kubelet: "kubelet",
    cadvisor: "kubelet",
    "kube-state-metrics": "kube-state-metrics",
    "node-exporter": "node-exporter",
    "dcgm-exporter": "dcgm-exporter",
    opencost: "opencost",
  },
  prometheus: {
    ...usualJobs,
    "kube-apiserver": "kubernetes-apiservers",
    kubelet: "kubernetes-nodes",
    cadvisor: "kubernetes-nodes-cadvisor",
    "kube-state-metrics": "kubernetes-service-endpoints",
    "node-exporter": "kubernetes-service-endpoints",
    "dcgm-exporter": "kubernetes-service-endpoints",
    opencost: "kubernetes-service-endpoints",
  },
  alloy: {
    ...usualJobs,
    "kube-apiserver": "integrations/kubernetes/kube-apiserver",
    kubelet: "integrations/kubernetes/kubelet",
    cadvisor: "integrations/kubernetes/cadvisor",
    "kube-state-metrics": "integrations/kubernetes/kube-state-metrics",
    "node-exporter": "integrations/node_exporter",
    "dcgm-exporter": "integrations/dcgm-exporter",
    opencost: "integrations/opencost",
  },
  "ama-metrics": {
    ...usualJobs,
    "kube-apiserver": "kube-apiserver",
    kubelet: "kubelet",
    cadvisor: "cadvisor",
    "kube-state-metrics": "kube-state-metrics",
    "node-exporter": "node",
    "dcgm-exporter": "dcgm-exporter",
    opencost: "opencost",
  },
};

export type JobPreset = "fleetglass" | "kube-prometheus-stack" | "prometheus" | "alloy" | "ama-metrics";

/** Everything that only the fleet knows and that a query, panel, rule or link may name. */
export type HoleName =
  | Role
  /** A regular expression of the jobs under which an exporter is scraped. */
  | `job:${Exporter}`
  /** The one job per cluster that is cheapest to ask whether the cluster still reports; and all jobs of the fleet. */
  | "job:heartbeat"
  | "job:any"
  /** A regular expression of the clusters in which an exporter runs. */
  | `clusters:${Exporter}`
  /** A regular expression of the clusters whose number of nodes does not change by itself. */
  | "clusters:fixed"
  /** Those whose logs are collected. */
  | "clusters:logs"
  /** The last environment of the fleet in which workloads run, and the one from which it is promoted to. */
  | "promotion:last"
  | "promotion:before"
  /** One cluster, in a rule that is written once per cluster: its label values, its state and its tenant. */
  | `its:${Role | "state" | "tenant"}`
  /** The uid of the data source that the board at hand reads. */
  | `source:${"metrics" | "logs" | "traces"}`
  /** Where people open Grafana, without a slash at the end. */
  | "grafana"
  /** Of the same view, as an address names it where it is not the first: `&orgId=2`. */
  | "organisation"
  /** A board's uid in the view that can show the rule at hand, and in the view of the board at hand. */
  | `board:${string}`
  | `sibling:${string}`
  /** The page of an alert; nothing where the fleet names no place for them. */
  | `runbook:${string}`
  /** Grafana's unit for the money of the fleet. */
  | "currency"
  /** Who writes: the tenant whose ruler holds the rule, and the project. */
  | "tenant"
  | "project"
  /** The namespace of the project's rules in a ruler. */
  | "ruler-namespace";

const open = "⟦";
const close = "⟧";

/** A place in a text that the bundle fills with what the fleet calls it. The brackets occur in no query language. */
export function hole(name: HoleName): string {
  return `${open}${name}${close}`;
}

/** A label as a query writes it: a hole where it is one of the fleet's roles, else itself. */
export function labelName(label: string): string {
  return isRole(label) ? hole(label) : label;
}

export function isRole(label: string): label is Role {
  return (roles as readonly string[]).includes(label);
}

/** Fills every hole. Throws where the text names a hole that nobody knows. */
export function fill(text: string, names: (name: HoleName) => string): string {
  return text.replaceAll(/⟦([^⟧]+)⟧/gu, (_, name: HoleName) => names(name));
}
