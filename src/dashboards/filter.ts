import type { PlaceRole } from "../labels.ts";
import type { Link } from "../panels/panel.ts";
import { hole, labelName, placeRoles } from "../labels.ts";
import type { Match } from "../queries/query.ts";

/** The board's variables as matchers: what a reader filters by is what every query obeys. */
export const filter: { readonly [R in PlaceRole]: Match } = {
  environment: { matches: "$environment" },
  region: { matches: "$region" },
  cluster: { matches: "$cluster" },
};

/** The value of a label of the series that was clicked. */
export function ofSeries(label: string): string {
  return `\${__field.labels.${labelName(label)}}`;
}

/** The value in the clicked row of a table, in the column of that title. */
export function ofRow(column: string): string {
  return /^\w+$/u.test(column) ? `\${__data.fields.${column}}` : `\${__data.fields["${column}"]}`;
}

/**
 * Another board of the same view, at the same time and with the same filters, narrowed to what was clicked.
 * @param narrowed by variable of the other board: where its value comes from
 */
export function toBoard(uid: string, title: string, narrowed: Readonly<Record<string, string>> = {}): Link {
  return link(hole(`sibling:${uid}`), title, narrowed);
}

/** The same board, narrowed to the cluster that was clicked, at the same time. */
export const thisCluster: Link = link("${__dashboard.uid}", "Show only this cluster", { cluster: ofSeries("cluster") });

/** The same from a cell of a table whose column of that title holds the cluster. */
export const thisRowsCluster: Link = link("${__dashboard.uid}", "Show only this cluster", {
  cluster: ofRow("Cluster"),
});

function link(board: string, title: string, narrowed: Readonly<Record<string, string>>): Link {
  const own = Object.entries(narrowed).map(([variable, value]) => `var-${variable}=${value}`);
  const kept = placeRoles.filter((role) => narrowed[role] === undefined).map((role) => `\${${role}:queryparam}`);
  return { title, url: `/d/${board}?${[...own, ...kept, "${__url_time_range}"].join("&")}` };
}
