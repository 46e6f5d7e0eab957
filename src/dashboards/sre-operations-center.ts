import { hole } from "../labels.ts";
import { barChart } from "../panels/bar-chart.ts";
import { barGauge } from "../panels/bar-gauge.ts";
import { matrix } from "../panels/matrix.ts";
import { alarming, falling, neutral, type Panel, rising, statusThresholds } from "../panels/panel.ts";
import { stat } from "../panels/stat.ts";
import { silentMapping, statusMappings } from "../panels/status.ts";
import { table } from "../panels/table.ts";
import { timeseries } from "../panels/timeseries.ts";
import { byList, count, max, promql, type Query, select, sum } from "../queries/query.ts";
import { ofChosen, samplesLost, sendingLag, tenantSamplesDiscarded, tenantSeries } from "../recording/collection.ts";
import { monthly, nodeCost } from "../recording/cost.ts";
import { gpuBusy, gpuShare } from "../recording/gpu.ts";
import { environmentScore, healthStatus } from "../recording/health.ts";
import { inventory } from "../recording/inventory.ts";
import { namespaceMostCpu, namespaceMostMemory } from "../recording/namespaces.ts";
import { type Place, place, type Recorded } from "../recording/record.ts";
import { cpuRequestShare, cpuShare, memoryShare } from "../recording/capacity.ts";
import { cpuUtilisation, memoryUtilisation } from "../recording/resources.ts";
import { pairBytes } from "../recording/services.ts";
import { shareBy } from "../recording/share.ts";
import { clusterErrors, clusterLatency, clusterRequests, requestErrors } from "../recording/slis.ts";
import { type Board, row, type Row } from "./board.ts";
import { clusterKey, highest, intoNamespace, namespaceKey, own } from "./drill-down.ts";
import { filter, ofRow, ofSeries, thisCluster, toBoard } from "./filter.ts";

/** What do I have to look at now, in all that we run? */
export const sreOperationsCenter: Board = {
  uid: "sre-operations-center",
  title: "SRE Operations Center",
  description: "What do I have to look at now, in all that we run?",
  tags: ["overview"],
  rows: () => [statusRow(), alertsRow(), resourcesRow(), applicationsRow(), costRow(), collectionRow()],
};

const intoCluster = toBoard("cluster", "Open this cluster", { cluster: ofSeries("cluster") });
const intoRow = toBoard("cluster", "Open this cluster", { cluster: ofRow("Cluster") });
const intoEnvironment = toBoard("multi-cluster-overview", "Open its clusters", {
  environment: ofSeries("environment"),
});
const intoPerformance = toBoard("cross-cluster-performance", "Which services?", { cluster: ofSeries("cluster") });

function perCluster(recorded: Recorded<Place>): Query<"cluster"> {
  return max(["cluster"], select(recorded, filter));
}

function statusRow(): Row {
  return row("Is anything wrong?", [
    stat({
      title: "Cluster status",
      description:
        "How is each cluster, by its worst component? Red is silent, without an API server, or with a critical alert; amber is degraded. Open it to see which component is to blame.",
      queries: [{ ...perStatus(), legend: `{{${hole("cluster")}}}` }],
      mappings: statusMappings,
      thresholds: statusThresholds,
      fill: true,
      links: [intoCluster, thisCluster],
      span: 10,
      height: 8,
    }),
    barGauge({
      title: "Health score by environment",
      description:
        "Which environment is worst, on the whole? The mean of its clusters' scores, a silent one counted as nothing. For ranking and trend: one cluster that is down hides in a mean, so read the status beside it first.",
      queries: [{ ...environmentScore(filter), legend: `{{${hole("environment")}}}` }],
      thresholds: falling(0.8, 0.95),
      links: [intoEnvironment],
      span: 6,
      height: 8,
    }),
    barChart({
      title: "Environments compared",
      description:
        "How do the environments differ in how full they are? All cores and bytes in use of all there are, and requests of what could be asked for.",
      by: { label: "environment", title: "Environment" },
      beside: true,
      parts: [
        { title: "CPU", query: shareBy(["environment"], cpuShare, filter), color: "blue" },
        { title: "Memory", query: shareBy(["environment"], memoryShare, filter), color: "purple" },
        { title: "CPU requested", query: shareBy(["environment"], cpuRequestShare, filter), color: "light-blue" },
      ],
      softMax: 1,
      thresholds: neutral("the colours tell the resources apart; what is full shows in the row below"),
      links: [toBoard("environment-comparison", "Compare them")],
      span: 8,
      height: 8,
    }),
  ]);
}

function perStatus(): Query<"cluster"> {
  return { ...max(["cluster"], select(healthStatus, filter)), unit: "status" };
}

