import { secondsOf } from "../duration.ts";
import type { Cluster } from "../fleet/model.ts";
import type { Exporter } from "../labels.ts";

/** A rule of `relabel_configs`, in Prometheus' words. */
export interface RelabelRule {
  readonly source_labels?: readonly string[];
  readonly separator?: string;
  readonly regex?: string;
  readonly target_label?: string;
  readonly replacement?: string;
  readonly action?: "replace" | "keep" | "drop" | "labelmap" | "labeldrop";
}

/** An entry of `scrape_configs`, in Prometheus' words. */
export interface ScrapeConfig {
  readonly job_name: string;
  readonly honor_labels?: boolean;
  readonly scrape_interval?: string;
  readonly scrape_timeout?: string;
  readonly metrics_path?: string;
  readonly scheme?: "http" | "https";
  readonly authorization?: { readonly credentials_file: string };
  readonly tls_config?: { readonly ca_file: string; readonly insecure_skip_verify?: boolean };
  readonly kubernetes_sd_configs: readonly { readonly role: "pod" | "node" | "endpointslice" | "service" }[];
  readonly relabel_configs: readonly RelabelRule[];
}

/**
 * What a cluster's agent scrapes, so that every exporter has the job by which the fleet's queries ask for it. A name of
 * `job_name` is ours: two exporters may have one job, and Prometheus wants the names to differ.
 */
export function scrapeConfigs(cluster: Cluster): ScrapeConfig[] {
  const known = (Object.keys(finders) as Exporter[]).flatMap((exporter) => {
    const job = cluster.jobs[exporter];
    const find = finders[exporter];
    return job === undefined || job === "" || find === undefined ? [] : [find({ cluster, exporter, job })];
  });
  return [...known, annotatedPods(cluster)];
}

interface Found {
  readonly cluster: Cluster;
  readonly exporter: Exporter;
  readonly job: string;
}

type Finder = (found: Found) => ScrapeConfig;

const serviceAccount = "/var/run/secrets/kubernetes.io/serviceaccount";

const withToken = {
  scheme: "https",
  authorization: { credentials_file: `${serviceAccount}/token` },
  tls_config: { ca_file: `${serviceAccount}/ca.crt` },
} as const;

const appName = "__meta_kubernetes_pod_label_app_kubernetes_io_name";
const partOf = "__meta_kubernetes_pod_label_app_kubernetes_io_part_of";
const component = "__meta_kubernetes_pod_label_app_kubernetes_io_component";
const portNumber = "__meta_kubernetes_pod_container_port_number";
const portName = "__meta_kubernetes_pod_container_port_name";

/** What finds each exporter. One that sends by itself has none. */
const finders: { readonly [E in Exporter]?: Finder } = {
  "kube-apiserver": ({ exporter, job }) => ({
    job_name: exporter,
    ...withToken,
    kubernetes_sd_configs: [{ role: "endpointslice" }],
    relabel_configs: [
      keep(
        ["__meta_kubernetes_namespace", "__meta_kubernetes_service_name", "__meta_kubernetes_endpointslice_port_name"],
        "default;kubernetes;https",
      ),
      set("job", job),
    ],
  }),
  kubelet: (found) => nodes(found, "/metrics"),
  cadvisor: (found) => nodes(found, "/metrics/cadvisor"),
  "kube-state-metrics": (found) => pods(found, { [appName]: "kube-state-metrics", [portNumber]: "8080" }),
  "node-exporter": (found) => {
    const config = pods(found, { [appName]: "prometheus-node-exporter|node-exporter", [portNumber]: "9100" });
    // By the node's name and not its address: names outlive addresses, and the kubelet's instances have them too.
    return also(config, take("__meta_kubernetes_pod_node_name", "instance", "$1:9100"));
  },
  opencost: (found) => slow(pods(found, { [appName]: "opencost", [portNumber]: "9003" }), found.cluster),
  "dcgm-exporter": (found) => pods(found, { [appName]: "dcgm-exporter", [portNumber]: "9400" }),
  vllm: (found) => pods(found, { [appName]: "vllm", [portNumber]: "8000" }),
  triton: (found) => pods(found, { [appName]: "triton", [portNumber]: "8002" }),
  "istio-proxy": (found) => ({ ...pods(found, { [portName]: "http-envoy-prom" }), metrics_path: "/stats/prometheus" }),
  linkerd: (found) =>
    also(
      pods(found, { __meta_kubernetes_pod_container_name: "linkerd-proxy", [portName]: "linkerd-admin" }),
      take("__meta_kubernetes_namespace", "namespace"),
      {
        action: "labelmap",
        regex: "__meta_kubernetes_pod_label_linkerd_io_proxy_(deployment|statefulset|daemonset|job)",
      },
    ),
  "cert-manager": (found) => pods(found, { [appName]: "cert-manager", [portNumber]: "9402" }),
  flux: (found) => pods(found, { [partOf]: "flux", [portName]: "http-prom" }),
  "argo-cd": (found) => pods(found, { [partOf]: "argocd", [portName]: "metrics" }),
  "prometheus-agent": (found) => pods(found, { [appName]: "prometheus(?:-agent)?", [portNumber]: "9090" }),
  alloy: (found) => pods(found, { [appName]: "alloy", [portNumber]: "12345" }),
  otelcol: (found) => pods(found, { [appName]: "otel-.+|opentelemetry-collector", [portNumber]: "8888" }),
  promtail: (found) => pods(found, { [appName]: "promtail", [portNumber]: "3101" }),
  mimir: components,
  loki: components,
  tempo: components,
  grafana: (found) => pods(found, { [appName]: "grafana", [portNumber]: "3000" }),
};

