import { setTimeout as sleep } from "node:timers/promises";
import * as z from "zod";
import { startServer } from "../src/servers/server.ts";
import type { FaultName } from "../src/simulate/faults.ts";
import { type Expected, incidents, isMess, type Urgency, urgencyOf, wider } from "../test/support/incident-matrix.ts";
import { type Episode, incidentFleet, incidentProject, nameOf, replay } from "../test/support/incidents.ts";
import { play, type Notifier, type Told, tellByAlertmanager, tellByMimir } from "../test/support/notifiers.ts";
import { startLive } from "../test/support/live-incident.ts";
import { type Notified, startReceiver } from "../test/support/receiver.ts";

/** An hour of an incident is a minute of its notifications. */
const factor = 60;

interface Replayed {
  readonly name: FaultName;
  readonly expected: Expected;
  readonly episodes: Episode[];
  /** From the fault to the end. */
  readonly minutes: number;
}

/**
 * Does each fault of the simulator set off the alerts that it should, after how long, and are people told of what they should
 * be, and of nothing else? On a real Mimir, a fresh one for each: its rules are evaluated over hours of the small fleet, with
 * their own durations. What fires goes in its order, sixty times as fast, through the fleet's routing: through Mimir's Alertmanager,
 * and through one Alertmanager of all tenants, to a receiver on this machine. What only lines tell is lived sixty times as fast
 * instead, with a real Loki whose ruler tells both.
 */
export async function incidentMatrix(): Promise<string> {
  const only = process.env["FAULTS"]?.split(",");
  const project = incidentProject(incidentFleet());
  const replayed: Replayed[] = [];
  for (const [name, expected] of Object.entries(incidents) as [FaultName, Expected][]) {
    if (only && !only.includes(name)) continue;
    const { minutes = 120, well = 30, factor: days = 1, lasts = "1d" } = expected;
    const server = await startServer({ name: "mimir" });
    try {
      const faults = [`${name}@-${minutes - well}m+${lasts}`];
      const episodes = await replay(server.url, project, { faults, minutes, factor: days });
      replayed.push({ name, expected, episodes, minutes: minutes - well });
      process.stderr.write(`${name}: ${new Set(episodes.map(({ labels }) => nameOf(labels))).size} alerts\n`);
    } finally {
      await server.stop();
    }
  }
  const lived = replayed.filter(({ name }) => name === lines);
  const notified = [
    ...(await notifications(project, replayed)),
    ...(await Promise.all(lived.map((one) => live(project, one)))).flat(),
  ];
  return report(replayed, notified);
}

/** The fault of which no metric tells. */
const lines: FaultName = "log-errors";

/** Adds to what fired what Loki's ruler says. */
async function live(project: ReturnType<typeof incidentProject>, replayed: Replayed): Promise<readonly Notified[]> {
  const cluster = project.fleet.clusters.find(({ name }) => name === "prd-uaenorth");
  if (!cluster) throw new Error("production is one cluster");
  const living = await startLive(project, { factor, groups: [], keep: () => false, lines: true });
  try {
    // Rules look an hour back.
    await sleep(65_000);
    const begun = living.begin({ name: replayed.name, cluster: cluster.name });
    const found = new Map<string, Episode>();
    while (Date.now() - begun < 30_000) {
      for (const { id } of project.fleet.tenants) {
        const answer = await fetch(`${living.loki}/prometheus/api/v1/alerts`, { headers: { "X-Scope-OrgID": id } });
        const { data } = alertsAnswer.parse(await answer.json());
        for (const { labels, state } of data.alerts) {
          const key = JSON.stringify(labels);
          const from = Math.round(((Date.now() - begun) * factor) / 60_000);
          if (state === "firing" && !found.has(key)) found.set(key, { tenant: id, labels, from, to: Infinity });
        }
      }
      await sleep(250);
    }
    replayed.episodes.push(...found.values());
    return (["mimir", "alertmanager"] as const).flatMap((by) =>
      living.notified(by).map((one) => ({ ...one, path: `${by}/${replayed.name}` })),
    );
  } finally {
    await living.stop();
  }
}

