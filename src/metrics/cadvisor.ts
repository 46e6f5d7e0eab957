/**
 * Containers, as the kubelet reports them under `/metrics/cadvisor`. A series without `container` is the pod's or the
 * node's sum; summing all of them counts everything twice. Versions are Kubernetes' own.
 */
export const cadvisor = {
  cadvisor_version_info: {
    type: "info",
    unit: "none",
    labels: ["cadvisorRevision", "cadvisorVersion", "dockerVersion", "kernelVersion", "osVersion"],
  },
  container_cpu_cfs_periods_total: {
    type: "counter",
    unit: "none",
    labels: ["container", "id", "image", "name", "namespace", "pod"],
  },
  container_cpu_cfs_throttled_periods_total: {
    type: "counter",
    unit: "none",
    labels: ["container", "id", "image", "name", "namespace", "pod"],
  },
  container_cpu_cfs_throttled_seconds_total: {
    type: "counter",
    unit: "seconds",
    labels: ["container", "id", "image", "name", "namespace", "pod"],
  },
  container_cpu_system_seconds_total: {
    type: "counter",
    unit: "seconds",
    labels: ["container", "id", "image", "name", "namespace", "pod"],
  },
  container_cpu_usage_seconds_total: {
    type: "counter",
    unit: "seconds",
    labels: ["container", "cpu", "id", "image", "name", "namespace", "pod"],
  },
  container_cpu_user_seconds_total: {
    type: "counter",
    unit: "seconds",
    labels: ["container", "id", "image", "name", "namespace", "pod"],
  },
  container_fs_limit_bytes: {
    type: "gauge",
    unit: "bytes",
    labels: ["container", "device", "id", "image", "name", "namespace", "pod"],
  },
  container_fs_reads_bytes_total: {
    type: "counter",
    unit: "bytes",
    labels: ["container", "device", "id", "image", "name", "namespace", "pod"],
  },
  container_fs_reads_total: {
    type: "counter",
    unit: "none",
    labels: ["container", "device", "id", "image", "name", "namespace", "pod"],
  },
  container_fs_usage_bytes: {
    type: "gauge",
    unit: "bytes",
    labels: ["container", "device", "id", "image", "name", "namespace", "pod"],
  },
  container_fs_writes_bytes_total: {
    type: "counter",
    unit: "bytes",
    labels: ["container", "device", "id", "image", "name", "namespace", "pod"],
  },
  container_fs_writes_total: {
    type: "counter",
    unit: "none",
    labels: ["container", "device", "id", "image", "name", "namespace", "pod"],
  },
  container_last_seen: {
    type: "gauge",
    unit: "timestamp",
    labels: ["container", "id", "image", "name", "namespace", "pod"],
  },
  container_memory_cache: {
    type: "gauge",
    unit: "bytes",
    labels: ["container", "id", "image", "name", "namespace", "pod"],
  },
  container_memory_failures_total: {
    type: "counter",
    unit: "none",
    labels: ["container", "failure_type", "id", "image", "name", "namespace", "pod", "scope"],
  },
  container_memory_rss: {
    type: "gauge",
    unit: "bytes",
    labels: ["container", "id", "image", "name", "namespace", "pod"],
  },
  container_memory_swap: {
    type: "gauge",
    unit: "bytes",
    labels: ["container", "id", "image", "name", "namespace", "pod"],
  },
  container_memory_usage_bytes: {
    type: "gauge",
    unit: "bytes",
    labels: ["container", "id", "image", "name", "namespace", "pod"],
  },
  container_memory_working_set_bytes: {
    type: "gauge",
    unit: "bytes",
    labels: ["container", "id", "image", "name", "namespace", "pod"],
  },
  container_network_receive_bytes_total: {
    type: "counter",
    unit: "bytes",
    labels: ["container", "id", "image", "interface", "name", "namespace", "pod"],
  },
  container_network_receive_errors_total: {
    type: "counter",
    unit: "none",
    labels: ["container", "id", "image", "interface", "name", "namespace", "pod"],
  },
  container_network_receive_packets_dropped_total: {
    type: "counter",
    unit: "none",
    labels: ["container", "id", "image", "interface", "name", "namespace", "pod"],
  },
  container_network_receive_packets_total: {
    type: "counter",
    unit: "none",
    labels: ["container", "id", "image", "interface", "name", "namespace", "pod"],
  },
  container_network_transmit_bytes_total: {
    type: "counter",
    unit: "bytes",
    labels: ["container", "id", "image", "interface", "name", "namespace", "pod"],
  },
  container_network_transmit_errors_total: {
    type: "counter",
    unit: "none",
    labels: ["container", "id", "image", "interface", "name", "namespace", "pod"],
  },
  container_network_transmit_packets_dropped_total: {
    type: "counter",
    unit: "none",
    labels: ["container", "id", "image", "interface", "name", "namespace", "pod"],
  },
  container_network_transmit_packets_total: {
    type: "counter",
    unit: "none",
    labels: ["container", "id", "image", "interface", "name", "namespace", "pod"],
  },
  container_oom_events_total: {
    type: "counter",
    unit: "none",
    labels: ["container", "id", "image", "name", "namespace", "pod"],
  },
  container_pressure_cpu_stalled_seconds_total: {
    type: "counter",
    unit: "seconds",
    labels: ["container", "id", "image", "name", "namespace", "pod"],
    since: "1.34",
  },
  container_pressure_cpu_waiting_seconds_total: {
    type: "counter",
    unit: "seconds",
    labels: ["container", "id", "image", "name", "namespace", "pod"],
    since: "1.34",
  },
  container_pressure_io_stalled_seconds_total: {
    type: "counter",
    unit: "seconds",
    labels: ["container", "id", "image", "name", "namespace", "pod"],
    since: "1.34",
  },
  container_pressure_io_waiting_seconds_total: {
    type: "counter",
    unit: "seconds",
    labels: ["container", "id", "image", "name", "namespace", "pod"],
    since: "1.34",
  },
  container_pressure_memory_stalled_seconds_total: {
    type: "counter",
    unit: "seconds",
    labels: ["container", "id", "image", "name", "namespace", "pod"],
    since: "1.34",
  },
  container_pressure_memory_waiting_seconds_total: {
    type: "counter",
    unit: "seconds",
    labels: ["container", "id", "image", "name", "namespace", "pod"],
    since: "1.34",
  },
  container_processes: {
    type: "gauge",
    unit: "none",
    labels: ["container", "id", "image", "name", "namespace", "pod"],
  },
  container_spec_cpu_period: {
    type: "gauge",
    unit: "none",
    labels: ["container", "id", "image", "name", "namespace", "pod"],
  },
  container_spec_cpu_quota: {
    type: "gauge",
    unit: "none",
    labels: ["container", "id", "image", "name", "namespace", "pod"],
  },
  container_spec_memory_limit_bytes: {
    type: "gauge",
    unit: "bytes",
    labels: ["container", "id", "image", "name", "namespace", "pod"],
  },
  container_start_time_seconds: {
    type: "gauge",
    unit: "timestamp",
    labels: ["container", "id", "image", "name", "namespace", "pod"],
  },
  container_threads: { type: "gauge", unit: "none", labels: ["container", "id", "image", "name", "namespace", "pod"] },
  machine_cpu_cores: { type: "gauge", unit: "none", labels: ["boot_id", "machine_id", "system_uuid"] },
  machine_cpu_physical_cores: { type: "gauge", unit: "none", labels: ["boot_id", "machine_id", "system_uuid"] },
  machine_memory_bytes: { type: "gauge", unit: "bytes", labels: ["boot_id", "machine_id", "system_uuid"] },
  machine_swap_bytes: { type: "gauge", unit: "bytes", labels: ["boot_id", "machine_id", "system_uuid"] },
} as const;
