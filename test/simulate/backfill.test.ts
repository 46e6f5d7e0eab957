import { createHash } from "node:crypto";
import fc from "fast-check";
import { bundle, metricRules } from "../../src/bundle.ts";
import { defineProject } from "../../src/project.ts";
import { backfillRules, backfillSeries, type TenantRules } from "../../src/simulate/backfill.ts";
import { backfillHistory } from "../../src/simulate/history.ts";
import { exposition } from "../../src/simulate/exposition.ts";
import { seriesOf } from "../../src/simulate/series.ts";
import { truth } from "../../src/simulate/truth.ts";
import { createWorld } from "../../src/simulate/world.ts";
import { boardQueries } from "../support/board-queries.ts";
import { testFleet } from "../support/fleets.ts";
import { describeWithMimir } from "../support/needs.ts";
import { instant } from "../support/query.ts";

const hour = 3_600_000;

describeWithMimir("six hours of the small fleet on a real Mimir", (mimir) => {
  const fleet = testFleet("small");
  const world = createWorld(fleet, { seed: 7 });
  const all = fleet.tenants.map(({ id }) => id).join("|");
  // Now, since a server takes no samples of a future; the world does not care.
  const to = Math.floor(Date.now() / 60_000) * 60_000;
  const window = { from: to - 6 * hour, to };
  const store = () => ({ url: mimir.url, header: "X-Scope-OrgID" });
  let written = 0;

  beforeAll(async () => {
    await backfillHistory(store(), world, { from: window.from - 48 * hour, to: window.from });
    const series = fleet.clusters.flatMap((cluster) => seriesOf(world, cluster, window));
    written = await backfillSeries(store(), series, window);
    await backfillRules(store(), rulesOf(), window);
  }, 180_000);

  function rulesOf(): TenantRules[] {
    const resources = bundle(defineProject({ fleet }));
    return fleet.tenants.map(({ id }) => ({ tenant: id, groups: metricRules(resources, id) }));
  }

  test("is at most ten million samples, and none was discarded", async () => {
    expect(written).toBeGreaterThan(500_000);
    expect(written).toBeLessThan(10_000_000);
    const metrics = await (await fetch(`${mimir.url}/metrics`)).text();
    const discarded = metrics.split("\n").filter((line) => /^cortex_discarded_samples_total\{.* [1-9]/u.test(line));
    expect(discarded).toEqual([]);
  });

  test("queries agree with what the world says of itself", async () => {
    const known = truth(world);
    for (const cluster of fleet.clusters) {
      const at = to - 60_000;
      const value = async (expr: string): Promise<number> =>
        (await instant(mimir.url, cluster.tenant, expr, { time: at }))[0]?.value ?? NaN;
      expect(await value("cluster:node_cpu_utilisation:ratio_rate5m")).toBeCloseTo(
        known.cpuUtilisation(cluster, at - 150_000),
        1,
      );
      expect(await value("cluster:node_memory_utilisation:ratio")).toBeCloseTo(known.memoryUtilisation(cluster, at), 1);
      expect(await value("cluster:kube_node_ready:ratio")).toBeCloseTo(known.nodesReady(cluster, at), 2);
    }
  });

  test("sums by any label agree with the world's own numbers, at any moment", async () => {
    const known = truth(world);
    const measures = [
      { series: "cluster:node_cost_hourly:sum", of: known.nodesCost },
      { series: "cluster:kube_node_ready:ratio", of: known.nodesReady },
      { series: "cluster:cpu_requests:ratio", of: known.cpuRequests },
    ];
    const scopes = [
      ...fleet.clusters.map(({ name }) => ({ cluster: name })),
      ...fleet.environments.map(({ name }) => ({ environment: name })),
      ...fleet.tenants.map(({ id }) => ({ tenant: id })),
      {},
    ];
    // Rules are evaluated at whole minutes; the first ones look back.
    const moment = fc.integer({ min: window.from / 60_000 + 15, max: to / 60_000 - 1 }).map((at) => at * 60_000);
    const property = fc.asyncProperty(
      moment,
      fc.constantFrom(...measures),
      fc.constantFrom(...scopes),
      async (
        at,
        { series, of },
        { cluster, environment, tenant }: { cluster?: string; environment?: string; tenant?: string },
      ) => {
        const mine = fleet.clusters.filter(
          (one) =>
            (cluster === undefined || one.name === cluster) &&
            (environment === undefined || one.environment === environment) &&
            (tenant === undefined || one.tenant === tenant),
        );
        const where = `cluster=~"${cluster ?? ".+"}",environment=~"${environment ?? ".+"}"`;
        const [found] = await instant(mimir.url, tenant ?? all, `sum(${series}{${where}})`, { time: at });
        // Exporters are asked every half minute, OpenCost every minute: what changes meanwhile is seen after it.
        const could = [0, 30_000, 60_000, 90_000].map((ago) => mine.reduce((sum, one) => sum + of(one, at - ago), 0));
        const near = could.some((value) => Math.abs((found?.value ?? 0) - value) <= 0.02 * Math.abs(value) + 1e-6);
        expect({ series, at, near: near || `${found?.value} is none of ${could.join(", ")}` }).toEqual({
          series,
          at,
          near: true,
        });
      },
    );
    await fc.assert(property, { numRuns: 40, seed: 7 });
  });

  test("the days before have what the rules have after them, without a seam", async () => {
    for (const series of [
      "cluster:node_cpu_utilisation:ratio_rate5m",
      "cluster:node_memory_utilisation:ratio",
      "cluster:kube_node_ready:ratio",
    ]) {
      const [before, after] = await Promise.all(
        [window.from - 60_000, window.from + 10 * 60_000].map((time) => instant(mimir.url, all, series, { time })),
      );
      expect(before).toHaveLength(fleet.clusters.length);
      for (const { labels, value } of before ?? []) {
        const then = after?.find((one) => one.labels["cluster"] === labels["cluster"]);
        expect(Math.abs((then?.value ?? NaN) - value)).toBeLessThan(0.1);
      }
    }
    const daysAgo = await instant(mimir.url, all, "cluster:node_cost_hourly:sum", { time: window.from - 40 * hour });
    expect(daysAgo).toHaveLength(fleet.clusters.length);
  });

  test("boards have history: the overview answers, three hours ago too", async () => {
    const boards = boardQueries(bundle(defineProject({ fleet })));
    for (const { board, panel, refId, expr, tenants } of boards.filter(
      (one) => one.board === "multi-cluster-overview",
    )) {
      const found = await instant(mimir.url, tenants, expr, { time: to - 3 * hour });
      expect({ board, panel, refId, answers: found.length > 0 }).toEqual({ board, panel, refId, answers: true });
    }
  });

  test("a tenant holds its own clusters only", async () => {
    for (const { id, clusters } of fleet.tenants) {
      const found = await instant(mimir.url, id, "group by (cluster) (up)", { time: to });
      expect(found.map(({ labels }) => labels["cluster"]).toSorted()).toEqual(
        clusters.map(({ name }) => name).toSorted(),
      );
    }
    expect(await instant(mimir.url, all, "count(group by (cluster) (up))", { time: to })).toMatchObject([{ value: 4 }]);
  });
});

test("two worlds of one seed are the same, byte for byte, and another seed is another world", () => {
  const digest = (seed: number): string => {
    const fleet = testFleet("small");
    const world = createWorld(fleet, { seed });
    const hash = createHash("sha256");
    for (const cluster of fleet.clusters) hash.update(exposition(world, cluster, Date.UTC(2026, 10, 20, 12)));
    return hash.digest("hex");
  };
  expect(digest(1)).toBe(digest(1));
  expect(digest(1)).not.toBe(digest(2));
});
