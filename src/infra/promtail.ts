import { stringify } from "yaml";
import type { Cluster } from "../fleet/model.ts";
import { logFiles, logPipeline, type LogStage, podName, redacted, streamLabels } from "./log-pipeline.ts";
import { agentsNamespace, credential, doorUrl, placeLabels, tenantHeaders } from "./place.ts";
import { type OwnFleet, registry, type Release, release } from "./release.ts";
import type { RelabelRule } from "./scrape.ts";
import { budgetOf } from "./sizing.ts";

/** The node's files to Loki, by Promtail: at its end of life since March 2026, for those who have it. */
export function promtail(fleet: OwnFleet, cluster: Cluster): Release<"promtail"> {
  const [tenant] = Object.values(tenantHeaders(fleet, cluster));
  return release(fleet, {
    name: "promtail",
    namespace: agentsNamespace,
    chart: "promtail",
    values: {
      image: { registry: registry(fleet, "docker.io") },
      config: {
        clients: [
          {
            url: `${doorUrl(fleet, "loki")}/loki/api/v1/push`,
            ...(tenant !== undefined && { tenant_id: tenant }),
            basic_auth: {
              username_file: `${credential.folder}/username`,
              password_file: `${credential.folder}/password`,
            },
            external_labels: placeLabels(fleet, cluster),
            backoff_config: backoff(budgetOf(fleet)),
          },
        ],
        snippets: { scrapeConfigs: scrapeConfigs() },
      },
      extraVolumes: [{ name: "central", secret: { secretName: credential.secret } }],
      extraVolumeMounts: [{ name: "central", mountPath: credential.folder, readOnly: true }],
      // Every node has pods that write.
      tolerations: [{ operator: "Exists" }],
      resources: { requests: { cpu: "50m", memory: "128Mi" }, limits: { memory: "256Mi" } },
      updateStrategy: { type: "RollingUpdate", rollingUpdate: { maxUnavailable: "10%" } },
    },
  });
}

const longestPause = 30;

/**
 * The file on the node is the buffer, and Promtail holds its place in it for as long as it tries to send. Its own ten
 * tries end after some minutes, and it drops what it holds.
 */
export function backoff(budget: number): {
  readonly min_period: string;
  readonly max_period: string;
  readonly max_retries: number;
} {
  // From half a second on each pause is twice the one before: 6 of them reach the longest. Pauses are cut at random, by half at most.
  return {
    min_period: "500ms",
    max_period: `${longestPause}s`,
    max_retries: 6 + Math.ceil((2 * budget) / longestPause),
  };
}

const beside = { [podName]: "" };

/** The pods' files and the API server's, in Promtail's words. The chart's template takes this as text. */
function scrapeConfigs(): string {
  const stages = logPipeline.map(stageOf);
  return stringify(
    [
      {
        job_name: "pods",
        pipeline_stages: [...stages, { structured_metadata: beside }, { labeldrop: [podName, "filename"] }],
        kubernetes_sd_configs: [{ role: "pod" }],
        relabel_configs: podLabels,
      },
      {
        job_name: "audit",
        pipeline_stages: [{ labeldrop: ["filename"] }],
        static_configs: [
          { targets: ["localhost"], labels: { [streamLabels.service]: "kube-audit", __path__: logFiles.audit } },
        ],
      },
    ],
    { lineWidth: 0 },
  );
}

const take = (from: readonly string[], label: string, regex = "(.+)", replacement = "$1"): RelabelRule => ({
  source_labels: from,
  regex,
  target_label: label,
  replacement,
});

const meta = "__meta_kubernetes_pod";

/** Which files there are, and what their streams are called. */
export const podLabels: readonly RelabelRule[] = [
  take(["__meta_kubernetes_namespace"], streamLabels.namespace),
  take([`${meta}_container_name`], streamLabels.container),
  take([`${meta}_name`], podName),
  // As the Collector's k8s_attributes names a service: the last that is there wins.
  take([`${meta}_container_name`], streamLabels.service),
  take([`${meta}_controller_name`], streamLabels.service, "([0-9a-z-.]+?)(?:-[0-9a-f]{8,10})?"),
  take([`${meta}_label_app_kubernetes_io_name`], streamLabels.service),
  {
    source_labels: [`${meta}_uid`, `${meta}_container_name`],
    separator: "/",
    target_label: "__path__",
    replacement: `${logFiles.pods}/*$1/*.log`,
  },
];

function stageOf(stage: LogStage): object {
  switch (stage.stage) {
    case "cri":
      return { cri: {} };
    case "multiline":
      return { multiline: { firstline: stage.first, max_lines: stage.lines, max_wait_time: `${stage.seconds}s` } };
    case "json":
      return { json: { expressions: stage.take } };
    case "find":
      return { regex: { expression: stage.pattern } };
    case "redact":
      return { replace: { expression: `${stage.after}(${stage.secret})`, replace: redacted } };
    case "beside":
      return { structured_metadata: Object.fromEntries(stage.names.map((name) => [name, ""])) };
  }
}
