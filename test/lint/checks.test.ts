import { readdirSync, readFileSync } from "node:fs";
import type { Resource } from "../../src/bundle.ts";
import { bundle } from "../../src/bundle.ts";
import { referenceFleet } from "../../src/fleet/reference.ts";
import { type FileLintOptions, lint, lintFiles } from "../../src/lint/index.ts";
import { defineProject } from "../../src/project.ts";
import { testFleet } from "../support/fleets.ts";

const options: FileLintOptions = { retention: "60d" };

/** The ids of what is found in a file of this text. */
function found(text: string, more: FileLintOptions = {}): string[] {
  const file = text.trimStart().startsWith("{") ? "board.json" : "rules.yaml";
  return lintFiles([{ file, text }], { ...options, ...more }).findings.map(({ check }) => check);
}

/** Tenants are known in bundles only. */
const ofBundles = new Set(["C08", "C11"]);

describe("each page's examples", () => {
  const pages = readdirSync("docs/checks")
    .filter((file) => /^[A-Z]\d\d\.md$/u.test(file))
    .map((file) => file.replace(".md", ""));

  test.each(pages)("%s finds the bad one, and nothing in the good one", (id) => {
    const page = readFileSync(`docs/checks/${id}.md`, "utf8");
    const [, bad = "", good = ""] = /## Bad\n\n```\w+\n(.*?)```\n\n## Good\n\n```\w+\n(.*?)```/su.exec(page) ?? [];
    expect(good).not.toBe("");
    expect(found(good)).toEqual([]);
    expect([...new Set(found(bad))]).toEqual(ofBundles.has(id) ? [] : [id]);
  });
});

const rule = (expr: string, name = "cluster:x:y"): string =>
  JSON.stringify({ groups: [{ name: "g", rules: [{ record: name, expr }] }] });
const alert = (expr: string, more: object = {}): string =>
  JSON.stringify({
    groups: [
      {
        name: "g",
        rules: [{ alert: "A", expr, for: "10m", labels: { severity: "info" }, annotations: { summary: "s" }, ...more }],
      },
    ],
  });

