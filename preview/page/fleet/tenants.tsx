import type { PreviewBundle } from "../../bundle.ts";
import { counted } from "../numbers.ts";
import { PlainLink } from "../plain-link.tsx";
import { FleetTable } from "./fleet-table.tsx";

/** More names than this are counted. */
const few = 4;

/** Whose data are kept apart, who reads them, and which rules live with them. */
export function Tenants({ bundle: { fleet, sources, rules } }: { readonly bundle: PreviewBundle }): JSX.Element {
  return (
    <FleetTable columns={["Tenant", "Clusters", "Data sources", "Rules"]} label="Tenants">
      <tbody>
        {fleet.tenants.map(({ id, clusters }) => {
          const groups = rules.filter(({ tenant }) => tenant === id);
          const count = groups.reduce((sum, { group }) => sum + group.rules.length, 0);
          return (
            <tr key={id}>
              <th scope="row">
                {id}
                {fleet.owner === id && fleet.tenants.length > 1 && (
                  <div className="fleet-quiet">evaluates the rules over all</div>
                )}
              </th>
              <td>
                {listed(
                  clusters.map(({ name }) => name),
                  "cluster",
                )}
              </td>
              <td>
                {sources
                  .filter(({ tenants }) => tenants.includes(id))
                  .map(({ name }) => name)
                  .join(", ")}
              </td>
              <td>
                <PlainLink href={`/rules?tenant=${encodeURIComponent(id)}`}>
                  {`${counted(count, "rule")} in ${counted(groups.length, "group")}`}
                </PlainLink>
              </td>
            </tr>
          );
        })}
      </tbody>
    </FleetTable>
  );
}

function listed(names: readonly string[], what: string): string {
  return names.length > few ? counted(names.length, what) : names.join(", ");
}
