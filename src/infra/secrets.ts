import type { Cluster } from "../fleet/model.ts";
import { slug } from "../fleet/resolve.ts";
import { receiversSecret } from "./alertmanager.ts";
import type { Content } from "./content.ts";
import { homeOf, passwordsSecret } from "./door-values.ts";
import { backendOf } from "./access.ts";
import type { Manifest } from "./manifest.ts";
import { agentsNamespace, credential, doorsOf, grafanaNamespace, isCentral } from "./place.ts";
import { prometheusCredential } from "./prometheus-central.ts";
import type { OwnFleet } from "./release.ts";
import { signInVariables } from "./grafana.ts";

/** A Secret of Kubernetes that something of ours names: what must be there before it starts. */
export interface SecretNeed {
  readonly namespace: string;
  readonly name: string;
  readonly keys: readonly string[];
  /** Is it a certificate? Whoever issues it writes it. */
  readonly certificate?: true;
}

/** Every Secret that a cluster needs. None of them is ever generated. */
export function secretsOf(fleet: OwnFleet, cluster: Cluster, { routing }: Content): SecretNeed[] {
  const { backends, infrastructure } = fleet;
  const agents = { namespace: agentsNamespace, name: credential.secret, keys: ["username", "password"] };
  if (!isCentral(fleet, cluster)) return [agents];
  const receivers = routing && receiversSecret(fleet, routing);
  return [
    agents,
    ...doorsOf(fleet).flatMap((door): SecretNeed[] => {
      const namespace = homeOf(door, backendOf(fleet, door));
      const azure = door === "mimir" ? ["AZURE_STORAGE_ACCOUNT", "AZURE_CLIENT_ID"] : ["AZURE_CLIENT_ID"];
      return [
        { namespace, name: passwordsSecret(door), keys: [".htpasswd"] },
        { namespace, name: `${door}-azure`, keys: azure },
        { namespace, name: `${door}-gateway-tls`, keys: ["tls.crt", "tls.key"], certificate: true },
      ];
    }),
    ...grafanaSecrets(infrastructure),
    ...(backends.prometheus
      ? [
          {
            namespace: homeOf("prometheus", backends.prometheus),
            name: prometheusCredential,
            keys: ["username", "password"],
          },
        ]
      : []),
    ...(receivers && receivers.keys.length > 0 ? [receivers] : []),
    ...(infrastructure.redis ? [{ namespace: "redis", name: "redis-auth", keys: ["redis-password"] }] : []),
  ];
}

function grafanaSecrets({ signIn, redis, grafanaEdition }: OwnFleet["infrastructure"]): SecretNeed[] {
  const namespace = grafanaNamespace;
  return [
    { namespace, name: "grafana-admin", keys: ["admin-user", "admin-password"] },
    { namespace, name: "grafana-database", keys: ["GF_DATABASE_HOST", "GF_DATABASE_USER", "GF_DATABASE_PASSWORD"] },
    { namespace, name: "grafana-door", keys: ["GRAFANA_DOOR_PASSWORD"] },
    ...(signIn ? [{ namespace, name: "grafana-sign-in", keys: signInVariables(signIn) }] : []),
    ...(grafanaEdition === "enterprise"
      ? [{ namespace, name: "grafana-license", keys: ["GF_ENTERPRISE_LICENSE_TEXT"] }]
      : []),
    ...(redis ? [{ namespace, name: "grafana-redis", keys: ["GF_REMOTE_CACHE_CONNSTR"] }] : []),
    { namespace, name: "grafana-tls", keys: ["tls.crt", "tls.key"], certificate: true },
  ];
}

/**
 * What External Secrets reads from a Key Vault; nothing where the fleet names none. Each key of a Secret is a secret of the
 * vault, so that one is rotated without the others.
 */
export function externalSecrets(fleet: OwnFleet, cluster: Cluster, content: Content): Manifest[] {
  const { keyVault } = fleet.infrastructure;
  if (keyVault === undefined) return [];
  return [
    {
      apiVersion: "external-secrets.io/v1",
      kind: "ClusterSecretStore",
      metadata: { name: store },
      spec: {
        provider: {
          azurekv: {
            authType: "WorkloadIdentity",
            vaultUrl: `https://${keyVault}.vault.azure.net`,
            // The operator's own, to which its identity is bound.
            serviceAccountRef: { name: "external-secrets", namespace: "external-secrets" },
          },
        },
      },
    },
    ...secretsOf(fleet, cluster, content)
      .filter(({ certificate }) => certificate !== true)
      .map((need): Manifest => ({
        apiVersion: "external-secrets.io/v1",
        kind: "ExternalSecret",
        metadata: { name: need.name, namespace: need.namespace },
        spec: {
          refreshInterval: "1h",
          secretStoreRef: { kind: "ClusterSecretStore", name: store },
          target: { name: need.name },
          data: need.keys.map((key) => ({ secretKey: key, remoteRef: { key: vaultName(need, key, cluster) } })),
        },
      })),
  ];
}

const store = "fleetglass";

/** What a key is called in the vault, where names are letters, digits and dashes: `grafana-admin-admin-user`. */
export function vaultName({ name, namespace }: SecretNeed, key: string, cluster: Cluster): string {
  // Every cluster has this one, and all read one vault.
  const whose = namespace === agentsNamespace ? `${name}-${cluster.name}` : name;
  return slug(`${whose}-${key}`).replaceAll("--", "-");
}
