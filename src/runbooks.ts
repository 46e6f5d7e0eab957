import type { Alert, AlertGroup } from "./alerts/alert.ts";
import { alertRules } from "./bundle.ts";
import { secondsOf } from "./duration.ts";
import type { Fleet } from "./fleet/model.ts";
import { exporters } from "./labels.ts";
import type { Scope } from "./names.ts";
import type { Project } from "./project.ts";
import type { AlertingRule } from "./rule-group.ts";

/** One alert's rules, which may be several under one name, with the names of one fleet. */
export interface AlertFacts {
  readonly alert: string;
  readonly group: AlertGroup;
  readonly rules: readonly { readonly alert: Alert; readonly rule: AlertingRule; readonly within: number }[];
}

/** Every alert of a project, as a cluster that had every exporter would have it, in the order of the groups. */
export function alertFacts(project: Project): AlertFacts[] {
  const fleet = withEverything(project.fleet);
  return project.alerts.flatMap((group) => {
    const written = alertRules(
      { ...project, fleet },
      { ...group, fromClusters: 0, fromEnvironments: 0 },
      scopeOf(fleet),
    ).rules as readonly AlertingRule[];
    return [...new Set(group.rules.map(({ alert }) => alert))].map((alert) => ({
      alert,
      group,
      rules: group.rules.flatMap((one, at) => {
        const rule = written[at];
        return one.alert === alert && rule ? [{ alert: one, rule, within: toldWithin(rule, group, project) }] : [];
      }),
    }));
  });
}

/** The delay is Mimir's own: its ruler evaluates as of a minute ago, for samples that are late. */
const usual = { scrape: 30, lookback: 300, delay: 60, wait: 30 } as const;

/**
 * Within how many seconds of its cause people are told at the latest: a scrape, the lookback where it is something that is gone,
 * the ruler's delay, an interval for each group that records what it reads, and its own, its `for`, and Alertmanager's wait for others of the group.
 */
function toldWithin(
  { expr, for: lasting = "0s" }: AlertingRule,
  { interval }: AlertGroup,
  { recording }: Project,
): number {
  const absent = /unless on \([^)]*\) .*\bup\{/u.test(expr) ? usual.lookback : 0;
  const records = new Map(
    recording.flatMap((group) => group.rules.map((rule) => [rule.record, { group, expr: rule.query.expr }] as const)),
  );
  const chained = (text: string, seen: readonly string[]): number =>
    Math.max(
      0,
      ...(text.match(/[a-zA-Z_]\w*:[\w:]+/gu) ?? []).map((name) => {
        const found = records.get(name);
        // The inventory is there before anything happens.
        if (!found || seen.includes(name) || name === "cluster:inventory:info") return 0;
        return secondsOf(found.group.interval) + chained(found.expr, [...seen, name]);
      }),
    );
  const { scrape, delay, wait } = usual;
  return scrape + absent + delay + chained(expr, []) + secondsOf(interval) + secondsOf(lasting) + wait;
}

/** `12 min`, `3.1 h`, `3 d`. */
function readableTime(seconds: number): string {
  if (seconds < 2 * 3600) return `${Math.ceil(seconds / 60)} min`;
  if (seconds < 86_400) return `${Math.round(seconds / 360) / 10} h`;
  return `${Math.round(seconds / 8640) / 10} d`;
}

function withEverything(fleet: Fleet): Fleet {
  const all = Object.fromEntries(exporters.map((exporter) => [exporter, jobIn(fleet, exporter)]));
  return { ...fleet, clusters: fleet.clusters.map((cluster) => ({ ...cluster, jobs: all })) };
}

function jobIn({ clusters }: Fleet, exporter: (typeof exporters)[number]): string {
  return clusters.map(({ jobs }) => jobs[exporter]).find((job) => job !== undefined) ?? exporter;
}

function scopeOf({ clusters }: Fleet): Scope {
  return { clusters, tenant: "TENANT" };
}

/** Where the generated part of a page begins and ends. */
const begin = "<!-- What follows is written by `npm run docs`. -->";
const end = "<!-- What follows is written by hand. -->";

const severities = { critical: "Critical", warning: "Warning", info: "Information", none: "For machines" } as const;

