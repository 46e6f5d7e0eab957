import type { FaultName } from "../src/simulate/faults.ts";
import { startServer } from "../src/servers/server.ts";
import { always, incidents } from "../test/support/incident-matrix.ts";
import { incidentFleet, incidentProject, nameOf, notifications, replay } from "../test/support/incidents.ts";

/**
 * Does each fault of the simulator set off the alerts that it should, after how long, and are people told of what they should
 * be, and of nothing else? On a real Mimir, a fresh one for each: its rules are evaluated over two hours of the small fleet, with
 * their own durations, and what fires goes through Mimir's Alertmanager to a receiver on this machine.
 */
export async function incidentMatrix(): Promise<string> {
  const lines: string[] = [];
  const sums = { right: 0, missed: 0, wrong: 0 };
  for (const [name, { minutes, factor = 1, alerts, pages }] of Object.entries(incidents)) {
    const server = await startServer({ name: "mimir" });
    try {
      const project = incidentProject(incidentFleet());
      const faults = [`${name as FaultName}@-${minutes - 30}m+1d`];
      const fired = await replay(server.url, project, { faults, minutes, factor });
      const found = new Map<string, number>();
      for (const one of fired) {
        const alert = nameOf(one);
        if (alert.startsWith("Watchdog") || always.includes(alert)) continue;
        found.set(alert, Math.min(found.get(alert) ?? Infinity, one.after));
      }
      const told = await notifications(server.url, project, fired);
      const paged = new Set(told.filter(({ receiver }) => receiver.endsWith("-critical")).map(({ alert }) => alert));
      const missed = [...alerts.filter((alert) => !found.has(alert)), ...pages.filter((page) => !paged.has(page))];
      const wrong = [
        ...[...found.keys()].filter((alert) => !alerts.includes(alert)),
        ...[...paged].filter((page) => !pages.includes(page)),
      ];
      sums.right += alerts.length + pages.length - missed.length;
      sums.missed += missed.length;
      sums.wrong += wrong.length;
      lines.push(
        `${name.padEnd(22)} ${[...found].map(([alert, after]) => `${alert} +${after}m${paged.has(alert) ? " (page)" : ""}`).join(", ")}`,
        ...missed.map((one) => `  missed: ${one}`),
        ...wrong.map((one) => `  wrong:  ${one}`),
      );
    } finally {
      await server.stop();
    }
  }
  const { right, missed, wrong } = sums;
  const share = (part: number, whole: number): string => (whole === 0 ? "-" : (part / whole).toFixed(3));
  return [...lines, `precision ${share(right, right + wrong)}, recall ${share(right, right + missed)}`].join("\n");
}
