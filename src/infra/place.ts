import type { Cluster } from "../fleet/model.ts";
import { slug } from "../fleet/resolve.ts";
import { roles } from "../labels.ts";
import type { OwnFleet } from "./release.ts";

/** Where Grafana runs, and where the viewers' roles are. */
export const grafanaNamespace = "grafana";

/** The cluster of the central stack: the first of type `ops` that is not retired. */
export function centralCluster({ clusters }: Pick<OwnFleet, "clusters">): Cluster | undefined {
  return clusters.find(({ type, state }) => type === "ops" && state !== "retired");
}

export function isCentral(fleet: OwnFleet, cluster: Cluster): boolean {
  return cluster === centralCluster(fleet);
}

/** What the identity provider calls the group of a view's people: of `sre`, or of an environment. */
export function groupOf({ name, infrastructure: { signIn } }: OwnFleet, view: string): string {
  return signIn?.groups?.[view] ?? `${name}-${view}`;
}

/** Where the agents run, in every cluster. */
export const agentsNamespace = "observability";

/** The Secret of a cluster's one credential, keys `username` and `password`, and where it is mounted. */
export const credential = { secret: "fleetglass-central", folder: "/etc/fleetglass/central" } as const;

/** The labels that every metric, line and span of a cluster carries, under the fleet's names for them. */
export function placeLabels({ labels, name }: OwnFleet, cluster: Cluster): Readonly<Record<string, string>> {
  const values = {
    cluster: cluster.name,
    environment: cluster.environment,
    region: cluster.region,
    cluster_type: cluster.type,
    tenant_id: name,
  };
  return Object.fromEntries(roles.map((role) => [labels[role], values[role]]));
}

export type Door = "mimir" | "loki" | "tempo";

/** Which doors a fleet has: one per backend. */
export function doorsOf({ backends: { metrics, logs, traces } }: OwnFleet): Door[] {
  return [
    ...(metrics.kind === "mimir" ? (["mimir"] as const) : []),
    ...(logs ? (["loki"] as const) : []),
    ...(traces ? (["tempo"] as const) : []),
  ];
}

/** Where an agent finds a backend's door. */
export function doorUrl({ infrastructure }: OwnFleet, door: Door): string {
  return `https://${doorHost(infrastructure, door)}`;
}

export function doorHost({ domain }: OwnFleet["infrastructure"], door: Door): string {
  return `${door}.${domain}`;
}

/** The headers with which a cluster's agents name their tenant. */
export function tenantHeaders({ tenantHeader }: OwnFleet, { tenant }: Cluster): Readonly<Record<string, string>> {
  return tenantHeader === undefined ? {} : { [tenantHeader]: tenant };
}

/** The user of a cluster's credential: it may push to the cluster's tenant and nothing else. */
export function agentName(cluster: Cluster): string {
  return `agent-${slug(cluster.name)}`;
}
