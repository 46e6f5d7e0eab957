import { MappingType, type ValueMapping } from "@grafana/grafana-foundation-sdk/dashboard";
import { hole, type PlaceRole, placeRoles } from "../labels.ts";
import { type Link, neutral, type Thresholds } from "../panels/panel.ts";
import { byList, type Match, promql, type Query, select } from "../queries/query.ts";
import { namespacePods } from "../recording/namespaces.ts";
import type { BoardVariable } from "./board.ts";
import { filter, ofRow, toBoard } from "./filter.ts";

// What the boards of one thing (a cluster, a namespace, a workload, a pod, a node, a service) have in common.

/** As many rows as anyone reads; of more than these the worst. */
const shown = 50;

/** The highest of it, at one moment: for tables. */
export function highest<L extends string>(query: Query<L>, many: number = shown): Query<L> {
  return { ...query, ...promql({ unit: query.unit, labels: query.labels })`topk(${many}, ${query})` };
}

/** The lowest of it, at one moment: for tables. */
export function lowest<L extends string>(query: Query<L>, many: number = shown): Query<L> {
  return { ...query, ...promql({ unit: query.unit, labels: query.labels })`bottomk(${many}, ${query})` };
}

/** A log query of what the reader chose. Loki wants one matcher that not everything passes; "all" of a place passes everything. */
export function lines(where: string = "", pipeline: string = ""): string {
  const chosen = placeRoles.map((role) => `${hole(role)}=~"$${role}"`);
  const matchers = [`${hole("cluster")}=~".+"`, ...chosen, ...(where === "" ? [] : [where])];
  return `{${matchers.join(", ")}}${pipeline}`;
}

/** Loki finds the level of each line by itself. */
export const errorsOnly = ` | detected_level=~"error|critical|fatal"`;

/**
 * What Kubernetes says of its objects, as the Collector's `k8s_events` receiver writes it: the namespace and the object are
 * with the line and not in the index. Source: open-telemetry/opentelemetry-collector-contrib receiver/k8seventsreceiver.
 */
export const eventsOnly = ` | k8s_event_name!=""`;

/** Of a table whose columns have each their own. */
export const own: Thresholds = neutral("each column has its own");

/** Words for a condition that is 1 or 0. */
export function yesOrNo(yes: string, no: string): readonly ValueMapping[] {
  return [
    {
      type: MappingType.ValueToText,
      options: { "1": { text: yes, index: 0 }, "0": { text: no, index: 1 } },
    },
  ];
}

export const clusterKey = { label: "cluster", title: "Cluster" } as const;

/** Namespaces of the chosen clusters, of a series for each; it is there also where nothing tells which there are. */
export const namespaceVariable: BoardVariable = {
  name: "namespace",
  title: "Namespace",
  label: "namespace",
  of: select(namespacePods, filter),
  optional: true,
};

/** What the reader chose, namespace and all. */
export const inNamespace: { readonly [L in PlaceRole | "namespace"]: Match } = {
  ...filter,
  namespace: { matches: "$namespace" },
};

/** As a matcher of LogQL: the name under which Loki indexes OTLP's `k8s.namespace.name`. */
export const namespaceLines = `k8s_namespace_name=~"$namespace"`;

/** The same line of each cluster, under a name that says what it is. */
export function line(name: string, query: Query): Query {
  return { ...query, legend: `{{${hole("cluster")}}} ${name}` };
}

export const intoNode: Link = toBoard("node", "Open this node", { cluster: ofRow("Cluster"), node: ofRow("Node") });

export const intoNamespace: Link = toBoard("namespace", "Open this namespace", {
  cluster: ofRow("Cluster"),
  namespace: ofRow("Namespace"),
});

export const intoPod: Link = toBoard("pod", "Open this pod", {
  cluster: ofRow("Cluster"),
  namespace: ofRow("Namespace"),
  pod: ofRow("Pod"),
});

export const intoWorkload: Link = toBoard("workload", "Open this workload", {
  cluster: ofRow("Cluster"),
  namespace: ofRow("Namespace"),
  workload: ofRow("Workload"),
});

/** What names a pod and a container within a tenant: to join by. */
export const samePod: string = byList(["cluster", "namespace", "pod"]);
export const sameContainer: string = byList(["cluster", "namespace", "pod", "container"]);

/** Columns of tables that are sent along by a click. */
export const namespaceKey = { label: "namespace", title: "Namespace" } as const;
export const podKey = { label: "pod", title: "Pod" } as const;