/** How many fire, by cluster and severity; zero, and not a hole, where none does. */
function firing(): Query<"cluster" | "severity"> {
  const labels = ["cluster", "severity"] as const;
  const alerts = count(
    [...labels],
    select("ALERTS", { alertstate: "firing", severity: { matches: "critical|warning|info" }, ...filter }),
  );
  const shown = max(["cluster"], select(inventory, filter));
  const none = ["critical", "warning", "info"].map(
    (severity) => ` or on (${byList(labels)}) label_replace(0 * ${shown.expr}, "severity", "${severity}", "", "")`,
  );
  return { ...alerts, expr: `${alerts.expr}${none.join("")}` };
}

function alertsRow(): Row {
  const counted = (severity: string): Query => ({
    ...promql({
      unit: "none",
      labels: [],
    })`count(${select("ALERTS", { alertstate: "firing", severity, ...filter })}) or vector(0)`,
    legend: severity,
  });
  return row("What fires?", [
    stat({
      title: "Critical alerts",
      description: "How many critical alerts fire? Each should have paged somebody: open the list.",
      queries: [counted("critical")],
      thresholds: alarming(1),
      fill: true,
      links: [toBoard("alerts", "All about them")],
      span: 4,
      height: 7,
    }),
    stat({
      title: "Warnings",
      description: "How many warnings fire? They are for working hours.",
      queries: [counted("warning")],
      thresholds: rising(1, 20),
      links: [toBoard("alerts", "All about them")],
      span: 4,
      height: 7,
    }),
    matrix({
      title: "Alerts by cluster and severity",
      description: "Where does it burn, and how badly? Counts what fires, silenced or not.",
      query: firing(),
      rows: { label: "cluster", title: "Cluster" },
      columns: "severity",
      thresholds: neutral("each severity has its own"),
      columnThresholds: { critical: alarming(1), warning: rising(1, 20) },
      links: [toBoard("alerts", "All about its alerts", { cluster: ofRow("Cluster") })],
      span: 16,
      height: 7,
    }),
  ]);
}

function resourcesRow(): Row {
  const busy = rising(0.7, 0.9);
  const links = [intoCluster, thisCluster];
  return row("Is anything full?", [
    timeseries({
      title: "CPU in use by cluster",
      description: "Which cluster runs out of processor time, and is it a peak or a trend? Above 90 % work waits.",
      queries: [perCluster(cpuUtilisation)],
      max: 1,
      thresholds: busy,
      links,
      span: 8,
    }),
    timeseries({
      title: "Memory in use by cluster",
      description: "Which cluster runs out of memory? Above 90 % the kernel starts to kill.",
      queries: [perCluster(memoryUtilisation)],
      max: 1,
      thresholds: busy,
      links,
      span: 8,
    }),
    consumers(),
    matrix({
      title: "GPU utilisation by cluster and model",
      description:
        "Where do which graphics processors work, and where do they idle? Idle ones cost as much: the GPU board says what they do.",
      query: gpuShare(["cluster", "modelName"], gpuBusy, filter),
      rows: { label: "cluster", title: "Cluster" },
      columns: "modelName",
      thresholds: falling(0.05, 0.2),
      links: [toBoard("gpu-monitoring", "All about its GPUs", { cluster: ofRow("Cluster") })],
      span: 24,
      height: 6,
    }),
  ]);
}

function consumers(): Panel {
  const labels = ["cluster", "namespace"] as const;
  return table({
    title: "Largest consumers",
    description:
      "Who uses most, in all clusters? The ten namespaces that use most processors, and the ten that use most memory, at most five of a cluster; one that was not here yesterday is the first to ask.",
    keys: [namespaceKey, clusterKey],
    columns: [
      { title: "CPU", query: highest(max([...labels], select(namespaceMostCpu, filter)), 10) },
      { title: "Memory", query: highest(max([...labels], select(namespaceMostMemory, filter)), 10) },
    ],
    worst: { column: "CPU", is: "highest" },
    thresholds: neutral("how much is right depends on what it does"),
    links: [intoNamespace],
    span: 8,
    height: 10,
  });
}

function applicationsRow(): Row {
  return row("Do applications answer?", [
    timeseries({
      title: "Errors by environment",
      whenEmpty: "No requests",
      description:
        "What share of the requests fails, in each environment? Above 0.1 % the month's budget is spent too fast, above 1 % people notice.",
      queries: [{ ...requestErrors(["environment"], filter), legend: `{{${hole("environment")}}}` }],
      thresholds: rising(0.001, 0.01),
      links: [toBoard("cross-cluster-performance", "Which services?", { environment: ofSeries("environment") })],
      span: 8,
    }),
    timeseries({
      title: "Latency by cluster, 95th percentile",
      description: "How long do the slowest requests take? One cluster that is slower than its like: compare the two.",
      queries: [perCluster(clusterLatency)],
      thresholds: rising(0.5, 2),
      links: [intoPerformance],
      span: 8,
    }),
    table({
      title: "Service levels by cluster",
      description:
        "Does each cluster keep what three nines promise? Share of requests answered well in the last hour and day, and how many there are.",
      keys: [clusterKey],
      columns: [
        { title: "1 hour", query: answered("1h"), thresholds: falling(0.99, 0.999) },
        { title: "1 day", query: answered("1d"), thresholds: falling(0.99, 0.999) },
        { title: "Requests", query: perCluster(clusterRequests) },
      ],
      worst: { column: "1 hour", is: "lowest" },
      thresholds: own,
      links: [toBoard("cross-cluster-performance", "Which services?", { cluster: ofRow("Cluster") })],
      span: 8,
      height: 10,
    }),
    matrix({
      title: "Traffic within and between clusters",
      description:
        "Who sends how much to whom, within its cluster and across? Bytes a second as the callers' proxies count them; what leaves a region is paid for.",
      whenEmpty: "No cluster calls another through the mesh",
      query: between(),
      rows: { label: "source_cluster", title: "From" },
      columns: "destination_cluster",
      thresholds: neutral("as much as they have to say to each other"),
      links: [toBoard("cross-cluster-performance", "Who calls whom?", { cluster: ofRow("From") })],
      span: 24,
      height: 7,
    }),
  ]);
}

