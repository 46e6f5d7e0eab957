import type { Cluster } from "../../../src/fleet/model.ts";
import type { PreviewBundle } from "../../bundle.ts";
import { counted } from "../numbers.ts";
import { sourcesUsed } from "./sources-used.ts";
import { grouped } from "../grouped.ts";

/** One box of the picture. */
export interface FlowNode {
  readonly id: string;
  readonly title: string;
  readonly lines: readonly string[];
  readonly href?: string;
  /** What makes it different from its like. */
  readonly mark?: string;
}

/** Data that goes from one box to another; `rules` are evaluated across tenants. */
export interface FlowEdge {
  readonly from: string;
  readonly to: string;
  readonly kind: "data" | "rules";
}

export interface FlowColumn {
  readonly title: string;
  readonly nodes: readonly FlowNode[];
}

/** Which way metrics, logs and traces go: from clusters over tenants and data sources to boards. */
export interface Flow {
  readonly columns: readonly FlowColumn[];
  readonly edges: readonly FlowEdge[];
}

/** More boxes than this in a column can't be read: then one stands for each environment. */
const most = 12;

export function flowOf(bundle: PreviewBundle): Flow {
  const { fleet } = bundle;
  const shown = fleet.clusters.filter(({ state }) => state !== "retired");
  const clusterId = shown.length > most ? byEnvironment("clusters") : ({ name }: Cluster): string => `cluster ${name}`;
  const tenantId =
    fleet.tenants.length > most ? byEnvironment("tenants") : ({ tenant }: Cluster): string => `tenant ${tenant}`;
  const tenantIds = new Map(shown.map((cluster) => [cluster.tenant, tenantId(cluster)]));
  const sources = sourceNodes(bundle);
  const folders = folderNodes(bundle, sources);
  return {
    columns: [
      { title: "Clusters", nodes: clusterNodes(bundle, grouped(shown, clusterId)) },
      { title: "Tenants", nodes: tenantNodes(bundle, grouped(shown, tenantId)) },
      { title: "Data sources", nodes: sources.map(({ node }) => node) },
      { title: "Boards", nodes: folders.map(({ node }) => node) },
    ],
    edges: distinct([
      ...shown.map((cluster) => edge(clusterId(cluster), tenantId(cluster))),
      ...sources.flatMap(({ node, tenants }) =>
        tenants.flatMap((tenant) => {
          const from = tenantIds.get(tenant);
          return from === undefined ? [] : [edge(from, node.id)];
        }),
      ),
      ...folders.flatMap(({ node, uses }) =>
        sources.filter(({ uids }) => uids.some((uid) => uses.has(uid))).map((source) => edge(source.node.id, node.id)),
      ),
      ...rulesEdges(bundle, tenantIds),
    ]),
  };
}

function edge(from: string, to: string, kind: FlowEdge["kind"] = "data"): FlowEdge {
  return { from, to, kind };
}

function distinct(edges: readonly FlowEdge[]): FlowEdge[] {
  return [...new Map(edges.map((each) => [`${each.from}|${each.to}|${each.kind}`, each])).values()];
}

function byEnvironment(what: string): (cluster: Cluster) => string {
  return ({ environment }) => `${what} of ${environment}`;
}

function clusterNodes({ fleet }: PreviewBundle, groups: ReadonlyMap<string, readonly Cluster[]>): FlowNode[] {
  return [...groups].map(([id, clusters]) => {
    const [first] = clusters;
    const agents = tally(clusters.flatMap((cluster) => [cluster.metricsAgent, cluster.logsAgent]));
    if (first !== undefined && id === `cluster ${first.name}`) {
      return {
        id,
        title: first.name,
        lines: [agents.map(([agent]) => agent).join(", ")],
        ...(first.state !== "active" && { mark: first.state }),
      };
    }
    const title = fleet.environments.find(({ name }) => name === first?.environment)?.title ?? "";
    const lines = [counted(clusters.length, "cluster"), agents.map(([agent, count]) => `${agent} ${count}`).join(", ")];
    return { id, title, lines };
  });
}

