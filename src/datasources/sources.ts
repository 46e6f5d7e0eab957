import { secondsOf } from "../duration.ts";
import type { Backend, Duration, Fleet, Grafana } from "../fleet/model.ts";
import { FleetError } from "../fleet/problem.ts";
import { logsCorrelations, metricsCorrelations, type SourceUids, tracesCorrelations } from "./correlations.ts";

/** A Grafana data source, in the words of its provisioning file and of its HTTP API. */
export interface DataSource {
  readonly uid: string;
  readonly name: string;
  readonly type: "prometheus" | "loki" | "tempo" | "alertmanager";
  readonly access: "proxy";
  readonly url: string;
  readonly jsonData: Readonly<Record<string, unknown>>;
  readonly basicAuth?: true;
  readonly basicAuthUser?: string;
  /**
   * Tenant ids, which are names and no secrets: Grafana keeps the values of headers here. A password is a name here too, of
   * the variable that holds it.
   */
  readonly secureJsonData?: {
    readonly httpHeaderValue1?: string;
    readonly basicAuthPassword?: { readonly env: string };
  };
}

/** Grafana's own identity at the doors, and the variable that holds its password: of Grafana, and of whoever publishes. */
export const grafanaAtDoors = { user: "grafana.a", password: "GRAFANA_DOOR_PASSWORD" } as const;

/** What one data source reads: all tenants, those of an environment, or one of these where no query can read several. */
export interface Scope {
  /** `all`, `dev`, `dev-team-a`: part of keys and uids. */
  readonly id: string;
  readonly title: string;
  readonly environments: readonly string[];
  /** In the fleet's order. */
  readonly tenants: readonly string[];
}

/** Every data source that the fleet needs and does not have already. */
export function dataSourcesOf(fleet: Fleet, project: string): DataSource[] {
  const keys = keysOf(fleet);
  const unknown = Object.keys(fleet.dataSources).find((key) => !keys.includes(key));
  if (unknown !== undefined) {
    throw new FleetError([
      {
        path: ["dataSources", unknown],
        message: `this fleet has no such data source; it has ${keys.join(", ")}`,
        key: true,
      },
    ]);
  }
  const { metrics, logs, traces, prometheus, alertmanager } = fleet.backends;
  // Somebody else's are read under their own uids, which only the fleet can tell.
  const unnamed = scopesOf(fleet)
    .flatMap((scope) => [metrics, logs, traces].flatMap((backend) => (backend ? [keyOf(backend, scope)] : [])))
    .filter((key) => fleet.dataSources[key] === undefined);
  if (fleet.manage.includes("dashboards") && !fleet.manage.includes("datasources") && unnamed.length > 0) {
    throw new FleetError([
      {
        path: ["manage"],
        message: `leaves out datasources, so say which existing ones boards read: dataSources: { ${unnamed.map((key) => `${key}: { uid: …, manage: false }`).join(", ")} }`,
      },
    ]);
  }
  const scoped = scopesOf(fleet).flatMap((scope): DataSource[] => [
    metricsSource(fleet, project, scope, metrics),
    ...(logs
      ? [source(fleet, project, scope, { backend: logs, type: "loki", json: logsJson(fleet, project, scope) })]
      : []),
    ...(traces
      ? [source(fleet, project, scope, { backend: traces, type: "tempo", json: tracesJson(fleet, project, scope) })]
      : []),
  ]);
  const central: DataSource[] = [
    ...(prometheus ? [single(fleet, project, prometheus, "prometheus", prometheusJson(fleet, all(fleet)))] : []),
    ...(alertmanager ? alertmanagerSources(fleet, project, alertmanager) : []),
  ];
  return [...scoped, ...central]
    .map((one) => withCredential(fleet, one))
    .filter(({ uid }) => !Object.values(fleet.dataSources).some((own) => own.uid === uid && !own.manage));
}

/** Where the infrastructure is ours there is a door before each backend that has one: without a password nobody comes in. */
function withCredential({ infrastructure, backends, notifier }: Fleet, source: DataSource): DataSource {
  const doors = [
    backends.metrics,
    backends.logs,
    backends.traces,
    ...(notifier === "mimir" ? [backends.alertmanager] : []),
  ].flatMap((backend) => (backend ? [new URL(backend.url).origin] : []));
  if (!infrastructure || !doors.includes(new URL(source.url).origin)) return source;
  const { user, password } = grafanaAtDoors;
  return {
    ...source,
    basicAuth: true,
    basicAuthUser: user,
    secureJsonData: { ...source.secureJsonData, basicAuthPassword: { env: password } },
  };
}

