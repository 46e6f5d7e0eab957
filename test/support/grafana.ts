import { randomBytes } from "node:crypto";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import type { z } from "zod";
import { secondsOf } from "../../src/duration.ts";
import {
  contractCheck,
  type GrafanaVersion,
  kindFaults,
  requests as shapes,
  withDefaults,
} from "./grafana-contract.ts";

interface Recorded {
  readonly method: string;
  readonly path: string;
  readonly query: Readonly<Record<string, readonly string[]>>;
  readonly body: unknown;
  readonly status: number;
}

/** The next matching request is answered with this, untouched by state and contract. A string is sent as it is. */
interface Failure {
  readonly status: number;
  readonly body?: unknown;
  readonly contentType?: string;
  readonly match?: (request: Omit<Recorded, "status">) => boolean;
}

type Body<Route extends keyof typeof shapes> = z.output<(typeof shapes)[Route]>;
type FolderCommand = Body<"POST /api/folders">;
type DashboardCommand = Body<"POST /api/dashboards/db">;
type DataSourceCommand = Body<"POST /api/datasources">;
type ResourceCommand = Body<"POST /apis/dashboard.grafana.app/{version}/namespaces/default/dashboards">;
type RuleGroupCommand = Body<"PUT /api/v1/provisioning/folder/{FolderUID}/rule-groups/{Group}">;

interface Planted {
  readonly provisioned?: boolean;
  /** What else looks after it: `terraform`. */
  readonly manager?: string;
  /** The model that it is kept in, where that is an old one of the newer model's, which is told in no other. */
  readonly storedVersion?: string;
}

/** A Grafana for a test: the stand-in, or the real one that `GRAFANA_URL` and `GRAFANA_TOKEN` name. */
export interface Grafana {
  /** A real Grafana records nothing, checks nothing and cannot be told to fail. */
  readonly real: boolean;
  readonly url: string;
  readonly token: string;
  readonly requests: readonly Recorded[];
  /** Where a request or an answer broke the contract. Every test ends by expecting none. */
  readonly violations: readonly string[];
  /** What was marked. */
  readonly annotations: readonly unknown[];
  writes(): readonly Recorded[];
  seedFolder(folder: FolderCommand): Promise<void>;
  /** Opens a folder to administrators only. */
  closeFolder(uid: string): Promise<void>;
  /** A library panel in a folder, which the search does not find. */
  seedLibraryPanel(folder: string): void;
  seedDashboard(dashboard: DashboardCommand, options?: Planted): Promise<void>;
  /** A board of the model 2, as its editor saves it. */
  seedResource(resource: ResourceCommand): Promise<void>;
  seedDataSource(dataSource: DataSourceCommand, options?: { readonly readOnly?: boolean }): Promise<void>;
  /** What its API wrote it now has from a file. */
  provisionRules(): void;
  failNext(failure: Failure): void;
  stop(): Promise<void>;
}

export interface GrafanaOptions {
  readonly version?: GrafanaVersion;
  readonly token?: string;
  readonly basic?: { readonly user: string; readonly password: string };
  /** The token may only save boards in this folder, and folders below it; else it may do everything. */
  readonly editorOf?: string;
  /** The token may only look. */
  readonly viewer?: boolean;
  /** What its API calls the organisation; in Grafana Cloud a stack: `stacks-7`. */
  readonly namespace?: string;
  /** Does it keep folders in folders? Before 11 only where somebody asked for it. */
  readonly nested?: boolean;
  /** Which versions of the model 2 it has; Grafana 12.2 to 12.4 have `v2beta1` only. Those of 13 by default. */
  readonly models?: readonly string[];
}

export async function startGrafana({
  version = "13.0.0",
  token = "glsa_test",
  basic,
  editorOf,
  viewer = false,
  models = version === "10.4.3" ? [] : ["v2", "v2beta1"],
  namespace = "default",
  nested = true,
}: GrafanaOptions = {}): Promise<Grafana> {
  const { GRAFANA_URL: realUrl, GRAFANA_TOKEN: realToken } = process.env;
  if (realUrl) {
    if (!realToken) throw new Error("GRAFANA_URL needs a GRAFANA_TOKEN beside it.");
    return realGrafana(realUrl, realToken);
  }

  const check = contractCheck(version);
  const state = new State(version, models, namespace);
  state.nested = nested;
  const recorded: Recorded[] = [];
  const violations: string[] = [];
  const failures: Failure[] = [];
  const logins = [`Bearer ${token}`, ...(basic ? [`Basic ${btoa(`${basic.user}:${basic.password}`)}`] : [])];

  const server = createServer((incoming, outgoing) => {
    const answered = read(incoming).then((text) => {
      const { pathname: path, searchParams } = new URL(incoming.url ?? "/", "http://localhost");
      const method = incoming.method ?? "GET";
      const body = parsed(text);
      const query = Object.fromEntries([...searchParams.keys()].map((key) => [key, searchParams.getAll(key)]));
      const request = { method, path, query, body };
      const through = /^\/api\/datasources\/proxy\/uid\/([^/]+)(\/.*)$/.exec(incoming.url ?? "");
      if (through && refusal(incoming.headers.authorization, logins) === undefined) {
        const form = method === "POST" ? { form: text } : {};
        void forward(state, { uid: through[1] ?? "", path: through[2] ?? "", ...form }).then(({ status, answer }) => {
          outgoing.writeHead(status, { "content-type": "application/json" });
          outgoing.end(typeof answer === "string" ? answer : JSON.stringify(answer));
        });
        return;
      }
      const planted = failures.findIndex(({ match }) => match?.(request) ?? true);
      const failure = planted < 0 ? undefined : failures.splice(planted, 1)[0];
      const { status, answer, route } = failure
        ? { status: failure.status, answer: failure.body, route: undefined }
        : handle(
            state,
            { method, path, query: searchParams, body },
            refusal(incoming.headers.authorization, logins) ??
              (editorOf !== undefined || viewer ? forbidden(state, { method, path, body }, editorOf) : undefined),
            { editorOf, viewer },
          );
      recorded.push({ ...request, status });
      if (route !== undefined)
        violations.push(...check({ method, route, requestBody: body, status, answer: asSent(answer) }));
      outgoing.writeHead(status, { "content-type": failure?.contentType ?? "application/json" });
      outgoing.end(typeof answer === "string" ? answer : JSON.stringify(answer));
    });
    answered.catch((error: unknown) => outgoing.destroy(error instanceof Error ? error : undefined));
  });
  await new Promise<void>((ready) => server.listen(0, "127.0.0.1", ready));

  const plant = async (path: string, body: unknown) =>
    planted(handle(state, { method: "POST", path, query: new URLSearchParams(), body }));
  return {
    real: false,
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    token,
    requests: recorded,
    violations,
    annotations: state.annotations,
    writes: () => recorded.filter(({ method }) => method !== "GET"),
    seedFolder: (folder) => plant("/api/folders", folder),
    closeFolder: (uid) => plant(`/api/folders/${uid}/permissions`, { items: [] }),
    seedLibraryPanel: (folder) => void state.libraryPanels.set(folder, (state.libraryPanels.get(folder) ?? 0) + 1),
    async seedDashboard(command, { provisioned = false, manager, storedVersion } = {}) {
      await plant("/api/dashboards/db", command);
      const stored = [...state.dashboards.values()].findLast(({ data }) => data["title"] === command.dashboard.title);
      if (stored) Object.assign(stored, { provisioned, manager, storedVersion });
    },
    seedResource: (resource) => plant(`/apis/${resource.apiVersion}/namespaces/default/dashboards`, resource),
    async seedDataSource(command, { readOnly = false } = {}) {
      await plant("/api/datasources", command);
      const stored = [...state.dataSources.values()].find(({ name }) => name === command.name);
      if (stored) stored.readOnly = readOnly;
    },
    provisionRules() {
      for (const [at, group] of state.ruleGroups) {
        const rules = group.rules.map((rule) => ({ ...rule, folderUID: "from-file", provenance: "file" }));
        state.ruleGroups.set(at, { ...group, folderUid: "from-file", rules });
      }
    },
    failNext: (failure) => void failures.push(failure),
    stop: () =>
      new Promise((stopped) => {
        server.close(() => stopped());
        server.closeAllConnections();
      }),
  };
}

