import { pathOf } from "../render/render.ts";
import type { Resource } from "../bundle.ts";
import type { Project } from "../project.ts";
import { filesTarget } from "../publish/files.ts";
import { grafanaDashboards } from "../publish/grafana-dashboards.ts";
import { grafanaDataSources } from "../publish/grafana-datasources.ts";
import { grafanaFolders } from "../publish/grafana-folders.ts";
import { type Http, http, type Server } from "../publish/http.ts";
import { mimirRuler } from "../publish/mimir-ruler.ts";
import type { Target } from "../publish/target.ts";
import { Misuse } from "./misuse.ts";

export type Environment = Readonly<Record<string, string | undefined>>;

/** Where a run publishes to, and what it leaves out. */
export interface Destination {
  readonly targets: readonly Target[];
  /** A line for each system that the fleet has and the environment does not name. */
  readonly left: readonly string[];
}

export function filesDestination(folder: string, project: Project): Destination {
  return { targets: [filesTarget(folder, project.name)], left: [] };
}

/** The servers that the environment names. Credentials come from nowhere else, so no shell history holds them. */
export function liveDestination({ fleet, name }: Project, environment: Environment): Destination {
  const grafana = server("Grafana", "GRAFANA", environment, "");
  const mimir = server("Mimir", "MIMIR", environment, "/prometheus");
  if (!grafana && !mimir) {
    throw new Misuse(
      "--to live needs GRAFANA_URL or MIMIR_URL in the environment (and GRAFANA_TOKEN, or *_USER and *_PASSWORD)",
    );
  }
  const wants = (kind: Project["fleet"]["manage"][number]): boolean => fleet.manage.includes(kind);
  const organisation = fleet.grafana.organisation;
  const grafanaHttp =
    grafana &&
    http({
      ...grafana,
      headers: { ...grafana.headers, ...(organisation !== 1 && { "X-Grafana-Org-Id": String(organisation) }) },
    });
  const about = { title: `Grafana ${grafana?.url ?? ""}`, organisation, project: name };
  const rulers = fleet.backends.metrics.rules === "ruler-api";
  const mimirHttp = mimir && http(mimir);
  return {
    targets: [
      ...(grafanaHttp && wants("folders") ? [grafanaFolders(grafanaHttp, about)] : []),
      ...(grafanaHttp && wants("datasources") ? [grafanaDataSources(grafanaHttp, about)] : []),
      ...(grafanaHttp && wants("dashboards") ? [grafanaDashboards(grafanaHttp, about)] : []),
      ...(mimirHttp && rulers && wants("rules") ? rulerTargets({ fleet, name }, mimirHttp, `Mimir ${mimir.url}`) : []),
    ],
    left: [
      ...(grafana ? [] : ["Grafana is left out: GRAFANA_URL is not set"]),
      ...(mimir || !rulers ? [] : ["the rulers are left out: MIMIR_URL is not set"]),
    ],
  };
}

/** The ruler of each of the fleet's tenants. */
export function rulerTargets(
  { fleet, name }: Pick<Project, "fleet" | "name">,
  server: Http,
  title: string,
): readonly Target[] {
  const header = fleet.tenantHeader;
  return fleet.tenants.map(({ id }) =>
    mimirRuler(server, { title, tenant: id, project: name, ...(header !== undefined && { header }) }),
  );
}

/** A server from `<PREFIX>_URL`, `_TOKEN`, `_USER` and `_PASSWORD`. Its usual path prefix may be given or left out. */
function server(name: string, prefix: string, environment: Environment, usualPath: string): Server | undefined {
  const variable = `${prefix}_URL`;
  const given = environment[variable];
  if (given === undefined || given === "") return undefined;
  if (!/^https?:\/\//u.test(given) || !URL.canParse(given)) {
    throw new Error(`${variable} is not an address: write one such as https://${name.toLowerCase()}.example.com`);
  }
  const url = new URL(given);
  if (url.username || url.password) {
    throw new Error(`${variable} holds a user name or password: put them into ${prefix}_USER and ${prefix}_PASSWORD`);
  }
  const address = `${url.origin}${url.pathname}`.replace(/\/+$/u, "");
  const token = environment[`${prefix}_TOKEN`];
  const user = environment[`${prefix}_USER`];
  const password = environment[`${prefix}_PASSWORD`];
  if (/[\r\n]/u.test(`${token ?? ""}${user ?? ""}${password ?? ""}`))
    throw new Error(`${prefix}_TOKEN or ${prefix}_PASSWORD holds a line break: remove it`);
  const authorization =
    token !== undefined && token !== ""
      ? `Bearer ${token}`
      : user !== undefined && user !== ""
        ? `Basic ${Buffer.from(`${user}:${password ?? ""}`).toString("base64")}`
        : undefined;
  return {
    name,
    url: usualPath !== "" && address.endsWith(usualPath) ? address.slice(0, -usualPath.length) : address,
    headers: authorization === undefined ? {} : { Authorization: authorization },
    credential: `${prefix}_TOKEN (or ${prefix}_USER and ${prefix}_PASSWORD)`,
    variable,
  };
}

/** Where a person finds a kind of resource in the output folder: a directory, or the one file that holds all. */
export function whereIn(folder: string, resources: readonly Resource[], kind: Resource["kind"]): string {
  const paths = resources
    .filter((resource) => resource.kind === kind)
    .map((resource) => pathOf(resource, resources).split("/"));
  const [first = []] = paths;
  const shared = first.findIndex((part, at) => paths.some((path) => path[at] !== part));
  return [folder, ...(shared === -1 ? first : first.slice(0, shared))].join("/");
}