/** The data sources that a view's boards read. */
export function sourcesFor(fleet: Fleet, project: string, scope: Scope): SourceUids {
  const known = scopesOf(fleet).find(({ id }) => id === scope.id) ?? all(fleet);
  const { metrics, logs, traces } = fleet.backends;
  return {
    metrics: uidOf(fleet, project, keyOf(metrics, known)),
    ...(logs && { logs: uidOf(fleet, project, keyOf(logs, known)) }),
    ...(traces && { traces: uidOf(fleet, project, keyOf(traces, known)) }),
  };
}

/** May one query read everything? */
export function readsAll({ owner, tenants }: Fleet): boolean {
  return owner !== undefined || tenants.length === 1;
}

/** Everything. The owner of federated rules has no clusters, perhaps, but ALERTS. */
export function all({ environments, tenants }: Fleet): Scope {
  return {
    id: "all",
    title: "All Environments",
    environments: environments.map(({ name }) => name),
    tenants: tenants.map(({ id }) => id),
  };
}

/** Of each workload environment one, or one per tenant where no query can read several. */
export function environmentScopes(fleet: Fleet): Scope[] {
  return fleet.environments.flatMap(({ name, title, workload }): Scope[] => {
    const tenants = fleet.tenants
      .filter(({ clusters }) => clusters.some(({ environment }) => environment === name))
      .map(({ id }) => id);
    const scope = { id: name, title, environments: [name], tenants };
    if (!workload) return [];
    if (readsAll(fleet) || tenants.length < 2) return [scope];
    return tenants.map((tenant) => ({
      ...scope,
      id: `${name}-${tenant}`,
      title: `${title} ${tenant}`,
      tenants: [tenant],
    }));
  });
}

/** That of an environment; what reads several is in the first. */
export function grafanaOf({ environments, grafana }: Fleet, { environments: own }: Scope): Grafana {
  const found = environments.find(({ name }) => own.length === 1 && name === own[0]);
  return found?.grafana ?? grafana;
}

/** Every place where boards of the fleet live, the first before all others. */
export function grafanasOf({ environments, grafana }: Fleet): Grafana[] {
  const all = [grafana, ...environments.map((one) => one.grafana)];
  return all.filter((one, at) => all.findIndex((other) => isSame(other, one)) === at);
}

function isSame(a: Grafana, b: Grafana): boolean {
  return a.name === b.name && a.organisation === b.organisation;
}

/** Those with data sources of their own: `all`, and each whose tenants are not simply all there are. */
function scopesOf(fleet: Fleet): Scope[] {
  const own = environmentScopes(fleet).filter(({ tenants }) => tenants.length < fleet.tenants.length);
  return [...own, ...(readsAll(fleet) ? [all(fleet)] : [])];
}

/** Every key of ours, by which a fleet can name a data source that exists already. */
function keysOf(fleet: Fleet): string[] {
  const { metrics, logs, traces, prometheus, alertmanager } = fleet.backends;
  return [
    ...scopesOf(fleet).flatMap((scope) =>
      [metrics, logs, traces].flatMap((backend) => (backend ? [keyOf(backend, scope)] : [])),
    ),
    ...[prometheus, alertmanager].flatMap((backend) => (backend ? [backend.kind] : [])),
    ...(alertmanager && fleet.notifier === "mimir"
      ? singleTenantScopes(fleet).map((scope) => keyOf(alertmanager, scope))
      : []),
  ];
}

function keyOf(backend: Backend, scope: Scope): string {
  return `${backend.kind}-${scope.id}`;
}

/** A key is a name that people can write in the fleet; the uid says whose it is, too. */
function uidOf(fleet: Fleet, project: string, key: string): string {
  return fleet.dataSources[key]?.uid ?? `${project}-${key}`;
}

interface SourceOptions {
  readonly backend: Backend;
  readonly type: DataSource["type"];
  readonly json: Readonly<Record<string, unknown>>;
}

