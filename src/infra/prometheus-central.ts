import type { Cluster } from "../fleet/model.ts";
import { homeOf } from "./door-values.ts";
import { doorUrl, placeLabels } from "./place.ts";
import { chartJobsOff } from "./prometheus-agent.ts";
import { prometheusAlone } from "./prometheus-chart.ts";
import { type OwnFleet, registry, type Release, release } from "./release.ts";
import { type ScrapeConfig, scrapeConfigs } from "./scrape.ts";

/** The Secret of its credential at Mimir's door. */
export const prometheusCredential = "prometheus-mimir";

const credentialFolder = "/etc/fleetglass/mimir";

/** What of the ops cluster it scrapes by itself: the central stack. */
const centralJobs: ReadonlySet<string> = new Set(["mimir", "loki", "tempo", "grafana"]);

/**
 * The central Prometheus. An agent keeps nothing that could be federated and Mimir has no `/federate`, so it reads all
 * tenants from Mimir when it is asked. Besides it scrapes the central stack by itself: it still answers about that when
 * Mimir is what is broken. It evaluates no rules.
 */
export function prometheusCentral(fleet: OwnFleet, cluster: Cluster): Release<"prometheus"> {
  const tenants = fleet.tenants.map(({ id }) => id);
  const { tenantHeader, owner } = fleet;
  const read = owner === undefined ? tenants.slice(0, 1) : tenants;
  return release(fleet, {
    name: "prometheus",
    namespace: homeOf("prometheus", fleet.backends.prometheus),
    chart: "prometheus",
    values: {
      ...prometheusAlone(fleet),
      server: {
        // The fleet's address of it says so.
        fullnameOverride: "prometheus-server",
        image: { repository: `${registry(fleet, "quay.io")}/prometheus/prometheus` },
        replicaCount: 2,
        statefulSet: { enabled: true },
        podDisruptionBudget: { enabled: true, maxUnavailable: 1 },
        retention: "15d",
        global: {
          scrape_interval: cluster.scrapeInterval,
          scrape_timeout: "10s",
          evaluation_interval: "1m",
          external_labels: placeLabels(fleet, cluster),
        },
        remoteRead: [
          {
            name: "mimir",
            url: `${doorUrl(fleet, "mimir")}/prometheus/api/v1/read`,
            ...(tenantHeader !== undefined && { headers: { [tenantHeader]: read.join("|") } }),
            basic_auth: {
              username_file: `${credentialFolder}/username`,
              password_file: `${credentialFolder}/password`,
            },
            read_recent: true,
            // It would ask for its own cluster only.
            filter_external_labels: false,
          },
        ],
        extraSecretMounts: [
          { name: "mimir", mountPath: credentialFolder, secretName: prometheusCredential, readOnly: true },
        ],
        persistentVolume: { enabled: true, size: "32Gi" },
        resources: { requests: { cpu: "200m", memory: "1Gi" }, limits: { memory: "4Gi" } },
      },
      scrapeConfigs: {
        ...chartJobsOff,
        ...Object.fromEntries(
          scrapeConfigs(cluster)
            .filter(({ job_name: name }) => centralJobs.has(name))
            .map((config: ScrapeConfig) => [`fleetglass-${config.job_name}`, { enabled: true, ...config }]),
        ),
      },
      serverFiles: { "prometheus.yml": { rule_files: [] } },
      scrapeConfigFiles: [],
    },
  });
}
