import { stringify } from "yaml";
import type { Dashboard as DashboardModel } from "@grafana/grafana-foundation-sdk/dashboard";
import type { Alert, AlertGroup } from "./alerts/alert.ts";
import { type Board, boardUid, buildBoard } from "./dashboards/board.ts";
import {
  type BoardResource,
  checkedResource,
  completed,
  isBoardResource,
  panelsIn,
  resourceIn,
  tagsIn,
  variablesIn,
  withKinds,
  withQueries,
} from "./dashboards/resource.ts";
import { type DataSource, dataSourcesOf } from "./datasources/sources.ts";
import { type Derivation, stripped, withDerived, withoutDerived } from "./derived.ts";
import { type View, viewsOf } from "./datasources/views.ts";
import type { Cluster, Fleet, Grafana, Tenant } from "./fleet/model.ts";
import type { Allow } from "./allow.ts";
import { type Content, grafanaFolder, type InfraFile, infrastructureFiles } from "./infra/index.ts";
import { hole } from "./labels.ts";
import { plain, type Scope } from "./names.ts";
import type { Project } from "./project.ts";
import type { PulledGrafana } from "./pulled.ts";
import { isAnswered } from "./queries/query.ts";
import { type Configuration, sharedRouting, tenantRouting } from "./routing/routing.ts";
import { templateFile, templates } from "./routing/templates.ts";
import { recording as ownRecording } from "./recording/index.ts";
import type { Recorded, RecordingGroup } from "./recording/record.ts";
import { seriesIn, splitGroup } from "./rule-group.ts";
import type { Rule, RuleGroup } from "./rule-group.ts";
import { type Definition, type Definitions, isAskable, unrecorded } from "./unrecorded.ts";
import { terraformFiles } from "./terraform/index.ts";

export type { Allow } from "./allow.ts";
export { type BoardResource, checkedResource, isBoardResource, tagsIn } from "./dashboards/resource.ts";
export type { DataSource } from "./datasources/sources.ts";
export type { Rule, RuleGroup } from "./rule-group.ts";

/** A Grafana folder. */
export interface Folder {
  readonly uid: string;
  readonly title: string;
  /** Name of its directory in `out/`. */
  readonly slug: string;
  /** Uid of the folder that holds it; absent at the top level. */
  readonly parent?: string;
}

interface Common {
  /** Unique together with `kind` and place. */
  readonly id: string;
  /** Which file of ours made it, for messages: `dashboards/multi-cluster-overview`. */
  readonly origin: string;
  /** What must exist before it. */
  readonly needs: readonly string[];
  /** Findings that are known and accepted, of the rule or panel of this name. They are not published. */
  readonly allow?: readonly Allowed[];
  /** It was pulled from a live stack: while it is there as it is here, nothing is to be done, whoever made it. */
  readonly found?: true;
}

/** A finding that is accepted, in the rule or panel of this name; without a name, in all of it. */
export interface Allowed extends Allow {
  readonly where?: string;
}

export interface GrafanaPlace {
  readonly system: "grafana";
  /** Its name in the fleet; absent for the first. */
  readonly grafana?: string;
  readonly organisation: number;
}

export interface RulerPlace {
  readonly system: "mimir" | "loki";
  readonly tenant: string;
  readonly namespace: string;
}

/** A tenant of Mimir's Alertmanager. */
export interface AlertmanagerPlace {
  readonly system: "alertmanager";
  readonly tenant: string;
}

/**
 * What a tenant's Alertmanager is told, in Alertmanager's own words. Where a secret belongs stands a `SecretReference`:
 * `{ api_url: { env: "SLACK_WEBHOOK_URL" } }`.
 */
export interface AlertmanagerConfiguration {
  readonly config: Readonly<Record<string, unknown>>;
  /** The text of each template by its file name; `config.templates` names them. */
  readonly templates: Readonly<Record<string, string>>;
}

/** What Grafana may read as a file. */
interface InFile {
  /** Where `out/` holds it; absent for what is in no file. */
  readonly path?: string;
}

export interface FolderResource extends Common, InFile {
  readonly kind: "folder";
  readonly at: GrafanaPlace;
  readonly spec: Folder;
}

export interface DataSourceResource extends Common, InFile {
  readonly kind: "datasource";
  readonly at: GrafanaPlace;
  readonly spec: DataSource;
}

export interface DashboardResource extends Common, InFile {
  readonly kind: "dashboard";
  readonly at: GrafanaPlace;
  readonly spec: {
    readonly folder: string;
    /** In Grafana's classic model, or as a resource of the newer one. */
    readonly dashboard: DashboardModel | BoardResource;
  };
}

/** A team of Grafana's; people come into it by sign-in, or by hand. */
export interface Team {
  readonly name: string;
}

/** To whom a folder of ours is open; where it says so, to nobody else but administrators and whom somebody let in by hand. */
export interface FolderPermissions {
  readonly opened: readonly { readonly to: string; readonly may: "View" | "Edit" }[];
  /** All teams of the fleet: what one of them may do that is not said here, it may not. */
  readonly teams: readonly string[];
}

/** Its id is its name. */
export interface TeamResource extends Common {
  readonly kind: "team";
  readonly at: GrafanaPlace;
  readonly spec: Team;
}

/** Its id is the folder's uid. */
export interface PermissionsResource extends Common {
  readonly kind: "permissions";
  readonly at: GrafanaPlace;
  readonly spec: FolderPermissions;
}

export interface RuleGroupResource extends Common {
  readonly kind: "rule-group";
  readonly at: RulerPlace;
  readonly spec: RuleGroup;
}

/** A tenant has one configuration; its id is `config`. */
export interface AlertmanagerResource extends Common {
  readonly kind: "alertmanager";
  readonly at: AlertmanagerPlace;
  readonly spec: AlertmanagerConfiguration;
}

