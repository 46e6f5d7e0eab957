import { readFileSync } from "node:fs";
import { parseFleet } from "/work/main/src/fleet/parse.ts";
import { referenceFleet } from "/work/main/src/fleet/reference.ts";
import { createWorld } from "/work/main/src/simulate/world.ts";
import { seriesOf } from "/work/main/src/simulate/series.ts";
import { exposition } from "/work/main/src/simulate/exposition.ts";
const small = parseFleet(readFileSync("/work/main/test/fleets/small.yaml", "utf8"), "x");
const H = 3600e3;
const to = Date.UTC(2026, 10, 18, 12), from = to - 6 * H;
for (const [name, fleet, size] of [["small", small, {}], ["reference", referenceFleet, {}], ["small x10", small, {nodes: 20, pods: 150}]] as const) {
  const world = createWorld(fleet, { size });
  let t0 = performance.now();
  const all = world.clusters.flatMap((c) => { const s = seriesOf(world, c, { from, to }); console.log(" ", c.name, s.length, new Set(s.map(x=>x.family)).size); return s; });
  const build = performance.now() - t0;
  t0 = performance.now();
  let n = 0, bad = 0;
  for (let t = from; t < to; t += 30000) for (const s of all) { if (t % s.interval) continue; const v = s.at(t); if (v !== undefined) { n++; if (!(v >= 0)) bad++; } }
  const dt = performance.now() - t0;
  t0 = performance.now();
  let m = 0; 
  for (const s of all.slice(0, 5000)) for (let t = from; t < to; t += 30000) if (s.at(t) !== undefined) m++;
  const dt2 = performance.now() - t0;
  console.log(name, "series", all.length, "build ms", Math.round(build), "samples", n, "values/s time-major", Math.round(n / dt * 1000), "series-major", Math.round(m/dt2*1000), "bad", bad, "MB", Math.round(process.memoryUsage().heapUsed/1e6));
  t0 = performance.now();
  const text = exposition(world, world.clusters[2]!, to - 12345);
  console.log("exposition", text.length, Math.round(performance.now() - t0));
}
