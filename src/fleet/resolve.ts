import { closest, distance } from "fastest-levenshtein";
import type * as z from "zod";
import {
  clusterExporters,
  type Exporter,
  exporters as allExporters,
  jobPresets,
  roles,
  takenLabels,
} from "../labels.ts";
import type {
  Backend,
  BackendInput,
  Backends,
  Cluster,
  ClusterInput,
  Environment,
  ExportersInput,
  Fleet,
  FleetInput,
  Grafana,
  Hours,
  HoursInput,
  Infrastructure,
  InfrastructureInput,
  NodesInput,
  Receiver,
  Tenant,
} from "./model.ts";
import { FleetError, type Problem } from "./problem.ts";
import { fleetSchema, isTenantId } from "./schema.ts";

/**
 * Checks a fleet as written and fills in every default.
 * @throws {FleetError} with all that is wrong, each with its path.
 */
export function resolveFleet(input: unknown): Fleet {
  const parsed = fleetSchema.safeParse(input, { reportInput: true });
  if (!parsed.success) throw new FleetError(parsed.error.issues.flatMap((issue) => shapeProblems(issue)));
  const problems = [...referenceProblems(parsed.data), ...notBuiltYet(parsed.data)];
  if (problems.length > 0) throw new FleetError(problems);
  return filled(parsed.data);
}

/** A fleet with its defaults, from one whose references are known to hold. */
function filled(input: FleetInput): Fleet {
  const environments = input.environments.map(({ name, title, ranksAs, grafana, organisation }): Environment => ({
    name,
    title: title ?? usualTitles[name] ?? capitalised(name),
    ranksAs: ranksAs ?? name,
    grafana: grafanaFor(input, grafana, organisation),
    workload: input.clusters.some(
      (cluster) => cluster.environment === name && cluster.type !== "ops" && cluster.state !== "retired",
    ),
  }));
  const clusters = environments.flatMap(({ name }) =>
    input.clusters.filter((cluster) => cluster.environment === name).map((cluster) => filledCluster(input, cluster)),
  );
  const tenants = tenantsOf(input, clusters);
  const owner =
    (input.tenancy?.federation ?? tenants.length > 1)
      ? (input.tenancy?.owner ?? clusters.find(({ type }) => type === "ops")?.tenant ?? tenants.at(-1)?.id)
      : undefined;
  const header = headerOf(input);
  return {
    name: input.name,
    title: input.title ?? input.name,
    labels: Object.fromEntries(roles.map((role) => [role, nameOf(input, role)])) as Fleet["labels"],
    derived: roles.filter((role) => typeof input.labels?.[role] === "object"),
    environments,
    clusters,
    tenants:
      owner === undefined || tenants.some(({ id }) => id === owner)
        ? tenants
        : [...tenants, { id: owner, clusters: [], retention: retentionOf(input, owner) }],
    ...(header !== "none" && { tenantHeader: header }),
    ...(owner !== undefined && { owner }),
    backends: backendsOf(input.backends ?? usualBackends),
    grafana: grafanaFor(input),
    dataSources: input.dataSources ?? {},
    manage: input.manage ?? ["dashboards", "datasources", "folders", "rules"],
    notifier: input.alerting?.notifier ?? "mimir",
    alerting: {
      receivers: input.alerting?.receivers ?? usualReceivers(environments),
      hours: hoursOf(input.businessHours),
      workloads: input.alerting?.workloads ?? "own",
    },
    teams: (input.teams ?? []).map(({ name, environments: own, namespaces = [], role = "viewer" }) => ({
      name,
      environments: own ?? environments.map((environment) => environment.name),
      namespaces,
      role,
    })),
    ...(input.runbooks !== undefined && { runbooks: input.runbooks.replace(/\/+$/u, "") }),
    links: input.links ?? [],
    currency: input.currency ?? "USD",
    ...(input.infrastructure && { infrastructure: infrastructureOf(input, input.infrastructure) }),
  };
}

/** Slack, where most begin: what wakes somebody apart from what does not. */
function usualReceivers(environments: Fleet["environments"]): Receiver[] {
  return environments
    .flatMap(({ name }): Receiver[] => [
      { kind: "slack", channel: `#${name}-critical`, urgencies: ["page"], environments: [name] },
      { kind: "slack", channel: `#${name}-alerts`, urgencies: ["ticket", "chat"], environments: [name] },
    ])
    .concat({ kind: "slack", channel: "#alerts", urgencies: [] });
}

