import type { Cluster } from "../../../src/fleet/model.ts";
import { FleetTable } from "./fleet-table.tsx";
import { grouped } from "../grouped.ts";

/** Names of so few clusters are read; of more, how many they are. */
const few = 6;

/** Which exporters run, under which job, and where. */
export function Exporters({ clusters }: { readonly clusters: readonly Cluster[] }): JSX.Element {
  const expected = clusters.filter(({ state }) => state !== "retired");
  const installed = expected.flatMap((cluster) =>
    Object.entries(cluster.jobs).map(([exporter, job]) => ({ exporter, job, cluster })),
  );
  const order = [...new Set(installed.map(({ exporter }) => exporter))];
  installed.sort((a, b) => order.indexOf(a.exporter) - order.indexOf(b.exporter));
  const rows = [...grouped(installed, ({ exporter, job }) => `${exporter} ${job}`).values()];
  return (
    <FleetTable columns={["Exporter", "Job", "Clusters"]} label="Exporters">
      <tbody>
        {rows.map((same) => {
          const [first] = same;
          return (
            first && (
              <tr key={`${first.exporter} ${first.job}`}>
                <th scope="row">{first.exporter}</th>
                <td>
                  {first.job === "" ? <span className="fleet-quiet">sends by itself</span> : <code>{first.job}</code>}
                </td>
                <td>
                  {where(
                    same.map(({ cluster }) => cluster.name),
                    expected.map(({ name }) => name),
                  )}
                </td>
              </tr>
            )
          );
        })}
      </tbody>
    </FleetTable>
  );
}

/** In the fewest words. */
function where(names: readonly string[], all: readonly string[]): string {
  const missing = all.filter((name) => !names.includes(name));
  if (missing.length === 0) {
    return `all ${all.length}`;
  }
  if (names.length <= few) {
    return names.join(", ");
  }
  return missing.length <= few ? `all but ${missing.join(", ")}` : `${names.length} of ${all.length}`;
}
