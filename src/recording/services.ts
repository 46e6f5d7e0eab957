import { type Exporter, labelName } from "../labels.ts";
import type { CounterName, LabelOf } from "../metrics/index.ts";
import {
  byList,
  max,
  promql,
  type Query,
  rate,
  type RecordedSeries,
  type Requirement,
  scrapedOnce,
  select,
  sum,
  type Where,
} from "../queries/query.ts";
import { inventory } from "./inventory.ts";
import { labelled, type Level, type Place, place, record, type Recorded, type RecordingGroup } from "./record.ts";

/**
 * Who counts requests, the best first: a mesh sees every request to its services, also one that their code never saw;
 * then what services say themselves; then what is made of their spans, which may be a sample.
 */
const sources = ["istio", "linkerd", "otel", "spans"] as const;

export type Source = (typeof sources)[number];

const exporterOf = {
  istio: "istio-proxy",
  linkerd: "linkerd",
  otel: "opentelemetry",
  spans: "tempo-metrics-generator",
} as const satisfies Readonly<Record<Source, Exporter>>;

/** Any of them fills the records of services. */
const anySource: readonly Requirement[] = [sources.map((source) => exporterOf[source])];

/** What can have native histograms. */
const nativeSources: readonly Requirement[] = [[exporterOf.otel, exporterOf.spans]];

const window = "5m";

/** A service has one name in all sources. Its `namespace` is absent where the source does not know it. */
type ServiceLabel = Place | "namespace" | "service" | "source";

/** Who calls whom. A cluster is `unknown` where that end is outside the mesh. */
type EdgeLabel = Place | "client" | "server" | "source_cluster" | "destination_cluster" | "source";

const inService = [...place, "namespace", "service"] as const;
const ends = ["source_cluster", "destination_cluster"] as const;
const onEdge = [...place, "client", "server", ...ends] as const;

/** Requests a second to each service. */
export const serviceRequests: RecordedSeries<ServiceLabel> = {
  record: "cluster_service:requests:rate5m",
  labels: [...inService, "source"],
  unit: "requests per second",
  requires: anySource,
};

/** How many of them a second the service failed: zero, not absent, where none. */
export const serviceErrors: RecordedSeries<ServiceLabel> = {
  ...serviceRequests,
  record: "cluster_service:errors:rate5m",
};

/** How long they took: buckets whose bounds are seconds in all sources. */
export const serviceLatency: RecordedSeries<ServiceLabel | "le"> = {
  ...serviceRequests,
  record: "cluster_service:latency_seconds_bucket:rate5m",
  labels: [...inService, "source", "le"],
};

/** The same as native histograms, of what sends those. */
export const serviceLatencyNative: RecordedSeries<ServiceLabel> = {
  ...serviceRequests,
  record: "cluster_service:latency_seconds:rate5m",
  requires: nativeSources,
};

/** Requests to services that a lesser source knows and the one that counts for the cluster does not. */
export const serviceUnseen: RecordedSeries<ServiceLabel> = {
  ...serviceRequests,
  record: "cluster_service:requests_unseen:rate5m",
  requires: [
    [exporterOf.otel, exporterOf.spans],
    [exporterOf.istio, exporterOf.linkerd, exporterOf.otel],
  ],
};

/** Requests a second of one service to another. */
export const edgeRequests: RecordedSeries<EdgeLabel> = {
  record: "cluster_pair:requests:rate5m",
  labels: [...onEdge, "source"],
  unit: "requests per second",
  requires: [[exporterOf.istio, exporterOf.linkerd, exporterOf.spans]],
};

export const edgeErrors: RecordedSeries<EdgeLabel> = { ...edgeRequests, record: "cluster_pair:errors:rate5m" };

export const edgeLatency: RecordedSeries<EdgeLabel | "le"> = {
  ...edgeRequests,
  record: "cluster_pair:latency_seconds_bucket:rate5m",
  labels: [...onEdge, "source", "le"],
};

