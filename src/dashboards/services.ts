import { logs } from "../panels/logs.ts";
import { type Link, neutral, type Panel, rising } from "../panels/panel.ts";
import { table } from "../panels/table.ts";
import { timeseries } from "../panels/timeseries.ts";
import { byList, max, promql, type Query, rate, select, sum, type Where } from "../queries/query.ts";
import type { Place } from "../recording/record.ts";
import {
  availability,
  budgetLeft,
  burnRate,
  edgeErrors,
  edgeLatency,
  edgeQuantile,
  edgeRequests,
  latencyQuantile,
  nativeQuantile,
  objective,
  serviceRequests,
  touching,
} from "../recording/services.ts";
import type { BoardVariable } from "./board.ts";
import { clusterKey, errorsOnly, highest, lines, own } from "./drill-down.ts";
import { filter, ofRow, ofSeries, thisCluster, toBoard } from "./filter.ts";

// What the board of all services and that of one have in common.

export const serviceVariable: BoardVariable = {
  name: "service",
  title: "Service",
  label: "service",
  of: select(serviceRequests, filter),
};

/** What the reader chose. */
export const ofServices: { readonly [L in Place | "service"]: { readonly matches: string } } = {
  environment: { matches: "$environment" },
  region: { matches: "$region" },
  cluster: { matches: "$cluster" },
  service: { matches: "$service" },
};

export const serviceKey = { label: "service", title: "Service" } as const;

export const intoService: Link = toBoard("service", "Open this service", {
  cluster: ofRow("Cluster"),
  service: ofRow("Service"),
});

/** A quantile by cluster, from whichever histograms its source has. */
export function latency(quantile: number, name: string): readonly [Query, Query] {
  const options = { quantile, by: ["cluster"] as const, where: ofServices };
  const legend = (query: Query): Query => ({ ...query, legend: `${query.legend} ${name}`.trim() });
  return [legend(latencyQuantile(options)), legend(nativeQuantile(options))];
}

/** Single requests beside the percentile of what services and their spans say themselves, each a click from its trace. */
export function exemplars(): Panel {
  const bounded = ["cluster", "le"] as const;
  const ofSpans = sum([...bounded], rate("traces_spanmetrics_latency_bucket", ofServices));
  const own = sum(
    [...bounded],
    rate("http_server_request_duration_seconds_bucket", { ...filter, job: { matches: "(?:.+/)?(?:$service)" } }),
  );
  const quantile = (buckets: Query, name: string): Query => ({
    ...promql({ unit: "seconds", labels: ["cluster"] })`histogram_quantile(0.95, ${buckets})`,
    legend: `${max(["cluster"], buckets as Query<"cluster">).legend} ${name}`,
  });
  return timeseries({
    title: "Single requests and their traces",
    description:
      "What did a slow request do? Each dot is one: click it for its trace, and from there for its log lines. The lines are the 95th percentile as services and spans tell it.",
    queries: [quantile(own, "as services say"), quantile(ofSpans, "as spans say")],
    exemplars: true,
    thresholds: rising(0.5, 2),
    links: [toBoard("service", "Its services", { cluster: ofSeries("cluster") }), thisCluster],
  });
}

/** Who calls whom: the dependencies, with what goes wrong between them. */
export function dependencies(title: string, description: string, where: Where<"client" | "server">): Panel {
  const keys = ["client", "server", "source_cluster", "destination_cluster"] as const;
  const requests = highest(sum([...keys], touching(select(edgeRequests, where), filter)));
  const among = (query: Query): Query => ({
    ...query,
    ...promql({ unit: query.unit, labels: keys })`${query} and on (${byList(keys)}) ${requests}`,
  });
  const errors = sum([...keys], touching(select(edgeErrors, where), filter));
  const failing = promql({
    unit: "ratio",
    labels: keys,
  })`${errors} / (${sum([...keys], touching(select(edgeRequests, where), filter))} > 0)`;
  return table({
    title,
    description,
    whenEmpty: "No call is seen",
    keys: [
      { label: "client", title: "Caller" },
      { label: "server", title: "Service" },
      { label: "source_cluster", title: "From" },
      { label: "destination_cluster", title: "Cluster" },
    ],
    columns: [
      { title: "Requests", query: requests },
      { title: "Errors", query: among(failing), thresholds: rising(0.001, 0.01) },
      {
        title: "Latency",
        query: among(edgeQuantile(0.95, [...keys], touching(select(edgeLatency, where), filter))),
        thresholds: rising(0.5, 2),
      },
    ],
    worst: { column: "Errors", is: "highest" },
    thresholds: own,
    links: [intoService],
    span: 24,
  });
}

/** Of the last thirty days, or of as many as are recorded. */
export function promises(): Panel {
  const keys = ["service", "cluster"] as const;
  const least = (query: Query<(typeof keys)[number]>): Query => ({
    ...query,
    ...promql({ unit: query.unit, labels: keys })`bottomk(50, ${query})`,
  });
  return table({
    title: "Error budgets",
    whenEmpty: "No requests",
    description: `Does each service keep its promise of ${100 * objective} %? Below zero the budget of thirty days is spent: stop releasing, mend first. Spent faster than 14 times in an hour: act now; faster than 6 times: today.`,
    keys: [serviceKey, clusterKey],
    columns: [
      { title: "Budget left", query: least(budgetLeft("30d", [...keys], ofServices)), thresholds: budget },
      { title: "Answered", query: least(availability("30d", [...keys], ofServices)) },
      { title: "Spent in 1 h", query: highest(burnRate("1h", [...keys], ofServices)), thresholds: rising(6, 14.4) },
      { title: "Spent in 6 h", query: highest(burnRate("6h", [...keys], ofServices)), thresholds: rising(1, 6) },
    ],
    worst: { column: "Budget left", is: "lowest" },
    thresholds: own,
    links: [intoService],
    span: 14,
  });
}

const budget = {
  ...neutral("its steps are its own"),
  steps: [
    { value: null, color: "red" },
    { value: 0, color: "yellow" },
    { value: 0.25, color: "green" },
  ],
};

export function complaints(): Panel {
  return logs({
    title: "Error lines",
    whenEmpty: "No error line in the shown time",
    description:
      "What do they complain of? The newest lines of level error and above; those with a trace id lead to the trace.",
    expr: lines(`service_name=~"$service"`, errorsOnly),
  });
}
