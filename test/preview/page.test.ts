import type { PreviewBoard, PreviewBundle, PreviewRules } from "../../preview/bundle.ts";
import type { Asking } from "../../preview/page/explain/asking.ts";
import type { Reason } from "../../preview/page/explain/reason.ts";
import { whyEmpty } from "../../preview/page/explain/why-empty.ts";
import { flowLayout } from "../../preview/page/fleet/flow-layout.ts";
import { type Flow, flowOf } from "../../preview/page/fleet/flow.ts";
import { withSameParts } from "../../preview/page/live/same-parts.ts";
import { expressionOf, partsOf } from "../../preview/page/promql/expression.ts";
import { formatted } from "../../preview/page/promql/formatted.ts";
import { placedRules, recordedBy } from "../../preview/page/rules/rule-index.ts";
import { usesOf } from "../../preview/page/rules/uses.ts";
import { defineFleet } from "../../src/project.ts";

describe("why a panel is empty", () => {
  test.each([
    {
      what: "a matcher that nothing meets",
      expr: 'rate(x{job="a",mode="b"}[5m])',
      counts: { x: 4, 'x{mode="b"}': 2 },
      values: { job: ["c", "d"] },
      says: ['No series of `x` has `job="a"`: there `job` is `c`, `d`.'],
    },
    {
      what: "a label that does not exist",
      expr: 'x{clutser="a"}',
      counts: { x: 4 },
      series: { x: [{ __name__: "x", cluster: "a" }] },
      says: ['No series of `x` has `clutser="a"`: they have no label `clutser`, only `cluster`.'],
    },
    {
      what: "matchers that only together leave nothing",
      expr: 'x{a="1",b="2",c="3"}',
      counts: { x: 9, 'x{a="1"}': 4, 'x{b="2"}': 3, 'x{c="3"}': 2, 'x{a="1",b="2"}': 0 },
      says: ['Each matcher finds series, but not the same ones: with `a="1"` (4 series) none has `b="2"` too.'],
    },
    {
      what: "a metric that does not exist, and who would expose it",
      expr: "sum(gone)",
      counts: {},
      says: ["`gone` does not exist in tenant dev. It comes from nowhere."],
    },
    {
      what: "what has stopped",
      expr: "gone",
      counts: { "present_over_time(gone[1h])": 3 },
      instant: true,
      says: [
        "`gone` does not exist in tenant dev; within the last hour there were 3 series: whoever writes them has stopped. It comes from nowhere.",
      ],
    },
    {
      what: "sides that never agree",
      expr: "a * on (cluster, node) b",
      counts: { a: 1, b: 1 },
      series: { a: [{ cluster: "1", node: "n" }], b: [{ cluster: "1" }] },
      says: [
        "Each side of `* on (cluster, node)` has data, but no series of one agrees with any of the other: `node` is `n` on the left and missing on the right.",
      ],
    },
    {
      what: "a limit that nothing is above, which is good",
      expr: "a > 0.9",
      counts: { a: 2 },
      bounds: [0.1, 0.25] as const,
      says: ["fine: No value is `> 0.9`: they are between 0.1 and 0.25."],
    },
    {
      what: "a comparison of pairs that do meet",
      expr: "a > on (x) b",
      counts: { a: 2, b: 2, "(a) > bool  on (x) (b)": 2 },
      says: ["fine: No value is `> on (x) b`."],
    },
    {
      what: "an exception that takes all away",
      expr: "a unless on (x) b",
      counts: { a: 2, b: 5 },
      says: [
        "fine: All 2 series on the left of `unless` have a partner among the 5 on its right, so nothing is left: that is what it is for.",
      ],
    },
    {
      what: "an exception from nothing",
      expr: "a unless b",
      counts: { b: 5 },
      says: ["`a` does not exist in tenant dev. It comes from nowhere."],
    },
    {
      what: "absence of what is there",
      expr: "absent(a)",
      counts: { a: 1 },
      says: ["fine: `absent()` gives nothing because there are such series: all is well."],
    },
    {
      what: "both sides of an `or`",
      expr: "a or b",
      counts: {},
      says: [
        "`a` does not exist in tenant dev. It comes from nowhere.",
        "`b` does not exist in tenant dev. It comes from nowhere.",
      ],
    },
    {
      what: "a window without enough samples",
      expr: "sum(rate(a[20s]))",
      counts: { a: 3 },
      says: [
        "Its series exist, but within `[20s]` none has the samples that `rate()` needs: two for a rate, so the window must be at least twice as long as the time between two scrapes.",
      ],
    },
    {
      what: "buckets that are aggregated away",
      expr: "histogram_quantile(0.9, sum by (pod) (a_bucket))",
      counts: { "sum by (pod) (a_bucket)": 1 },
      series: { "sum by (pod) (a_bucket)": [{ pod: "p" }] },
      says: ["Its series have no label `le`, without which there are no buckets: keep it in the aggregation."],
    },
    {
      what: "another time",
      expr: "a offset 1w",
      counts: { a: 1 },
      says: ["There is data at the time of the panel, but none with `offset 1w`."],
    },
    { what: "what has data now", expr: "a", counts: { a: 2 }, says: ["fine: It has data now: 2 series."] },
    {
      what: "what does not parse",
      expr: "sum by (",
      counts: {},
      says: ["It is not an expression that can be taken apart."],
    },
  ])("is told of $what", async ({ expr, says, ...data }) => {
    expect(words(await whyEmpty(expr, asking(data)))).toEqual(says);
  });

  test("leads from a recorded series through its rule to what the rule lacks", async () => {
    const made: Asking = {
      ...asking({ counts: {} }),
      makers: (metric) =>
        metric === "cluster:x:ratio"
          ? [
              {
                rule: { name: metric, group: "g", tenant: "dev" },
                expr: "sum(gone)",
                asking: asking({ counts: {} }),
                state: () => Promise.resolve({ health: "ok", error: "" }),
              },
            ]
          : [],
    };
    const [reason] = await whyEmpty("max(cluster:x:ratio)", made);
    expect(words(reason?.inner ?? [])).toEqual([
      "The rule `cluster:x:ratio` of group `g` in tenant dev makes it, and its own expression gives nothing:",
    ]);
    expect(words(reason?.inner?.[0]?.inner ?? [])).toEqual([
      "`gone` does not exist in tenant dev. It comes from nowhere.",
    ]);
  });

  test("does not go round in rules that read themselves", async () => {
    const itself: Asking = {
      ...asking({ counts: {} }),
      makers: (metric) => [
        {
          rule: { name: metric, group: "g", tenant: "dev" },
          expr: metric,
          asking: itself,
          state: () => Promise.resolve(undefined),
        },
      ],
    };
    expect(depthOf(await whyEmpty("a:b", itself))).toBeLessThan(10);
  });

  interface Data {
    readonly counts: Readonly<Record<string, number>>;
    readonly series?: Readonly<Record<string, readonly Readonly<Record<string, string>>[]>>;
    readonly values?: Readonly<Record<string, readonly string[]>>;
    readonly bounds?: readonly [number, number];
    readonly instant?: boolean;
  }

  /** Data of which only this is known: everything else is empty. */
  function asking({ counts, series = {}, values = {}, bounds, instant = false }: Data): Asking {
    return {
      where: "tenant dev",
      instant,
      count: (expr) => Promise.resolve(counts[expr] ?? 0),
      series: (expr) => Promise.resolve(series[expr] ?? []),
      values: (_, label) => Promise.resolve(values[label] ?? []),
      bounds: () => Promise.resolve(bounds),
      makers: () => [],
      origin: () => "It comes from nowhere.",
    };
  }

  function words(reasons: readonly Reason[]): string[] {
    return reasons.map(({ text, fine = false }) => (fine ? `fine: ${text}` : text));
  }

  function depthOf(reasons: readonly Reason[]): number {
    return Math.max(0, ...reasons.map(({ inner = [] }) => 1 + depthOf(inner)));
  }
});

