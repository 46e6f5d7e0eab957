import { readFileSync } from "node:fs";
import { parse } from "yaml";
import type { Fleet, FleetInput } from "../../src/fleet/model.ts";
import { referenceFleet } from "../../src/fleet/reference.ts";
import type { OwnFleet } from "../../src/infra/release.ts";
import { resolveFleet } from "../../src/fleet/resolve.ts";

/** Fleets that, together, ask for every component in every way. */
export const ownFleets: Readonly<Record<string, Fleet>> = {
  reference: referenceFleet,
  atlas: resolveFleet(atlas()),
  "every way to collect": resolveFleet({
    ...atlas(),
    mirrors: { charts: "registry.example.com/charts", images: "registry.example.com/images" },
    defaults: { logsAgent: "otel-collector", exporters: { jobs: "kube-prometheus-stack" } },
    clusters: atlas().clusters.map((cluster, at) => ({
      ...cluster,
      metricsAgent: (["alloy", "otel-collector", "prometheus-agent"] as const)[at % 3] ?? "alloy",
      logsAgent: (["otel-collector", "alloy", "promtail", "none"] as const)[at % 4] ?? "alloy",
      agentsBy: at % 5 === 4 ? "operators" : "charts",
      gpu: { model: "NVIDIA A10" },
    })),
  }),
  "one tenant": resolveFleet({
    ...atlas(),
    tenancy: { mode: "single", header: "none" },
    backends: [{ kind: "mimir", url: "http://mimir-gateway.monitoring.svc/prometheus" }],
  }),
};

function atlas(): FleetInput {
  return { ...read("atlas"), infrastructure: { outageBudget: "1h" } };
}

/** The reference fleet in small, with infrastructure of its own. */
export function smallOwnFleet(): OwnFleet {
  const fleet = resolveFleet({ ...read("small"), infrastructure: {} });
  if (!fleet.infrastructure) throw new Error("the fleet has infrastructure");
  return { ...fleet, infrastructure: fleet.infrastructure };
}

function read(name: string): FleetInput {
  return parse(readFileSync(`test/fleets/${name}.yaml`, "utf8")) as FleetInput;
}
