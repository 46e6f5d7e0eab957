import type { Cluster } from "../../../src/fleet/model.ts";
import { counted } from "../numbers.ts";

/** One cluster; its exporters and their jobs fold out. */
export function ClusterRow({ cluster }: { readonly cluster: Cluster }): JSX.Element {
  const { name, state, type, region, tenant, jobs, mesh, metricsAgent, logsAgent, nodes, pods } = cluster;
  const exporters = Object.entries(jobs);
  return (
    <tr>
      <th scope="row">{name}</th>
      <td>
        <span className={`fleet-state fleet-${state}`}>{state}</span>
      </td>
      <td>{type}</td>
      <td>{region}</td>
      <td>{tenant}</td>
      <td>
        <details>
          <summary>{counted(exporters.length, "exporter")}</summary>
          <ul className="fleet-jobs">
            {exporters.map(([exporter, job]) => (
              <li key={exporter}>
                {exporter}{" "}
                <span className="fleet-quiet">{job === "" ? "sends by itself" : job === exporter ? "" : job}</span>
              </li>
            ))}
          </ul>
        </details>
      </td>
      <td>{mesh}</td>
      <td>{metricsAgent}</td>
      <td>{logsAgent}</td>
      <td className="fleet-number">{nodes.min === nodes.max ? nodes.min : `${nodes.min}–${nodes.max}`}</td>
      <td className="fleet-number">{pods.toLocaleString("en-US")}</td>
    </tr>
  );
}