function realGrafana(address: string, token: string): Grafana {
  const url = address.replace(/\/$/, "");
  const plant = async (path: string, body: unknown, plain = true) => {
    if (!plain) throw new Error("A provisioned object cannot be planted in a real Grafana: check `real` first.");
    const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
    const answer = await fetch(url + path, { method: "POST", headers, body: JSON.stringify(body) });
    planted({ status: answer.status, answer: await answer.text() });
  };
  return {
    real: true,
    url,
    token,
    requests: [],
    violations: [],
    annotations: [],
    writes: () => [],
    seedFolder: (folder) => plant("/api/folders", folder),
    closeFolder: (uid) => plant(`/api/folders/${uid}/permissions`, { items: [] }),
    seedLibraryPanel() {
      throw new Error("Not planted in a real Grafana: check `real` first.");
    },
    seedDashboard: (command, options) =>
      plant("/api/dashboards/db", command, !options?.provisioned && options?.storedVersion === undefined),
    seedResource: (resource) => plant(`/apis/${resource.apiVersion}/namespaces/default/dashboards`, resource),
    seedDataSource: (command, options) => plant("/api/datasources", command, !options?.readOnly),
    provisionRules() {
      throw new Error("A real Grafana reads its own files: check `real` first.");
    },
    failNext() {
      throw new Error("A real Grafana cannot be told to fail: check `real` first.");
    },
    async stop() {},
  };
}

interface Reply {
  readonly status: number;
  readonly answer: unknown;
}
interface StoredFolder {
  readonly id: number;
  readonly uid: string;
  readonly created: string;
  title: string;
  parentUid: string;
  version: number;
  updated: string;
}
interface StoredDashboard {
  readonly id: number;
  readonly uid: string;
  readonly created: string;
  data: Readonly<Record<string, unknown>>;
  folderUid: string;
  version: number;
  updated: string;
  manager?: string;
  provisioned: boolean;
  readonly storedVersion?: string;
  /** What is said of how it is kept where it is asked for in just that version: what was said there when it was last saved. */
  readonly stale?: string | undefined;
  /** Of the model 2: as it is kept. */
  readonly resource?: Pick<ResourceCommand, "apiVersion" | "spec"> & Pick<ResourceCommand["metadata"], "annotations">;
  /** Changes with each write, and is larger than what a number can hold. */
  readonly resourceVersion: string;
}
interface StoredRuleGroup extends Omit<RuleGroupCommand, "rules"> {
  readonly rules: readonly StoredRule[];
}
type StoredRule = Omit<RuleGroupCommand["rules"][number], "uid"> & {
  readonly id: number;
  readonly uid: string;
  readonly updated: string;
  readonly provenance: string;
};
type DataSourceFields = Omit<DataSourceCommand, "secureJsonData">;
type StoredDataSource = { readonly [Key in keyof DataSourceFields]-?: NonNullable<DataSourceFields[Key]> } & {
  readonly id: number;
  readonly secrets: Readonly<Record<string, string>>;
  readonly version: number;
  readOnly: boolean;
};

class State {
  readonly version: GrafanaVersion;
  readonly folders = new Map<string, StoredFolder>();
  readonly dashboards = new Map<string, StoredDashboard>();
  readonly dataSources = new Map<string, StoredDataSource>();
  readonly teams = new Map<number, string>();
  readonly annotations: unknown[] = [];
  /** By folder and name. */
  readonly ruleGroups = new Map<string, StoredRuleGroup>();
  /** Of folders for which somebody has set them; others have the defaults. */
  readonly permissions = new Map<string, PermissionItems>();
  private last = 0;

  readonly models: readonly string[];

  readonly namespace: string;

  constructor(version: GrafanaVersion, models: readonly string[], namespace: string) {
    this.version = version;
    this.models = models;
    this.namespace = namespace;
  }

  nested = true;
  /** How many library panels lie in a folder. */
  readonly libraryPanels = new Map<string, number>();

  nextResourceVersion(): string {
    this.last += 1;
    return `2000000000000000${String(this.last).padStart(3, "0")}`;
  }

  /** Titles were unique in a folder until 11.2. */
  get uniqueTitles(): boolean {
    return this.version === "10.4.3";
  }

  nextId(): number {
    this.last += 1;
    // Dashboards and folders carry large generated numbers since they left the old database.
    return this.version === "10.4.3" ? this.last : 4_000_000_000_000_000 + this.last;
  }

  /** The folders above this one, from the root down. */
  above(folder: StoredFolder): readonly StoredFolder[] {
    const parent = this.folders.get(folder.parentUid);
    return parent ? [...this.above(parent), parent] : [];
  }
}

interface Request {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly body: unknown;
}
interface Call<B = unknown> {
  readonly state: State;
  readonly key: string;
  /** Where the path has a second parameter. */
  readonly second: string;
  readonly query: URLSearchParams;
  readonly body: B;
}
type Handler = (call: Call) => Reply;

const resources = "/apis/dashboard.grafana.app/{version}/namespaces/default/dashboards";

