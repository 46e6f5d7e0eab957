import { sloBoardUid as board } from "../dashboards/slos.ts";
import { byList, max, promql, type Query, select, sum } from "../queries/query.ts";
import {
  sloBudget,
  sloErrorRatio,
  type Slo,
  sloErrors,
  sloObjective,
  sloRequests,
  type SloWindow,
} from "../recording/slo.ts";
import { type Alert, alert, type AlertGroup, type Severity } from "./alert.ts";
import { fires, given, quiet } from "./alert-test.ts";

type InEnvironment = "environment" | "slo" | "service";
const labels: readonly InEnvironment[] = ["environment", "slo", "service"];

interface Burn {
  /** How many times faster than allowed. */
  readonly rate: number;
  readonly long: Exclude<SloWindow, "5m" | "30d">;
  readonly short: SloWindow;
  readonly severity: Severity;
  readonly spends: string;
}

/**
 * Google's SRE workbook, chapter 5, table 5-8, for an objective over 30 days: 2 % of the budget in an hour, 5 % in six hours,
 * 10 % in three days. The short window, a twelfth of the long one, ends the alert soon after the burning has ended.
 */
const burns: readonly Burn[] = [
  { rate: 14.4, long: "1h", short: "5m", severity: "critical", spends: "2 % of its budget in an hour" },
  { rate: 6, long: "6h", short: "30m", severity: "critical", spends: "5 % of its budget in six hours" },
  { rate: 1, long: "3d", short: "6h", severity: "warning", spends: "10 % of its budget in three days" },
];

/** So many requests must have failed in the long window: of a service that is hardly asked, one failure is a large share. */
const failures = 10;

function burning({ rate, long, short }: Burn): Query<InEnvironment> {
  const allowed = `${rate} * (1 - ${max(labels, select(sloObjective)).expr})`;
  const step = long === "3d" ? ":5m" : "";
  const every = long === "3d" ? 300 : 60;
  const failed = sum(labels, promql({ unit: "none", labels })`sum_over_time(${select(sloErrors)}[${long}${step}])`);
  return promql({
    unit: "ratio",
    labels,
  })`${select(sloErrorRatio(long))} > ${allowed} and on (${byList(labels)}) (${select(sloErrorRatio(short))} > ${allowed}) and on (${byList(labels)}) (${failed} * ${every} >= ${failures})`;
}

function burnAlert(burn: Burn): Alert {
  return alert({
    name: "ErrorBudgetBurn",
    when: burning(burn),
    for: burn.severity === "critical" ? "2m" : "1h",
    severity: burn.severity,
    component: "slo",
    labels: { window: burn.long },
    summary: ({ environment, service, slo, percentage }) =>
      `${percentage} of the requests to ${service} in ${environment} fail its ${slo} objective`,
    description: ({ service }) =>
      `${service} spends ${burn.spends}, ${burn.rate} times as fast as it may. Look for a rollout, then for what it depends on.`,
    board,
    narrows: ["service"],
  });
}

const exhausted: Query<InEnvironment> = promql({ unit: "ratio", labels })`${select(sloBudget)} < 0`;

const shop = { slo: "availability", service: "shop" } as const;
const promise = (share: string) => given(sloObjective, shop, share);

function traffic(errors: string, requests: string) {
  return [given(sloErrors, shop, errors), given(sloRequests, shop, requests), promise("0.999x6000")];
}

const group: AlertGroup = {
  name: "slo",
  interval: "1m",
  scope: "tenant",
  rules: [
    ...burns.map(burnAlert),
    alert({
      name: "ErrorBudgetExhausted",
      when: exhausted,
      for: "1h",
      severity: "warning",
      component: "slo",
      summary: ({ environment, service, slo }) => `${service} in ${environment} has no ${slo} budget left`,
      description: () =>
        "It failed more often in 30 days than was promised. By what teams agree on, changes wait until it is well again.",
      board,
      narrows: ["service"],
    }),
  ],
  tests: [
    fires("ErrorBudgetBurn", {
      when: "a tenth of all requests fails",
      series: traffic("1x30", "10x30"),
      after: "2m",
      rule: { window: "1h" },
      labels: shop,
      value: 0.1,
      also: [{ rule: { window: "6h" }, labels: shop, value: 0.1 }],
    }),
    fires("ErrorBudgetBurn", {
      when: "a hundredth fails",
      series: traffic("0.1x30", "10x30"),
      // A minute until there are ten of them.
      after: "3m",
      rule: { window: "6h" },
      labels: shop,
      value: 0.01,
    }),
    fires("ErrorBudgetBurn", {
      when: "two in a thousand fail",
      series: traffic("0.02x90", "10x90"),
      after: "65m",
      rule: { window: "3d" },
      labels: shop,
      value: 0.002,
    }),
    quiet("ErrorBudgetBurn", {
      when: "as much fails as may",
      series: traffic("0.009x90", "10x90"),
      during: "90m",
    }),
    quiet("ErrorBudgetBurn", {
      when: "one of the two requests of an hour fails",
      series: traffic("0x30 0.0033x4 0x60", "0.0006x90"),
      during: "90m",
    }),
    fires("ErrorBudgetExhausted", {
      when: "two in a thousand fail",
      series: traffic("0.02x90", "10x90"),
      after: "1h",
      labels: shop,
      value: -1,
    }),
    quiet("ErrorBudgetExhausted", {
      when: "half of what may fail does",
      series: traffic("0.005x90", "10x90"),
      during: "90m",
    }),
  ],
};

/** Are promises kept? One set of alerts for all objectives, where there are any. */
export function sloAlerts(slos: readonly Slo[]): AlertGroup[] {
  return slos.length > 0 ? [group] : [];
}