/** A file of the output folder; its id is its path. */
export interface FileResource extends Common {
  readonly kind: "file";
  readonly at: { readonly system: "file" };
  readonly spec: { readonly text: string };
}

/** One thing that will exist somewhere, as plain JSON. Nothing after the bundle sees a builder or a hole. */
export type Resource =
  | FolderResource
  | TeamResource
  | PermissionsResource
  | DataSourceResource
  | DashboardResource
  | RuleGroupResource
  | AlertmanagerResource
  | FileResource;

/** The only key that plan, lint and messages use: `rule-group/mimir/dev/fleetglass-core/health`. */
export function resourceId({ kind, at, id }: Pick<Resource, "kind" | "at" | "id">): string {
  return [kind, ...placeOf(at), id].join("/");
}

function placeOf(at: Resource["at"]): (string | number)[] {
  switch (at.system) {
    case "grafana":
      return [at.system, ...(at.grafana === undefined ? [] : [at.grafana]), at.organisation];
    case "mimir":
    case "loki":
      return [at.system, at.tenant, at.namespace];
    case "alertmanager":
      return [at.tenant];
    case "file":
      return [];
  }
}

/**
 * Everything that follows from a project, sorted, with unique ids: the same project gives the same bytes.
 * @throws {Error} where a limit that Grafana or a ruler enforces would be passed.
 */
export function bundle(project: Project): Resource[] {
  const { fleet } = project;
  const sources = project.theirs?.name ?? project.name;
  const views = viewsOf(fleet, sources);
  const boards = views.flatMap((view) => dashboards(project, view));
  const evaluated = fleet.tenants.map((tenant) => ({ tenant, groups: tenantGroups(project, tenant) }));
  const read = seriesRead(
    project,
    boards,
    evaluated.flatMap(({ groups }) => groups),
  );
  const content = contentOf(project, boards);
  const resources = [
    ...views.map((view) => folder(project, view)),
    ...rulesFolder(project),
    ...permissions(project, views),
    ...dataSourcesOf(fleet, sources).flatMap((source) => dataSource(project, source, views)),
    ...boards,
    ...evaluated.flatMap(({ tenant, groups }) =>
      tenantRules(
        project,
        tenant,
        groups.map((group) => withoutUnread(group, read)),
      ),
    ),
    ...pulledResources(project),
    ...routing(project),
    ...infrastructureFiles(fleet, content).map(file),
    ...terraformFiles(fleet, content).map(file),
  ]
    .map((resource) => ({ ...resource, needs: resource.needs.filter((need) => need !== "") }))
    .toSorted((a, b) => compare(resourceId(a), resourceId(b)));
  resources.forEach((resource, at) => {
    const next = resources[at + 1];
    if (next && resourceId(next) === resourceId(resource)) {
      throw new Error(`${resource.origin} and ${next.origin} both make ${resourceId(resource)}: rename one`);
    }
    if (resource.kind === "rule-group" && resource.at.system === "loki") refuseForLoki(resource);
  });
  return resources;
}

/** Loki takes these and keeps none of them: it would fire otherwise than described, and the plan would never be empty. */
function refuseForLoki({ id, spec, origin }: RuleGroupResource): void {
  const of = (value: object): string | undefined =>
    ["keep_firing_for", "query_offset", "source_tenants", "align_evaluation_time_on_interval"].find(
      (key) => key in value,
    );
  const field = of(spec) ?? ("labels" in spec ? "labels" : spec.rules.map(of).find((key) => key !== undefined));
  if (field !== undefined) {
    throw new Error(`rule group ${id} (${origin}) has ${field}, which Loki's ruler drops without a word: leave it out`);
  }
}

/** The groups of a tenant that its ruler in Mimir evaluates: those on metrics, not those on log lines. */
export function metricRules(resources: readonly Resource[], tenant: string): RuleGroup[] {
  return resources.flatMap((one) =>
    one.kind === "rule-group" && one.at.system === "mimir" && one.at.tenant === tenant ? [one.spec] : [],
  );
}

/** Those that the fleet wants published by this project; the others are generated and linted all the same. */
export function managed(
  resources: readonly Resource[],
  { fleet: { manage, backends }, theirs }: Pick<Project, "fleet" | "theirs">,
): Resource[] {
  const elsewhere = new Set([
    ...(theirs?.dashboards ?? []).map((board) => `dashboards/${uidOf(board)}`),
    ...(theirs?.recording ?? []).map(({ name }) => `recording/${name}`),
    ...(theirs?.alerts ?? []).map(({ name }) => `alerts/${name}`),
  ]);
  const own = resources.filter(({ kind, origin, found }) => {
    if (!theirs || found) return true;
    return ["folder", "dashboard", "rule-group"].includes(kind) && !elsewhere.has(origin);
  });
  // A folder without a board, and a signature with nothing to sign, are left out of what is beside somebody else's.
  const homes = new Set(own.flatMap((one) => (one.kind === "dashboard" ? [one.spec.folder] : [])));
  const signed = new Set(
    own.flatMap((one) => (one.kind === "rule-group" && one.id !== markerGroup ? [placeOf(one.at).join("/")] : [])),
  );
  const evaluatedThere = [...signed].some((place) => place.startsWith("mimir/"));
  const isBare = (one: Resource): boolean =>
    one.kind === "folder"
      ? !homes.has(one.id) && !(evaluatedThere && one.path === undefined)
      : one.kind === "rule-group" && one.id === markerGroup && !signed.has(placeOf(one.at).join("/"));
  return own.filter((one) => {
    const { kind, at } = one;
    if (theirs && !one.found && isBare(one)) return false;
    if (kind === "rule-group" && at.system === "mimir" && backends.metrics.rules === "none") return false;
    return kind === "file" || manage.includes(managedAs[kind]);
  });
}

