import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fleetglass } from "./cli.ts";
import { startProxy } from "./proxy.ts";

export interface Kill {
  /** Which write of the run: 0 is the first. */
  readonly write: number;
  /** Before the server hears of it, or after it has done it. */
  readonly when: "before" | "after";
}

/**
 * Kills a publisher, as the kernel does, at one of its writes; then publishes again and undoes that. Answers which of the
 * promises were broken, and whether there was such a write at all.
 */
export async function killedAt(
  mimirUrl: string,
  { write, when }: Kill,
): Promise<{ readonly killed: boolean; readonly broken: readonly string[] }> {
  const folder = await mkdtemp(join(tmpdir(), "fleetglass-killed-"));
  const proxy = await startProxy(mimirUrl);
  const project = `killed-${process.pid}-${write}-${when}`;
  // A file per version: within a process a module is loaded once.
  const versions = { first: join(folder, "first.config.ts"), second: join(folder, "second.config.ts") };
  const state = join(folder, "state");
  const broken: string[] = [];
  const expect = (holds: boolean, what: string): unknown => holds || broken.push(what);
  const text = async (namespace: string): Promise<string> => {
    const answers = ["dev", "prd"].map((tenant) =>
      fetch(`${mimirUrl}/prometheus/config/v1/rules/${namespace}`, { headers: { "X-Scope-OrgID": tenant } }),
    );
    return (await Promise.all(answers.map(async (answer) => (await answer).text()))).join("\n");
  };
  const run = (...argv: readonly string[]) =>
    fleetglass([...argv, "--fleet", versions.second], { MIMIR_URL: mimirUrl });
  const first = (...argv: readonly string[]) =>
    fleetglass([...argv, "--fleet", versions.first], { MIMIR_URL: mimirUrl });
  try {
    // A first version is there; the second changes, adds and removes.
    await writeFile(versions.first, configuration(project, ["a", "b"], 1));
    await writeFile(versions.second, configuration(project, ["a", "c"], 2));
    expect((await first("publish", "--to", "live")).code === 0, "the first version was not published");
    const foreign = await text("by-hand");
    let writes = 0;
    let killed = false;
    const child = spawn(
      process.execPath,
      [
        "--import",
        "tsx",
        "src/cli/main.ts",
        "publish",
        "--to",
        "live",
        "--prune",
        "--fleet",
        versions.second,
        "--state",
        state,
        "--concurrency",
        "1",
      ],
      { env: { ...process.env, MIMIR_URL: proxy.url }, stdio: "ignore" },
    );
    proxy.inject(({ method }) => {
      if (method === "GET") return undefined;
      writes += 1;
      if (writes !== write + 1) return undefined;
      killed = true;
      if (when === "after") return { kind: "reset-after", after: () => void child.kill("SIGKILL") };
      child.kill("SIGKILL");
      return { kind: "reset-before" };
    });
    await once(child, "exit");
    const again = await run("publish", "--to", "live", "--prune", "--state", state);
    expect(!killed || again.errors.includes("did not come to its end"), "nobody was told of the killed run");
    expect(again.code === 0, `the next run failed: ${again.errors}`);
    expect((await run("plan", "--to", "live")).code === 0, "the plan after it is not empty");
    expect((await run("drift")).code === 0, "a change by hand is seen that nobody made");
    expect((await text("by-hand")) === foreign, "what is not ours was touched");
    const published = await text(`fleetglass-${project}`);
    expect(published.includes("name: c") && !published.includes("name: b"), "the wrong groups are there");
    // Undo both runs, the killed one too: the first version is back.
    const runs = JSON.parse((await run("rollback", "--state", state, "--list", "--json")).out) as { id: string }[];
    for (const _ of runs) {
      const undone = await run("rollback", "--state", state);
      expect(undone.code === 0, `a run was not undone: ${undone.out}${undone.errors}`);
    }
    const back = await first("plan", "--to", "live", "--prune");
    expect(back.code === 0, `the first version is not back: ${back.out}`);
    const journal = await Promise.all(
      runs.map(({ id }) => readFile(join(state, project, "runs", `${id}.jsonl`), "utf8")),
    );
    expect(
      !killed || journal.some((lines) => !lines.includes('"closed"')),
      "the killed run is not told from an ended one",
    );
    return { killed, broken };
  } finally {
    await proxy.stop();
    await rm(folder, { recursive: true });
  }
}

/** Two versions of one project are published at the same time; then one of them alone. */
export async function twoAtOnce(mimirUrl: string): Promise<readonly string[]> {
  const folder = await mkdtemp(join(tmpdir(), "fleetglass-two-"));
  const project = `two-${process.pid}`;
  try {
    const configs = [1, 2].map((version) => join(folder, `v${version}.config.ts`));
    await Promise.all(
      configs.map((path, at) => writeFile(path, configuration(project, at === 0 ? ["a", "b"] : ["b", "c"], at + 1))),
    );
    const publish = (path: string, ...argv: readonly string[]) =>
      fleetglass(["publish", "--to", "live", "--prune", "--fleet", path, ...argv], { MIMIR_URL: mimirUrl });
    const [first = "", second = ""] = configs;
    const both = await Promise.all([publish(first), publish(second)]);
    const last = await publish(second);
    const plan = await publish(second, "--plan");
    return [
      // Whoever was overwritten knows it.
      ...both.flatMap(({ code, errors }) =>
        code === 0 || errors.split("\n").every((line) => line.includes("somebody else wrote it while"))
          ? []
          : [`one of two failed: ${errors}`],
      ),
      ...(last.code === 0 ? [] : [`the next run failed: ${last.errors}`]),
      ...(plan.code === 0 ? [] : [`the plan after it is not empty: ${plan.out}`]),
    ];
  } finally {
    await rm(folder, { recursive: true });
  }
}

function configuration(project: string, groups: readonly string[], version: number): string {
  return `import { defineFleet, defineProject, place, promql, record } from "fleetglass";
    const fleet = defineFleet({
      name: "killed",
      environments: [{ name: "dev" }, { name: "prd" }],
      clusters: [
        { name: "dev-1", environment: "dev", region: "r1" },
        { name: "prd-1", environment: "prd", region: "r1" },
      ],
    });
    const group = (name: string) => ({ name, interval: "1m", rules: [
      record({ level: "cluster", name: name + "_up:sum", query: promql({ unit: "none", labels: place })\`sum by (cluster, environment, region) (up) + ${version}\` }),
    ] });
    export default { ...defineProject({ name: "${project}", fleet }), dashboards: [], alerts: [], recording: ${JSON.stringify(groups)}.map(group) };`;
}
