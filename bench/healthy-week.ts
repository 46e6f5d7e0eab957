import { startServer } from "../src/servers/server.ts";
import { type Severity, tierOf, urgencyPolicy } from "../src/routing/urgency.ts";
import { isMess } from "../test/support/incident-matrix.ts";
import { incidentFleet, incidentProject, nameOf, replay } from "../test/support/incidents.ts";

const minutes = 7 * 24 * 60;

/**
 * What fires in seven days of the small fleet in which nothing is wrong, with all that is normal: releases, upgrades of nodes, nights,
 * spot nodes that are taken back, restarts, kills for memory, jobs that fail at first, samples that are late, a cluster that is
 * being built. Nothing may wake anybody. On a real Mimir, every rule at its own interval and with its own durations.
 */
export async function healthyWeek(): Promise<string> {
  const project = incidentProject(incidentFleet());
  const { fleet } = project;
  const server = await startServer({ name: "mimir" });
  try {
    const episodes = await replay(server.url, project, { faults: [], minutes });
    const found = new Map<string, { who: string; times: number; lasted: number }>();
    for (const { labels, from, to } of episodes) {
      const environment = fleet.environments.find(({ name }) => name === labels["environment"]);
      const severity = labels["severity"] as Severity | "none";
      if (severity === "none" || !environment) continue;
      const { inHours } = urgencyPolicy[severity][tierOf(fleet, environment)];
      const name = nameOf(labels);
      const before = found.get(name) ?? { who: inHours, times: 0, lasted: 0 };
      found.set(name, { ...before, times: before.times + 1, lasted: before.lasted + Math.min(to, 0) - from });
    }
    const rows = [...found].toSorted(([a], [b]) => (a < b ? -1 : 1));
    const pages = rows.filter(([, { who }]) => who === "page");
    const unexpected = rows.filter(([name]) => !isMess(name));
    return [
      ...rows.map(
        ([name, { who, times, lasted }]) =>
          `  ${name}: ${who}, ${times} times, ${lasted} minutes${isMess(name) ? " (somebody's experiment)" : ""}`,
      ),
      `  7 days of ${fleet.clusters.length} clusters: ${pages.length} alerts wake somebody, ${unexpected.length} others than those of experiments fire`,
    ].join("\n");
  } finally {
    await server.stop();
  }
}