/** Bytes a second from one cluster to another and back, whatever the protocol. */
export const pairBytes: RecordedSeries<Place | (typeof ends)[number] | "source"> = {
  record: "cluster_pair:bytes:rate5m",
  labels: [...place, ...ends, "source"],
  unit: "bytes per second",
  requires: [[exporterOf.istio, exporterOf.linkerd]],
};

/**
 * The share of requests that a service should answer well, until services declare objectives of their own. Judgement:
 * three nines are 43 minutes of failure in 30 days, which redundancy over the zones of one region can keep.
 */
export const objective = 0.999;

/** The share of requests that failed, by these labels: of several services or clusters, all failures by all requests. */
export function errorRatio<K extends ServiceLabel>(by: readonly K[], where: Where<ServiceLabel>): Query<K> {
  const errors = sum(by, select(serviceErrors, where));
  return {
    ...promql({ unit: "ratio", labels: by })`${errors} / (${sum(by, select(serviceRequests, where))} > 0)`,
    legend: errors.legend,
    requires: anySource,
  };
}

/** The share of requests that failed over a time, each counting alike whenever it came. */
export function errorRatioOver<K extends ServiceLabel>(
  range: string,
  by: readonly K[],
  where: Where<ServiceLabel>,
): Query<K> {
  const total = (recorded: RecordedSeries<ServiceLabel>): Query =>
    sum(by, promql({ unit: "none", labels: recorded.labels })`sum_over_time(${select(recorded, where)}[${range}])`);
  return promql({
    unit: "ratio",
    labels: by,
  })`${total(serviceErrors)} / (${total(serviceRequests)} > 0)`;
}

/** The share of requests over a time that were answered well. */
export function availability<K extends ServiceLabel>(
  range: string,
  by: readonly K[],
  where: Where<ServiceLabel>,
): Query<K> {
  return promql({ unit: "ratio", labels: by })`1 - ${errorRatioOver(range, by, where)}`;
}

/** What is left of the failures that the objective allows in a time: 1 all, 0 none, less where it was missed. */
export function budgetLeft<K extends ServiceLabel>(
  range: string,
  by: readonly K[],
  where: Where<ServiceLabel>,
): Query<K> {
  return promql({ unit: "ratio", labels: by })`1 - ${errorRatioOver(range, by, where)} / (1 - ${objective})`;
}

/** How many times faster than the objective allows the budget is spent: at 1 it is just spent at the end of its time. */
export function burnRate<K extends ServiceLabel>(
  range: string,
  by: readonly K[],
  where: Where<ServiceLabel>,
): Query<K> {
  return promql({ unit: "times as fast", labels: by })`${errorRatioOver(range, by, where)} / (1 - ${objective})`;
}

export interface QuantileOptions<K extends string, L extends string> {
  /** From 0 to 1. */
  readonly quantile: number;
  /** `cluster` or its like must be among them: sources differ in their buckets, and only those of one source add up. */
  readonly by: readonly K[];
  readonly where: Where<L>;
}

/** How many seconds a share of the requests took at most, from buckets. */
export function latencyQuantile<K extends ServiceLabel>({
  quantile,
  by,
  where,
}: QuantileOptions<K, ServiceLabel>): Query<K> {
  return ofBuckets(quantile, by, select(serviceLatency, where));
}

/** The same from native histograms, for clusters whose source has no buckets. */
export function nativeQuantile<K extends ServiceLabel>({
  quantile,
  by,
  where,
}: QuantileOptions<K, ServiceLabel>): Query<K> {
  return promql({
    unit: "seconds",
    labels: by,
  })`histogram_quantile(${quantile}, ${sum(by, select(serviceLatencyNative, where))})`;
}

/** How many seconds a share of the calls took at most. */
export function edgeQuantile<K extends EdgeLabel>(
  quantile: number,
  by: readonly K[],
  calls: Query<EdgeLabel | "le">,
): Query<K> {
  return ofBuckets(quantile, by, calls);
}