const managedAs = {
  folder: "folders",
  team: "permissions",
  permissions: "permissions",
  datasource: "datasources",
  dashboard: "dashboards",
  "rule-group": "rules",
  alertmanager: "routing",
} as const satisfies Record<Exclude<Resource["kind"], "file">, Fleet["manage"][number]>;

/** By code point: a locale would make the order depend on the machine. */
export function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** The one namespace that a project owns in each tenant's ruler. */
export function namespaceOf(project: string): string {
  return `fleetglass-${project}`;
}

/** What every folder uid of a project begins with; no project's name has an underscore, so none begins another's. */
export function folderPrefix(project: string): string {
  return `fleetglass_${project}_`;
}

/** The tag that every dashboard of a project carries. */
export function ownerTag(project: string): string {
  return `fleetglass:${project}`;
}

/** Which place of Grafana's a fleet's is. */
export function placeOfGrafana({
  name,
  organisation,
}: {
  readonly name?: string | undefined;
  readonly organisation: number;
}): GrafanaPlace {
  return { system: "grafana", ...(name !== undefined && { grafana: name }), organisation };
}

/** Grafana's limit for every uid. */
const uidLength = 40;

function checkedUid(uid: string, what: string): string {
  if (!/^[A-Za-z0-9_-]+$/u.test(uid)) {
    throw new Error(`${what} would have the uid ${uid}: Grafana allows letters, digits, dashes and underscores`);
  }
  if (uid.length <= uidLength) return uid;
  throw new Error(
    `${what} would have the uid ${uid}, which is longer than Grafana's ${uidLength} characters: shorten it, or the project's or environment's name`,
  );
}

/** Where `out/` holds what Grafana reads as files. An app team's boards have no place in the tree of the fleet's. */
function homeOf({ fleet, theirs }: Project, { name }: Pick<Grafana, "name">): string {
  const home = theirs ? "grafana" : grafanaFolder(fleet);
  return name === undefined ? home : `${home}-${name}`;
}

/** What files of boards are called in the tree of the reference architecture, where that is not the board's uid. */
const fileNames: Readonly<Record<string, string>> = {
  "cross-cluster-performance": "cross-cluster-applications",
  "gpu-monitoring": "gpu-monitoring-all-clusters",
};

/** What a board is called in the widest view. */
export function uidOf(board: Board | BoardResource): string {
  return isBoardResource(board) ? board.metadata.name : board.uid;
}

function boardPath(project: Project, board: Board | BoardResource, view: View): string {
  const home = homeOf(project, view.grafana);
  const uid = boardUid(uidOf(board), view);
  if (homeOf(project, {}) === "grafana") return `${home}/dashboards/${view.id}/${uid}.json`;
  const widest = view.audience === "sre";
  return `${home}/dashboards/${widest ? (fileNames[uid] ?? uid) : `${view.id}/${uid}`}.json`;
}

/** What of all this the tree of the infrastructure holds or names. */
export function contentOf(project: Project, boards?: readonly DashboardResource[]): Content {
  const { fleet, name, theirs } = project;
  const views = viewsOf(fleet, theirs?.name ?? name);
  const drawn = fleet.manage.includes("dashboards") && !theirs;
  return {
    boards: !drawn
      ? []
      : views.flatMap((view) => {
          const home = folder(project, view).id;
          return (boards ?? dashboards(project, view))
            .filter(({ spec }) => spec.folder === home)
            .map(({ id, path = "" }) => ({
              uid: id,
              path,
              folder: view.id,
              ...(view.audience === "environment" && { environment: view.environments[0] ?? "" }),
            }));
        }),
    ...(fleet.notifier === "alertmanager" && {
      routing: { config: sharedRouting(fleet), templates: { [templateFile]: templatesOf(project) } },
    }),
  };
}

function folder(project: Project, view: View): FolderResource {
  const uid = checkedUid(`${folderPrefix(project.name)}${view.id}`, `folder ${view.title}`);
  const { parentFolder } = view.grafana;
  const spec: Folder = {
    uid,
    title: `${project.theirs ? project.name : project.fleet.title} ${view.title}`,
    slug: view.id,
    ...(parentFolder !== undefined && { parent: parentFolder }),
  };
  return {
    kind: "folder",
    at: placeOfGrafana(view.grafana),
    id: uid,
    path: `${homeOf(project, view.grafana)}/provisioning/dashboards/fleetglass.yaml`,
    spec,
    needs: [],
    origin: `fleet ${project.fleet.name}`,
  };
}

/** Holds the rules that Grafana evaluates itself. It is in no file: there a folder of rules goes by its title. */
export function rulesFolder(project: Project): FolderResource[] {
  const { fleet, name, theirs } = project;
  if (fleet.backends.metrics.rules !== "grafana") return [];
  const { parentFolder, organisation } = fleet.grafana;
  const uid = checkedUid(`${folderPrefix(name)}rules`, "the folder of rules");
  const spec: Folder = {
    uid,
    title: `${theirs ? name : fleet.title} rules`,
    slug: "rules",
    ...(parentFolder !== undefined && { parent: parentFolder }),
  };
  return [
    {
      kind: "folder",
      at: { system: "grafana", organisation },
      id: uid,
      spec,
      needs: [],
      origin: `fleet ${fleet.name}`,
    },
  ];
}

/** Teams, and whom folders are open to: what no file holds, and follows from the fleet alone. */
export function peopleOf(project: Project): Resource[] {
  return permissions(project, viewsOf(project.fleet, project.theirs?.name ?? project.name));
}