test.each([
  { text: "a + b offset 5m", parts: ["binary a + b offset 5m", "selector a", "moved b offset 5m", "selector b"] },
  {
    text: 'sum by (x) (rate(y{z="$z"}[$__rate_interval]))',
    parts: [
      'aggregation sum by (x) (rate(y{z="$z"}[$__rate_interval]))',
      'call rate(y{z="$z"}[$__rate_interval])',
      'range y{z="$z"}[$__rate_interval]',
      'selector y{z="$z"}',
    ],
  },
  { text: "topk(5, x)", parts: ["aggregation topk(5, x)", "literal 5", "selector x"] },
])("an expression is taken apart: $text", ({ text, parts }) => {
  const expression = expressionOf(text, { grafana: true });
  expect(expression && partsOf(expression).map((part) => `${part.kind} ${part.text}`)).toEqual(parts);
});

test.each([
  { what: "a short one stays in its line", text: " sum( x )\n", lines: ["sum(x)"] },
  {
    what: "a short operand stands beside its operator",
    text: 'sum by (cluster, environment) (rate(some_counter_total{job="a"}[5m])) / 100 unless on (cluster) (b == 0)',
    lines: [
      "sum by (cluster, environment) (",
      '  rate(some_counter_total{job="a"}[5m])',
      ") / 100 unless on (cluster) (b == 0)",
    ],
  },
  {
    what: "long operands stand below each other",
    text: 'rate(first_counter_total{job="a"}[5m]) / on (cluster, environment) rate(second_counter_total{job="a"}[5m])',
    lines: [
      '  rate(first_counter_total{job="a"}[5m])',
      "/ on (cluster, environment)",
      '  rate(second_counter_total{job="a"}[5m])',
    ],
  },
  {
    what: "a long selector has a line for each matcher",
    text: 'cluster:up:ratio{environment=~"$environment",region=~"$region",cluster=~"$cluster"}',
    lines: [
      "cluster:up:ratio{",
      '  environment=~"$environment",',
      '  region=~"$region",',
      '  cluster=~"$cluster"',
      "}",
    ],
  },
  { what: "comments are kept", text: "a # why\n+ b", lines: ["a # why", "+ b"] },
  { what: "what does not parse is left alone", text: "sum by (", lines: ["sum by ("] },
])("expressions in lines: $what", ({ text, lines }) => {
  expect(formatted(text, { grafana: true })).toBe(lines.join("\n"));
});

