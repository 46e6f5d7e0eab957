import type { Cluster } from "../fleet/model.ts";
import { agentsNamespace, credential, doorUrl, placeLabels, tenantHeaders } from "./place.ts";
import { prometheusAlone } from "./prometheus-chart.ts";
import { type OwnFleet, registry, type Release, release } from "./release.ts";
import { type ScrapeConfig, scrapeConfigs } from "./scrape.ts";
import { budgetOf, catchUp, gibibytes, loadOf, seconds } from "./sizing.ts";

/** The label that tells two agents with the same targets apart; Mimir takes the samples of one and drops it. */
export const replicaLabel = "__replica__";

/** An entry of `remote_write`, in Prometheus' words. */
export interface RemoteWrite {
  readonly name: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly basic_auth: { readonly username_file: string; readonly password_file: string };
  readonly send_exemplars: boolean;
  readonly send_native_histograms: boolean;
  readonly queue_config: QueueConfig;
}

interface QueueConfig {
  readonly capacity: number;
  readonly max_shards: number;
  readonly min_shards: number;
  readonly max_samples_per_send: number;
  readonly batch_send_deadline: string;
  readonly min_backoff: string;
  readonly max_backoff: string;
  readonly retry_on_http_429: boolean;
}

/** How the agent's write-ahead log keeps what Mimir has not had yet. */
export interface AgentBuffer {
  /** Samples that Mimir has had stay this long. */
  readonly minTime: string;
  /** Samples that it has not had stay this long. */
  readonly maxTime: string;
  /** How often the log is cut: as seldom as Prometheus' 2h it would grow eight times as large. */
  readonly truncateEvery: string;
  /** Of the volume. */
  readonly size: string;
}

/** Bytes of a sample in the log: 4 compressed, as much again for series, checkpoint and segments that are not cut yet. */
const bytesPerSample = 8;

/** A quarter of an hour as the least, since so much is scraped again by nobody. */
export function agentBuffer(fleet: OwnFleet, cluster: Cluster): AgentBuffer {
  const held = Math.max(900, budgetOf(fleet)) + catchUpTime(fleet);
  return {
    minTime: "5m",
    maxTime: seconds(held),
    truncateEvery: "5m",
    // The log is cut by two thirds at most, so it holds up to half as much again; twice that for a cluster that grows.
    size: gibibytes(2 * 1.5 * (held + 300) * loadOf(cluster).samples * bytesPerSample),
  };
}

/** While the backlog is sent, more arrives: sent at three times the rate it takes half of the outage. */
function catchUpTime(fleet: OwnFleet): number {
  return budgetOf(fleet) / (catchUp - 1);
}

/** Where and how a cluster's samples are written. */
export function remoteWrite(fleet: OwnFleet, cluster: Cluster): RemoteWrite {
  return {
    name: "mimir",
    url: `${doorUrl(fleet, "mimir")}/api/v1/push`,
    headers: tenantHeaders(fleet, cluster),
    basic_auth: {
      username_file: `${credential.folder}/username`,
      password_file: `${credential.folder}/password`,
    },
    send_exemplars: true,
    send_native_histograms: true,
    queue_config: queueConfig(cluster),
  };
}

const samplesPerSend = 2000;

/** A shard sends four requests a second where one takes 250 ms, which is a slow one. */
function queueConfig(cluster: Cluster): QueueConfig {
  const perShard = samplesPerSend * 4;
  return {
    capacity: samplesPerSend * 5,
    min_shards: 1,
    max_shards: Math.max(4, Math.ceil((catchUp * loadOf(cluster).samples) / perShard)),
    max_samples_per_send: samplesPerSend,
    batch_send_deadline: "5s",
    min_backoff: "100ms",
    // Not Prometheus' 5s: a backend that comes back must not be met by all clusters at once.
    max_backoff: "10s",
    retry_on_http_429: true,
  };
}

/** The chart's own jobs: ours have the fleet's names. */
const chartJobs = [
  "prometheus",
  "kubernetes-api-servers",
  "kubernetes-nodes",
  "kubernetes-nodes-cadvisor",
  "kubernetes-service-endpoints",
  "kubernetes-service-endpoints-slow",
  "prometheus-pushgateway",
  "kubernetes-services",
  "kubernetes-pods",
  "kubernetes-pods-slow",
] as const;

export const chartJobsOff: Readonly<Record<string, { readonly enabled: false }>> = Object.fromEntries(
  chartJobs.map((job) => [job, { enabled: false }]),
);

/** Scrapes a cluster and writes to Mimir; keeps nothing but what Mimir has not had. Two of them, of which Mimir hears one. */
export function prometheusAgent(fleet: OwnFleet, cluster: Cluster): Release<"prometheus"> {
  const buffer = agentBuffer(fleet, cluster);
  const { series } = loadOf(cluster);
  return release(fleet, {
    name: "prometheus-agent",
    namespace: agentsNamespace,
    chart: "prometheus",
    values: {
      ...prometheusAlone(fleet),
      server: {
        image: { repository: `${registry(fleet, "quay.io")}/prometheus/prometheus` },
        replicaCount: 2,
        statefulSet: { enabled: true },
        podDisruptionBudget: { enabled: true, maxUnavailable: 1 },
        retention: "",
        // In place of all of the chart's: most of them are refused by an agent.
        defaultFlagsOverride: [
          "--agent",
          "--config.file=/etc/config/prometheus.yml",
          "--storage.agent.path=/data",
          `--storage.agent.retention.min-time=${buffer.minTime}`,
          `--storage.agent.retention.max-time=${buffer.maxTime}`,
          `--storage.agent.wal-truncate-frequency=${buffer.truncateEvery}`,
          "--web.enable-lifecycle",
        ],
        env: [{ name: "POD_NAME", valueFrom: { fieldRef: { fieldPath: "metadata.name" } } }],
        global: {
          scrape_interval: cluster.scrapeInterval,
          scrape_timeout: "10s",
          scrape_native_histograms: true,
          // An agent evaluates nothing.
          evaluation_interval: null,
          external_labels: { ...placeLabels(fleet, cluster), [replicaLabel]: "${POD_NAME}" },
        },
        remoteWrite: [remoteWrite(fleet, cluster)],
        extraSecretMounts: [
          { name: "central", mountPath: credential.folder, secretName: credential.secret, readOnly: true },
        ],
        persistentVolume: { enabled: true, size: buffer.size },
        // 8 kB a series in the head of the log, measured by Prometheus' authors, and the queues.
        resources: {
          requests: { cpu: "200m", memory: mebibytes(256 + (series * 8) / 1024) },
          limits: { memory: mebibytes(512 + (series * 16) / 1024) },
        },
      },
      scrapeConfigs: {
        ...chartJobsOff,
        ...Object.fromEntries(scrapeConfigs(cluster).map((config) => [`fleetglass-${config.job_name}`, jobOf(config)])),
      },
      serverFiles: { "prometheus.yml": { rule_files: null } },
      // The template prints an empty mapping for nothing, which is no YAML where it stands.
      scrapeConfigFiles: [],
    },
  });
}

function jobOf(config: ScrapeConfig): object {
  return { enabled: true, ...config };
}

function mebibytes(count: number): string {
  return `${Math.ceil(count / 64) * 64}Mi`;
}
