import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { startGrafana } from "../test/support/grafana.ts";
import { startMimir } from "../test/support/mimir.ts";
import { simulated } from "../test/support/simulated.ts";
import { testFleet } from "../test/support/fleets.ts";

const run = promisify(execFile);

/** How long does a stranger wait, from the packed library in an empty folder to boards in Grafana? */
export async function firstRun(): Promise<string> {
  const fleet = testFleet("brownfield");
  const folder = await mkdtemp(join(tmpdir(), "fleetglass-first-run-"));
  const mimir = await startMimir({ tenants: false });
  const grafana = await startGrafana({ editorOf: "platform" });
  const lines: string[] = [];
  try {
    await simulated(mimir.url, fleet, { minutes: 12, recorded: 0, now: true });
    await grafana.seedFolder({ uid: "platform", title: "Platform" });
    const source = {
      uid: "metrics",
      name: "Metrics",
      type: "prometheus",
      access: "proxy",
      url: `${mimir.url}/prometheus`,
    };
    await grafana.seedDataSource({ ...source, access: "proxy" });
    const { stdout } = await run("npm", ["pack", "--silent", "--pack-destination", folder]);
    const env = { ...process.env, MIMIR_URL: mimir.url, GRAFANA_URL: grafana.url, GRAFANA_TOKEN: grafana.token };
    await writeFile(join(folder, "package.json"), '{ "private": true, "type": "module" }\n');
    await timed("npm install", [
      "npm",
      "install",
      "--silent",
      "--no-audit",
      "--no-fund",
      `./${stdout.trim().split("\n").at(-1)}`,
    ]);
    const began = performance.now();
    await timed("init", ["npx", "fleetglass", "init", "--from", mimir.url]);
    await timed("lint", ["npx", "fleetglass", "lint"]);
    await timed("plan", ["npx", "fleetglass", "plan", "--to", "live"], 2);
    await timed("publish", ["npx", "fleetglass", "publish", "--to", "live"]);
    lines.push(`  init to publish  ${((performance.now() - began) / 1000).toFixed(1)} s`);

    async function timed(name: string, [command = "", ...argv]: readonly string[], code = 0): Promise<void> {
      const start = performance.now();
      const ended = await run(command, argv, { cwd: folder, env }).then(
        () => 0,
        (error: { readonly code?: number; readonly stderr?: string }) => {
          if (error.code !== code) throw new Error(`${name} ended with ${error.code}: ${error.stderr}`);
          return error.code;
        },
      );
      if (ended !== code) throw new Error(`${name} ended with ${ended}, not ${code}`);
      lines.push(`  ${name.padEnd(15)}  ${((performance.now() - start) / 1000).toFixed(1)} s`);
    }
  } finally {
    await grafana.stop();
    await mimir.stop();
    await rm(folder, { recursive: true, force: true });
  }
  return lines.join("\n");
}