test("a new bundle keeps the parts that are as before", () => {
  const before = { boards: [{ uid: "a", panels: [1, 2] }, { uid: "b" }], data: { kind: "live" } };
  const now = withSameParts(before, { boards: [{ uid: "a", panels: [1, 3] }, { uid: "b" }], data: { kind: "live" } });
  expect(now).toEqual({ boards: [{ uid: "a", panels: [1, 3] }, { uid: "b" }], data: { kind: "live" } });
  expect([now.data === before.data, now.boards[1] === before.boards[1], now.boards[0] === before.boards[0]]).toEqual([
    true,
    true,
    false,
  ]);
  expect(withSameParts(before, structuredClone(before))).toBe(before);
});

describe("the fleet's picture", () => {
  test("has a box for each of a few clusters, and the way from it to the boards", () => {
    const flow = flowOf(bundleOf(1));
    expect(titles(flow)).toEqual([
      ["dev-0", "prd-0"],
      ["dev", "prd"],
      ["All tenants", "dev"],
      ["Everything", "Development"],
    ]);
    expect(flow.edges.map(({ from, to, kind }) => `${from} → ${to} ${kind}`)).toEqual([
      "cluster dev-0 → tenant dev data",
      "cluster prd-0 → tenant prd data",
      "tenant dev → sources dev|prd data",
      "tenant prd → sources dev|prd data",
      "tenant dev → sources dev data",
      "sources dev|prd → folder Everything data",
      "sources dev → folder Development data",
      "tenant dev → tenant prd rules",
    ]);
  });

  test("has a box for each environment of a hundred clusters, and none lies on another", () => {
    const flow = flowOf(bundleOf(50));
    expect(titles(flow)[0]).toEqual(["Development", "Production"]);
    expect(flow.columns[0]?.nodes[0]?.lines[0]).toBe("50 clusters");
    const { columns, edges } = flowLayout(flow);
    for (const nodes of columns) {
      for (const [at, { top }] of nodes.entries()) {
        const before = nodes[at - 1];
        expect(top).toBeGreaterThan(before === undefined ? -1 : before.top + before.height);
      }
    }
    expect(edges).toHaveLength(flow.edges.length);
  });

  function titles({ columns }: Flow): string[][] {
    return columns.map(({ nodes }) => nodes.map(({ title }) => title));
  }
});

