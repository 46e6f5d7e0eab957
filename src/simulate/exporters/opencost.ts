import type { NodePlan } from "../workloads.ts";
import { type ClusterModel, containersOf } from "../cluster.ts";
import type { Emitter } from "../emit.ts";
import { during, valueOf } from "../steps.ts";
import { minute } from "../time.ts";
import { address } from "./pod-target.ts";
import { volumesOf } from "./volumes.ts";

/** An hour of a core and of a GiB, on demand. Judgement, near the list prices of the large clouds. */
const price = { core: 0.033, gibibyte: 0.0044, volumeGibibyte: 0.00015, loadBalancer: 0.025, spot: 0.3 };

/** An hour of a whole GPU. */
const gpuPrice: Readonly<Record<string, number>> = { A10: 0.9, A100: 3.4, H100: 6.9 };

export interface NodePrice {
  readonly core: number;
  readonly gibibyte: number;
  readonly gpu: number;
  readonly total: number;
}

/** What a node costs an hour on a day without a fault. */
export function priceOf({ plan: { size } }: Pick<ClusterModel, "plan">, node: NodePlan): NodePrice {
  const factor = node.pool === "spot" ? price.spot : 1;
  const family = /A100|A10|H100/u.exec(size.gpu.model)?.[0] ?? "";
  const gpu = node.gpus > 0 ? (gpuPrice[family] ?? 0) / size.mig : 0;
  const core = price.core * factor;
  const gibibyte = price.gibibyte * factor;
  return { core, gibibyte, gpu, total: core * node.cores + (gibibyte * node.memory) / 1024 ** 3 + gpu * node.gpus };
}

/** What a volume costs an hour. */
export function volumePrice(bytes: number): number {
  return (price.volumeGibibyte * bytes) / 1024 ** 3;
}

/** How much more nodes cost while prices are at their worst. */
export const spike = 3;

/** What it costs. Its labels are honoured: `instance` is the node. */
export function opencost(emitter: Emitter): void {
  const { model, cluster } = emitter;
  const job = cluster.jobs.opencost;
  if (job === undefined) return;
  const target = emitter.target({ job, instance: `${address(emitter, "opencost")}:9003`, slow: minute });
  const spiked = valueOf(during(model.world.windows(cluster, "cost-spike"), spike, 1));
  for (const { name: node, plan, exists } of model.nodes) {
    const cost = priceOf(model, plan);
    const labels = {
      node,
      instance: node,
      instance_type: plan.instanceType,
      arch: "amd64",
      cost_region: cluster.region,
      provider_id: `azure:///${node}`,
    };
    target.gauge("node_cpu_hourly_cost", labels, (ms) => cost.core * spiked(ms), exists);
    target.gauge("node_ram_hourly_cost", labels, (ms) => cost.gibibyte * spiked(ms), exists);
    target.gauge("node_total_hourly_cost", labels, (ms) => cost.total * spiked(ms), exists);
    target.gauge("node_gpu_hourly_cost", labels, (ms) => cost.gpu * spiked(ms), exists);
    target.gauge("kubecost_node_is_spot", labels, plan.pool === "spot" ? 1 : 0, exists);
  }
  for (const { name } of volumesOf(model)) {
    target.gauge(
      "pv_hourly_cost",
      { persistentvolume: name, volumename: name, provider_id: name },
      price.volumeGibibyte,
    );
  }
  target.gauge(
    "kubecost_load_balancer_cost",
    {
      namespace: cluster.type === "ops" ? "mimir" : "shop",
      service_name: "gateway",
      ingress_ip: address(emitter, "gateway"),
    },
    price.loadBalancer,
  );
  for (const { namespace, name, container, node, requests, running } of containersOf(model.pods)) {
    if (!node) continue;
    const labels = { namespace, pod: name, container, node: node.name, instance: node.name };
    target.gauge("container_cpu_allocation", labels, requests.cpu, running);
    target.gauge("container_memory_allocation_bytes", labels, requests.memory, running);
  }
}