function hoursOf({ timeZone = "UTC", days, hours = "08:00-18:00" }: Partial<HoursInput> = {}): Hours {
  const [from = "", to = ""] = hours.split("-");
  return { timeZone, days: days ?? ["mon", "tue", "wed", "thu", "fri"], from, to };
}

function infrastructureOf(input: FleetInput, given: InfrastructureInput): Infrastructure {
  const central = slug((input.clusters.find(({ type }) => type === "ops") ?? input.clusters[0])?.name ?? input.name);
  return {
    domain: given.domain ?? `${central}.internal`,
    outageBudget: given.outageBudget ?? "15m",
    ingressClass: given.ingressClass ?? "webapprouting.kubernetes.azure.com",
    // Azure: 3 to 24 letters and digits.
    storageAccount: given.storageAccount ?? `stlgtm${central.replaceAll("-", "")}`.slice(0, 24),
    boards: given.boards ?? "publisher",
    ...(given.keyVault !== undefined && { keyVault: given.keyVault }),
    ...(given.signIn && { signIn: given.signIn }),
    ...(given.mimirKafka !== undefined && { mimirKafka: given.mimirKafka }),
    redis: given.redis ?? false,
    grafanaEdition: given.grafanaEdition ?? "oss",
    ...(given.traceSampling && { traceSampling: { slow: "1s", ...given.traceSampling } }),
    mirrors: input.mirrors ?? {},
  };
}

/** What a cluster's name becomes where only letters, digits and dashes are allowed: hosts, Kubernetes' objects, user names. */
export function slug(name: string): string {
  return name.toLowerCase().replaceAll(/[^a-z0-9]+/gu, "-");
}

const usualTitles: Readonly<Record<string, string>> = {
  dev: "Dev",
  tst: "Test",
  stg: "Staging",
  prd: "Production",
  prod: "Production",
};

/** Names of Mimir's, Loki's and Tempo's usual Services, for a fleet that names no address. */
const usualBackends: readonly BackendInput[] = [
  { kind: "mimir", url: "http://mimir-gateway.mimir.svc.cluster.local/prometheus" },
  { kind: "loki", url: "http://loki-gateway.loki.svc.cluster.local" },
  { kind: "tempo", url: "http://tempo-gateway.tempo.svc.cluster.local" },
];

function capitalised(name: string): string {
  return name.charAt(0).toUpperCase() + name.slice(1);
}

function nameOf(input: FleetInput, role: (typeof roles)[number]): string {
  const given = input.labels?.[role];
  return typeof given === "string" ? given : role;
}

/** Prometheus itself has no tenants, and in a hosted one the credential says whose data it is. */
function hasTenants({ backends }: FleetInput): boolean {
  return backends === undefined || backends.some(({ kind }) => kind === "mimir");
}

/** Who can hold the metrics of all clusters; before a Prometheus that stands beside them. */
const central: readonly BackendInput["kind"][] = ["mimir", "grafana-cloud", "azure-managed"];

/** The one of that name, or the first; another organisation of it has none of its folders. */
function grafanaFor({ grafanas = [] }: FleetInput, name?: string, organisation?: number): Grafana {
  const [first] = grafanas;
  const own = grafanas.find((one) => name !== undefined && one.name === name) ?? first;
  const home = own?.organisation ?? 1;
  return {
    ...(own !== first && name !== undefined && { name }),
    url: (own?.url ?? "http://localhost:3000").replace(/\/+$/u, ""),
    organisation: organisation ?? home,
    ...(own?.parentFolder !== undefined && (organisation ?? home) === home && { parentFolder: own.parentFolder }),
  };
}

function headerOf(input: FleetInput): string {
  return input.tenancy?.header ?? (hasTenants(input) ? "X-Scope-OrgID" : "none");
}

function tenantOf(input: FleetInput, cluster: ClusterInput): string {
  if (cluster.tenant !== undefined) return cluster.tenant;
  const mode = input.tenancy?.mode ?? (hasTenants(input) ? "per-environment" : "single");
  if (mode === "single") return input.tenancy?.tenant ?? input.name;
  return mode === "per-cluster" ? cluster.name : cluster.environment;
}

function tenantsOf(input: FleetInput, clusters: readonly Cluster[]): Tenant[] {
  const ids = [...new Set(clusters.map(({ tenant }) => tenant))];
  return ids.map((id) => ({
    id,
    clusters: clusters.filter(({ tenant }) => tenant === id),
    retention: retentionOf(input, id),
  }));
}

