import { setTimeout as sleep } from "node:timers/promises";
import { alertFacts } from "../src/runbooks.ts";
import type { FaultName } from "../src/simulate/faults.ts";
import { incidentFleet, incidentProject } from "../test/support/incidents.ts";
import { startLive } from "../test/support/live-incident.ts";

/** An hour is five minutes: what a machine is late by counts twelvefold. */
const factor = 12;

/** Mimir's ruler of the tests evaluates as of now, and not as of a minute ago. */
const delay = 60;

/** What does not explain each other, or is in clusters of its own. */
const faults: readonly { readonly name: FaultName; readonly cluster: string; readonly alert: string }[] = [
  { name: "apiserver-down", cluster: "stg-uaenorth", alert: "ClusterDown" },
  { name: "cluster-silent", cluster: "dev-uaenorth", alert: "ClusterDown" },
  { name: "node-not-ready", cluster: "ops-uaenorth", alert: "ClusterNodesNotReady" },
  { name: "collector-dropping", cluster: "prd-uaenorth", alert: "CollectorDropping" },
  { name: "remote-write-failing", cluster: "prd-uaenorth", alert: "SamplesLost" },
  { name: "gpu-xid", cluster: "prd-uaenorth", alert: "GpuHardwareError" },
  { name: "certificate-expiring", cluster: "prd-uaenorth", alert: "CertificateExpiring" },
];

const groups = ["clusters", "collection", "nodes", "gpu", "certificates", "watchdog"].map((name) => `alerts-${name}`);
const records = ["collection", "inventory", "nodes", "resources", "gpus"];

/**
 * How long after its cause is somebody told, and how much later than the rules say? Live, through the ruler of a real Mimir and
 * both notifiers, with all lengths of time divided by twelve and the results multiplied by it.
 */
export async function pageLatency(): Promise<string> {
  const project = incidentProject(incidentFleet());
  const allowed = new Map(
    alertFacts(project).flatMap(({ rules }) =>
      rules.map(({ alert, within }) => [`${alert.alert} ${alert.labels["cause"] ?? ""}`, within - delay] as const),
    ),
  );
  const live = await startLive(project, { factor, groups: [...groups, ...records] });
  try {
    // Until rates have their windows, and rules all that they read.
    await sleep((15 * 60_000) / factor);
    const begun = live.begin(...faults);
    await sleep((25 * 60_000) / factor);
    const rows: string[] = [];
    let worst = -Infinity;
    for (const by of ["mimir", "alertmanager"] as const) {
      for (const { name, cluster, alert } of faults) {
        const first = live
          .notified(by)
          .find(
            ({ labels, status }) =>
              labels["alertname"] === alert && labels["cluster"] === cluster && status === "firing",
          );
        const most = allowed.get(`${alert} ${first?.labels["cause"] ?? ""}`) ?? NaN;
        if (!first) {
          rows.push(`  ${name}, by ${by}: NOT TOLD`);
          worst = Infinity;
          continue;
        }
        const took = (factor * (first.at - begun)) / 1000;
        worst = Math.max(worst, took - most);
        rows.push(
          `  ${name}, by ${by}: ${alert} after ${Math.round(took)} s, of ${most} s that its rule allows: ${Math.round(took - most)} s over`,
        );
      }
    }
    return [...rows, `  at worst ${Math.round(worst)} s over; 30 s are allowed`].join("\n");
  } finally {
    await live.stop();
  }
}