/** Requests answered well, of all in that time, each counting alike whenever it came. */
function answered(range: "1h" | "1d"): Query<"cluster"> {
  const total = (recorded: Recorded<Place>): Query<"cluster"> =>
    sum(["cluster"], promql({ unit: "none", labels: place })`sum_over_time(${select(recorded, filter)}[${range}])`);
  return promql({
    unit: "ratio",
    labels: ["cluster"],
  })`1 - ${total(clusterErrors)} / (${total(clusterRequests)} > 0)`;
}

function between(): Query {
  return sum(["source_cluster", "destination_cluster"], select(pairBytes, filter));
}

function costRow(): Row {
  const busiest = max(
    place,
    promql({
      unit: "ratio",
      labels: place,
    })`(${select(cpuUtilisation, filter)} > ${select(memoryUtilisation, filter)}) or ${select(memoryUtilisation, filter)}`,
  );
  const cost = max(place, select(nodeCost, filter));
  const unused = promql({ unit: "currency per hour", labels: place })`${cost} * (1 - ${busiest})`;
  const because = neutral("a right cost depends on the budget, which the fleet does not state");
  return row("What does it cost, and what for nothing?", [
    timeseries({
      title: "Cost of nodes by cluster",
      description: "What do nodes cost a month at today's size, and since when? A step is a node pool that grew.",
      queries: [max(["cluster"], monthly(cost))],
      thresholds: because,
      links: [intoCluster],
    }),
    table({
      title: "Paid for and not used",
      description:
        "Where could nodes go? The part of each cluster's nodes that neither its processors nor its memory use, whichever is scarcer, and what it costs a month. Some of it is the room that peaks and failures need: a fifth to a third.",
      keys: [clusterKey, { label: "environment", title: "Environment" }],
      columns: [
        {
          title: "Unused",
          query: promql({ unit: "ratio", labels: place })`1 - ${busiest}`,
          thresholds: rising(0.5, 0.8),
        },
        { title: "Costs", query: monthly(unused) },
      ],
      worst: { column: "Costs", is: "highest" },
      thresholds: own,
      links: [intoRow],
      span: 12,
      height: 10,
    }),
  ]);
}

function collectionRow(): Row {
  const links = [toBoard("collection", "Who loses what?")];
  return row("Do we see everything?", [
    barGauge({
      title: "Remote-write lag",
      description: "How far behind is what we see? Above a minute boards and alerts see the past.",
      queries: [{ ...orSilent(sendingLag), legend: `{{${hole("cluster")}}}` }],
      mappings: [silentMapping],
      max: 300,
      thresholds: rising(60, 300),
      links,
      span: 8,
      height: 7,
    }),
    barGauge({
      title: "Samples lost",
      description: "What share of the samples did agents give up? Any is a hole in the graphs.",
      queries: [{ ...orSilent(samplesLost), legend: `{{${hole("cluster")}}}` }],
      mappings: [silentMapping],
      max: 0.01,
      thresholds: rising(0.0001, 0.001),
      links,
      span: 8,
      height: 7,
    }),
    table({
      title: "Tenants and their limits",
      description:
        "Whose data is refused, or soon will be? Series of those allowed, and share of samples that Mimir refuses.",
      keys: [{ label: "tenant", title: "Tenant" }],
      columns: [
        { title: "Series of limit", query: ofChosen(tenantSeries, filter), thresholds: rising(0.8, 0.95) },
        { title: "Refused", query: ofChosen(tenantSamplesDiscarded, filter), thresholds: rising(0.0001, 0.001) },
      ],
      worst: { column: "Series of limit", is: "highest" },
      thresholds: own,
      links,
      span: 8,
      height: 7,
    }),
  ]);
}

/** A silent cluster stays in the picture, without a number. */
function orSilent(recorded: Recorded<Place>): Query<"cluster"> {
  const expected = max(["cluster"], select(inventory, { state: "active", ...filter }));
  const query = perCluster(recorded);
  return {
    ...query,
    ...promql({
      unit: query.unit,
      labels: ["cluster"],
    })`${query} or on (${byList(["cluster"])}) (NaN * ${expected})`,
  };
}
