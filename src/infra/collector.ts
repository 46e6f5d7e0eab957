import { secondsOf } from "../duration.ts";
import type { Cluster, Tenant } from "../fleet/model.ts";
import { slug } from "../fleet/resolve.ts";
import { logFiles, logPipeline, type LogStage, redacted } from "./log-pipeline.ts";
import { agentsNamespace, credential, doorUrl, placeLabels, tenantHeaders } from "./place.ts";
import { remoteWrite } from "./prometheus-agent.ts";
import type { OwnFleet } from "./release.ts";
import { scrapeConfigs } from "./scrape.ts";
import { budgetOf, catchUp, loadOf, rounded, tenantLoad } from "./sizing.ts";

type Json = Readonly<Record<string, unknown>>;

/** A Collector's whole configuration, in its own words. */
export interface CollectorConfig {
  readonly extensions: Json;
  readonly receivers: Json;
  readonly processors: Json;
  readonly connectors?: Json;
  readonly exporters: Json;
  readonly service: {
    readonly extensions: readonly string[];
    readonly telemetry: Json;
    readonly pipelines: Readonly<Record<string, Pipeline>>;
  };
}

interface Pipeline {
  readonly receivers: readonly string[];
  readonly processors: readonly string[];
  readonly exporters: readonly string[];
}

export const gatewayName = "otel-gateway";
export const queueFolder = "/var/lib/otelcol";

const health = { health_check: { endpoint: "0.0.0.0:13133" } };
const limiter = { memory_limiter: { check_interval: "1s", limit_percentage: 80, spike_limit_percentage: 20 } };
const otlp = { otlp: { protocols: { grpc: { endpoint: "0.0.0.0:4317" }, http: { endpoint: "0.0.0.0:4318" } } } };

const telemetry: Json = {
  metrics: { readers: [{ pull: { exporter: { prometheus: { host: "0.0.0.0", port: 8888 } } } }] },
};

const forever = { enabled: true, initial_interval: "1s", max_interval: "30s", max_elapsed_time: "0s" };

/**
 * On every node: takes what the pods beside it send, says which pod that was, and hands it to the cluster's gateway. Reads
 * the node's files too, where the fleet wants no other agent for that.
 */
export function agentConfig({ logsAgent }: Cluster): CollectorConfig {
  const reads = logsAgent === "otel-collector";
  const to = "otlp_grpc/gateway";
  const through = (receivers: readonly string[]): Pipeline => ({
    receivers,
    processors: ["memory_limiter", "k8s_attributes"],
    exporters: [to],
  });
  return escaped({
    extensions: { ...health, "file_storage/places": { directory: queueFolder, create_directory: true } },
    receivers: { ...otlp, ...(reads && { "file_log/pods": podFiles, "file_log/audit": auditFiles }) },
    processors: {
      ...limiter,
      k8s_attributes: {
        auth_type: "serviceAccount",
        filter: { node_from_env_var: "K8S_NODE_NAME" },
        extract: {
          metadata: [
            "k8s.namespace.name",
            "k8s.pod.name",
            "k8s.deployment.name",
            "k8s.statefulset.name",
            "k8s.daemonset.name",
            "k8s.container.name",
            "k8s.node.name",
            "service.name",
          ],
        },
        pod_association: [
          { sources: [{ from: "resource_attribute", name: "k8s.pod.uid" }] },
          { sources: [{ from: "connection" }] },
        ],
      },
    },
    exporters: {
      [to]: {
        endpoint: `${gatewayName}.${agentsNamespace}.svc.cluster.local:4317`,
        // Inside the cluster; a mesh or a network policy guards it.
        tls: { insecure: true },
        retry_on_failure: forever,
        sending_queue: { storage: "file_storage/places", queue_size: 1000, block_on_overflow: true },
      },
    },
    service: {
      extensions: ["health_check", "file_storage/places"],
      telemetry,
      pipelines: {
        metrics: through(["otlp"]),
        traces: through(["otlp"]),
        logs: through(["otlp", ...(reads ? ["file_log/pods", "file_log/audit"] : [])]),
      },
    },
  });
}

/**
 * The cluster's one way out: puts the fleet's labels on everything, whatever the sender said of itself, and keeps on disk
 * what a backend has not had.
 */