/** Which teams may look at a view's folder, and which may add to it. A folder that no team is named for stays as it is. */
function permissions(project: Project, views: readonly View[]): (TeamResource | PermissionsResource)[] {
  const { teams, manage, environments } = project.fleet;
  // A folder that others made is theirs to open.
  if (!manage.includes("folders")) return [];
  const origin = `fleet ${project.fleet.name}`;
  const opened = views.flatMap((view): PermissionsResource[] => {
    // The view of all is for those who work in all of them.
    const seen = view.audience === "sre" ? environments.map(({ name }) => name) : view.environments;
    const may = teams
      .filter(({ environments: own }) =>
        view.audience === "sre" ? seen.every((name) => own.includes(name)) : seen.some((name) => own.includes(name)),
      )
      .map(({ name, role }) => ({ to: name, may: role === "editor" ? ("Edit" as const) : ("View" as const) }));
    if (may.length === 0) return [];
    const home = folder(project, view);
    const spec = { opened: may, teams: teams.map(({ name }) => name) };
    return [
      { kind: "permissions", at: placeOfGrafana(view.grafana), id: home.id, spec, needs: [resourceId(home)], origin },
    ];
  });
  const named = new Map(
    opened.flatMap(({ at, spec }) =>
      spec.opened.map(({ to }) => {
        const team: TeamResource = { kind: "team", at, id: to, spec: { name: to }, needs: [], origin };
        return [resourceId(team), team] as const;
      }),
    ),
  );
  return [...named.values(), ...opened];
}

/** In every Grafana whose boards read it; one that no board reads is where its environment's boards are. */
function dataSource(project: Project, source: DataSource, views: readonly View[]): DataSourceResource[] {
  const { fleet } = project;
  const readers = views.filter(({ sources }) => Object.values(sources).includes(source.uid));
  const namesake = views.find(({ id }) => source.uid.endsWith(`-${id}`));
  const homes = [...readers, ...(readers.length === 0 && namesake ? [namesake] : [])].map(({ grafana }) => grafana);
  const places = homes.length === 0 ? [fleet.grafana] : homes;
  const uid = checkedUid(source.uid, `data source ${source.name}`);
  // Tenants and the password's name are in the marker too: Grafana gives neither back, and a change must be seen.
  const { httpHeaderValue1: tenants, basicAuthPassword: password } = source.secureJsonData ?? {};
  const marker = {
    project: project.name,
    ...(tenants !== undefined && { tenants }),
    ...(typeof password === "object" && { password: password.env }),
  };
  const spec = { ...source, jsonData: { ...source.jsonData, fleetglass: marker } };
  const copies = places.map((grafana): DataSourceResource => ({
    kind: "datasource",
    at: placeOfGrafana(grafana),
    id: uid,
    path: `${homeOf(project, grafana)}/provisioning/datasources/fleetglass.yaml`,
    spec,
    needs: [],
    origin: "datasources/sources",
  }));
  return [...new Map(copies.map((one) => [resourceId(one), one])).values()];
}

/** What was there before, signed as ours for the day on which it is taken over. */
function pulledResources(project: Project): Resource[] {
  const { rules = [], elsewhere = [], ...first } = project.pulled ?? {};
  return [
    ...pulledFrom(project, first, placeOfGrafana(project.fleet.grafana)),
    ...elsewhere.flatMap(({ grafana: name, organisation, ...own }) =>
      pulledFrom(project, own, placeOfGrafana({ name, organisation })),
    ),
    ...rules.flatMap(({ ruler, tenant, namespace, groups }) => {
      const at: RulerPlace = { system: ruler, tenant, namespace };
      const { origin: _, ...sign } = marker(project, { clusters: [], tenant }, { ruler, namespace });
      return [sign, ...groups].map((spec): RuleGroupResource => ({
        ...found,
        kind: "rule-group",
        at,
        id: spec.name,
        spec: spec as RuleGroup,
      }));
    }),
  ];
}

const found = { needs: [], origin: "pulled", found: true } as const;

function pulledFrom(
  project: Project,
  { folders = [], dataSources = [], dashboards: boards = [] }: PulledGrafana,
  grafana: GrafanaPlace,
): Resource[] {
  const folderId = (uid: string): string => resourceId({ kind: "folder", at: grafana, id: uid });
  return [
    ...folders.map(({ uid, title, parent }): FolderResource => ({
      ...found,
      kind: "folder",
      at: grafana,
      id: uid,
      spec: { uid, title, slug: uid, ...(parent !== undefined && { parent }) },
      needs: parent === undefined ? [] : [folderId(parent)],
    })),
    ...dataSources.map((source): DataSourceResource => {
      const names = Object.entries(source.secureJsonData ?? {}).map(([key, { env }]) => [key, env] as const);
      const marker = {
        project: project.name,
        ...(names.length > 0 && { secrets: Object.fromEntries(names) }),
      };
      const spec = { ...source, jsonData: { ...source.jsonData, fleetglass: marker } };
      return { ...found, kind: "datasource", at: grafana, id: source.uid, spec: spec as unknown as DataSource };
    }),
    ...boards.map(({ folder: home, dashboard: model }): DashboardResource => {
      const dashboard = isBoardResource(model)
        ? completed(checkedResource(model))
        : (model as unknown as DashboardModel & { readonly uid: string });
      return {
        ...found,
        kind: "dashboard",
        at: grafana,
        id: isBoardResource(dashboard)
          ? dashboard.metadata.name
          : checkedUid(dashboard.uid, `board ${String(dashboard.title)}`),
        spec: { folder: home, dashboard: withTag(dashboard, ownerTag(project.name)) },
        needs: home === "" ? [] : [folderId(home)],
      };
    }),
  ];
}

