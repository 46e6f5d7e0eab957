import { parse } from "yaml";
import {
  type AlertmanagerConfiguration,
  checkedResource,
  type DashboardResource,
  type DataSource,
  type GrafanaPlace,
  isBoardResource,
  placeOfGrafana,
  type Resource,
  type RuleGroup,
} from "../bundle.ts";

import { type GrafanaRule, prometheusRule } from "../grafana-rule.ts";
import { alertingPath, type Verbatim, verbatimInRules } from "./grafana-rules.ts";

/** A file of the output folder. */
export interface TextFile {
  readonly path: string;
  readonly text: string;
}

/** A Grafana of the fleet's. */
export interface Home {
  /** Absent for the first. */
  readonly name?: string;
  readonly organisation: number;
  /** Uid of the folder there that holds ours: no file says it. */
  readonly parentFolder?: string;
}

export interface ReadOptions {
  /** Where boards live, the first before all others. */
  readonly homes: readonly Home[];
  /** Where the rules are that Grafana evaluates itself: their file does not say it. */
  readonly grafanaRules?: { readonly tenant: string; readonly namespace: string };
}

/**
 * What `render` made files of, read back: folders, data sources, boards, rule groups and Alertmanager configurations, so that
 * what was committed can be published as it is. Files of the infrastructure are nothing that a server takes.
 * @throws {Error} naming the file that is not as `render` writes it.
 */
export function readRendered(files: readonly TextFile[], options: ReadOptions): Resource[] {
  const { homes } = options;
  const providers = files.filter(({ path }) => providersFile.test(path)).flatMap((file) => foldersIn(file));
  return [
    ...providers.map(({ uid, title, slug, at }): Resource => {
      const parent = homes.find((home) => resembles(placeOfGrafana(home), at))?.parentFolder;
      return {
        ...common,
        kind: "folder",
        at,
        id: uid,
        spec: { uid, title, slug, ...(parent !== undefined && { parent }) },
      };
    }),
    ...files.filter(({ path }) => sourcesFile.test(path)).flatMap((file) => sourcesIn(file)),
    ...files.filter(({ path }) => boardPath.test(path)).map((file) => boardIn(file, providers, homes)),
    ...files.flatMap((file) => groupsIn(file)),
    ...files.filter(({ path }) => path === alertingPath).flatMap((file) => grafanaGroupsIn(file, options)),
    ...files.flatMap((file) => configurationIn(file, files)),
  ];
}

// The folder says whose they are: `grafana`, or `grafana-eu`.
const providersFile = /(?:^|\/)grafana(?:-([a-z][a-z0-9-]*))?\/provisioning\/dashboards\/fleetglass\.yaml$/u;
const sourcesFile = /(?:^|\/)grafana(?:-([a-z][a-z0-9-]*))?\/provisioning\/datasources\/fleetglass\.yaml$/u;
const boardPath = /(?:^|\/)grafana(?:-([a-z][a-z0-9-]*))?\/dashboards\/(?:([^/]+)\/)?[^/]+\.json$/u;
const rulesPath = /^(rules|loki-rules)\/([^/]+)\/[^/]+\.yaml$/u;
const alertmanagerPath = /^alertmanager\/([^/]+)\/alertmanager\.yaml$/u;

const common = { needs: [], origin: "out" } as const;

interface Provider {
  readonly uid: string;
  readonly title: string;
  readonly slug: string;
  readonly at: GrafanaPlace;
}

function resembles(a: GrafanaPlace, b: GrafanaPlace): boolean {
  return a.grafana === b.grafana && a.organisation === b.organisation;
}

function foldersIn(file: TextFile): Provider[] {
  const { providers } = contentOf(file, "providers") as {
    readonly providers: readonly {
      readonly orgId: number;
      readonly folder: string;
      readonly folderUid: string;
      readonly options: { readonly path: string };
    }[];
  };
  const [, name] = providersFile.exec(file.path) ?? [];
  return providers.map(({ orgId, folder, folderUid, options }) => ({
    uid: folderUid,
    title: folder,
    slug: options.path.split("/").at(-1) ?? "",
    at: placeOfGrafana({ name, organisation: orgId }),
  }));
}

/** What Grafana would expand in the file stands in the bundle by name, and a sign that is meant stands once. */
function sourcesIn(file: TextFile): Resource[] {
  type Listed = DataSource & { readonly orgId: number; readonly editable?: boolean };
  const { datasources } = contentOf(file, "datasources") as { readonly datasources: readonly Listed[] };
  const [, name] = sourcesFile.exec(file.path) ?? [];
  return datasources.map(({ orgId, editable: _editable, ...spec }) => ({
    ...common,
    kind: "datasource",
    at: placeOfGrafana({ name, organisation: orgId }),
    id: spec.uid,
    spec: unescaped(spec) as DataSource,
  }));
}

