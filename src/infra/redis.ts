import { type OwnFleet, registry, type Release, release } from "./release.ts";

/**
 * What Grafana's replicas share beside their database. Mimir 3 has no Redis cache any more, and Loki's and Tempo's caches
 * are the memcached of their charts.
 */
export function redis(fleet: OwnFleet): Release<"redis"> {
  const repository = (name: string): object => ({
    registry: registry(fleet, "docker.io"),
    repository: `bitnamilegacy/${name}`,
  });
  return release(fleet, {
    name: "redis",
    namespace: "redis",
    chart: "redis",
    values: {
      fullnameOverride: "redis",
      // The versions that the chart names are to be had from there only.
      global: { security: { allowInsecureImages: true } },
      image: repository("redis"),
      architecture: "standalone",
      auth: { enabled: true, existingSecret: "redis-auth", existingSecretPasswordKey: "redis-password" },
      // A cache: what is lost is asked for again.
      master: {
        persistence: { enabled: false },
        resources: { requests: { cpu: "50m", memory: "64Mi" }, limits: { memory: "256Mi" } },
      },
    },
  });
}
