import { readFileSync } from "node:fs";
import { pathOf, type RenderOptions } from "../render/render.ts";
import { isBoardResource, namespaceOf, type Resource, rulesFolder } from "../bundle.ts";
import type { Project } from "../project.ts";
import { filesTarget } from "../publish/files.ts";
import { grafanaDashboards } from "../publish/grafana-dashboards.ts";
import { grafanaDataSources } from "../publish/grafana-datasources.ts";
import { grafanaFolders } from "../publish/grafana-folders.ts";
import { grafanaRuleGroups } from "../publish/grafana-rules.ts";
import type { GrafanaRules } from "../grafana-rule.ts";
import { grafanaPermissions, grafanaTeams } from "../publish/grafana-permissions.ts";
import { type Http, http, type Server } from "../publish/http.ts";
import { lokiRuler } from "../publish/loki-ruler.ts";
import { mimirAlertmanager } from "../publish/mimir-alertmanager.ts";
import { mimirRuler } from "../publish/mimir-ruler.ts";
import type { Target } from "../publish/target.ts";
import { all, grafanasOf, sourcesFor } from "../datasources/sources.ts";
import { Misuse } from "./misuse.ts";

export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The variables of one of several stacks, without their prefix: `LAB_MIMIR_URL` of the context `lab`. No other's are among
 * them, so that production's token can't serve by accident.
 * @throws {Misuse} where it has no address.
 */
export function environmentOf(environment: Environment, context: string | undefined): Environment {
  if (context === undefined) return environment;
  const prefix = `${context.toUpperCase().replaceAll(/[^A-Z0-9]/gu, "_")}_`;
  const own = Object.entries(environment).filter(([name]) => name.startsWith(prefix));
  if (!own.some(([name]) => name.endsWith("_URL"))) {
    throw new Misuse(`--context ${context}: there is no ${prefix}GRAFANA_URL or ${prefix}MIMIR_URL in the environment`);
  }
  return Object.fromEntries(own.map(([name, value]) => [name.slice(prefix.length), value]));
}

/** Where a run publishes to, and what it leaves out. */
export interface Destination {
  readonly targets: readonly Target[];
  /** A line for each system that the fleet has and the environment does not name. */
  readonly left: readonly string[];
}

export function filesDestination(folder: string, project: Project, wanted: readonly Resource[]): Destination {
  const newer = wanted.filter((one) => one.kind === "dashboard" && isBoardResource(one.spec.dashboard));
  const note = `boards of the model v2 (${newer.map(({ id }) => id).join(", ")}): from files Grafana reads them since 12.4`;
  return { targets: [filesTarget(folder, project.name)], left: newer.length === 0 ? [] : [note] };
}

/** What of a project a live stack must know, as plain data: a saved plan holds it too. */
export interface Places {
  readonly project: string;
  /** The first holds what is nobody's own. */
  readonly grafanas: readonly GrafanaHome[];
  /** Absent where there are no tenants. */
  readonly tenantHeader?: string;
  readonly tenants: readonly string[];
  readonly manage: Project["fleet"]["manage"];
  /** Boards, folders and data sources come with Flux and not from here. */
  readonly byFlux?: true;
  /** Do rules go to the rulers' API? */
  readonly rulers: boolean;
  /** How many rule groups a tenant may have, as the fleet has it. */
  readonly groupsPerTenant?: number;
  /** Where Grafana evaluates rules itself: how, and for which tenant. */
  readonly grafanaRules?: GrafanaRules & { readonly tenant: string };
  /** Do those on logs go to Loki's? It has one whatever the metrics' store has. */
  readonly logs: boolean;
  /** Are there rules on logs? */
  readonly logRules: boolean;
  /** Of rulers, beside the project's own: those that were pulled. */
  readonly namespaces?: readonly Namespace[];
}

/** A Grafana of the fleet's, or an organisation of it. */
type GrafanaHome = Omit<Project["fleet"]["grafana"], "url">;

interface Namespace {
  readonly ruler: "mimir" | "loki";
  readonly tenant: string;
  readonly namespace: string;
}

