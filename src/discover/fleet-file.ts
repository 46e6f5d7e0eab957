import { stringify } from "yaml";
import { resolveFleet } from "../fleet/resolve.ts";
import type { FleetInput } from "../fleet/model.ts";
import { type Exporter, exporters, jobPresets, type JobPreset, pushers, roles } from "../labels.ts";
import { type ClusterFacts, type Facts, lacks } from "./facts.ts";
import type { GrafanaFacts, SourceFacts } from "./grafana-facts.ts";

export interface FleetFileOptions {
  readonly facts: Facts;
  readonly grafana?: GrafanaFacts;
  /** Name of the fleet, where its series do not tell. */
  readonly name: string;
  /** Publish no rules, whatever the server takes. */
  readonly boardsOnly: boolean;
}

/** Where Mimir takes no rules from us, boards can be looked at all the same. */
function isBoardsOnly({ facts: { server }, boardsOnly }: FleetFileOptions): boolean {
  return boardsOnly || (!server.ruler && (server.kind === "mimir" || server.kind === "grafana-cloud"));
}

export interface FleetFile {
  readonly text: string;
  /** What a person has to look at, as marked in the text. */
  readonly questions: readonly string[];
}

/** Marks what could not be told. */
export const questionMark = "# ?";

/** A `fleet.yaml` from what was found, with a comment where a person should know why, and a mark where they must decide. */
export function fleetFile(options: FleetFileOptions): FleetFile {
  const page = new Page();
  page.line("# yaml-language-server: $schema=./node_modules/fleetglass/schema/fleet.schema.json");
  page.line("# Written by `fleetglass init` from what was found. Every key: node_modules/fleetglass/docs/fleet.md");
  page.line(`# Where it says "${questionMark}" it could not be told: decide, and take the mark away.`);
  const clusters = places(options);
  nameAndLabels(page, options, clusters);
  environments(page, clusters);
  const scraped = scrapes(clusters);
  defaults(page, options, scraped);
  clusterList(page, options, clusters, scraped);
  tenancy(page, options, clusters);
  backends(page, options);
  grafana(page, options, clusters);
  return page.done();
}

/** Lines, and the questions among them. */
class Page {
  readonly #lines: string[] = [];
  readonly #questions: string[] = [];

  /** @param questions what a person should decide here */
  line(text: string, ...questions: readonly (string | undefined)[]): void {
    const asked = questions.filter((question) => question !== undefined);
    this.#lines.push(asked.length === 0 ? text : `${text} ${questionMark} ${asked.join(" ")}`);
    this.#questions.push(...asked.filter((question) => !this.#questions.includes(question)));
  }

  /** @param value written on one line */
  entry(key: string, value: unknown, ...questions: readonly (string | undefined)[]): void {
    this.line(`${key}: ${flow(value)}`, ...questions);
  }

