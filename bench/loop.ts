import { setTimeout as sleep } from "node:timers/promises";
import {
  heartbeatSecret,
  loopFleet,
  missingOf,
  scaledBudget,
  sendLines,
  sendSpan,
  startLoop,
} from "../test/support/loop.ts";
import { logLines } from "../test/support/query.ts";

/** What takes a minute takes four seconds. */
const factor = 15;
const patience = 10 * 60_000;

/**
 * Does the loop close, with everything? Real agents of all clusters scrape and read what pods write, all rules are evaluated, every panel of every board of every view is
 * asked until it answers; then Mimir and Loki are away for the whole outage budget, and what they missed is counted.
 */
export async function loop(): Promise<string> {
  const fleet = loopFleet("15m");
  const [first] = fleet.clusters;
  if (!first) throw new Error("the fleet has clusters");
  const started = performance.now();
  const running = await startLoop(fleet, { factor });
  try {
    const collector = await running.collector(first);
    const others = await Promise.all(fleet.clusters.filter((one) => one !== first).map(running.collector));
    await running.publish();
    // Applications say themselves how their requests went: nobody scrapes that.
    for (const one of [collector, ...others]) await sendSpan(one);
    for (const one of fleet.clusters) await running.write(one);
    const lines = [`  agents, doors and backends run, rules are published  ${since(started)}`];
    const asked = performance.now();
    let panels = await running.panels(/(?:)/u);
    while (panels.silent.length > 0 && performance.now() - asked < patience) {
      await sleep(5000);
      panels = await running.panels(/(?:)/u);
    }
    if (panels.silent.length > 0) {
      throw new Error(`${panels.silent.length} of ${panels.asked} panels are silent:\n  ${panels.silent.join("\n  ")}`);
    }
    const ofLines = (await running.panels(/(?:)/u, "logql")).asked;
    lines.push(
      `  all of ${panels.asked} panels of all views answer, ${ofLines} of them with lines  ${since(asked)} later`,
    );

    const before = Date.now();
    await running.goAway();
    const gone = Date.now();
    const sent: string[] = [];
    while (Date.now() - gone < scaledBudget(fleet, factor)) {
      const line = `line ${sent.length}`;
      await sendLines(collector, [line]);
      sent.push(line);
      await sleep(100);
    }
    const alarms = running.deadMan.alarms.filter(({ cleared }) => cleared === undefined);
    const unheard = fleet.environments.filter(({ name }) => !alarms.some((one) => one.name === heartbeatSecret(name)));
    if (unheard.length > 0) throw new Error(`nobody misses the heart of ${unheard.map(({ name }) => name).join(", ")}`);
    const last = Math.max(...alarms.map(({ raised }) => raised));
    lines.push(
      `  whoever hears the hearts outside has missed them all  ${((last - gone) / 1000).toFixed(1)} s after they went`,
    );
    await running.comeBack();
    const back = Date.now();
    lines.push(
      `  Mimir and Loki are away  ${((back - gone) / 1000).toFixed(1)} s, in scale ${fleet.infrastructure.outageBudget}`,
    );
    const missing = async (): Promise<string[]> => {
      const found = await logLines(running.loki, first.tenant, '{service_name="web"}', {
        start: before - 60_000,
        end: Date.now() + 60_000,
      });
      const there = new Set(found.map(({ line }) => line));
      const gaps = await Promise.all(
        fleet.clusters.map(async ({ name, tenant, jobs }) => {
          const job = jobs["kube-state-metrics"] ?? "";
          const { lost, last } = await missingOf(running.mimir, tenant, job, { since: before, window: "15m" });
          return last > back && lost === 0 ? [] : [`samples of ${name}`];
        }),
      );
      return [...gaps.flat(), ...sent.filter((line) => !there.has(line))];
    };
    let lost = await missing();
    while (lost.length > 0 && Date.now() - back < patience) {
      await sleep(500);
      lost = await missing();
    }
    if (lost.length > 0) throw new Error(`lost: ${lost.join(", ")}`);
    lines.push(
      `  all samples and ${sent.length} lines are there  ${((Date.now() - back) / 1000).toFixed(1)} s after; lost: 0`,
    );
    return lines.join("\n");
  } finally {
    await running.stop();
  }
}

function since(start: number): string {
  return `${((performance.now() - start) / 1000).toFixed(1)} s`;
}
