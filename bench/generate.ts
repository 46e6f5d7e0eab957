import { bundle } from "../src/bundle.ts";
import type { FleetInput } from "../src/fleet/model.ts";
import { referenceInput } from "../src/fleet/reference-input.ts";
import { resolveFleet } from "../src/fleet/resolve.ts";
import { defineProject } from "../src/project.ts";
import { render } from "../src/render/render.ts";

/** The reference fleet with as many workload clusters, a third in each environment, in ten regions. */
function fleetOf(count: number): FleetInput {
  const [workload, ops] = [referenceInput.clusters[0], referenceInput.clusters.at(-1)];
  if (!workload || !ops) throw new Error("the reference fleet has clusters");
  const clusters = Array.from({ length: count - 1 }, (_, at) => ({
    ...workload,
    name: `${["dev", "stg", "prd"][at % 3]}-${String(at).padStart(3, "0")}`,
    environment: ["dev", "stg", "prd"][at % 3] ?? "dev",
    region: `region-${at % 10}`,
  }));
  return { ...referenceInput, clusters: [...clusters, ops] };
}

/** How long a fleet's files take to generate, from the fleet as it is written to the last text, by its size. */
export function generate(): Promise<string> {
  const lines = [4, 25, 100, 400].map((count) => {
    const start = performance.now();
    const before = process.cpuUsage();
    const files = render(bundle(defineProject({ fleet: resolveFleet(fleetOf(count)) })));
    const seconds = (performance.now() - start) / 1000;
    const { user, system } = process.cpuUsage(before);
    const sizes = files.map(({ id, spec }) => ({ id, size: Buffer.byteLength(spec.text) }));
    const largest = sizes.toSorted((a, b) => b.size - a.size)[0];
    const all = sizes.reduce((sum, { size }) => sum + size, 0);
    return `  ${String(count).padStart(4)} clusters  ${seconds.toFixed(1)} s, of the processor ${((user + system) / 1e6).toFixed(1)} s  ${files.length} files  ${(all / 1e6).toFixed(1)} MB, the largest ${Math.round((largest?.size ?? 0) / 1000)} kB (${largest?.id.split("/").at(-1)})`;
  });
  return Promise.resolve(lines.join("\n"));
}