describe("what is told, and what is left alone", () => {
  test.each([
    ["C01", rule('sum by (job) (up{cluster="a"})'), false],
    ["C01", rule("sum by (job) (sum by (cluster, job) (up))"), true],
    ["C01", rule("topk(3, up)"), false],
    ["C01", rule("sum by (environment) (up)", "environment:up:sum"), false],
    ["C02", rule('up{cluster="a"} * on (job) group_left (x) foo{cluster="a"}'), false],
    ["C02", rule("up * on () group_left () vector(2)"), false],
    ["C02", rule("up / ignoring (cluster) foo"), true],
    ["C02", rule("a / on (source_cluster) b"), false],
    ["C03", rule("up and on () (hour() > 8)"), false],
    ["C03", rule("up unless on (job) foo"), true],
    ["C05", rule('rate(a_total{code="500"}[5m]) / rate(a_total{code="200"}[5m])'), true],
    ["C05", rule('rate(a_total{code="500"}[5m]) / ignoring (code) rate(a_total{code="200"}[5m])'), false],
    ["C05", rule("sum by (cluster, pod) (a) / sum by (cluster) (b)"), true],
    ["C05", rule("sum by (cluster, pod) (a) / on (cluster) group_left () sum by (cluster) (b)"), false],
    ["C09", alert("absent(up)"), true],
    ["C09", alert('absent(up{cluster="a"})'), false],
    ["C09", alert("vector(1)"), false],
    ["C09", alert("sum(up) < 3", { labels: { severity: "info", cluster: "a" } }), false],
    ["M02", alert("count by (cluster) (node_cpu_seconds_total) > 100"), false],
    ["M02", alert("up == 0 and node_cpu_seconds_total > 0"), false],
    ["M02", alert("changes(process_start_time_seconds[1h]) > 2"), false],
    ["M06", rule('avg by (cluster) (go_gc_duration_seconds{quantile="1"})'), true],
    ["M08", rule("sum by (cluster) (my_own_metric_total)"), false],
    ["M08", rule("sum by (cluster) (kube_pod_infoo)"), true],
    ["M09", rule("sum by (cluster, namespce) (kube_pod_info)"), true],
    ["M09", rule("sum by (cluster, team) (kube_pod_info)"), false],
    ["M10", alert("100 * (1 - node_memory_MemAvailable_bytes / node_memory_MemTotal_bytes) > 0.9"), true],
    ["M10", alert("node_memory_MemAvailable_bytes > node_boot_time_seconds"), true],
    ["T03", alert("up == 0", { for: "1m" }), false],
    ["A03", alert("sum by (cluster) (up) < 3", { annotations: { summary: "{{ $labels.cluster }}" } }), false],
    ["A03", alert("up < on (job) foo", { annotations: { summary: "{{ $labels.pod }}" } }), true],
    ["A04", alert("up == 0", { annotations: { summary: "{{ if gt $value 1.0 }}a{{ else }}b{{ end }}" } }), false],
    ["A04", alert("up == 0", { annotations: { summary: "{{ if gt $value 1.0 }}a" } }), true],
    [
      "A04",
      alert("up == 0", { annotations: { summary: '{{ with query "up" }}{{ . | first | value }}{{ end }}' } }),
      false,
    ],
    ["A04", alert("up == 0", { annotations: { summary: "{{ $valu }}" } }), true],
    ["A06", alert("(a > 1) or (b > 1)"), false],
    ["A06", alert("(a > 1) or b"), true],
    ["A06", alert("a unless b"), false],
    ["A07", alert("(count by (cluster) (a) or vector(0)) == 0"), false],
    ["A07", alert("up > 1"), true],
    ["A07", alert("(a > 5) < 3"), true],
    ["A08", alert("up == 0", { for: "0s" }), true],
    ["R02", rule("avg by (cluster) (a)", "cluster:a:sum"), true],
    ["R02", rule("sum by (cluster) (max by (cluster, pod) (a))", "cluster:a:max"), false],
    ["R02", rule("sum by (cluster) (a)", "cluster_namespace:a:sum"), true],
  ])("%s %s: %s", (id, text, wanted) => {
    expect(found(text).includes(id)).toBe(wanted);
  });
});

test("a cluster's label has the name that it is told, and none where there is one cluster", () => {
  const text = rule("sum by (cluster) (up)");
  expect(found(text, { clusterLabel: "k8s_cluster" })).toContain("C01");
  expect(found(rule("sum by (job) (up)", "job:up:sum"), { clusterLabel: "none" })).toEqual([]);
});

describe("bundles", () => {
  const resources = bundle(defineProject({ fleet: referenceFleet }));
  const changed = (change: (resource: Resource) => Resource): string[] => [
    ...new Set(lint(resources.map(change), { fleet: referenceFleet }).map(({ check }) => check)),
  ];

  test.each([
    ["the reference fleet", referenceFleet],
    ["small", testFleet("small")],
    ["atlas", testFleet("atlas")],
  ])("%s: no finding", (_, fleet) => {
    expect(lint(bundle(defineProject({ fleet })), { fleet })).toEqual([]);
  });

  test("C08: a tenant that does not record what it reads", () => {
    const without = resources.filter(
      (resource) => resource.kind !== "rule-group" || resource.at.tenant !== "dev" || resource.id !== "inventory",
    );
    expect(new Set(lint(without, { fleet: referenceFleet }).map(({ check }) => check))).toContain("C08");
  });

  test("C11: a source of all tenants but the owner of what compares them", () => {
    const found = changed((resource) =>
      resource.kind === "datasource" && resource.spec.secureJsonData?.["httpHeaderValue1"]?.includes("|") === true
        ? { ...resource, spec: { ...resource.spec, secureJsonData: { httpHeaderValue1: "dev|stg|prd" } } }
        : resource,
    );
    expect(found).toContain("C11");
  });
});