/** An app team's boards are no part of the fleet's tree. */
export function bringsBoardsByFlux({ fleet, theirs }: Pick<Project, "fleet" | "theirs">): boolean {
  return fleet.infrastructure?.boards === "flux" && !theirs;
}

export function placesOf(project: Project, resources: readonly Resource[] = []): Places {
  const { fleet, name, pulled } = project;
  const namespaces = (pulled?.rules ?? []).map(({ ruler, tenant, namespace }) => ({ ruler, tenant, namespace }));
  return {
    project: name,
    grafanas: grafanasOf(fleet).map(({ url: _url, ...home }) => home),
    ...(fleet.tenantHeader !== undefined && { tenantHeader: fleet.tenantHeader }),
    tenants: fleet.tenants.map(({ id }) => id),
    manage: fleet.manage,
    ...(bringsBoardsByFlux(project) && { byFlux: true as const }),
    rulers: fleet.backends.metrics.rules === "ruler-api",
    groupsPerTenant: fleet.backends.metrics.limits.groupsPerTenant,
    ...grafanaRulesOf(project),
    logs: fleet.backends.logs?.kind === "loki" && fleet.backends.logs.rules === "ruler-api",
    logRules: resources.some(({ at }) => at.system === "loki"),
    ...(namespaces.length > 0 && { namespaces }),
  };
}

/** The servers that the environment names. Credentials come from nowhere else, so no shell history holds them. */
export function liveDestination(places: Places, environment: Environment): Destination {
  const { project, manage, rulers, logs, grafanaRules } = places;
  const grafanas = liveGrafanas(places.grafanas, environment);
  const mimir = server("Mimir", "MIMIR", environment);
  const loki = server("Loki", "LOKI", environment);
  if (grafanas.length === 0 && !mimir && !loki) {
    throw new Misuse(
      "--to live needs GRAFANA_URL, MIMIR_URL or LOKI_URL in the environment (and GRAFANA_TOKEN, or *_USER and *_PASSWORD)",
    );
  }
  const secret = (name: string): string | undefined => secretFrom(environment, name);
  const wants = (kind: Places["manage"][number]): boolean =>
    manage.includes(kind) && !(places.byFlux === true && broughtByFlux.has(kind));
  const perTenant = (
    name: string,
    prefix: string,
    make: (http: Http, options: TenantOptions) => readonly Target[],
  ): Target[] => {
    const shared = server(name, prefix, environment);
    if (!shared) return [];
    const one = http(shared);
    return places.tenants.flatMap((tenant) => {
      const own = server(name, prefix, environment, tenant);
      const same = own?.headers["Authorization"] === shared.headers["Authorization"];
      return make(same || !own ? one : http(own), tenantOptions(places, `${name} ${shared.url}`, tenant));
    });
  };
  const namespacesOf =
    (ruler: Namespace["ruler"], make: (http: Http, options: TenantOptions) => Target) =>
    (one: Http, options: TenantOptions): Target[] => [
      make(one, options),
      ...(places.namespaces ?? [])
        .filter((their) => their.ruler === ruler && their.tenant === options.tenant)
        .map(({ namespace }) => make(one, { ...options, title: `${options.title}, ${namespace}`, namespace })),
    ];
  return {
    targets: [
      ...grafanas.flatMap(({ server: one, title, home }) => {
        const client = http(one);
        const about = { ...home, title, project };
        return [
          ...(wants("folders") ? [grafanaFolders(client, about)] : []),
          ...(wants("permissions") ? [grafanaTeams(client, about), grafanaPermissions(client, about)] : []),
          ...(wants("datasources") ? [grafanaDataSources(client, { ...about, secret })] : []),
          ...(wants("dashboards") ? [grafanaDashboards(client, about)] : []),
          // The first evaluates them.
          ...(home.name === undefined && grafanaRules?.organisation === home.organisation && wants("rules")
            ? [
                grafanaRuleGroups(client, {
                  title,
                  rules: grafanaRules,
                  at: { tenant: grafanaRules.tenant, namespace: namespaceOf(project) },
                  folderIsGiven: !wants("folders"),
                }),
              ]
            : []),
        ];
      }),
      ...(wants("routing")
        ? perTenant("Mimir", "MIMIR", (server, options) => [mimirAlertmanager(server, { ...options, project, secret })])
        : []),
      ...(rulers && wants("rules") ? perTenant("Mimir", "MIMIR", namespacesOf("mimir", mimirRuler)) : []),
      ...(logs && wants("rules") ? perTenant("Loki", "LOKI", namespacesOf("loki", lokiRuler)) : []),
    ],
    left: leftOut(places, environment),
  };
}

