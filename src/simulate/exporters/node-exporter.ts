import type { NodeModel } from "../cluster.ts";
import type { Emitter } from "../emit.ts";
import { flow, type Flow, sum, times } from "../flow.ts";
import { byNight, steady } from "../rhythm.ts";
import { versions } from "../tier.ts";
import { day } from "../time.ts";

/** Shares of all processor time, whoever runs. Small, so that busy time stays below the rest. */
const waiting = { iowait: 0.004, steal: 0.001 };

/** The machines. */
export function nodeExporter(emitter: Emitter): void {
  const job = emitter.cluster.jobs["node-exporter"];
  if (job === undefined) return;
  for (const node of emitter.model.nodes) machine(emitter, job, node);
}

function machine(emitter: Emitter, job: string, node: NodeModel): void {
  const { model, cluster } = emitter;
  const { world } = model;
  const { name, exists, away, boots, plan } = node;
  const target = emitter.target({ job, instance: `${name}:9100`, exists, down: away });
  const busy = model.count(node.cpu, boots);
  const elapsed = model.count(flow(steady(1)), boots);
  const idleShare = 1 - waiting.iowait - waiting.steal;
  for (let core = 0; core < plan.cores; core++) {
    const cpu = String(core);
    // The first cores get a little more: interrupts land there.
    const tilt = (1 + 0.04 * (1 - (2 * core + 1) / plan.cores)) / plan.cores;
    const used = (ms: number): number => busy(ms) * tilt;
    target.counter("node_cpu_seconds_total", { cpu, mode: "user" }, (ms) => used(ms) * 0.74);
    target.counter("node_cpu_seconds_total", { cpu, mode: "system" }, (ms) => used(ms) * 0.26);
    target.counter("node_cpu_seconds_total", { cpu, mode: "iowait" }, (ms) => elapsed(ms) * waiting.iowait);
    target.counter("node_cpu_seconds_total", { cpu, mode: "steal" }, (ms) => elapsed(ms) * waiting.steal);
    target.counter("node_cpu_seconds_total", { cpu, mode: "idle" }, (ms) => elapsed(ms) * idleShare - used(ms));
  }
  const load = model.rate(node.cpu);
  // Where everything is busy, as much again waits.
  const loadNow = (ms: number): number => {
    const cores = load(ms);
    return cores > 0.94 * plan.cores ? 2 * cores : cores;
  };
  target.gauge("node_load1", {}, loadNow);
  target.gauge("node_load5", {}, loadNow);
  const used = model.rate(node.memory);
  target.gauge("node_memory_MemTotal_bytes", {}, plan.memory);
  target.gauge("node_memory_MemAvailable_bytes", {}, (ms) =>
    Math.round((1 - node.leaked(ms)) * (plan.memory - used(ms))),
  );
  const disk = { device: "/dev/sda1", fstype: "ext4", mountpoint: "/" };
  const size = 128 * 1024 ** 3;
  target.gauge("node_filesystem_size_bytes", disk, size);
  target.gauge("node_filesystem_avail_bytes", disk, (ms) =>
    Math.round(size * (0.62 - 0.2 * ((ms % (30 * day)) / (30 * day)))),
  );
  const traffic = trafficOf(emitter, node);
  const received = model.count(traffic, boots);
  target.counts("node_network_receive_bytes_total", { device: "eth0" }, received);
  target.counts("node_network_transmit_bytes_total", { device: "eth0" }, (ms) => 1.4 * received(ms));
  const written = model.count(flow(byNight(300_000, ...world.key(cluster, "disk", name))), boots);
  target.counts("node_disk_written_bytes_total", { device: "sda" }, written);
  target.counts("node_disk_read_bytes_total", { device: "sda" }, (ms) => 0.2 * written(ms));
  // A disk that writes 100 MB a second at most.
  target.counter("node_disk_io_time_seconds_total", { device: "sda" }, (ms) => (1.2 * written(ms)) / 100_000_000);
  for (const lost of ["drop", "errs"] as const) {
    for (const direction of ["receive", "transmit"] as const) {
      target.counts(`node_network_${direction}_${lost}_total`, { device: "eth0" }, () => 0);
    }
  }
  // The kernel counts the time in which somebody waits: for processors the longer the busier they are.
  target.counter("node_pressure_cpu_waiting_seconds_total", {}, (ms) => (0.3 * busy(ms)) / plan.cores);
  target.counter("node_pressure_memory_waiting_seconds_total", {}, (ms) => elapsed(ms) * 0.0005);
  target.counter("node_pressure_io_waiting_seconds_total", {}, (ms) => elapsed(ms) * waiting.iowait);
  const booted = (ms: number): number => Math.floor((boots.findLast((at) => at <= ms) ?? 0) / 1000);
  target.gauge("node_boot_time_seconds", {}, booted);
  target.info("node_uname_info", {
    nodename: name,
    release: versions[model.plan.tier].kernel,
    sysname: "Linux",
    machine: "x86_64",
    domainname: "(none)",
    version: "#1 SMP",
  });
}

/** A node carries its share of the requests: about four kilobytes each, and what agents send. */
function trafficOf({ model }: Emitter, { plan }: NodeModel): Flow {
  const share = 1 / model.nodes.length;
  return sum([
    ...model.services.map(({ requests }) => times(requests, 4096 * share)),
    flow(steady(20_000 + 100 * plan.cores)),
  ]);
}
