import { execFile } from "node:child_process";
import { mkdtemp, rm, statfs, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { stringify } from "yaml";
import { type Server, startServer } from "../src/servers/server.ts";
import { tool } from "../src/servers/tools.ts";
import { startGrafana } from "../test/support/grafana.ts";

const run = promisify(execFile);
const tenants = ["dev", "stg", "prd", "ops"];
const sizes = { groups: [250, 500, 1000], boards: [250, 1000, 2000] } as const;

/**
 * How long does it take to publish 500 rule groups to each of four tenants, and to see that nothing changed, and how much
 * memory do more take? Beside it `mimirtool rules sync`, once per tenant, with the same groups on the same Mimir. How many
 * requests does it take to see that boards are unchanged, where Grafana lists them with their content and where not? Ours
 * generates and lints all of them too: how much memory that alone takes is said beside.
 */
export async function publish(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "fleetglass-bench-"));
  try {
    return [...(await besideMimirtool(folder)), ...(await rulesBySize(folder)), ...(await boardsBySize(folder))].join(
      "\n",
    );
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function besideMimirtool(folder: string): Promise<string[]> {
  const config = await written(folder, rulesOf(500));
  const file = join(folder, "rules.yaml");
  await writeFile(file, stringify({ namespace: "bench", groups: Array.from({ length: 500 }, (_, at) => groupOf(at)) }));
  const mimirtool = await tool("mimirtool");
  const ours = (url: string): Promise<Measured> => fleetglass(publishing(config), { MIMIR_URL: url });
  const theirs = async (url: string): Promise<Measured> => {
    let [seconds, cpu] = [0, 0];
    for (const id of tenants) {
      const sync = ["rules", "sync", `--address=${url}`, `--id=${id}`, "--namespaces=bench", file];
      const one = await measured(mimirtool, sync);
      seconds += one.seconds;
      cpu += one.cpu;
    }
    return { seconds, cpu };
  };
  // Each on an empty Mimir of its own: what one has written is evaluated, and would slow the other.
  const fresh = async (work: (url: string) => Promise<Measured>): Promise<Measured> => {
    const mimir = await emptyMimir();
    return work(mimir.url).finally(() => mimir.stop());
  };
  const lines = ["500 rule groups × 4 tenants"];
  const cold = await beside(
    () => fresh(ours),
    () => fresh(theirs),
  );
  lines.push(...cold.map((line) => `  cold       ${line}`));
  const mimir = await emptyMimir();
  try {
    // The first of each publishes, and is not counted.
    const unchanged = await beside(
      () => ours(mimir.url),
      () => theirs(mimir.url),
    );
    return [...lines, ...unchanged.map((line) => `  unchanged  ${line}`)];
  } finally {
    await mimir.stop();
  }
}

const rounds = 7;

/**
 * One after the other, who begins by turns, and the median of each: what else a machine does strikes both. Once before that without
 * counting: whoever is first reads all programs from the disk.
 */
async function beside(ours: () => Promise<Measured>, theirs: () => Promise<Measured>): Promise<string[]> {
  await ours();
  await theirs();
  const runs: { readonly ours: Measured; readonly theirs: Measured }[] = [];
  for (let round = 1; round <= rounds; round += 1) {
    if (round % 2 === 1) runs.push({ ours: await ours(), theirs: await theirs() });
    else runs.push({ theirs: await theirs(), ours: await ours() });
  }
  const nth = (at: number, who: "ours" | "theirs"): number =>
    runs.map((run) => run[who].seconds).toSorted((a, b) => a - b)[at] ?? Number.NaN;
  const summary = (word: string, at: number): string => {
    const [us, them] = [nth(at, "ours"), nth(at, "theirs")];
    return `${word}: fleetglass ${us.toFixed(2)} s, mimirtool ${them.toFixed(2)} s, ${(us / them).toFixed(2)} times`;
  };
  return [
    ...runs.map((run) => `fleetglass ${text(run.ours)}   mimirtool ${text(run.theirs)}`),
    summary("median", Math.floor(rounds / 2)),
    summary("at best", 0),
  ];
}

async function rulesBySize(folder: string): Promise<string[]> {
  const lines: string[] = [];
  for (const size of sizes.groups) {
    const mimir = await emptyMimir();
    try {
      const config = await written(folder, rulesOf(size));
      const cold = await fleetglass(publishing(config), { MIMIR_URL: mimir.url });
      const again = await fleetglass(publishing(config), { MIMIR_URL: mimir.url });
      const lint = await fleetglass(["lint", "--fleet", config]);
      lines.push(
        `  ${size} groups × 4 tenants: cold ${text(cold)}, unchanged ${text(again)}, generating and linting alone ${text(lint)}`,
      );
    } finally {
      await mimir.stop();
    }
  }
  return ["Rule groups by number", ...lines];
}

async function boardsBySize(folder: string): Promise<string[]> {
  const lines: string[] = [];
  for (const version of ["13.0.0", "10.4.3"] as const) {
    for (const size of sizes.boards) {
      const grafana = await startGrafana({ version });
      try {
        const config = await written(folder, boardsOf(size));
        const environment = { GRAFANA_URL: grafana.url, GRAFANA_TOKEN: grafana.token };
        await fleetglass(publishing(config), environment);
        const before = grafana.requests.length;
        const writes = grafana.writes().length;
        const again = await fleetglass(publishing(config), environment);
        const lint = await fleetglass(["lint", "--fleet", config]);
        const boards = grafana.requests.slice(before).filter(({ path }) => /dashboards|search/u.test(path)).length;
        lines.push(
          `  Grafana ${version}, ${size} boards unchanged: ${grafana.requests.length - before} requests, ${boards} of them about boards, ${grafana.writes().length - writes} writes, ${grafana.violations.length} outside the contract; ${text(again)}, generating and linting alone ${text(lint)}`,
        );
      } finally {
        await grafana.stop();
      }
    }
  }
  return ["Boards by number", ...lines];
}

/**
 * A Mimir that looks for new rules as rarely as one in production: the tests' own does so all the time, and would read what is
 * just written. In memory where there is room: a disk on which thousands of files were just removed, as those of the Mimir before,
 * is slow for half a minute to make new ones (ext4 does not use their inodes again so soon).
 */
async function emptyMimir(): Promise<Server> {
  const env = { MIMIR_RULE_GROUPS: "0", MIMIR_RULER_POLL: "10m", MIMIR_RULER_SYNC: "10s" };
  const memory = "/dev/shm";
  const room = await statfs(memory).then(
    ({ bavail, bsize }) => bavail * bsize,
    () => 0,
  );
  return startServer({ name: "mimir", env, ...(room > 1e9 && { under: memory }) });
}

async function written(folder: string, configuration: string): Promise<string> {
  const config = join(folder, "fleetglass.config.ts");
  await writeFile(config, configuration);
  return config;
}

function publishing(config: string): string[] {
  return ["publish", "--to", "live", "--fleet", config, "--concurrency", "16"];
}

interface Measured {
  readonly seconds: number;
  /** Seconds that it kept a core busy. */
  readonly cpu: number;
  /** The most memory that it held; absent where the program does not say so itself. */
  readonly megabytes?: number;
}

async function fleetglass(
  argv: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<Measured> {
  const { stderr, ...took } = await measured(process.execPath, ["--import", saysMemory, "dist/cli/main.js", ...argv], {
    ...environment,
  });
  return { ...took, megabytes: Number(/maxrss (\d+)/u.exec(stderr)?.[1]) / 1024 };
}

const saysMemory =
  "data:text/javascript,process.on('exit',()=>process.stderr.write('maxrss '+process.resourceUsage().maxRSS))";

/** A shell knows how long its children computed. */
async function measured(
  program: string,
  argv: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<Measured & { readonly stderr: string }> {
  const from = performance.now();
  const { stdout, stderr } = await run("sh", ["-c", '"$@" >/dev/null || exit $?; times', "sh", program, ...argv], {
    env: { ...process.env, ...environment },
    maxBuffer: 1e9,
  });
  const seconds = (performance.now() - from) / 1000;
  const children = stdout.trim().split("\n").at(-1) ?? "";
  const cpu = [...children.matchAll(/(\d+)m([\d.]+)s/gu)].reduce(
    (sum, [, m, s]) => sum + Number(m) * 60 + Number(s),
    0,
  );
  return { seconds, cpu, stderr };
}

function text({ seconds, cpu, megabytes }: Measured): string {
  const memory = megabytes === undefined ? "" : `, ${Math.round(megabytes)} MB`;
  return `${seconds.toFixed(1)} s (CPU ${cpu.toFixed(1)} s${memory})`;
}

function groupOf(at: number): object {
  const rules = Array.from({ length: 4 }, (_, rule) => ({
    record: `cluster:bench_${at}_${rule}:sum`,
    expr: "sum by (cluster, environment, region) (up)",
  }));
  return { name: `bench-${at}`, interval: "1m", rules };
}

function rulesOf(groups: number): string {
  return `import { defineFleet, defineProject, place, record, select, sum } from "fleetglass";
    const fleet = defineFleet({
      name: "bench",
      environments: ${JSON.stringify(tenants.map((name) => ({ name })))},
      clusters: ${JSON.stringify(tenants.map((environment) => ({ name: `${environment}-1`, environment, region: "r1" })))},
      backends: [{ kind: "mimir", url: "http://mimir/prometheus", limits: { groupsPerTenant: 10000 } }],
    });
    const recording = Array.from({ length: ${groups} }, (_, at) => ({ name: "bench-" + at, interval: "1m", rules:
      [0, 1, 2, 3].map((rule) => record({ level: "cluster", name: "bench_" + at + "_" + rule + ":sum", query: sum(place, select("up")) })) }));
    export default { ...defineProject({ fleet }), dashboards: [], alerts: [], recording };`;
}

function boardsOf(boards: number): string {
  return `import { defineFleet, defineProject, neutral, promql, row, stat } from "fleetglass";
    const fleet = defineFleet({
      name: "bench",
      environments: [{ name: "ops" }],
      clusters: [{ name: "ops-1", environment: "ops", region: "r1", type: "ops" }],
    });
    const dashboards = Array.from({ length: ${boards} }, (_, at) => ({
      uid: "bench-" + at, title: "Bench " + at, description: "Is it there?", tags: [],
      rows: () => ["Now", "Then", "Later"].map((title) => row(title, [1, 2, 3, 4].map((panel) => stat({
        title: title + " " + panel, description: "Is one one?", thresholds: neutral("it is one"),
        queries: [promql({ unit: "none", labels: [] })\`vector(1)\`],
      })))),
    }));
    export default { ...defineProject({ fleet, checks: { R03: "off" } }), alerts: [], dashboards };`;
}
