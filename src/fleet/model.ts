import type { Exporter, JobPreset, Role } from "../labels.ts";

/** A Prometheus duration: `30s`, `5m`, `1h30m`. */
export type Duration = string;

/**
 * A fleet as a person writes it, in `fleet.yaml` or `defineFleet({...})`. Only `name`, `environments` and `clusters` are
 * needed; all else has the reference architecture's value as its default.
 */
export interface FleetInput {
  /** Short id, also the value of the `tenant_id` label: `platform-core`. */
  readonly name: string;
  readonly title?: string;
  /** How this fleet calls the label of each role: `{ cluster: "k8s_cluster_name" }`. */
  readonly labels?: { readonly [R in Role]?: string | Derived };
  /** In the order of promotion, the least critical first. */
  readonly environments: readonly EnvironmentInput[];
  readonly clusters: readonly ClusterInput[];
  /** What every cluster has unless it says otherwise. */
  readonly defaults?: ClusterDefaults;
  readonly tenancy?: TenancyInput;
  readonly backends?: readonly BackendInput[];
  readonly grafanas?: readonly GrafanaInput[];
  /** Data sources that exist already, by the key of ours that they replace: `{ "mimir-dev": { uid: "abc", manage: false } }`. */
  readonly dataSources?: Readonly<Record<string, DataSourceInput>>;
  /** Which kinds of things fleetglass publishes. Routing is off until asked for: it replaces a tenant's whole tree. */
  readonly manage?: readonly Managed[];
  readonly alerting?: AlertingInput;
  /** How long each signal is kept, per tenant id; `default` for the others. */
  readonly retention?: Readonly<Record<string, { readonly [S in Signal]?: Duration }>>;
  readonly teams?: readonly TeamInput[];
  readonly businessHours?: HoursInput;
  /** Where runbooks live: `https://wiki.example.com/runbooks/{alert}`. Without `{alert}` the name goes to the end. */
  readonly runbooks?: string;
  /** Boards and pages of your own, one click from every board of ours, which hands on its time and filters. */
  readonly links?: readonly LinkInput[];
  /** ISO 4217 code in which the cost exporter counts. */
  readonly currency?: string;
  readonly mirrors?: { readonly charts?: string; readonly images?: string };
  /** Asks for Helm values of the agents and of the doors to the backends. Without it the infrastructure is your own. */
  readonly infrastructure?: InfrastructureInput;
}

export interface InfrastructureInput {
  /** Domain below which the backends answer to agents: `https://mimir.<domain>`. Default `<first ops cluster>.internal`. */
  readonly domain?: string;
  /** How long a backend may be away before an agent loses anything; sizes the buffers. Default `15m`. */
  readonly outageBudget?: Duration;
  /** Class of the ingresses in the ops cluster. Default that of AKS' own, `webapprouting.kubernetes.azure.com`. */
  readonly ingressClass?: string;
  /** The Azure storage account of blocks, chunks and traces. Default `stlgtm<first ops cluster>`, cut to 24 characters. */
  readonly storageAccount?: string;
  /**
   * Who brings boards and data sources to Grafana: `publisher`, which is `publish --to live`, or `flux`, which makes
   * ConfigMaps of the files in its tree. Default `publisher`.
   */
  readonly boards?: "publisher" | "flux";
  /** The Azure Key Vault that External Secrets reads passwords from. Default none: you make the Secrets. */
  readonly keyVault?: string;
  /** How people come into Grafana. Default none: with the password of its administrator only. */
  readonly signIn?: SignIn;
  /** Kafka before Mimir, `host:port`. Default none: distributors write to ingesters. */
  readonly mimirKafka?: string;
  /** Redis for what Grafana's replicas share. Default false: its database holds it. */
  readonly redis?: boolean;
  /** `enterprise` runs that image with the licence in its Secret: then members of Grafana's teams come from groups. Default `oss`. */
  readonly grafanaEdition?: "oss" | "enterprise";
  /** Which traces are kept. Default all. Needs a backend of kind `tempo`. */
  readonly traceSampling?: TraceSampling;
}

/**
 * Which traces are kept, decided of whole traces: behind Tempo's door, where the spans of all clusters of a tenant meet. Those with an error
 * and slow ones always are.
 */
export interface TraceSampling {
  /** How many of the others, from 0 to 100. */
  readonly percent: number;
  /** A trace that takes longer is slow. Default `1s`. */
  readonly slow?: Duration;
}