const routes: Readonly<Record<string, Handler>> = {
  "GET /api/health": ({ state }) => ok({ database: "ok", version: state.version, commit: "0000000000" }),
  "GET /api/org": () => ok({ id: 1, name: "Main Org.", address: emptyAddress }),
  "GET /api/folders": listFolders,
  "POST /api/folders": checked("POST /api/folders", createFolder),
  "GET /api/folders/{folder_uid}": withFolder(({ state }, folder) => ok(folderView(state, folder))),
  "PUT /api/folders/{folder_uid}": checked("PUT /api/folders/{folder_uid}", updateFolder),
  "POST /api/folders/{folder_uid}/move": checked("POST /api/folders/{folder_uid}/move", moveFolder),
  "GET /api/folders/{folder_uid}/counts": withFolder(({ state }, { uid }) =>
    ok({
      dashboard: [...state.dashboards.values()].filter(({ folderUid }) => folderUid === uid).length,
      folder: [...state.folders.values()].filter(({ parentUid }) => parentUid === uid).length,
      alertrule: [...state.ruleGroups.values()].filter(({ folderUid }) => folderUid === uid).length,
      librarypanel: state.libraryPanels.get(uid) ?? 0,
    }),
  ),
  "GET /api/folders/{folder_uid}/permissions": withFolder(({ state }, folder) => ok(permissionsView(state, folder))),
  "POST /api/folders/{folder_uid}/permissions": checked("POST /api/folders/{folder_uid}/permissions", (call) =>
    withFolder((_, folder) => {
      const { items } = call.body;
      const unknown = items.find(({ teamId }) => teamId !== undefined && !call.state.teams.has(teamId));
      if (unknown) return failed(400, "team does not exist");
      call.state.permissions.set(folder.uid, items);
      return ok({ message: "Folder permissions updated", id: folder.id, title: folder.title });
    })(call),
  ),
  "GET /api/teams/search": searchTeams,
  "POST /api/teams": checked("POST /api/teams", ({ state, body: { name } }) => {
    if ([...state.teams.values()].includes(name)) return failed(409, "Team name taken");
    const teamId = state.teams.size + 1;
    state.teams.set(teamId, name);
    return ok({ teamId, uid: newUid(), message: "Team created" });
  }),
  "POST /api/annotations": checked("POST /api/annotations", ({ state, body }) => {
    state.annotations.push(body);
    return ok({ message: "Annotation added", id: state.annotations.length });
  }),
  "DELETE /api/folders/{folder_uid}": withFolder(({ state }, folder) => deleteFolder(state, folder)),
  "GET /apis/dashboard.grafana.app": ({ state }) =>
    state.version === "10.4.3" ? failed(404, "Not found") : ok(dashboardGroup(state.models)),
  "GET /apis/dashboard.grafana.app/v0alpha1/namespaces/default/dashboards": listDashboards,
  [`GET ${resources}`]: ofModel(listResources),
  [`GET ${resources}/{name}`]: (call) => {
    const view = classicVersions.includes(call.key) ? classicView : resourceView;
    if (view === resourceView && !call.state.models.includes(call.key)) return failed(404, "404 page not found");
    const found = call.state.dashboards.get(call.second);
    return found ? ok(view(found, call.key, call.state)) : failed(404, "not found", "NotFound");
  },
  [`POST ${resources}`]: checked(`POST ${resources}`, ofModel(createResource)),
  [`PUT ${resources}/{name}`]: checked(`PUT ${resources}/{name}`, ofModel(updateResource)),
  "GET /api/search": search,
  "POST /api/dashboards/db": checked("POST /api/dashboards/db", saveDashboard),
  "GET /api/dashboards/uid/{uid}": getDashboard,
  "DELETE /api/dashboards/uid/{uid}": deleteDashboard,
  "GET /api/v1/provisioning/alert-rules": ({ state }) =>
    ok([...state.ruleGroups.values()].flatMap(({ rules }) => rules)),
  "GET /api/v1/provisioning/folder/{FolderUID}/rule-groups/{Group}": withRuleGroup((_, group) => ok(group)),
  "PUT /api/v1/provisioning/folder/{FolderUID}/rule-groups/{Group}": checked(
    "PUT /api/v1/provisioning/folder/{FolderUID}/rule-groups/{Group}",
    putRuleGroup,
  ),
  "DELETE /api/v1/provisioning/folder/{FolderUID}/rule-groups/{Group}": withRuleGroup(({ state, key, second }) => {
    state.ruleGroups.delete(`${key}/${second}`);
    return { status: 204, answer: "" };
  }),
  "GET /api/datasources": ({ state }) =>
    ok([...state.dataSources.values()].toSorted((a, b) => a.name.localeCompare(b.name)).map(listedDataSource)),
  "POST /api/datasources": checked("POST /api/datasources", addDataSource),
  "GET /api/datasources/uid/{uid}": withDataSource((_, dataSource) => ok(dataSourceView(dataSource))),
  "PUT /api/datasources/uid/{uid}": checked("PUT /api/datasources/uid/{uid}", updateDataSource),
  "DELETE /api/datasources/uid/{uid}": withDataSource(deleteDataSource),
};
const patterns = Object.keys(routes).map((where) => {
  const [method, route = ""] = where.split(" ");
  return { where, method, route, pattern: new RegExp(`^${route.replaceAll(/\{\w+\}/g, "([^/]+)")}$`) };
});

/** `route` is what the contract is asked about: outside of /api there is no contract but our own. */
function handle(
  state: State,
  { method, path, query, body }: Request,
  refused?: Reply,
  { editorOf, viewer = false }: Pick<GrafanaOptions, "viewer"> & { readonly editorOf?: string | undefined } = {},
): Reply & { readonly route?: string } {
  // In no OpenAPI document: GetFrontendSettings in pkg/api/frontendsettings.go, of which this is a small part.
  if (method === "GET" && path === "/api/frontend/settings") {
    const datasources = [...state.dataSources.values()].map(({ uid, name, type, isDefault }) => [
      name,
      { uid, name, type, isDefault, url: `/api/datasources/proxy/uid/${uid}` },
    ]);
    return refused ?? ok({ datasources: Object.fromEntries(datasources), namespace: state.namespace });
  }
  // In no OpenAPI document: getUserPermissions in pkg/services/accesscontrol/api/api.go.
  if (method === "GET" && path === "/api/access-control/user/permissions") {
    return refused ?? ok(permissionsOf(editorOf, viewer));
  }
  const [, namespace] = /^\/apis\/.*\/namespaces\/([^/]+)/.exec(path) ?? [];
  if (namespace !== undefined && namespace !== "default") {
    const usual = path.replace(`/namespaces/${namespace}`, "/namespaces/default");
    if (namespace !== state.namespace) return failed(404, "namespace not found");
    return handle(namespaced(state), { method, path: usual, query, body }, refused, {
      viewer,
      ...(editorOf !== undefined && { editorOf }),
    });
  }
  if (namespace !== undefined && state.namespace !== namespace) return failed(403, "not authorized for this namespace");
  const found = patterns.find((one) => one.method === method && one.pattern.test(path));
  if (found === undefined) {
    return { ...failed(404, "Not found"), ...(path.startsWith("/api/") ? { route: path } : {}) };
  }
  if (refused && found.route !== "/api/health") return { ...refused, route: found.route };
  const [, key = "", second = ""] = (found.pattern.exec(path) ?? []).map(decodeURIComponent);
  const limited = editorOf !== undefined || viewer;
  if (limited && found.where === "GET /api/folders/{folder_uid}") {
    const folder = state.folders.get(key);
    const saves = folder !== undefined && editorOf !== undefined && isBelow(state, folder.uid, editorOf);
    if (folder) return { ...ok({ ...folderView(state, folder), canSave: saves, canEdit: saves }), route: found.route };
  }
  return {
    ...(routes[found.where]?.({ state, key, second, query, body }) ?? failed(404, "Not found")),
    route: found.route,
  };
}