export function gatewayConfigOf(fleet: OwnFleet, cluster: Cluster): CollectorConfig {
  const { logs, traces } = fleet.backends;
  const ownSpanMetrics = traces !== undefined && countsSpans(fleet, cluster);
  const queue = queues(fleet, cluster);
  const through = (receivers: readonly string[], exporters: readonly string[]): Pipeline => ({
    receivers,
    processors: ["memory_limiter", "resource/place"],
    exporters,
  });
  const out = (door: "mimir" | "loki" | "tempo", path: string, items: number): Json => ({
    [`otlp_http/${door}`]: {
      endpoint: `${doorUrl(fleet, door)}${path}`,
      headers: tenantHeaders(fleet, cluster),
      auth: { authenticator: "basicauth/central" },
      compression: "gzip",
      retry_on_failure: forever,
      sending_queue: {
        storage: "file_storage/queue",
        sizer: "items",
        queue_size: items,
        num_consumers: 4,
        // Where the queue is full after all, the sender is told and tries again: nothing is dropped unseen.
        block_on_overflow: true,
        batch: { flush_timeout: "1s", min_size: 2000, max_size: 8000 },
      },
    },
  });
  return escaped({
    extensions: {
      ...health,
      "basicauth/central": {
        client_auth: {
          username_file: `${credential.folder}/username`,
          password_file: `${credential.folder}/password`,
        },
      },
      "file_storage/queue": {
        directory: queueFolder,
        create_directory: true,
        compaction: { on_rebound: true, directory: queueFolder },
      },
    },
    receivers: otlp,
    processors: {
      ...limiter,
      "resource/place": {
        attributes: Object.entries(placeLabels(fleet, cluster)).map(([key, value]) => ({
          key,
          value,
          action: "upsert",
        })),
      },
      ...(ownSpanMetrics && { "transform/as_tempo": asTempo }),
    },
    ...(ownSpanMetrics && { connectors: { span_metrics: spanMetrics } }),
    exporters: {
      ...out("mimir", "/otlp", queue.points),
      ...(logs && out("loki", "/otlp", queue.lines)),
      ...(traces && out("tempo", "", queue.spans)),
    },
    service: {
      extensions: ["health_check", "basicauth/central", "file_storage/queue"],
      telemetry,
      pipelines: {
        metrics: through(["otlp"], ["otlp_http/mimir"]),
        ...(ownSpanMetrics && {
          "metrics/spans": {
            receivers: ["span_metrics"],
            processors: ["memory_limiter", "transform/as_tempo"],
            exporters: ["otlp_http/mimir"],
          },
        }),
        ...(logs && { logs: through(["otlp"], ["otlp_http/loki"]) }),
        // Of all spans: nothing is sampled before, and nothing in a cluster, which sees a part of a trace only.
        ...(traces && { traces: through(["otlp"], ["otlp_http/tempo", ...(ownSpanMetrics ? ["span_metrics"] : [])]) }),
      },
    },
  });
}

/** Whether spans are counted in their cluster: where Tempo does not do it, and where it does not see all of them. */
function countsSpans({ infrastructure }: OwnFleet, { jobs }: Cluster): boolean {
  return jobs["tempo-metrics-generator"] === undefined || infrastructure.traceSampling !== undefined;
}

/** Rate, errors and duration of each service, with exemplars. */
const spanMetrics = {
  namespace: "traces.spanmetrics",
  histogram: {
    unit: "s",
    explicit: { buckets: ["5ms", "10ms", "25ms", "50ms", "100ms", "250ms", "500ms", "1s", "2.5s", "5s", "10s"] },
  },
  exemplars: { enabled: true },
  metrics_flush_interval: "15s",
  aggregation_temporality: "AGGREGATION_TEMPORALITY_CUMULATIVE",
} as const;

/** Under the names that Tempo's own generator has for them, by which boards and records ask. */
const asTempo = {
  error_mode: "propagate",
  metric_statements: [
    {
      context: "metric",
      statements: [
        'set(metric.unit, "") where metric.name == "traces.spanmetrics.duration"',
        'set(metric.name, "traces.spanmetrics.latency") where metric.name == "traces.spanmetrics.duration"',
      ],
    },
    {
      context: "datapoint",
      statements: [
        'set(datapoint.attributes["service"], datapoint.attributes["service.name"])',
        'delete_key(datapoint.attributes, "service.name")',
      ],
    },
  ],
} as const;

export const samplerPort = 4318;
/** How long the spans of a trace are waited for, from its first one on. */
const wholeAfter = 30;

/** Of a tenant: the sampler behind Tempo's door, a name of a Service. */
export function samplerName(tenant: string): string {
  return `otel-sampler-${slug(tenant)}`;
}

/**
 * Behind Tempo's door, one for each tenant: sends all spans of a trace to the same one of its replicas, whatever cluster
 * they come from, and there decides of the whole trace.
 */
