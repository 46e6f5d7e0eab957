import { hole } from "../labels.ts";
import { barChart } from "../panels/bar-chart.ts";
import { barGauge } from "../panels/bar-gauge.ts";
import type { Key } from "../panels/joined.ts";
import { alarming, falling, type Link, neutral, rising, statusThresholds } from "../panels/panel.ts";
import { stat } from "../panels/stat.ts";
import { causeMappings, silentMapping, statusMappings } from "../panels/status.ts";
import { statusHistory } from "../panels/status-history.ts";
import { table } from "../panels/table.ts";
import { timeseries } from "../panels/timeseries.ts";
import { byList, complement, count, max, promql, type Query, select, sum } from "../queries/query.ts";
import { loadBalancerCost, nodeCost, volumeCost } from "../recording/cost.ts";
import { healthScore, healthStatus } from "../recording/health.ts";
import { inventory } from "../recording/inventory.ts";
import { type Place, place, type Recorded } from "../recording/record.ts";
import {
  apiserverErrors,
  cpuCommitted,
  cpuUtilisation,
  memoryCommitted,
  memoryUtilisation,
  nodesReady,
  podsReady,
  targetsUp,
} from "../recording/resources.ts";
import { type Board, type BoardContext, row, type Row } from "./board.ts";
import { filter, ofRow, ofSeries, thisCluster, toBoard } from "./filter.ts";
import { freshness } from "./freshness.ts";

/** Are my clusters healthy, and if one is not: which, since when, and why? */
export const multiClusterOverview: Board = {
  uid: "multi-cluster-overview",
  title: "Multi-Cluster Overview",
  description: "Are my clusters healthy, and if one is not: which, since when, and why?",
  tags: ["overview"],
  rows: (context) => [healthRow(context), resourcesRow(), costRow()],
};

/** One series per cluster, without what a rule or a federated read added. */
function perCluster(recorded: Recorded<Place>): Query<Place> {
  return max(place, select(recorded, filter));
}

const active = max(place, select(inventory, { state: "active", ...filter }));

/** The same, and for a silent cluster no number: it must not vanish from a picture in which it is the news. */
function orSilent(query: Query<Place>): Query<Place> {
  return {
    ...query,
    ...promql({ unit: query.unit, labels: place })`${query} or on (${byList(["cluster"])}) (NaN * ${active})`,
  };
}

/** What a cluster cost when it last said so: machines cost as much while their cluster is silent. */
function lastKnown(recorded: Recorded<Place>): Query<Place> {
  return max(place, promql({ unit: recorded.unit, labels: place })`last_over_time(${select(recorded, filter)}[1d])`);
}

const expected = count([], select(inventory, { state: "active", ...filter }));

const reporting = {
  ...promql({
    unit: "none",
    labels: [],
  })`count(${select(inventory, { state: "active", ...filter })} and on (${byList(["cluster"])}) ${select(targetsUp, filter)}) or vector(0)`,
  legend: "reporting",
};

const silent = promql({
  unit: "none",
  labels: [],
})`count(${select(inventory, { state: "active", ...filter })} unless on (${byList(["cluster"])}) ${select(targetsUp, filter)}) or vector(0)`;

const clusterKey: Key = { label: "cluster", title: "Cluster" };
const placeKeys: readonly Key[] = [
  clusterKey,
  { label: "environment", title: "Environment" },
  { label: "region", title: "Region" },
];

const alertList: Link = {
  title: "Firing alerts of this environment",
  url: `/alerting/list?search=state:firing%20label:${hole("environment")}%3D\${__data.fields.Environment}`,
};

/** Firing alerts of a severity by environment; an environment without any has zero, not a hole in the chart. */
function firing(severity: string): Query<"environment"> {
  const alerts = select("ALERTS", { alertstate: "firing", severity, ...filter });
  return promql({ unit: "none", labels: ["environment"] })`${count(["environment"], alerts)} or (0 * ${count(
    ["environment"],
    select(inventory, filter),
  )})`;
}

/** Those about a cluster: of an environment's promise the bars beside it tell. */
const criticalAlerts: Query<Place> = promql({ unit: "none", labels: place })`${count(
  place,
  select("ALERTS", { alertstate: "firing", severity: "critical", ...filter }),
)} and on (${byList(["cluster"])}) ${perCluster(healthScore)} or (0 * ${perCluster(healthScore)})`;

/** Where a cluster's own story is told. */
const intoCluster = toBoard("cluster", "Open this cluster", { cluster: ofSeries("cluster") });
const intoRow = toBoard("cluster", "Open this cluster", { cluster: ofRow("Cluster") });
const intoCollection = toBoard("collection", "Why is it late?", { cluster: ofSeries("cluster") });

/** Grid lines for so many rows and a head: neither half empty nor to be scrolled before it must be. */
function linesHigh(rows: number): number {
  return Math.min(16, Math.max(5, Math.ceil(3 + rows)));
}

