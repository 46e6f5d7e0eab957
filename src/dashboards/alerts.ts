import { alarming, type Link, neutral, rising } from "../panels/panel.ts";
import { stat } from "../panels/stat.ts";
import { table } from "../panels/table.ts";
import { timeseries } from "../panels/timeseries.ts";
import { byList, count, promql, type Query, select, sum } from "../queries/query.ts";
import { ofChosen, tenantSuppressed } from "../recording/collection.ts";
import { inventory } from "../recording/inventory.ts";
import { type Board, row, type Row } from "./board.ts";
import { filter, ofRow, ofSeries, toBoard } from "./filter.ts";

/** What fires, since when, and which alerts are only noise? */
export const alerts: Board = {
  uid: "alerts",
  title: "Alerts",
  description: "What fires, since when, and which alerts are only noise?",
  tags: ["alerts"],
  rows: () => [nowRow(), historyRow()],
};

const firing = { alertstate: "firing", ...filter } as const;

const silences: Link = {
  title: "Silence it",
  url: "/alerting/silence/new?alertmanager=grafana&matcher=alertname%3D${__data.fields.Alert}",
};
const list: Link = {
  title: "Open it in the list of alerts",
  url: "/alerting/list?search=state:firing%20${__data.fields.Alert}",
};

const ofAlert = ["alertname", "severity", "environment", "cluster"] as const;

/** How many fire with this severity; none is zero. */
function ofSeverity(severity: string): Query {
  return {
    ...promql({ unit: "none", labels: [] })`count(${select("ALERTS", { severity, ...firing })}) or vector(0)`,
    legend: severity,
  };
}

function nowRow(): Row {
  return row("What fires now?", [
    stat({
      title: "Critical",
      description: "How many critical alerts fire? Each should have paged somebody.",
      queries: [ofSeverity("critical")],
      thresholds: alarming(1),
      fill: true,
      span: 4,
      height: 8,
    }),
    stat({
      title: "Warnings",
      description: "How many warnings fire? They are for working hours.",
      queries: [ofSeverity("warning")],
      thresholds: rising(1, 20),
      span: 4,
      height: 8,
    }),
    stat({
      title: "Kept quiet",
      description:
        "How many alerts does a silence or an inhibition keep quiet, of all tenants that are shown? A silence that nobody ends hides the next fault.",
      queries: [{ ...sum([], ofChosen(tenantSuppressed, filter)), legend: "kept quiet" }],
      thresholds: rising(1, 50),
      links: [{ title: "Silences", url: "/alerting/silences" }],
      span: 4,
      height: 8,
    }),
    timeseries({
      title: "Firing alerts by severity",
      whenEmpty: "Nothing fires",
      colors: { critical: "red", warning: "yellow", info: "blue" },
      description: "When did it begin, and does it get worse? Counts what fires, silenced or not.",
      queries: [
        { ...count(["severity"], select("ALERTS", { severity: { not: "none" }, ...firing })), legend: "{{severity}}" },
      ],
      thresholds: neutral("the severity says how bad one is"),
      links: [{ title: "List of alerts", url: "/alerting/list?search=state:firing" }],
      span: 12,
    }),
    table({
      title: "Firing alerts",
      whenEmpty: "Nothing fires",
      description:
        "What fires where, and how much of the shown time did it fire? A silence or an inhibition does not remove an alert from here: it only keeps it quiet.",
      keys: [
        { label: "alertname", title: "Alert" },
        { label: "severity", title: "Severity" },
        { label: "environment", title: "Environment" },
        { label: "cluster", title: "Cluster" },
      ],
      columns: [
        {
          title: "Firing",
          query: count([...ofAlert], select("ALERTS", { severity: { not: "none" }, ...firing })),
        },
        { title: "Of the time", query: stillFiring(), thresholds: rising(0.1, 0.5) },
      ],
      worst: { column: "Firing", is: "highest" },
      thresholds: neutral("each has a severity of its own"),
      links: [list, silences],
      height: 10,
    }),
  ]);
}

/** Share of the range in which it fired, at most 1 for each series of it. */
function firingTime(by: readonly (typeof ofAlert)[number][]): Query {
  const every = sum(by, over("count_over_time", "ALERTS"));
  return {
    ...promql({ unit: "ratio", labels: by })`${every} / scalar(max(${over("count_over_time", "inventory")}))`,
    legend: "{{alertname}}",
  };
}

/** The same of those that fire now. */
function stillFiring(): Query {
  const now = count([...ofAlert], select("ALERTS", { severity: { not: "none" }, ...firing }));
  return promql({ unit: "ratio", labels: ofAlert })`${firingTime(ofAlert)} and on (${byList(ofAlert)}) ${now}`;
}

function over(operation: string, what: "ALERTS" | "inventory"): Query<(typeof ofAlert)[number]> {
  const series =
    what === "ALERTS" ? select("ALERTS", { severity: { not: "none" }, ...firing }) : select(inventory, filter);
  return promql({ unit: "none", labels: ofAlert })`${operation}(${series}[$__range])`;
}

function historyRow(): Row {
  return row("Which are only noise?", [
    table({
      title: "Longest firing",
      whenEmpty: "Nothing fired in the shown time",
      description:
        "Which alerts fired most of the shown time? What always fires tells nothing: mend it, or change its threshold. Above 100 %: several at once.",
      keys: [
        { label: "alertname", title: "Alert" },
        { label: "severity", title: "Severity" },
      ],
      columns: [
        {
          title: "Firing of the time",
          query: topOf(firingTime(["alertname", "severity"])),
          thresholds: rising(0.1, 0.5),
        },
      ],
      worst: { column: "Firing of the time", is: "highest" },
      thresholds: neutral("the column has its own"),
      links: [list, silences],
      span: 12,
    }),
    table({
      title: "Noisiest clusters",
      whenEmpty: "Nothing fired in the shown time",
      description: "Which cluster is it that alerts most of the shown time, and on what?",
      keys: [
        { label: "cluster", title: "Cluster" },
        { label: "alertname", title: "Alert" },
      ],
      columns: [
        {
          title: "Firing of the time",
          query: topOf(firingTime(["cluster", "alertname"])),
          thresholds: rising(0.1, 0.5),
        },
      ],
      worst: { column: "Firing of the time", is: "highest" },
      thresholds: neutral("the column has its own"),
      links: [toBoard("cluster", "Open this cluster", { cluster: ofRow("Cluster") })],
      span: 12,
    }),
    timeseries({
      title: "Firing alerts by cluster",
      whenEmpty: "Nothing fires",
      description: "Where did it burn, and when? Several clusters at once share a cause.",
      queries: [count(["cluster"], select("ALERTS", { severity: { not: "none" }, ...firing }))],
      thresholds: neutral("the severity says how bad one is"),
      links: [toBoard("cluster", "Open this cluster", { cluster: ofSeries("cluster") })],
      span: 24,
    }),
  ]);
}

function topOf(query: Query): Query {
  return { ...query, ...promql({ unit: query.unit, labels: query.labels })`topk(20, ${query})` };
}
