/**
 * Models under Triton. Names and types are those of its user guide (`docs/user_guide/metrics.md`), labels those of its
 * source. Latencies are counters of microseconds: their rate by that of the requests is the mean.
 */
export const triton = {
  nv_cache_num_hits_per_model: { type: "counter", unit: "requests", labels: ["model", "version"] },
  nv_cache_num_misses_per_model: { type: "counter", unit: "requests", labels: ["model", "version"] },
  nv_cpu_memory_total_bytes: { type: "gauge", unit: "bytes", labels: [] },
  nv_cpu_memory_used_bytes: { type: "gauge", unit: "bytes", labels: [] },
  nv_cpu_utilization: { type: "gauge", unit: "ratio", labels: [] },
  nv_energy_consumption: { type: "counter", unit: "joules", labels: ["gpu_uuid"] },
  nv_gpu_memory_total_bytes: { type: "gauge", unit: "bytes", labels: ["gpu_uuid"] },
  nv_gpu_memory_used_bytes: { type: "gauge", unit: "bytes", labels: ["gpu_uuid"] },
  nv_gpu_power_limit: { type: "gauge", unit: "watts", labels: ["gpu_uuid"] },
  nv_gpu_power_usage: { type: "gauge", unit: "watts", labels: ["gpu_uuid"] },
  nv_gpu_utilization: { type: "gauge", unit: "ratio", labels: ["gpu_uuid"] },
  nv_inference_compute_infer_duration_us: { type: "counter", unit: "microseconds", labels: ["model", "version"] },
  nv_inference_compute_input_duration_us: { type: "counter", unit: "microseconds", labels: ["model", "version"] },
  nv_inference_compute_output_duration_us: { type: "counter", unit: "microseconds", labels: ["model", "version"] },
  nv_inference_count: { type: "counter", unit: "none", labels: ["model", "version"] },
  nv_inference_exec_count: { type: "counter", unit: "none", labels: ["model", "version"] },
  nv_inference_first_response_histogram_ms: {
    type: "histogram",
    unit: "milliseconds",
    labels: ["model", "version"],
    counts: "requests",
    byDefault: false,
  },
  nv_inference_pending_request_count: { type: "gauge", unit: "requests", labels: ["model", "version"] },
  nv_inference_queue_duration_us: { type: "counter", unit: "microseconds", labels: ["model", "version"] },
  nv_inference_request_duration_us: { type: "counter", unit: "microseconds", labels: ["model", "version"] },
  nv_inference_request_failure: { type: "counter", unit: "requests", labels: ["model", "reason", "version"] },
  nv_inference_request_success: { type: "counter", unit: "requests", labels: ["model", "version"] },
  nv_pinned_memory_pool_total_bytes: { type: "gauge", unit: "bytes", labels: [] },
  nv_pinned_memory_pool_used_bytes: { type: "gauge", unit: "bytes", labels: [] },
} as const;