/** An identity provider. Ids of applications and their secrets are no part of the fleet: they stand in a Secret. */
export type SignIn = {
  /**
   * What the provider calls the group of a view's people: of `sre` and of each environment. Default `<fleet>-sre`,
   * `<fleet>-dev`; Azure calls a group by its object id.
   */
  readonly groups?: Readonly<Record<string, string>>;
} & (
  | {
      readonly kind: "azure-ad";
      /** Id of the directory, which Azure also calls tenant. */
      readonly directory: string;
    }
  | {
      readonly kind: "oauth";
      /** What the button says. */
      readonly title?: string;
      readonly authUrl: string;
      readonly tokenUrl: string;
      /** Where the provider tells who somebody is. */
      readonly apiUrl: string;
      /** Default `openid profile email groups`. */
      readonly scopes?: string;
    }
);

/** A label that the agents do not attach; it is joined from the inventory. */
export interface Derived {
  readonly derived: true;
}

export interface EnvironmentInput {
  /** The value of the `environment` label: `prd`. */
  readonly name: string;
  /** What people call it: `Production`. */
  readonly title?: string;
  /** Alerts rank as if this environment were that one: `ops` ranks as `prd`. */
  readonly ranksAs?: string;
  /** The name of the one of `grafanas` that holds this environment's boards and what they read. Default: the first. */
  readonly grafana?: string;
  /** The organisation in it, where this environment has one of its own. */
  readonly organisation?: number;
}

export type ClusterType = "workload" | "ops";
export type ClusterState = "planned" | "active" | "maintenance" | "retired";
export type Mesh = "istio" | "linkerd" | "none";
export type MetricsAgent = "prometheus-agent" | "alloy" | "otel-collector";
export type LogsAgent = "promtail" | "alloy" | "otel-collector" | "none";
/** Who runs the agents: charts alone, or the operators that also read ServiceMonitors and PodMonitors. */
export type AgentsBy = "charts" | "operators";
export type Signal = "metrics" | "logs" | "traces";
export type Managed = "dashboards" | "datasources" | "folders" | "rules" | "routing" | "permissions";

export interface ClusterDefaults {
  /** Default `30s`. */
  readonly scrapeInterval?: Duration;
  /** How the exporters' jobs are called, and which of them run; see docs/fleet.md for who runs by default. */
  readonly exporters?: ExportersInput;
  readonly mesh?: Mesh;
  readonly metricsAgent?: MetricsAgent;
  readonly logsAgent?: LogsAgent;
  /** Default `charts`. */
  readonly agentsBy?: AgentsBy;
  /** Usual size, for capacity arithmetic and simulation. */
  readonly nodes?: NodesInput;
  readonly pods?: number;
  /** `aks`, `eks`, `gke`, `kubeadm` …: only names and links depend on it. */
  readonly provider?: string;
}

export interface ClusterInput extends ClusterDefaults {
  /** The value of the `cluster` label. Unique in the fleet. */
  readonly name: string;
  readonly environment: string;
  readonly region: string;
  readonly type?: ClusterType;
  /** Default: what the fleet's tenancy says. */
  readonly tenant?: string;
  /** `planned` and `maintenance` clusters are shown but not expected; `retired` ones are only history. */
  readonly state?: ClusterState;
  /** When the cluster is meant to run, if not always. */
  readonly schedule?: HoursInput;
  readonly gpu?: { readonly model: string; readonly count?: number };
}

export interface ExportersInput {
  readonly jobs?: JobPreset;
  /** Overrides per exporter: another job name, or `false` where it does not run. */
  readonly override?: { readonly [E in Exporter]?: string | boolean };
}

export type NodesInput = number | { readonly min: number; readonly max: number };

export interface TenancyInput {
  /** Default `per-environment`, for Prometheus `single`, which means one tenant for all. */
  readonly mode?: "per-environment" | "per-cluster" | "single";
  /** The tenant id with `mode: single`. Default: the fleet's name. */
  readonly tenant?: string;
  /** The HTTP header that names the tenant; `none` where there are no tenants. Default `X-Scope-OrgID`, for Prometheus `none`. */
  readonly header?: string;
  /** May one query or rule read several tenants? Default: yes where there are several. */
  readonly federation?: boolean;
  /** The tenant that owns federated rules. Default: the tenant of the first `ops` cluster, else the last tenant. */
  readonly owner?: string;
}

