/** What Kubernetes believes: nodes, pods, requests, rollouts. */
export const kubeStateMetrics = {
  kube_node_status_allocatable: { type: "gauge", unit: "none", labels: ["node", "resource", "unit"] },
  kube_node_status_condition: { type: "gauge", unit: "none", labels: ["node", "condition", "status"] },
  kube_persistentvolume_capacity_bytes: { type: "gauge", unit: "bytes", labels: ["persistentvolume"] },
  kube_pod_container_resource_requests: {
    type: "gauge",
    unit: "none",
    labels: ["namespace", "pod", "uid", "container", "node", "resource", "unit"],
  },
  kube_pod_status_phase: { type: "gauge", unit: "none", labels: ["namespace", "pod", "uid", "phase"] },
  kube_pod_status_ready: { type: "gauge", unit: "none", labels: ["namespace", "pod", "uid", "condition"] },
  kube_replicaset_created: { type: "gauge", unit: "timestamp", labels: ["namespace", "replicaset"] },
} as const;