function source(fleet: Fleet, project: string, scope: Scope, { backend, type, json }: SourceOptions): DataSource {
  const scoped = fleet.tenantHeader !== undefined;
  return {
    uid: uidOf(fleet, project, keyOf(backend, scope)),
    name: `${backend.title}-${scope.title.replaceAll(" ", "-")}`,
    type,
    access: "proxy",
    url: backend.url,
    jsonData: { ...json, ...(scoped && { httpHeaderName1: fleet.tenantHeader }) },
    ...(scoped && { secureJsonData: { httpHeaderValue1: scope.tenants.join("|") } }),
  };
}

function metricsSource(fleet: Fleet, project: string, scope: Scope, backend: Backend): DataSource {
  const json = {
    ...prometheusJson(fleet, scope),
    ...((backend.kind === "mimir" || backend.kind === "grafana-cloud") && { prometheusType: "Mimir" }),
    // Grafana's own identity in Azure: no secret of ours.
    ...(backend.kind === "azure-managed" && { azureCredentials: { authType: "msi" } }),
    ...managesAlerts(scope),
    ...metricsCorrelations(sourcesFor(fleet, project, scope)),
  };
  return source(fleet, project, scope, { backend, type: "prometheus", json });
}

function logsJson(fleet: Fleet, project: string, scope: Scope): DataSource["jsonData"] {
  return { ...managesAlerts(scope), ...logsCorrelations(sourcesFor(fleet, project, scope)) };
}

function tracesJson(fleet: Fleet, project: string, scope: Scope): DataSource["jsonData"] {
  return tracesCorrelations(fleet, sourcesFor(fleet, project, scope));
}

/** The rulers' APIs refuse a request for several tenants, so Grafana must not offer their rules there. */
function managesAlerts({ tenants }: Scope): { readonly manageAlerts: boolean } {
  return { manageAlerts: tenants.length === 1 };
}

function prometheusJson(fleet: Fleet, scope: Scope): Readonly<Record<string, unknown>> {
  const clusters = fleet.clusters.filter(({ environment }) => scope.environments.includes(environment));
  return { httpMethod: "POST", timeInterval: slowest(clusters.map(({ scrapeInterval }) => scrapeInterval)) };
}

/** A backend that has one data source, whatever the environments. */
function single(
  fleet: Fleet,
  project: string,
  { kind, title, url }: Backend,
  type: DataSource["type"],
  jsonData: DataSource["jsonData"],
): DataSource {
  return { uid: uidOf(fleet, project, kind), name: title, type, access: "proxy", url, jsonData };
}

/**
 * Mimir's Alertmanager is one per tenant, and none sees another's alerts: each environment has a data source for its own,
 * and the one without an environment in its name is that of the owner of federated rules.
 */
function alertmanagerSources(fleet: Fleet, project: string, backend: Backend): DataSource[] {
  if (fleet.notifier !== "mimir" || fleet.backends.metrics.kind !== "mimir") {
    return [single(fleet, project, backend, "alertmanager", { implementation: "prometheus" })];
  }
  const implementation = "mimir";
  // Grafana adds /alertmanager itself where the implementation is Mimir's.
  const mimir = { ...backend, url: backend.url.replace(/\/alertmanager$/u, "") };
  if (fleet.tenantHeader === undefined) return [single(fleet, project, mimir, "alertmanager", { implementation })];
  const owner = fleet.owner ?? fleet.tenants[0]?.id ?? "";
  const header = { httpHeaderName1: fleet.tenantHeader };
  return [
    ...singleTenantScopes(fleet).map((scope) =>
      source(fleet, project, scope, { backend: mimir, type: "alertmanager", json: { implementation } }),
    ),
    {
      ...single(fleet, project, mimir, "alertmanager", { implementation, ...header }),
      secureJsonData: { httpHeaderValue1: owner },
    },
  ];
}

/** The environments whose alerts are all in one tenant's Alertmanager. */
function singleTenantScopes(fleet: Fleet): Scope[] {
  return scopesOf(fleet).filter(({ id, tenants }) => id !== "all" && tenants.length === 1);
}

/** Grafana derives `$__rate_interval` from it, so it must hold for the slowest scrape that a query meets. */
function slowest(intervals: readonly Duration[]): Duration {
  return intervals.toSorted((a, b) => secondsOf(b) - secondsOf(a))[0] ?? "30s";
}