export function samplerConfig(fleet: OwnFleet, tenant: Tenant, namespace: string): CollectorConfig {
  const { percent, slow } = fleet.infrastructure.traceSampling ?? { percent: 100, slow: "1s" };
  const { spans } = tenantLoad(tenant.clusters);
  const queue = {
    storage: "file_storage/queue",
    sizer: "items",
    queue_size: rounded(budgetOf(fleet) * (1 + 1 / (catchUp - 1)) * spans),
    block_on_overflow: true,
  };
  return escaped({
    extensions: {
      ...health,
      "file_storage/queue": {
        directory: queueFolder,
        create_directory: true,
        compaction: { on_rebound: true, directory: queueFolder },
      },
    },
    receivers: {
      "otlp/door": { protocols: { http: { endpoint: `0.0.0.0:${samplerPort}` } } },
      "otlp/peers": { protocols: { grpc: { endpoint: "0.0.0.0:4317" } } },
    },
    processors: {
      ...limiter,
      tail_sampling: {
        decision_wait: `${wholeAfter}s`,
        // A trace has a few spans at least; twice as many as usual may begin at once.
        num_traces: Math.max(50_000, rounded(2 * wholeAfter * spans)),
        expected_new_traces_per_sec: Math.max(10, spans),
        policies: [
          { name: "errors", type: "status_code", status_code: { status_codes: ["ERROR"] } },
          { name: "slow", type: "latency", latency: { threshold_ms: 1000 * secondsOf(slow) } },
          { name: "others", type: "probabilistic", probabilistic: { sampling_percentage: percent } },
        ],
      },
    },
    exporters: {
      load_balancing: {
        routing_key: "traceID",
        protocol: { otlp: { tls: { insecure: true }, retry_on_failure: forever } },
        resolver: {
          dns: {
            hostname: `${samplerName(tenant.id)}-peers.${namespace}.svc.cluster.local`,
            port: "4317",
            interval: "5s",
          },
        },
      },
      "otlp_http/tempo": {
        endpoint: `http://tempo-distributor.${namespace}.svc.cluster.local:4318`,
        headers: fleet.tenantHeader === undefined ? {} : { "X-Scope-OrgID": tenant.id },
        compression: "gzip",
        retry_on_failure: forever,
        sending_queue: { ...queue, num_consumers: 4, batch: { flush_timeout: "1s", min_size: 2000, max_size: 8000 } },
      },
    },
    service: {
      extensions: ["health_check", "file_storage/queue"],
      telemetry,
      pipelines: {
        "traces/apart": {
          receivers: ["otlp/door"],
          processors: ["memory_limiter"],
          exporters: ["load_balancing"],
        },
        "traces/whole": {
          receivers: ["otlp/peers"],
          processors: ["memory_limiter", "tail_sampling"],
          exporters: ["otlp_http/tempo"],
        },
      },
    },
  });
}

/** Bytes of the volume of each of a tenant's samplers: all its spans of an outage, for they may all be kept. */
export function samplerBytes(fleet: OwnFleet, tenant: Tenant): number {
  return 2 * budgetOf(fleet) * (1 + 1 / (catchUp - 1)) * tenantLoad(tenant.clusters).spans * bytesPer.span;
}

/** Items that wait on disk, for the outage and for what arrives while they are sent. */
export interface Queues {
  readonly points: number;
  readonly lines: number;
  readonly spans: number;
  /** Of the volume of each gateway. */
  readonly bytes: number;
}

/** Points that applications push themselves: a tenth of what is scraped. */
const pushed = 0.1;
/** Of a line, and of a span, as OTLP writes them; a point is smaller, for many share their names. */
const bytesPer = { point: 100, line: 400, span: 600 } as const;
const lineLength = 200;

export function queues(fleet: OwnFleet, cluster: Cluster): Queues {
  const held = budgetOf(fleet) * (1 + 1 / (catchUp - 1));
  const { samples, lineBytes, spans } = loadOf(cluster);
  // Any one of the gateways must do alone: the others may be gone.
  const points = rounded(held * samples * pushed);
  const lines = rounded((held * lineBytes) / lineLength);
  const many = rounded(held * spans);
  return {
    points,
    lines,
    spans: many,
    bytes: 2 * (points * bytesPer.point + lines * bytesPer.line + many * bytesPer.span),
  };
}

/** What Kubernetes says of its objects. One of it a cluster, or every event would be there twice. */
export function eventsConfig(): CollectorConfig {
  return {
    extensions: health,
    receivers: { k8s_events: { auth_type: "serviceAccount" } },
    processors: {
      ...limiter,
      "resource/service": { attributes: [{ key: "service.name", value: "kubernetes-events", action: "upsert" }] },
    },
    exporters: {
      "otlp_grpc/gateway": {
        endpoint: `${gatewayName}.${agentsNamespace}.svc.cluster.local:4317`,
        tls: { insecure: true },
        retry_on_failure: forever,
      },
    },
    service: {
      extensions: ["health_check"],
      telemetry,
      pipelines: {
        logs: {
          receivers: ["k8s_events"],
          processors: ["memory_limiter", "resource/service"],
          exporters: ["otlp_grpc/gateway"],
        },
      },
    },
  };
}

