/**
 * What it costs, in the currency that OpenCost is configured with. OpenCost's own `region` label is the cloud's name
 * for it and not the fleet's; agents rename it to `cost_region`. Names as documented by OpenCost, labels from its
 * source: the documentation has some wrong.
 */
export const opencost = {
  /** The larger of request and use. */
  container_cpu_allocation: {
    type: "gauge",
    unit: "cores",
    labels: ["container", "instance", "namespace", "node", "pod"],
  },
  container_gpu_allocation: {
    type: "gauge",
    unit: "none",
    labels: ["container", "instance", "namespace", "node", "pod"],
  },
  container_memory_allocation_bytes: {
    type: "gauge",
    unit: "bytes",
    labels: ["container", "instance", "namespace", "node", "pod"],
  },
  kubecost_cluster_management_cost: { type: "gauge", unit: "currency per hour", labels: ["provisioner_name"] },
  kubecost_load_balancer_cost: {
    type: "gauge",
    unit: "currency per hour",
    labels: ["ingress_ip", "namespace", "service_name"],
  },
  /** Currency per GiB, as are the other two. */
  kubecost_network_internet_egress_cost: { type: "gauge", unit: "none", labels: [] },
  kubecost_network_region_egress_cost: { type: "gauge", unit: "none", labels: [] },
  kubecost_network_zone_egress_cost: { type: "gauge", unit: "none", labels: [] },
  kubecost_node_is_spot: {
    type: "gauge",
    unit: "none",
    labels: ["arch", "cost_region", "instance", "instance_type", "node", "provider_id"],
  },
  /** Per core. */
  node_cpu_hourly_cost: {
    type: "gauge",
    unit: "currency per hour",
    labels: ["arch", "cost_region", "instance", "instance_type", "node", "provider_id"],
  },
  node_gpu_count: {
    type: "gauge",
    unit: "none",
    labels: ["arch", "cost_region", "instance", "instance_type", "node", "provider_id"],
  },
  /** Per GPU. */
  node_gpu_hourly_cost: {
    type: "gauge",
    unit: "currency per hour",
    labels: ["arch", "cost_region", "instance", "instance_type", "node", "provider_id"],
  },
  /** Per GiB. */
  node_ram_hourly_cost: {
    type: "gauge",
    unit: "currency per hour",
    labels: ["arch", "cost_region", "instance", "instance_type", "node", "provider_id"],
  },
  node_total_hourly_cost: {
    type: "gauge",
    unit: "currency per hour",
    labels: ["arch", "cost_region", "instance", "instance_type", "node", "provider_id"],
  },
  pod_pvc_allocation: {
    type: "gauge",
    unit: "bytes",
    labels: ["namespace", "persistentvolume", "persistentvolumeclaim", "pod"],
  },
  /** Per GiB of capacity. */
  pv_hourly_cost: {
    type: "gauge",
    unit: "currency per hour",
    labels: ["persistentvolume", "provider_id", "volumename"],
  },
} as const;
