import type { DashboardResource } from "../../src/bundle.ts";
import type { Fleet } from "../../src/fleet/model.ts";
import { type BoardQuery, boardQueries, classicOf } from "../support/board-queries.ts";
import { testFleet } from "../support/fleets.ts";
import { describeWithMimir } from "../support/needs.ts";
import { instant } from "../support/query.ts";
import { type Simulated, simulated } from "../support/simulated.ts";

/** What is open all day on a wall. */
const walls = ["multi-cluster-overview", "sre-operations-center"];
const budget = 300;

/** The most that a board may read more when each cluster has a thousand pods more. */
const growth = 1.1;

const small = testFleet("small");
/** Enough to see what grows. */
const one = testFleet("small", ({ name }) => name.startsWith("prd-"));

/** What boards of many clusters cost: with the number of clusters, never with that of pods. */
describe("series that boards of many clusters read", () => {
  const costs = new Map<string, ReadonlyMap<string, number>>();

  describe.each([
    { what: "four clusters", fleet: small, pods: 115 },
    { what: "one cluster", fleet: one, pods: 115 },
    { what: "one cluster with a thousand pods more", fleet: one, pods: 1115 },
  ])("of $what", ({ what, fleet, pods }) => {
    describeWithMimir("on a real Mimir", (mimir) => {
      test("are counted", async () => costs.set(what, await costsOf(mimir.url, fleet, pods)), 300_000);
    });
  });

  test(`are at most ${budget} on a wall's boards, of four clusters`, () => {
    const found = costs.get("four clusters");
    expect(walls.map((board) => found?.get(board) ?? 0)).not.toContain(0);
    expect([...(found ?? [])].filter(([board, series]) => walls.includes(board) && series > budget)).toEqual([]);
  });

  test("are hardly more with a thousand pods more", () => {
    const few = costs.get("one cluster");
    const many = [...(costs.get("one cluster with a thousand pods more") ?? [])];
    expect(many.length).toBeGreaterThan(walls.length);
    expect(many.filter(([board, series]) => !(series <= growth * (few?.get(board) ?? 0)))).toEqual([]);
  });
});

/** Asks all of each board once. */
async function costsOf(url: string, fleet: Fleet, pods: number): Promise<ReadonlyMap<string, number>> {
  const world = await simulated(url, fleet, { minutes: 7, size: { nodes: 2, pods } });
  const found = new Map<string, number>();
  for (const [board, queries] of boardsOf(world)) {
    const before = await fetched(url);
    for (const { tenants, expr } of queries) await instant(url, tenants, expr, { time: world.to });
    found.set(board, (await fetched(url)) - before);
  }
  return found;
}

/** Those of the SREs' view, which is the largest, without boards of one thing: these read of that one thing. */
function boardsOf({ resources }: Simulated): ReadonlyMap<string, BoardQuery[]> {
  const boards = resources.filter(
    (resource): resource is DashboardResource =>
      resource.kind === "dashboard" &&
      resource.spec.folder.endsWith("_sre") &&
      classicOf(resource).tags?.includes("drill-down") !== true,
  );
  const queries = boardQueries(resources);
  return new Map(boards.map(({ id }) => [id, queries.filter(({ board }) => board === id)]));
}

/** Series that queriers fetched from stores since this Mimir started. */
async function fetched(url: string): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text();
  const counts = [...text.matchAll(/^cortex_query_fetched_series_total\{[^}]*\} (\S+)$/gmu)];
  return counts.reduce((sum, [, value]) => sum + Number(value), 0);
}
