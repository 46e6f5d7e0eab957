import type { Alert, AlertGroup } from "./alerts/alert.ts";
import { type AlertTest, type FiringAlert, type GivenSeries, sample } from "./alerts/alert-test.ts";
import { alertRules, recordingRule } from "./bundle.ts";
import { secondsOf } from "./duration.ts";
import type { Cluster, Fleet, Tenant } from "./fleet/model.ts";
import { type Exporter, exporters, jobPresets, labelName } from "./labels.ts";
import { plain, type Scope } from "./names.ts";
import type { Project } from "./project.ts";
import type { Query } from "./queries/query.ts";
import { place, type Recorded } from "./recording/record.ts";
import type { Rule, RuleGroup } from "./rule-group.ts";

/** Tests of one alert as promtool reads them: a file of rules, with nothing that it does not need, and a file of tests. */
export interface PromtoolTests {
  readonly group: string;
  /** How often rules are evaluated, which is one for a file. */
  readonly interval: string;
  readonly rules: { readonly groups: readonly RuleGroup[] };
  readonly tests: readonly PromtoolTest[];
}

export interface PromtoolTest {
  readonly name: string;
  readonly interval: string;
  readonly input_series: readonly { readonly series: string; readonly values: string }[];
  readonly alert_rule_test: readonly {
    readonly eval_time: string;
    readonly alertname: string;
    readonly exp_alerts: readonly {
      readonly exp_labels: Readonly<Record<string, string>>;
      readonly exp_annotations: Readonly<Record<string, string>>;
    }[];
  }[];
}

/** How often rulers evaluate. */
const usual = "1m";

/**
 * The tests of a project's alerts, in the words of promtool. They run in a sample cluster that has every exporter, under
 * the names that the fleet has for labels and jobs, on the alerts and the recording rules that they read.
 * @throws {Error} where a test names an alert that its group does not have, or lacks a label that its query keeps.
 */
export function alertTests(project: Project): PromtoolTests[] {
  const scoped = { ...project, fleet: sampleFleet(project.fleet) };
  return project.alerts.flatMap((group) =>
    [...grouped(group.tests ?? [])].map(([alert, tests]) => {
      const interval = tests[0]?.every ?? usual;
      return {
        group: group.name,
        interval,
        rules: {
          groups: [
            rulesFor(
              scoped,
              { ...group, rules: group.rules.filter((rule) => rule.alert === alert.split(" ")[0]) },
              interval,
            ),
          ],
        },
        tests: tests.map((one) => promtoolTest(scoped, group, one)),
      };
    }),
  );
}

/** By alert, and by how often it is evaluated. */
function grouped(tests: readonly AlertTest[]): Map<string, AlertTest[]> {
  const found = new Map<string, AlertTest[]>();
  for (const test of tests) {
    const key = `${test.alert} ${test.every ?? usual}`;
    found.set(key, [...(found.get(key) ?? []), test]);
  }
  return found;
}

/** Alerts without a case in which they fire, or one in which they do not. */
export function untested(groups: readonly AlertGroup[]): string[] {
  // promtool knows no LogQL.
  const tested = groups.filter(({ reads }) => reads !== "logs");
  return tested.flatMap(({ name, rules, tests = [] }) =>
    [...new Set(rules.map(({ alert }) => alert))].flatMap((alert) => {
      const own = tests.filter((one) => one.alert === alert);
      const lacks = [
        ...(own.some(({ expects }) => "after" in expects) ? [] : ["no test in which it fires"]),
        // What is for machines fires always.
        ...(own.some(({ expects }) => "during" in expects) ||
        rules.some((rule) => rule.alert === alert && rule.labels["severity"] === "none")
          ? []
          : ["no test in which it does not fire"]),
      ];
      return lacks.map((what) => `${name}: ${alert} has ${what}`);
    }),
  );
}

