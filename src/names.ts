import { boardUid } from "./dashboards/board.ts";
import { type View, viewsOf } from "./datasources/views.ts";
import type { Cluster, Fleet } from "./fleet/model.ts";
import { type Exporter, exporters, fill, type HoleName, isRole, type Role } from "./labels.ts";

/** Where a text will stand: it decides which jobs, clusters and sources its holes mean. */
export interface Scope {
  readonly clusters: readonly Cluster[];
  readonly tenant?: string;
  readonly view?: View;
  /** The cluster of a rule that is written once per cluster. */
  readonly cluster?: Cluster;
}

/**
 * Crosses from builders to plain JSON, once: drops the SDK's marker methods and fills every hole, in keys and in values.
 * @throws {Error} where a hole has no meaning in this scope.
 */
export function plain<T>(value: T, fleet: Fleet, project: string, scope: Scope): T {
  // Filled as text: what is inside quotes stays so.
  const filled = fill(JSON.stringify(value), (name) =>
    JSON.stringify(nameOf(name, fleet, project, scope)).slice(1, -1),
  );
  return JSON.parse(filled) as T;
}

function nameOf(name: HoleName, fleet: Fleet, project: string, scope: Scope): string {
  if (isRole(name)) return fleet.labels[name];
  const [kind, of = ""] = name.split(/:(.*)/su);
  switch (kind) {
    case "job":
      return jobs(of, scope.clusters);
    case "clusters":
      if (of === "fixed") return clustersOf(scope.clusters, ({ nodes }) => nodes.min === nodes.max);
      if (of === "logs") return clustersOf(scope.clusters, ({ logsAgent }) => logsAgent !== "none");
      return clustersWith(of as Exporter, scope.clusters);
    case "promotion":
      return promotion(of as "last" | "before", fleet);
    case "its":
      return its(of as Role | "state" | "tenant", fleet, present(scope.cluster, name));
    case "source":
      return present(present(scope.view, name).sources[of as "metrics"], name);
    case "grafana":
      return (viewFor(fleet, scope)?.grafana ?? fleet.grafana).url;
    case "board":
      return boardFor(of, fleet, scope);
    case "organisation":
      return organisationFor(fleet, scope);
    case "sibling":
      return boardUid(of, present(scope.view, name));
    case "runbook":
      return runbook(of, fleet);
    case "currency":
      return currencyUnit(fleet.currency);
    case "tenant":
      return present(scope.tenant, name);
    case "project":
      return project;
    case "ruler-namespace":
      return `fleetglass-${project}`;
    default:
      throw new Error(`nobody knows the hole ${name}`);
  }
}

function present<T>(value: T | undefined, hole: string): T {
  if (value === undefined) throw new Error(`the hole ${hole} has no meaning here`);
  return value;
}

function its(label: Role | "state" | "tenant", fleet: Fleet, cluster: Cluster): string {
  const values: Readonly<Record<Role | "state" | "tenant", string>> = {
    cluster: cluster.name,
    environment: cluster.environment,
    region: cluster.region,
    cluster_type: cluster.type,
    tenant_id: fleet.name,
    state: cluster.state,
    tenant: cluster.tenant,
  };
  return values[label];
}

/** Where all have it, no list: then a new cluster changes no rule but its own. */
function clustersWith(exporter: Exporter, clusters: readonly Cluster[]): string {
  const having = clusters.filter(({ jobs: running }) => running[exporter] !== undefined);
  return having.length === clusters.length ? ".+" : anyOf(having.map(({ name }) => name));
}

function clustersOf(clusters: readonly Cluster[], which: (cluster: Cluster) => boolean): string {
  return anyOf(clusters.filter(which).map(({ name }) => name));
}

function promotion(which: "last" | "before", { environments }: Fleet): string {
  const workloads = environments.filter(({ workload }) => workload);
  return present(workloads.at(which === "last" ? -1 : -2), `promotion:${which}`).name;
}

/** One target a cluster is enough to see that it reports; the API server's may be out of reach in managed clusters. */
const heartbeats: readonly Exporter[] = ["kube-state-metrics", "kube-apiserver", "kubelet", "node-exporter"];

function jobs(of: string, clusters: readonly Cluster[]): string {
  if (of === "any") return anyOf(clusters.flatMap(({ jobs: running }) => Object.values(running)));
  if (of !== "heartbeat") return anyOf(clusters.flatMap(({ jobs: running }) => running[of as Exporter] ?? []));
  return anyOf(
    clusters.flatMap(({ jobs: running }) => {
      const beat = [...heartbeats, ...exporters].find((exporter) => running[exporter]);
      return (beat && running[beat]) ?? [];
    }),
  );
}

/** A regular expression for exactly these, inside a double-quoted PromQL string. */
function anyOf(values: readonly string[]): string {
  return [...new Set(values)]
    .filter((value) => value !== "")
    .toSorted()
    .map((value) => value.replaceAll(/[\\^$.*+?()[\]{}|]/gu, String.raw`\\$&`).replaceAll('"', String.raw`\"`))
    .join("|");
}

/** Currencies that Grafana has a unit for; others are shown with their code. */
const grafanaCurrencies: ReadonlySet<string> = new Set([
  "BRL",
  "CHF",
  "CZK",
  "DKK",
  "EUR",
  "GBP",
  "HUF",
  "IDR",
  "INR",
  "ISK",
  "JPY",
  "KRW",
  "MYR",
  "NOK",
  "PHP",
  "PLN",
  "RUB",
  "SEK",
  "TRY",
  "TWD",
  "UAH",
  "USD",
  "VND",
  "ZAR",
]);

function currencyUnit(code: string): string {
  return grafanaCurrencies.has(code) ? `currency${code}` : `currency:${code} `;
}

/** `{alert}` in the fleet's address is where the name goes; else it goes to the end. */
function runbook(alert: string, { runbooks }: Fleet): string {
  if (runbooks === undefined) return "";
  return runbooks.includes("{alert}") ? runbooks.replaceAll("{alert}", alert) : `${runbooks}/${alert}`;
}

/** The view that can show what a scope is about: that of all, else that of its environment. */
function viewFor(fleet: Fleet, { clusters }: Scope): View | undefined {
  const views = viewsOf(fleet, "");
  const [widest] = views;
  const [first] = clusters;
  const own = views.find((view) => view.audience === "environment" && first && view.clusters.includes(first));
  return widest?.audience === "sre" ? widest : (own ?? widest);
}

function boardFor(uid: string, fleet: Fleet, scope: Scope): string {
  const view = viewFor(fleet, scope);
  return view ? boardUid(uid, view) : uid;
}

/** Grafana's own word for it in an address. */
function organisationFor(fleet: Fleet, scope: Scope): string {
  const { organisation } = viewFor(fleet, scope)?.grafana ?? fleet.grafana;
  return organisation === 1 ? "" : `&orgId=${organisation}`;
}