/** A page with its generated part brought up to date: what the rule says, when it fires, and which board shows it. */
export function runbookPage(facts: AlertFacts, page: string): string {
  const title = `# ${facts.alert}\n`;
  const rest = page.includes(end) ? page.slice(page.indexOf(end) + end.length) : page.replace(/^# .*\n/u, "\n");
  return `${title}\n${begin}\n\n${generated(facts)}\n\n${end}\n\n${rest.trim()}\n`;
}

/** Pages that hold what a person at three in the morning looks for. */
export function lacksIn(page: string): string[] {
  return ["**Impact.**", "## First", "## Mitigation"].filter((part) => !page.includes(part));
}

function generated({ group, rules }: AlertFacts): string {
  const [first] = rules;
  if (!first) return "";
  const { labels } = first.alert;
  const severity = severities[(labels["severity"] ?? "none") as keyof typeof severities];
  const where = group.scope === "fleet" ? "once for the fleet, in the owner's ruler" : "in each tenant";
  const intro = `${severity}, \`component: ${labels["component"] ?? ""}\`, evaluated ${where}. Names are the reference fleet's. [Board](${boardOf(first.rule)})`;
  return [intro, ...distinct(rules).map(({ rule, like }) => ruleText(rule, like))].join("\n\n");
}

/** Rules that differ in the exporter alone, of which there are many, are shown once. */
function distinct(
  rules: AlertFacts["rules"],
): { readonly rule: AlertingRule; readonly within: number; readonly like: number }[] {
  const [first] = rules;
  if (first && rules.every(({ alert }) => alert.labels["exporter"] !== undefined)) {
    return [{ rule: first.rule, within: first.within, like: rules.length - 1 }];
  }
  return rules.map(({ rule, within }) => ({ rule, within, like: 0 }));
}

function ruleText(
  { expr, for: lasting, keep_firing_for: keeps, labels = {}, annotations = {} }: AlertingRule,
  like: number,
): string {
  const own = Object.entries(labels).filter(([name]) => name !== "severity" && name !== "component");
  const tells = own.map(([name, value]) => `\`${name}: ${value}\``).join(", ");
  const lasts = lasting === undefined || lasting === "0s" ? "at once" : `after ${lasting}`;
  const after = keeps === undefined ? "" : `, and goes on for ${keeps} when it is over`;
  const more = like > 0 ? ` There are ${like} more like it, one for each exporter.` : "";
  const meaning = `**Meaning.** ${readable(annotations["description"] ?? "")} Fires ${lasts}${after}.${tells === "" ? "" : ` With ${tells}.`}${more}`;
  return `${meaning}\n\n\`\`\`promql\n${expr}\n\`\`\``;
}

/** Templates as a reader of a page sees them. */
function readable(text: string): string {
  return text
    .replaceAll(/\{\{ \$labels\.(\w+) \}\}/gu, (_, label: string) => label.toUpperCase())
    .replaceAll(/\{\{ \$value[^}]*\}\}/gu, "N");
}

function boardOf({ annotations = {} }: AlertingRule): string {
  return (annotations["dashboard_url"] ?? "").replace(/\?.*$/u, "");
}

/** The list of alerts with its table brought up to date. */
export function alertPage(facts: readonly AlertFacts[], page: string): string {
  const [before = "", rest = ""] = page.split(begin);
  const after = rest.slice(rest.indexOf(end) + end.length);
  return `${before}${begin}\n\n${alertTable(facts)}\n\n${end}${after}`;
}

/** A row for each rule that differs. */
function alertTable(all: readonly AlertFacts[]): string {
  const rows = all.flatMap(({ alert, group, rules }) =>
    distinct(rules).map(({ rule, within, like }) => {
      const { severity = "", component = "", ...own } = rule.labels ?? {};
      const tells =
        like > 0
          ? "`exporter`"
          : Object.entries(own)
              .map(([name, value]) => `\`${name}: ${value}\``)
              .join(", ");
      return [
        `[${alert}](runbooks/${alert}.md)`,
        tells,
        severity,
        component,
        group.scope === "fleet" ? "fleet" : "tenant",
        rule.for === undefined || rule.for === "0s" ? "at once" : rule.for,
        readableTime(within),
        readable(rule.annotations?.["summary"] ?? ""),
      ];
    }),
  );
  const head = ["Alert", "Labels", "Severity", "Component", "Scope", "For", "Told within", "What it says"];
  const cells = [head, head.map(() => "---"), ...rows];
  return cells.map((row) => `| ${row.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`).join("\n");
}
