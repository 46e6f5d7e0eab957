import type { Emitter } from "../emit.ts";
import { hash } from "../random.ts";
import { day } from "../time.ts";
import { podTarget } from "./pod-target.ts";

/** Let's Encrypt's, renewed a month before they expire. */
const validity = 90 * day;
const renewed = 60 * day;

const certificates = [
  ["shop", "web-tls"],
  ["shop", "api-tls"],
  ["monitoring", "remote-write-client"],
] as const;

/** When certificates expire. */
export function certManager(emitter: Emitter): void {
  const { model, cluster } = emitter;
  const found = podTarget(emitter, "cert-manager", { exporter: "cert-manager", port: 9402 });
  if (!found) return;
  const { target } = found;
  for (const [namespace, name] of certificates) {
    const labels = {
      namespace,
      name,
      issuer_name: "letsencrypt",
      issuer_kind: "ClusterIssuer",
      issuer_group: "cert-manager.io",
    };
    const phase = hash(...model.world.key(cluster, "certificate", name)) % renewed;
    const stuck = name === "web-tls" ? model.world.windows(cluster, "certificate-expiring") : [];
    const expires = (ms: number): number => {
      const now = stuck.find(({ from, to }) => ms >= from && ms < to);
      const issued = now ? now.from + 3 * day - validity : Math.floor((ms - phase) / renewed) * renewed + phase;
      return Math.floor((issued + validity) / 1000);
    };
    const before = (distance: number) => (ms: number) => expires(ms) - distance / 1000;
    target.gauge("certmanager_certificate_expiration_timestamp_seconds", labels, expires);
    target.gauge("certmanager_certificate_not_after_timestamp_seconds", labels, expires);
    target.gauge("certmanager_certificate_not_before_timestamp_seconds", labels, before(validity));
    target.gauge("certmanager_certificate_renewal_timestamp_seconds", labels, before(validity - renewed));
    for (const condition of ["True", "False", "Unknown"]) {
      target.gauge("certmanager_certificate_ready_status", { ...labels, condition }, condition === "True" ? 1 : 0);
    }
  }
}
