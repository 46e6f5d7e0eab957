import type { GpuModel } from "../cluster.ts";
import type { Emitter, Labels, Target } from "../emit.ts";
import { flow, sum, times } from "../flow.ts";
import { applicationXids } from "../mess.ts";
import { steady } from "../rhythm.ts";
import { during, total, valueOf } from "../steps.ts";
import { type Window, within, without } from "../time.ts";
import { address, runningOf } from "./pod-target.ts";

/** Share of its power that a GPU takes when it does nothing. */
const idle = 0.14;

/** The GPUs, and whose pod has them. */
export function dcgmExporter(emitter: Emitter): void {
  const { model, cluster } = emitter;
  const job = cluster.jobs["dcgm-exporter"];
  if (job === undefined) return;
  for (const node of model.nodes) {
    const own = model.gpus.filter((gpu) => gpu.node === node);
    if (own.length === 0) continue;
    const target = emitter.target({
      job,
      instance: `${address(emitter, `dcgm ${node.name}`)}:9400`,
      exists: node.exists,
      down: node.away,
    });
    for (const gpu of own) {
      // Whose it is changes with every pod, and with it the labels.
      const used = runningOf(gpu.pods);
      const free = node.exists.flatMap((one) => without(one, used));
      const holders = [
        ...gpu.pods.map((pod) => ({
          labels: { namespace: pod.namespace, pod: pod.name, container: pod.container },
          exists: pod.running,
        })),
        { labels: {}, exists: free },
      ];
      for (const { labels, exists } of holders) {
        if (within(model.range, exists).length > 0) metrics(emitter, gpu, { target, labels, exists });
      }
    }
  }
}

interface Holder {
  readonly target: Target;
  readonly labels: Labels;
  readonly exists: readonly Window[];
}

function metrics(emitter: Emitter, gpu: GpuModel, { target, labels: holder, exists }: Holder): void {
  const { model, cluster } = emitter;
  const { world, plan } = model;
  const { model: modelName, memory, watts } = plan.size.gpu;
  const { node, index, uuid, part, capacity } = gpu;
  const labels: Labels = {
    gpu: String(index),
    UUID: uuid,
    pci_bus_id: `00000000:${(0x10 + index).toString(16).toUpperCase()}:00.0`,
    device: `nvidia${index}`,
    modelName,
    Hostname: node.name,
    DCGM_FI_DRIVER_VERSION: "580.95.05",
    ...(part !== undefined && { GPU_I_PROFILE: "3g.40gb", GPU_I_ID: String(part) }),
    ...holder,
  };
  const gauge = (name: string, value: number | ((ms: number) => number)): void =>
    target.gauge(name, labels, value, exists);
  // Answers are the work: what is not asked leaves it cold.
  const answers = times(gpu.answers, during(runningOf(gpu.pods), 1, 0));
  const rate = model.rate(answers);
  const busy = (ms: number): number => (0.97 * rate(ms)) / capacity;
  const saturated = valueOf(during(world.windows(cluster, "gpu-saturated"), 0.12, 0));
  const loaded = holder["pod"] === undefined ? 0.02 : 0.82;
  // A whole card counts its utilisation; of a part nobody can say.
  if (part === undefined) {
    gauge("DCGM_FI_DEV_GPU_UTIL", (ms) => Math.round(100 * busy(ms)));
    gauge("DCGM_FI_DEV_MEM_COPY_UTIL", (ms) => Math.round(45 * busy(ms)));
  }
  gauge("DCGM_FI_PROF_GR_ENGINE_ACTIVE", busy);
  gauge("DCGM_FI_PROF_PIPE_TENSOR_ACTIVE", (ms) => 0.42 * busy(ms));
  gauge("DCGM_FI_PROF_DRAM_ACTIVE", (ms) => 0.5 * busy(ms));
  const parts = plan.size.mig;
  const framebuffer = memory / parts;
  gauge("DCGM_FI_DEV_FB_USED", Math.round(framebuffer * loaded));
  gauge("DCGM_FI_DEV_FB_FREE", framebuffer - Math.round(framebuffer * loaded));
  const power = (ms: number): number => watts * (idle + (0.75 * busy(ms)) / parts);
  gauge("DCGM_FI_DEV_POWER_USAGE", power);
  gauge("DCGM_FI_DEV_GPU_TEMP", (ms) => Math.round(34 + 36 * busy(ms) + 30 * saturated(ms)));
  gauge("DCGM_FI_DEV_SM_CLOCK", 1410);
  const energy = model.count(
    sum([flow(steady(1000 * watts * idle)), times(answers, (1000 * watts * 0.75 * 0.97) / capacity / parts)]),
    node.boots,
  );
  target.counts("DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION", labels, energy, exists);
  const xids = xidsOf(emitter, gpu);
  gauge("DCGM_FI_DEV_XID_ERRORS", xids);
  const broken = index === 0 ? world.windows(cluster, "gpu-xid") : [];
  const remapped = valueOf(total(broken.map(({ from }) => during([{ from, to: Infinity }], 1, 0))));
  target.counter("DCGM_FI_DEV_UNCORRECTABLE_REMAPPED_ROWS", labels, remapped, exists);
  target.counter("DCGM_FI_DEV_CORRECTABLE_REMAPPED_ROWS", labels, 0, exists);
  gauge("DCGM_FI_DEV_ROW_REMAP_FAILURE", 0);
  target.counter("DCGM_FI_DEV_PCIE_REPLAY_COUNTER", labels, 0, exists);
  target.counter("DCGM_FI_DEV_THERMAL_VIOLATION", labels, 0, exists);
}

/** The last error, which stays until the node starts anew: it is not a count. */
function xidsOf({ model, cluster }: Emitter, { node, index, part }: GpuModel): number | ((ms: number) => number) {
  const { world, range } = model;
  if (index !== 0 || (part ?? 1) !== 1) return 0;
  const own = applicationXids(world, cluster, range);
  const broken = world.windows(cluster, "gpu-xid");
  return (ms) => {
    if (broken.some(({ from, to }) => ms >= from && ms < to)) return 94;
    const booted = node.boots.findLast((at) => at <= ms) ?? 0;
    return own.some((at) => at <= ms && at > booted) ? 31 : 0;
  };
}
