import { referenceFleet } from "../../src/fleet/reference.ts";
import { faults, type FaultName, parseFault } from "../../src/simulate/faults.ts";
import { seriesOf } from "../../src/simulate/series.ts";
import { minute } from "../../src/simulate/time.ts";
import { createWorld, type World, type WorldOptions } from "../../src/simulate/world.ts";
import { testFleet } from "../support/fleets.ts";

const now = Date.UTC(2026, 10, 18, 12);
const size = { nodes: 3, pods: 20 };
const window = { from: now, to: now + 40 * minute };
const fault = { from: now + 10 * minute, to: now + 30 * minute };
const moments = Array.from({ length: 9 }, (_, at) => now + at * 5 * minute);

interface Effect {
  /** Metrics whose series change their value, come or go; `*` for all of the cluster. */
  readonly changes: readonly string[];
  /** Where, if not in the fault's own cluster. */
  readonly inClusters?: readonly string[];
}

const gpuWork = [
  "DCGM_FI_DEV_GPU_TEMP",
  "DCGM_FI_DEV_GPU_UTIL",
  "DCGM_FI_DEV_MEM_COPY_UTIL",
  "DCGM_FI_DEV_POWER_USAGE",
  "DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION",
  "DCGM_FI_PROF_DRAM_ACTIVE",
  "DCGM_FI_PROF_GR_ENGINE_ACTIVE",
  "DCGM_FI_PROF_PIPE_TENSOR_ACTIVE",
  "nv_gpu_utilization",
  "nv_inference_compute_infer_duration_us",
  "nv_inference_count",
  "nv_inference_exec_count",
  "nv_inference_queue_duration_us",
  "nv_inference_request_duration_us",
  "nv_inference_request_success",
  "vllm:e2e_request_latency_seconds",
  "vllm:generation_tokens_total",
  "vllm:gpu_cache_usage_perc",
  "vllm:kv_cache_usage_perc",
  "vllm:num_requests_running",
  "vllm:prompt_tokens_total",
  "vllm:request_success_total",
  "vllm:time_per_output_token_seconds",
  "vllm:time_to_first_token_seconds",
];

const newPod = [
  "kube_deployment_status_replicas_updated",
  "kube_pod_container_info",
  "kube_pod_container_resource_limits",
  "kube_pod_container_resource_requests",
  "kube_pod_created",
  "kube_pod_info",
  "kube_pod_status_phase",
  "kube_pod_status_qos_class",
  "kube_pod_status_ready",
];

/** What cAdvisor counts besides processors and memory: of a pod that serves all, of others their network. */
const ofContainers = [
  "container_cpu_cfs_periods_total",
  "container_cpu_cfs_throttled_periods_total",
  "container_network_receive_bytes_total",
  "container_network_receive_packets_dropped_total",
  "container_network_transmit_bytes_total",
  "container_network_transmit_packets_dropped_total",
];

const durations = [
  "http_server_request_duration_seconds",
  "istio_request_duration_milliseconds",
  "traces_service_graph_request_server_seconds",
  "traces_spanmetrics_latency",
];

