import type { Fleet, FleetInput } from "../../src/fleet/model.ts";
import { referenceFleet } from "../../src/fleet/reference.ts";
import { gatewayConfigOf } from "../../src/infra/collector.ts";
import { doorConfig } from "../../src/infra/door-values.ts";
import { mimir } from "../../src/infra/mimir.ts";
import { placeLabels } from "../../src/infra/place.ts";
import { prometheusAgent } from "../../src/infra/prometheus-agent.ts";
import type { OwnFleet } from "../../src/infra/release.ts";

/** Never called: what must not compile needs no run. */
function contradictions(fleet: Fleet, own: OwnFleet): unknown[] {
  const [cluster] = own.clusters;
  if (!cluster) return [];
  return [
    // @ts-expect-error: values are of the fleet's own infrastructure, and this one may have none
    mimir(fleet),
    // @ts-expect-error: an agent's labels are the fleet's, and nobody hands it others
    prometheusAgent(own, cluster, { external_labels: { cluster: "another" } }),
    // @ts-expect-error: nor its tenant
    gatewayConfigOf(own, cluster, { tenant: "prd" }),
    // @ts-expect-error: a cluster is one that the fleet resolved, with its tenant
    prometheusAgent(own, { name: "prd-uaenorth", environment: "prd", region: "uaenorth" }),
    // @ts-expect-error: Grafana has no door
    doorConfig(own, "grafana", "grafana"),
    // @ts-expect-error: labels follow from cluster and fleet, and stay so
    (placeLabels(own, cluster)["cluster"] = "another"),
    // @ts-expect-error: nor is the fleet's tenant
    (cluster.tenant = "prd"),
  ];
}

const base = { name: "f", environments: [], clusters: [] } as const;

const unspeakable: readonly FleetInput[] = [
  // @ts-expect-error: labels of agents are not a setting of the infrastructure
  { ...base, infrastructure: { externalLabels: { cluster: "another" } } },
  // @ts-expect-error: tenants are the fleet's, and not the agents'
  { ...base, infrastructure: { tenant: "prd" } },
  // @ts-expect-error: how many of the traces are kept must be said
  { ...base, infrastructure: { traceSampling: { slow: "1s" } } },
  // @ts-expect-error: an agent of another name has no values
  { ...base, clusters: [{ name: "c", environment: "e", region: "r", metricsAgent: "grafana-agent" }] },
  // @ts-expect-error: Azure's addresses follow from its directory
  { ...base, infrastructure: { signIn: { kind: "azure-ad", directory: "d", tokenUrl: "https://x" } } },
  // @ts-expect-error: any other provider's do not
  { ...base, infrastructure: { signIn: { kind: "oauth", authUrl: "https://x" } } },
];

test("what follows from the fleet is not said twice: every agent writes to its cluster's own tenant", () => {
  const own = referenceFleet as OwnFleet;
  expect(typeof contradictions).toBe("function");
  expect(unspeakable.length).toBeGreaterThan(0);
  for (const cluster of own.clusters) {
    const text = JSON.stringify(prometheusAgent(own, cluster).values);
    expect(text).toContain(`"X-Scope-OrgID":"${cluster.tenant}"`);
    for (const other of own.clusters.filter(({ tenant }) => tenant !== cluster.tenant)) {
      expect(text).not.toContain(`"${other.tenant}"`);
    }
  }
});
