import { readFileSync } from "node:fs";
import { parseFleet } from "../src/fleet/parse.ts";
import { startServer } from "../src/servers/server.ts";
import { backfillSeries } from "../src/simulate/backfill.ts";
import { seriesOf } from "../src/simulate/series.ts";
import { createWorld } from "../src/simulate/world.ts";

const half = 30 * 60_000;

/**
 * How many samples a second does the simulator write into a real Mimir, and does its memory stay flat? The small fleet,
 * and one with ten times its nodes and pods, for half an hour and for an hour: memory may grow with series, not with time.
 */
export async function simulate(): Promise<string> {
  const file = "test/fleets/small.yaml";
  const fleet = parseFleet(readFileSync(file, "utf8"), file);
  const lines: string[] = [];
  for (const factor of [1, 10]) {
    for (const length of [half, 2 * half]) {
      const server = await startServer({ name: "mimir" });
      try {
        const to = Math.floor(Date.now() / 60_000) * 60_000;
        const window = { from: to - length, to };
        const world = createWorld(fleet, { size: { nodes: 2 * factor, pods: 15 * factor } });
        const series = fleet.clusters.flatMap((cluster) => seriesOf(world, cluster, window));
        let peak = 0;
        const started = performance.now();
        const samples = await backfillSeries({ url: server.url, header: "X-Scope-OrgID" }, series, window, () => {
          peak = Math.max(peak, process.memoryUsage().rss);
        });
        const seconds = (performance.now() - started) / 1000;
        lines.push(
          `  ${factor}x, ${length / 60_000} min: ${series.length} series, ${samples} samples, ${Math.round(samples / seconds)} samples/s, ${Math.round(peak / 2 ** 20)} MiB at most`,
        );
      } finally {
        await server.stop();
      }
    }
  }
  return lines.join("\n");
}