const broughtByFlux: ReadonlySet<string> = new Set(["dashboards", "folders", "datasources"]);

/** A line for each system that the fleet has and the environment does not name. */
export function leftOut(places: Places, environment: Environment): readonly string[] {
  const mimir = server("Mimir", "MIMIR", environment);
  const loki = server("Loki", "LOKI", environment);
  return [
    ...(places.byFlux === true
      ? ["boards, folders and data sources are left out: Flux brings them (infrastructure.boards)"]
      : withoutAddress(places.grafanas, environment).map(
          (one) => `${one.title} is left out: ${one.variable} is not set`,
        )),
    ...(mimir || !places.rulers ? [] : ["the rulers are left out: MIMIR_URL is not set"]),
    ...(loki || !places.logRules || !places.logs ? [] : ["rules on logs are left out: LOKI_URL is not set"]),
  ];
}

/** A Grafana that the environment names. */
export interface LiveGrafana {
  readonly server: Server;
  /** What a person calls it: `Grafana eu http://…, organisation 7`. */
  readonly title: string;
  /** Which variable holds its token. */
  readonly credential: string;
  readonly home: GrafanaHome;
}

/**
 * The Grafanas that the environment names, as an organisation sees each: a service account is of one organisation, so each may
 * have a token of its own.
 * @throws {Misuse} where two are one and the same: what is one's would be pruned as the other's.
 */
export function liveGrafanas(homes: readonly GrafanaHome[], environment: Environment): LiveGrafana[] {
  const live = homes.flatMap((home): LiveGrafana[] => {
    const { name, organisation } = home;
    const prefix = grafanaPrefix(home);
    const own = server(grafanaTitle(home), prefix, environment, String(organisation));
    if (!own) return [];
    const several = homes.filter((other) => other.name === name).length > 1;
    return [
      {
        server: isOfOne(own, organisation)
          ? own
          : { ...own, headers: { ...own.headers, "X-Grafana-Org-Id": String(organisation) } },
        title: `${grafanaTitle(home)} ${own.url}${several ? `, organisation ${organisation}` : ""}`,
        credential: `${prefix}_TOKEN${several && organisation > 1 ? `_${organisation}` : ""}`,
        home,
      },
    ];
  });
  live.forEach(({ server: { url, variable }, home: { organisation } }, at) => {
    const twin = live
      .slice(0, at)
      .find((other) => other.server.url === url && other.home.organisation === organisation);
    if (twin) {
      throw new Misuse(
        `${variable} is the address that ${twin.server.variable} is: two of the fleet's grafanas can't be one, give each its own`,
      );
    }
  });
  return live;
}

/** A token is of one organisation, which is the first as a rule; a user is in the one that was looked at last, unless told. */
function isOfOne({ headers }: Server, organisation: number): boolean {
  return organisation === 1 && headers["Authorization"]?.startsWith("Basic ") !== true;
}

/** The Grafanas of a fleet that the environment gives no address of. */
export function withoutAddress(
  homes: readonly GrafanaHome[],
  environment: Environment,
): { readonly title: string; readonly variable: string }[] {
  const named = new Map(homes.map((home) => [`${grafanaPrefix(home)}_URL`, grafanaTitle(home)]));
  return [...named].flatMap(([variable, title]) => (environment[variable] ? [] : [{ title, variable }]));
}

function grafanaTitle({ name }: GrafanaHome): string {
  return name === undefined ? "Grafana" : `Grafana ${name}`;
}