/** A view's boards. One that the fleet can fill no panel of is not drawn, and nothing leads to it. */
function dashboards(project: Project, view: View): DashboardResource[] {
  const definitions = definitionsOf(project, view);
  const built = project.dashboards.map((board) => dashboard(project, board, { view, definitions }));
  const drawn = built.filter(({ spec }) => panelsOf(spec.dashboard).length > 0);
  const variables = new Map(
    built.map((one) => [one.id, drawn.includes(one) ? variableNames(one.spec.dashboard) : undefined]),
  );
  return drawn.map((one) => ({ ...one, spec: withLinks(one, variables) }));
}

/**
 * Links lead to boards that are there, and narrow only what these let a reader choose.
 * @param variables of each board of the view; undefined for one that is not drawn
 */
function withLinks(
  { id, spec }: DashboardResource,
  variables: ReadonlyMap<string, readonly string[] | undefined>,
): DashboardResource["spec"] {
  const boardOf = (url: string): string | undefined => {
    const [, uid] = /^\/d\/([^?]+)/u.exec(url) ?? [];
    return uid === "${__dashboard.uid}" ? id : uid;
  };
  const leadsNowhere = (link: unknown): boolean => {
    const to = isLink(link) ? boardOf(link.url) : undefined;
    return to !== undefined && variables.has(to) && variables.get(to) === undefined;
  };
  const narrowed = (url: string): string => {
    const known = variables.get(boardOf(url) ?? "");
    const [path = "", query = ""] = url.split("?");
    if (known === undefined || query === "") return url;
    const kept = query.split("&").filter((one) => {
      const [, name] = /^var-(\w+)=/u.exec(one) ?? [];
      return name === undefined || known.includes(name);
    });
    return `${path}?${kept.join("&")}`;
  };
  return JSON.parse(
    JSON.stringify(spec, (_, item: unknown) => {
      if (Array.isArray(item)) return item.filter((one: unknown) => !leadsNowhere(one));
      return isLink(item) ? { ...item, url: narrowed(item.url) } : item;
    }),
  ) as DashboardResource["spec"];
}

function isLink(value: unknown): value is { readonly url: string } {
  return typeof value === "object" && value !== null && "url" in value && typeof value.url === "string";
}

interface Drawn {
  readonly view: View;
  /** Absent where rules record what boards read. */
  readonly definitions: Definitions | undefined;
}

function dashboard(project: Project, board: Board | BoardResource, { view, definitions }: Drawn): DashboardResource {
  const name = uidOf(board);
  const uid = checkedUid(boardUid(name, view), `board ${isBoardResource(board) ? name : board.title}`);
  // Grafana would refuse it half-way.
  const { title } = (isBoardResource(board) ? board.spec : board) as { readonly title?: string };
  if (title === undefined || title.trim() === "") {
    throw new Error(`the board ${name} has no title: give it one`);
  }
  const at = placeOfGrafana(view.grafana);
  const { fleet } = project;
  const home = folder(project, view);
  // Whoever may not make folders puts boards into one that is there.
  const own = fleet.manage.includes("folders") ? undefined : view.grafana.parentFolder;
  const scope = { clusters: view.clusters, view };
  const built = isBoardResource(board)
    ? resourceIn(board, view)
    : buildBoard(board, {
        fleet,
        view,
        ...(definitions && { asks: ({ expr }) => isAskable(plain(expr, fleet, project.name, scope), definitions) }),
      });
  const placed = withPlace(plain(built, fleet, project.name, scope), project);
  const model = definitions ? withoutRules(placed, definitions, fleet.labels.cluster) : placed;
  const allow = [...(board.allow ?? []), ...(model === placed ? [] : asRulesDo(placed, model))];
  return {
    kind: "dashboard",
    at,
    id: uid,
    path: boardPath(project, board, view),
    spec: { folder: own ?? home.spec.uid, dashboard: withTag(model, ownerTag(project.name)) },
    needs: [
      own === undefined ? resourceId(home) : "",
      ...Object.values(view.sources).map((source) => resourceId({ kind: "datasource", at, id: source })),
    ],
    origin: `dashboards/${name}`,
    ...(allow.length > 0 && { allow }),
  };
}

type Model = DashboardModel | BoardResource;

function withTag<M extends Model>(model: M, tag: string): M {
  return isBoardResource(model)
    ? { ...model, spec: { ...model.spec, tags: [...tagsIn(model), tag] } }
    : { ...model, tags: [...(model.tags ?? []), tag] };
}

/** The panels of a board of either model, each with the text of what it asks. */
export function panelsOf(model: Model): { readonly title: string; readonly text: string }[] {
  if (isBoardResource(model)) return panelsIn(model);
  return (model.panels ?? []).map((panel) => ({
    title: panel.title ?? "",
    text: "targets" in panel ? JSON.stringify(panel.targets) : "",
  }));
}

function variableNames(model: Model): string[] {
  return isBoardResource(model) ? variablesIn(model) : (model.templating?.list ?? []).map(({ name }) => name);
}

/** What is right in a rule, which is linted as one, is no mistake in the panel that asks the same. */
function asRulesDo(placed: Model, asked: Model): Allowed[] {
  const before = panelsOf(placed);
  const because = "nobody evaluates the rules, so it asks what they would record";
  return panelsOf(asked)
    .filter(({ text }, index) => text !== before[index]?.text)
    .flatMap(({ title }) =>
      ["C01", "T06"].map((check): Allowed => ({ check, because, where: title, mayBeIdle: true })),
    );
}

function file({ path, text }: InfraFile): FileResource {
  return { kind: "file", at: { system: "file" }, id: path, spec: { text }, needs: [], origin: `infra/${path}` };
}

const ownGroups: ReadonlySet<string> = new Set(ownRecording.map(({ name }) => name));

