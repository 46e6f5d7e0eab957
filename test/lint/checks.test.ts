import { readdirSync, readFileSync } from "node:fs";
import type { Resource } from "../../src/bundle.ts";
import { bundle } from "../../src/bundle.ts";
import type { Fleet } from "../../src/fleet/model.ts";
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
    [
      "M06",
      rule(
        "avg by (cluster) (max by (cluster, job) (histogram_quantile(0.9, sum by (cluster, job, le) (rate(a_bucket[5m])))))",
      ),
      true,
    ],
    ["M06", rule("max by (cluster) (histogram_quantile(0.9, sum by (cluster, job, le) (rate(a_bucket[5m]))))"), false],
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
    ["A07", alert("1 > count by (cluster) (a)"), true],
    ["A07", alert("1 < count by (cluster) (a)"), false],
    ["A07", alert("(a > 5) < 3"), true],
    ["A08", alert("up == 0", { for: "0s" }), true],
    ["L07", rule("sum by (cluster) (a) + (sum by (cluster) (b) or 0 * sum by (cluster) (a))", "cluster:a:b"), false],
    ["C01", alert('sum by (namespace) (count_over_time({app="a"}[5m])) > 1'), true],
    ["C01", alert('sum by (cluster, namespace) (count_over_time({app="a"}[5m])) > 1'), false],
    ["C01", alert('sum by (namespace) (count_over_time({app="a", cluster="b"}[5m])) > 1'), false],
    ["C01", alert("count(count by (cluster) (up)) < 3"), false],
    ["C09", alert("count(count by (cluster) (up == 1) > 0) < 3"), false],
    ["C01", alert("sum(count by (cluster) (up)) < 3"), true],
    ["C01", alert("count(count by (cluster, pod) (up)) < 3"), true],
    ["C02", alert('rate({app="a"} |= "x" [5m]) / on (app) rate({app="a"}[5m]) > 1'), true],
    ["C02", alert('rate({app="a"} |= "x" [5m]) / on (cluster, app) rate({app="a"}[5m]) > 1'), false],
    ["C04", alert('sum without (cluster) (rate({app="a"}[5m])) > 1'), true],
    ["C09", alert('absent_over_time({app="a"}[15m])'), true],
    ["C09", alert('absent_over_time({app="a", cluster="b"}[15m])'), false],
    ["T01", alert('sum by (cluster) (rate({app="a"} |= "x" [10s])) > 1'), false],
    ["R02", rule("avg by (cluster) (a)", "cluster:a:sum"), true],
    ["R02", rule("sum by (cluster) (max by (cluster, pod) (a))", "cluster:a:max"), false],
    ["R02", rule("sum by (cluster) (a)", "cluster_namespace:a:sum"), true],
  ])("%s %s: %s", (id, text, wanted) => {
    expect(found(text).includes(id)).toBe(wanted);
  });
});

describe("a part of a board that ignores the chosen cluster", () => {
  const board = (expr: string, { multi = true, type = "prometheus" } = {}): string =>
    JSON.stringify({
      uid: "b",
      title: "B",
      schemaVersion: 39,
      templating: { list: [{ name: "cluster", type: "query", multi, query: "label_values(up, cluster)" }] },
      panels: [
        {
          id: 1,
          type: type === "loki" ? "logs" : "timeseries",
          title: "P",
          datasource: { type, uid: "p" },
          fieldConfig: { defaults: { unit: "short" } },
          targets: [{ refId: "A", expr }],
        },
      ],
    });

  test.each([
    ['sum(rate(a_total{cluster=~"$cluster"}[5m])) / sum(rate(b_total[5m]))', ["C06"]],
    ['a{cluster=~"$cluster"} or b', ["C06"]],
    ['a unless b{cluster=~"$cluster"}', ["C06"]],
    ['a{cluster=~"$cluster"} / b', []],
    ['a{cluster=~"$cluster"} * on (cluster, pod) group_left (node) kube_pod_info', []],
    ['a{cluster=~"$cluster"} or b{cluster=~"$cluster"}', []],
    ['sum by (namespace, pod) (a{cluster=~"$cluster"})', ["C01"]],
    ['a{cluster=~".+"} and on (cluster) label_replace(b, "kept", "yes", "cluster", "(?:$cluster)")', []],
  ])("%s: %j", (expr, wanted) => {
    expect(found(board(expr))).toEqual(wanted);
  });

  test("of one value, a regex keeps clusters apart too", () => {
    expect(found(board('sum by (namespace, pod) (a{cluster=~"$cluster"})', { multi: false }))).toEqual([]);
  });

  test.each([
    ['{app="a"}', ["C06", "D01"]],
    ['{app="a", cluster="$cluster"}', ["D01"]],
    ['{app="a", cluster=~"$cluster"}', []],
  ])("Loki: %s: %j", (expr, wanted) => {
    expect(found(board(expr, { type: "loki" })).toSorted()).toEqual(wanted);
  });
});

