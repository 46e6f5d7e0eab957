import { namespace as namespaceBoard } from "../dashboards/namespace.ts";
import { max, min, promql, type Query, select } from "../queries/query.ts";
import { type Place, place } from "../recording/record.ts";
import { alert, type AlertGroup } from "./alert.ts";
import { fires, given, quiet } from "./alert-test.ts";

type OfCertificate = Place | "namespace" | "name";
const ofCertificate: readonly OfCertificate[] = [...place, "namespace", "name"];
const component = "certificates";
const board = namespaceBoard.uid;
const narrows = ["namespace"] as const;

/** Against cert-manager's own plan, so that a certificate of a day is treated as one of a year is. */
const overdue: Query<OfCertificate> = promql({
  unit: "seconds",
  labels: ofCertificate,
})`time() - ${max(ofCertificate, select("certmanager_certificate_renewal_timestamp_seconds"))} > 6 * 3600`;

const left: Query<OfCertificate> = promql({
  unit: "seconds",
  labels: ofCertificate,
})`(${min(ofCertificate, select("certmanager_certificate_expiration_timestamp_seconds"))} - time())`;

/** A tenth of its life is left; cert-manager renews after two thirds. */
const expiring: Query<OfCertificate> = promql({
  unit: "seconds",
  labels: ofCertificate,
})`${left} < 0.1 * (${min(ofCertificate, select("certmanager_certificate_expiration_timestamp_seconds"))} - ${min(ofCertificate, select("certmanager_certificate_not_before_timestamp_seconds"))})`;

const notReady: Query<OfCertificate> = promql({
  unit: "none",
  labels: ofCertificate,
})`${max(ofCertificate, select("certmanager_certificate_ready_status", { condition: "True" }))} == 0`;

const issuer: Query<Place | "name"> = promql({
  unit: "none",
  labels: [...place, "name"],
})`${max([...place, "name"], select("certmanager_clusterissuer_ready_status", { condition: "True" }))} == 0`;

const web = { namespace: "shop", name: "web-tls" } as const;
const day = 86_400;

/** Will a certificate run out, or is it not there? */
export const certificatesAlerts: AlertGroup = {
  name: "certificates",
  interval: "1m",
  scope: "tenant",
  rules: [
    alert({
      name: "CertificateOverdue",
      when: overdue,
      for: "1h",
      severity: "warning",
      component,
      summary: ({ cluster, namespace, name }) =>
        `Certificate ${namespace}/${name} of ${cluster} was not renewed in time`,
      description: ({ duration }) => `cert-manager should have renewed it ${duration} ago. It still holds.`,
      board,
      narrows,
    }),
    alert({
      name: "CertificateExpiring",
      when: expiring,
      for: "15m",
      severity: "critical",
      component,
      summary: ({ cluster, namespace, name, duration }) =>
        `Certificate ${namespace}/${name} of ${cluster} runs out in ${duration}`,
      description: () =>
        "Less than a tenth of its life is left, and nothing renews it. When it has run out, clients refuse to connect.",
      board,
      narrows,
    }),
    alert({
      name: "CertificateNotReady",
      when: notReady,
      for: "30m",
      severity: "warning",
      component,
      summary: ({ cluster, namespace, name }) => `Certificate ${namespace}/${name} of ${cluster} is not ready`,
      description: () => "It was never issued, or what it asks for has changed and cannot be had.",
      board,
      narrows,
    }),
    alert({
      name: "CertificateIssuerNotReady",
      when: issuer,
      for: "30m",
      severity: "warning",
      component,
      summary: ({ cluster, name }) => `ClusterIssuer ${name} of ${cluster} is not ready`,
      description: () => "No certificate that it signs can be issued or renewed.",
      board,
    }),
  ],
  tests: [
    fires("CertificateOverdue", {
      when: "its renewal was due six hours ago",
      series: [given("certmanager_certificate_renewal_timestamp_seconds", web, "-21600x90")],
      after: "61m",
      labels: web,
      value: 25_260,
    }),
    quiet("CertificateOverdue", {
      when: "it lives for a day, and is renewed on time",
      series: [given("certmanager_certificate_renewal_timestamp_seconds", web, `${day / 2}x90`)],
      during: "90m",
    }),
    fires("CertificateExpiring", {
      when: "three days of ninety are left",
      series: [
        given("certmanager_certificate_expiration_timestamp_seconds", web, `${3 * day}x90`),
        given("certmanager_certificate_not_before_timestamp_seconds", web, `${-87 * day}x90`),
      ],
      after: "15m",
      labels: web,
      value: 3 * day - 900,
    }),
    quiet("CertificateExpiring", {
      when: "a certificate of a day has half of it left",
      series: [
        given("certmanager_certificate_expiration_timestamp_seconds", web, `${day / 2}x90`),
        given("certmanager_certificate_not_before_timestamp_seconds", web, `${-day / 2}x90`),
      ],
      during: "90m",
    }),
    fires("CertificateNotReady", {
      when: "it cannot be issued, and is seen twice",
      series: [
        given("certmanager_certificate_ready_status", { ...web, condition: "True", instance: "a" }, "0x60"),
        given("certmanager_certificate_ready_status", { ...web, condition: "True", instance: "b" }, "0x60"),
      ],
      after: "30m",
      labels: web,
      value: 0,
    }),
    quiet("CertificateNotReady", {
      when: "it takes ten minutes to issue",
      series: [given("certmanager_certificate_ready_status", { ...web, condition: "True" }, "0x10 1x50")],
      during: "60m",
    }),
    fires("CertificateIssuerNotReady", {
      when: "its account is refused",
      series: [given("certmanager_clusterissuer_ready_status", { name: "acme", condition: "True" }, "0x60")],
      after: "30m",
      labels: { name: "acme" },
      value: 0,
    }),
    quiet("CertificateIssuerNotReady", {
      when: "it is well",
      series: [given("certmanager_clusterissuer_ready_status", { name: "acme", condition: "True" }, "1x60")],
      during: "60m",
    }),
  ],
};
