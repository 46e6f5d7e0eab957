import type { Cluster } from "../fleet/model.ts";
import { agentsNamespace } from "./place.ts";
import { type OwnFleet, registry, type Release, release } from "./release.ts";

/** What Kubernetes knows of its objects. */
export function kubeStateMetrics(fleet: OwnFleet): Release<"kube-state-metrics"> {
  return release(fleet, {
    name: "kube-state-metrics",
    namespace: agentsNamespace,
    chart: "kube-state-metrics",
    values: {
      image: { registry: registry(fleet, "registry.k8s.io") },
      metricLabelsAllowlist: [
        "nodes=[kubernetes.azure.com/agentpool,node.kubernetes.io/instance-type,topology.kubernetes.io/zone]",
      ],
    },
  });
}

/** What each machine does. */
export function nodeExporter(fleet: OwnFleet): Release<"prometheus-node-exporter"> {
  return release(fleet, {
    name: "prometheus-node-exporter",
    namespace: agentsNamespace,
    chart: "prometheus-node-exporter",
    values: {
      image: { registry: registry(fleet, "quay.io") },
      tolerations: [{ operator: "Exists" }],
    },
  });
}

/** What each graphics processor does, on the nodes that have one. */
export function dcgmExporter(fleet: OwnFleet): Release<"dcgm-exporter"> {
  return release(fleet, {
    name: "dcgm-exporter",
    namespace: agentsNamespace,
    chart: "dcgm-exporter",
    values: {
      image: { repository: `${registry(fleet, "nvcr.io")}/nvidia/k8s/dcgm-exporter` },
      // The agent finds the pods by their labels, whoever runs it: by a monitor they would be scraped twice.
      serviceMonitor: { enabled: false },
      nodeSelector: { "kubernetes.azure.com/accelerator": "nvidia" },
      tolerations: [{ key: "sku", operator: "Equal", value: "gpu", effect: "NoSchedule" }],
    },
  });
}

/** What the cluster costs. It counts by itself and asks no Prometheus, so it can see no cluster but its own. */
export function opencost(fleet: OwnFleet, cluster: Cluster): Release<"opencost"> {
  return release(fleet, {
    name: "opencost",
    namespace: agentsNamespace,
    chart: "opencost",
    values: {
      opencost: {
        exporter: {
          image: { registry: registry(fleet, "ghcr.io") },
          defaultClusterId: cluster.name,
          collectorDataSource: { enabled: true },
        },
        prometheus: { internal: { enabled: false }, external: { enabled: false } },
        ui: { enabled: false },
      },
    },
  });
}