function ofBuckets<K extends string>(quantile: number, by: readonly K[], buckets: Query): Query<K> {
  return promql({
    unit: "seconds",
    labels: by,
  })`histogram_quantile(${quantile}, ${sum([...by, "le"], buckets)})`;
}

/**
 * Calls of which either end is in a chosen cluster. A call is recorded where it was counted, which is one of its ends, so
 * the place of the record alone would hide what a chosen cluster asks of others.
 */
export function touching<L extends EdgeLabel | "le">(calls: Query<L>, where: Where<Place>): Query<L> {
  const shown = max(["cluster"], select(inventory, where));
  const at = (end: (typeof ends)[number]): string =>
    `(${calls.expr} and on (${end}) label_replace(${shown.expr}, "${end}", "$1", "${labelName("cluster")}", "(.+)"))`;
  return { ...calls, expr: ends.map(at).join(" or ") };
}

/** Calls whose other end is no cluster of the environment in which they were counted, though it is one of the mesh. */
export function acrossEnvironments(where: Where<Place>): Query<Exclude<EdgeLabel, "source">> {
  const labels = [...onEdge];
  const calls = sum(labels, select(edgeRequests, where));
  const own = max(["cluster", "environment"], select(inventory));
  const foreign = (end: (typeof ends)[number]): string =>
    `(${sum(labels, select(edgeRequests, { ...where, [end]: { matchesNot: "|unknown" } })).expr} > 0 unless on (${byList([end, "environment"])}) label_replace(${own.expr}, "${end}", "$1", "${labelName("cluster")}", "(.+)"))`;
  return { ...calls, expr: ends.map(foreign).join(" or ") };
}

type Wheres<N extends CounterName> = readonly [Where<LabelOf<N>>, ...Where<LabelOf<N>>[]];

/** How fast a counter grows under any of these conditions, which exclude each other: none is lost or counted twice. */
function anyOf<N extends CounterName>(counter: N, wheres: Wheres<N>): Query {
  const rates = wheres.map((where) => rate<N>(counter, where, window));
  return { ...rate<N>(counter, wheres[0], window), expr: rates.map(({ expr }) => expr).join(" or ") };
}

function ofProxies<N extends CounterName>(counter: N, wheres: Wheres<N>): Query {
  return scrapedOnce(anyOf(counter, wheres));
}

/** A label with the value of the first of these that has one. */
function firstKnown(query: Query, label: string, from: readonly string[], none = "unknown"): Query {
  const joined = `label_join(${query.expr}, "${label}", ";", ${from.map((name) => `"${labelName(name)}"`).join(", ")})`;
  const known = from
    .slice(1)
    .reduce((text) => `label_replace(${text}, "${label}", "$1", "${label}", "(?:${none})?;(.*)")`, joined);
  return { ...query, expr: `label_replace(${known}, "${label}", "$1", "${label}", "([^;]+);.*")` };
}

/** A label with what another one says, as far as this matches it. */
function taken(query: Query, label: string, from: string, match = "(.+)"): Query {
  return { ...query, expr: `label_replace(${query.expr}, "${label}", "$1", "${labelName(from)}", "${match}")` };
}

/**
 * Bounds of buckets from milliseconds to seconds. They are text, which no arithmetic reaches, but `histogram_quantile`
 * reads 250e-3 as well as 0.25.
 */
function inSeconds(buckets: Query): Query {
  const large = `label_replace(${buckets.expr}, "le", "\${1}e+03", "le", "(.+)e[+]06")`;
  return { ...buckets, expr: `label_replace(${large}, "le", "\${1}e-3", "le", "([0-9.]+)")` };
}

/** A sum by labels that scrapes add or `taken` makes, so that no metric's facts have them. */
function sumBy(by: readonly string[], query: Query): Query {
  return sum(by, query);
}

/** A query of buckets says in what their bounds are. */
type Bounds = "seconds" | "milliseconds";

/** The first sum, over what nobody asks for: what follows renames labels of far fewer series. */
function perLabels(by: readonly string[], query: Query, bounds: Bounds | undefined): Query {
  const summed = sumBy([...by, ...leOf(bounds)], query);
  return bounds === "milliseconds" ? inSeconds(summed) : summed;
}

