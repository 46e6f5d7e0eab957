/** What is done to each line, in order. Written once, and rendered for Promtail, Alloy and the Collector's file_log. */
export type LogStage =
  /** Takes off what the container runtime puts before a line, and joins what it cut in parts. */
  | { readonly stage: "cri" }
  /** A line that does not match begins no entry: it belongs to the one before. */
  | { readonly stage: "multiline"; readonly first: string; readonly lines: number; readonly seconds: number }
  /** Keys of lines that are JSON, under the names that they get beside the line. */
  | { readonly stage: "json"; readonly take: Readonly<Record<string, string>> }
  /** What a pattern with one named group finds in any other line. */
  | { readonly stage: "find"; readonly pattern: string }
  /** What must leave the cluster under no circumstances: replaced where it follows `after`. */
  | { readonly stage: "redact"; readonly after: string; readonly secret: string }
  /** What is kept beside the line: no label of its stream, so that its values cost nothing. */
  | { readonly stage: "beside"; readonly names: readonly string[] };

export const redacted = "<redacted>";

/** Patterns are of RE2, which all three read. */
export const logPipeline: readonly LogStage[] = [
  { stage: "cri" },
  // A stack trace goes on with an indented line.
  { stage: "multiline", first: String.raw`^\S`, lines: 256, seconds: 3 },
  { stage: "redact", after: String.raw`(?i:bearer|basic)\s+`, secret: String.raw`[A-Za-z0-9._~+/=-]{8,}` },
  {
    stage: "redact",
    after: String.raw`(?i:password|passwd|secret|token|api[_-]?key)["']?\s*[=:]\s*["']?`,
    secret: String.raw`[^\s"',;&]+`,
  },
  // A token of JSON Web Signature: it opens doors wherever it stands.
  { stage: "redact", after: "", secret: String.raw`eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]+` },
  { stage: "json", take: { level: "level", trace_id: "trace_id", span_id: "span_id" } },
  {
    stage: "find",
    pattern: String.raw`(?i:\blevel|\blvl|\bseverity)["']?\s*[=:]\s*["']?(?P<level>[A-Za-z]+)`,
  },
  { stage: "find", pattern: String.raw`(?i:\btrace_?id)["']?\s*[=:]\s*["']?(?P<trace_id>[0-9a-f]{32})` },
  { stage: "beside", names: ["level", "trace_id", "span_id"] },
];

/** Where a kubelet keeps what containers write, and where an API server on the node writes its audit log. */
export const logFiles = { pods: "/var/log/pods", audit: "/var/log/kubernetes/audit/*.log" } as const;

/** The labels of a stream of lines, as Loki names what the Collector sends: boards ask for these whatever agent there is. */
export const streamLabels = {
  namespace: "k8s_namespace_name",
  container: "k8s_container_name",
  service: "service_name",
} as const;

/** Beside the line: a pod is gone tomorrow, and its stream would stay. */
export const podName = "k8s_pod_name";