test("a source that a variable stands for is what the variable says", () => {
  const board = {
    uid: "b",
    title: "B",
    templating: { list: [{ name: "logs", type: "datasource", query: "loki" }] },
    panels: [
      { id: 1, type: "logs", title: "P", datasource: { uid: "${logs}" }, targets: [{ expr: '{app="a"} |= "x"' }] },
    ],
  };
  expect(found(JSON.stringify(board))).toEqual([]);
});

test.each([
  ['up{cluster=~"$cluster"} == 0', ["D01"]],
  ['up{cluster=~"${cluster:regex}"} == 0', ["D01"]],
  ['up{cluster=~"[[cluster]]"} == 0', ["D01"]],
  ['label_replace(up, "a", "$1", "job", "(.*)") == 0', []],
  ['sum by (cluster) (count_over_time({app="$app"}[5m])) > 0', ["D01"]],
])("a rule has no variables: %s: %j", (expr, wanted) => {
  expect(found(alert(expr))).toEqual(wanted);
});

describe("an Alertmanager configuration", () => {
  const config = (more: object, route: object = {}): string =>
    JSON.stringify({
      route: { receiver: "a", ...route },
      receivers: [{ name: "a" }, { name: "b" }],
      ...more,
    });
  const routes = (...all: object[]): object => ({ routes: all.map((one) => ({ receiver: "b", ...one })) });
  const told = (text: string): string[] =>
    lintFiles([{ file: "alertmanager.json", text }], {}).findings.map(({ message }) => message);

  test.each([
    ["unknown keys", config({}, { ...routes({}), group_waits: "1s" }), "Alertmanager knows no group_waits in a route"],
    ["durations", config({}, { ...routes({}), group_wait: 30 }), "group_wait: 30 is no duration"],
    ["no time at all", config({}, { ...routes({}), repeat_interval: "0s" }), "repeat_interval can't be 0"],
    ["labels named twice", config({}, { ...routes({}), group_by: ["a", "a"] }), "group_by names a label twice"],
    ["a root that continues", config({}, { ...routes({}), continue: true }), "the root route can't continue"],
    [
      "time intervals",
      config({}, routes({ mute_time_intervals: ["night"] })),
      "the time interval night is not defined",
    ],
    [
      "weekdays",
      config({ time_intervals: [{ name: "x", time_intervals: [{ weekdays: ["mon"] }] }] }, routes({})),
      "mon is no weekday",
    ],
    ["regexes", config({}, routes({ matchers: ['a=~"("'] })), "the regex of a, (, is none"],
    ["routes behind all", config({}, routes({}, { matchers: ['a="b"'] })), "no alert comes here: route 1 before it"],
    [
      "routes behind wider ones",
      config({}, routes({ matchers: ['a="b"'] }, { matchers: ["c=d", "a=b"] })),
      "no alert comes here: route 1 before it takes each of its alerts",
    ],
    [
      "receivers without an address",
      JSON.stringify({ route: { receiver: "a" }, receivers: [{ name: "a", slack_configs: [{ channel: "#a" }] }] }),
      "slack_configs needs api_url",
    ],
    ["no route", JSON.stringify({ receivers: [{ name: "a" }] }), "there is no route"],
    [
      "inhibition across clusters",
      config(
        { inhibit_rules: [{ source_matchers: ["a=b"], target_matchers: ["c=d"], equal: ["namespace"] }] },
        routes({}),
      ),
      "an alert of one cluster silences those of others",
    ],
  ])("%s", (_, text, wanted) => {
    expect(told(text)).toEqual([expect.stringContaining(wanted)]);
  });

  test.each([
    ["names in UTF-8", config({}, routes({ matchers: ['ä="b"', 'foo.bar="x"', '{a="b", c=~"d|e"}'] }))],
    ["0", config({}, { ...routes({}), group_wait: 0 })],
    [
      "an address for all",
      JSON.stringify({
        global: { slack_api_url: "https://example.com" },
        route: { receiver: "a" },
        receivers: [{ name: "a", slack_configs: [{ channel: "#a" }] }],
      }),
    ],
    ["a route that goes on", config({}, routes({ continue: true }, { matchers: ['a="b"'] }))],
    [
      "inhibition in a cluster, and in an environment",
      config(
        {
          inhibit_rules: [["cluster"], ["environment", "service"]].map((equal) => ({
            source_matchers: ["a=b"],
            target_matchers: ["c=d"],
            equal,
          })),
        },
        routes({}),
      ),
    ],
  ])("%s is left alone", (_, text) => {
    expect(told(text)).toEqual([]);
  });
});