function unescaped(value: unknown, verbatim: Verbatim | true = {}): unknown {
  if (verbatim === true) return value;
  if (typeof value === "string") {
    const [, env] = /^\$([A-Z][A-Z0-9_]*)$/u.exec(value) ?? [];
    return env === undefined ? value.replaceAll("$$", "$") : { env };
  }
  if (Array.isArray(value)) return value.map((item) => unescaped(item, verbatim));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, unescaped(item, verbatim[key])]));
}

function boardIn(file: TextFile, providers: readonly Provider[], homes: readonly Home[]): DashboardResource {
  const dashboard = boardContent(file);
  // In the tree of the infrastructure the widest view's boards lie in no folder of their own.
  const [, name, slug = "sre"] = boardPath.exec(file.path) ?? [];
  const home = providers.find((provider) => provider.slug === slug && provider.at.grafana === name);
  const parent = homes.find((one) => one.name === name);
  const folder = home?.uid ?? parent?.parentFolder;
  if (folder === undefined) throw new Error(`${file.path}: no provisioning file says which folder of Grafana it is in`);
  return {
    ...common,
    kind: "dashboard",
    at: home?.at ?? placeOfGrafana({ name, organisation: parent?.organisation ?? 1 }),
    id: (isBoardResource(dashboard) ? dashboard.metadata.name : dashboard.uid) ?? "",
    spec: { folder, dashboard },
  };
}

/** Which folder it is in the file says of a resource; in the bundle it stands beside the board. */
function boardContent(file: TextFile): DashboardResource["spec"]["dashboard"] {
  const content = contentOf(file) as DashboardResource["spec"]["dashboard"];
  if (isBoardResource(content)) {
    const { apiVersion, kind, metadata, spec } = content;
    return checkedResource({ apiVersion, kind, metadata: { name: metadata.name }, spec });
  }
  return contentOf(file, "uid") as DashboardResource["spec"]["dashboard"];
}

/** Rules in the form of a ruler: what Prometheus, an operator or Azure reads is theirs to bring back. */
function groupsIn(file: TextFile): Resource[] {
  const [, kind, tenant = ""] = rulesPath.exec(file.path) ?? [];
  if (kind === undefined) return [];
  const { namespace, groups } = contentOf(file, "groups") as {
    readonly namespace?: string;
    readonly groups: readonly RuleGroup[];
  };
  if (namespace === undefined) return [];
  const system = kind === "rules" ? "mimir" : "loki";
  return groups.map((spec) => ({
    ...common,
    kind: "rule-group",
    at: { system, tenant, namespace },
    id: spec.name,
    spec,
  }));
}

/** Back in a ruler's words, which are the bundle's. */
function grafanaGroupsIn(file: TextFile, { grafanaRules }: ReadOptions): Resource[] {
  if (!grafanaRules) return [];
  type InFile = Pick<GrafanaRule, "uid" | "title" | "data" | "labels"> &
    Partial<NonNullable<GrafanaRule["alert"]>> & { readonly record?: { readonly metric: string } };
  const { groups } = unescaped(contentOf(file, "groups"), verbatimInRules) as {
    readonly groups: readonly { readonly name: string; readonly interval: string; readonly rules: readonly InFile[] }[];
  };
  return groups.map(({ name, interval, rules }) => ({
    ...common,
    kind: "rule-group",
    at: { system: "mimir", ...grafanaRules },
    id: name,
    spec: {
      name,
      interval,
      rules: rules.map(({ record, ...rule }) =>
        prometheusRule({
          ...rule,
          ...(record ? { record: record.metric } : { alert: { ...whole, ...rule } }),
        }),
      ),
    },
  }));
}

const whole = {
  condition: "",
  noDataState: "",
  execErrState: "",
  missingSeriesEvalsToResolve: 0,
  for: "0s",
  annotations: {},
} as const;

function configurationIn(file: TextFile, files: readonly TextFile[]): Resource[] {
  const [, tenant] = alertmanagerPath.exec(file.path) ?? [];
  if (tenant === undefined) return [];
  const folder = `alertmanager/${tenant}/`;
  const templates = files
    .filter(({ path }) => path.startsWith(folder) && path !== file.path)
    .map(({ path, text }) => [path.slice(folder.length), text] as const);
  return [
    {
      ...common,
      kind: "alertmanager",
      at: { system: "alertmanager", tenant },
      id: "config",
      spec: {
        config: contentOf(file, "route") as AlertmanagerConfiguration["config"],
        templates: Object.fromEntries(templates),
      },
    },
  ];
}

function contentOf({ path, text }: TextFile, key?: string): unknown {
  let content: unknown;
  try {
    content = path.endsWith(".json") ? JSON.parse(text) : parse(text);
  } catch (error) {
    throw new Error(`${path} can't be read: ${error instanceof Error ? error.message.split("\n")[0] : ""}`, {
      cause: error,
    });
  }
  if (typeof content === "object" && content !== null && (key === undefined || key in content)) return content;
  throw new Error(`${path} is not as fleetglass writes it: it has no ${key ?? "content"}`);
}
