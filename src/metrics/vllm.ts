/**
 * Language models under vLLM. The scrape at hand is of an older engine without the label `engine`; both names of what
 * was renamed are kept, since a fleet in mid-upgrade has both: an old name is deprecated in one version, hidden in the
 * next, and removed in the one after. Source of labels and of the versions: `vllm/v1/metrics/loggers.py` of 0.9.1 to
 * 0.12.0.
 */
export const vllm = {
  "vllm:cache_config_info": {
    type: "info",
    unit: "none",
    labels: [
      "block_size",
      "cache_dtype",
      "enable_prefix_caching",
      "engine",
      "gpu_memory_utilization",
      "num_gpu_blocks",
    ],
  },
  "vllm:e2e_request_latency_seconds": {
    type: "histogram",
    unit: "seconds",
    labels: ["engine", "model_name"],
    counts: "requests",
  },
  "vllm:external_prefix_cache_hits_total": { type: "counter", unit: "none", labels: ["engine", "model_name"] },
  "vllm:external_prefix_cache_queries_total": { type: "counter", unit: "none", labels: ["engine", "model_name"] },
  "vllm:generation_tokens_total": { type: "counter", unit: "none", labels: ["engine", "model_name"] },
  "vllm:gpu_cache_usage_perc": {
    type: "gauge",
    unit: "ratio",
    labels: ["engine", "model_name"],
    until: "0.10",
    renamedTo: "vllm:kv_cache_usage_perc",
  },
  "vllm:gpu_prefix_cache_hits_total": {
    type: "counter",
    unit: "none",
    labels: ["engine", "model_name"],
    until: "0.10",
    renamedTo: "vllm:prefix_cache_hits_total",
  },
  "vllm:gpu_prefix_cache_queries_total": {
    type: "counter",
    unit: "none",
    labels: ["engine", "model_name"],
    until: "0.10",
    renamedTo: "vllm:prefix_cache_queries_total",
  },
  "vllm:inter_token_latency_seconds": {
    type: "histogram",
    unit: "seconds",
    labels: ["engine", "model_name"],
    since: "0.10.2",
  },
  "vllm:iteration_tokens_total": { type: "histogram", unit: "none", labels: ["engine", "model_name"] },
  "vllm:kv_cache_usage_perc": { type: "gauge", unit: "ratio", labels: ["engine", "model_name"], since: "0.9.2" },
  "vllm:lora_requests_info": {
    type: "gauge",
    unit: "timestamp",
    labels: ["max_lora", "running_lora_adapters", "waiting_lora_adapters"],
  },
  "vllm:num_preemptions_total": { type: "counter", unit: "none", labels: ["engine", "model_name"] },
  "vllm:num_requests_running": { type: "gauge", unit: "requests", labels: ["engine", "model_name"] },
  "vllm:num_requests_waiting": { type: "gauge", unit: "requests", labels: ["engine", "model_name"] },
  "vllm:prefix_cache_hits_total": { type: "counter", unit: "none", labels: ["engine", "model_name"], since: "0.9.2" },
  "vllm:prefix_cache_queries_total": {
    type: "counter",
    unit: "none",
    labels: ["engine", "model_name"],
    since: "0.9.2",
  },
  "vllm:prompt_tokens_total": { type: "counter", unit: "none", labels: ["engine", "model_name"] },
  "vllm:request_decode_time_seconds": {
    type: "histogram",
    unit: "seconds",
    labels: ["engine", "model_name"],
    counts: "requests",
  },
  "vllm:request_generation_tokens": {
    type: "histogram",
    unit: "none",
    labels: ["engine", "model_name"],
    counts: "requests",
  },
  "vllm:request_inference_time_seconds": {
    type: "histogram",
    unit: "seconds",
    labels: ["engine", "model_name"],
    counts: "requests",
  },
  "vllm:request_prefill_time_seconds": {
    type: "histogram",
    unit: "seconds",
    labels: ["engine", "model_name"],
    counts: "requests",
  },
  "vllm:request_prompt_tokens": {
    type: "histogram",
    unit: "none",
    labels: ["engine", "model_name"],
    counts: "requests",
  },
  "vllm:request_queue_time_seconds": {
    type: "histogram",
    unit: "seconds",
    labels: ["engine", "model_name"],
    counts: "requests",
  },
  "vllm:request_success_total": {
    type: "counter",
    unit: "requests",
    labels: ["engine", "finished_reason", "model_name"],
  },
  "vllm:request_time_per_output_token_seconds": {
    type: "histogram",
    unit: "seconds",
    labels: ["engine", "model_name"],
    counts: "requests",
  },
  "vllm:time_per_output_token_seconds": {
    type: "histogram",
    unit: "seconds",
    labels: ["engine", "model_name"],
    until: "0.11",
    renamedTo: "vllm:inter_token_latency_seconds",
  },
  "vllm:time_to_first_token_seconds": {
    type: "histogram",
    unit: "seconds",
    labels: ["engine", "model_name"],
    counts: "requests",
  },
} as const;