function isOwnRecording({ origin }: Pick<OriginGroup, "origin">): boolean {
  const [kind, name = ""] = origin.split("/");
  return kind === "recording" && ownGroups.has(name);
}

/**
 * The recorded series that something reads, or that are kept for whom we do not see. In a fleet of one cluster, say, nothing
 * compares. Of a fleet that somebody else publishes, what is added here is no reader: they do not record for it.
 */
function seriesRead(
  { theirs }: Project,
  boards: readonly DashboardResource[],
  groups: readonly OriginGroup[],
): ReadonlySet<string> {
  const isTheirs = (origin: string): boolean =>
    theirs === undefined ||
    theirs.dashboards.some((board) => origin === `dashboards/${uidOf(board)}`) ||
    theirs.alerts.some(({ name }) => origin === `alerts/${name}`);
  const reads = new Map<string, Set<string>>();
  const open: string[] = boards.flatMap(({ origin, spec }) =>
    isTheirs(origin) ? seriesIn(JSON.stringify(spec.dashboard)) : [],
  );
  for (const group of groups) {
    const { allow = [] } = group;
    if (isOwnRecording(group)) {
      open.push(...allow.flatMap(({ check, where }) => (check === "R03" && where !== undefined ? [where] : [])));
      for (const rule of group.rules) {
        if (!("record" in rule)) continue;
        const own = reads.get(rule.record) ?? new Set<string>();
        for (const name of seriesIn(rule.expr)) own.add(name);
        reads.set(rule.record, own);
      }
    } else if (isTheirs(group.origin)) open.push(...group.rules.flatMap(({ expr }) => seriesIn(expr)));
  }
  const read = new Set<string>();
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    if (read.has(name)) continue;
    read.add(name);
    open.push(...(reads.get(name) ?? []));
  }
  return read;
}

function withoutUnread(group: OriginGroup, read: ReadonlySet<string>): OriginGroup {
  if (!isOwnRecording(group)) return group;
  return { ...group, rules: group.rules.filter((rule) => "record" in rule && read.has(rule.record)) };
}

/** The rules that live with one tenant's data, and in the owner's ruler those that read all tenants. */
function tenantGroups(project: Project, tenant: Tenant): OriginGroup[] {
  const { fleet } = project;
  const own = scopeOf(tenant);
  const all: Scope = { clusters: fleet.clusters.filter(({ state }) => state !== "retired"), tenant: tenant.id };
  const owns = fleet.owner === tenant.id || (fleet.owner === undefined && fleet.tenants.length === 1);
  return [
    ...project.recording.map((group) => recordingRules(project, group, own)),
    ...project.alerts
      .filter(({ reads }) => reads !== "logs")
      .flatMap((group) =>
        group.scope === "tenant"
          ? [alertRules(project, group, own)]
          : owns
            ? [{ ...alertRules(project, group, all), ...federated(fleet) }]
            : [],
      ),
  ];
}

function scopeOf({ id, clusters }: Tenant): Scope {
  return { clusters: clusters.filter(({ state }) => state !== "retired"), tenant: id };
}

function tenantRules(project: Project, tenant: Tenant, groups: readonly OriginGroup[]): RuleGroupResource[] {
  const { limits, rules: evaluated } = project.fleet.backends.metrics;
  const own = scopeOf(tenant);
  const split = [
    // Grafana's own are signed by their uids.
    ...(evaluated === "grafana" ? [] : [marker(project, own)]),
    ...groups.filter(({ rules }) => rules.length > 0).flatMap((group) => splitGroup(group, limits.rulesPerGroup)),
  ];
  // At its limit a ruler refuses every write, those that change a group too.
  if (split.length >= limits.groupsPerTenant) {
    throw new Error(
      `tenant ${tenant.id} would have ${split.length} rule groups, and its ruler, which allows ${limits.groupsPerTenant}, takes no change from there on: raise ruler_max_rule_groups_per_tenant and backends[].limits.groupsPerTenant, or split the tenant`,
    );
  }
  return [...groupResources(project, tenant, "mimir", split), ...logRules(project, tenant, own)];
}

/** What is told from lines, by Loki's ruler; none where the fleet keeps no logs. */
function logRules(project: Project, tenant: Tenant, scope: Scope): RuleGroupResource[] {
  if (project.fleet.backends.logs?.kind !== "loki") return [];
  const groups = project.alerts
    .filter(({ reads }) => reads === "logs")
    .map((group) => alertRules(project, group, scope))
    .filter(({ rules }) => rules.length > 0);
  return groups.length === 0
    ? []
    : groupResources(project, tenant, "loki", [marker(project, scope, { ruler: "loki" }), ...groups]);
}

function groupResources(
  project: Project,
  tenant: Tenant,
  system: RulerPlace["system"],
  groups: readonly OriginGroup[],
): RuleGroupResource[] {
  const at: RulerPlace = { system, tenant: tenant.id, namespace: namespaceOf(project.name) };
  return groups.map(({ origin, allow = [], ...spec }) => ({
    kind: "rule-group",
    at,
    id: spec.name,
    spec,
    needs: [],
    origin,
    ...(allow.length > 0 && { allow }),
  }));
}

export interface OriginGroup extends RuleGroup {
  readonly origin: string;
  readonly allow?: readonly Allowed[];
}

/** The group that signs a namespace. It is written first and removed last: a run that dies in between stays ours. */
export const markerGroup = "fleetglass";

