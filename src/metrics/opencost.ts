/**
 * What it costs, in the currency that OpenCost is configured with. OpenCost's own `region` label is the cloud's name for
 * it and not the fleet's; agents rename it to `cost_region`.
 */
export const opencost = {
  kubecost_load_balancer_cost: {
    type: "gauge",
    unit: "currency per hour",
    labels: ["namespace", "service_name", "ingress_ip"],
  },
  node_total_hourly_cost: {
    type: "gauge",
    unit: "currency per hour",
    labels: ["instance", "node", "instance_type", "arch", "provider_id", "cost_region"],
  },
  /** Per GiB of capacity. */
  pv_hourly_cost: {
    type: "gauge",
    unit: "currency per hour",
    labels: ["persistentvolume", "volumename", "provider_id"],
  },
} as const;
