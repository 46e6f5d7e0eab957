import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { stringify } from "yaml";
import { startServer } from "../src/servers/server.ts";
import { tool } from "../src/servers/tools.ts";

const run = promisify(execFile);
const tenants = ["dev", "stg", "prd", "ops"];
const groups = 500;

/**
 * How long does it take to publish 500 rule groups to each of four tenants, and to see that nothing changed? Beside it
 * `mimirtool rules sync`, once per tenant, with the same groups on the same Mimir. Ours generates and lints them too.
 */
export async function publish(): Promise<string> {
  const mimir = await startServer({ name: "mimir", env: { MIMIR_LOOKBACK: "5m", MIMIR_RULE_GROUPS: "0" } });
  const folder = await mkdtemp(join(tmpdir(), "fleetglass-bench-"));
  try {
    const config = join(folder, "fleetglass.config.ts");
    await writeFile(config, configuration());
    const file = join(folder, "rules.yaml");
    await writeFile(
      file,
      stringify({ namespace: "bench", groups: Array.from({ length: groups }, (_, at) => groupOf(at)) }),
    );
    const mimirtool = await tool("mimirtool");
    const ours = (): Promise<Measured> =>
      measured(async () => {
        // /usr/bin/time is not everywhere: the process says itself how much memory it held.
        const { stderr } = await run(
          process.execPath,
          [
            "--import",
            "data:text/javascript,process.on('exit',()=>process.stderr.write('maxrss '+process.resourceUsage().maxRSS))",
            "dist/cli/main.js",
            "publish",
            "--to",
            "live",
            "--fleet",
            config,
            "--concurrency",
            "16",
          ],
          { env: { ...process.env, MIMIR_URL: mimir.url }, maxBuffer: 1e9 },
        );
        return Number(/maxrss (\d+)/u.exec(stderr)?.[1]) / 1024;
      });
    const theirs = (): Promise<Measured> =>
      measured(async () => {
        for (const id of tenants) {
          await run(mimirtool, ["rules", "sync", `--address=${mimir.url}`, `--id=${id}`, "--namespaces=bench", file], {
            maxBuffer: 1e9,
          });
        }
        return 0;
      });
    const lines = [`  cold       fleetglass ${text(await ours())}   mimirtool ${text(await theirs())}`];
    for (let round = 1; round <= 3; round += 1) {
      lines.push(`  unchanged  fleetglass ${text(await ours())}   mimirtool ${text(await theirs())}`);
    }
    return lines.join("\n");
  } finally {
    await mimir.stop();
    await rm(folder, { recursive: true });
  }
}

interface Measured {
  readonly seconds: number;
  readonly megabytes: number;
}

async function measured(work: () => Promise<number>): Promise<Measured> {
  const from = performance.now();
  const megabytes = await work();
  return { seconds: (performance.now() - from) / 1000, megabytes };
}

function text({ seconds, megabytes }: Measured): string {
  return `${seconds.toFixed(1)} s${megabytes > 0 ? ` (${Math.round(megabytes)} MB)` : ""}`;
}

function groupOf(at: number): object {
  const rules = Array.from({ length: 4 }, (_, rule) => ({
    record: `cluster:bench_${at}_${rule}:sum`,
    expr: "sum by (cluster, environment, region) (up)",
  }));
  return { name: `bench-${at}`, interval: "1m", rules };
}

function configuration(): string {
  return `import { defineFleet, defineProject, place, record, select, sum } from "fleetglass";
    const fleet = defineFleet({
      name: "bench",
      environments: ${JSON.stringify(tenants.map((name) => ({ name })))},
      clusters: ${JSON.stringify(tenants.map((environment) => ({ name: `${environment}-1`, environment, region: "r1" })))},
      backends: [{ kind: "mimir", url: "http://mimir/prometheus", limits: { groupsPerTenant: 1000 } }],
    });
    const recording = Array.from({ length: ${groups} }, (_, at) => ({ name: "bench-" + at, interval: "1m", rules:
      [0, 1, 2, 3].map((rule) => record({ level: "cluster", name: "bench_" + at + "_" + rule + ":sum", query: sum(place, select("up")) })) }));
    export default { ...defineProject({ fleet }), dashboards: [], alerts: [], recording };`;
}