/** The parts of Mimir, Loki and Tempo have a job each, named by the first: `mimir/distributor`. */
function components(found: Found): ScrapeConfig {
  const [stack = found.job] = found.job.split("/");
  const config = pods(found, { [appName]: found.exporter, [portName]: "http-metrics" });
  return also(config, { source_labels: [component], regex: "(.+)", target_label: "job", replacement: `${stack}/$1` });
}

function nodes({ cluster: { jobs }, exporter, job }: Found, path: string): ScrapeConfig {
  return {
    job_name: exporter,
    ...withToken,
    // A kubelet signs its own certificate unless the cluster rotates them through its authority.
    tls_config: { ...withToken.tls_config, insecure_skip_verify: true },
    metrics_path: path,
    kubernetes_sd_configs: [{ role: "node" }],
    relabel_configs: [
      set("job", job),
      take("__meta_kubernetes_node_name", "instance", "$1:10250"),
      // Under one job nothing else tells the two pages of a kubelet apart.
      ...(jobs.kubelet === jobs.cadvisor ? [set("metrics_path", path)] : []),
    ],
  };
}

/**
 * The pods of an exporter. Its own labels are honoured: what it says of a namespace or a pod is about another one than
 * that in which it runs.
 */
function pods({ exporter, job }: Found, by: Readonly<Record<string, string>>): ScrapeConfig {
  return {
    job_name: exporter,
    honor_labels: true,
    kubernetes_sd_configs: [{ role: "pod" }],
    relabel_configs: [
      ...Object.entries(by).map(([label, regex]) => keep([label], regex)),
      drop(["__meta_kubernetes_pod_phase"], "Pending|Succeeded|Failed|Completed"),
      set("job", job),
    ],
  };
}

const annotation = "__meta_kubernetes_pod_annotation_prometheus_io";

/** Whatever asks for it by `prometheus.io/scrape: "true"`, but for the exporters that have a job already. */
function annotatedPods({ jobs }: Cluster): ScrapeConfig {
  const names = Object.keys(jobs).map((exporter) =>
    exporter === "node-exporter" ? "prometheus-node-exporter" : exporter,
  );
  return {
    job_name: "kubernetes-pods",
    kubernetes_sd_configs: [{ role: "pod" }],
    relabel_configs: [
      keep([`${annotation}_scrape`], "true"),
      drop([appName], names.join("|")),
      drop(["__meta_kubernetes_pod_phase"], "Pending|Succeeded|Failed|Completed"),
      { source_labels: [`${annotation}_scheme`], regex: "(https?)", target_label: "__scheme__" },
      { source_labels: [`${annotation}_path`], regex: "(.+)", target_label: "__metrics_path__" },
      {
        source_labels: ["__meta_kubernetes_pod_ip", `${annotation}_port`],
        separator: ":",
        regex: String.raw`([^:]+):(\d+)`,
        target_label: "__address__",
        replacement: "$1:$2",
      },
      take("__meta_kubernetes_namespace", "namespace"),
      take("__meta_kubernetes_pod_name", "pod"),
      take(appName, "job"),
    ],
  };
}

/** Prices change by the hour. */
function slow(config: ScrapeConfig, { scrapeInterval }: Cluster): ScrapeConfig {
  return secondsOf(scrapeInterval) >= 60 ? config : { ...config, scrape_interval: "1m" };
}

function also(config: ScrapeConfig, ...rules: readonly RelabelRule[]): ScrapeConfig {
  return { ...config, relabel_configs: [...config.relabel_configs, ...rules] };
}

function keep(labels: readonly string[], regex: string): RelabelRule {
  return { action: "keep", source_labels: labels, regex };
}

function drop(labels: readonly string[], regex: string): RelabelRule {
  return { action: "drop", source_labels: labels, regex };
}

function set(label: string, value: string): RelabelRule {
  // A dollar begins the number of a group.
  return { target_label: label, replacement: value.replaceAll("$", "$$$$") };
}

/** A label from what discovery found, where it found anything. */
function take(from: string, label: string, replacement = "$1"): RelabelRule {
  return { source_labels: [from], regex: "(.+)", target_label: label, replacement };
}
