import { setTimeout as sleep } from "node:timers/promises";
import type { SimulatedSeries } from "../../src/simulate/series.ts";
import { urgencyOf } from "../support/incident-matrix.ts";
import { incidentFleet, incidentProject } from "../support/incidents.ts";
import { type Live, startLive } from "../support/live-incident.ts";
import { describeWithLoki, describeWithTool } from "../support/needs.ts";
import { eventually, instant } from "../support/query.ts";

const notifiers = ["mimir", "alertmanager"] as const;

/** What tells of clusters, their nodes and what collects there. */
const groups = ["alerts-clusters", "alerts-collection", "alerts-nodes", "alerts-watchdog"];
const records = ["collection", "inventory", "nodes", "resources"];
const families = new Set(["up", "kube_node_status_condition", "kube_node_info"]);
const keep = ({ family }: SimulatedSeries): boolean => families.has(family);

describeWithTool("incidents, from the cluster to the receiver", "alertmanager", () => {
  let live: Live;
  beforeAll(async () => {
    live = await startLive(incidentProject(incidentFleet()), {
      factor: 60,
      groups: [...groups, ...records],
      keep,
      lines: true,
    });
  }, 60_000);
  afterAll(() => live.stop());

  /** Whoever is told of what by now, but for the heartbeat. */
  function told(by: (typeof notifiers)[number]): string[] {
    const all = live.notified(by).filter(({ labels }) => labels["alertname"] !== "Watchdog");
    return [
      ...new Set(all.map(({ alert, receiver, status }) => `${alert}: ${urgencyOf(receiver)}, ${status}`)),
    ].toSorted();
  }

  test("tell the right people of their cause, once for each notifier, and of nothing that it explains", async () => {
    // The whole way works before anything happens, in every tenant.
    await eventually(
      () => {
        for (const by of notifiers) {
          const beats = live.notified(by).filter(({ receiver }) => receiver === "heartbeat");
          expect(new Set(beats.map(({ labels }) => labels["environment"]))).toEqual(
            new Set(["dev", "stg", "prd", "ops"]),
          );
        }
      },
      { within: 40_000 },
    );
    for (const by of notifiers) expect(told(by)).toEqual([]);

    live.begin(
      { name: "node-not-ready", cluster: "prd-uaenorth" },
      { name: "apiserver-down", cluster: "stg-uaenorth" },
    );
    const first = [
      "ClusterDown stg-uaenorth apiserver: ticket, firing",
      "ClusterNodesNotReady prd-uaenorth: page, firing",
    ];
    await eventually(
      () => {
        for (const by of notifiers) expect(told(by)).toEqual(first);
      },
      { within: 60_000 },
    );

    // What these explain fires too, and nobody is told: not after twice the time in which a group is gathered.
    await eventually(
      async () => {
        for (const [tenant, alerts] of [
          ["prd", ["ClusterNodesNotReady", "NodeNotReady", "TargetsDown"]],
          ["stg", ["ClusterDown", "TargetsDown"]],
        ] as const) {
          const firing = await instant(
            live.url,
            tenant,
            `group by (alertname) (ALERTS{alertstate="firing",severity!="none"})`,
          );
          expect(firing.map(({ labels }) => labels["alertname"]).toSorted()).toEqual(alerts);
        }
      },
      { within: 60_000 },
    );
    await sleep(1000);
    for (const by of notifiers) expect(told(by)).toEqual(first);

    // What fires there does not resolve because nothing is heard any more.
    live.begin({ name: "cluster-silent", cluster: "prd-uaenorth" });
    const all = [first[0] ?? "", "ClusterDown prd-uaenorth silent: page, firing", first[1] ?? ""].toSorted();
    await eventually(
      () => {
        for (const by of notifiers) expect(told(by)).toEqual(all);
      },
      { within: 60_000 },
    );
    const nowhere = notifiers.flatMap((by) =>
      live.notified(by).filter(({ labels }) => {
        const inCluster = labels["cluster"] !== undefined || labels["alertname"] === "Watchdog";
        return labels["environment"] === undefined || !inCluster;
      }),
    );
    expect(nowhere).toEqual([]);
  }, 200_000);
});

describeWithLoki("what only lines tell", () => {
  test("is told to the same people by Loki's ruler", async () => {
    const project = incidentProject(incidentFleet());
    const live = await startLive(project, { factor: 60, groups: [], keep: () => false, lines: true });
    try {
      live.begin({ name: "log-errors", cluster: "dev-uaenorth" });
      await eventually(
        () => {
          for (const by of notifiers) {
            const told = live.notified(by).map(({ alert, receiver, labels }) => ({ alert, receiver, labels }));
            expect(told).toContainEqual({
              alert: "LogErrorBurst dev-uaenorth",
              receiver: "dev-chat",
              labels: expect.objectContaining({ cluster: "dev-uaenorth", environment: "dev", region: "uaenorth" }),
            });
          }
        },
        { within: 90_000 },
      );
    } finally {
      await live.stop();
    }
  }, 180_000);
});
