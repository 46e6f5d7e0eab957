import type { PlaceRole } from "../labels.ts";
import type { Link } from "../panels/panel.ts";
import { hole } from "../labels.ts";
import type { Match } from "../queries/query.ts";

/** The board's variables as matchers: what a reader filters by is what every query obeys. */
export const filter: { readonly [R in PlaceRole]: Match } = {
  environment: { matches: "$environment" },
  region: { matches: "$region" },
  cluster: { matches: "$cluster" },
};

/** The same board, narrowed to the cluster that was clicked, at the same time. */
export const thisCluster: Link = narrowed(`\${__field.labels.${hole("cluster")}}`);

/** The same from a cell of a table whose column of that title holds the cluster. */
export const thisRowsCluster: Link = narrowed("${__data.fields.Cluster}");

function narrowed(cluster: string): Link {
  return {
    title: "Show only this cluster",
    url: `/d/\${__dashboard.uid}?var-cluster=${cluster}&\${environment:queryparam}&\${region:queryparam}&\${__url_time_range}`,
  };
}