/** A quarter of metrics to compare with, a month of logs, a week of traces. */
const usualRetention = { metrics: "90d", logs: "30d", traces: "7d" } as const;

function retentionOf({ retention = {} }: FleetInput, tenant: string): Tenant["retention"] {
  return { ...usualRetention, ...retention["default"], ...retention[tenant] };
}

function filledCluster(input: FleetInput, cluster: ClusterInput): Cluster {
  const own = { ...input.defaults, ...cluster };
  // A cluster that names one exporter's job keeps the fleet's preset for the others.
  const given = input.defaults?.exporters;
  const exporters = {
    ...given,
    ...cluster.exporters,
    override: { ...given?.override, ...cluster.exporters?.override },
  };
  const { type = "workload", mesh = "none", metricsAgent = "prometheus-agent", logsAgent = "alloy" } = own;
  const backends = (input.backends ?? usualBackends).map(({ kind }) => kind);
  const usual = usualExporters({ type, mesh, metricsAgent, logsAgent, gpu: cluster.gpu !== undefined, backends });
  return {
    name: cluster.name,
    environment: cluster.environment,
    region: cluster.region,
    type,
    tenant: tenantOf(input, cluster),
    state: cluster.state ?? "active",
    scrapeInterval: own.scrapeInterval ?? "30s",
    jobs: jobsOf(exporters, usual),
    mesh,
    metricsAgent,
    logsAgent,
    agentsBy: own.agentsBy ?? "charts",
    provider: own.provider ?? "",
    nodes: rangeOf(own.nodes ?? 10),
    pods: own.pods ?? 200,
  };
}

function rangeOf(nodes: NodesInput): { readonly min: number; readonly max: number } {
  return typeof nodes === "number" ? { min: nodes, max: nodes } : nodes;
}

interface Runs extends Pick<Cluster, "type" | "mesh" | "metricsAgent" | "logsAgent"> {
  readonly gpu: boolean;
  readonly backends: readonly BackendInput["kind"][];
}

/** What follows from the rest of what the fleet says of a cluster. The central stack runs in the ops cluster. */
function usualExporters({ type, mesh, metricsAgent, logsAgent, gpu, backends }: Runs): ReadonlySet<Exporter> {
  const agents = new Set<string>([metricsAgent, logsAgent]);
  const central = (kind: "mimir" | "loki" | "tempo"): boolean => type === "ops" && backends.includes(kind);
  const following: readonly (readonly [Exporter, boolean])[] = [
    ["dcgm-exporter", gpu],
    ["istio-proxy", mesh === "istio"],
    ["linkerd", mesh === "linkerd"],
    ["prometheus-agent", agents.has("prometheus-agent")],
    ["alloy", agents.has("alloy")],
    ["otelcol", agents.has("otel-collector")],
    ["promtail", agents.has("promtail")],
    ["mimir", central("mimir")],
    ["loki", central("loki")],
    ["tempo", central("tempo")],
    ["grafana", type === "ops"],
  ];
  return new Set([...clusterExporters, ...following.flatMap(([exporter, runs]) => (runs ? [exporter] : []))]);
}

function jobsOf({ jobs = "fleetglass", override = {} }: ExportersInput, usual: ReadonlySet<Exporter>): Cluster["jobs"] {
  const names: { readonly [E in Exporter]?: string } = jobPresets[jobs];
  const running = allExporters.flatMap((exporter): (readonly [Exporter, string])[] => {
    const own = override[exporter] ?? usual.has(exporter);
    return own === false ? [] : [[exporter, own === true ? (names[exporter] ?? "") : own]];
  });
  return Object.fromEntries(running);
}

const backendTitles = {
  mimir: "Mimir",
  prometheus: "Prometheus",
  "grafana-cloud": "Grafana Cloud",
  "azure-managed": "Azure Managed Prometheus",
  loki: "Loki",
  tempo: "Tempo",
  alertmanager: "Alertmanager",
} as const;

function backendsOf(inputs: readonly BackendInput[]): Backends {
  const find = (...kinds: readonly BackendInput["kind"][]): Backend | undefined => {
    const found = inputs.find(({ kind }) => kinds.includes(kind));
    return found && filledBackend(found);
  };
  const metrics = find(...central) ?? find("prometheus");
  const logs = find("loki");
  const traces = find("tempo");
  const prometheus = metrics?.kind === "prometheus" ? undefined : find("prometheus");
  const alertmanager = find("alertmanager");
  if (!metrics) throw new Error("a fleet without a metrics backend passed its checks");
  return {
    metrics,
    ...(logs && { logs }),
    ...(traces && { traces }),
    ...(prometheus && { prometheus }),
    ...(alertmanager && { alertmanager }),
  };
}

