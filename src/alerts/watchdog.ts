import { alerts as alertsBoard } from "../dashboards/alerts.ts";
import { hole } from "../labels.ts";
import { group, type Query, select } from "../queries/query.ts";
import { inventory } from "../recording/inventory.ts";
import { alert, type AlertGroup } from "./alert.ts";
import { fires } from "./alert-test.ts";

/** From the inventory, which the ruler writes: so it says too that what is recorded can be read. */
const alive: Query<"environment"> = group(["environment"], select(inventory));

/** Does the way from the ruler to the receiver work? */
export const watchdogAlerts: AlertGroup = {
  name: "watchdog",
  interval: "1m",
  scope: "tenant",
  rules: [
    alert({
      name: "Watchdog",
      when: alive,
      for: "0s",
      severity: "none",
      component: "alerting",
      labels: { tenant: hole("tenant") },
      allow: [{ check: "A06", because: "that it always fires is what it is for" }],
      summary: ({ environment }) => `Alerts of ${environment} reach their receivers`,
      description: () =>
        `Fires always, in every tenant. Who receives it raises the alarm when it stops: then the ruler of ${hole("tenant")}, the Alertmanager, or the way out is broken.`,
      board: alertsBoard.uid,
    }),
  ],
  tests: [fires("Watchdog", { when: "all is well", series: [], after: "0m", value: 1 })],
};