const effects: Readonly<Record<FaultName, Effect>> = {
  "cluster-silent": { changes: ["*"] },
  "apiserver-down": {
    changes: [
      "apiserver_current_inflight_requests",
      "apiserver_flowcontrol_rejected_requests_total",
      "apiserver_request_duration_seconds",
      "apiserver_request_total",
      "apiserver_storage_size_bytes",
      "etcd_request_duration_seconds",
      "kubernetes_build_info",
      "scrape_duration_seconds",
      "up",
    ],
  },
  "node-not-ready": {
    changes: [
      ...ofContainers,
      "container_cpu_usage_seconds_total",
      "container_memory_working_set_bytes",
      "kube_daemonset_status_number_ready",
      "kube_deployment_status_replicas_available",
      "kube_deployment_status_replicas_ready",
      "kube_deployment_status_replicas_unavailable",
      "kube_node_status_condition",
      "kube_pod_container_status_ready",
      "kube_pod_status_ready",
      "kube_statefulset_status_replicas_ready",
      "kubelet_node_name",
      "kubelet_running_pods",
      "kubelet_volume_stats_available_bytes",
      "kubelet_volume_stats_capacity_bytes",
      "kubelet_volume_stats_inodes",
      "kubelet_volume_stats_inodes_used",
      "kubelet_volume_stats_used_bytes",
      "kubernetes_build_info",
      "machine_cpu_cores",
      "machine_memory_bytes",
      "scrape_duration_seconds",
      "up",
    ],
  },
  "agent-behind": {
    changes: [
      "prometheus_remote_storage_queue_highest_sent_timestamp_seconds",
      "prometheus_remote_storage_samples_pending",
      "prometheus_remote_storage_shards",
      "prometheus_remote_storage_shards_desired",
    ],
  },
  "remote-write-failing": {
    changes: ["prometheus_remote_storage_samples_failed_total", "prometheus_remote_storage_samples_retried_total"],
  },
  "collector-dropping": {
    changes: [
      "otelcol_exporter_enqueue_failed_log_records",
      "otelcol_exporter_enqueue_failed_metric_points",
      "otelcol_exporter_enqueue_failed_spans",
      "otelcol_exporter_queue_size",
      "otelcol_exporter_sent_log_records",
      "otelcol_exporter_sent_metric_points",
      "otelcol_exporter_sent_spans",
    ],
  },
  "memory-filling": { changes: ["container_memory_working_set_bytes", "node_memory_MemAvailable_bytes"] },
  "cpu-saturated": {
    changes: [
      "container_cpu_cfs_throttled_periods_total",
      "container_cpu_usage_seconds_total",
      "node_cpu_seconds_total",
      "node_load1",
      "node_load5",
      "node_pressure_cpu_waiting_seconds_total",
    ],
  },
  "version-drift": { changes: ["kube_node_info", "kubernetes_build_info"] },
  "image-drift": { changes: ["kube_pod_container_info"] },
  "replica-drift": {
    changes: [
      ...ofContainers,
      "container_cpu_allocation",
      "container_cpu_usage_seconds_total",
      "container_memory_allocation_bytes",
      "container_memory_working_set_bytes",
      "kube_deployment_spec_replicas",
      "kube_deployment_status_replicas",
      "kube_deployment_status_replicas_available",
      "kube_deployment_status_replicas_ready",
      "kube_deployment_status_replicas_unavailable",
      "kube_horizontalpodautoscaler_status_current_replicas",
      "kube_horizontalpodautoscaler_status_desired_replicas",
      ...newPod,
      // A pod in the mesh has a proxy, which starts before it.
      "kube_pod_init_container_info",
      "kube_pod_container_state_started",
      "kube_pod_container_status_ready",
      "kube_pod_container_status_restarts_total",
      "kube_replicaset_spec_replicas",
      "kube_resourcequota",
      "kubelet_running_pods",
    ],
  },
  "certificate-expiring": {
    changes: [
      "certmanager_certificate_expiration_timestamp_seconds",
      "certmanager_certificate_not_after_timestamp_seconds",
      "certmanager_certificate_not_before_timestamp_seconds",
      "certmanager_certificate_renewal_timestamp_seconds",
    ],
  },
  "gpu-xid": { changes: ["DCGM_FI_DEV_UNCORRECTABLE_REMAPPED_ROWS", "DCGM_FI_DEV_XID_ERRORS"] },
  "gpu-idle": { changes: gpuWork },
  "gpu-saturated": {
    changes: [
      ...gpuWork,
      ...newPod,
      "kube_deployment_spec_replicas",
      "kube_deployment_status_replicas",
      "kube_deployment_status_replicas_unavailable",
      "kube_replicaset_spec_replicas",
      "nv_inference_pending_request_count",
      "vllm:num_preemptions_total",
      "vllm:num_requests_waiting",
    ],
  },
  "inference-slow": {
    changes: [
      "nv_inference_compute_infer_duration_us",
      "nv_inference_request_duration_us",
      "vllm:e2e_request_latency_seconds",
      "vllm:gpu_cache_usage_perc",
      "vllm:kv_cache_usage_perc",
      "vllm:num_requests_running",
      "vllm:time_per_output_token_seconds",
      "vllm:time_to_first_token_seconds",
    ],
  },
  "error-burst": {
    changes: [
      ...durations,
      "istio_requests_total",
      "traces_service_graph_request_failed_total",
      "traces_spanmetrics_calls_total",
    ],
  },
  "latency-burst": { changes: durations },
  "cost-spike": {
    changes: ["node_cpu_hourly_cost", "node_gpu_hourly_cost", "node_ram_hourly_cost", "node_total_hourly_cost"],
  },
  "tenant-over-limit": {
    changes: [
      "cortex_discarded_samples_total",
      "cortex_ingester_active_series",
      "cortex_ingester_memory_series_created_total",
      "cortex_ingester_memory_series_removed_total",
    ],
    inClusters: ["ops-uaenorth"],
  },
  "ruler-failing": {
    changes: [
      "cortex_prometheus_rule_evaluation_failures_total",
      "cortex_prometheus_rule_group_iterations_missed_total",
    ],
    inClusters: ["ops-uaenorth"],
  },
  "log-errors": {
    changes: [
      "loki_distributor_bytes_received_total",
      "loki_distributor_lines_received_total",
      "promtail_read_lines_total",
      "promtail_sent_bytes_total",
      "promtail_sent_entries_total",
    ],
    inClusters: ["prd-uaenorth", "ops-uaenorth"],
  },
  "log-flood": {
    changes: [
      "loki_discarded_samples_total",
      "loki_distributor_bytes_received_total",
      "loki_distributor_lines_received_total",
      "promtail_dropped_entries_total",
      "promtail_read_lines_total",
      "promtail_sent_bytes_total",
      "promtail_sent_entries_total",
    ],
    inClusters: ["prd-uaenorth", "ops-uaenorth"],
  },
  "wrong-external-label": { changes: ["*"] },
};