/** The same, seen from within its own namespace. */
function namespaced(state: State): State {
  return Object.create(state, { namespace: { value: "default" } }) as State;
}

/** Unknown keys are dropped, as Grafana does; a value of the wrong type is refused, as Grafana does. */
function checked<R extends keyof typeof shapes>(route: R, handler: (call: Call<Body<R>>) => Reply): Handler {
  return (call) => {
    const result = shapes[route].safeParse(call.body);
    const wrong = result.error?.issues.some(({ code }) => code !== "unrecognized_keys") ?? false;
    return wrong ? failed(400, "bad request data") : handler({ ...call, body: (result.data ?? call.body) as Body<R> });
  };
}

type PermissionItems = Body<"POST /api/folders/{folder_uid}/permissions">["items"];

/** What a folder at the top level is born with: roles/managedpermissions in Grafana's access control. */
const bornWith: PermissionItems = [
  { role: "Viewer", permission: 1 },
  { role: "Editor", permission: 2 },
];
const permissionNames = { 1: "View", 2: "Edit", 4: "Admin" } as const;

function permissionsView(state: State, { uid, title }: StoredFolder): unknown {
  return (state.permissions.get(uid) ?? bornWith).map(({ role, teamId, userId, permission }) => ({
    // DashboardACLInfoDTO leaves out a role that there is none of, and nothing else.
    ...(role !== undefined && { role }),
    teamId: teamId ?? 0,
    team: state.teams.get(teamId ?? 0) ?? "",
    userId: userId ?? 0,
    userLogin: userId === undefined ? "" : `user-${userId}`,
    permission,
    permissionName: permissionNames[permission],
    uid,
    title,
    isFolder: true,
    inherited: false,
  }));
}

function searchTeams({ state, query }: Call): Reply {
  const teams = [...state.teams].map(([id, name]) => ({
    id,
    uid: `team-${id}`,
    orgId: 1,
    name,
    email: "",
    memberCount: 0,
    isProvisioned: false,
  }));
  const perPage = Number(query.get("perpage") ?? 1000);
  const page = Number(query.get("page") ?? 1);
  return ok({ totalCount: teams.length, teams: teams.slice((page - 1) * perPage, page * perPage), page, perPage });
}

// Folders

function withFolder(handler: (call: Call, folder: StoredFolder) => Reply): Handler {
  return (call) => {
    const folder = call.state.folders.get(call.key);
    return folder ? handler(call, folder) : failed(404, "folder not found", "not-found");
  };
}

function listFolders({ state, query }: Call): Reply {
  const parentUid = state.nested ? (query.get("parentUid") ?? "") : "";
  if (parentUid !== "" && !state.folders.has(parentUid)) return failed(404, "folder not found", "not-found");
  const children = [...state.folders.values()].filter((folder) => folder.parentUid === parentUid);
  const hits = children.toSorted((a, b) => a.title.localeCompare(b.title));
  return ok(
    paged(hits, query, 1000).map(({ id, uid, title }) => ({ id, uid, title, ...(parentUid && { parentUid }) })),
  );
}

function createFolder({ state, body }: Call<FolderCommand>): Reply {
  const title = body.title?.trim() ?? "";
  const uid = body.uid?.trim() || newUid();
  const parentUid = state.nested ? (body.parentUid ?? "") : "";
  if (title === "") return failed(400, "folder title cannot be empty");
  const invalid = invalidUid(uid);
  if (invalid) return invalid;
  const parent = state.folders.get(parentUid);
  if (parentUid !== "" && parent === undefined) return failed(400, "folder not found");
  // A taken uid looks like a lost update, in every version.
  if (state.folders.has(uid)) return failed(412, "the folder has been changed by someone else", "version-mismatch");
  const sameTitle = [...state.folders.values()].some((other) => other.title === title && other.parentUid === parentUid);
  if (state.uniqueTitles && sameTitle) {
    return failed(409, "a folder with the same name already exists in the current location");
  }
  if (parent && state.above(parent).length + 1 >= 4) {
    return {
      status: 400,
      answer: { messageId: "folder.maximum-depth-reached", message: "Maximum nested folder depth reached" },
    };
  }
  const now = new Date().toISOString();
  const folder = { id: state.nextId(), uid, title, parentUid, version: 1, created: now, updated: now };
  state.folders.set(uid, folder);
  return ok(folderView(state, folder));
}

function updateFolder(call: Call<Body<"PUT /api/folders/{folder_uid}">>): Reply {
  const { state, body } = call;
  return withFolder((_, folder) => {
    if (body.overwrite !== true && body.version !== folder.version) {
      return state.version === "10.4.3"
        ? failed(412, "the folder has been changed by someone else", "version-mismatch")
        : failed(412, "The dashboard has been changed by someone else"); // so it is: the folder service passes it on
    }
    if (body.title !== undefined && body.title !== "") folder.title = body.title.trim();
    touch(folder);
    return ok(folderView(state, folder));
  })(call);
}

function moveFolder(call: Call<Body<"POST /api/folders/{folder_uid}/move">>): Reply {
  const parentUid = call.body.parentUid ?? "";
  return withFolder(({ state }, folder) => {
    if (!state.nested) {
      return failed(404, "To use this service, you need to activate nested folder feature.", "not-found");
    }
    if (parentUid !== "" && !state.folders.has(parentUid)) return failed(404, "folder not found", "not-found");
    folder.parentUid = parentUid;
    touch(folder);
    return ok(folderView(state, folder));
  })(call);
}

function deleteFolder(state: State, folder: StoredFolder): Reply {
  // Unless told to delete them too: ErrFolderContainsAlertRules in pkg/services/dashboards/errors.go.
  if ([...state.ruleGroups.values()].some(({ folderUid }) => folderUid === folder.uid)) {
    return failed(400, "folder contains alert rules");
  }
  for (const child of state.folders.values()) if (child.parentUid === folder.uid) deleteFolder(state, child);
  for (const { uid, folderUid } of state.dashboards.values())
    if (folderUid === folder.uid) state.dashboards.delete(uid);
  state.folders.delete(folder.uid);
  return ok({ message: "Folder deleted" });
}

function folderView(state: State, folder: StoredFolder): object {
  const { parentUid, ...rest } = folder;
  const parents = state.above(folder);
  return {
    ...rest,
    ...rights,
    orgId: 1,
    url: folderUrl(folder),
    hasAcl: false,
    createdBy: "Anonymous",
    updatedBy: "Anonymous",
    ...(parentUid && { parentUid }),
    ...(parents.length > 0 && { parents: parents.map((parent) => folderView(state, parent)) }),
  };
}

