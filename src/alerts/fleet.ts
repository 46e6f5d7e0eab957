import { multiClusterOverview } from "../dashboards/multi-cluster-overview.ts";
import { labelName } from "../labels.ts";
import { byList, max, promql, type Query, select } from "../queries/query.ts";
import { inventory } from "../recording/inventory.ts";
import { type Place, place } from "../recording/record.ts";
import { targetsUp } from "../recording/resources.ts";
import { alert, type AlertGroup } from "./alert.ts";
import { fires, given, quiet } from "./alert-test.ts";

// `max by` and never `without`: the tenant that a federated read adds as a label would survive, and nothing would match.
const reporting: Query<Place> = max(place, select(targetsUp));
const known: Query<Place> = max(place, select(inventory));

const unknown: Query<Place> = promql({
  unit: "none",
  labels: place,
})`${reporting} unless on (${byList(["cluster"])}) ${known}`;

/** The clusters as the fleet knows them, so that the alert goes to those who own them and not to whom they claim to be. */
const mislabelled: Query<Place> = promql({
  unit: "none",
  labels: place,
})`${known} and on (${byList(["cluster"])}) (${reporting} unless on (${byList(place)}) ${known})`;

/** The label that Mimir adds to what it reads from several tenants. */
const tenant = "__tenant_id__";
const perTenant = (series: string): string => `group by (${byList(["cluster"])}, ${tenant}) (${series})`;

const astray: Query<Place> = promql({
  unit: "none",
  labels: place,
})`${known} and on (${byList(["cluster"])}) (${perTenant(targetsUp.record)} unless on (${byList(["cluster"])}, ${tenant}) ${perTenant(inventory.record)})`;

const reported = (labels: { readonly cluster?: string; readonly region?: string }, tenantId?: string) =>
  given(targetsUp, { ...labels, ...(tenantId !== undefined && { [tenant]: tenantId }) }, "1x60");
const expected = (tenantId: string) => given(inventory, { state: "active", [tenant]: tenantId } as never, "1x60");

/** Does what arrives agree with what the fleet says exists? Compares all tenants, so it runs once, in the owner's ruler. */
export const fleetAlerts: AlertGroup = {
  name: "fleet",
  interval: "1m",
  scope: "fleet",
  rules: [
    alert({
      name: "UnknownClusterReporting",
      when: unknown,
      for: "15m",
      severity: "warning",
      component: "collection",
      summary: () =>
        `{{ with $labels.${labelName("cluster")} }}{{ . }}{{ else }}Something without a cluster label{{ end }} reports but is not in the fleet`,
      description: ({ environment }) =>
        `Series arrive (environment "${environment}") from a cluster that the fleet does not know: one that nobody added, one that was retired and still writes, or agents whose labels are missing or misspelt.`,
      board: multiClusterOverview.uid,
    }),
    alert({
      name: "ClusterLabelMismatch",
      when: mislabelled,
      for: "15m",
      severity: "warning",
      component: "collection",
      summary: ({ cluster, environment, region }) =>
        `${cluster} does not report as ${environment} in ${region}, which it is`,
      description: ({ cluster }) =>
        `The agents of ${cluster} attach another environment or region than the fleet says. Its data is missing from the right boards, and alerts go to the wrong people.`,
      board: multiClusterOverview.uid,
    }),
    alert({
      name: "ClusterInWrongTenant",
      when: astray,
      for: "15m",
      severity: "warning",
      component: "collection",
      summary: ({ cluster, environment }) => `${cluster} (${environment}) writes to a tenant that is not its own`,
      description: ({ cluster }) =>
        `Series of ${cluster} arrive in a tenant where the fleet does not expect them. People of that tenant see them, and the cluster's own rules do not.`,
      board: multiClusterOverview.uid,
    }),
  ],
  tests: [
    fires("UnknownClusterReporting", {
      when: "somebody else writes",
      series: [reported({}), reported({ cluster: "who-is-this" })],
      after: "15m",
      labels: { cluster: "who-is-this" },
      value: 1,
      texts: { summary: "who-is-this reports but is not in the fleet" },
    }),
    quiet("UnknownClusterReporting", { when: "only those report that should", series: [reported({})], during: "60m" }),
    fires("ClusterLabelMismatch", {
      when: "it says that it is elsewhere",
      series: [reported({ region: "nowhere" })],
      after: "15m",
      value: 1,
    }),
    quiet("ClusterLabelMismatch", { when: "it says where it is", series: [reported({})], during: "60m" }),
    fires("ClusterInWrongTenant", {
      when: "it writes to staging too",
      series: [expected("prd"), reported({}, "prd"), reported({}, "stg")],
      after: "15m",
      value: 1,
    }),
    quiet("ClusterInWrongTenant", {
      when: "it writes to its own",
      series: [expected("prd"), reported({}, "prd")],
      during: "60m",
    }),
  ],
};
