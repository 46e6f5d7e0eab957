import { grafanaNamespace, groupOf } from "./place.ts";
import { type OwnFleet, registry, type Release, release } from "./release.ts";

/** Where the sidecar puts boards, a folder for each of Grafana's, and where the provisioning file looks for them. */
const boardsFolder = "/var/lib/grafana/dashboards";

/** The ConfigMap of the provisioning file that says which folder of files is which folder of Grafana. */
export const providersMap = "fleetglass-dashboard-providers";

/** Grafana in the ops cluster: several that share a database, so that one may go. */
export function grafana(fleet: OwnFleet): Release<"grafana"> {
  const { infrastructure } = fleet;
  const { signIn, redis, boards } = infrastructure;
  const enterprise = infrastructure.grafanaEdition === "enterprise";
  const secrets = [
    "grafana-database",
    "grafana-door",
    ...(signIn ? ["grafana-sign-in"] : []),
    ...(enterprise ? ["grafana-license"] : []),
  ];
  const host = hostOf(fleet);
  return release(fleet, {
    name: "grafana",
    namespace: grafanaNamespace,
    chart: "grafana",
    values: {
      image: {
        registry: registry(fleet, "docker.io"),
        ...(enterprise && { repository: "grafana/grafana-enterprise" }),
      },
      testFramework: { enabled: false },
      replicas: 2,
      // By which they find each other.
      headlessService: true,
      podDisruptionBudget: { maxUnavailable: 1 },
      topologySpreadConstraints: [
        {
          maxSkew: 1,
          topologyKey: "kubernetes.io/hostname",
          whenUnsatisfiable: "ScheduleAnyway",
          labelSelector: { matchLabels: { "app.kubernetes.io/name": "grafana" } },
        },
      ],
      // Whatever must stay is in the database.
      persistence: { enabled: false },
      resources: { requests: { cpu: "200m", memory: "512Mi" }, limits: { memory: "1Gi" } },
      admin: { existingSecret: "grafana-admin", userKey: "admin-user", passwordKey: "admin-password" },
      envFromSecrets: [...secrets, ...(redis ? ["grafana-redis"] : [])].map((name) => ({ name })),
      "grafana.ini": {
        server: { root_url: fleet.grafana.url, enforce_domain: true, domain: host },
        // Host, user and password are in the environment: GF_DATABASE_HOST and so on.
        database: { type: "postgres", name: "grafana", ssl_mode: "require" },
        remote_cache: { type: redis ? "redis" : "database" },
        security: { cookie_secure: fleet.grafana.url.startsWith("https://") },
        users: { allow_sign_up: false },
        "auth.anonymous": { enabled: false },
        ...signInIni(fleet),
        unified_alerting: {
          enabled: true,
          // One notifier tells people of an alert. Rules of Mimir and Loki are shown in any case.
          execute_alerts: fleet.notifier === "grafana" || fleet.backends.metrics.rules === "grafana",
          ha_listen_address: "${POD_IP}:9094",
          ha_advertise_address: "${POD_IP}:9094",
          ha_peers: `grafana-headless.${grafanaNamespace}.svc.cluster.local:9094`,
        },
        analytics: { reporting_enabled: false, check_for_updates: false, check_for_plugin_updates: false },
        news: { news_feed_enabled: false },
      },
      sidecar: {
        image: { registry: registry(fleet, "quay.io") },
        ...(boards === "flux" && {
          dashboards: {
            enabled: true,
            label: "grafana_dashboard",
            labelValue: "1",
            resource: "configmap",
            folder: boardsFolder,
            folderAnnotation: "grafana_folder",
            // Its own would make folders under uids of their own; ours says which is which.
            SCProvider: false,
          },
          datasources: { enabled: true, label: "grafana_datasource", labelValue: "1", resource: "secret" },
        }),
      },
      ...(boards === "flux" && {
        extraConfigmapMounts: [
          {
            name: providersMap,
            configMap: providersMap,
            mountPath: "/etc/grafana/provisioning/dashboards/fleetglass.yaml",
            subPath: "fleetglass.yaml",
            readOnly: true,
          },
        ],
      }),
      ingress: {
        enabled: true,
        ingressClassName: infrastructure.ingressClass,
        hosts: [host],
        tls: [{ secretName: "grafana-tls", hosts: [host] }],
      },
    },
  });
}

/** What people write into their browser; where the fleet names no address, one beside the doors. */
function hostOf({ grafana: { url }, infrastructure: { domain } }: OwnFleet): string {
  const { hostname } = new URL(url);
  return hostname === "localhost" ? `grafana.${domain}` : hostname;
}

/**
 * Who may come in, and as what: the SRE group as administrators of the organisation, each environment's group as viewers,
 * and nobody else.
 */
function signInIni(fleet: OwnFleet): Readonly<Record<string, object>> {
  const { signIn } = fleet.infrastructure;
  if (!signIn) return {};
  // Who may come into another Grafana is said there.
  const here = fleet.environments.filter(({ grafana }) => grafana.name === undefined);
  const roles = [
    ...[...new Set([fleet.grafana.organisation, ...here.map(({ grafana }) => grafana.organisation)])].map((one) => ({
      group: groupOf(fleet, "sre"),
      role: "Admin",
      organisation: one,
    })),
    ...here
      .filter(({ workload }) => workload)
      .map(({ name, grafana: { organisation } }) => ({ group: groupOf(fleet, name), role: "Viewer", organisation })),
  ];
  const common = {
    enabled: true,
    allow_sign_up: true,
    auto_login: false,
    use_pkce: true,
    use_refresh_token: true,
    // Lists, as JSON: a group's name may hold a space.
    allowed_groups: JSON.stringify([...new Set(roles.map(({ group }) => group))]),
    org_mapping: JSON.stringify(roles.map(({ group, role, organisation: own }) => `${group}:${own}:${role}`)),
    role_attribute_strict: true,
    allow_assign_grafana_admin: false,
  };
  if (signIn.kind === "azure-ad") {
    const base = `https://login.microsoftonline.com/${signIn.directory}/oauth2/v2.0`;
    return {
      "auth.azuread": {
        ...common,
        name: "Microsoft",
        scopes: "openid email profile offline_access",
        auth_url: `${base}/authorize`,
        token_url: `${base}/token`,
        // Tokens name the directory by its id, and not by a domain.
        ...(/^[0-9a-f-]{36}$/iu.test(signIn.directory) && { allowed_organizations: signIn.directory }),
      },
    };
  }
  return {
    "auth.generic_oauth": {
      ...common,
      name: signIn.title ?? "Single sign-on",
      scopes: signIn.scopes ?? "openid profile email groups",
      auth_url: signIn.authUrl,
      token_url: signIn.tokenUrl,
      api_url: signIn.apiUrl,
      groups_attribute_path: "groups",
      org_attribute_path: "groups",
    },
  };
}

/** Grafana reads these settings from its environment, so that no file holds them. */
export function signInVariables({ kind }: NonNullable<OwnFleet["infrastructure"]["signIn"]>): string[] {
  const section = kind === "azure-ad" ? "AZUREAD" : "GENERIC_OAUTH";
  return [`GF_AUTH_${section}_CLIENT_ID`, `GF_AUTH_${section}_CLIENT_SECRET`];
}