function search({ state, query }: Call): Reply {
  if (Number(query.get("limit")) > 5000) {
    return failed(422, "Limit is above maximum allowed (5000), use page parameter to access hits beyond limit");
  }
  const only = (name: string) => (value: string) =>
    query.getAll(name).length === 0 || query.getAll(name).includes(value);
  const inFolder = only("folderUIDs");
  const hits = [
    ...[...state.folders.values()].map(({ parentUid, ...one }) => ({
      ...one,
      type: "dash-folder",
      tags: noTags,
      folderUid: parentUid,
    })),
    ...[...state.dashboards.values()].map(({ data, ...one }) => ({
      ...one,
      type: "dash-db",
      tags: tagsOf(data),
      title: String(data["title"]),
    })),
  ].filter(
    ({ uid, type, tags, title, folderUid }) =>
      only("type")(type) &&
      only("dashboardUIDs")(uid) &&
      inFolder(folderUid || "general") &&
      title.toLowerCase().includes((query.get("query") ?? "").toLowerCase()) &&
      query.getAll("tag").every((tag) => tags.includes(tag)),
  );
  const sorted = hits.toSorted((a, b) => b.type.localeCompare(a.type) || a.title.localeCompare(b.title));
  return ok(
    paged(sorted, query, 1000).map(({ id, uid, title, type, tags, folderUid }) => {
      const folder = state.folders.get(folderUid);
      return {
        id,
        uid,
        title,
        type,
        tags,
        uri: `db/${slug(title)}`,
        slug: "",
        isStarred: false,
        sortMeta: 0,
        url: type === "dash-folder" ? folderUrl({ uid, title }) : dashboardUrl(uid, title),
        ...(folder && { folderId: folder.id, folderUid, folderTitle: folder.title, folderUrl: folderUrl(folder) }),
        ...(state.version !== "10.4.3" && { orgId: 1, isDeleted: false }),
      };
    }),
  );
}

// Dashboards

function saveDashboard({ state, body }: Call<DashboardCommand>): Reply {
  const { dashboard, folderUid = "", overwrite = false } = body;
  const title = dashboard.title?.trim() ?? "";
  if (body.isFolder) return failed(400, "Use folders endpoint for saving folders.");
  if (title === "") {
    return state.version === "13.3.0"
      ? failed(400, "Dashboard spec is missing required title property")
      : failed(400, "Dashboard title cannot be empty", "empty-name");
  }
  const invalid = dashboard.uid ? invalidUid(dashboard.uid) : undefined;
  if (invalid) return invalid;
  if ((body.message?.length ?? 0) > 500) return failed(400, "message too long, max 500 characters");
  if (folderUid !== "" && !state.folders.has(folderUid)) return failed(400, "folder not found");

  const all = [...state.dashboards.values()];
  const byId = dashboard.id ? all.find(({ id }) => id === dashboard.id) : undefined;
  const byUid = dashboard.uid ? state.dashboards.get(dashboard.uid) : undefined;
  if (dashboard.id && !byId && (state.version !== "13.3.0" || !dashboard.uid)) {
    return failed(404, "Dashboard not found", "not-found");
  }
  if (byId && byUid && byId !== byUid) return failed(400, "A dashboard with the same uid already exists");
  const named = byUid ?? byId;
  if (named?.provisioned) return failed(400, "Cannot save provisioned dashboard");
  if (named && !overwrite && dashboard.version !== named.version) {
    return state.version === "13.3.0"
      ? failed(409, "Dashboard already exists. Use overwrite flag to update.")
      : failed(412, "The dashboard has been changed by someone else", "version-mismatch");
  }
  const sameTitle = all.find(
    (other) => other !== named && other.folderUid === folderUid && other.data["title"] === title,
  );
  if (state.uniqueTitles && sameTitle && !overwrite) {
    return failed(412, "A dashboard with the same name in the folder already exists", "name-exists");
  }
  // Where titles are unique, `overwrite` replaces whatever bears the title, and keeps its uid rather than ours.
  const old = (state.uniqueTitles ? sameTitle : undefined) ?? named;
  const now = new Date().toISOString();
  // By its number a board gets another uid.
  const renamed = old !== undefined && old === byId && !byUid ? dashboard.uid : undefined;
  if (renamed) state.dashboards.delete(old?.uid ?? "");
  const saved: StoredDashboard = {
    id: old?.id ?? state.nextId(),
    uid: renamed || (old?.uid ?? (dashboard.uid || newUid())),
    created: old?.created ?? now,
    data: { ...dashboard, title },
    folderUid,
    version: (old?.version ?? 0) + 1,
    updated: now,
    provisioned: false,
    stale: staleAfter(old, "v0alpha1"),
    resourceVersion: state.nextResourceVersion(),
  };
  state.dashboards.set(saved.uid, saved);
  const { id, uid, version } = saved;
  return ok({ status: "success", id, uid, url: dashboardUrl(uid, title), slug: slug(title), version, folderUid });
}

function dashboardGroup(models: readonly string[]): object {
  return {
    kind: "APIGroup",
    apiVersion: "v1",
    name: "dashboard.grafana.app",
    versions: [...classicVersions, ...models].map((version) => ({
      groupVersion: `dashboard.grafana.app/${version}`,
      version,
    })),
  };
}

/** As the API server does: metadata beside the specification, which has neither uid nor version. */
function listDashboards({ state, query }: Call): Reply {
  const start = Number(query.get("continue") ?? 0);
  const limit = Number(query.get("limit")) || 500;
  const all = [...state.dashboards.values()];
  const items = all.slice(start, start + limit).map((one) => classicView(one, "v0alpha1", state));
  const rest = start + limit < all.length ? { continue: String(start + limit) } : {};
  return ok({ kind: "DashboardList", apiVersion: "dashboard.grafana.app/v0alpha1", metadata: rest, items });
}

const classicVersions: readonly string[] = ["v1", "v1beta1", "v0alpha1"];

/** Before 12.4 nothing but Grafana's pages turns a board of the model 2 into a classic one. */
function translates(models: readonly string[]): boolean {
  return models.includes("v2");
}

function classicView(one: StoredDashboard, version: string, { models }: State): object {
  const { uid: _uid, id: _id, version: _version, ...spec } = one.data;
  const apiVersion = `dashboard.grafana.app/${version}`;
  if (one.resource && !translates(models)) {
    const storedVersion = storedVersionOf(one);
    const conversion = { failed: true, error: "backend conversion not yet implemented", storedVersion };
    return { kind: "Dashboard", apiVersion, metadata: metadataOf(one), spec: null, status: { conversion } };
  }
  return { kind: "Dashboard", apiVersion, metadata: metadataOf(one), spec, ...statusOf(one, version) };
}

/**
 * DashboardStatus in apps/dashboard/kinds: says what was translated. A save changes no status (`PrepareForUpdate` in
 * pkg/apiserver/registry/generic), so where nothing is translated it says what was so before.
 */
function statusOf(one: StoredDashboard, version: string): object {
  const stored = storedVersionOf(one);
  const storedVersion = stored === version ? one.stale : stored;
  return storedVersion === undefined ? {} : { status: { conversion: { failed: false, storedVersion } } };
}

function storedVersionOf({ storedVersion, resource }: StoredDashboard): string {
  return storedVersion ?? resource?.apiVersion.split("/")[1] ?? "v0alpha1";
}

