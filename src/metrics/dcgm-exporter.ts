/**
 * Graphics processors. Names and types are those of dcgm-exporter's `etc/default-counters.csv` (4.5.3-4.8.2),
 * `byDefault: false` where they are commented out there. Labels are those of its output template: `GPU_I_ID` and
 * `GPU_I_PROFILE` only under MIG, `container`, `namespace` and `pod` only while a pod holds the processor. `Hostname`
 * is `hostname` in versions after 4.8.2.
 *
 * Under MIG there is no `DCGM_FI_DEV_GPU_UTIL`: `DCGM_FI_PROF_GR_ENGINE_ACTIVE` is the one that works everywhere it
 * exists.
 */
export const dcgmExporter = {
  /** How many in a moving window: it falls again, so it is a gauge, whatever the CSV calls it. */
  DCGM_EXP_XID_ERRORS_COUNT: {
    type: "gauge",
    unit: "none",
    labels: ["err_code", "err_msg", "window_size_in_ms"],
    byDefault: false,
    cite: "NVIDIA/dcgm-exporter internal/pkg/collector/gpu_collector.go",
  },
  DCGM_FI_DEV_BOARD_LIMIT_VIOLATION: { type: "counter", unit: "nanoseconds", labels: [], byDefault: false },
  DCGM_FI_DEV_CORRECTABLE_REMAPPED_ROWS: { type: "counter", unit: "none", labels: [] },
  DCGM_FI_DEV_DEC_UTIL: { type: "gauge", unit: "percent", labels: [] },
  DCGM_FI_DEV_ECC_DBE_VOL_TOTAL: { type: "counter", unit: "none", labels: [], byDefault: false },
  DCGM_FI_DEV_ECC_SBE_VOL_TOTAL: { type: "counter", unit: "none", labels: [], byDefault: false },
  DCGM_FI_DEV_ENC_UTIL: { type: "gauge", unit: "percent", labels: [] },
  DCGM_FI_DEV_FB_FREE: { type: "gauge", unit: "mebibytes", labels: [] },
  DCGM_FI_DEV_FB_RESERVED: { type: "gauge", unit: "mebibytes", labels: [] },
  DCGM_FI_DEV_FB_USED: { type: "gauge", unit: "mebibytes", labels: [] },
  DCGM_FI_DEV_GPU_TEMP: { type: "gauge", unit: "celsius", labels: [] },
  DCGM_FI_DEV_GPU_UTIL: { type: "gauge", unit: "percent", labels: [], absentUnder: "mig" },
  DCGM_FI_DEV_MEMORY_TEMP: { type: "gauge", unit: "celsius", labels: [] },
  DCGM_FI_DEV_MEM_CLOCK: { type: "gauge", unit: "megahertz", labels: [] },
  DCGM_FI_DEV_MEM_COPY_UTIL: { type: "gauge", unit: "percent", labels: [], absentUnder: "mig" },
  DCGM_FI_DEV_NVLINK_BANDWIDTH_TOTAL: { type: "counter", unit: "none", labels: [] },
  DCGM_FI_DEV_PCIE_REPLAY_COUNTER: { type: "counter", unit: "none", labels: [] },
  DCGM_FI_DEV_POWER_USAGE: { type: "gauge", unit: "watts", labels: [] },
  DCGM_FI_DEV_POWER_VIOLATION: { type: "counter", unit: "nanoseconds", labels: [], byDefault: false },
  DCGM_FI_DEV_RETIRED_PENDING: { type: "counter", unit: "none", labels: [], byDefault: false },
  DCGM_FI_DEV_ROW_REMAP_FAILURE: { type: "gauge", unit: "none", labels: [] },
  DCGM_FI_DEV_SM_CLOCK: { type: "gauge", unit: "megahertz", labels: [] },
  DCGM_FI_DEV_THERMAL_VIOLATION: { type: "counter", unit: "nanoseconds", labels: [], byDefault: false },
  DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION: { type: "counter", unit: "millijoules", labels: [] },
  DCGM_FI_DEV_UNCORRECTABLE_REMAPPED_ROWS: { type: "counter", unit: "none", labels: [] },
  /** The code of the last one, not a count; 0 is none. */
  DCGM_FI_DEV_XID_ERRORS: { type: "gauge", unit: "none", labels: [] },
  DCGM_FI_PROF_DRAM_ACTIVE: { type: "gauge", unit: "ratio", labels: [] },
  DCGM_FI_PROF_GR_ENGINE_ACTIVE: { type: "gauge", unit: "ratio", labels: [] },
  DCGM_FI_PROF_PCIE_RX_BYTES: { type: "gauge", unit: "bytes per second", labels: [] },
  DCGM_FI_PROF_PCIE_TX_BYTES: { type: "gauge", unit: "bytes per second", labels: [] },
  DCGM_FI_PROF_PIPE_TENSOR_ACTIVE: { type: "gauge", unit: "ratio", labels: [] },
  DCGM_FI_PROF_SM_ACTIVE: { type: "gauge", unit: "ratio", labels: [], byDefault: false },
  DCGM_FI_PROF_SM_OCCUPANCY: { type: "gauge", unit: "ratio", labels: [], byDefault: false },
} as const;