/** A fleet of one cluster that has everything, so that every alert is there to be tested. */
function sampleFleet(fleet: Fleet): Fleet {
  const [first] = fleet.clusters;
  const jobs = Object.fromEntries(exporters.map((exporter) => [exporter, jobOf(fleet, exporter)]));
  const cluster: Cluster = {
    ...(first as Cluster),
    name: sample.cluster,
    environment: sample.environment,
    region: sample.region,
    type: "workload",
    tenant: sample.environment,
    state: "active",
    nodes: { min: 2, max: 2 },
    jobs,
  };
  const environment = (name: string, title: string) => ({
    name,
    title,
    ranksAs: name,
    workload: true,
    grafana: fleet.grafana,
  });
  return {
    ...fleet,
    environments: [environment("stg", "Staging"), environment(sample.environment, "Production")],
    clusters: [cluster],
    tenants: [{ ...(fleet.tenants[0] as Tenant), id: cluster.tenant, clusters: [cluster] }],
  };
}

function jobOf({ clusters }: Fleet, exporter: Exporter): string {
  const used = clusters.map(({ jobs }) => jobs[exporter]).find((job) => job !== undefined);
  return used ?? (jobPresets.fleetglass as Readonly<Record<string, string>>)[exporter] ?? "";
}

function scopeOf({ clusters, tenants }: Fleet): Scope {
  return { clusters, tenant: tenants[0]?.id ?? "" };
}

/** The alerts of a group after the recording rules that they read, directly or through others. */
function rulesFor(project: Project, group: AlertGroup, interval: string): RuleGroup {
  const scope = scopeOf(project.fleet);
  const { rules } = alertRules(project, { ...group, fromClusters: 0, fromEnvironments: 0 }, scope);
  const read = recordedFor(rules, project).flatMap((rule) => recordingRule(project, rule, scope));
  return { name: group.name, interval, rules: [...read, ...rules] };
}

function recordedFor(rules: readonly Rule[], { recording }: Project): Recorded[] {
  const all = recording.flatMap((group) => group.rules);
  const seen = new Set<Recorded>();
  const inOrder: Recorded[] = [];
  const visit = (expr: string): void => {
    for (const name of expr.match(/[a-zA-Z_]\w*:[\w:]+/gu) ?? []) {
      for (const rule of all.filter(({ record }) => record === name)) {
        if (seen.has(rule)) continue;
        seen.add(rule);
        visit(rule.query.expr);
        // After what it reads: within a group a rule sees the results of those before it.
        inOrder.push(rule);
      }
    }
  };
  for (const { expr } of rules) visit(expr);
  return inOrder;
}

function promtoolTest(project: Project, group: AlertGroup, test: AlertTest): PromtoolTest {
  const { alert, when, series, every = usual, expects } = test;
  if (!group.rules.some((rule) => rule.alert === alert)) {
    throw new Error(`the alert group ${group.name} has a test of ${alert}, which it does not hold`);
  }
  const at = (seconds: number, alerts: readonly FiringAlert[]) => ({
    eval_time: `${seconds}s`,
    alertname: alert,
    exp_alerts: alerts.map((one) => {
      const { labels, annotations } = expected(ruleOf(group, alert, one), one);
      // A fleet without a place for runbooks has no links to them.
      const texts = Object.entries(annotations).filter(
        ([name]) => name !== "runbook_url" || project.fleet.runbooks !== undefined,
      );
      return { exp_labels: labels, exp_annotations: Object.fromEntries(texts) };
    }),
  });
  const step = secondsOf(every);
  const moments =
    "after" in expects
      ? [at(secondsOf(expects.after) - step, []), at(secondsOf(expects.after), expects.alerts)]
      : [1, 2, 3, 4].map((part) => at(step * Math.ceil((part * secondsOf(expects.during)) / 4 / step), []));
  const written: PromtoolTest = {
    name: `${alert}: ${when}`,
    interval: every,
    input_series: series.map((one) => ({ series: seriesText(one), values: one.values })),
    alert_rule_test: moments.filter(({ eval_time: time }) => !time.startsWith("-")),
  };
  return plain(written, project.fleet, project.name, scopeOf(project.fleet));
}

