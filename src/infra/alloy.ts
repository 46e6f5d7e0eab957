import type { Cluster } from "../fleet/model.ts";
import { alloyText, type Block, is, type Written } from "./alloy-text.ts";
import { logFiles, logPipeline, type LogStage, podName, redacted, streamLabels } from "./log-pipeline.ts";
import { agentsNamespace, credential, doorUrl, placeLabels, tenantHeaders } from "./place.ts";
import { backoff, podLabels } from "./promtail.ts";
import { type OwnFleet, registry, type Release, release } from "./release.ts";
import { agentBuffer, remoteWrite } from "./prometheus-agent.ts";
import { type RelabelRule, type ScrapeConfig, scrapeConfigs } from "./scrape.ts";
import { budgetOf } from "./sizing.ts";

/** The node's files to Loki, by Alloy: Promtail's successor. */
export function alloyLogs(fleet: OwnFleet, cluster: Cluster): Release<"alloy"> {
  return release(fleet, {
    name: "alloy-logs",
    namespace: agentsNamespace,
    chart: "alloy",
    values: {
      image: { registry: registry(fleet, "docker.io") },
      crds: { create: false },
      alloy: {
        configMap: { content: logsConfig(fleet, cluster) },
        mounts: {
          varlog: true,
          extra: [{ name: "central", mountPath: credential.folder, readOnly: true }],
        },
        storagePath: "/var/lib/alloy",
        resources: { requests: { cpu: "50m", memory: "192Mi" }, limits: { memory: "512Mi" } },
      },
      controller: {
        type: "daemonset",
        tolerations: [{ operator: "Exists" }],
        volumes: { extra: [{ name: "central", secret: { secretName: credential.secret } }] },
      },
    },
  });
}

const credentialFiles: readonly Block[] = ["username", "password"].map((name) => ({
  name: "local.file",
  label: name,
  arguments: { filename: `${credential.folder}/${name}`, is_secret: name === "password" },
}));

const basicAuth: Block = {
  name: "basic_auth",
  arguments: { username: is("local.file.username.content"), password: is("local.file.password.content") },
};

/** Scrapes a cluster in a Prometheus agent's stead. One: two would write everything twice. */
export function alloyMetrics(fleet: OwnFleet, cluster: Cluster): Release<"alloy"> {
  return release(fleet, {
    name: "alloy-metrics",
    namespace: agentsNamespace,
    chart: "alloy",
    values: {
      image: { registry: registry(fleet, "docker.io") },
      crds: { create: false },
      alloy: {
        configMap: { content: metricsConfig(fleet, cluster) },
        mounts: { extra: [{ name: "central", mountPath: credential.folder, readOnly: true }] },
        storagePath: "/var/lib/alloy",
        resources: { requests: { cpu: "200m", memory: "512Mi" }, limits: { memory: "4Gi" } },
      },
      controller: {
        type: "statefulset",
        replicas: 1,
        enableStatefulSetAutoDeletePVC: false,
        volumes: { extra: [{ name: "central", secret: { secretName: credential.secret } }] },
        volumeClaimTemplates: [
          {
            metadata: { name: "alloy-storage" },
            spec: {
              accessModes: ["ReadWriteOnce"],
              resources: { requests: { storage: agentBuffer(fleet, cluster).size } },
            },
          },
        ],
      },
    },
  });
}

function metricsConfig(fleet: OwnFleet, cluster: Cluster): string {
  const buffer = agentBuffer(fleet, cluster);
  const { url, headers, queue_config: queue } = remoteWrite(fleet, cluster);
  return alloyText([
    ...scrapeConfigs(cluster).flatMap((config) => scrapeBlocks(config, cluster)),
    ...credentialFiles,
    {
      name: "prometheus.remote_write",
      label: "central",
      arguments: { external_labels: placeLabels(fleet, cluster) },
      blocks: [
        {
          name: "endpoint",
          arguments: { url, headers, send_exemplars: true, send_native_histograms: true },
          blocks: [basicAuth, { name: "queue_config", arguments: { ...queue } }],
        },
        {
          name: "wal",
          arguments: {
            truncate_frequency: buffer.truncateEvery,
            min_keepalive_time: buffer.minTime,
            max_keepalive_time: buffer.maxTime,
          },
        },
      ],
    },
  ]);
}