function healthRow(context: BoardContext): Row {
  const { fleet, view } = context;
  const busy = rising(0.7, 0.9);
  // As the status has it: amber where it is degraded, and red where hardly anything is left.
  const degraded = falling(0.5, 0.9);
  return row("Are my clusters healthy?", [
    stat({
      title: "Clusters reporting / expected",
      description:
        "How many of the clusters that should report do? Fewer than expected: the matrix below names the silent ones.",
      queries: [reporting, { ...expected, legend: "expected" }],
      thresholds: neutral("the right number is the other value; the tile beside it is red when they differ"),
      span: 6,
    }),
    stat({
      title: "Silent clusters",
      description:
        "How many expected clusters send nothing at all? Each is either down or cut off: see the runbook of ClusterDown.",
      queries: [silent],
      thresholds: alarming(1),
      fill: true,
      span: 4,
      links: fleet.runbooks === undefined ? [] : [{ title: "Runbook", url: hole("runbook:ClusterDown") }],
    }),
    barChart({
      title: "Firing alerts by environment and severity",
      description:
        "Where does it burn, and how badly? Counts what fires, silenced or not; the alert list knows silences and inhibitions.",
      by: { label: "environment", title: "Environment" },
      softMax: 8,
      parts: [
        { title: "critical", query: firing("critical"), color: "red" },
        { title: "warning", query: firing("warning"), color: "yellow" },
        { title: "info", query: firing("info"), color: "blue" },
      ],
      thresholds: neutral("the colours are the severities"),
      links: [alertList],
      span: 7,
      height: 6,
    }),
    freshness(context, [thisCluster, intoCollection], { span: 7, height: 6 }),
    table({
      title: "Cluster health matrix",
      description:
        "What is the state of each cluster, and what is its worst problem? A cluster is as well as its worst component; the worst is on top. Shares of scrape targets, nodes and pods that are ready, and of API requests that succeed; firing critical alerts.",
      keys: [...placeKeys, { label: "component", title: "Cause" }],
      columns: [
        {
          title: "Status",
          query: max([...place, "component"], select(healthStatus, filter)),
          thresholds: statusThresholds,
          mappings: statusMappings,
        },
        { title: "Score", query: perCluster(healthScore), thresholds: degraded },
        { title: "Targets", query: perCluster(targetsUp), thresholds: degraded },
        { title: "Nodes", query: perCluster(nodesReady), thresholds: degraded },
        { title: "Pods", query: perCluster(podsReady), thresholds: degraded },
        // The status turns amber at one failed request in two hundred.
        { title: "API", query: complement(perCluster(apiserverErrors)), thresholds: falling(0.95, 0.995) },
        { title: "CPU", query: perCluster(cpuUtilisation), thresholds: busy },
        { title: "Memory", query: perCluster(memoryUtilisation), thresholds: busy },
        { title: "Critical", query: criticalAlerts, thresholds: alarming(1) },
      ],
      mappings: { Cause: causeMappings },
      worst: { column: "Status", is: "highest" },
      thresholds: neutral("each column has its own"),
      links: [intoRow],
      height: linesHigh(view.clusters.length),
    }),
    statusHistory({
      title: "Health over time",
      description:
        "Since when is a cluster degraded or down, and did others go with it? Green healthy, amber degraded, red down.",
      query: { ...max(["cluster"], select(healthStatus, filter)), unit: "status" },
      mappings: statusMappings,
      thresholds: statusThresholds,
      links: [intoCluster],
      height: linesHigh(view.clusters.length),
    }),
  ]);
}

function resourcesRow(): Row {
  const busy = rising(0.7, 0.9);
  const committed = rising(0.8, 0.95);
  const links = [intoCluster, thisCluster];
  const mappings = [silentMapping];
  return row("How full are they?", [
    timeseries({
      title: "CPU utilisation by cluster",
      description: "Which cluster runs out of processor time, and is it a peak or a trend? Above 90 % work waits.",
      queries: [perCluster(cpuUtilisation)],
      max: 1,
      thresholds: busy,
      links,
    }),
    timeseries({
      title: "Memory utilisation by cluster",
      description: "Which cluster runs out of memory? Above 90 % the kernel starts to kill.",
      queries: [perCluster(memoryUtilisation)],
      max: 1,
      thresholds: busy,
      links,
    }),
    barGauge({
      title: "CPU requests committed",
      description:
        "Would the next pod find a place? Share of allocatable processors that pods have asked for, used or not.",
      queries: [orSilent(perCluster(cpuCommitted))],
      thresholds: committed,
      mappings,
      links,
      height: 7,
    }),
    barGauge({
      title: "Memory requests committed",
      description:
        "Would the next pod find a place? Share of allocatable memory that pods have asked for, used or not.",
      queries: [orSilent(perCluster(memoryCommitted))],
      thresholds: committed,
      mappings,
      links,
      height: 7,
    }),
  ]);
}

/** Hours in a month of 365.25 / 12 days, as clouds bill it. */
const hoursPerMonth = 730;

function costRow(): Row {
  const monthly = (cost: Query<Place>): Query<Place> =>
    promql({ unit: "currency per month", labels: place })`${hoursPerMonth} * ${cost}`;
  const parts = [nodeCost, volumeCost, loadBalancerCost].map(lastKnown) as [Query<Place>, Query<Place>, Query<Place>];
  const [compute, storage, balancers] = parts;
  const all = {
    ...promql({ unit: "currency per hour", labels: place })`${compute} + ${storage} + ${balancers}`,
    requires: nodeCost.requires,
  };
  const because = neutral("a right cost depends on the budget, which the fleet does not state");
  return row("What do they cost?", [
    table({
      title: "Cost by cluster and part",
      description:
        "Which cluster costs what a month at today's size, and what for? List prices as OpenCost knows them; of a silent cluster the last known.",
      keys: placeKeys,
      columns: [
        { title: "Total", query: monthly(all) },
        { title: "Compute", query: monthly(compute) },
        { title: "Storage", query: monthly(storage) },
        { title: "Load balancers", query: monthly(balancers) },
      ],
      worst: { column: "Total", is: "highest" },
      thresholds: because,
      links: [intoRow],
      span: 18,
    }),
    stat({
      title: "Monthly run rate",
      description: "What does everything that the filters show cost a month, at today's size?",
      queries: [sum([], monthly(all))],
      thresholds: because,
      span: 6,
      height: 8,
    }),
  ]);
}
