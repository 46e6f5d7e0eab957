import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { stringify } from "yaml";
import type { Resource, Rule } from "../src/bundle.ts";
import { shortLived } from "../src/cli/engine.ts";
import { checks, lint, lintFiles } from "../src/lint/index.ts";
import { metricNames } from "../src/metrics/index.ts";
import { tool } from "../src/servers/tools.ts";

/** Rules no two of which are alike: alerts and records over the catalogue, in the shapes that people write. */
function rules(count: number): Rule[] {
  return Array.from({ length: count }, (_, at): Rule => {
    const metric = metricNames[at % metricNames.length] ?? "up";
    const window = `${5 + (at % 50)}m`;
    const by = "cluster, environment, region, namespace";
    const shapes = [
      `sum by (${by}) (rate(${metric}{job=~"a|b${at}"}[${window}]))`,
      `sum by (${by}) (rate(${metric}{code=~"5..", shard="${at}"}[${window}])) / sum by (${by}) (rate(${metric}{shard="${at}"}[${window}]))`,
      `max by (cluster, node) (${metric}{shard="${at}"}) * on (cluster, node) group_left (zone) max by (cluster, node, zone) (kube_node_labels{shard!="${at}"})`,
      `histogram_quantile(0.9, sum by (cluster, le) (rate(${metric}_bucket{shard="${at}"}[${window}])))`,
      `max by (cluster, pod) (${metric}{shard="${at}"}) unless on (cluster, pod) kube_pod_labels{shard="${at}"} or vector(${at})`,
    ];
    const expr = shapes[at % shapes.length] ?? "";
    if (at % 3 > 0) return { record: `cluster:bench_${at}:rate${window}`, expr };
    return {
      alert: `Bench${at}`,
      expr: `${expr} > ${at}`,
      for: "10m",
      labels: { severity: "warning", cluster: "x" },
      annotations: { summary: `{{ $labels.cluster }} is at {{ $value | humanize }} (${at})` },
    };
  });
}

const groupSize = 20;

function groupsOf(
  all: readonly Rule[],
): { readonly name: string; readonly interval: string; readonly rules: Rule[] }[] {
  return Array.from({ length: Math.ceil(all.length / groupSize) }, (_, at) => ({
    name: `bench-${at}`,
    interval: "1m",
    rules: all.slice(at * groupSize, (at + 1) * groupSize),
  }));
}

function cpu(work: () => unknown): number {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1e6;
}

/**
 * What does it cost to lint 10,000 distinct expressions, all checks on, beside `promtool check rules` on the same rules? CPU
 * seconds; of promtool with its start. And does the cost grow linearly?
 */
export async function lintBench(): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), "fleetglass-bench-"));
  try {
    const lines: string[] = [];
    for (const count of [10_000, 100_000]) {
      const groups = groupsOf(rules(count));
      const resources = groups.map((spec): Resource => ({
        kind: "rule-group",
        at: { system: "mimir", tenant: "bench", namespace: "bench" },
        id: spec.name,
        spec,
        needs: [],
        origin: "bench",
      }));
      const [first, again] = await cpuOfLint(folder, resources);
      lines.push(`  ${count} rule objects: ${first} s in a process that has just begun, ${again} s once more`);
      if (count > 10_000) continue;
      lines.push(...whatRan(resources));
      const text = stringify({ groups }, { lineWidth: 0, aliasDuplicateObjects: false });
      const file = join(folder, "rules.yaml");
      writeFileSync(file, text);
      const yaml = cpu(() => lintFiles([{ file, text }]));
      lines.push(`  the same as ${(text.length / 1e6).toFixed(1)} MB of YAML: ${yaml.toFixed(2)} s`);
      lines.push(
        `  promtool check rules: ${(await cpuOf(await tool("promtool"), ["check", "rules", "--lint=none", file])).toFixed(2)} s`,
      );
    }
    return lines.join("\n");
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/**
 * CPU seconds of a lint as the command runs it, compiled and in a process of its own with the engine set as there, and of a
 * second one in the same process.
 */
async function cpuOfLint(folder: string, resources: readonly Resource[]): Promise<readonly string[]> {
  const file = join(folder, "resources.json");
  writeFileSync(file, JSON.stringify(resources));
  const script = `
    import { readFileSync } from "node:fs";
    import { lint } from "fleetglass/lint";
    import { setFlagsFromString } from "node:v8";
    setFlagsFromString("${shortLived}");
    const resources = JSON.parse(readFileSync(${JSON.stringify(file)}, "utf8"));
    for (let round = 0; round < 2; round++) {
      const before = process.cpuUsage();
      lint(resources);
      const { user, system } = process.cpuUsage(before);
      console.log(((user + system) / 1e6).toFixed(2));
    }`;
  const { stdout } = await promisify(execFile)(process.execPath, ["--input-type=module", "--eval", script]);
  return stdout.trim().split("\n");
}

/** Which checks looked at something, how often, and which of them found something? Counted in a run of its own. */
function whatRan(resources: readonly Resource[]): string[] {
  const looks = new Map<string, number>();
  const given = checks.map((check) => ({ ...check }));
  checks.forEach((check) => {
    const counted = (look: (...args: unknown[]) => unknown) => {
      return (...args: unknown[]): unknown => {
        looks.set(check.id, (looks.get(check.id) ?? 0) + 1);
        return look(...args);
      };
    };
    for (const [key, value] of Object.entries(check) as [string, unknown][]) {
      if (typeof value === "function") Object.assign(check, { [key]: counted(value as () => unknown) });
      if (typeof value !== "object" || value === null || !("look" in value)) continue;
      Object.assign(check, { [key]: { ...value, look: counted(value.look as () => unknown) } });
    }
  });
  const findings = lint(resources);
  checks.forEach((check, at) => Object.assign(check, given[at]));
  const idle = checks.filter(({ id }) => !looks.has(id)).map(({ id }) => id);
  const times = [...looks.values()].reduce((sum, each) => sum + each, 0);
  return [
    `  checks that ran: ${looks.size} of ${checks.length}${idle.length > 0 ? `, all but ${idle.join(", ")}` : ""}; they looked ${times} times`,
    `  checks that found something in these rules: ${[...new Set(findings.map(({ check }) => check))].toSorted().join(", ")}`,
  ];
}

/** CPU seconds of a program, its start included. */
async function cpuOf(program: string, args: readonly string[]): Promise<number> {
  const script = 'TIMEFORMAT="%U %S"; time "$0" "$@" >/dev/null 2>/dev/null';
  const { stderr } = await promisify(execFile)("bash", ["-c", script, program, ...args]);
  return stderr
    .trim()
    .split(" ")
    .map(Number)
    .reduce((sum, seconds) => sum + seconds, 0);
}
