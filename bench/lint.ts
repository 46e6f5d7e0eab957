import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { stringify } from "yaml";
import type { Resource, Rule } from "../src/bundle.ts";
import { shortLived } from "../src/cli/engine.ts";
import { checks, lint } from "../src/lint/index.ts";
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

/** So often each, in turn: what else the machine does differs from one second to the next. */
const turns = 5;

/**
 * What does it cost to lint 10,000 distinct expressions, all checks on, beside `promtool check rules` on the same rules? CPU
 * seconds, each in a process of its own; of promtool with its start. And does the cost grow linearly?
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
      const objects = join(folder, "resources.json");
      writeFileSync(objects, JSON.stringify(resources));
      if (count > 10_000) {
        const [first = 0, again = 0] = await cpuOfLint(objects);
        lines.push(
          `  ${count} rule objects: ${first.toFixed(2)} s in a process that has just begun, ${again.toFixed(2)} s once more`,
        );
        continue;
      }
      const text = stringify({ groups }, { lineWidth: 0, aliasDuplicateObjects: false });
      const yaml = join(folder, "rules.yaml");
      writeFileSync(yaml, text);
      const promtool = await tool("promtool");
      const took = { first: [] as number[], again: [] as number[], yaml: [] as number[], promtool: [] as number[] };
      for (let turn = 0; turn < turns; turn += 1) {
        const [first = 0, again = 0] = await cpuOfLint(objects);
        took.first.push(first);
        took.again.push(again);
        took.promtool.push(await cpuOf(promtool, ["check", "rules", "--lint=none", yaml]));
        took.yaml.push((await cpuOfLint(yaml))[0] ?? 0);
      }
      lines.push(
        `  ${count} rule objects, in a process that has just begun: ${best(took.first)}`,
        `  once more in the same process: ${best(took.again)}`,
        `  the same as ${(text.length / 1e6).toFixed(1)} MB of YAML: ${best(took.yaml)}`,
        `  promtool check rules: ${best(took.promtool)}`,
        ...whatRan(resources),
      );
    }
    return lines.join("\n");
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function best(seconds: readonly number[]): string {
  const sorted = seconds.toSorted((a, b) => a - b).map((one) => one.toFixed(2));
  return `${sorted[0]} s at best (${sorted.join(" ")})`;
}

/**
 * CPU seconds of a lint as the command runs it, compiled and in a process of its own with the engine set as there, and of a
 * second one in the same process.
 */
async function cpuOfLint(file: string): Promise<readonly number[]> {
  const script = `
    import { readFileSync } from "node:fs";
    import { setFlagsFromString } from "node:v8";
    setFlagsFromString("${shortLived}");
    const { lint, lintFiles } = await import("fleetglass/lint");
    const [file] = ${JSON.stringify([file])};
    const text = readFileSync(file, "utf8");
    const resources = file.endsWith(".json") ? JSON.parse(text) : undefined;
    for (let round = 0; round < 2; round++) {
      const before = process.cpuUsage();
      if (resources) lint(resources);
      else lintFiles([{ file, text }]);
      const { user, system } = process.cpuUsage(before);
      console.log((user + system) / 1e6);
    }`;
  const { stdout } = await promisify(execFile)(process.execPath, ["--input-type=module", "--eval", script]);
  return stdout.trim().split("\n").map(Number);
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
