import { alarming, falling, neutral, rising } from "../panels/panel.ts";
import { barGauge } from "../panels/bar-gauge.ts";
import { stat } from "../panels/stat.ts";
import { table } from "../panels/table.ts";
import { timeseries } from "../panels/timeseries.ts";
import { max, promql, type Query, select, sum } from "../queries/query.ts";
import {
  activeSeries,
  collectorFailures,
  collectorQueue,
  collectorSent,
  jobUp,
  linesLost,
  linesSent,
  ofChosen,
  samplesLost,
  samplesSent,
  sendingLag,
  shardsWanted,
  tenantLines,
  tenantLinesDiscarded,
  tenantRuleFailures,
  tenantSamples,
  tenantSamplesDiscarded,
  tenantSeries,
} from "../recording/collection.ts";
import { type Place, place, type Recorded } from "../recording/record.ts";
import { type Board, type BoardContext, row, type Row } from "./board.ts";
import { filter, ofRow, ofSeries, thisCluster, toBoard } from "./filter.ts";
import { freshness } from "./freshness.ts";

/** Does everything that the clusters say arrive, and where not: who loses it? */
export const collection: Board = {
  uid: "collection",
  title: "Collection",
  description: "Does everything that the clusters say arrive, and where not: who loses it?",
  tags: ["collection"],
  rows: (context) => [metricsRow(context), collectorsRow(), logsRow(), tenantsRow()],
};

const links = [toBoard("cluster", "Open this cluster", { cluster: ofSeries("cluster") }), thisCluster];

function perCluster(recorded: Recorded<Place>): Query<Place> {
  return max(place, select(recorded, filter));
}

function metricsRow(context: BoardContext): Row {
  const down = promql({
    unit: "ratio",
    labels: [...place, "job"],
  })`${max([...place, "job"], select(jobUp, filter))} < 1`;
  return row("Do metrics arrive?", [
    freshness(context, links, { span: 24, height: 4 }),
    timeseries({
      title: "Remote-write lag by cluster",
      description:
        "How far behind is what agents have sent? Above a minute boards and alerts see the past; above five minutes alerts are wrong. A rising line: Mimir refuses, or the network is slow.",
      queries: [perCluster(sendingLag)],
      thresholds: rising(60, 300),
      links,
    }),
    timeseries({
      title: "Samples lost by cluster",
      description:
        "What share of the samples did agents give up? Any is a hole in the graphs: see why Mimir refuses them.",
      queries: [perCluster(samplesLost)],
      thresholds: rising(0.0001, 0.001),
      links,
    }),
    timeseries({
      title: "Samples sent by cluster",
      description:
        "How much does each cluster send? A sudden drop is an exporter gone, a jump a new one or a label that explodes.",
      queries: [perCluster(samplesSent)],
      thresholds: neutral("as much as there is to send"),
      links,
    }),
    barGauge({
      title: "Shards wanted of those allowed",
      description:
        "Would an agent need more senders than it may have? At 100 % it falls behind: raise max_shards, or send less.",
      queries: [perCluster(shardsWanted)],
      thresholds: rising(0.7, 1),
      links,
      span: 6,
    }),
    timeseries({
      title: "Active series by cluster",
      description: "How many series does each cluster hold? The bill and Mimir's memory follow from it.",
      queries: [perCluster(activeSeries)],
      thresholds: neutral("the tenants' limits below say what is too much"),
      links,
      span: 6,
    }),
    table({
      title: "Jobs with targets that do not answer",
      description: "Which exporter fails where? Only jobs of which a target does not answer; the worst is on top.",
      whenEmpty: "All targets answer",
      keys: [
        { label: "cluster", title: "Cluster" },
        { label: "environment", title: "Environment" },
        { label: "job", title: "Job" },
      ],
      columns: [{ title: "Targets that answer", query: down, thresholds: falling(0.5, 1) }],
      worst: { column: "Targets that answer", is: "lowest" },
      thresholds: neutral("the column has its own"),
      links: [toBoard("cluster", "Open this cluster", { cluster: ofRow("Cluster") })],
    }),
  ]);
}

function collectorsRow(): Row {
  return row("Do the Collectors keep up?", [
    timeseries({
      title: "Delivered by the Collectors",
      description: "How many spans, log records and points a second do the Collectors of each cluster deliver?",
      queries: [perCluster(collectorSent)],
      thresholds: neutral("as much as there is to send"),
      links,
      span: 8,
    }),
    timeseries({
      title: "Failed deliveries of the Collectors",
      description:
        "What share do the Collectors fail to deliver? They try again until their queue is full: then it is lost.",
      queries: [perCluster(collectorFailures)],
      thresholds: rising(0.001, 0.01),
      links,
      span: 8,
    }),
    timeseries({
      title: "Queues of the Collectors",
      description: "How full is the fullest sending queue? Full queues drop: the backend behind it is slow or down.",
      queries: [perCluster(collectorQueue)],
      max: 1,
      thresholds: rising(0.5, 0.9),
      links,
      span: 8,
    }),
  ]);
}

function logsRow(): Row {
  return row("Do logs arrive?", [
    timeseries({
      title: "Log lines delivered",
      description: "How many log lines a second does each cluster deliver? A jump is a flood, a drop an agent gone.",
      queries: [perCluster(linesSent)],
      thresholds: neutral("as much as there is to send"),
      links,
    }),
    timeseries({
      title: "Log lines given up",
      description: "How many lines a second did agents give up? Loki refuses them: see the tenant's limits below.",
      queries: [perCluster(linesLost)],
      thresholds: rising(0.1, 10),
      links,
    }),
  ]);
}

function tenantsRow(): Row {
  return row("Do tenants stay within their limits?", [
    table({
      title: "Tenants against their limits",
      description:
        "Whose data does the central stack refuse, and who comes near? Series against their limit, shares of samples and log lines refused, share of rule evaluations that fail.",
      keys: [{ label: "tenant", title: "Tenant" }],
      columns: [
        { title: "Series of limit", query: ofChosen(tenantSeries, filter), thresholds: rising(0.8, 0.95) },
        { title: "Samples", query: ofChosen(tenantSamples, filter) },
        {
          title: "Samples refused",
          query: ofChosen(tenantSamplesDiscarded, filter),
          thresholds: rising(0.0001, 0.001),
        },
        { title: "Log lines", query: ofChosen(tenantLines, filter) },
        { title: "Lines refused", query: ofChosen(tenantLinesDiscarded, filter), thresholds: rising(0.0001, 0.001) },
        { title: "Rules failing", query: ofChosen(tenantRuleFailures, filter), thresholds: alarming(0.0001) },
      ],
      worst: { column: "Series of limit", is: "highest" },
      thresholds: neutral("each column has its own"),
      span: 18,
    }),
    stat({
      title: "Samples accepted",
      description: "What share of all samples does Mimir take? The goal is above 99.9 %.",
      queries: [accepted()],
      thresholds: falling(0.999, 0.9999),
      span: 6,
      height: 8,
    }),
  ]);
}

/** Weighed by what each tenant sends. */
function accepted(): Query {
  const sent = ofChosen(tenantSamples, filter);
  const refused = promql({
    unit: "per second",
    labels: ["tenant"],
  })`${sent} * on (tenant) ${ofChosen(tenantSamplesDiscarded, filter)}`;
  return promql({ unit: "ratio", labels: [] })`1 - ${sum([], refused)} / ${sum([], sent)}`;
}
