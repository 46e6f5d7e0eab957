import type { Content } from "./content.ts";
import { homeOf } from "./door-values.ts";
import { type OwnFleet, registry, type Release, release } from "./release.ts";

/** The Secret of what receivers are called with, a key for each. */
const receivers = "alertmanager-receivers";

/** Where the routes look for them, as files. */
const secretFolder = "/etc/alertmanager/secrets/fleetglass";

const replicas = 3;

export type Routing = NonNullable<Content["routing"]>;

/** The fleet's one notifier beside Mimir: three that tell each other what was sent. */
export function alertmanager(fleet: OwnFleet, { config, templates }: Routing): Release<"alertmanager"> {
  const image = registry(fleet, "quay.io");
  return release(fleet, {
    name: "alertmanager",
    namespace: homeOf("alertmanager", fleet.backends.alertmanager),
    chart: "alertmanager",
    values: {
      fullnameOverride: "alertmanager",
      image: { repository: `${image}/prometheus/alertmanager` },
      replicaCount: replicas,
      podAntiAffinity: "soft",
      podDisruptionBudget: { maxUnavailable: 1 },
      // Silences and what was told already.
      persistence: { enabled: true, size: "2Gi" },
      resources: { requests: { cpu: "50m", memory: "128Mi" }, limits: { memory: "256Mi" } },
      config: { ...config, templates: Object.keys(templates).map((name) => `/etc/alertmanager/${name}`) },
      templates,
      configmapReload: {
        enabled: true,
        image: { repository: `${image}/prometheus-operator/prometheus-config-reloader` },
      },
      extraSecretMounts: receiverNames(config).map((name) => ({
        name: `receiver-${name.toLowerCase().replaceAll("_", "-")}`,
        mountPath: `${secretFolder}/${name}`,
        subPath: name,
        secretName: receivers,
        readOnly: true,
      })),
    },
  });
}

/** Whom rulers tell of alerts: all replicas of the one notifier, or Mimir's own; nobody where Grafana or nobody tells. */
export function notifierUrls(fleet: OwnFleet): string | undefined {
  const { notifier, backends } = fleet;
  if (notifier === "mimir") {
    return `http://mimir-alertmanager.${homeOf("mimir", backends.metrics)}.svc.cluster.local:8080/alertmanager`;
  }
  if (notifier !== "alertmanager") return undefined;
  const home = homeOf("alertmanager", backends.alertmanager);
  const all = Array.from({ length: replicas }, (_, at) => at);
  return all.map((at) => `http://alertmanager-${at}.alertmanager-headless.${home}.svc.cluster.local:9093`).join(",");
}

/** Its Secret; nobody needs one whose receivers have none. */
export function receiversSecret(
  fleet: OwnFleet,
  { config }: Routing,
): { readonly namespace: string; readonly name: string; readonly keys: readonly string[] } {
  return {
    namespace: homeOf("alertmanager", fleet.backends.alertmanager),
    name: receivers,
    keys: receiverNames(config),
  };
}

function receiverNames(config: Routing["config"]): string[] {
  const named = JSON.stringify(config).matchAll(/"\/etc\/alertmanager\/secrets\/fleetglass\/([A-Z0-9_]+)"/gu);
  return [...new Set([...named].map(([, name = ""]) => name))].toSorted();
}
