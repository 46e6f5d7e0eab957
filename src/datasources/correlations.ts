import type { Fleet } from "../fleet/model.ts";

/** The data sources of one set of tenants: what one leads to must be of the same. */
export interface SourceUids {
  readonly metrics: string;
  readonly logs?: string;
  readonly traces?: string;
}

type Json = Readonly<Record<string, unknown>>;

/** What leads from a point of a graph to its trace: Prometheus' exemplars carry the id under this name. */
export function metricsCorrelations({ traces }: SourceUids): Json {
  return traces === undefined ? {} : { exemplarTraceIdDestinations: [{ name: "trace_id", datasourceUid: traces }] };
}

/** What leads from a line to its trace: OTLP keeps the id beside the line, where it is a label to Grafana. */
export function logsCorrelations({ traces }: SourceUids): Json {
  if (traces === undefined) return {};
  const field = { name: "trace", matcherType: "label", matcherRegex: "trace_id", datasourceUid: traces };
  return { derivedFields: [{ ...field, url: "${__value.raw}", urlDisplayLabel: "Open the trace" }] };
}

/** What leads from a span to the lines and the numbers of its service, in its cluster and about its time. */
export function tracesCorrelations({ labels, derived }: Fleet, { metrics, logs }: SourceUids): Json {
  const around = { spanStartTimeShift: "-5m", spanEndTimeShift: "5m" };
  const place = (["cluster", "environment"] as const)
    .filter((role) => !derived.includes(role))
    .map((role) => ({ key: labels[role], value: labels[role] }));
  const calls = "traces_spanmetrics_calls_total{$__tags}";
  return {
    ...(logs !== undefined && {
      tracesToLogsV2: {
        ...around,
        datasourceUid: logs,
        tags: [...place, { key: "service.name", value: "service_name" }],
        filterByTraceID: true,
        filterBySpanID: false,
        customQuery: false,
      },
    }),
    tracesToMetrics: {
      ...around,
      datasourceUid: metrics,
      tags: [...place, { key: "service.name", value: "service" }],
      queries: [
        { name: "Requests a second", query: `sum(rate(${calls}[5m]))` },
        {
          name: "Share that fails",
          query: `sum(rate(${calls.replace("{", '{status_code="STATUS_CODE_ERROR",')}[5m])) / sum(rate(${calls}[5m]))`,
        },
      ],
    },
    serviceMap: { datasourceUid: metrics },
    nodeGraph: { enabled: true },
  };
}