export type BackendKind =
  | "mimir"
  | "prometheus"
  | "grafana-cloud"
  | "azure-managed"
  | "loki"
  | "tempo"
  | "alertmanager";

export interface BackendInput {
  readonly kind: BackendKind;
  /** Where Grafana finds it, with its path prefix: `http://mimir-gateway.mimir.svc/prometheus`. */
  readonly url: string;
  /** Title in data source names, where the kind's own name does not do. */
  readonly title?: string;
  /** How rules get there. Default `ruler-api` for Mimir, Loki and Grafana Cloud, `files` for Prometheus and Azure. */
  readonly rules?: "ruler-api" | "files" | "prometheusrule" | "grafana" | "none";
  /** Labels of the `PrometheusRule` objects, by which their operator selects them: `{ release: "kube-prometheus-stack" }`. */
  readonly ruleLabels?: Readonly<Record<string, string>>;
  /** What the server's limits allow; the defaults are Mimir's. */
  readonly limits?: { readonly rulesPerGroup?: number; readonly groupsPerTenant?: number };
}

export interface GrafanaInput {
  /** By which environments choose it, and which its variables have: `GRAFANA_EU_URL` for `eu`. The first needs none. */
  readonly name?: string;
  /** Where people open it. */
  readonly url: string;
  readonly organisation?: number;
  readonly version?: string;
  /** Uid of the folder that holds ours. */
  readonly parentFolder?: string;
}

export interface DataSourceInput {
  readonly uid: string;
  readonly manage: boolean;
}

export interface AlertingInput {
  /** Exactly one of these sends notifications. Default `mimir`. */
  readonly notifier?: "alertmanager" | "mimir" | "grafana" | "none";
  readonly severities?: readonly string[];
  /** Who is told, and how. Default: Slack, a channel for each environment: see docs/routing.md. */
  readonly receivers?: readonly Receiver[];
  /** Who watches workloads, volumes and nodes: our alerts, or kubernetes-mixin's, which are there. Default `own`. */
  readonly workloads?: "own" | "existing";
}

/** One way of telling people. A secret stands here by name only. */
export type Receiver = {
  /** Only alerts that are so urgent. Default: all. */
  readonly urgencies?: readonly ("page" | "ticket" | "chat")[];
  /** Only those of these environments. Default: all. */
  readonly environments?: readonly string[];
  /** Only what is that team's: alerts with its name in the label `team`, or of its namespaces. Default: what is no team's. */
  readonly team?: string;
  /** The name of the secret: of a variable of the environment, and of a file in Kubernetes. */
  readonly secret?: string;
} & (
  | { readonly kind: "slack"; readonly channel: string }
  | { readonly kind: "pagerduty" | "teams" | "webhook" | "heartbeat" }
  | {
      readonly kind: "email";
      readonly to: string;
      readonly from?: string;
      /** `smtp.example.com:587`. */
      readonly smarthost: string;
      readonly user?: string;
    }
);

/** When people work, with what was left out filled in. */
export interface Hours {
  readonly timeZone: string;
  readonly days: NonNullable<HoursInput["days"]>;
  /** `08:00`, `18:00`. */
  readonly from: string;
  readonly to: string;
}

export interface LinkInput {
  readonly title: string;
  /** An address, or a path of the same Grafana: `/d/abc`. */
  readonly url: string;
}

/** People: who is told, and with `manage: [permissions]` a team of Grafana's, to which folders are opened. */
export interface TeamInput {
  readonly name: string;
  /** Whose folders it may see. Default: all, and the SREs'. */
  readonly environments?: readonly string[];
  /** Those that it runs: what fires there, in its environments, goes to its receivers, where it has any. */
  readonly namespaces?: readonly string[];
  /** May it only look, or also add boards of its own? Default `viewer`. */
  readonly role?: "viewer" | "editor";
}

export interface HoursInput {
  /** IANA name: `Asia/Dubai`. */
  readonly timeZone: string;
  readonly days?: readonly ("mon" | "tue" | "wed" | "thu" | "fri" | "sat" | "sun")[];
  /** `08:00-18:00`. */
  readonly hours?: string;
}

