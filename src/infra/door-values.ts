import type { Backend } from "../fleet/model.ts";
import { samplerName, samplerPort } from "./collector.ts";
import { gatewayConfig } from "./gateway.ts";
import { type Door, doorHost } from "./place.ts";
import type { OwnFleet } from "./release.ts";

/** The Secret of a door's passwords, key `.htpasswd`: a line for each user of each identity. */
export function passwordsSecret(door: Door): string {
  return `${door}-gateway-htpasswd`;
}

/** Where a backend is in the ops cluster: the name of its Service says so, else it has a namespace of its name. */
export function homeOf(door: Door | "prometheus" | "alertmanager", backend: Backend | undefined): string {
  const [, namespace] = /^[a-z][a-z0-9+.-]*:\/\/[^./]+\.([^./]+)\.svc[./:]/u.exec(`${backend?.url ?? ""}/`) ?? [];
  return namespace ?? door;
}

/** The ports on which the parts of each backend answer, where its chart's Services have them. */
const ports: Readonly<Record<Door, (part: string) => number>> = {
  mimir: () => 8080,
  loki: () => 3100,
  tempo: (part) => (part === "distributor" ? 4318 : 3200),
};

/** Tenants without clusters send nothing. */
function samplersOf(
  { infrastructure, tenants, tenantHeader }: OwnFleet,
  namespace: string,
): Record<string, string> | undefined {
  if (!infrastructure.traceSampling) return undefined;
  return Object.fromEntries(
    tenants
      .filter(({ clusters }) => clusters.length > 0)
      .map(({ id }) => [
        tenantHeader === undefined ? "-" : id,
        `${samplerName(id)}.${namespace}.svc.cluster.local:${samplerPort}`,
      ]),
  );
}

/** The door's nginx configuration, for the gateway that the backend's chart brings along. */
export function doorConfig(fleet: OwnFleet, door: Door, namespace: string): string {
  const samplers = door === "tempo" ? samplersOf(fleet, namespace) : undefined;
  return gatewayConfig(fleet, door, {
    listen: "8080",
    upstream: (part) => `${door}-${part}.${namespace}.svc.cluster.local:${ports[door](part)}`,
    ...(samplers && { samplers }),
    resolver: "kube-dns.kube-system.svc.cluster.local",
    // Where all three charts mount that Secret.
    passwords: "/etc/nginx/secrets/.htpasswd",
  });
}

export interface DoorIngress {
  readonly enabled: true;
  readonly ingressClassName: string;
  readonly annotations: Readonly<Record<string, string>>;
  readonly hosts: readonly { readonly host: string; readonly paths: readonly object[] }[];
  readonly tls: readonly { readonly secretName: string; readonly hosts: readonly string[] }[];
}

/** How agents of other clusters come to the door: by TLS, at its name. */
export function doorIngress({ infrastructure }: OwnFleet, door: Door): DoorIngress {
  const host = doorHost(infrastructure, door);
  return {
    enabled: true,
    ingressClassName: infrastructure.ingressClass,
    // The door itself says how large a body may be.
    annotations: { "nginx.ingress.kubernetes.io/proxy-body-size": "0" },
    hosts: [{ host, paths: [{ path: "/", pathType: "Prefix" }] }],
    tls: [{ secretName: `${door}-gateway-tls`, hosts: [host] }],
  };
}