function leOf(bounds: Bounds | undefined): readonly "le"[] {
  return bounds === undefined ? [] : ["le"];
}

/** What a source says of services: all by `inService`, latency also by `le`. */
interface Counted {
  readonly source: Source;
  readonly requests: Query;
  readonly errors: Query;
  readonly latency: Query;
  readonly native?: Query;
}

/** What a source says of calls: all by `onEdge`, latency also by `le`; bytes by the clusters alone. */
interface Called extends Omit<Counted, "native"> {
  readonly bytes?: Query;
}

/**
 * The server's side: its own proxy, or in ambient mode the waypoint before it, sees whoever calls, also callers outside the
 * mesh, which report nothing; and its `cluster` is the one that serves.
 */
const served = { reporter: { matches: "destination|waypoint" } } as const;

const neverArrived = "(?:.*,)?(?:UH|UF|UO|NC)(?:,.*)?";

/**
 * Where the server's side says nothing we fall back to the caller's proxy: for what never arrived, as there was no healthy
 * host, no connection, an open circuit or no such cluster (Envoy's response flags). Without it a service that is gone
 * altogether would have no errors. A call that did arrive is counted by the server alone, so none counts twice.
 */
const undelivered = { reporter: "source", response_flags: { matches: neverArrived } } as const;

/** Calls to what has no proxy: others' APIs, and services outside the mesh. */
const outside = {
  reporter: "source",
  destination_workload: "unknown",
  response_flags: { matchesNot: neverArrived },
} as const;

const httpErrors = { response_code: { matches: "5.." } } as const;

/** gRPC says 200 and fails in a trailer: the codes that OpenTelemetry's conventions for gRPC count as the server's errors. */
const grpcErrors = {
  response_code: { matchesNot: "5.." },
  grpc_response_status: { matches: "2|4|12|13|14|15" },
} as const;

const istioServer = ["destination_canonical_service", "destination_service_name"] as const;
const istioNamespace = ["destination_workload_namespace", "destination_service_namespace"] as const;

function istioService(query: Query, bounds?: Bounds): Query {
  const per = perLabels([...place, ...istioServer, ...istioNamespace], query, bounds);
  const named = firstKnown(firstKnown(per, "service", istioServer), "namespace", istioNamespace);
  return sumBy([...inService, ...leOf(bounds)], named);
}

const istioServices: Counted = {
  source: "istio",
  requests: istioService(ofProxies("istio_requests_total", [served, undelivered])),
  errors: istioService(
    ofProxies("istio_requests_total", [{ ...served, ...httpErrors }, { ...served, ...grpcErrors }, undelivered]),
  ),
  latency: istioService(ofProxies("istio_request_duration_milliseconds_bucket", [served]), "milliseconds"),
};

const istioClient = ["source_canonical_service", "source_workload"] as const;

/** What Istio calls a cluster that was given no name (`multiCluster.clusterName`): then it can only be the proxy's own. */
const unnamed = "Kubernetes";

/** Each proxy knows its own cluster by what its agent says, and the other end's by what Istio says. */
function istioEdges({ arrived, sent }: { readonly arrived: Query; readonly sent?: Query }, bounds?: Bounds) {
  const named = (query: Query, own: (typeof ends)[number], other: (typeof ends)[number]): Query => {
    const per = perLabels([...place, "reporter", ...istioClient, ...istioServer, ...ends], query, bounds);
    const called = firstKnown(firstKnown(per, "client", istioClient), "server", istioServer);
    return taken(firstKnown(called, other, [other, "cluster"], unnamed), own, "cluster");
  };
  const all = [
    named(arrived, "destination_cluster", "source_cluster"),
    ...(sent ? [named(sent, "source_cluster", "destination_cluster")] : []),
  ];
  return sumBy([...onEdge, ...leOf(bounds)], { ...arrived, expr: all.map(({ expr }) => expr).join(" or ") });
}

