import { parsePromql } from "/work/wt/lint/dist/lint/promql.js";
import { tokenize } from "/work/wt/lint/dist/lint/promql-tokens.js";
import { lint } from "/work/wt/lint/dist/lint/index.js";
import { metricNames } from "/work/wt/lint/dist/metrics/index.js";
function rules(count) {
  return Array.from({ length: count }, (_, at) => {
    const metric = metricNames[at % metricNames.length] ?? "up";
    const window = `${5 + at % 50}m`;
    const by = "cluster, environment, region, namespace";
    const shapes = [
      `sum by (${by}) (rate(${metric}{job=~"a|b${at}"}[${window}]))`,
      `sum by (${by}) (rate(${metric}{code=~"5..", shard="${at}"}[${window}])) / sum by (${by}) (rate(${metric}{shard="${at}"}[${window}]))`,
      `max by (cluster, node) (${metric}{shard="${at}"}) * on (cluster, node) group_left (zone) max by (cluster, node, zone) (kube_node_labels{shard!="${at}"})`,
      `histogram_quantile(0.9, sum by (cluster, le) (rate(${metric}_bucket{shard="${at}"}[${window}])))`
    ];
    const expr = shapes[at % shapes.length] ?? "";
    if (at % 3 > 0) return { record: `cluster:bench_${at}:rate${window}`, expr };
    return { alert: `Bench${at}`, expr: `${expr} > ${at}`, for: "10m", labels: { severity: "warning", cluster: "x" }, annotations: { summary: `{{ $labels.cluster }} is at {{ $value | humanize }} (${at})` } };
  });
}
const groupSize = 20;
const all = rules(1e4);
const resources = Array.from({ length: all.length / groupSize }, (_, at) => ({ kind: "rule-group", at: { system: "mimir", tenant: "bench", namespace: "bench" }, id: `bench-${at}`, spec: { name: `bench-${at}`, interval: "1m", rules: all.slice(at * groupSize, (at + 1) * groupSize) }, needs: [], origin: "bench" }));
function cpu(name, work) {
  const b = process.cpuUsage();
  const w = performance.now();
  work();
  const { user, system } = process.cpuUsage(b);
  console.log(name.padEnd(12), ((user + system) / 1e6).toFixed(2), "wall", ((performance.now() - w) / 1e3).toFixed(2));
}
if (process.argv[2] === "parts") {
  cpu("tokenize", () => {
    for (const r of all) tokenize(r.expr, {});
  });
  cpu("parse", () => {
    for (const r of all) parsePromql(r.expr, { dialect: "mimir" });
  });
}
cpu("lint", () => lint(resources));
if (process.argv[2] === "parts") {
  cpu("lint again", () => lint(resources));
}