/** How rules get into a server that evaluates them. Azure takes them through its resource manager only. */
const usualRules: { readonly [K in BackendInput["kind"]]?: Backend["rules"] } = {
  mimir: "ruler-api",
  loki: "ruler-api",
  "grafana-cloud": "ruler-api",
  prometheus: "files",
  "azure-managed": "files",
};

function filledBackend({ kind, url, title, rules, ruleLabels, limits }: BackendInput): Backend {
  return {
    kind,
    title: title ?? backendTitles[kind],
    url: url.replace(/\/+$/u, ""),
    rules: rules ?? usualRules[kind] ?? "none",
    ...(ruleLabels && { ruleLabels }),
    // Mimir's defaults of ruler_max_rules_per_rule_group and ruler_max_rule_groups_per_tenant.
    limits: { rulesPerGroup: limits?.rulesPerGroup ?? 20, groupsPerTenant: limits?.groupsPerTenant ?? 70 },
  };
}

function shapeProblems(issue: z.core.$ZodIssue, base: readonly PropertyKey[] = []): Problem[] {
  const path = [...base, ...issue.path].map((key) => (typeof key === "number" ? key : String(key)));
  if (issue.code === "unrecognized_keys") {
    return issue.keys.map((key) => ({
      path: [...path, key],
      message: `unknown key${hint(key, keysAt(path))}`,
      key: true,
    }));
  }
  if (issue.code === "invalid_union") {
    // The alternative that came furthest is the one that was meant.
    const branches = issue.errors.map((errors) =>
      errors.flatMap((error) => shapeProblems(error, [...base, ...issue.path])),
    );
    const deepest = branches.toSorted((a, b) => (b[0]?.path.length ?? 0) - (a[0]?.path.length ?? 0))[0];
    const expected = issue.errors.flatMap(([error]) => (error?.code === "invalid_type" ? [error.expected] : []));
    if (deepest?.[0] && deepest[0].path.length > path.length) return deepest;
    return [{ path, message: `must be ${expected.map(article).join(" or ")}` }];
  }
  if (issue.code === "invalid_type") {
    const missing = issue.input === undefined;
    return [
      {
        path,
        message: missing ? `is missing; it is ${article(issue.expected)}` : `must be ${article(issue.expected)}`,
      },
    ];
  }
  if (issue.code === "invalid_value") {
    const allowed = issue.values.map(String);
    return [{ path, message: `must be one of ${allowed.join(", ")}${hint(String(issue.input), allowed)}` }];
  }
  if (issue.code === "invalid_format" || issue.code === "custom") {
    // What stands where a name of a secret should may be the secret.
    const said = path.at(-1) === "secret" ? "what is written here" : JSON.stringify(redacted(issue.input));
    return [{ path, message: `${said}: ${issue.message}` }];
  }
  return [{ path, message: issue.message }];
}