function tenantNodes({ fleet, rules }: PreviewBundle, groups: ReadonlyMap<string, readonly Cluster[]>): FlowNode[] {
  return [...groups].map(([id, clusters]) => {
    const tenants = [...new Set(clusters.map(({ tenant }) => tenant))];
    const [only] = tenants;
    const count = rules
      .filter(({ tenant }) => tenants.includes(tenant))
      .reduce((sum, { group }) => sum + group.rules.length, 0);
    const environment = fleet.environments.find(({ name }) => name === clusters[0]?.environment)?.title ?? "";
    const owns = fleet.owner !== undefined && tenants.includes(fleet.owner);
    return {
      id,
      title: id === `tenant ${only}` && only !== undefined ? only : environment,
      lines: [...(id === `tenant ${only}` ? [] : [counted(tenants.length, "tenant")]), counted(count, "rule")],
      ...(tenants.length === 1 && only !== undefined && { href: `/rules?tenant=${encodeURIComponent(only)}` }),
      ...(owns && fleet.tenants.length > 1 && { mark: "rules over all tenants" }),
    };
  });
}

interface SourceNode {
  readonly node: FlowNode;
  readonly tenants: readonly string[];
  readonly uids: readonly string[];
}

/** Data sources that read the same tenants are one box. */
function sourceNodes({ sources, fleet }: PreviewBundle): SourceNode[] {
  const groups = grouped(sources, ({ tenants }) => [...tenants].sort().join("|"));
  const order = fleet.tenants.map(({ id }) => id);
  const place = ([, [first]]: readonly [string, readonly { readonly tenants: readonly string[] }[]]): number =>
    first === undefined || first.tenants.length !== 1 ? -1 : order.indexOf(first.tenants[0] ?? "");
  // The widest first, the others beside their tenants.
  const sorted = [...groups].toSorted((a, b) => place(a) - place(b));
  return sorted.map(([key, members]) => {
    const tenants = members[0]?.tenants ?? [];
    const all = tenants.length > 1 && tenants.length === fleet.tenants.length;
    return {
      tenants,
      uids: members.map(({ uid }) => uid),
      node: {
        id: `sources ${key}`,
        title: all
          ? "All tenants"
          : tenants.length === 0
            ? "No tenant"
            : tenants.length > 3
              ? counted(tenants.length, "tenant")
              : tenants.join(", "),
        lines: members.map(({ name }) => name),
      },
    };
  });
}

interface FolderNode {
  readonly node: FlowNode;
  readonly uses: ReadonlySet<string>;
}

/** In the order of the data sources that they read, so that few lines cross. */
function folderNodes({ boards }: PreviewBundle, sources: readonly SourceNode[]): FolderNode[] {
  const folders = [...grouped(boards, ({ folder }) => folder)].map(([folder, members]) => ({
    uses: new Set(members.flatMap(({ dashboard }) => [...sourcesUsed(dashboard)])),
    node: {
      id: `folder ${folder}`,
      title: folder,
      lines: [counted(members.length, "board")],
      href: `/?q=${encodeURIComponent(folder)}`,
    },
  }));
  const place = ({ uses }: FolderNode): number => {
    const used = sources.flatMap(({ uids }, at) => (uids.some((uid) => uses.has(uid)) ? [at] : []));
    return used.reduce((sum, at) => sum + at, 0) / (used.length || 1);
  };
  return folders.toSorted((a, b) => place(a) - place(b));
}

/** The owner's ruler reads the other tenants' data. */
function rulesEdges({ fleet, rules }: PreviewBundle, tenantIds: ReadonlyMap<string, string>): FlowEdge[] {
  const reading = rules.flatMap(({ tenant, group }) =>
    (group.source_tenants ?? []).filter((each) => each !== tenant).map((from) => ({ from, to: tenant })),
  );
  return fleet.owner === undefined
    ? []
    : reading.flatMap(({ from, to }) => {
        const [start, end] = [tenantIds.get(from), tenantIds.get(to)];
        return start === undefined || end === undefined || start === end ? [] : [edge(start, end, "rules")];
      });
}

/** How often each is there, the most frequent first. */
function tally(names: readonly string[]): [string, number][] {
  const counts = grouped(
    names.filter((name) => name !== "none"),
    (name) => name,
  );
  return [...counts].map(([name, all]): [string, number] => [name, all.length]).toSorted((a, b) => b[1] - a[1]);
}
