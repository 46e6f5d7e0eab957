import { multiClusterOverview } from "../dashboards/multi-cluster-overview.ts";
import { byList, max, promql, type Query, select } from "../queries/query.ts";
import { inventory } from "../recording/inventory.ts";
import { place } from "../recording/record.ts";
import { targetsUp } from "../recording/resources.ts";
import { alert, type AlertGroup } from "./alert.ts";

type Place = (typeof place)[number];

// `max by` and never `without`: the tenant that a federated read adds as a label would survive, and nothing would match.
const reporting: Query<Place> = max(place, select(targetsUp));
const known: Query<Place> = max(place, select(inventory));

const unknown: Query<Place> = promql({
  unit: "none",
  labels: place,
})`${reporting} unless on (${byList(["cluster"])}) ${known}`;

const mislabelled: Query<Place> = promql({
  unit: "none",
  labels: place,
})`(${reporting} unless on (${byList(place)}) ${known}) and on (${byList(["cluster"])}) ${known}`;

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
      summary: ({ cluster }) => `${cluster} reports but is not in the fleet`,
      description: ({ cluster, environment }) =>
        `Series arrive from ${cluster} (${environment}), which the fleet does not know: a cluster that nobody added, one that was retired and still writes, or a typing error in the agents' labels.`,
      board: multiClusterOverview.uid,
    }),
    alert({
      name: "ClusterLabelMismatch",
      when: mislabelled,
      for: "15m",
      severity: "warning",
      component: "collection",
      summary: ({ cluster, environment, region }) =>
        `${cluster} reports as ${environment} in ${region}, which it is not`,
      description: ({ cluster }) =>
        `The agents of ${cluster} attach another environment or region than the fleet says. Its data is missing from the right boards, and alerts go to the wrong people.`,
      board: multiClusterOverview.uid,
    }),
  ],
};