/** What a save in a version leaves said. */
function staleAfter(old: StoredDashboard | undefined, version: string): string | undefined {
  if (!old) return undefined;
  return storedVersionOf(old) === version ? old.stale : storedVersionOf(old);
}

function metadataOf({
  uid,
  version,
  created,
  folderUid,
  provisioned,
  manager,
  resource,
  resourceVersion,
}: StoredDashboard): object {
  const annotations = {
    ...resource?.annotations,
    ...(folderUid && { "grafana.app/folder": folderUid }),
    ...(manager && { "grafana.app/managedBy": manager }),
    ...(provisioned && { "grafana.app/managedBy": "classic-file-provisioning" }),
  };
  return {
    name: uid,
    namespace: "default",
    generation: version,
    creationTimestamp: created,
    resourceVersion,
    annotations,
  };
}

// Dashboards of the model 2

function ofModel<B>(handler: (call: Call<B>) => Reply): (call: Call<B>) => Reply {
  return (call) => (call.state.models.includes(call.key) ? handler(call) : failed(404, "404 page not found"));
}

function listResources({ state, key, query }: Call): Reply {
  const start = Number(query.get("continue") ?? 0);
  const limit = Number(query.get("limit")) || 500;
  const all = [...state.dashboards.values()];
  const rest = start + limit < all.length ? { continue: String(start + limit) } : {};
  return ok({
    kind: "DashboardList",
    apiVersion: `dashboard.grafana.app/${key}`,
    metadata: rest,
    items: all.slice(start, start + limit).map((one) => resourceView(one, key)),
  });
}

/** In the version that it is asked for; a classic board as Grafana translates it, of which this is the frame. */
function resourceView(one: StoredDashboard, version: string): object {
  const apiVersion = `dashboard.grafana.app/${version}`;
  const { resource, data } = one;
  const spec = resource
    ? inVersion(resource.spec, version)
    : withDefaults(version, { ...emptyBoard, title: String(data["title"]), tags: tagsOf(data) });
  return { kind: "Dashboard", apiVersion, metadata: metadataOf(one), spec, ...statusOf(one, version) };
}

const emptyBoard = {
  annotations: [],
  elements: {},
  layout: { kind: "GridLayout", spec: { items: [] } },
  links: [],
  timeSettings: {},
  variables: [],
};

/** `v2beta1` calls a transformation by its kind, `v2` by its group. */
function inVersion(spec: unknown, version: string): unknown {
  if (Array.isArray(spec)) return spec.map((item) => inVersion(item, version));
  if (typeof spec !== "object" || spec === null) return spec;
  const own = spec as Readonly<Record<string, unknown>>;
  return Object.fromEntries(
    Object.entries(own).map(([key, value]) => {
      if (key !== "transformations" || !Array.isArray(value)) return [key, inVersion(value, version)];
      return [
        key,
        value.map(({ kind, group, spec: inner }: { kind: string; group?: string; spec: Record<string, unknown> }) => {
          const { id: _, ...rest } = inner;
          const name = group ?? kind;
          return version === "v2"
            ? { kind: "Transformation", group: name, spec: rest }
            : { kind: name, spec: { id: name, ...rest } };
        }),
      ];
    }),
  );
}

function createResource(call: Call<ResourceCommand>): Reply {
  const { name } = call.body.metadata;
  if (call.state.dashboards.has(name)) return failed(409, `dashboards "${name}" already exists`, "AlreadyExists");
  if (call.body.metadata.resourceVersion !== undefined) return failed(400, "resourceVersion should not be set");
  return keepResource(call, name, undefined);
}

function updateResource(call: Call<ResourceCommand>): Reply {
  const { state, second: name, body } = call;
  const old = state.dashboards.get(name);
  if (!old) return failed(404, `dashboards "${name}" not found`, "NotFound");
  if (body.metadata.resourceVersion !== old.resourceVersion) {
    return failed(409, "the object has been modified; please apply your changes to the latest version", "Conflict");
  }
  if (old.provisioned) return failed(403, "Cannot save provisioned dashboard", "Forbidden");
  return keepResource(call, name, old);
}

/** It keeps what its schema knows, and fills in the defaults of that. */
function keepResource(
  { state, key, query, body }: Call<ResourceCommand>,
  name: string,
  old: StoredDashboard | undefined,
): Reply {
  const wrong = kindFaults(key, body.spec);
  if (wrong.length > 0 && query.get("fieldValidation") === "Strict") return failed(422, wrong.join("; "), "Invalid");
  const { "grafana.app/folder": folderUid = "", ...annotations } = body.metadata.annotations ?? {};
  if (folderUid !== "" && !state.folders.has(folderUid)) return failed(400, `folder ${folderUid} not found`);
  delete annotations["grafana.app/message"];
  delete annotations["grafana.app/grant-permissions"];
  const spec = withDefaults(key, body.spec) as ResourceCommand["spec"];
  const now = new Date().toISOString();
  const kept: StoredDashboard = {
    id: old?.id ?? state.nextId(),
    uid: name,
    created: old?.created ?? now,
    data: { title: spec["title"], tags: spec["tags"] ?? [], panels: [], schemaVersion: 42 },
    folderUid,
    version: (old?.version ?? 0) + 1,
    updated: now,
    provisioned: false,
    resource: { apiVersion: body.apiVersion, spec, annotations },
    stale: staleAfter(old, key),
    resourceVersion: state.nextResourceVersion(),
  };
  state.dashboards.set(name, kept);
  return { status: old ? 200 : 201, answer: resourceView(kept, key) };
}

function getDashboard({ state, key }: Call): Reply {
  const found = state.dashboards.get(key);
  if (found === undefined) return failed(404, "Dashboard not found");
  if (found.resource && !translates(state.models)) {
    return failed(406, `dashboard api version not supported, use /apis/${found.resource.apiVersion}/… instead`);
  }
  const { id, uid, version, data, created, updated, provisioned } = found;
  const folder = state.folders.get(found.folderUid);
  const title = String(data["title"]);
  const actions = { canAdd: true, canEdit: true, canDelete: true };
  const meta = {
    ...rights,
    type: "db",
    slug: slug(title),
    url: dashboardUrl(uid, title),
    canStar: true,
    hasAcl: false,
    isFolder: false,
    expires: "0001-01-01T00:00:00Z",
    created,
    createdBy: "Anonymous",
    updated,
    updatedBy: "Anonymous",
    version,
    folderId: folder?.id ?? 0,
    folderUid: folder?.uid ?? "",
    folderTitle: folder?.title ?? "General",
    folderUrl: folder ? folderUrl(folder) : "",
    provisioned,
    provisionedExternalId: "",
    annotationsPermissions: { dashboard: actions, organization: actions },
    ...(state.version !== "10.4.3" && { apiVersion: "v0alpha1" }),
  };
  return ok({ meta, dashboard: { ...data, id, uid, version } });
}

