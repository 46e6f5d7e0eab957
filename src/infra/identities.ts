import type { Fleet } from "../fleet/model.ts";
import { agentName } from "./place.ts";

/** What somebody may do at a door. */
export type Operation = "push" | "read" | "rules-read" | "rules-write" | "silence" | "alertmanager-config";

/** Who may do what with whose data. What no identity names is refused. */
export interface Identity {
  readonly name: string;
  readonly tenants: readonly string[];
  /** May one request name several of the tenants? */
  readonly together: boolean;
  readonly operations: readonly Operation[];
}

/**
 * Everybody who may come to a door. Each has its own password, and during a rotation two: see `userNames`.
 * - `agent-<cluster>` writes to its cluster's tenant.
 * - `reader-<tenant>` asks one tenant: what a team's own tools use, and Grafana's data sources where each tenant has one
 *   credential.
 * - `grafana` asks all of them, reads rules, and silences alerts for whoever Grafana lets.
 * - `prometheus`, the central one, asks all of them too.
 * - `publisher` writes rules and Alertmanager configuration, one tenant at a time.
 */
export function identitiesOf({ clusters, tenants, owner, backends, infrastructure }: Fleet): Identity[] {
  const all = tenants.map(({ id }) => id);
  return [
    ...clusters
      .filter(({ state }) => state !== "retired")
      .map((cluster): Identity => ({
        name: agentName(cluster),
        tenants: [cluster.tenant],
        together: false,
        operations: ["push"],
      })),
    ...all.map((id): Identity => ({ name: `reader-${id}`, tenants: [id], together: false, operations: ["read"] })),
    {
      name: "grafana",
      tenants: all,
      together: owner !== undefined,
      operations: ["read", "rules-read", "silence"],
    },
    ...(infrastructure && backends.prometheus
      ? [{ name: "prometheus", tenants: all, together: owner !== undefined, operations: ["read"] as const }]
      : []),
    {
      name: "publisher",
      tenants: all,
      together: false,
      operations: ["rules-read", "rules-write", "alertmanager-config"],
    },
  ];
}

/** The two users of an identity. One is in use; the other is where the next password goes before the first is removed. */
export function userNames({ name }: Identity): readonly [string, string] {
  return [`${name}.a`, `${name}.b`];
}