const istioCalls: Called = {
  source: "istio",
  requests: istioEdges({
    arrived: ofProxies("istio_requests_total", [served]),
    sent: ofProxies("istio_requests_total", [undelivered, outside]),
  }),
  errors: istioEdges({
    arrived: ofProxies("istio_requests_total", [
      { ...served, ...httpErrors },
      { ...served, ...grpcErrors },
    ]),
    sent: ofProxies("istio_requests_total", [
      undelivered,
      { ...outside, ...httpErrors },
      { ...outside, ...grpcErrors },
    ]),
  }),
  latency: istioEdges({ arrived: ofProxies("istio_request_duration_milliseconds_bucket", [served]) }, "milliseconds"),
  bytes: bytesOf(
    [
      ofProxies("istio_tcp_sent_bytes_total", [{ reporter: "source" }]),
      ofProxies("istio_tcp_received_bytes_total", [{ reporter: "source" }]),
      ofProxies("istio_request_bytes_sum", [{ reporter: "source" }]),
      ofProxies("istio_response_bytes_sum", [{ reporter: "source" }]),
    ],
    "destination_cluster",
    unnamed,
  ),
};

/** As the caller's side counts them: it pays for what leaves its cluster. */
function bytesOf(parts: readonly Query[], other: string, none: string): Query {
  const named = parts.map((part, at) => {
    const per = sumBy([...place, other], part);
    const known = firstKnown(per, "destination_cluster", [other, "cluster"], none);
    return `label_replace(${taken(known, "source_cluster", "cluster").expr}, "part", "${at}", "", "")`;
  });
  return sumBy([...place, ...ends], {
    ...promql({ unit: "bytes per second", labels: [] })`${named.join(" or ")}`,
    unit: "bytes per second",
  });
}

const inbound = { direction: "inbound" } as const;
const outbound = { direction: "outbound" } as const;

/** What a pod belongs to, as Linkerd's scrape configuration and its chart's PodMonitor make labels of what the injector says. */
const linkerdOwner = ["deployment", "statefulset", "daemonset"] as const;

const linkerdServer = ["dst_target_service", "dst_deployment", "dst_statefulset", "dst_daemonset", "dst_service"];

function linkerdService(query: Query, bounds?: Bounds): Query {
  const per = perLabels([...place, "namespace", ...linkerdOwner], query, bounds);
  return sumBy([...inService, ...leOf(bounds)], firstKnown(per, "service", linkerdOwner));
}

const linkerdServices: Counted = {
  source: "linkerd",
  requests: linkerdService(ofProxies("response_total", [inbound])),
  errors: linkerdService(ofProxies("response_total", [{ ...inbound, classification: "failure" }])),
  latency: linkerdService(ofProxies("response_latency_ms_bucket", [inbound]), "milliseconds"),
};

/** The caller's side: Linkerd's servers know their callers by identity only. A mirrored service is in its target cluster. */
function linkerdEdges(query: Query, bounds?: Bounds): Query {
  const per = perLabels([...place, ...linkerdOwner, ...linkerdServer, "dst_target_cluster"], query, bounds);
  const called = firstKnown(firstKnown(per, "client", linkerdOwner), "server", linkerdServer);
  const there = firstKnown(called, "destination_cluster", ["dst_target_cluster", "cluster"]);
  return sumBy([...onEdge, ...leOf(bounds)], taken(there, "source_cluster", "cluster"));
}

const linkerdCalls: Called = {
  source: "linkerd",
  requests: linkerdEdges(ofProxies("response_total", [outbound])),
  errors: linkerdEdges(ofProxies("response_total", [{ ...outbound, classification: "failure" }])),
  latency: linkerdEdges(ofProxies("response_latency_ms_bucket", [outbound]), "milliseconds"),
  bytes: bytesOf(
    [
      ofProxies("tcp_write_bytes_total", [{ ...outbound, peer: "dst" }]),
      ofProxies("tcp_read_bytes_total", [{ ...outbound, peer: "dst" }]),
    ],
    "dst_target_cluster",
    "unknown",
  ),
};