interface Shown {
  readonly cluster: string;
  readonly family: string;
  readonly values: readonly (number | undefined)[];
}

const shown = (world: World): Map<string, Shown> =>
  new Map(
    world.clusters.flatMap((cluster) =>
      seriesOf(world, cluster, window).map(({ labels, family, at }): [string, Shown] => [
        `${cluster.name} ${JSON.stringify(labels)}`,
        { cluster: cluster.name, family, values: moments.map(at) },
      ]),
    ),
  );

const plain = shown(createWorld(referenceFleet, { size }));

/** What differs between two worlds, and when at the earliest. */
function differences(options: WorldOptions): { names: string[]; clusters: string[]; first: number; series: string[] } {
  const other = shown(createWorld(referenceFleet, { size, ...options }));
  const names = new Set<string>();
  const clusters = new Set<string>();
  const series: string[] = [];
  let first = Infinity;
  for (const key of new Set([...plain.keys(), ...other.keys()])) {
    const [was, is] = [plain.get(key), other.get(key)];
    const at = moments.findIndex((_, at) => was?.values[at] !== is?.values[at]);
    const { family, cluster } = is ?? was ?? { family: "", cluster: "" };
    if (at < 0) continue;
    names.add(family);
    clusters.add(cluster);
    series.push(key);
    first = Math.min(first, moments[at] ?? Infinity);
  }
  return { names: [...names].sort(), clusters: [...clusters], first, series };
}

describe("each fault changes what it names and nothing else", () => {
  test.each(faults)("$name: $about", ({ name, defaultTarget }) => {
    const target = defaultTarget(referenceFleet);
    const { changes, inClusters = [target?.name] } = effects[name];
    const all = new Set(
      [...plain.values()].filter(({ cluster }) => cluster === target?.name).map(({ family }) => family),
    );
    const found = differences({ faults: [{ name, ...fault }] });
    expect(new Set(found.names)).toEqual(changes[0] === "*" ? all : new Set(changes));
    expect(new Set(found.clusters)).toEqual(new Set(inClusters));
    expect(found.first).toBeGreaterThanOrEqual(fault.from);
  });

  test("and is over when it ends, but for what was counted", () => {
    const late = { from: now - 60 * minute, to: now - 10 * minute };
    const found = differences({ faults: faults.map(({ name }) => ({ name, ...late })) });
    const gauges = found.series.filter(
      (key) =>
        !/_total|_bucket|_sum|_count|_us"|nv_inference|REMAPPED|ENERGY|otelcol_exporter_sent|otelcol_exporter_enqueue/u.test(
          key,
        ),
    );
    expect(gauges).toEqual([]);
  });

  test("and two at once change what both of them name", () => {
    const found = differences({
      faults: [
        { name: "cost-spike", ...fault },
        { name: "gpu-xid", ...fault, cluster: "dev-uaenorth" },
      ],
    });
    expect(found.names).toEqual([...effects["cost-spike"].changes, ...effects["gpu-xid"].changes].sort());
    expect([...found.clusters].sort()).toEqual(["dev-uaenorth", "prd-uaenorth"]);
  });

  test("and a cluster with a wrong label has the same series under it", () => {
    const cluster = referenceFleet.clusters.find(({ name }) => name === "stg-uaenorth");
    if (!cluster) throw new Error("no staging");
    const world = createWorld(referenceFleet, {
      size,
      faults: [{ name: "wrong-external-label", ...fault, cluster: "stg-uaenorth" }],
    });
    const during = seriesOf(world, cluster, window).filter(({ at }) => at(fault.from + minute) !== undefined);
    expect(new Set(during.map(({ labels }) => labels["environment"]))).toEqual(new Set(["dev"]));
    expect(new Set(during.map(({ labels, tenant }) => `${labels["cluster"]} ${tenant}`))).toEqual(
      new Set(["stg-uaenorth stg"]),
    );
  });
});