test.each([
  ["Grafana's own rules", "apiVersion: 1\ngroups: [{ orgId: 1, name: a, folder: b, rules: [{ uid: c, data: [] }] }]\n"],
  ["groups of other things", "groups: [{ name: admins, users: [me] }]\nversion: 2\n"],
  ["a Helm template", "groups:\n  - name: {{ .Values.name }}\n    rules: []\n"],
])("%s is nothing to lint", (_, text) => {
  expect(lintFiles([{ file: "a.yaml", text }], {})).toMatchObject({ findings: [], others: ["a.yaml"] });
});

test("what an alert says may begin a line in braces, and its file is linted", () => {
  const text = `groups:
  - name: a
    rules:
      - alert: A
        expr: sum by (pod) (up) == 0
        for: 5m
        labels: { severity: info }
        annotations:
          summary: >-
            {{ $value | humanize }} of
            {{ if true }}it{{ end }}
`;
  expect(found(text)).toContain("C01");
});

test("an annotation without quotes is no template of a file, but a file that can't be read", () => {
  const text =
    "groups:\n  - name: a\n    rules:\n      - { alert: A, expr: up == 0 }\n      - alert: B\n        summary: {{ $value }}\n";
  expect(found(text)).toContain("F01");
});

test("a cluster's label has the name that it is told, and none where there is one cluster", () => {
  const text = rule("sum by (cluster) (up)");
  expect(found(text, { clusterLabel: "k8s_cluster" })).toContain("C01");
  expect(found(rule("sum by (job) (up)", "job:up:sum"), { clusterLabel: "none" })).toEqual([]);
});

describe("bundles", () => {
  const withoutRules: Fleet = { ...testFleet("small"), manage: ["folders", "datasources", "dashboards"] };
  const resources = bundle(defineProject({ fleet: referenceFleet }));
  const changed = (change: (resource: Resource) => Resource): string[] => [
    ...new Set(lint(resources.map(change), { fleet: referenceFleet }).map(({ check }) => check)),
  ];

  test.each([
    ["the reference fleet", referenceFleet],
    ["small", testFleet("small")],
    ["atlas", testFleet("atlas")],
    // Its boards ask for what rules would have recorded, and filter as well as they can.
    ["one without rules", withoutRules],
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
