import type { Cluster } from "../../../src/fleet/model.ts";
import type { PreviewFleet } from "../../bundle.ts";
import { ClusterRow } from "./cluster-row.tsx";
import { FleetTable } from "./fleet-table.tsx";

const columns = [
  "Cluster",
  "State",
  "Type",
  "Region",
  "Tenant",
  "Exporters",
  "Mesh",
  "Metrics agent",
  "Logs agent",
  "Nodes",
  "Pods",
] as const;

interface ClustersProps {
  readonly fleet: PreviewFleet;
  /** Only those that have all its words. */
  readonly text: string;
}

/** The clusters of each environment. */
export function Clusters({ fleet, text }: ClustersProps): JSX.Element {
  const shown = fleet.environments
    .map(({ name, title }) => ({
      name,
      title,
      all: fleet.clusters.filter(({ environment }) => environment === name).length,
      clusters: fleet.clusters.filter((cluster) => cluster.environment === name && matches(cluster, text)),
    }))
    .filter(({ clusters }) => clusters.length > 0);
  if (shown.length === 0) {
    return <p role="status">{`No cluster matches "${text}".`}</p>;
  }
  return (
    <FleetTable columns={columns} label="Clusters" numeric={["Nodes", "Pods"]}>
      {shown.map(({ name, title, clusters, all }) => (
        <tbody key={name}>
          <tr className="fleet-environment">
            <th scope="rowgroup" colSpan={columns.length}>
              {title}{" "}
              <span className="fleet-quiet">{clusters.length === all ? all : `${clusters.length} of ${all}`}</span>
            </th>
          </tr>
          {clusters.map((cluster) => (
            <ClusterRow key={cluster.name} cluster={cluster} />
          ))}
        </tbody>
      ))}
    </FleetTable>
  );
}

function matches(cluster: Cluster, text: string): boolean {
  const { name, region, state, type, tenant, mesh, metricsAgent, logsAgent, jobs } = cluster;
  const all = [name, region, state, type, tenant, mesh, metricsAgent, logsAgent, ...Object.keys(jobs)].join(" ");
  return text
    .toLowerCase()
    .split(/\s+/u)
    .every((word) => all.toLowerCase().includes(word));
}