/** An address with credentials in it must not be repeated. */
function redacted(input: unknown): unknown {
  return typeof input === "string" ? input.replace(/\/\/.*@/su, "//…@").replace(/[?#].*/su, "?…") : input;
}

function article(type: string): string {
  return type === "array"
    ? "a list"
    : type === "object"
      ? "a mapping"
      : type === "int"
        ? "a whole number"
        : `a ${type}`;
}

/** The keys that the schema knows at a path, so that a suggestion never comes from elsewhere. */
function keysAt(path: readonly (string | number)[]): string[] {
  let schema: unknown = fleetSchema;
  for (const key of path) {
    schema = typeof key === "number" ? part(inner(schema), "element") : (shape(inner(schema))?.[key] ?? undefined);
  }
  return Object.keys(shape(inner(schema)) ?? {});
}

/** Through `exactOptional` and unions to the object or array that holds keys. */
function inner(schema: unknown): unknown {
  const unwrapped = part(part(schema, "def"), "innerType");
  if (unwrapped !== undefined) return inner(unwrapped);
  const options = part(part(schema, "def"), "options");
  return Array.isArray(options) ? options.find((option) => shape(option) !== undefined) : schema;
}

function shape(schema: unknown): Readonly<Record<string, unknown>> | undefined {
  const found = part(schema, "shape");
  return typeof found === "object" && found !== null ? (found as Record<string, unknown>) : undefined;
}

function part(value: unknown, key: string): unknown {
  return typeof value === "object" && value !== null ? (value as Readonly<Record<string, unknown>>)[key] : undefined;
}

/** `; did you mean "prd"?`, where something near enough is there to be meant. */
function hint(written: string, known: readonly string[]): string {
  if (known.length === 0) return "";
  const near = closest(written, [...known]);
  return distance(written, near) <= Math.max(1, Math.floor(written.length / 3)) ? `; did you mean "${near}"?` : "";
}

function referenceProblems(input: FleetInput): Problem[] {
  const environments = input.environments.map(({ name }) => name);
  const known = `is not an environment of this fleet (${environments.join(", ")})`;
  const unknownEnvironment = (path: Problem["path"], name: string | undefined): Problem[] =>
    name === undefined || environments.includes(name)
      ? []
      : [
          {
            path,
            message: `"${name}" ${known}${hint(name, environments)}; name an environment, or add it to environments`,
          },
        ];
  return [
    ...duplicates(input.environments, "environments", "environment"),
    ...duplicates(input.clusters, "clusters", "cluster"),
    ...titleProblems(input),
    ...exporterProblems(input),
    ...input.environments.flatMap(({ ranksAs }, at) => unknownEnvironment(["environments", at, "ranksAs"], ranksAs)),
    ...input.clusters.flatMap(({ environment }, at) =>
      unknownEnvironment(["clusters", at, "environment"], environment),
    ),
    ...(input.alerting?.receivers ?? []).flatMap(({ environments }, at) =>
      (environments ?? []).flatMap((name, of) =>
        unknownEnvironment(["alerting", "receivers", at, "environments", of], name),
      ),
    ),
    ...(input.teams ?? []).flatMap((team, at) =>
      (team.environments ?? []).flatMap((name, of) => unknownEnvironment(["teams", at, "environments", of], name)),
    ),
    ...duplicates(input.teams ?? [], "teams", "team"),
    ...teamProblems(input),
    ...((input.manage ?? []).includes("permissions") && (input.teams ?? []).length === 0
      ? [{ path: ["manage"], message: "has permissions, and no teams are named to give them to: add teams" }]
      : []),
    ...labelProblems(input),
    ...backendProblems(input),
    ...nodeProblems(input),
    ...tenancyProblems(input),
    ...infrastructureProblems(input),
    ...grafanaProblems(input),
    ...manageProblems(input),
  ];
}

/** Whoever has a receiver of its own is a team, and no namespace is that of two in one environment. */
function teamProblems({ alerting, environments, teams = [] }: FleetInput): Problem[] {
  const known = teams.map(({ name }) => name);
  const strangers = (alerting?.receivers ?? []).flatMap(({ team }, at): Problem[] =>
    team === undefined || known.includes(team)
      ? []
      : [
          {
            path: ["alerting", "receivers", at, "team"],
            message: `there is no team "${team}"; ${known.length === 0 ? "the fleet names none" : `there are ${known.join(", ")}`}`,
          },
        ],
  );
  const placesOf = ({ environments: own, namespaces = [] }: (typeof teams)[number]): string[] =>
    (own ?? environments.map(({ name }) => name)).flatMap((environment) =>
      namespaces.map((namespace) => `${namespace} in ${environment}`),
    );
  const shared = teams.flatMap((team, at): Problem[] => {
    const other = teams.slice(0, at).find((one) => placesOf(one).some((place) => placesOf(team).includes(place)));
    const place = other && placesOf(team).find((one) => placesOf(other).includes(one));
    return place === undefined
      ? []
      : [{ path: ["teams", at, "namespaces"], message: `${place} is the namespace of ${other?.name ?? ""} already` }];
  });
  const alike = teams.flatMap(({ name }, at): Problem[] => {
    const other = teams.slice(0, at).find((one) => one.name !== name && slug(one.name) === slug(name));
    return other === undefined
      ? []
      : [
          {
            path: ["teams", at, "name"],
            message: `"${name}" and "${other.name}" would be one in the names of receivers`,
          },
        ];
  });
  return [...strangers, ...shared, ...alike];
}

function duplicates(items: readonly { readonly name: string }[], list: string, what: string): Problem[] {
  return items.flatMap(({ name }, at) => {
    const first = items.findIndex((item) => item.name === name);
    if (first === at) return [];
    const message = `"${name}" is the name of ${list}[${first}] already; every ${what} needs a name of its own`;
    return [{ path: [list, at, "name"], message }];
  });
}

/** Titles name folders and data sources, which must differ. */
function titleProblems({ environments }: FleetInput): Problem[] {
  const titles = environments.map(({ name, title }) => (title ?? usualTitles[name] ?? capitalised(name)).toLowerCase());
  return titles.flatMap((title, at): Problem[] => {
    const first = titles.indexOf(title);
    const taken =
      first < at
        ? `environments[${first}]`
        : ["all environments", "all-environments", "sre"].includes(title)
          ? "a view"
          : "";
    return taken === ""
      ? []
      : [{ path: ["environments", at, "title"], message: `is the title of ${taken} already; choose another` }];
  });
}

function exporterProblems(input: FleetInput): Problem[] {
  return input.clusters.flatMap((cluster, at): Problem[] => {
    const message = "no exporter runs here, so nothing could tell whether the cluster reports: leave one on";
    const none = Object.values(filledCluster(input, cluster).jobs).every((job) => job === "");
    return none ? [{ path: ["clusters", at, "exporters"], message }] : [];
  });
}

function labelProblems(input: FleetInput): Problem[] {
  const reporting = input.clusters.filter(({ state }) => state !== "retired").length;
  const alone: Problem[] =
    typeof input.labels?.cluster === "object" && reporting > 1
      ? [
          {
            path: ["labels", "cluster"],
            message: `can be derived in a fleet of one cluster only, and this one has ${reporting}: let the agents attach it, and give its name`,
          },
        ]
      : [];
  return [...alone, ...nameProblems(input)];
}

function nameProblems(input: FleetInput): Problem[] {
  return roles.flatMap((role, at) => {
    const name = nameOf(input, role);
    if (takenLabels.includes(name)) {
      const message = `"${name}" has a meaning of its own in Prometheus or in our rules; let the agents attach another name`;
      return [{ path: ["labels", role], message }];
    }
    const twin = roles.slice(0, at).find((other) => nameOf(input, other) === name);
    return twin ? [{ path: ["labels", role], message: `"${name}" is the label of ${twin} already` }] : [];
  });
}

function backendProblems({ backends, tenancy }: FleetInput): Problem[] {
  if (!backends) return [];
  const twice = backends.flatMap(({ kind }, at) =>
    backends.findIndex((other) => other.kind === kind) < at
      ? [{ path: ["backends", at], message: `several backends of kind ${kind} are not built yet: keep one` }]
      : [],
  );
  const holding = backends.flatMap(({ kind }, at) => (central.includes(kind) ? [at] : []));
  const [first = 0, second] = holding;
  const several: Problem[] =
    second === undefined
      ? []
      : [
          {
            path: ["backends", second],
            message: `backends[${first}] holds the metrics of all clusters already: keep one of ${central.join(", ")}`,
          },
        ];
  const labelled = backends.flatMap(({ rules, ruleLabels }, at): Problem[] =>
    ruleLabels !== undefined && rules !== "prometheusrule"
      ? [{ path: ["backends", at, "ruleLabels"], message: "are for rules: prometheusrule only" }]
      : [],
  );
  const grafana = backends.flatMap(({ kind, rules }, at): Problem[] =>
    rules === "grafana" && kind !== "prometheus" && (tenancy?.mode ?? "per-environment") !== "single"
      ? [
          {
            path: ["backends", at, "rules"],
            message:
              "Grafana evaluates rules on one data source: set tenancy.mode to single, or let the ruler of each tenant do it",
          },
        ]
      : [],
  );
  const metrics = holding.length > 0 || backends.some(({ kind }) => kind === "prometheus");
  const none: Problem[] = metrics
    ? []
    : [{ path: ["backends"], message: `needs one that holds metrics: kind ${central.join(", ")} or prometheus` }];
  return [...twice, ...several, ...labelled, ...grafana, ...none];
}

function nodeProblems(input: FleetInput): Problem[] {
  const check = (nodes: NodesInput | undefined, path: Problem["path"]): Problem[] =>
    typeof nodes === "object" && nodes.min > nodes.max ? [{ path, message: "min is above max" }] : [];
  return [
    ...check(input.defaults?.nodes, ["defaults", "nodes"]),
    ...input.clusters.flatMap(({ nodes }, at) => check(nodes, ["clusters", at, "nodes"])),
  ];
}

const takenNames: ReadonlySet<string> = new Set(["door", "oidc", "oidc-token"]);

/** Each has a name of its own and somebody's boards, and none is there twice: pruning one would empty the other. */
function grafanaProblems({ grafanas = [], environments, infrastructure }: FleetInput): Problem[] {
  const names = grafanas.flatMap(({ name }) => name ?? []);
  const [first, ...others] = grafanas;
  const listed = grafanas.flatMap(({ name, url, organisation = 1 }, at): Problem[] => {
    if (at > 0 && name === undefined) {
      const message = "needs a name, by which environments say that their boards are in it";
      return [{ path: ["grafanas", at], message }];
    }
    const same = grafanas.findIndex(
      (other) => placeOf(other.url, other.organisation ?? 1) === placeOf(url, organisation),
    );
    if (same < at) {
      const message = `is the place that grafanas[${same}] is already: keep one, or give this one its own organisation`;
      return [{ path: ["grafanas", at, "url"], message }];
    }
    if (name !== undefined && takenNames.has(name)) {
      const message = `its variables would have the names of others, such as GRAFANA_DOOR_PASSWORD: call it otherwise`;
      return [{ path: ["grafanas", at, "name"], message }];
    }
    if (name !== undefined && names.indexOf(name) < names.lastIndexOf(name)) {
      return [
        { path: ["grafanas", at, "name"], message: `two are called "${name}": their variables would be the same` },
      ];
    }
    if (at > 0 && !environments.some(({ grafana }) => grafana === name)) {
      const message = `holds nothing, since no environment has grafana: ${name}: give it to one, or leave it out`;
      return [{ path: ["grafanas", at, "name"], message }];
    }
    return [];
  });
  const chosen = environments.flatMap(({ grafana: name, organisation }, at): Problem[] => {
    const path = ["environments", at, "grafana"];
    if (name !== undefined && !names.includes(name)) {
      const have = names.length === 0 ? "grafanas has none with a name" : `grafanas has ${names.join(", ")}`;
      return [{ path, message: `there is no Grafana "${name}": ${have}${hint(name, names)}` }];
    }
    const own = grafanas.find((one) => name !== undefined && one.name === name) ?? first;
    const place = placeOf(own?.url ?? "", organisation ?? own?.organisation ?? 1);
    const twin = grafanas.findIndex((one) => placeOf(one.url, one.organisation ?? 1) === place);
    if (organisation !== undefined && own && twin >= 0 && grafanas[twin] !== own) {
      const message = `is the place that grafanas[${twin}] is already: choose that one with grafana`;
      return [{ path: ["environments", at, "organisation"], message }];
    }
    return name !== undefined && name !== first?.name && infrastructure?.boards === "flux"
      ? [{ path, message: "Flux brings boards to the first Grafana only: leave out infrastructure.boards" }]
      : [];
  });
  return others.length === 0 && names.length === 0 ? chosen : [...listed, ...chosen];
}

function placeOf(url: string, organisation: number): string {
  return `${url.replace(/\/+$/u, "")} ${organisation}`;
}

/** A board lies in a folder: one of ours, or one that is there already. */
function manageProblems({ manage, grafanas = [], environments, infrastructure }: FleetInput): Problem[] {
  const elsewhere = environments.flatMap(({ grafana, organisation }, at): Problem[] => {
    const own = grafanas.find(({ name }) => grafana !== undefined && name === grafana) ?? grafanas[0];
    const path = ["environments", at, "organisation"];
    if (organisation === undefined || organisation === (own?.organisation ?? 1)) return [];
    if (infrastructure?.boards === "flux") {
      return [{ path, message: "Flux brings boards to the first organisation only: leave out infrastructure.boards" }];
    }
    return (["folders", "datasources"] as const).some((kind) => manage?.includes(kind) === false)
      ? [
          {
            path,
            message:
              "another organisation has none of the folders and data sources that exist in the first: manage both, or make it one of grafanas with a parentFolder",
          },
        ]
      : [];
  });
  if (manage?.includes("dashboards") !== true || manage.includes("folders")) return elsewhere;
  const message = (at: number): string =>
    `dashboards without folders need one that exists: name its uid in grafanas[${at}].parentFolder, or add folders`;
  const homeless = (grafanas.length === 0 ? [undefined] : grafanas).flatMap((one, at): Problem[] =>
    one?.parentFolder === undefined ? [{ path: ["manage"], message: message(at) }] : [],
  );
  return [...elsewhere, ...homeless];
}

/** Where the clusters' data goes must be somewhere. */
function tenancyProblems(input: FleetInput): Problem[] {
  const unfit = input.clusters.flatMap((cluster, at): Problem[] => {
    const tenant = tenantOf(input, cluster);
    const message = `would write to the tenant "${tenant}", which is no tenant id: give it one with tenant`;
    return isTenantId(tenant) ? [] : [{ path: ["clusters", at], message }];
  });
  if (unfit.length > 0) return unfit;
  const tenants = new Set(input.clusters.map((cluster) => tenantOf(input, cluster)));
  if (headerOf(input) === "none" && tenants.size > 1) {
    const message = `without a tenant header there is one tenant, but the clusters have ${tenants.size}: set tenancy.mode to single`;
    return [{ path: ["tenancy", "header"], message }];
  }
  return [];
}

/** Credentials and objects are called by the cluster, in fewer characters than its name may have. */
function infrastructureProblems(input: FleetInput): Problem[] {
  const { infrastructure, clusters, backends, environments, tenancy } = input;
  if (!infrastructure) return [];
  const sampling = infrastructure.traceSampling !== undefined;
  const sampled = ["infrastructure", "traceSampling"];
  const slugs = clusters.map(({ name }) => slug(name));
  const noMimir = backends !== undefined && !backends.some(({ kind }) => kind === "mimir");
  return [
    ...slugs.flatMap((one, at): Problem[] => {
      const first = slugs.indexOf(one);
      const twin = `would have the same credential as clusters[${first}], ${one}: let the names differ in letters or digits`;
      const long = `is too long for its credential's name: 40 characters at most with infrastructure`;
      return [
        ...(first < at ? [{ path: ["clusters", at, "name"], message: twin }] : []),
        ...(one.length > 40 ? [{ path: ["clusters", at, "name"], message: long }] : []),
      ];
    }),
    ...Object.keys(infrastructure.signIn?.groups ?? {}).flatMap((group): Problem[] => {
      const known = ["sre", ...environments.map(({ name }) => name)];
      const message = `is neither sre nor an environment of this fleet (${known.slice(1).join(", ")})${hint(group, known)}`;
      return known.includes(group) ? [] : [{ path: ["infrastructure", "signIn", "groups", group], message, key: true }];
    }),
    ...(sampling && !(backends ?? usualBackends).some(({ kind }) => kind === "tempo")
      ? [{ path: sampled, message: "is about traces, and the fleet has none: add a backend of kind tempo" }]
      : []),
    // Spans of two tenants never meet, for neither may see the other's.
    ...(sampling && tenancy?.mode === "per-cluster" && clusters.length > 1
      ? [
          {
            path: sampled,
            message:
              "decides of whole traces, and with a tenant per cluster nobody sees one that crosses clusters: leave it out, or use tenancy.mode per-environment",
          },
        ]
      : []),
    ...(sampling ? samplerProblems(input) : []),
    ...(noMimir
      ? [
          {
            path: ["infrastructure"],
            message: "writes the agents for a backend of kind mimir: add one, or leave it out",
          },
        ]
      : []),
  ];
}

/** Each tenant has a Service of its name, which has 63 characters at most, and a release of 53. */
function samplerProblems(input: FleetInput): Problem[] {
  const tenants = [...new Set(input.clusters.map((cluster) => tenantOf(input, cluster)))];
  const wrong = tenants.find(
    (one, at) => slug(one).length > 40 || tenants.findIndex((other) => slug(other) === slug(one)) < at,
  );
  if (wrong === undefined) return [];
  const message = `names a Service after each tenant, and ${wrong} is too long for it (40 characters) or the same as another but for case and marks`;
  return [{ path: ["infrastructure", "traceSampling"], message }];
}

/** What the model can say and the generator can't do. Refused by name, so that nobody believes it was done. */
function notBuiltYet(input: FleetInput): Problem[] {
  const refuse = (given: unknown, path: Problem["path"], mend: string): Problem[] =>
    given === undefined || given === false ? [] : [{ path, message: `is not built yet: ${mend}` }];
  return input.clusters.flatMap(({ schedule }, at) =>
    refuse(schedule, ["clusters", at, "schedule"], "leave it out, or set state: maintenance while the cluster is off"),
  );
}
