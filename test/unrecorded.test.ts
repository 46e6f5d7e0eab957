import { isDeepStrictEqual } from "node:util";
import { bundle } from "../src/bundle.ts";
import { type Definitions, isAskable, unrecorded } from "../src/unrecorded.ts";
import { defineProject } from "../src/project.ts";
import { boardQueries } from "./support/board-queries.ts";
import { fleetOf } from "./support/fleets.ts";
import { describeWithMimir } from "./support/needs.ts";
import { instant, type Sample } from "./support/query.ts";
import { simulated } from "./support/simulated.ts";

const definitions: Definitions = new Map([
  [
    "cluster:inventory:info",
    [
      { expr: "vector(1)", labels: { cluster: "a", environment: "dev", state: "active" } },
      { expr: "vector(1)", labels: { cluster: "b.c", environment: "prd", state: "active" } },
    ],
  ],
  ["cluster:up:ratio", [{ expr: "avg by (cluster) (up)", labels: {} }]],
  [
    "cluster:part:ratio",
    [
      { expr: "cluster:up:ratio or (0 * b{x='y'})", labels: { part: "up" } },
      { expr: "sum by (cluster, pod) (c)", labels: { part: "c" } },
    ],
  ],
  ["cluster:top:sum", [{ expr: "topk by (cluster) (5, sum by (cluster, pod) (c))", labels: {} }]],
  ["cluster:past:avg", [{ expr: "avg_over_time(cluster:up:ratio[30d])", labels: {} }]],
]);
const mark = 'label_replace(vector(1), "kept", "yes", "", "")';

test.each([
  ["a series of its own stays", 'up{cluster="a"} offset 5m', undefined],
  [
    "a matcher reaches the selector",
    'cluster:up:ratio{cluster=~"$cluster"}',
    '(avg by (cluster) (up{cluster=~"$cluster"}))',
  ],
  [
    "a range is a subquery, and so is an offset",
    "max_over_time(cluster:up:ratio[$__range]) - cluster:up:ratio offset 5m",
    "max_over_time((avg by (cluster) (up))[${__range}:1m]) - last_over_time((avg by (cluster) (up))[1m:1m] offset 5m)",
  ],
  [
    "of several rules those that write the label",
    'cluster:part:ratio{part="c", cluster="a"}',
    '(label_replace(sum by (cluster, pod) (c{cluster="a"}), "part", "c", "", ""))',
  ],
  [
    "what is chosen among the first five is chosen afterwards",
    'cluster:top:sum{pod="p"}',
    `(max without (kept) (label_replace(topk by (cluster) (5, sum by (cluster, pod) (c)), "kept", "yes", "pod", "(?:p)") and on (kept) ${mark}))`,
  ],
  [
    "what nothing tells but the fleet is written out, with what is looked at",
    'sum by (environment) (cluster:inventory:info{state="active"})',
    'sum by (environment) ((label_replace(label_replace(label_replace(vector(1), "cluster", "a", "", "") or label_replace(vector(1), "cluster", "b.c", "", ""), "environment", "dev", "cluster", "a"), "environment", "prd", "cluster", "b\\\\.c")))',
  ],
  ["what no rule writes stays, and is empty", 'cluster:part:ratio{part="z"}', undefined],
  ["what is no PromQL is left to the checks", "sum(cluster:up:ratio", undefined],
])("%s", (_, expr, becomes = expr) => {
  expect(unrecorded(expr, definitions)).toBe(becomes);
});

test.each([
  ["cluster:up:ratio", true],
  ["avg_over_time(cluster:up:ratio[1d])", true],
  ["avg_over_time(cluster:up:ratio[7d])", false],
  ["cluster:past:avg", false],
  ["avg_over_time(up[30d])", true],
])("may a board ask %s itself? %s", (expr, may) => {
  expect(isAskable(expr, definitions)).toBe(may);
});

describeWithMimir("boards without rules, on a real Mimir", (mimir) => {
  test.each([
    {
      name: "brownfield",
      boards: ["multi-cluster-overview", "cluster", "node", "workload", "environment-comparison"],
      isChosen: true,
    },
    { name: "small", boards: ["cross-cluster-performance", "gpu-monitoring", "collection"], isChosen: false },
  ] as const)(
    "of the fleet $name say what they say with rules",
    async ({ name, boards, isChosen }) => {
      const recorded = fleetOf(name, (written) => ({
        ...written,
        tenancy: { header: "X-Scope-OrgID", mode: "single", tenant: `unrecorded-${name}` },
        manage: ["dashboards", "rules", "datasources", "folders"],
        dataSources: {},
      }));
      const fleet = { ...recorded, manage: ["dashboards", "datasources", "folders"] as const };
      const { to, resources } = await simulated(mimir.url, recorded, { minutes: 30 });
      const cluster = fleet.clusters.find(({ type }) => type === "workload");
      let answered = 0;
      const differing: string[] = [];
      const variables = isChosen ? { cluster: cluster?.name ?? "", environment: cluster?.environment ?? "" } : {};
      const panels = new Map<string, string[]>();
      for (const { board, panel, expr } of boardQueries(resources, variables)) {
        panels.set(`${board} ${panel}`, [...(panels.get(`${board} ${panel}`) ?? []), expr]);
      }
      const seen = new Set<string>();
      for (const { board, panel, expr, tenants } of boardQueries(bundle(defineProject({ fleet })), variables)) {
        if (!boards.some((one) => one === board)) continue;
        const first = panels.get(`${board} ${panel}`) ?? [];
        // Of the past, rules know less than what they are made of.
        // And of fifty that are equal anyone is the first.
        const looksBack = first.some((one) => /_over_time|offset|(?:top|bottom)k\s*\(50/u.test(one));
        if (first.includes(expr) || looksBack || seen.has(expr)) continue;
        seen.add(expr);
        const found = comparable(await instant(mimir.url, tenants, expr, { time: to }));
        const expected = await Promise.all(
          first.map(async (one) => comparable(await instant(mimir.url, tenants, one, { time: to }))),
        );
        if (!expected.some((one) => isDeepStrictEqual(one, found))) differing.push(`${board} ${panel}: ${expr}`);
        if (found.length > 0) answered += 1;
      }
      expect(differing).toEqual([]);
      expect(answered).toBeGreaterThan(40);
    },
    240_000,
  );
});

function comparable(samples: readonly Sample[]): string[] {
  return samples
    .map(({ labels, value }) => {
      const { __name__: _, tenant_id: _id, cluster_type: _type, tenant: _tenant, ...own } = labels;
      const sorted = Object.entries(own).toSorted(([a], [b]) => (a < b ? -1 : 1));
      return `${JSON.stringify(sorted)} ${value.toPrecision(6)}`;
    })
    .toSorted();
}