describe("a fault as people write it", () => {
  test.each([
    { text: "error-burst@-30m+10m", is: { name: "error-burst", from: now - 30 * minute, to: now - 20 * minute } },
    { text: "cluster-silent@now+1h30m", is: { name: "cluster-silent", from: now, to: now + 90 * minute } },
    { text: "gpu-xid@+5m+1h", is: { name: "gpu-xid", from: now + 5 * minute, to: now + 65 * minute } },
    {
      text: "cost-spike@2026-11-18T14:00:00+02:00+10m,cluster=prd-uaenorth",
      is: { name: "cost-spike", from: now, to: now + 10 * minute, cluster: "prd-uaenorth" },
    },
  ])("$text", ({ text, is }) => {
    expect(parseFault(text, now)).toEqual(is);
  });

  test.each([
    { text: "error-burst", says: /write NAME@START\+DURATION/u },
    { text: "error-burst@now", says: /write NAME@START\+DURATION/u },
    { text: "error-burst@yesterday+10m", says: /write NAME@START\+DURATION/u },
    { text: "error-burst@2026-11-18+10m", says: /write NAME@START\+DURATION/u },
    { text: "error-burst@now+0s", says: /write NAME@START\+DURATION/u },
    { text: "errorburst@now+10m", says: /no fault "errorburst"; there are cluster-silent/u },
  ])("refuses $text", ({ text, says }) => {
    expect(() => parseFault(text, now)).toThrow(says);
  });

  test.each([
    {
      what: "a cluster that is not there",
      fleet: referenceFleet,
      cluster: "prd-moon",
      says: /does not have; it has dev-uaenorth/u,
    },
    {
      what: "a cluster that lacks what would fail",
      fleet: referenceFleet,
      cluster: "ops-uaenorth",
      says: /can't happen to "ops-uaenorth"/u,
    },
    { what: "a fleet that lacks it", fleet: testFleet("atlas"), cluster: undefined, says: /can happen to no cluster/u },
  ])("and a world refuses $what", ({ fleet, cluster, says }) => {
    const faults = [{ name: "gpu-xid", ...fault, ...(cluster !== undefined && { cluster }) }];
    expect(() => createWorld(fleet, { faults })).toThrow(says);
  });
});

test("saturated processors are busy at any hour, also where services sleep", () => {
  const night = Date.UTC(2026, 10, 18, 2);
  const world = createWorld(referenceFleet, {
    size,
    faults: referenceFleet.clusters.map((named) => ({
      name: "cpu-saturated" as const,
      cluster: named.name,
      from: night,
      to: night + 30 * minute,
    })),
  });
  for (const cluster of world.clusters) {
    const gained = seriesOf(world, cluster, { from: night - minute, to: night + 30 * minute })
      .filter(({ labels }) => labels["__name__"] === "node_cpu_seconds_total" && labels["mode"] === "idle")
      .map(({ at }) => Number(at(night + 20 * minute)) - Number(at(night + 10 * minute)))
      // Nodes for busy hours are not there at night.
      .filter((seconds) => !Number.isNaN(seconds));
    expect(gained.length).toBeGreaterThan(0);
    expect(Math.max(...gained) / 600).toBeLessThan(0.1);
    // A counter that falls a little looks like a restart, and the processor idle; one that falls by more was one.
    expect(gained.filter((seconds) => seconds <= 0 && seconds > -3600)).toEqual([]);
  }
});
