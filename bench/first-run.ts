import { execFile } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { parse, stringify } from "yaml";
import { liveOn } from "../src/cli/live-on.ts";
import { bundle, metricRules } from "../src/bundle.ts";
import type { Fleet } from "../src/fleet/model.ts";
import { parseFleet } from "../src/fleet/parse.ts";
import { defineProject } from "../src/project.ts";
import { backfillSeries } from "../src/simulate/backfill.ts";
import { seriesOf } from "../src/simulate/series.ts";
import { createWorld } from "../src/simulate/world.ts";
import { panelsOf, type StackKind, stackKinds, startStack } from "../test/support/stacks.ts";

const run = promisify(execFile);
const minute = 60_000;
/** Minutes of samples: `init` wants ten to tell how often agents scrape. */
const history = 12 * minute;
/** Rules of the second hand read those of the first. */
const patience = 6 * minute;

/**
 * How long does a stranger wait, from the packed library in an empty folder to boards in Grafana? On each kind of stack,
 * while its clusters go on reporting; then the rulers have some minutes until every panel that is drawn must answer.
 */
export async function firstRun(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "fleetglass-first-run-"));
  const home = join(folder, "home");
  mkdirSync(home);
  const lines: string[] = [];
  try {
    const { stdout } = await run("npm", ["pack", "--silent", "--pack-destination", folder]);
    const packed = join(folder, stdout.trim().split("\n").at(-1) ?? "");
    writeFileSync(join(home, "package.json"), '{ "private": true, "type": "module" }\n');
    const began = performance.now();
    await run("npm", ["install", "--silent", "--no-audit", "--no-fund", packed], { cwd: home });
    lines.push(`  npm install  ${since(began)}`);
    for (const kind of Object.values<StackKind>(stackKinds)) lines.push(await onStack(kind, home));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  return lines.join("\n");
}

async function onStack(kind: StackKind, home: string): Promise<string> {
  const folder = await mkdtemp(join(home, "fleet-"));
  // What an operator makes of PrometheusRule objects.
  const loaded = join(folder, "loaded");
  mkdirSync(loaded);
  const stack = await startStack(kind, { ruleFiles: join(loaded, "*.yaml") });
  const stopping = new AbortController();
  const { fleet } = stack;
  const store = { url: stack.writes, ...(fleet.tenantHeader !== undefined && { header: fleet.tenantHeader }) };
  const world = createWorld(fleet, { mess: false });
  const to = Math.floor(Date.now() / 15_000) * 15_000;
  const window = { from: to - history, to };
  for (const cluster of fleet.clusters) await backfillSeries(store, seriesOf(world, cluster, window), window);
  const living = liveOn({ metrics: store, stop: stack.stop }, world, to, stopping.signal);
  const times: string[] = [];
  const env = { ...process.env, ...stack.environment };
  const timed = async (argv: readonly string[], code = 0): Promise<void> => {
    const start = performance.now();
    const ended = await run("npx", ["fleetglass", ...argv], { cwd: folder, env }).then(
      () => 0,
      (error: { readonly code?: number; readonly stderr?: string }) => {
        if (error.code !== code) throw new Error(`${argv.join(" ")} ended with ${error.code}: ${error.stderr}`);
        return code;
      },
    );
    if (ended !== code) throw new Error(`${argv.join(" ")} ended with ${ended}, not ${code}`);
    times.push(`${argv[0]} ${since(start)}`);
  };
  try {
    const began = performance.now();
    await timed(["init", "--from", stack.url]);
    await timed(["lint"]);
    await timed(["plan", "--to", "live"], 2);
    await timed(["publish", "--to", "live"]);
    const found = parseFleet(readFileSync(join(folder, "fleet.yaml"), "utf8"), "fleet.yaml");
    // Of boards only nothing is to be loaded.
    const files = found.manage.includes("rules") && found.backends.metrics.rules !== "ruler-api";
    if (files) await timed(["publish"]);
    const whole = since(began);
    if (files) await load(found, join(folder, "out/rules"), { into: loaded, url: stack.server });
    const waiting = performance.now();
    let panels = await panelsOf(found, stack.grafana, Date.now());
    while (panels.silent.length > 0 && performance.now() - waiting < patience) {
      await sleep(5000);
      panels = await panelsOf(found, stack.grafana, Date.now());
    }
    if (panels.silent.length > 0) throw new Error(`${kind.what}: silent are\n  ${panels.silent.join("\n  ")}`);
    return [
      `  ${kind.what}: ${found.clusters.length} clusters`,
      `    init to publish  ${whole}  (${times.join(", ")})`,
      `    all of ${panels.asked} panels answer ${since(waiting)} later`,
    ].join("\n");
  } finally {
    stopping.abort();
    await living.catch(() => undefined);
    await stack.stop();
  }
}

interface RuleFile {
  readonly groups?: unknown;
  /** Of a PrometheusRule. */
  readonly spec?: { readonly groups: unknown };
}

/** As an operator loads them, or a person who copies files; Azure's come by Terraform, which says the same in its own words. */
async function load(
  fleet: Fleet,
  from: string,
  { into, url }: { readonly into: string; readonly url: string },
): Promise<void> {
  const files = existsSync(from)
    ? readdirSync(from, { recursive: true, encoding: "utf8" }).filter((file) => file.endsWith("ml"))
    : [];
  const read = files.map((file) => parse(readFileSync(join(from, file), "utf8")) as RuleFile);
  const resources = bundle(defineProject({ fleet }));
  const groups =
    files.length > 0
      ? read.map((whole) => (whole.spec ?? whole).groups)
      : fleet.tenants.map(({ id }) => metricRules(resources, id));
  for (const [at, some] of groups.entries()) {
    writeFileSync(join(into, `${at}.yaml`), stringify({ groups: some }, { aliasDuplicateObjects: false }));
  }
  const { ok } = await fetch(`${url}/-/reload`, { method: "POST" });
  if (!ok) throw new Error("Prometheus does not load the rules");
}

function since(start: number): string {
  return `${((performance.now() - start) / 1000).toFixed(1)} s`;
}
