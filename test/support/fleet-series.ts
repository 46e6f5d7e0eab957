import type { Cluster, Fleet } from "../../src/fleet/model.ts";
import type { Exporter } from "../../src/labels.ts";
import type { Series } from "../../src/simulate/remote-write.ts";

/**
 * What the exporters of a healthy fleet expose at the given moments, with the labels that its agents attach: nothing
 * random, so that a test can say what a rule must make of it.
 */
export function fleetSeries(fleet: Fleet, clusters: readonly Cluster[], timestamps: readonly number[]): Series[] {
  return clusters.flatMap((cluster) => clusterSeries(fleet, cluster, timestamps));
}

/** The share of processor time, memory and requests that every simulated cluster uses. */
export const truth = { cpu: 0.25, memory: 0.5, cpuRequests: 0.75, apiErrors: 0.001, nodeCost: 0.4 } as const;

type Labels = Readonly<Record<string, string>>;

function clusterSeries(
  { labels: names, name: tenantId }: Fleet,
  cluster: Cluster,
  timestamps: readonly number[],
): Series[] {
  const place: Labels = {
    [names.cluster]: cluster.name,
    [names.environment]: cluster.environment,
    [names.region]: cluster.region,
    [names.cluster_type]: cluster.type,
    [names.tenant_id]: tenantId,
  };
  const series = (name: string, labels: Labels, value: number | ((seconds: number) => number)): Series => ({
    labels: { __name__: name, ...labels, ...place },
    samples: timestamps.map((timestamp) => ({
      timestamp,
      value: typeof value === "number" ? value : value(timestamp / 1000),
    })),
  });
  const job = (exporter: Exporter, make: (job: string) => Series[]): Series[] => {
    const found = cluster.jobs[exporter];
    return found === undefined ? [] : make(found);
  };
  const nodes = Array.from({ length: cluster.nodes.min }, (_, at) => `node-${at}`);
  const pods = Array.from({ length: cluster.pods }, (_, at) => `pod-${at}`);
  const cpus = nodes.length * 4;
  return [
    ...job("kube-apiserver", (job) => [
      series("up", { job, instance: "10.0.0.1:443" }, 1),
      series(
        "apiserver_request_total",
        { job, instance: "10.0.0.1:443", code: "200", verb: "GET" },
        (t) => t * 100 * (1 - truth.apiErrors),
      ),
      series(
        "apiserver_request_total",
        { job, instance: "10.0.0.1:443", code: "500", verb: "GET" },
        (t) => t * 100 * truth.apiErrors,
      ),
    ]),
    ...(["kubelet", "cadvisor"] as const).flatMap((exporter) =>
      job(exporter, (job) =>
        nodes.map((node) => series("up", { job, instance: `${node}:10250`, metrics_path: exporter }, 1)),
      ),
    ),
    ...job("node-exporter", (job) =>
      nodes.flatMap((node) => {
        const at = { job, instance: `${node}:9100` };
        const busy = (["user", "system"] as const).map((mode) =>
          series("node_cpu_seconds_total", { ...at, cpu: "0", mode }, (t) => (t * truth.cpu) / 2),
        );
        return [
          series("up", at, 1),
          ...busy,
          series("node_cpu_seconds_total", { ...at, cpu: "0", mode: "idle" }, (t) => t * (1 - truth.cpu)),
          series("node_memory_MemTotal_bytes", at, 16e9),
          series("node_memory_MemAvailable_bytes", at, 16e9 * (1 - truth.memory)),
        ];
      }),
    ),
    ...job("kube-state-metrics", (job) => {
      const at = { job, instance: "10.0.0.2:8080" };
      return [
        series("up", at, 1),
        ...nodes.flatMap((node) => [
          series("kube_node_status_condition", { ...at, node, condition: "Ready", status: "true" }, 1),
          series("kube_node_status_condition", { ...at, node, condition: "Ready", status: "false" }, 0),
          series("kube_node_status_allocatable", { ...at, node, resource: "cpu", unit: "core" }, cpus / nodes.length),
          series("kube_node_status_allocatable", { ...at, node, resource: "memory", unit: "byte" }, 16e9),
        ]),
        ...pods.flatMap((pod) => {
          const which = { ...at, namespace: "shop", pod, uid: `uid-${pod}` };
          const container = { ...which, container: "app", node: nodes[0] ?? "" };
          return [
            series("kube_pod_status_phase", { ...which, phase: "Running" }, 1),
            series("kube_pod_status_phase", { ...which, phase: "Failed" }, 0),
            series("kube_pod_status_ready", { ...which, condition: "true" }, 1),
            series(
              "kube_pod_container_resource_requests",
              { ...container, resource: "cpu", unit: "core" },
              (cpus * truth.cpuRequests) / pods.length,
            ),
            series("kube_pod_container_resource_requests", { ...container, resource: "memory", unit: "byte" }, 1e8),
          ];
        }),
        series(
          "kube_replicaset_created",
          { ...at, namespace: "shop", replicaset: "app-1" },
          (timestamps.at(-1) ?? 0) / 1000 - 60,
        ),
        series("kube_persistentvolume_capacity_bytes", { ...at, persistentvolume: "pv-0" }, 100 * 1024 ** 3),
      ];
    }),
    ...job("opencost", (job) => {
      const at = { job, instance: "10.0.0.3:9003" };
      return [
        series("up", at, 1),
        ...nodes.map((node) => series("node_total_hourly_cost", { ...at, node }, truth.nodeCost)),
        series("pv_hourly_cost", { ...at, persistentvolume: "pv-0" }, 0.0001),
        series(
          "kubecost_load_balancer_cost",
          { ...at, namespace: "shop", service_name: "web", ingress_ip: "192.0.2.1" },
          0.025,
        ),
      ];
    }),
  ];
}