/** What one entry of `scrape_configs` is in Alloy: what finds targets, what names them, what scrapes them. */
function scrapeBlocks(config: ScrapeConfig, { scrapeInterval }: Cluster): Block[] {
  const label = config.job_name.replaceAll("-", "_");
  const [discovery] = config.kubernetes_sd_configs;
  return [
    { name: "discovery.kubernetes", label, arguments: { role: discovery?.role ?? "pod" } },
    {
      name: "discovery.relabel",
      label,
      arguments: { targets: is(`discovery.kubernetes.${label}.targets`) },
      blocks: config.relabel_configs.map(rule),
    },
    {
      name: "prometheus.scrape",
      label,
      arguments: {
        targets: is(`discovery.relabel.${label}.output`),
        forward_to: [is("prometheus.remote_write.central.receiver")],
        scrape_interval: config.scrape_interval ?? scrapeInterval,
        scrape_timeout: config.scrape_timeout ?? "10s",
        ...(config.honor_labels !== undefined && { honor_labels: config.honor_labels }),
        ...(config.metrics_path !== undefined && { metrics_path: config.metrics_path }),
        ...(config.scheme !== undefined && { scheme: config.scheme }),
        ...(config.authorization && { bearer_token_file: config.authorization.credentials_file }),
      },
      blocks: config.tls_config ? [{ name: "tls_config", arguments: { ...config.tls_config } }] : [],
    },
  ];
}

function logsConfig(fleet: OwnFleet, cluster: Cluster): string {
  const { min_period, max_period, max_retries } = backoff(budgetOf(fleet));
  const [tenant] = Object.values(tenantHeaders(fleet, cluster));
  const to = (component: string): Written => [is(`${component}.receiver`)];
  const blocks: readonly Block[] = [
    {
      name: "discovery.kubernetes",
      label: "pods",
      arguments: { role: "pod" },
      blocks: [{ name: "selectors", arguments: { role: "pod", field: is('"spec.nodeName=" + sys.env("HOSTNAME")') } }],
    },
    {
      name: "discovery.relabel",
      label: "pods",
      arguments: { targets: is("discovery.kubernetes.pods.targets") },
      blocks: podLabels.map(rule),
    },
    { name: "local.file_match", label: "pods", arguments: { path_targets: is("discovery.relabel.pods.output") } },
    {
      name: "local.file_match",
      label: "audit",
      arguments: { path_targets: [{ __path__: logFiles.audit, [streamLabels.service]: "kube-audit" }] },
    },
    {
      name: "loki.source.file",
      label: "pods",
      arguments: { targets: is("local.file_match.pods.targets"), forward_to: to("loki.process.pods") },
    },
    {
      name: "loki.source.file",
      label: "audit",
      arguments: { targets: is("local.file_match.audit.targets"), forward_to: to("loki.write.central") },
    },
    {
      name: "loki.process",
      label: "pods",
      arguments: { forward_to: to("loki.write.central") },
      blocks: [
        ...logPipeline.map(stageOf),
        { name: "stage.structured_metadata", arguments: { values: { [podName]: podName } } },
        { name: "stage.label_drop", arguments: { values: [podName, "filename"] } },
      ],
    },
    ...credentialFiles,
    {
      name: "loki.write",
      label: "central",
      arguments: { external_labels: placeLabels(fleet, cluster) },
      blocks: [
        {
          name: "endpoint",
          arguments: {
            url: `${doorUrl(fleet, "loki")}/loki/api/v1/push`,
            ...(tenant !== undefined && { tenant_id: tenant }),
            min_backoff_period: min_period,
            max_backoff_period: max_period,
            max_backoff_retries: max_retries,
          },
          blocks: [basicAuth],
        },
      ],
    },
  ];
  return alloyText(blocks);
}

function rule(written: RelabelRule): Block {
  return { name: "rule", arguments: { ...written } };
}

function stageOf(stage: LogStage): Block {
  switch (stage.stage) {
    case "cri":
      return { name: "stage.cri" };
    case "multiline":
      return {
        name: "stage.multiline",
        arguments: { firstline: stage.first, max_lines: stage.lines, max_wait_time: `${stage.seconds}s` },
      };
    case "json":
      return { name: "stage.json", arguments: { expressions: stage.take } };
    case "find":
      return { name: "stage.regex", arguments: { expression: stage.pattern } };
    case "redact":
      return {
        name: "stage.replace",
        arguments: { expression: `${stage.after}(${stage.secret})`, replace: redacted },
      };
    case "beside":
      return {
        name: "stage.structured_metadata",
        arguments: { values: Object.fromEntries(stage.names.map((name) => [name, name])) },
      };
  }
}
