import { managed, type Resource, uidOf } from "../bundle.ts";
import { boardUid } from "../dashboards/board.ts";
import { type View, viewsOf } from "../datasources/views.ts";
import type { Cluster, Fleet, Receiver, Tenant } from "../fleet/model.ts";
import { doorsOf } from "../infra/place.ts";
import { isOwn } from "../infra/release.ts";
import type { Project } from "../project.ts";
import type { Column, Edge, Graph, Node } from "./graph.ts";

/**
 * The way of a sample through the fleet: the clusters of each environment with the agents that read them, the door that lets each
 * into its tenant and no other, what reads the tenant (data sources and rulers), the boards that people of a view see, and
 * who tells them.
 */
export function fleetGraph(project: Project, resources: readonly Resource[]): Graph {
  const { fleet } = project;
  const content = managed(resources, project);
  const columns = [
    clusters(fleet),
    doors(fleet),
    tenants(fleet),
    reading(project, content),
    looking(project, content),
  ].flatMap((part) => (part ? [part] : []));
  const ids = new Set(columns.flatMap(({ column }) => column.groups.flatMap(({ nodes }) => nodes.map(({ id }) => id))));
  return {
    title: fleet.title,
    columns: columns.map(({ column }) => column),
    edges: columns.flatMap(({ edges }) => edges).filter(({ from, to }) => ids.has(from) && ids.has(to)),
  };
}

/** A column, and the edges that lead into it. */
interface Part {
  readonly column: Column;
  readonly edges: readonly Edge[];
}

const agents = {
  "prometheus-agent": "Prometheus agent",
  alloy: "Alloy",
  "otel-collector": "OpenTelemetry Collector",
  promtail: "Promtail",
} as const;

function clusters(fleet: Fleet): Part {
  const own = isOwn(fleet);
  const groups = fleet.environments.flatMap(({ name, title }) => {
    const here = fleet.clusters.filter(({ environment, state }) => environment === name && state !== "retired");
    const nodes = here.map((cluster) => clusterNode(cluster, own));
    return nodes.length === 0 ? [] : [{ id: `environment-${name}`, title, nodes }];
  });
  return { column: { title: "Clusters and their agents", groups }, edges: [] };
}

/** Where the agents are ours, a Collector takes what applications send, whatever else runs there. */
function clusterNode({ name, region, provider, state, metricsAgent, logsAgent }: Cluster, own: boolean): Node {
  const used = [
    agents[metricsAgent],
    ...(logsAgent === "none" ? [] : [agents[logsAgent]]),
    ...(own ? [agents["otel-collector"]] : []),
  ];
  return {
    id: `cluster-${name}`,
    title: name,
    lines: [
      [region, provider, ...(state === "active" ? [] : [state])].filter((part) => part !== "").join(", "),
      ...new Set(used),
    ],
    ...(state !== "active" && { faint: true }),
  };
}

/** One door for each backend; to show which of its rules lets whom in, a box for each tenant. */
function doors(fleet: Fleet): Part | undefined {
  if (!isOwn(fleet)) return undefined;
  const backends = doorsOf(fleet);
  if (backends.length === 0) return undefined;
  const nodes = fleet.tenants
    .filter((tenant) => writing(tenant).length > 0)
    .map((tenant): Node => ({
      id: `door-${tenant.id}`,
      title: `may push to ${tenant.id}`,
      lines: [
        writing(tenant).length === 1 ? "one cluster" : `${writing(tenant).length} clusters, each by its own credential`,
      ],
    }));
  return {
    column: {
      title: "Gateway",
      groups: [{ id: "doors", title: `Doors of ${backends.join(", ")}`, nodes }],
    },
    edges: fleet.clusters.map(({ name, tenant }) => ({ from: `cluster-${name}`, to: `door-${tenant}` })),
  };
}

function writing({ clusters }: Tenant): Cluster[] {
  return clusters.filter(({ state }) => state !== "retired");
}

function tenants(fleet: Fleet): Part {
  const { metrics, logs, traces } = fleet.backends;
  const own = isOwn(fleet) && doorsOf(fleet).length > 0;
  const nodes = fleet.tenants.map(({ id, retention }): Node => ({
    id: `tenant-${id}`,
    title: id,
    lines: [
      `metrics for ${retention.metrics}`,
      ...(logs ? [`logs for ${retention.logs}`] : []),
      ...(traces ? [`traces for ${retention.traces}`] : []),
    ],
  }));
  const names = [metrics, logs, traces].flatMap((backend) => (backend ? [backend.title] : []));
  return {
    column: { title: "Tenants", groups: [{ id: "tenants", title: names.join(", "), nodes }] },
    edges: own
      ? fleet.tenants.map(({ id }) => ({ from: `door-${id}`, to: `tenant-${id}` }))
      : fleet.clusters.map(({ name, tenant }) => ({ from: `cluster-${name}`, to: `tenant-${tenant}` })),
  };
}

