import { stringify } from "yaml";
import type { GrafanaRules } from "../grafana-rule.ts";
import { alertingPath, grafanaRules, type Verbatim, verbatimInRules } from "./grafana-rules.ts";
import {
  compare,
  type AlertmanagerResource,
  type DashboardResource,
  type DataSourceResource,
  type FileResource,
  type FolderResource,
  isBoardResource,
  type Resource,
  type RuleGroup,
  type RuleGroupResource,
} from "../bundle.ts";
import { azureRules } from "../terraform/rule-groups.ts";
import { sortedJson } from "./json.ts";

export interface RenderOptions {
  /** Who reads the rule files: a ruler's tool such as mimirtool, Prometheus itself, an operator, Azure's Terraform provider, or Grafana. */
  readonly rules?: "ruler" | "prometheus" | "operator" | "azure" | GrafanaRules;
  /** Labels of the objects that an operator selects by. */
  readonly labels?: Readonly<Record<string, string>>;
}

/**
 * What a bundle looks like as files: what Grafana reads by file provisioning, and what a ruler takes per tenant. Paths are
 * relative to the output folder, in order.
 */
export function render(
  resources: readonly Resource[],
  { rules = "ruler", labels = {} }: RenderOptions = {},
): FileResource[] {
  const folders = resources.filter(isFolder);
  const files = [
    ...resources.filter(isDashboard).map(({ path = "", spec }): File => [path, boardText(spec)]),
    ...providerFiles(folders),
    ...dataSourceFiles(resources.filter(isDataSource)),
    ...ruleFiles(resources.filter(isRuleGroup), { rules, labels }),
    ...resources.filter(isAlertmanager).flatMap(alertmanagerFiles),
  ];
  const rendered = files.map(([path, text]) => fileOf(path, text));
  return [...rendered, ...resources.filter(isFile)].toSorted((a, b) => compare(a.id, b.id));
}

export function fileOf(path: string, text: string): FileResource {
  return { kind: "file", at: { system: "file" }, id: path, spec: { text }, needs: [], origin: "render" };
}

/** Where `out/` holds a resource: what a message points to. */
export function pathOf(resource: Resource, { rules }: Pick<RenderOptions, "rules"> = {}): string {
  switch (resource.kind) {
    case "dashboard":
    case "folder":
    case "datasource":
      return resource.path ?? "";
    case "team":
    case "permissions":
      return "";
    case "rule-group":
      return typeof rules === "object" && resource.at.system === "mimir" ? alertingPath : rulePath(resource);
    case "alertmanager":
      return `${alertmanagerFolder(resource)}/alertmanager.yaml`;
    case "file":
      return resource.id;
  }
}

/**
 * A board as Grafana's file provisioning reads it: from 12.4 on also a resource of the newer model, which says its folder
 * itself, by its uid.
 */
export function boardText({ folder, dashboard }: DashboardResource["spec"]): string {
  if (!isBoardResource(dashboard)) return sortedJson(dashboard);
  const { name } = dashboard.metadata;
  return sortedJson({ ...dashboard, metadata: { name, annotations: { "grafana.app/folder": folder } } });
}

type File = readonly [path: string, text: string];

/** Where the dashboards' directory is mounted in Grafana's container: the default of its chart and packages. */
const mounted = "/var/lib/grafana/dashboards";

/** One for each Grafana. */
function providerFiles(folders: readonly FolderResource[]): File[] {
  return byPath(folders).map(([path, own]) => [path, providersText(own)]);
}

function providersText(folders: readonly FolderResource[]): string {
  const providers = folders.map(({ spec, at }) => ({
    name: spec.uid,
    orgId: at.organisation,
    folder: spec.title,
    folderUid: spec.uid,
    type: "file",
    allowUiUpdates: false,
    options: { path: `${mounted}/${spec.slug}` },
  }));
  return yaml({ apiVersion: 1, providers });
}

function dataSourceFiles(sources: readonly DataSourceResource[]): File[] {
  return byPath(sources).map(([path, own]) => [path, dataSourcesText(own)]);
}

/** What is in no file, such as what was pulled, is left out. */
function byPath<R extends FolderResource | DataSourceResource>(resources: readonly R[]): [string, R[]][] {
  const paths = [...new Set(resources.flatMap(({ path }) => path ?? []))];
  return paths.map((path) => [path, resources.filter((one) => one.path === path)]);
}

/** A provisioning file of data sources. */
export function dataSourcesText(sources: readonly DataSourceResource[]): string {
  const datasources = sources.map(({ spec, at }) => ({ orgId: at.organisation, ...spec, editable: false }));
  return yaml(escaped({ apiVersion: 1, datasources }));
}