/** Of its variables: one that has a name shares none with the first, so that no token goes to the wrong server. */
function grafanaPrefix({ name }: GrafanaHome): string {
  return name === undefined ? "GRAFANA" : `GRAFANA_${name.toUpperCase().replaceAll("-", "_")}`;
}

type TenantOptions = Parameters<typeof mimirRuler>[1];

function tenantOptions(
  { project, tenantHeader, groupsPerTenant }: Places,
  title: string,
  tenant: string,
): TenantOptions {
  return {
    title,
    tenant,
    namespace: namespaceOf(project),
    ...(tenantHeader !== undefined && { header: tenantHeader }),
    ...(groupsPerTenant !== undefined && { groupsPerTenant }),
  };
}

/** Grafana evaluates rules itself where one data source reads the whole fleet. */
function grafanaRulesOf(project: Project): Pick<Places, "grafanaRules"> {
  const { fleet, name, theirs } = project;
  const [folder] = rulesFolder(project);
  const [tenant] = fleet.tenants;
  if (!folder || !tenant) return {};
  const { metrics: source } = sourcesFor(fleet, theirs?.name ?? name, all(fleet));
  const { uid, title } = folder.spec;
  const { organisation } = folder.at;
  return { grafanaRules: { organisation, folder: { uid, title }, source, tenant: tenant.id } };
}

/** Who reads the fleet's rule files. */
export function ruleFormat(project: Project): RenderOptions {
  const { metrics } = project.fleet.backends;
  const { grafanaRules } = grafanaRulesOf(project);
  if (grafanaRules) return { rules: grafanaRules };
  if (metrics.rules === "prometheusrule") {
    return { rules: "operator", ...(metrics.ruleLabels && { labels: metrics.ruleLabels }) };
  }
  if (metrics.kind === "azure-managed" && metrics.rules === "files") return { rules: "azure" };
  return { rules: metrics.kind === "prometheus" ? "prometheus" : "ruler" };
}

/** The ruler of each of the fleet's tenants. */
export function rulerTargets(project: Project, server: Http, title: string): readonly Target[] {
  const places = placesOf(project);
  return places.tenants.map((tenant) => mimirRuler(server, tenantOptions(places, title, tenant)));
}

/** An address, and what a person gave it with. */
interface Address {
  readonly variable: string;
  readonly given: string | undefined;
}

/** Of the query API and, in Grafana Cloud, of what people are shown to write to. */
const usualPaths: Readonly<Record<string, RegExp>> = {
  MIMIR: /\/(?:prometheus|api\/prom(?:\/push)?|api\/v1\/push)$/u,
  LOKI: /\/loki(?:\/api\/v1\/push)?$/u,
};

/** The path below which a server has Prometheus' API, behind the address that `server` gives. */
export function queryPrefix({ backends: { metrics } }: Project["fleet"]): string {
  const isMimir = metrics.kind === "mimir" || metrics.kind === "grafana-cloud";
  return isMimir || metrics.url.endsWith("/prometheus") ? "/prometheus" : "";
}

/**
 * A server from `<PREFIX>_URL`, `_TOKEN`, `_USER` and `_PASSWORD`, where a tenant's own go before: `MIMIR_TOKEN_DEV`. Each
 * of them may be in a file: `MIMIR_TOKEN_FILE`. The server's usual path prefix may be given or left out.
 */