function reading({ fleet, name, theirs }: Project, resources: readonly Resource[]): Part {
  const views = viewsOf(fleet, theirs?.name ?? name);
  const titles = new Map(
    resources.flatMap((one) => (one.kind === "datasource" ? [[one.id, one.spec.name] as const] : [])),
  );
  const sources = [...new Map(views.map((view) => [sourceId(view), view])).values()];
  const groups = resources.flatMap((one) => (one.kind === "rule-group" ? [one] : []));
  const rulers = fleet.tenants.map(({ id }) => ({ id, own: groups.filter(({ at }) => at.tenant === id) }));
  const ruling = rulers.filter(({ own }) => own.length > 0);
  return {
    column: {
      title: "Data sources and rulers",
      groups: [
        {
          id: "sources",
          title: "Data sources",
          nodes: sources.map((view): Node => {
            const uids = Object.values(view.sources).flatMap((uid: string | undefined) =>
              uid === undefined ? [] : [uid],
            );
            return {
              id: sourceId(view),
              title: view.audience === "sre" ? "All tenants" : tenantsOf(fleet, view).join(", "),
              lines: uids.map((uid) => titles.get(uid) ?? uid),
            };
          }),
        },
        {
          id: "rulers",
          title: "Rulers",
          nodes: ruling.map(({ id, own }): Node => {
            const rules = own.flatMap(({ spec }) => spec.rules);
            const alerting = rules.filter((rule) => "alert" in rule).length;
            return {
              id: `ruler-${id}`,
              title: `rules of ${id}`,
              lines: [
                `${rules.length - alerting} recording, ${alerting} alerting`,
                ...(own.some(federated) ? ["some read all tenants"] : []),
              ],
            };
          }),
        },
      ].filter(({ nodes }) => nodes.length > 0),
    },
    edges: [
      ...sources.flatMap((view) =>
        tenantsOf(fleet, view).map((tenant) => ({ from: `tenant-${tenant}`, to: sourceId(view) })),
      ),
      ...ruling.flatMap(({ id, own }): Edge[] => [
        { from: `tenant-${id}`, to: `ruler-${id}` },
        ...[...new Set(own.flatMap(({ spec }) => spec.source_tenants ?? []))]
          .filter((tenant) => tenant !== id)
          .map((tenant) => ({ from: `tenant-${tenant}`, to: `ruler-${id}`, aside: true }) as const),
      ]),
    ],
  };
}

function federated({ spec }: { readonly spec: { readonly source_tenants?: readonly string[] } }): boolean {
  return (spec.source_tenants ?? []).length > 0;
}

/** Views that read the same share a box. */
function sourceId({ sources: { metrics } }: View): string {
  return `sources-${metrics}`;
}

function tenantsOf({ tenants }: Fleet, { audience, clusters }: View): string[] {
  const own = new Set(clusters.map(({ tenant }) => tenant));
  return tenants.map(({ id }) => id).filter((id) => audience === "sre" || own.has(id));
}

const notifiers = { alertmanager: "Alertmanager", mimir: "Mimir's Alertmanager", grafana: "Grafana" } as const;

function looking({ fleet, name, theirs, dashboards }: Project, resources: readonly Resource[]): Part | undefined {
  const folders = new Map(
    resources.flatMap((one) => (one.kind === "folder" ? [[one.spec.slug, one.spec.title] as const] : [])),
  );
  const published = new Set(resources.flatMap((one) => (one.kind === "dashboard" ? [one.id] : [])));
  const shown = viewsOf(fleet, theirs?.name ?? name).map((view) => ({
    view,
    // Where the folders are somebody else's.
    title: folders.get(view.id) ?? view.title,
    boards: dashboards.filter((board) => published.has(boardUid(uidOf(board), view))).length,
  }));
  const { notifier } = fleet;
  const groups = [
    {
      id: "views",
      title: "Grafana",
      nodes: shown
        .filter(({ boards }) => boards > 0)
        .map(({ view, title, boards }): Node => ({
          id: `view-${view.id}`,
          title,
          lines: [boards === 1 ? "1 board" : `${boards} boards`],
        })),
    },
    {
      id: "told",
      title: "Who is told",
      nodes:
        notifier === "none"
          ? []
          : [
              {
                id: "notifier",
                title: notifiers[notifier],
                lines: [...new Set(fleet.alerting.receivers.map(receiverLine))],
              },
            ],
    },
  ].filter(({ nodes }) => nodes.length > 0);
  if (groups.length === 0) return undefined;
  return {
    column: { title: "People", groups },
    edges: [
      ...shown.map(({ view }) => ({ from: sourceId(view), to: `view-${view.id}` })),
      ...fleet.tenants.map(({ id }) => ({ from: `ruler-${id}`, to: "notifier" })),
    ],
  };
}

function receiverLine(receiver: Receiver): string {
  switch (receiver.kind) {
    case "slack":
      return `Slack ${receiver.channel}`;
    case "pagerduty":
      return "PagerDuty";
    case "teams":
      return "Teams";
    case "webhook":
      return "Webhook";
    case "heartbeat":
      return "Heartbeat, outside the stack";
    case "email":
      return `Mail to ${receiver.to}`;
  }
}
