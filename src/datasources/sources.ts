import { secondsOf } from "../duration.ts";
import type { Backend, Duration, Fleet } from "../fleet/model.ts";
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
  /** Only tenant ids, which are names and no secrets: Grafana keeps the values of headers here. */
  readonly secureJsonData?: Readonly<Record<string, string>>;
}

/** Whose data: one environment's, or `all`. */
type Scope = string;

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
    ...(prometheus ? [single(fleet, project, prometheus, "prometheus", prometheusJson(fleet, "all"))] : []),
    ...(alertmanager ? alertmanagerSources(fleet, project, alertmanager) : []),
  ];
  return [...scoped, ...central].filter(
    ({ uid }) => !Object.values(fleet.dataSources).some((own) => own.uid === uid && !own.manage),
  );
}

/** The data sources that a view's boards read. */
export function sourcesFor(fleet: Fleet, project: string, scope: Scope): SourceUids {
  const known = scopesOf(fleet).includes(scope) ? scope : "all";
  const { metrics, logs, traces } = fleet.backends;
  return {
    metrics: uidOf(fleet, project, keyOf(metrics, known)),
    ...(logs && { logs: uidOf(fleet, project, keyOf(logs, known)) }),
    ...(traces && { traces: uidOf(fleet, project, keyOf(traces, known)) }),
  };
}

/** `all`, and each workload environment whose tenants are not simply all there are. */
function scopesOf(fleet: Fleet): Scope[] {
  const readsAll = fleet.owner !== undefined || fleet.tenants.length === 1;
  const own = fleet.environments.filter(
    ({ name, workload }) => workload && tenantsOf(fleet, name).length < fleet.tenants.length,
  );
  return [...own.map(({ name }) => name), ...(readsAll ? ["all"] : [])];
}

/** The tenants that hold a scope's data, in the fleet's order. `all` reads the owner of federated rules too: its ALERTS. */
function tenantsOf(fleet: Fleet, scope: Scope): string[] {
  return fleet.tenants
    .filter(({ clusters }) => scope === "all" || clusters.some(({ environment }) => environment === scope))
    .map(({ id }) => id);
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
  return `${backend.kind}-${scope}`;
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
  const tenants = tenantsOf(fleet, scope).join("|");
  const title =
    scope === "all" ? "All-Environments" : (fleet.environments.find(({ name }) => name === scope)?.title ?? scope);
  const scoped = fleet.tenantHeader !== undefined;
  return {
    uid: uidOf(fleet, project, keyOf(backend, scope)),
    name: `${backend.title}-${title.replaceAll(" ", "-")}`,
    type,
    access: "proxy",
    url: backend.url,
    jsonData: { ...json, ...(scoped && { httpHeaderName1: fleet.tenantHeader }) },
    ...(scoped && { secureJsonData: { httpHeaderValue1: tenants } }),
  };
}

function metricsSource(fleet: Fleet, project: string, scope: Scope, backend: Backend): DataSource {
  const json = {
    ...prometheusJson(fleet, scope),
    ...(backend.kind === "mimir" && { prometheusType: "Mimir" }),
    ...managesAlerts(fleet, scope),
    ...metricsCorrelations(sourcesFor(fleet, project, scope)),
  };
  return source(fleet, project, scope, { backend, type: "prometheus", json });
}

function logsJson(fleet: Fleet, project: string, scope: Scope): DataSource["jsonData"] {
  return { ...managesAlerts(fleet, scope), ...logsCorrelations(sourcesFor(fleet, project, scope)) };
}

function tracesJson(fleet: Fleet, project: string, scope: Scope): DataSource["jsonData"] {
  return tracesCorrelations(fleet, sourcesFor(fleet, project, scope));
}

/** The rulers' APIs refuse a request for several tenants, so Grafana must not offer their rules there. */
function managesAlerts(fleet: Fleet, scope: Scope): { readonly manageAlerts: boolean } {
  return { manageAlerts: tenantsOf(fleet, scope).length === 1 };
}

function prometheusJson(fleet: Fleet, scope: Scope): Readonly<Record<string, unknown>> {
  const clusters = fleet.clusters.filter(({ environment }) => scope === "all" || environment === scope);
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
  return scopesOf(fleet).filter((scope) => scope !== "all" && tenantsOf(fleet, scope).length === 1);
}

/** Grafana derives `$__rate_interval` from it, so it must hold for the slowest scrape that a query meets. */
function slowest(intervals: readonly Duration[]): Duration {
  return intervals.toSorted((a, b) => secondsOf(b) - secondsOf(a))[0] ?? "30s";
}
