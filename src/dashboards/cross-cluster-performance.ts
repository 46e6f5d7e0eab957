import { matrix } from "../panels/matrix.ts";
import { neutral, rising } from "../panels/panel.ts";
import { table } from "../panels/table.ts";
import { timeseries } from "../panels/timeseries.ts";
import { byList, promql, type Query, select, sum } from "../queries/query.ts";
import {
  acrossEnvironments,
  burnRate,
  edgeRequests,
  errorRatio,
  latencyQuantile,
  serviceRequests,
  touching,
} from "../recording/services.ts";
import { type Board, row, type Row } from "./board.ts";
import { clusterKey, highest, own } from "./drill-down.ts";
import { filter, ofRow, ofSeries, thisCluster, toBoard } from "./filter.ts";
import {
  complaints,
  dependencies,
  exemplars,
  intoService,
  latency,
  ofServices,
  promises,
  serviceKey,
  serviceVariable,
} from "./services.ts";

/** Do applications answer well in all clusters, and where not: which service, and who calls it? */
export const crossClusterPerformance: Board = {
  uid: "cross-cluster-performance",
  title: "Cross-Cluster Application Performance",
  description: "Do applications answer well in all clusters, and where not: which service, and who calls it?",
  tags: ["applications"],
  variables: () => [serviceVariable],
  rows: () => [nowRow(), slowRow(), callsRow(), promiseRow(), saidRow()],
};

const intoServices = toBoard("service", "Its services", { cluster: ofSeries("cluster") });
const links = [intoServices, thisCluster];

function nowRow(): Row {
  const keys = ["service", "cluster"] as const;
  const requests = highest(sum([...keys], select(serviceRequests, ofServices)));
  const among = (query: Query): Query => ({
    ...query,
    ...promql({ unit: query.unit, labels: keys })`${query} and on (${byList(keys)}) ${requests}`,
  });
  return row("Who is not well?", [
    table({
      title: "Services",
      description:
        "Which service fails or is slow, and where? The one that fails most is on top; one cluster that differs from the others: look at what differs there.",
      keys: [serviceKey, clusterKey],
      columns: [
        { title: "Requests", query: requests },
        { title: "Errors", query: among(errorRatio([...keys], ofServices)), thresholds: rising(0.001, 0.01) },
        {
          title: "Latency",
          query: among(latencyQuantile({ quantile: 0.95, by: [...keys], where: ofServices })),
          thresholds: rising(0.5, 2),
        },
        { title: "Budget spent", query: among(burnRate("1h", [...keys], ofServices)), thresholds: rising(6, 14.4) },
      ],
      worst: { column: "Errors", is: "highest" },
      thresholds: own,
      links: [intoService],
      span: 12,
      height: 12,
    }),
    timeseries({
      title: "Errors by cluster",
      whenEmpty: "No requests",
      description:
        "What share of the requests fails where, and since when? All clusters at once: what they share, such as a release. One: look into it.",
      queries: [errorRatio(["cluster"], ofServices)],
      thresholds: rising(0.001, 0.01),
      links,
      height: 12,
    }),
    timeseries({
      title: "Requests by cluster",
      description: "How much are they asked? A drop to nothing is as bad as errors: nobody reaches them.",
      queries: [sum(["cluster"], select(serviceRequests, ofServices))],
      thresholds: neutral("as much as people ask"),
      links,
    }),
    timeseries({
      title: "Errors by service",
      whenEmpty: "No requests",
      description: "Which service fails, in all that is chosen? The one behind often fails first: see who calls whom.",
      queries: [errorRatio(["service"], ofServices)],
      thresholds: rising(0.001, 0.01),
      links: [toBoard("service", "Open this service", { service: ofSeries("service") })],
    }),
  ]);
}

function slowRow(): Row {
  return row("How slow?", [
    timeseries({
      title: "Latency, median",
      description: "How long does the middle request take? It moves only when everything gets slow.",
      queries: [...latency(0.5, "")],
      thresholds: rising(0.2, 1),
      links,
      span: 8,
    }),
    timeseries({
      title: "Latency, 95th percentile",
      description: "How long do the slowest of twenty take? What people notice.",
      queries: [...latency(0.95, "")],
      thresholds: rising(0.5, 2),
      links,
      span: 8,
    }),
    timeseries({
      title: "Latency, 99th percentile",
      description: "How long do the slowest of a hundred take? Restarts, full queues and cold caches show here first.",
      queries: [...latency(0.99, "")],
      thresholds: rising(1, 5),
      links,
      span: 8,
    }),
    exemplars(),
    timeseries({
      title: "Latency by service, 95th percentile",
      description: "Which service is slow? In several clusters the slowest cluster's.",
      queries: [slowest()],
      thresholds: rising(0.5, 2),
      links: [toBoard("service", "Open this service", { service: ofSeries("service") })],
    }),
  ]);
}

function slowest(): Query {
  const each = latencyQuantile({ quantile: 0.95, by: ["service", "cluster"], where: ofServices });
  return { ...promql({ unit: "seconds", labels: ["service"] })`max by (service) (${each})`, legend: "{{service}}" };
}

function callsRow(): Row {
  const across = ["client", "server", "source_cluster", "destination_cluster"] as const;
  return row("Who calls whom?", [
    matrix({
      title: "Requests from cluster to cluster",
      description:
        "Which clusters depend on each other? Rows call, columns answer; what stays within its cluster is on the diagonal.",
      whenEmpty: "No call is seen",
      query: sum(["source_cluster", "destination_cluster"], touching(select(edgeRequests, ofEdges), filter)),
      rows: { label: "source_cluster", title: "From" },
      columns: "destination_cluster",
      thresholds: neutral("as much as they have to say to each other"),
      links: [toBoard("cluster", "Open this cluster", { cluster: ofRow("From") })],
      span: 12,
      height: 9,
    }),
    table({
      title: "Calls between environments",
      description:
        "Does production depend on what is no production? Any such call is a mistake of configuration, or soon an outage.",
      whenEmpty: "No environment calls another",
      keys: [
        { label: "client", title: "Caller" },
        { label: "server", title: "Service" },
        { label: "source_cluster", title: "From" },
        { label: "destination_cluster", title: "Cluster" },
      ],
      columns: [{ title: "Requests", query: highest(sum([...across], acrossEnvironments(filter))) }],
      worst: { column: "Requests", is: "highest" },
      thresholds: neutral("that it is listed is the fault"),
      links: [intoService],
      span: 12,
      height: 9,
    }),
    dependencies(
      "Dependencies",
      "Who calls whom, how often, and where does it go wrong? A service that fails only for one caller: look at what that one asks.",
      ofEdges,
    ),
  ]);
}

/** Calls to the chosen services; who makes them is not narrowed. */
const ofEdges = { server: { matches: "$service" } } as const;

function promiseRow(): Row {
  return row("Do they keep their promise?", [
    promises(),
    timeseries({
      title: "Budget spent by cluster",
      whenEmpty: "No requests",
      description:
        "How many times faster than the promise allows do failures come? Above 14 the budget of thirty days is gone in two days.",
      queries: [burnRate("1h", ["cluster"], ofServices)],
      thresholds: rising(6, 14.4),
      links,
      span: 10,
    }),
  ]);
}

function saidRow(): Row {
  return row("What do they say?", [complaints()]);
}
