import type { PreviewBundle } from "../../bundle.ts";
import { Facts } from "../facts.tsx";
import { grouped } from "../grouped.ts";

/** The fleet in numbers and names. */
export function FleetFacts({ bundle: { fleet, project } }: { readonly bundle: PreviewBundle }): JSX.Element {
  const regions = [...grouped(fleet.clusters, ({ region }) => region)];
  const called = Object.entries(fleet.labels).filter(([role, label]) => role !== label);
  return (
    <Facts
      facts={[
        ["Project", project],
        ["Clusters", String(fleet.clusters.length)],
        ["Environments", fleet.environments.map(({ title }) => title).join(", ")],
        ["Regions", regions.map(([region, clusters]) => `${region} (${clusters.length})`).join(", ")],
        ["Tenants", String(fleet.tenants.length)],
        ["Rules over all tenants", fleet.owner === undefined ? "" : `evaluated by ${fleet.owner}`],
        ["Labels", called.map(([role, label]) => `${role} is ${label}`).join(", ")],
      ]}
    />
  );
}
