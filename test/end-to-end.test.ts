import { setTimeout as sleep } from "node:timers/promises";
import { bundle, namespaceOf, type Resource } from "../src/bundle.ts";
import type { Cluster } from "../src/fleet/model.ts";
import { defineProject } from "../src/project.ts";
import { apply, planFor } from "../src/publish/apply.ts";
import { http } from "../src/publish/http.ts";
import { mimirRuler } from "../src/publish/mimir-ruler.ts";
import { remoteWrite } from "../src/simulate/remote-write.ts";
import { type BoardQuery, boardQueries } from "./support/board-queries.ts";
import { faster } from "./support/faster.ts";
import { fleetSeries, truth } from "./support/fleet-series.ts";
import { testFleet } from "./support/fleets.ts";
import { describeWithMimir } from "./support/needs.ts";
import { eventually, instant } from "./support/query.ts";

/** Between two samples; less than half the lookback that the test's Mimir has. */
const step = 4000;

describe.each(["small", "atlas"] as const)("fleet %s, from remote write to alert", (name) => {
  describeWithMimir(
    "on a real Mimir",
    (mimir) => {
      const fleet = testFleet(name);
      const { labels } = fleet;
      const all = fleet.tenants.map(({ id }) => id).join("|");
      const resources = bundle(defineProject({ fleet }));
      const active = fleet.clusters.filter(({ state }) => state === "active");
      const victim = active.find(({ type }) => type === "workload") ?? active[0];
      let reporting: readonly Cluster[] = active;
      let live: Promise<void>;
      const stopped = new AbortController();

      const write = async (clusters: readonly Cluster[], timestamps: readonly number[]): Promise<void> => {
        for (const { id } of fleet.tenants) {
          const mine = clusters.filter(({ tenant }) => tenant === id);
          await remoteWrite(mimir.url, { tenant: id }).send(fleetSeries(fleet, mine, timestamps));
        }
      };

      beforeAll(async () => {
        const now = Math.floor(Date.now() / step) * step;
        await write(
          active,
          Array.from({ length: 90 }, (_, at) => now - (89 - at) * step),
        );
        await publishRules(mimir.url, faster(resources, ["alerts-clusters", "alerts-fleet", "alerts-tenant"]));
        live = (async () => {
          for (let at = now + step; !stopped.signal.aborted; at += step) {
            await sleep(Math.max(0, at - Date.now()));
            await write(reporting, [at]);
          }
        })();
      }, 60_000);

      afterAll(async () => {
        stopped.abort();
        await live;
      });

      test("the rulers record what the exporters say", async () => {
        const expected = [
          ["cluster:node_cpu_utilisation:ratio_rate5m", truth.cpu],
          ["cluster:node_memory_utilisation:ratio", truth.memory],
          ["cluster:cpu_requests:ratio", truth.cpuRequests],
          ["cluster:kube_node_ready:ratio", 1],
          ["cluster:health_status:level", 0],
          ["cluster:health_score:ratio", 1],
        ] as const;
        for (const [series, value] of expected) {
          await eventually(
            async () => {
              const found = await instant(mimir.url, all, `max by (${labels.cluster}) (${series} >= 0)`);
              const scored = series === "cluster:health_score:ratio" ? value * 0.997 : value;
              expect(found.map((sample) => sample.labels[labels.cluster]).toSorted()).toEqual(
                active.map((cluster) => cluster.name).toSorted(),
              );
              for (const sample of found) expect(Math.abs(sample.value - scored)).toBeLessThan(0.01);
            },
            { within: 30_000 },
          );
        }
      }, 60_000);

      test("every panel of every view answers, through the tenants of its data source", async () => {
        // Of the overview: all boards are asked on the simulator's data, which has what they read.
        const queries = boardQueries(resources).filter(({ board }) => board.endsWith("multi-cluster-overview"));
        expect(queries.length).toBeGreaterThan(20);
        for (const query of queries) await eventually(() => answers(mimir.url, query), { within: 20_000 });
      }, 90_000);

      test("a filter on one cluster lets no other through", async () => {
        const [first] = active;
        for (const query of boardQueries(resources, { cluster: first?.name ?? "" })) {
          const found = await instant(mimir.url, query.tenants, query.expr);
          const others = found
            .map((sample) => sample.labels[labels.cluster])
            .filter((cluster) => cluster !== undefined && cluster !== first?.name);
          expect({ panel: query.panel, others }).toEqual({ panel: query.panel, others: [] });
        }
      }, 90_000);

      test("what a ruler records is what the rule gives when it is asked, which is how history is filled", async () => {
        const tenant = fleet.tenants[0]?.id ?? "";
        const rules = resources.flatMap((resource) =>
          resource.kind === "rule-group" && resource.at.tenant === tenant ? resource.spec.rules : [],
        );
        for (const name of [
          "cluster:node_memory_utilisation:ratio",
          "cluster:cpu_requests:ratio",
          "cluster:up:ratio",
        ]) {
          const expr = rules.find((rule) => "record" in rule && rule.record === name)?.expr ?? "";
          const recorded = await instant(mimir.url, tenant, name);
          const moments = await instant(mimir.url, tenant, `timestamp(${name})`);
          const asked = await instant(mimir.url, tenant, expr, { time: (moments[0]?.value ?? 0) * 1000 });
          expect(recorded.length).toBeGreaterThan(0);
          expect(asked.map(({ value }) => value)).toEqual(recorded.map(({ value }) => value));
        }
      });

      test("nothing fires while all is well", async () => {
        // The watchdog always does.
        const wrong = `ALERTS{alertstate="firing", alertname!="Watchdog"}`;
        expect(await instant(mimir.url, all, wrong)).toEqual([]);
      });

      test("ClusterDown fires for the cluster that falls silent, and for no other", async () => {
        reporting = active.filter((cluster) => cluster !== victim);
        const down = `ALERTS{alertname="ClusterDown",alertstate="firing"}`;
        await eventually(async () => expect(await instant(mimir.url, all, down)).not.toEqual([]), { within: 40_000 });
        // Long enough for a wrong one to fire too.
        await sleep(3000);
        const firing = await instant(mimir.url, all, down);
        expect(
          firing.map((sample) => [
            sample.labels[labels.cluster],
            sample.labels[labels.environment],
            sample.labels["cause"],
          ]),
        ).toEqual([[victim?.name, victim?.environment, "silent"]]);
        await eventually(async () => {
          const status = await instant(
            mimir.url,
            all,
            `max by (${labels.cluster}, component) (cluster:health_status:level == 2)`,
          );
          expect(status.map((sample) => [sample.labels[labels.cluster], sample.labels["component"]])).toEqual([
            [victim?.name, "targets"],
          ]);
        });
        await eventually(async () => {
          const score = await instant(
            mimir.url,
            all,
            `cluster:health_score:ratio{${labels.cluster}="${victim?.name}"}`,
          );
          expect(score.map((sample) => sample.value)).toEqual([0]);
        });
      }, 60_000);

      test("silence does not look like load", async () => {
        // What was last scraped stays in the window of a rate for minutes, with ever less behind it.
        const highest = await instant(mimir.url, all, "max_over_time(cluster:node_cpu_utilisation:ratio_rate5m[1m])");
        expect(highest.length).toBeGreaterThan(0);
        for (const sample of highest) expect(sample.value).toBeLessThan(truth.cpu + 0.02);
      });

      test("every panel still answers with a cluster gone, and says so", async () => {
        for (const query of boardQueries(resources).filter(({ board }) => board === "multi-cluster-overview")) {
          await answers(mimir.url, query);
        }
        const silent = boardQueries(resources).find(
          ({ board, panel }) => board === "multi-cluster-overview" && panel === "Silent clusters",
        );
        expect((await instant(mimir.url, silent?.tenants ?? "", silent?.expr ?? ""))[0]?.value).toBe(1);
      });

      test("clusters that are unknown, mislabelled or in the wrong tenant are noticed", async () => {
        const [astray, mislabelled] = active.filter((cluster) => cluster !== victim);
        const elsewhere = fleet.tenants.find(({ id }) => id !== astray?.tenant)?.id ?? "";
        const odd = [
          { ...astray, name: "who-is-this" },
          { ...astray, tenant: elsewhere },
          { ...mislabelled, region: "nowhere" },
        ] as readonly Cluster[];
        reporting = [...reporting, ...odd];
        const firing = async (name: string): Promise<unknown[]> => {
          const found = await instant(mimir.url, all, `ALERTS{alertname="${name}",alertstate="firing"}`);
          return found.map((sample) => [sample.labels[labels.cluster], sample.labels[labels.region]]);
        };
        await eventually(
          async () => {
            expect(await firing("UnknownClusterReporting")).toEqual([["who-is-this", astray?.region]]);
            expect(await firing("ClusterLabelMismatch")).toEqual([[mislabelled?.name, mislabelled?.region]]);
            expect(await firing("ClusterInWrongTenant")).toEqual([[astray?.name, astray?.region]]);
          },
          { within: 30_000 },
        );
      }, 60_000);

      async function publishRules(url: string, wanted: readonly Resource[]): Promise<void> {
        const server = http({ name: "Mimir", url, headers: {}, credential: "", variable: "" });
        const targets = fleet.tenants.map(({ id }) =>
          mimirRuler(server, {
            title: "Mimir",
            tenant: id,
            header: "X-Scope-OrgID",
            namespace: namespaceOf(fleet.name),
          }),
        );
        const applied = await apply(await planFor(wanted, targets), { prune: false });
        expect(applied.filter(({ error }) => error)).toEqual([]);
      }
    },
    { lookback: "10s" },
  );
});

async function answers(url: string, query: BoardQuery): Promise<void> {
  const found = await instant(url, query.tenants, query.expr);
  if (found.length === 0)
    throw new Error(`${query.board}, panel "${query.panel}", query ${query.refId} has no data: ${query.expr}`);
}
