import type { Fleet, FleetInput } from "./model.ts";
import { resolveFleet } from "./resolve.ts";

/** The inference servers of the clusters with graphics processors. */
const inference = { override: { vllm: true, triton: true } };

/** The reference architecture: one region, a cluster and a tenant per environment, and a management cluster. */
export const referenceInput: FleetInput = {
  name: "platform-core",
  title: "Platform Core",
  environments: [
    { name: "dev", title: "Dev" },
    { name: "stg", title: "Staging" },
    { name: "prd", title: "Production" },
    { name: "ops", title: "Operations", ranksAs: "prd" },
  ],
  defaults: {
    provider: "aks",
    mesh: "istio",
    metricsAgent: "prometheus-agent",
    logsAgent: "promtail",
    exporters: {
      override: {
        opentelemetry: true,
        "tempo-metrics-generator": true,
        "cert-manager": true,
        flux: true,
        otelcol: true,
      },
    },
  },
  clusters: [
    {
      name: "dev-uaenorth",
      environment: "dev",
      region: "uaenorth",
      gpu: { model: "NVIDIA A10" },
      exporters: inference,
    },
    {
      name: "stg-uaenorth",
      environment: "stg",
      region: "uaenorth",
      gpu: { model: "NVIDIA A100" },
      exporters: inference,
    },
    {
      name: "prd-uaenorth",
      environment: "prd",
      region: "uaenorth",
      gpu: { model: "NVIDIA H100" },
      exporters: inference,
    },
    { name: "ops-uaenorth", environment: "ops", region: "uaenorth", type: "ops", mesh: "none" },
  ],
  backends: [
    { kind: "mimir", url: "http://mimir-gateway.mimir.svc.cluster.local/prometheus" },
    { kind: "loki", url: "http://loki-gateway.loki.svc.cluster.local" },
    { kind: "tempo", url: "http://tempo-gateway.tempo.svc.cluster.local" },
    { kind: "prometheus", url: "http://prometheus-server.prometheus.svc.cluster.local" },
    { kind: "alertmanager", url: "http://mimir-gateway.mimir.svc.cluster.local/alertmanager" },
  ],
  grafanas: [{ url: "https://grafana.ops-uaenorth.internal" }],
  runbooks: "https://runbooks.ops-uaenorth.internal",
  infrastructure: {
    outageBudget: "15m",
    keyVault: "kv-lgtm-ops-uaenorth",
    signIn: { kind: "azure-ad", directory: "platform-core.onmicrosoft.com" },
  },
  businessHours: { timeZone: "Asia/Dubai", days: ["mon", "tue", "wed", "thu", "fri"], hours: "08:00-18:00" },
};

let resolved: Fleet | undefined;

/** The fleet of the reference architecture, worked out when somebody first asks for it. */
export function resolvedReference(): Fleet {
  return (resolved ??= resolveFleet(referenceInput));
}