/** OTLP makes `job` of the resource: its `service.name`, after `service.namespace` and a slash where it has one. */
function fromJob(query: Query, bounds?: Bounds): Query {
  const named = taken(taken(query, "namespace", "job", "(.+)/.+"), "service", "job", "(?:.+/)?(.+)");
  return sumBy([...inService, ...leOf(bounds)], named);
}

/** Instrumentation before semantic conventions 1.23 has another name, and milliseconds. */
function newOrOld(now: Query, before: Query, { isOfBuckets = false } = {}): Query {
  const job = [...place, "job"];
  const left = perLabels(job, now, isOfBuckets ? "seconds" : undefined);
  const right = perLabels(job, before, isOfBuckets ? "milliseconds" : undefined);
  const either = { ...left, expr: `${left.expr} or on (${byList(job)}) ${right.expr}` };
  return fromJob(either, isOfBuckets ? "seconds" : undefined);
}

const otelServices: Counted = {
  source: "otel",
  requests: newOrOld(
    anyOf("http_server_request_duration_seconds_count", [{}]),
    anyOf("http_server_duration_milliseconds_count", [{}]),
  ),
  errors: newOrOld(
    anyOf("http_server_request_duration_seconds_count", [
      { http_response_status_code: { matches: "5.." } },
      // An exception before there was a status; what is the client's fault is none of the server's.
      { http_response_status_code: { matchesNot: "5.." }, error_type: { matchesNot: "|4.." } },
    ]),
    anyOf("http_server_duration_milliseconds_count", [{ http_status_code: { matches: "5.." } }]),
  ),
  latency: newOrOld(
    anyOf("http_server_request_duration_seconds_bucket", [{}]),
    anyOf("http_server_duration_milliseconds_bucket", [{}]),
    { isOfBuckets: true },
  ),
  native: fromJob(sumBy([...place, "job"], nativeRate("http_server_request_duration_seconds", ""))),
};

function nativeRate(
  histogram: "http_server_request_duration_seconds" | "traces_spanmetrics_latency",
  matchers: string,
): Query {
  return promql({ unit: "seconds", labels: [] })`rate(${histogram}${matchers}[${window}])`;
}

const ofServers = { span_kind: "SPAN_KIND_SERVER" } as const;

function spanService(query: Query, bounds?: Bounds): Query {
  const per = perLabels([...place, "service", "job"], query, bounds);
  return sumBy([...inService, ...leOf(bounds)], taken(per, "namespace", "job", "(.+)/.+"));
}

const spanServices: Counted = {
  source: "spans",
  requests: spanService(anyOf("traces_spanmetrics_calls_total", [ofServers])),
  errors: spanService(anyOf("traces_spanmetrics_calls_total", [{ ...ofServers, status_code: "STATUS_CODE_ERROR" }])),
  latency: spanService(anyOf("traces_spanmetrics_latency_bucket", [ofServers]), "seconds"),
  native: spanService(nativeRate("traces_spanmetrics_latency", `{span_kind="SPAN_KIND_SERVER"}`)),
};

/** Tempo's service graph. An end without a cluster of its own is taken to be in that of the spans. */
function spanEdges(query: Query, bounds?: Bounds): Query {
  const per = perLabels([...place, "client", "server", "client_cluster", "server_cluster"], query, bounds);
  const from = firstKnown(per, "source_cluster", ["client_cluster", "cluster"], "");
  return sumBy(
    [...onEdge, ...leOf(bounds)],
    firstKnown(from, "destination_cluster", ["server_cluster", "cluster"], ""),
  );
}

const spanCalls: Called = {
  source: "spans",
  requests: spanEdges(anyOf("traces_service_graph_request_total", [{}])),
  errors: spanEdges(anyOf("traces_service_graph_request_failed_total", [{}])),
  latency: spanEdges(anyOf("traces_service_graph_request_server_seconds_bucket", [{}]), "seconds"),
};