function deleteDashboard({ state, key }: Call): Reply {
  const found = state.dashboards.get(key);
  if (found === undefined) return failed(404, "Dashboard not found");
  if (found.provisioned) return failed(400, "provisioned dashboard cannot be deleted");
  state.dashboards.delete(key);
  const title = String(found.data["title"]);
  const named = state.version === "10.4.3" ? { id: found.id } : { uid: found.uid };
  return ok({ title, message: `Dashboard ${title} deleted`, ...named });
}

// Data sources

function withDataSource(handler: (call: Call, dataSource: StoredDataSource) => Reply): Handler {
  return (call) => {
    const dataSource = call.state.dataSources.get(call.key);
    return dataSource ? handler(call, dataSource) : failed(404, "Data source not found");
  };
}

function addDataSource({ state, body }: Call<DataSourceCommand>): Reply {
  const { name, type, access } = body;
  if (!name || !type || !access) return failed(400, "bad request data");
  const uid = body.uid || newUid();
  const all = [...state.dataSources.values()];
  if (all.some((other) => other.name === name)) return failed(409, "data source with the same name already exists");
  if (invalidUid(uid)) return failed(400, `invalid UID for datasource ${name}`);
  if (state.dataSources.has(uid)) return failed(409, "data source with the same uid already exists");
  const id = all.reduce((highest, other) => Math.max(highest, other.id), 0) + 1;
  // The first one is the default, whatever it says (`AddDataSource` in pkg/services/datasources/service).
  const isDefault = body.isDefault === true || (all.length === 0 && state.version !== "10.4.3");
  const added = { ...stored({ ...body, name, type, access, uid, isDefault }), id, version: 1, readOnly: false };
  keep(state, added);
  return ok({ message: "Datasource added", id, name, datasource: dataSourceView(added) });
}

function updateDataSource(call: Call<Body<"PUT /api/datasources/uid/{uid}">>): Reply {
  const { name, type, access, version = 0 } = call.body;
  if (!name || !type || !access) return failed(400, "bad request data");
  return withDataSource(({ state }, old) => {
    if (old.readOnly) return failed(403, "Cannot update read-only data source");
    if (name !== old.name && [...state.dataSources.values()].some((other) => other.name === name)) {
      return failed(409, "Failed to update datasource: data source with the same name already exists");
    }
    // A version from the future is accepted and kept; none at all forces the update and starts again at 1.
    if (version !== 0 && version < old.version) {
      return failed(409, "Datasource has already been updated by someone else. Please reload and try again");
    }
    const sent = stored({ ...call.body, name, type, access, uid: call.body.uid || old.uid });
    const updated: StoredDataSource = {
      ...sent,
      id: old.id,
      version: version + 1,
      readOnly: false,
      // The two texts that an empty value does not clear, since the update leaves out empty columns.
      url: sent.url || old.url,
      basicAuthUser: sent.basicAuthUser || old.basicAuthUser,
      secrets: { ...old.secrets, ...sent.secrets },
    };
    state.dataSources.delete(old.uid);
    keep(state, updated);
    return ok({ message: "Datasource updated", id: old.id, name, datasource: dataSourceView(updated) });
  })(call);
}

function deleteDataSource({ state }: Call, { id, uid, readOnly }: StoredDataSource): Reply {
  if (readOnly) return failed(403, "Cannot delete read-only data source");
  state.dataSources.delete(uid);
  return ok({ message: "Data source deleted", id });
}

function stored(
  command: DataSourceCommand & Pick<StoredDataSource, "name" | "type" | "access" | "uid">,
): Omit<StoredDataSource, "id" | "version" | "readOnly"> {
  const { name, type, access, uid } = command;
  const { url = "", user = "", database = "", basicAuth = false, basicAuthUser = "" } = command;
  const { withCredentials = false, isDefault = false, jsonData = {}, secureJsonData: secrets = {} } = command;
  return {
    name,
    type,
    access,
    uid,
    url,
    user,
    database,
    basicAuth,
    basicAuthUser,
    withCredentials,
    isDefault,
    jsonData,
    secrets,
  };
}

/** There is one default at most. */
function keep(state: State, dataSource: StoredDataSource): void {
  if (dataSource.isDefault) {
    for (const other of state.dataSources.values()) state.dataSources.set(other.uid, { ...other, isDefault: false });
  }
  state.dataSources.set(dataSource.uid, dataSource);
}

function dataSourceView({ secrets, ...rest }: StoredDataSource): object {
  const set = Object.entries(secrets).filter(([, value]) => value !== "");
  return {
    ...rest,
    ...plugin(rest.type),
    orgId: 1,
    secureJsonFields: Object.fromEntries(set.map(([key]) => [key, true])),
  };
}

function listedDataSource(one: StoredDataSource): object {
  const { id, uid, name, type, access, url, user, database, basicAuth, isDefault, jsonData, readOnly } = one;
  const typeName = type.charAt(0).toUpperCase() + type.slice(1);
  return {
    id,
    uid,
    orgId: 1,
    name,
    type,
    typeName,
    ...plugin(type),
    access,
    url,
    user,
    database,
    basicAuth,
    isDefault,
    jsonData,
    readOnly,
  };
}

// Rules that it evaluates itself

function withRuleGroup(handler: (call: Call, group: StoredRuleGroup) => Reply): Handler {
  return (call) => {
    const group = call.state.ruleGroups.get(`${call.key}/${call.second}`);
    return group ? handler(call, group) : failed(404, "alert rule group does not exist");
  };
}

/** As pkg/services/ngalert does, in api/api_provisioning.go, provisioning/alert_rules.go and models. */
function putRuleGroup({ state, key, second, body }: Call<RuleGroupCommand>): Reply {
  if (!state.folders.has(key)) return failed(400, "folder does not exist");
  if (body.interval % 10 !== 0)
    return failed(400, "interval should be non-zero and divided exactly by scheduler interval");
  const here = `${key}/${second}`;
  const uids = new Set(body.rules.map(({ uid }) => uid));
  // A rule that it knows comes from wherever it was: CalculateChanges in store/deltas.go.
  const others = new Map(
    [...state.ruleGroups].flatMap(([at, group]) =>
      at === here ? [] : [[at, { ...group, rules: group.rules.filter(({ uid }) => !uids.has(uid)) }] as const],
    ),
  );
  const inFolder = [...others.values()].flatMap(({ folderUid, rules }) => (folderUid === key ? rules : []));
  const titles = [...inFolder, ...body.rules].map(({ title }) => title);
  if (new Set(titles).size < titles.length) return failed(400, "a rule with the same title exists in the folder");
  const known = new Map([...state.ruleGroups.values()].flatMap((group) => group.rules.map((rule) => [rule.uid, rule])));
  const now = new Date().toISOString();
  const rules = body.rules.map((rule): StoredRule => {
    const uid = rule.uid ?? newUid();
    const records = rule.record !== undefined;
    return {
      ...rule,
      ...(records && { condition: "", noDataState: "", execErrState: "" }),
      for: records ? "0s" : goDuration(rule.for),
      keep_firing_for: records ? "0s" : goDuration(rule.keep_firing_for ?? "0s"),
      isPaused: rule.isPaused ?? false,
      data: rule.data.map((query) => ({
        ...query,
        queryType: "",
        relativeTimeRange: query.relativeTimeRange ?? { from: 0, to: 0 },
        model: { intervalMs: 1000, maxDataPoints: 43_200, ...query.model },
      })),
      folderUID: key,
      ruleGroup: second,
      id: known.get(uid)?.id ?? state.nextId(),
      uid,
      updated: now,
      provenance: "api",
    };
  });
  for (const [at, group] of others) {
    if (group.rules.length === 0) state.ruleGroups.delete(at);
    else state.ruleGroups.set(at, group);
  }
  state.ruleGroups.set(here, { title: second, folderUid: key, interval: body.interval, rules });
  return ok(body);
}