/** A fleet with every default filled in and every reference checked: what all else is a function of. */
export interface Fleet {
  readonly name: string;
  readonly title: string;
  readonly labels: { readonly [R in Role]: string };
  /** Roles that agents attach no label for: it is joined from the inventory. */
  readonly derived: readonly Role[];
  readonly environments: readonly Environment[];
  /** In the order of the environments, then as written. */
  readonly clusters: readonly Cluster[];
  readonly tenants: readonly Tenant[];
  /** Absent where the backend has no tenants. */
  readonly tenantHeader?: string;
  /** The tenant that owns federated rules; absent where one query can't read several tenants. */
  readonly owner?: string;
  readonly backends: Backends;
  /** The first, which holds what is no single environment's. */
  readonly grafana: Grafana;
  readonly dataSources: Readonly<Record<string, DataSourceInput>>;
  readonly manage: readonly Managed[];
  readonly notifier: NonNullable<AlertingInput["notifier"]>;
  readonly alerting: {
    readonly receivers: readonly Receiver[];
    readonly hours: Hours;
    readonly workloads: NonNullable<AlertingInput["workloads"]>;
  };
  readonly teams: readonly Team[];
  /** Absent where the fleet names no place for them: then no rule links to one. */
  readonly runbooks?: string;
  readonly links: readonly LinkInput[];
  readonly currency: string;
  /** Absent where the infrastructure is somebody else's. */
  readonly infrastructure?: Infrastructure;
}

export interface Infrastructure {
  readonly domain: string;
  readonly outageBudget: Duration;
  readonly ingressClass: string;
  readonly storageAccount: string;
  readonly boards: "publisher" | "flux";
  /** Absent where Secrets are made by hand. */
  readonly keyVault?: string;
  readonly signIn?: SignIn;
  /** Absent where Mimir has no Kafka before it. */
  readonly mimirKafka?: string;
  readonly redis: boolean;
  readonly grafanaEdition: "oss" | "enterprise";
  /** Absent where all traces are kept. */
  readonly traceSampling?: Required<TraceSampling>;
  readonly mirrors: { readonly charts?: string; readonly images?: string };
}

/** Who is told of what fires in its namespaces, and may look at its environments' folders. */
export interface Team {
  readonly name: string;
  readonly environments: readonly string[];
  readonly namespaces: readonly string[];
  readonly role: "viewer" | "editor";
}

export interface Environment {
  readonly name: string;
  readonly title: string;
  readonly ranksAs: string;
  /** Where its boards live. */
  readonly grafana: Grafana;
  /** Does any workload run here? The ops environment has no boards of its own: the SRE view shows it. */
  readonly workload: boolean;
}

export interface Cluster {
  readonly name: string;
  readonly environment: string;
  readonly region: string;
  readonly type: ClusterType;
  readonly tenant: string;
  readonly state: ClusterState;
  readonly scrapeInterval: Duration;
  /** Which exporters run here, and under which `job`; an empty one where nothing scrapes it. */
  readonly jobs: { readonly [E in Exporter]?: string };
  readonly mesh: Mesh;
  readonly metricsAgent: MetricsAgent;
  readonly logsAgent: LogsAgent;
  readonly agentsBy: AgentsBy;
  /** Empty where the fleet does not say. */
  readonly provider: string;
  readonly nodes: { readonly min: number; readonly max: number };
  readonly pods: number;
}

export interface Tenant {
  readonly id: string;
  readonly clusters: readonly Cluster[];
  /** How long what it writes is kept. */
  readonly retention: { readonly [S in Signal]: Duration };
}

export interface Backends {
  readonly metrics: Backend;
  readonly logs?: Backend;
  readonly traces?: Backend;
  /** The central Prometheus, beside Mimir. */
  readonly prometheus?: Backend;
  readonly alertmanager?: Backend;
}

export interface Backend {
  readonly kind: BackendKind;
  readonly title: string;
  readonly url: string;
  readonly rules: "ruler-api" | "files" | "prometheusrule" | "grafana" | "none";
  readonly ruleLabels?: Readonly<Record<string, string>>;
  readonly limits: { readonly rulesPerGroup: number; readonly groupsPerTenant: number };
}

/** A Grafana in which boards live, or one organisation of it. */
export interface Grafana {
  /** Absent for the first, whatever the fleet calls it. */
  readonly name?: string;
  readonly url: string;
  readonly organisation: number;
  /** Uid of the folder that holds ours; absent at the top level. */
  readonly parentFolder?: string;
}
