import { readFileSync } from "node:fs";
import { parse } from "yaml";
import type { Fleet, FleetInput } from "../../src/fleet/model.ts";
import { referenceFleet } from "../../src/fleet/reference.ts";
import { contentOf } from "../../src/bundle.ts";
import { infrastructure } from "../../src/infra/index.ts";
import { defineProject } from "../../src/project.ts";
import type { OwnFleet } from "../../src/infra/release.ts";
import { resolveFleet } from "../../src/fleet/resolve.ts";

/** What runs where, with what of the bundle it carries along. */
export function infrastructureOf(name: string): ReturnType<typeof infrastructure> {
  const fleet = ownFleets[name];
  if (!fleet) throw new Error(`there is no fleet ${name}`);
  const known = made.get(name) ?? infrastructure(fleet, contentOf(defineProject({ fleet })));
  made.set(name, known);
  return known;
}

/** Boards take a while to draw, and several tests look at what names them. */
const made = new Map<string, ReturnType<typeof infrastructure>>();

/** Fleets that, together, ask for every component in every way. */
export const ownFleets: Readonly<Record<string, Fleet>> = {
  reference: referenceFleet,
  atlas: resolveFleet(atlas()),
  "every way to collect": resolveFleet({
    ...atlas(),
    backends: [...(atlas().backends ?? []), { kind: "tempo", url: "http://tempo-gateway.tempo.svc.cluster.local" }],
    infrastructure: {
      traceSampling: { percent: 10 },
      grafanaEdition: "enterprise",
      outageBudget: "1h",
      boards: "flux",
      keyVault: "kv-atlas",
      signIn: { kind: "azure-ad", directory: "contoso.example", groups: { sre: "0a1b" } },
      mimirKafka: "kafka-bootstrap.kafka.svc:9092",
      redis: true,
    },
    alerting: { notifier: "alertmanager" },
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
  // No cluster of it is the ops cluster: agents only.
  teams: resolveFleet({ ...read("teams"), infrastructure: {} }),
  "one tenant": resolveFleet({
    ...atlas(),
    tenancy: { mode: "single", header: "none" },
    // One namespace for all of it.
    backends: [
      { kind: "mimir", url: "http://mimir-gateway.monitoring.svc/prometheus" },
      { kind: "prometheus", url: "http://prometheus-server.monitoring.svc" },
    ],
    alerting: { notifier: "grafana" },
    infrastructure: {
      keyVault: "kv-atlas",
      signIn: {
        kind: "oauth",
        authUrl: "https://id.atlas.example/authorize",
        tokenUrl: "https://id.atlas.example/token",
        apiUrl: "https://id.atlas.example/userinfo",
      },
    },
  }),
};

function atlas(): FleetInput {
  return { ...read("atlas"), infrastructure: { outageBudget: "1h" } };
}

/** The reference fleet in small, with infrastructure of its own. */
export function smallOwnFleet(more: Partial<FleetInput> = {}): OwnFleet {
  const fleet = resolveFleet({ ...read("small"), infrastructure: {}, ...more });
  if (!fleet.infrastructure) throw new Error("the fleet has infrastructure");
  return { ...fleet, infrastructure: fleet.infrastructure };
}

function read(name: string): FleetInput {
  return parse(readFileSync(`test/fleets/${name}.yaml`, "utf8")) as FleetInput;
}