/** Scrapes a cluster in a Prometheus agent's stead. */
export function scraperConfig(fleet: OwnFleet, cluster: Cluster): CollectorConfig {
  const { url, headers } = remoteWrite(fleet, cluster);
  const { samples } = loadOf(cluster);
  return escaped({
    extensions: {
      ...health,
      "basicauth/central": {
        client_auth: {
          username_file: `${credential.folder}/username`,
          password_file: `${credential.folder}/password`,
        },
      },
    },
    receivers: {
      prometheus: {
        config: {
          global: { scrape_interval: cluster.scrapeInterval, scrape_timeout: "10s" },
          scrape_configs: scrapeConfigs(cluster),
        },
      },
    },
    processors: limiter,
    exporters: {
      prometheus_remote_write: {
        endpoint: url,
        headers,
        auth: { authenticator: "basicauth/central" },
        external_labels: placeLabels(fleet, cluster),
        // Names are the exporters' own already.
        add_metric_suffixes: false,
        target_info: { enabled: false },
        // Of batches of what one scrape brought, in memory: this exporter keeps nothing on disk.
        remote_write_queue: {
          enabled: true,
          queue_size: rounded(budgetOf(fleet) * Math.max(1, samples / 2000)),
          num_consumers: 5,
        },
        retry_on_failure: forever,
      },
    },
    service: {
      extensions: ["health_check", "basicauth/central"],
      telemetry,
      pipelines: {
        metrics: { receivers: ["prometheus"], processors: ["memory_limiter"], exporters: ["prometheus_remote_write"] },
      },
    },
  });
}

const podFiles: Json = {
  include: [`${logFiles.pods}/*/*/*.log`],
  // Its own lines would beget lines.
  exclude: [`${logFiles.pods}/${agentsNamespace}_otel-*/*/*.log`],
  start_at: "end",
  include_file_path: true,
  include_file_name: false,
  storage: "file_storage/places",
  retry_on_failure: { enabled: true },
  operators: logPipeline.flatMap(operatorsOf),
};

const auditFiles: Json = {
  include: [logFiles.audit],
  start_at: "end",
  include_file_name: false,
  storage: "file_storage/places",
  retry_on_failure: { enabled: true },
  resource: { "service.name": "kube-audit" },
};

function operatorsOf(stage: LogStage, at: number): Json[] {
  switch (stage.stage) {
    case "cri":
      return [{ type: "container", id: "container" }];
    case "multiline":
      return [
        {
          type: "recombine",
          combine_field: "body",
          is_first_entry: `body matches ${JSON.stringify(stage.first)}`,
          source_identifier: 'attributes["log.file.path"]',
          max_batch_size: stage.lines,
          force_flush_period: `${stage.seconds}s`,
        },
      ];
    case "redact":
      return [
        {
          type: "regex_replace",
          field: "body",
          regex: `(${stage.after})(?:${stage.secret})`,
          replace_with: `\${1}${redacted}`,
        },
      ];
    case "json":
      return [
        {
          type: "json_parser",
          id: `json-${at}`,
          if: 'body matches "^[{].*[}]$"',
          parse_from: "body",
          parse_to: "attributes.json",
          on_error: "send_quiet",
        },
        ...Object.entries(stage.take).map(([name, key]) => ({
          type: "move",
          if: `attributes.json?.${key} != nil`,
          from: `attributes.json.${key}`,
          to: `attributes.${name}`,
        })),
        { type: "remove", if: "attributes.json != nil", field: "attributes.json" },
      ];
    case "find":
      return [
        {
          type: "regex_parser",
          if: `body matches ${JSON.stringify(stage.pattern)}`,
          regex: stage.pattern,
          parse_from: "body",
          parse_to: "attributes",
          on_error: "send_quiet",
        },
      ];
    case "beside":
      // All attributes of a record are beside its line already; these two are fields of it.
      return [
        {
          type: "severity_parser",
          if: "attributes.level != nil",
          parse_from: "attributes.level",
          on_error: "send_quiet",
        },
        {
          type: "trace_parser",
          if: "attributes.trace_id != nil",
          trace_id: { parse_from: "attributes.trace_id" },
          on_error: "send_quiet",
        },
      ];
  }
}

/** The Collector reads a dollar as the beginning of a variable, in any string. */
function escaped<T>(config: T): T {
  return JSON.parse(
    JSON.stringify(config, (_, value: unknown) => (typeof value === "string" ? value.replaceAll("$", "$$$$") : value)),
  ) as T;
}