test("a rule knows the panels and rules that read it", () => {
  const placed = placedRules(rules);
  const uses = usesOf([board("o", "Everything", "all")], placed);
  const recorded = uses("cluster:up:ratio");
  expect(recorded.panels.map((use) => `${use.board.uid} ${use.panel.id}`)).toEqual(["o 1"]);
  expect(recorded.rules).toEqual(["ClusterDown"]);
  expect(uses("ClusterDown")).toEqual({ panels: [], rules: [] });
  expect([...recordedBy(placed).keys()]).toEqual(["cluster:up:ratio"]);
  expect(placed.map(({ name, nth }) => `${name} ${nth}`)).toEqual([
    "cluster:up:ratio 0",
    "cluster:up:ratio 1",
    "ClusterDown 0",
  ]);
});

const rules: readonly PreviewRules[] = [
  {
    tenant: "prd",
    namespace: "n",
    resource: "rule-group/mimir/prd/n/g",
    origin: "recording/g",
    group: {
      name: "g",
      interval: "1m",
      source_tenants: ["dev", "prd"],
      rules: [
        { record: "cluster:up:ratio", expr: "avg(up)", labels: { a: "1" } },
        { record: "cluster:up:ratio", expr: "avg(up)", labels: { a: "2" } },
        { alert: "ClusterDown", expr: "cluster:up:ratio == 0" },
      ],
    },
  },
];

function board(uid: string, folder: string, source: string): PreviewBoard {
  const datasource = { type: "prometheus", uid: source };
  const targets = [{ refId: "A", expr: 'cluster:up:ratio{cluster="$cluster"} or cluster:up:ratio' }];
  return {
    uid,
    folder,
    title: uid,
    description: "",
    tags: [],
    origin: "",
    resource: "",
    dashboard: { uid, title: uid, panels: [{ id: 1, type: "stat", datasource, targets }] },
  };
}

/** So many clusters in each of two environments. */
function bundleOf(clusters: number): PreviewBundle {
  const { environments, tenants, owner, ...fleet } = defineFleet({
    name: "f",
    environments: [
      { name: "dev", title: "Development" },
      { name: "prd", title: "Production" },
    ],
    clusters: ["dev", "prd"].flatMap((environment) =>
      Array.from({ length: clusters }, (_, at) => ({ name: `${environment}-${at}`, environment, region: "r" })),
    ),
    tenancy: { owner: "prd" },
  });
  const source = (uid: string, read: readonly string[]): PreviewBundle["sources"][number] => ({
    uid,
    name: uid,
    type: "prometheus",
    tenants: read,
    live: true,
    isDefault: false,
  });
  return {
    project: "f",
    fleet: { ...fleet, environments, tenants, ...(owner !== undefined && { owner }) },
    boards: [board("d", "Development", "dev"), board("o", "Everything", "all")],
    sources: [source("dev", ["dev"]), source("all", ["dev", "prd"])],
    rules,
    findings: [],
    data: { kind: "live" },
    problems: [],
  };
}
