import { isDeepStrictEqual } from "node:util";
import type { DashboardResource } from "../../src/bundle.ts";
import { boardUid } from "../../src/dashboards/board.ts";
import { boards } from "../../src/dashboards/index.ts";
import { viewsOf } from "../../src/datasources/views.ts";
import type { Cluster } from "../../src/fleet/model.ts";
import { isAnswered, type Query } from "../../src/queries/query.ts";
import { type BoardQuery, boardQueries, classicOf } from "../support/board-queries.ts";
import { testFleet } from "../support/fleets.ts";
import { describeWithMimir } from "../support/needs.ts";
import { instant } from "../support/query.ts";
import { type Simulated, simulated } from "../support/simulated.ts";

/** Minutes after a first publish: two evaluations of the group that is evaluated least often. */
const soon = 4;

/** Every board of every view on a fleet as it lives, just published: what is drawn has an answer, and a filter is obeyed. */
describe.each(["small", "atlas", "brownfield"] as const)("the boards of the fleet %s", (name) => {
  const fleet = testFleet(name);
  const options = { tenants: fleet.tenantHeader !== undefined };
  describeWithMimir(
    "on a real Mimir with the simulator's data",
    (mimir) => {
      let world: Simulated;

      beforeAll(async () => {
        world = await simulated(mimir.url, fleet, { minutes: 30, recorded: soon });
      }, 240_000);

      async function ask({ tenants, expr }: BoardQuery): Promise<string[]> {
        const found = await instant(mimir.url, tenants, expr, { time: world.to });
        return found.flatMap(({ labels }) => labels[fleet.labels.cluster] ?? []);
      }

      test("every panel answers under the tenants of its data source, or says what its silence means", async () => {
        const mute: string[] = [];
        const answered = new Set<string>();
        for (const query of boardQueries(world.resources)) {
          const key = `${query.board}: ${query.panel}`;
          const found = await instant(mimir.url, query.tenants, query.expr, { time: world.to });
          if (found.length > 0) answered.add(key);
          else mute.push(key);
        }
        const silent = new Set(mute.filter((key) => !answered.has(key)));
        expect([...silent].filter((key) => !mayBeEmpty(world).has(key))).toEqual([]);
        expect(answered.size).toBeGreaterThan(20);
      }, 120_000);

      test("what is by cluster has one series of each cluster that can have one", async () => {
        const wrong: string[] = [];
        let compared = 0;
        const planned = new Set(fleet.clusters.flatMap(({ name: one, state }) => (state === "planned" ? [one] : [])));
        for (const view of viewsOf(fleet, fleet.name)) {
          for (const board of boards) {
            for (const panel of board.rows({ fleet, view }).flatMap(({ panels }) => panels)) {
              const [query, ...more] = panel.queries;
              if (!/ by cluster(?:$|,)/u.test(panel.title) || !query || more.length > 0) continue;
              // Alerts are nobody's, and only where something fires.
              if (query.requires.length === 0) continue;
              const expected = view.clusters.filter((cluster) => reports(cluster) && has(cluster, query));
              const name = boardUid(board.uid, view);
              const asked = boardQueries(world.resources).filter(
                (one) => one.board === name && one.panel === panel.title,
              );
              // One that is still being built may report while people try it.
              const found = (await Promise.all(asked.map(ask)))
                .flat()
                .filter((one) => !planned.has(one))
                .toSorted();
              compared += found.length;
              const due = expected.map((cluster) => cluster.name).toSorted();
              if (!isDeepStrictEqual(found, due))
                wrong.push(`${name}: ${panel.title}: ${found.join()}, not ${due.join()}`);
            }
          }
        }
        expect(wrong).toEqual([]);
        expect(compared).toBeGreaterThan(20);
      }, 120_000);

      test("a filter on one cluster lets no other through, on any panel", async () => {
        const first = fleet.clusters.find(({ state, type }) => state === "active" && type === "workload");
        const astray: string[] = [];
        for (const query of boardQueries(world.resources, { cluster: first?.name ?? "" })) {
          const others = (await ask(query)).filter((cluster) => cluster !== first?.name);
          if (others.length > 0) astray.push(`${query.board}: ${query.panel}: ${[...new Set(others)].join(", ")}`);
        }
        expect(astray).toEqual([]);
      }, 120_000);
    },
    options,
  );
});

function reports({ state }: Cluster): boolean {
  return state === "active";
}

/** The central stack serves no applications. */
function has({ jobs, type }: Cluster, query: Query): boolean {
  const ofApplications = query.requires.flat().includes("opentelemetry");
  return isAnswered(query, new Set(Object.keys(jobs))) && (type === "workload" || !ofApplications);
}

/** Panels whose empty answer is a good one, and which say so instead of "No data". */
function mayBeEmpty({ resources }: Simulated): Set<string> {
  const boards = resources.filter((resource): resource is DashboardResource => resource.kind === "dashboard");
  return new Set(
    boards.flatMap((board) =>
      (classicOf(board).panels ?? []).flatMap((panel) => {
        const says = "fieldConfig" in panel ? panel.fieldConfig?.defaults.noValue : undefined;
        // In a world at work there are requests.
        return says === undefined || says === "No requests" ? [] : [`${board.id}: ${panel.title}`];
      }),
    ),
  );
}