/** The shortest way to write it, as Prometheus' `model.Duration` does. */
function goDuration(text: string): string {
  let left = secondsOf(text);
  if (left === 0) return "0s";
  const units = [
    ["w", 604_800],
    ["d", 86_400],
    ["h", 3600],
    ["m", 60],
    ["s", 1],
  ] as const;
  return units
    .map(([unit, seconds]) => {
      // Weeks and days only where nothing is left over.
      if (seconds > 3600 && left % seconds !== 0) return "";
      const many = Math.floor(left / seconds);
      left -= many * seconds;
      return many === 0 ? "" : `${many}${unit}`;
    })
    .join("");
}

// What all of them share

const noTags: readonly string[] = [];
const rights = { canSave: true, canEdit: true, canAdmin: true, canDelete: true };
const emptyAddress = { address1: "", address2: "", city: "", zipCode: "", state: "", country: "" };

function ok(answer: unknown): Reply {
  return { status: 200, answer };
}

function failed(status: number, message: string, reason?: string): Reply {
  return { status, answer: { message, ...(reason && { status: reason }) } };
}

/** As Grafana asks in a reader's name, with the header that the data source adds. */
interface Forwarded {
  readonly uid: string;
  readonly path: string;
  /** Of a form that is posted; a question may be longer than an address. */
  readonly form?: string;
}

async function forward(state: State, { uid, path, form }: Forwarded): Promise<Reply> {
  const source = state.dataSources.get(uid);
  if (!source) return failed(404, "Unable to find datasource");
  const name = source.jsonData["httpHeaderName1"];
  const headers = typeof name === "string" ? { [name]: source.secrets["httpHeaderValue1"] ?? "" } : {};
  try {
    const posted = form !== undefined && { method: "POST", body: new URLSearchParams(form) };
    const answer = await fetch(source.url + path, { headers, ...posted });
    return { status: answer.status, answer: await answer.text() };
  } catch {
    return failed(502, "Bad Gateway");
  }
}

/** What somebody who has no more than a folder, or can only look, is not allowed to do. */
function forbidden(state: State, { method, path, body }: Omit<Request, "query">, editorOf?: string): Reply | undefined {
  const no = failed(403, "You'll need additional permissions to perform this action.");
  if (path.startsWith("/api/datasources")) return no;
  // fixed:teams:read is granted to no basic role, and who may see a folder not who else may.
  if (path === "/api/teams/search" || /^\/api\/folders\/[^/]+\/permissions$/.test(path)) return no;
  if (method === "GET" || path === "/api/search") return undefined;
  const said = typeof body === "object" && body !== null ? (body as Readonly<Record<string, string | undefined>>) : {};
  const [, uid = ""] = /^\/api\/folders\/([^/]+)/.exec(path) ?? [];
  const [, board = ""] = /^\/api\/dashboards\/uid\/([^/]+)/.exec(path) ?? [];
  const where = uid || (said["parentUid"] ?? said["folderUid"] ?? state.dashboards.get(board)?.folderUid ?? "");
  return editorOf !== undefined && isBelow(state, where, editorOf) ? undefined : no;
}

function isBelow(state: State, uid: string, above: string): boolean {
  const folder = state.folders.get(uid);
  return uid === above || (folder !== undefined && state.above(folder).some((one) => one.uid === above));
}

function permissionsOf(editorOf: string | undefined, viewer: boolean): object {
  const all = { "dashboards:read": ["dashboards:*", "folders:*"], "folders:read": ["folders:*"] };
  if (viewer) return all;
  const scope = editorOf === undefined ? "folders:*" : `folders:uid:${editorOf}`;
  const own = { ...all, "dashboards:create": [scope], "dashboards:write": [scope], "folders:create": [scope] };
  return editorOf === undefined ? { ...own, "datasources:create": [], "datasources:read": ["datasources:*"] } : own;
}

function refusal(authorization: string | undefined, logins: readonly string[]): Reply | undefined {
  if (authorization !== undefined && logins.includes(authorization)) return undefined;
  const answer = (message: string, messageId: string) => ({
    status: 401,
    answer: { extra: null, message, messageId, statusCode: 401, traceID: "" },
  });
  if (authorization === undefined) return answer("Unauthorized", "auth.unauthorized");
  return authorization.startsWith("Basic ")
    ? answer("Invalid username or password", "password-auth.failed")
    : answer("Invalid API key", "api-key.invalid");
}

function invalidUid(uid: string): Reply | undefined {
  if (!/^[a-zA-Z0-9_-]*$/.test(uid)) return failed(400, "uid contains illegal characters");
  return uid.length > 40 ? failed(400, "uid too long, max 40 characters") : undefined;
}

function touch(folder: StoredFolder): void {
  folder.version += 1;
  folder.updated = new Date().toISOString();
}

function paged<T>(all: readonly T[], query: URLSearchParams, most: number): readonly T[] {
  const limit = Number(query.get("limit")) || most;
  const start = ((Number(query.get("page")) || 1) - 1) * limit;
  return all.slice(start, start + limit);
}

function plugin(type: string): { readonly typeLogoUrl: string } {
  return { typeLogoUrl: `public/app/plugins/datasource/${type}/img/${type}_logo.svg` };
}

function tagsOf(data: Readonly<Record<string, unknown>>): readonly string[] {
  return Array.isArray(data["tags"]) ? data["tags"].map(String) : [];
}

function slug(title: string): string {
  return title
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, "-")
    .replaceAll(/^-|-$/g, "");
}

function dashboardUrl(uid: string, title: string): string {
  return `/d/${uid}/${slug(title)}`;
}

function folderUrl({ uid, title }: { readonly uid: string; readonly title: string }): string {
  return `/dashboards/f/${uid}/${slug(title)}`;
}

function newUid(): string {
  return randomBytes(7).toString("hex");
}

function planted({ status, answer }: Reply): void {
  if (status !== 200 && status !== 201)
    throw new Error(`Cannot plant this in Grafana: ${status} ${JSON.stringify(answer)}`);
}

async function read(incoming: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(Buffer.from(chunk as Uint8Array));
  return Buffer.concat(chunks).toString("utf8");
}

function parsed(text: string): unknown {
  if (text === "") return undefined;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}

function asSent(answer: unknown): unknown {
  return JSON.parse(JSON.stringify(answer)) as unknown;
}
