/** Machines: processors, memory, disks. */
export const nodeExporter = {
  node_cpu_seconds_total: { type: "counter", unit: "seconds", labels: ["instance", "job", "cpu", "mode"] },
  node_memory_MemAvailable_bytes: { type: "gauge", unit: "bytes", labels: ["instance", "job"] },
  node_memory_MemTotal_bytes: { type: "gauge", unit: "bytes", labels: ["instance", "job"] },
} as const;