interface Recording {
  readonly series: RecordedSeries;
  readonly source: Source;
  readonly query: Query;
}

function rule({ series, source, query }: Recording): Recorded {
  const [level = "", ...name] = series.record.split(":");
  return labelled(
    record({
      level: level as Level,
      name: name.join(":"),
      query: { ...query, requires: [exporterOf[source]] },
      unit: series.unit,
    }),
    { source },
  );
}

/** Of each cluster the best source that has anything: two that see the same traffic are never added up. */
function unlessBetter({ series, source, query }: Recording): Recorded {
  const better = sources.slice(0, sources.indexOf(source)).join("|");
  const isBetter = `unless on (${byList(place)}) ${select(series, { source: { matches: better } }).expr}`;
  return rule({ series, source, query: better === "" ? query : { ...query, expr: `${query.expr} ${isBetter}` } });
}

/** What belongs to requests that this source counts, and no other one does. */
function ofCounted({ series, source, query }: Recording, counted: RecordedSeries, by: readonly string[]): Recorded {
  const own = select(counted, { source }).expr;
  return rule({ series, source, query: { ...query, expr: `${query.expr} and on (${byList(by)}) ${own}` } });
}

/** Zero where nothing failed: absent, a service would have no error ratio until its first error. */
function orNone(recording: Recording, counted: RecordedSeries, by: readonly string[]): Recorded {
  const failed = ofCounted(recording, counted, by);
  const none = sumBy(by, select(counted, { source: recording.source })).expr;
  return { ...failed, query: { ...failed.query, expr: `${failed.query.expr} or on (${byList(by)}) (0 * ${none})` } };
}

/** What a lesser source knows where a better one counts, and misses. Namespaces are left out, as sources differ in them. */
function unseen({ source, requests }: Counted): Recorded {
  const better = sources.slice(0, sources.indexOf(source));
  const counting = select(serviceRequests, { source: { matches: better.join("|") } }).expr;
  const seen = byList([...place, "service"]);
  const query = {
    ...requests,
    expr: `(${requests.expr} and on (${byList(place)}) ${counting}) unless on (${seen}) ${select(serviceRequests).expr}`,
  };
  const found = rule({ series: serviceUnseen, source, query });
  return {
    ...found,
    requires: [exporterOf[source], better.map((one) => exporterOf[one])],
    allow: [{ check: "R03", because: "asked by hand, when a service is missing on the boards" }],
  };
}

function serviceRules({ source, requests, errors, latency, native }: Counted): Recorded[] {
  return [
    unlessBetter({ series: serviceRequests, source, query: requests }),
    orNone({ series: serviceErrors, source, query: errors }, serviceRequests, inService),
    ofCounted({ series: serviceLatency, source, query: latency }, serviceRequests, inService),
    ...(native ? [ofCounted({ series: serviceLatencyNative, source, query: native }, serviceRequests, inService)] : []),
  ];
}

function callRules({ source, requests, errors, latency, bytes }: Called): Recorded[] {
  return [
    unlessBetter({ series: edgeRequests, source, query: requests }),
    orNone({ series: edgeErrors, source, query: errors }, edgeRequests, onEdge),
    ofCounted({ series: edgeLatency, source, query: latency }, edgeRequests, onEdge),
    ...(bytes ? [unlessBetter({ series: pairBytes, source, query: bytes })] : []),
  ];
}

/** How much is each service asked, how much of it fails, and how long does it take? One source a cluster, the best. */
export const servicesGroup: RecordingGroup = {
  name: "services",
  interval: "1m",
  rules: [
    ...[istioServices, linkerdServices, otelServices, spanServices].flatMap(serviceRules),
    unseen(otelServices),
    unseen(spanServices),
  ],
};

/** Who calls whom, from which cluster to which, and how does it go? */
export const callsGroup: RecordingGroup = {
  name: "service-calls",
  interval: "1m",
  rules: [istioCalls, linkerdCalls, spanCalls].flatMap(callRules),
};