/** Groups without this one beside them are somebody else's. */
function marker(
  project: Project,
  scope: Scope,
  { ruler = "mimir", namespace }: { readonly ruler?: RulerPlace["system"]; readonly namespace?: string } = {},
): OriginGroup {
  // A project may sign several namespaces of a tenant: each with a series of its own.
  const labels = {
    project: hole("project"),
    ...(ruler === "loki" && { ruler }),
    ...(namespace !== undefined && { rule_namespace: namespace }),
  };
  const rule: Rule = { record: "fleetglass:applied:info", expr: "vector(1)", labels };
  return {
    name: markerGroup,
    interval: "1m",
    rules: [plain(rule, project.fleet, project.name, scope)],
    origin: "bundle",
  };
}

function federated({ owner, tenants }: Fleet): Partial<RuleGroup> {
  return owner === undefined ? {} : { source_tenants: tenants.map(({ id }) => id) };
}

/** The routing of a tenant of Mimir's Alertmanager. */
export function alertmanagerOf(
  project: Project,
  tenant: Tenant,
): AlertmanagerConfiguration & { readonly config: Configuration } {
  return {
    config: tenantRouting(project.fleet, tenant),
    templates: { [templateFile]: templatesOf(project) },
  };
}

function templatesOf({ fleet, name }: Project): string {
  return plain(templates, fleet, name, { clusters: fleet.clusters });
}

/** Of the one notifier that the fleet has, and only where the fleet wants us to write it: it replaces what was there. */
function routing(project: Project): (AlertmanagerResource | FileResource)[] {
  const { manage, notifier, tenants } = project.fleet;
  if (!manage.includes("routing")) return [];
  // Where it runs by our values, these have it.
  if (notifier === "alertmanager") return project.fleet.infrastructure ? [] : routingFiles(project);
  if (notifier !== "mimir") return [];
  return tenants.map((tenant) => ({
    kind: "alertmanager",
    at: { system: "alertmanager", tenant: tenant.id },
    id: "config",
    spec: alertmanagerOf(project, tenant),
    needs: [],
    origin: "routing",
  }));
}

/** A shared Alertmanager reads files. */
function routingFiles(project: Project): FileResource[] {
  const file = (path: string, text: string): FileResource => ({
    kind: "file",
    at: { system: "file" },
    id: `alertmanager/${path}`,
    spec: { text },
    needs: [],
    origin: "routing",
  });
  return [
    file("alertmanager.yaml", stringify(sharedRouting(project.fleet), { lineWidth: 0 })),
    file(templateFile, templatesOf(project)),
  ];
}

function exportersIn(clusters: readonly Cluster[]): ReadonlySet<string> {
  return new Set(clusters.flatMap(({ jobs }) => Object.keys(jobs)));
}

function recordingRules(project: Project, { name, interval, rules }: RecordingGroup, scope: Scope): OriginGroup {
  const scraped = exportersIn(scope.clusters);
  const evaluated = rules.filter((rule) => isAnswered(rule, scraped));
  return {
    name,
    interval,
    rules: evaluated.flatMap((rule) => recordingRule(project, rule, scope)),
    origin: `recording/${name}`,
    allow: evaluated.flatMap(({ record, allow = [] }) => allow.map((one) => ({ ...one, where: record }))),
  };
}

export function recordingRule({ fleet, name, recording }: Project, rule: Recorded, scope: Scope): Rule[] {
  const spec: Rule = {
    record: rule.record,
    expr: rule.query.expr,
    ...(Object.keys(rule.adds).length > 0 && { labels: rule.adds }),
  };
  const scopes = rule.perCluster ? scope.clusters.map((cluster) => ({ ...scope, cluster })) : [scope];
  const written = scope.clusters.length === 0 ? [] : scopes.map((each) => plain(spec, fleet, name, each));
  return written.map((one) => ruleWithPlace(one, { fleet, recording }));
}

export function alertRules(project: Project, group: AlertGroup, scope: Scope): OriginGroup {
  const active = scope.clusters.filter(({ state }) => state === "active");
  const environments = project.fleet.environments.filter(({ workload }) => workload).length;
  const enough = active.length >= (group.fromClusters ?? 1) && environments >= (group.fromEnvironments ?? 0);
  const scraped = exportersIn(scope.clusters);
  const evaluated = group.rules.filter(({ query }) => isAnswered(query, scraped));
  // With several tenants the group's list of them says so.
  const together: readonly Allow[] =
    group.scope === "fleet" && project.fleet.owner === undefined
      ? [{ check: "global", because: "it compares the clusters of one tenant" }]
      : [];
  return {
    // A recording group of the same subject has the name itself.
    name: `alerts-${group.name}`,
    interval: group.interval,
    rules: enough
      ? evaluated.map((rule) =>
          ruleWithPlace(plain(alertRule(rule, project.fleet), project.fleet, project.name, scope), project),
        )
      : [],
    origin: `alerts/${group.name}`,
    allow: enough
      ? evaluated.flatMap(({ alert, query, allow = [] }) =>
          [...allow, ...(query.labels.includes("cluster") ? [] : together)].map((one) => ({ ...one, where: alert })),
        )
      : [],
  };
}

function alertRule(
  { alert, query, for: lasting, keepFiringFor, labels, annotations }: Alert,
  { runbooks }: Fleet,
): Rule {
  const { runbook_url: runbook, ...others } = annotations;
  return {
    alert,
    expr: query.expr,
    for: lasting,
    ...(keepFiringFor !== undefined && { keep_firing_for: keepFiringFor }),
    labels,
    annotations: { ...others, ...(runbooks !== undefined && runbook !== undefined && { runbook_url: runbook }) },
  };
}

/** Absent where agents attach all labels. */
function derivationOf({ fleet, recording }: Pick<Project, "fleet" | "recording">): Derivation | undefined {
  if (fleet.derived.length === 0) return undefined;
  const { labels, derived } = fleet;
  return {
    derived: derived.map((role) => labels[role]),
    ...(!derived.includes("cluster") && { key: labels.cluster }),
    recorded: new Set(recording.flatMap(({ rules }) => rules.map(({ record }) => record))),
  };
}