  done(): FleetFile {
    return { text: `${this.#lines.join("\n")}\n`, questions: this.#questions };
  }
}

function flow(value: unknown): string {
  return stringify(value, { collectionStyle: "flow", lineWidth: 0 }).trim();
}

/** Grafana's limit of a uid, of which a folder's takes what stands around the names of project and environment. */
const longestName = 40 - "fleetglass__".length;

function nameAndLabels(page: Page, { facts, name }: FleetFileOptions, clusters: readonly Place[]): void {
  const room = longestName - Math.max(3, ...clusters.map(({ environment }) => environment.length));
  const short = name.slice(0, Math.max(1, room)).replace(/-+$/u, "");
  const owners = new Set(facts.clusters.map((cluster) => cluster.roles.tenant_id ?? ""));
  const [owner = ""] = owners;
  const known = owners.size === 1 && /^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/u.test(owner);
  page.entry("name", known ? owner : short, known ? undefined : "Is this its name? It signs all that is published.");
  page.line("");
  page.line("# How series name what they belong to. What no agent attaches is joined from this file, by cluster.");
  page.line("labels:");
  for (const role of roles) {
    const label = facts.labels[role];
    const others = facts.candidates[role] ?? [];
    const also = others.length === 0 ? undefined : `Or is it ${others.join(", ")}, which fit as well?`;
    page.entry(`  ${role}`, label ?? { derived: true }, also);
  }
  if (facts.unlabelled > 0) {
    page.line(
      `# ${facts.unlabelled} targets have no ${facts.labels.cluster ?? "cluster"} label: they are on no board until their agent attaches it.`,
    );
  }
}

/** A cluster, and what is known of its place. */
interface Place {
  readonly facts: ClusterFacts;
  readonly name: string;
  readonly environment: string;
  readonly region: string;
  readonly asks: readonly string[];
}

/** Words in names of clusters that people use for environments, in the order of promotion. */
const environmentWords = [
  "sandbox",
  "dev",
  "development",
  "test",
  "tst",
  "qa",
  "int",
  "uat",
  "stg",
  "stage",
  "staging",
  "preprod",
  "prd",
  "prod",
  "production",
  "live",
  "mgmt",
  "ops",
] as const;

function places({ facts }: FleetFileOptions): Place[] {
  const found = facts.clusters.map((cluster): Place => {
    const { environment, region } = cluster.roles;
    const word = cluster.name
      .toLowerCase()
      .split(/[^a-z]+/u)
      .find((part) => rank(part) >= 0);
    const asks = [
      ...(cluster.name === "" ? ["What is this cluster called?"] : []),
      ...(environment === undefined
        ? [
            word === undefined
              ? `Which environment is ${cluster.name || "it"} in?`
              : `Is ${cluster.name} "${word}", as its name says?`,
          ]
        : []),
      ...(region === undefined ? [`In which region is ${cluster.name || "it"}?`] : []),
    ];
    return {
      facts: cluster,
      name: cluster.name === "" ? "my-cluster" : cluster.name,
      environment: environment ?? word ?? "main",
      region: region ?? "unknown",
      asks,
    };
  });
  return found.toSorted((a, b) => rank(a.environment) - rank(b.environment));
}

function rank(environment: string): number {
  return (environmentWords as readonly string[]).indexOf(environment.toLowerCase());
}

function environments(page: Page, clusters: readonly Place[]): void {
  const names = [...new Set(clusters.map(({ environment }) => environment))];
  const ordered = names.length < 2 || names.every((name) => rank(name) >= 0);
  page.line("");
  page.line("# In the order of promotion, the least critical first.");
  page.line("environments:", ordered ? undefined : "Is this the order in which a release passes through them?");
  for (const name of names) page.line(`  - ${flow({ name })}`);
}

/** Who scrapes what, under which job: what most clusters share, and what each has beside it. */
interface Scrapes {
  readonly preset: JobPreset;
  readonly interval?: number;
  readonly shared: Overrides;
  readonly own: ReadonlyMap<Place, Overrides>;
  readonly agents: Agents;
}

type Overrides = { readonly [E in Exporter]?: string | boolean };

interface Agents {
  readonly mesh: "istio" | "linkerd" | "none";
  readonly metricsAgent: "prometheus-agent" | "alloy" | "otel-collector";
  readonly logsAgent: "promtail" | "alloy" | "none";
}

function scrapes(clusters: readonly Place[]): Scrapes {
  const presets = Object.keys(jobPresets) as JobPreset[];
  const fits = (preset: JobPreset): number =>
    clusters.reduce(
      (sum, { facts: { jobs } }) =>
        sum +
        Object.entries(jobPresets[preset]).filter(([exporter, job]) => jobs[exporter as Exporter]?.[0] === job).length,
      0,
    );
  const preset = presets.toSorted((a, b) => fits(b) - fits(a))[0] ?? "fleetglass";
  const runs = (exporter: Exporter): boolean => clusters.some(({ facts }) => facts.jobs[exporter] !== undefined);
  const agents: Agents = {
    mesh: runs("istio-proxy") ? "istio" : runs("linkerd") ? "linkerd" : "none",
    metricsAgent: runs("prometheus-agent") || !runs("alloy") ? "prometheus-agent" : "alloy",
    logsAgent: runs("promtail") ? "promtail" : runs("alloy") ? "alloy" : "none",
  };
  const usual = usualJobs(clusters, preset, agents);
  const differing = new Map(clusters.map((place, at) => [place, differences(place.facts, usual[at] ?? {})] as const));
  const shared = Object.fromEntries(
    exporters.flatMap((exporter) => {
      const values = [...differing.values()].map((own) => own[exporter]);
      const [first] = values;
      return first !== undefined && values.every((value) => value === first) ? [[exporter, first]] : [];
    }),
  ) as Overrides;
  const own = new Map(
    [...differing].map(([place, all]) => [
      place,
      Object.fromEntries(Object.entries(all).filter(([exporter]) => !(exporter in shared))) as Overrides,
    ]),
  );
  const intervals = clusters.flatMap(({ facts: { interval } }) => interval ?? []);
  const interval = intervals.toSorted((a, b) => count(intervals, b) - count(intervals, a))[0];
  return { preset, shared, own, agents, ...(interval !== undefined && { interval }) };
}

function count<T>(values: readonly T[], value: T): number {
  return values.filter((one) => one === value).length;
}

/** What the fleet would say of each cluster if it had nothing but the preset: the difference is what has to be written. */
function usualJobs(clusters: readonly Place[], jobs: JobPreset, agents: Agents): ClusterJobs[] {
  const input: FleetInput = {
    name: "fleet",
    environments: [{ name: "any" }],
    backends: [{ kind: "prometheus", url: "http://localhost" }],
    defaults: { exporters: { jobs }, ...agents },
    clusters: clusters.map(({ facts: { roles: own, gpu } }, at) => ({
      name: `c${at}`,
      environment: "any",
      region: "any",
      ...(own.cluster_type === "ops" && { type: "ops" as const }),
      ...(gpu && { gpu }),
    })),
  };
  return resolveFleet(input).clusters.map((cluster) => cluster.jobs);
}

type ClusterJobs = { readonly [E in Exporter]?: string };

/** Flux' resources are told of by kube-state-metrics. */
const unscraped: readonly Exporter[] = [...pushers, "flux"];

function differences({ jobs }: ClusterFacts, usual: ClusterJobs): Overrides {
  return Object.fromEntries(
    exporters.flatMap((exporter): (readonly [Exporter, string | boolean])[] => {
      const found = jobs[exporter];
      const job = found?.includes(usual[exporter] ?? "") === true ? usual[exporter] : found?.[0];
      if (job === undefined) return usual[exporter] === undefined ? [] : [[exporter, false]];
      if (job === usual[exporter]) return [];
      // Their series say nothing of who scrapes them: they push, or others speak for them.
      if ((unscraped as readonly string[]).includes(exporter))
        return usual[exporter] === undefined ? [[exporter, true]] : [];
      return [[exporter, job === "" ? true : job]];
    }),
  );
}

function defaults(page: Page, { facts }: FleetFileOptions, { preset, interval, shared, agents }: Scrapes): void {
  page.line("");
  page.line("# What every cluster has unless it says otherwise.");
  page.line("defaults:");
  if (interval === undefined) {
    page.entry("  scrapeInterval", "30s", "How often do agents scrape? Ten minutes of samples would tell.");
  } else page.entry("  scrapeInterval", `${interval}s`);
  const override = Object.keys(shared).length === 0 ? {} : { override: shared };
  page.entry("  exporters", { jobs: preset, ...override });
  page.entry("  mesh", agents.mesh);
  page.entry("  metricsAgent", agents.metricsAgent);
  page.entry("  logsAgent", agents.logsAgent);
  const missing: readonly Exporter[] = (
    ["kube-state-metrics", "node-exporter", "cadvisor", "opencost"] as const
  ).filter((exporter) => facts.clusters.every((cluster) => lacks(cluster).includes(exporter)));
  if (missing.length > 0) {
    page.line(
      `# No cluster has ${missing.join(", ")}: what only ${missing.length === 1 ? "it tells" : "they tell"} is on no board.`,
    );
  }
}

function clusterList(
  page: Page,
  { facts }: FleetFileOptions,
  clusters: readonly Place[],
  { own, interval }: Scrapes,
): void {
  const tenants = tenantMode(facts, clusters);
  page.line("");
  page.line("clusters:");
  for (const place of clusters) {
    const { facts: found, name, environment, region, asks } = place;
    const override = own.get(place) ?? {};
    const entry = {
      name,
      environment,
      region,
      ...(found.roles.cluster_type === "ops" && { type: "ops" }),
      ...(tenants === "named" && { tenant: found.tenant }),
      ...(found.interval !== undefined && found.interval !== interval && { scrapeInterval: `${found.interval}s` }),
      ...(found.nodes !== undefined && { nodes: found.nodes }),
      ...(found.pods !== undefined && { pods: found.pods }),
      ...(found.gpu && { gpu: { model: found.gpu.model || "unknown", count: found.gpu.count } }),
      ...(Object.keys(override).length > 0 && { exporters: { override } }),
    };
    page.line(`  - ${flow(entry)}`, ...asks);
  }
}

/** How clusters and tenants go together, in the words of `tenancy.mode`; `named` where no rule fits. */
function tenantMode(
  { server, tenants }: Facts,
  clusters: readonly Place[],
): "single" | "per-environment" | "per-cluster" | "named" {
  if (server.header === undefined || tenants.length === 1) return "single";
  if (clusters.every(({ facts, environment }) => facts.tenant === environment)) return "per-environment";
  return clusters.every(({ facts }) => facts.tenant === facts.name) ? "per-cluster" : "named";
}

function tenancy(page: Page, { facts }: FleetFileOptions, clusters: readonly Place[]): void {
  const { server, tenants, federation } = facts;
  const mode = tenantMode(facts, clusters);
  page.line("");
  if (server.header === undefined) {
    page.line("# The server has no tenants.");
    page.entry("tenancy", { mode: "single", header: "none" });
    return;
  }
  const [only] = tenants;
  const empty = tenants.filter(({ id }) => !clusters.some((place) => place.facts.tenant === id)).map(({ id }) => id);
  const ops = clusters.find(({ facts: found }) => found.roles.cluster_type === "ops")?.facts.tenant;
  const owner = federation === true ? (ops ?? empty[0]) : undefined;
  page.line(
    federation === false
      ? "# One query may not read several tenants here, so there is no board of all environments."
      : "# Which tenant holds which cluster's data.",
  );
  page.entry(
    "tenancy",
    {
      ...(mode === "named" ? {} : { mode }),
      ...(mode === "single" && only && { tenant: only.id }),
      header: server.header,
      ...(federation !== undefined && { federation }),
      ...(owner !== undefined && { owner }),
    },
    federation === true && owner === undefined
      ? "Which tenant should own the rules that compare tenants (owner)?"
      : undefined,
  );
}

function backends(page: Page, options: FleetFileOptions): void {
  const { facts, grafana: found } = options;
  const { server } = facts;
  const source = sourceFor(facts, found);
  page.line("");
  page.line(
    `# ${titleOf(server.kind)}${server.version === undefined || server.version === "unknown" ? "" : ` ${server.version}`}.`,
  );
  page.line("backends:");
  const operator =
    server.kind === "prometheus" && facts.clusters.some(({ jobs }) => jobs.kubelet?.includes("kubelet") === true);
  const rules = isBoardsOnly(options) ? "none" : server.ruler ? undefined : operator ? "prometheusrule" : "files";
  page.line(
    `  - ${flow({
      kind: server.kind,
      url: (source?.url || server.url).replace(/\/+$/u, ""),
      ...(rules !== undefined && { rules }),
      ...(rules === "prometheusrule" && { ruleLabels: { release: "kube-prometheus-stack" } }),
    })}`,
    [
      ...(source ? [] : ["Is this where Grafana finds it?"]),
      ...(rules === "prometheusrule" ? ["By which labels does your Prometheus select PrometheusRule objects?"] : []),
    ].join(" ") || undefined,
  );
  for (const kind of ["loki", "tempo"] as const) {
    const others = found?.dataSources.filter(({ type }) => type === kind) ?? [];
    const [first] = others;
    if (first)
      page.line(
        `  - ${flow({ kind, url: first.url })}`,
        others.length > 1 ? `There are ${others.length} in Grafana: is it this one?` : undefined,
      );
  }
  if (facts.mixin) {
    page.line("");
    page.line("# Alerts of kubernetes-mixin are evaluated already: ours that say the same are left out.");
    page.entry("alerting", { workloads: "existing" });
  }
}

function titleOf(kind: string): string {
  return (
    {
      mimir: "Mimir",
      prometheus: "Prometheus",
      "grafana-cloud": "Grafana Cloud",
      "azure-managed": "Azure Managed Prometheus",
    }[kind] ?? kind
  );
}

/** The data source in Grafana that reads these clusters, no more and no less. */
function sourceReading(clusters: readonly string[], found: GrafanaFacts | undefined): SourceFacts | undefined {
  const wanted = [...new Set(clusters)].toSorted().join("\n");
  const fit = found?.dataSources.filter(({ reads }) => reads?.toSorted().join("\n") === wanted) ?? [];
  return fit.find(({ isDefault }) => isDefault) ?? fit[0];
}

function sourceFor({ clusters }: Facts, found: GrafanaFacts | undefined): SourceFacts | undefined {
  return sourceReading(
    clusters.map(({ name }) => name),
    found,
  );
}

function grafana(page: Page, options: FleetFileOptions, clusters: readonly Place[]): void {
  const { facts, grafana: found } = options;
  page.line("");
  if (!found) {
    page.line("# Where people open Grafana; alerts link to it.");
    page.line("grafanas:");
    page.line(`  - ${flow({ url: "http://localhost:3000" })}`, "Where do people open Grafana?");
    if (isBoardsOnly(options)) page.entry("manage", ["dashboards", "datasources", "folders"]);
    return;
  }
  const { folders, dataSources: mayMakeSources } = found.rights;
  const [home] = found.folders;
  const noFolders = folders === false || (folders === undefined && !found.listed);
  const parent = noFolders && home ? home : undefined;
  page.line(`# Grafana ${found.version}.`);
  page.line("grafanas:");
  page.line(
    `  - ${flow({ url: found.url, ...(parent && { parentFolder: parent.uid }) })}`,
    parent === undefined
      ? noFolders
        ? "The token may make no folder and save boards in none that is there: which right should it have?"
        : undefined
      : found.folders.length > 1
        ? `Should boards go into "${parent.title}"? The token may also use ${found.folders
            .slice(1)
            .map(({ uid }) => uid)
            .join(", ")}`
        : undefined,
  );
  existingSources(page, options, clusters, mayMakeSources === false || !found.listed);
  const managed = [
    "dashboards",
    ...(mayMakeSources === false || !found.listed ? [] : ["datasources"]),
    ...(parent === undefined ? ["folders"] : []),
    ...(isBoardsOnly(options) ? [] : ["rules"]),
  ];
  if (managed.length < 4) {
    page.line("");
    if (managed.length < (isBoardsOnly(options) ? 3 : 4)) page.line("# What the credential may not write is left out.");
    if (isBoardsOnly(options)) {
      page.line(
        "# Boards only: they ask themselves what rules would record. With rules, they are faster, and alerts come with them.",
      );
    }
    page.entry("manage", managed);
  }
  if (isBoardsOnly(options)) return;
  if (facts.server.ruler) return;
  page.line("# Rules go into files: out/rules. Boards are empty until these are loaded.");
}

/** Boards read what is there, where that says the same as what we would make. */
function existingSources(
  page: Page,
  { facts, grafana: found }: FleetFileOptions,
  clusters: readonly Place[],
  must: boolean,
): void {
  const metrics = sourceFor(facts, found);
  const single = facts.server.header === undefined;
  const kinds = ["loki", "tempo"] as const;
  const entries: (readonly [string, string, string | undefined])[] = [];
  if (single && metrics) entries.push([`${facts.server.kind}-all`, metrics.uid, undefined]);
  else if (must || !single) {
    for (const { id, clusters: own } of scopesOf(facts, clusters)) {
      const source = sourceReading(own, found);
      if (source) entries.push([`${facts.server.kind}-${id}`, source.uid, undefined]);
      else if (must) entries.push([`${facts.server.kind}-${id}`, "unknown", `Which data source reads ${id}?`]);
    }
  }
  if (single) {
    for (const kind of kinds) {
      const first = found?.dataSources.find(({ type }) => type === kind);
      if (first) entries.push([`${kind}-all`, first.uid, undefined]);
    }
  }
  if (entries.length === 0) return;
  page.line("");
  page.line("# Data sources that exist: boards read them, and nothing changes them.");
  page.line("dataSources:");
  for (const [key, uid, asks] of entries) page.entry(`  ${key}`, { uid, manage: false }, asks);
}

interface ReadTogether {
  readonly id: string;
  readonly clusters: readonly string[];
}

/** As the fleet will have them: each environment that does not read all tenants, and `all`. */
function scopesOf({ federation, tenants }: Facts, places: readonly Place[]): ReadTogether[] {
  const all = { id: "all", clusters: places.map(({ facts }) => facts.name) };
  const environments = [...new Set(places.map(({ environment }) => environment))];
  if (tenants.length === 1) return [all];
  const own = environments.map((id) => ({
    id,
    clusters: places.filter(({ environment }) => environment === id).map(({ facts }) => facts.name),
  }));
  return federation === true ? [...own, all] : own;
}