const alertsAnswer = z.object({
  data: z.object({
    alerts: z.array(z.object({ labels: z.record(z.string(), z.string()), state: z.string() })),
  }),
});

async function notifications(
  project: ReturnType<typeof incidentProject>,
  replayed: readonly Replayed[],
): Promise<readonly Notified[]> {
  const server = await startServer({ name: "mimir" });
  const receiver = await startReceiver();
  const told: { readonly by: Told; readonly episodes: readonly Episode[]; readonly minutes: number }[] = [];
  try {
    for (const { name, episodes, minutes } of replayed) {
      const options = (by: Notifier) => ({ receiver, path: `${by}/${name}`, factor });
      const own = await tellByMimir(server.url, project, options("mimir"), `${name}_`);
      const shared = await tellByAlertmanager(project, options("alertmanager"));
      told.push({ by: own, episodes, minutes }, { by: shared, episodes, minutes });
    }
    // Mimir looks for new configurations every second.
    await sleep(5000);
    await play(told, factor);
    // What waits in a group of chat, a quarter of an hour.
    await sleep(17_000);
  } finally {
    await Promise.all(told.map(({ by }) => by.stop()));
    receiver.stop();
    await server.stop();
  }
  return receiver.notified;
}

function report(replayed: readonly Replayed[], notified: readonly Notified[]): string {
  const lines: string[] = [];
  const sums = { right: 0, missed: 0, wrong: 0 };
  for (const { name, expected, episodes } of replayed) {
    const found = new Map<string, number>();
    for (const { labels, from } of episodes) {
      const alert = nameOf(labels);
      if (!isMess(alert)) found.set(alert, Math.min(found.get(alert) ?? Infinity, from));
    }
    const wanted = Object.keys(expected.alerts);
    const missed = wanted.filter((alert) => !found.has(alert)).map((alert) => `${alert} does not fire`);
    const wrong = [...found.keys()].filter((alert) => !wanted.includes(alert)).map((alert) => `${alert} fires`);
    const told = new Map<string, Urgency>();
    for (const by of ["mimir", "alertmanager"] as const) {
      const own = notified.filter(({ path, alert }) => path === `${by}/${name}` && !isMess(alert));
      const pairs = new Set(own.map(({ alert, receiver }) => `${alert}: ${urgencyOf(receiver)}`));
      const due = new Set(
        Object.entries(expected.alerts).flatMap(([alert, who]) => (who === "nobody" ? [] : [`${alert}: ${who}`])),
      );
      missed.push(...[...due].filter((one) => !pairs.has(one)).map((one) => `${by} does not tell ${one}`));
      wrong.push(...[...pairs].filter((one) => !due.has(one)).map((one) => `${by} tells ${one}`));
      wrong.push(
        ...new Set(own.filter((one) => one.status === "resolved").map(({ alert }) => `${by}: ${alert} resolved`)),
      );
      wrong.push(...new Set(own.filter((one) => !isPlaced(one)).map(({ alert }) => `${by}: ${alert} has no place`)));
      sums.right += [...due].filter((one) => pairs.has(one)).length;
      for (const { alert, receiver } of own) told.set(alert, urgencyOf(receiver));
    }
    sums.right += wanted.filter((alert) => found.has(alert)).length;
    sums.missed += missed.length;
    sums.wrong += wrong.length;
    lines.push(
      name,
      ...[...found].map(([alert, after]) => `  ${alert} +${after}m ${told.get(alert) ?? "nobody"}`),
      ...missed.map((one) => `  MISSED: ${one}`),
      ...wrong.map((one) => `  WRONG: ${one}`),
    );
  }
  const { right, missed, wrong } = sums;
  const share = (part: number, whole: number): string => (whole === 0 ? "-" : (part / whole).toFixed(3));
  return [
    ...lines,
    `${replayed.length} faults, ${right} right; precision ${share(right, right + wrong)}, recall ${share(right, right + missed)}`,
  ].join("\n");
}

/** Whoever is told knows where: in which cluster, or at least in which environment. */
function isPlaced({ labels }: Notified): boolean {
  const alone = wider.includes(labels["alertname"] ?? "");
  return labels["environment"] !== undefined && (alone || labels["cluster"] !== undefined);
}