function ruleOf(group: AlertGroup, alert: string, { rule = {} }: FiringAlert): Alert {
  const found = group.rules.find(
    (one) => one.alert === alert && Object.entries(rule).every(([label, value]) => one.labels[label] === value),
  );
  if (found) return found;
  throw new Error(`the alert group ${group.name} has no ${alert} with ${JSON.stringify(rule)}`);
}

function seriesText({ name, labels }: GivenSeries): string {
  const matchers = Object.entries(labels).map(([label, value]) => `${labelName(label)}=${JSON.stringify(value)}`);
  return `${name}{${matchers.join(", ")}}`;
}

/** Labels and texts that a firing alert must have, once its holes are filled. */
interface Expected {
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

/** What the rule makes of a firing series: its own labels, those of the query, and its texts. */
function expected(rule: Alert, { labels = {}, value, texts = {} }: FiringAlert): Expected {
  const kept = Object.fromEntries(rule.query.labels.map((label) => [label, valueOf(rule.query, label, labels)]));
  const annotations = Object.fromEntries(
    Object.entries(rule.annotations).map(([name, text]) => [name, texts[name] ?? rendered(text, kept, value)]),
  );
  const named = Object.entries(kept).filter(([, text]) => text !== "");
  return {
    labels: { ...Object.fromEntries(named.map(([label, text]) => [labelName(label), text])), ...rule.labels },
    annotations,
  };
}

function valueOf(
  { labels: all }: Pick<Query, "labels">,
  label: string,
  given: Readonly<Record<string, string>>,
): string {
  const value = given[label] ?? (place.some((one) => one === label) ? sample[label as keyof typeof sample] : undefined);
  if (value !== undefined) return value;
  throw new Error(`the query keeps ${all.join(", ")}, and the test does not say which ${label} is expected`);
}

/** What Prometheus makes of the templates that `alert` writes: an oracle of its own, so that promtool's answer is checked. */
function rendered(text: string, labels: Readonly<Record<string, string>>, value: number): string {
  const byName = new Map(Object.entries(labels).map(([label, is]) => [labelName(label), is]));
  return text
    .replaceAll(/\{\{ \$labels\.([^ }]+) \}\}/gu, (_, label: string) => byName.get(label) ?? "")
    .replaceAll("{{ $value | humanize }}", humanized(value))
    .replaceAll("{{ $value | humanizePercentage }}", `${significant(100 * value)}%`)
    .replaceAll("{{ $value | humanizeDuration }}", durationOf(value))
    .replaceAll('{{ $value | printf "%.0f" }}', value.toFixed(0));
}

const large = ["", "k", "M", "G", "T", "P"] as const;
const small = ["", "m", "u", "n"] as const;

/** Four significant digits and the prefix of the thousands. */
function humanized(value: number): string {
  if (value === 0) return "0";
  let scaled = value;
  let steps = 0;
  for (; Math.abs(scaled) >= 1000; steps += 1) scaled /= 1000;
  if (Math.abs(value) >= 1) return significant(scaled) + (large[steps] ?? "");
  for (; Math.abs(scaled) < 1; steps += 1) scaled *= 1000;
  return significant(scaled) + (small[steps] ?? "");
}

/** `%.4g` of a number between 1e-4 and 1e4. */
function significant(value: number): string {
  return String(Number(value.toPrecision(4)));
}

/** `1d 2h 3m 4s`, or below a minute the seconds. */
function durationOf(value: number): string {
  if (value < 60) return `${value < 1 ? humanized(value) : significant(value)}s`;
  const whole = Math.trunc(value);
  const [days, hours, minutes, seconds] = [
    Math.trunc(whole / 86_400),
    Math.trunc((whole % 86_400) / 3600),
    Math.trunc((whole % 3600) / 60),
    whole % 60,
  ];
  const parts = [`${days}d`, `${hours}h`, `${minutes}m`, `${seconds}s`];
  return parts.slice(days > 0 ? 0 : hours > 0 ? 1 : 2).join(" ");
}