function ruleWithPlace(rule: Rule, project: Pick<Project, "fleet" | "recording">): Rule {
  const derivation = derivationOf(project);
  return derivation ? { ...rule, expr: withDerived(rule.expr, derivation) } : rule;
}

/** A board whose queries join what agents do not attach. */
function withPlace(model: Model, project: Project): Model {
  const derivation = derivationOf(project);
  if (!derivation) return model;
  return rewritten(model, {
    expr: (expr, language) =>
      language === "loki" ? stripped(expr, derivation.derived) : withDerived(expr, derivation),
    variable: (one) => variableWithPlace(one, derivation),
  });
}

/** A board that asks itself what rules would have recorded. */
function withoutRules(model: Model, definitions: Definitions, cluster: string): Model {
  return rewritten(model, {
    expr: (expr, language) => (language === "prometheus" ? unrecorded(expr, definitions) : expr),
    variable: (one) => variableWithoutRules(one, definitions, cluster),
  });
}

interface Rewriting {
  readonly expr: (expr: string, language: string | undefined) => string;
  readonly variable: (variable: Variable) => Variable;
}

function rewritten(model: Model, { expr: ofExpr, variable }: Rewriting): Model {
  if (isBoardResource(model)) return { ...model, spec: rewrittenResource(model.spec, { expr: ofExpr, variable }) };
  const asked = (of: unknown, language: string | undefined): unknown => {
    if (typeof of !== "object" || of === null || !("expr" in of) || typeof of.expr !== "string") return of;
    return { ...of, expr: ofExpr(of.expr, language) };
  };
  const { templating, annotations, panels } = model;
  return {
    ...model,
    ...(panels && {
      panels: panels.map((panel) =>
        "targets" in panel && panel.targets
          ? { ...panel, targets: panel.targets.map((one) => asked(one, panel.datasource?.type)) }
          : panel,
      ) as typeof panels,
    }),
    annotations: {
      ...annotations,
      list: (annotations.list ?? []).map((one) => ({ ...one, target: asked(one.target, "prometheus") })) as NonNullable<
        typeof annotations.list
      >,
    },
    templating: { ...templating, list: (templating.list ?? []).map(variable) },
  };
}

/** The same in the newer model, whose variables are written down otherwise. */
function rewrittenResource(spec: object, { expr: ofExpr, variable }: Rewriting): object {
  const asked = withQueries(spec, ({ group: kind, spec: own, ...query }) => {
    const expr: unknown = typeof own === "object" && own !== null && "expr" in own ? own.expr : undefined;
    const language = typeof kind === "string" ? kind : undefined;
    return {
      ...query,
      group: kind,
      spec: typeof expr === "string" ? { ...(own as object), expr: ofExpr(expr, language) } : own,
    };
  });
  return withKinds(asked, (part) => {
    if (part["kind"] !== "QueryVariable") return part;
    const own = part["spec"] as { readonly query?: { readonly spec?: unknown } };
    const { query, ...rest } = variable({ ...own, query: own.query?.spec } as unknown as Variable) as object as {
      readonly query?: unknown;
    };
    return { ...part, spec: { ...rest, query: { ...own.query, spec: query } } };
  });
}

/** Does anybody evaluate our rules? */
function recordsFor({ manage, backends }: Fleet): boolean {
  return manage.includes("rules") && backends.metrics.rules !== "none";
}

/** What the rules would record of a view's clusters; undefined where they are evaluated. */
function definitionsOf(project: Project, { clusters }: View): Definitions | undefined {
  const { fleet, recording } = project;
  if (recordsFor(fleet)) return undefined;
  const scope = { clusters, tenant: clusters[0]?.tenant ?? "" };
  const definitions = new Map<string, Definition[]>();
  for (const { expr, record, labels = {} } of recording
    .flatMap((group) => recordingRules(project, group, scope).rules)
    .flatMap((rule) => ("record" in rule ? [rule] : []))) {
    definitions.set(record, [...(definitions.get(record) ?? []), { expr, labels }]);
  }
  return definitions;
}

type Variable = NonNullable<DashboardModel["templating"]["list"]>[number];

/** A selector has values only where a series has its name: else they are in the answer to a query. */
function variableWithoutRules(variable: Variable, definitions: Definitions, cluster: string): Variable {
  const { query } = variable;
  const text: unknown = typeof query === "object" && query !== null ? query["query"] : undefined;
  const [, series = "", label] =
    typeof text === "string" ? (/^label_values\((.*),\s*([^,]*)\)$/su.exec(text) ?? []) : [];
  const asked = unrecorded(series, definitions);
  if (typeof query !== "object" || label === undefined || asked === series) return variable;
  const by = [...new Set([cluster, label])].join(", ");
  return {
    ...variable,
    // VarQueryResult in @grafana/prometheus' PromVariableQueryType.
    query: { ...query, qryType: 3, query: `query_result(group by (${by}) (${asked}))` },
    regex: `/${label}="([^"]*)"/`,
  };
}

function variableWithPlace(variable: Variable, derivation: Derivation): Variable {
  const { query } = variable;
  const text: unknown = typeof query === "object" && query !== null ? query["query"] : undefined;
  const [, series, label] = typeof text === "string" ? (/^label_values\((.*),([^,]*)\)$/su.exec(text) ?? []) : [];
  if (typeof query !== "object" || series === undefined || label === undefined) return variable;
  const { allValue: _, ...others } = variable;
  return {
    // Lines have no other label of the place, so "all" has to name the clusters that the other filters leave.
    ...(variable.name === "cluster" ? others : variable),
    query: { ...query, query: `label_values(${withoutDerived(series, derivation)},${label})` },
  };
}