/**
 * Grafana expands `$NAME` in provisioning files, but not in what its API is sent: that is where a secret's name goes. What it
 * takes as it stands stays so.
 */
function escaped(value: unknown, verbatim: Verbatim | true = {}): unknown {
  if (verbatim === true) return value;
  if (typeof value === "string") return value.replaceAll("$", "$$$$");
  if (Array.isArray(value)) return value.map((item) => escaped(item, verbatim));
  if (typeof value !== "object" || value === null) return value;
  if ("env" in value && typeof value.env === "string" && Object.keys(value).length === 1) return `$${value.env}`;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, escaped(item, verbatim[key])]));
}

function ruleFiles(groups: readonly RuleGroupResource[], options: Required<RenderOptions>): File[] {
  if (typeof options.rules === "object") {
    const { rules } = options;
    const own = groups.filter(({ at }) => at.system === "mimir");
    const others = ruleFiles(
      groups.filter((group) => !own.includes(group)),
      { ...options, rules: "ruler" },
    );
    return own.length === 0
      ? others
      : [[alertingPath, yaml(escaped(grafanaRules(own, rules), verbatimInRules))], ...others];
  }
  const paths = [...new Set(groups.map(rulePath))];
  if (options.rules === "azure") {
    const files = paths.flatMap((path) => {
      const own = groups.filter((group) => rulePath(group) === path);
      const { namespace = "", tenant = "" } = own[0]?.at ?? {};
      const specs = own.map(({ spec }) => spec);
      return own[0]?.at.system === "mimir"
        ? azureRules(namespace, tenant, specs)
        : [[path, ruleText(own, options)] as const];
    });
    // What all of them share is in one file.
    return [...new Map(files)];
  }
  return paths.map((path) => [
    path,
    ruleText(
      groups.filter((group) => rulePath(group) === path),
      options,
    ),
  ]);
}

function ruleText(groups: readonly RuleGroupResource[], { rules, labels }: Required<RenderOptions>): string {
  const specs = groups.map(({ spec }) => spec);
  if (rules === "prometheus") return yaml({ groups: specs });
  const { tenant = "", namespace = "" } = groups[0]?.at ?? {};
  if (rules === "ruler") return yaml({ namespace, groups: specs });
  // An operator has one list of tenants per object, which the groups of one tenant do without.
  const federated = new Map<string, RuleGroup[]>();
  for (const { source_tenants: tenants = [], ...group } of specs) {
    const key = tenants.join(",");
    federated.set(key, [...(federated.get(key) ?? []), group]);
  }
  const name = `${namespace}-${tenant}`.toLowerCase().replaceAll(/[^a-z0-9]+/gu, "-");
  const objects = [...federated].map(([tenants, own]) => ({
    apiVersion: "monitoring.coreos.com/v1",
    kind: "PrometheusRule",
    metadata: {
      name: (tenants === "" ? name : `${name}-federated`).replaceAll(/^-+|-+$/gu, ""),
      ...(Object.keys(labels).length > 0 && { labels }),
      // Alloy's mimir.rules.kubernetes reads it.
      ...(tenants !== "" && { annotations: { "monitoring.grafana.com/source_tenants": tenants } }),
    },
    spec: { groups: own },
  }));
  return objects.map(yaml).join("---\n");
}

function rulePath({ at }: RuleGroupResource): string {
  return `${at.system === "loki" ? "loki-rules" : "rules"}/${at.tenant}/${at.namespace}.yaml`;
}

/** Secrets stay what they are in the bundle: names. */
function alertmanagerFiles(resource: AlertmanagerResource): File[] {
  const { config, templates } = resource.spec;
  return [
    [`${alertmanagerFolder(resource)}/alertmanager.yaml`, yaml(config)],
    ...Object.entries(templates).map(([name, text]): File => [`${alertmanagerFolder(resource)}/${name}`, text]),
  ];
}

function alertmanagerFolder({ at }: AlertmanagerResource): string {
  return `alertmanager/${at.tenant}`;
}

function yaml(value: unknown): string {
  return stringify(value, { lineWidth: 0, aliasDuplicateObjects: false });
}

function isFile(resource: Resource): resource is FileResource {
  return resource.kind === "file";
}

function isFolder(resource: Resource): resource is FolderResource {
  return resource.kind === "folder";
}

function isDashboard(resource: Resource): resource is DashboardResource {
  return resource.kind === "dashboard";
}

function isDataSource(resource: Resource): resource is DataSourceResource {
  return resource.kind === "datasource";
}

function isRuleGroup(resource: Resource): resource is RuleGroupResource {
  return resource.kind === "rule-group";
}

function isAlertmanager(resource: Resource): resource is AlertmanagerResource {
  return resource.kind === "alertmanager";
}