export function server(
  name: string,
  prefix: string,
  environment: Environment,
  tenant?: string,
  { variable, given }: Address = { variable: `${prefix}_URL`, given: environment[`${prefix}_URL`] },
): Server | undefined {
  if (given === undefined || given === "") return undefined;
  if (!/^https?:\/\//u.test(given) || !URL.canParse(given)) {
    throw new Error(
      `${variable} is not an address: write one such as https://${prefix.toLowerCase().replaceAll("_", "-")}.example.com`,
    );
  }
  const url = new URL(given);
  if (url.username || url.password) {
    throw new Error(`${variable} holds a user name or password: put them into ${prefix}_USER and ${prefix}_PASSWORD`);
  }
  // Of the path alone: a server may be called like one.
  const path = url.pathname.replace(/\/+$/u, "").replace(usualPaths[prefix] ?? "", "");
  const own = tenant === undefined ? "" : `_${tenant.toUpperCase().replaceAll(/[^A-Z0-9]/gu, "_")}`;
  const value = (what: string): string | undefined =>
    (own === "" ? undefined : secretFrom(environment, `${prefix}_${what}${own}`)) ??
    secretFrom(environment, `${prefix}_${what}`);
  const files = { ca: `${prefix}_CA`, cert: `${prefix}_CERT`, key: `${prefix}_KEY` };
  const tls = Object.fromEntries(
    Object.entries(files).flatMap(([part, prefixed]) => {
      const text = fromFile(environment, `${prefixed}_FILE`);
      return text === undefined ? [] : [[part, text] as const];
    }),
  );
  const credentials = clientCredentials(prefix, environment);
  return {
    name,
    url: `${url.origin}${path}`,
    headers: authorization(value("TOKEN"), value("USER"), value("PASSWORD")),
    credential: `${own === "" ? "" : `${prefix}_TOKEN${own} or `}${prefix}_TOKEN (or ${prefix}_USER and ${prefix}_PASSWORD)`,
    variable,
    ...(Object.keys(tls).length > 0 && { tls }),
    ...(credentials && { credentials }),
  };
}

function authorization(
  token: string | undefined,
  user: string | undefined,
  password = "",
): Readonly<Record<string, string>> {
  if (token !== undefined) return { Authorization: `Bearer ${token}` };
  if (user === undefined) return {};
  return { Authorization: `Basic ${Buffer.from(`${user}:${password}`).toString("base64")}` };
}

/** OAuth 2 client credentials, as Azure AD and every OpenID provider take them. */
function clientCredentials(prefix: string, environment: Environment): Server["credentials"] {
  const tokenUrl = environment[`${prefix}_OIDC_TOKEN_URL`];
  if (tokenUrl === undefined || tokenUrl === "") return undefined;
  const id = secretFrom(environment, `${prefix}_OIDC_CLIENT_ID`);
  const secret = secretFrom(environment, `${prefix}_OIDC_CLIENT_SECRET`);
  if (id === undefined || secret === undefined) {
    throw new Error(
      `${prefix}_OIDC_TOKEN_URL needs ${prefix}_OIDC_CLIENT_ID and ${prefix}_OIDC_CLIENT_SECRET beside it`,
    );
  }
  const scope = environment[`${prefix}_OIDC_SCOPE`];
  return { tokenUrl, id, secret, ...(scope && { scope }), variable: `${prefix}_OIDC_TOKEN_URL` };
}

/** A value from the environment, or from the file that the environment names. */
function secretFrom(environment: Environment, name: string): string | undefined {
  const given = environment[name];
  const value = given === undefined || given === "" ? fromFile(environment, `${name}_FILE`)?.trimEnd() : given;
  if (value !== undefined && /[\r\n]/u.test(value)) throw new Error(`${name} holds a line break: remove it`);
  return value === "" ? undefined : value;
}

function fromFile(environment: Environment, name: string): string | undefined {
  const path = environment[name];
  if (path === undefined || path === "") return undefined;
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    throw new Error(`${name} names ${path}, which can't be read (${(error as NodeJS.ErrnoException).code})`, {
      cause: error,
    });
  }
}

/** Where a person finds a kind of resource in the output folder: a directory, or the one file that holds all. */
export function whereIn(
  folder: string,
  resources: readonly Resource[],
  { kind, format }: { readonly kind: Resource["kind"]; readonly format: RenderOptions },
): string {
  const paths = resources
    .filter((resource) => resource.kind === kind)
    .map((resource) => pathOf(resource, format).split("/"));
  const [first = []] = paths;
  const shared = first.findIndex((part, at) => paths.some((path) => path[at] !== part));
  return [folder, ...(shared === -1 ? first : first.slice(0, shared))].join("/");
}
