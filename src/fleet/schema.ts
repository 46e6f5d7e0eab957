import * as z from "zod";
import { secondsOf } from "../duration.ts";
import { exporters, jobPresets, type JobPreset, roles } from "../labels.ts";
import type { FleetInput } from "./model.ts";

/** A label value that people chose before us: an EKS cluster may be called by its ARN. */
const labelValue = z
  .string()
  .regex(/^[A-Za-z0-9]([\w.:@/-]*[A-Za-z0-9])?$/u, "use letters, digits and . _ : @ / - between them")
  .max(200, "200 characters at most");

/** Also part of uids and paths. */
const environmentName = z
  .string()
  .regex(/^[A-Za-z0-9]([A-Za-z0-9_-]*[A-Za-z0-9])?$/u, "use letters, digits, dashes and underscores")
  .max(63, "63 characters at most")
  .refine((name) => name !== "all" && name !== "sre", "all and sre are the names of views: choose another");

const id = z
  .string()
  .regex(/^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/u, "use lower-case letters, digits and dashes, such as prd-uaenorth")
  .max(63, "63 characters at most");

/** Mimir: `validTenantIDChars`, 150 characters, and neither `.` nor `..`. */
const tenantId = z
  .string()
  .regex(/^[A-Za-z0-9!_.*'()-]{1,150}$/u, "a tenant id has letters, digits and !-_.*'() only, 150 at most")
  .refine((value) => value !== "." && value !== "..", "a tenant id can't be . or ..");

const labelName = z
  .string()
  .regex(/^[a-zA-Z_][a-zA-Z0-9_]*$/u, "a label name has letters, digits and underscores, and starts with no digit")
  .refine((name) => !name.startsWith("__"), "label names with __ are reserved by Prometheus");

const duration = z
  .string()
  .regex(/^(\d+(ms|[smhdwy]))+$/u, "write a duration such as 30s, 5m or 1h")
  .refine((text) => /[1-9]/u.test(text), "a duration is longer than nothing");

/** No user name or password in an address: it would end in files, plans and logs. */
const url = z.string().superRefine((text, context) => {
  const message = urlProblem(text);
  if (message !== undefined) context.addIssue({ code: "custom", message });
});

/** Also of the Grafana at hand. */
const urlOrPath = z.string().superRefine((text, context) => {
  const message = /^\/(?!\/)/u.test(text) ? undefined : urlProblem(text);
  if (message !== undefined) context.addIssue({ code: "custom", message: `${message}, or a path such as /d/abc` });
});

function isTimeZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat("en", { timeZone: name }).resolvedOptions().timeZone !== "";
  } catch {
    return false;
  }
}

function urlProblem(text: string): string | undefined {
  if (!/^https?:\/\//u.test(text) || !URL.canParse(text)) return "write an address such as https://mimir.example.com";
  const parsed = new URL(text);
  if (parsed.search || parsed.hash) return "leave out what follows ? or #";
  if (parsed.username || parsed.password) return "keep credentials out of the address: they come from the environment";
  return undefined;
}

/** A secret's name, never the secret: also the name of a file. */
const secretName = z
  .string()
  .regex(/^[A-Z][A-Z0-9_]*$/u, "write the name of a variable such as SLACK_WEBHOOK_URL, and never the secret itself");

const toldWhat = {
  urgencies: z.array(z.enum(["page", "ticket", "chat"])).exactOptional(),
  environments: z.array(z.string()).exactOptional(),
  team: z.string().exactOptional(),
  secret: secretName.exactOptional(),
};

const receiver = z.discriminatedUnion("kind", [
  z.strictObject({
    kind: z.literal("slack"),
    channel: z.string().regex(/^[#@]\S+$/u, "write a channel such as #alerts"),
    ...toldWhat,
  }),
  ...(["pagerduty", "teams", "webhook", "heartbeat"] as const).map((kind) =>
    z.strictObject({ kind: z.literal(kind), ...toldWhat }),
  ),
  z.strictObject({
    kind: z.literal("email"),
    to: z.email(),
    from: z.email().exactOptional(),
    smarthost: z.string().regex(/^[^:\s]+:\d+$/u, "write a host and a port such as smtp.example.com:587"),
    user: z.string().min(1).exactOptional(),
    ...toldWhat,
  }),
]);

/** A registry and a path in it, as Helm and container engines write it. */
const mirror = z
  .string()
  .regex(
    /^[a-z0-9][a-z0-9.:_/-]*[a-z0-9]$/u,
    "write a registry with its path and no scheme, such as registry.example.com/charts",
  );

const hours = z.strictObject({
  timeZone: z
    .string()
    .refine(isTimeZone, "write a time zone such as Asia/Dubai")
    .describe("IANA name, such as Asia/Dubai."),
  days: z.array(z.enum(["mon", "tue", "wed", "thu", "fri", "sat", "sun"])).exactOptional(),
  hours: z
    .string()
    .regex(/^([01]\d|2[0-3]):[0-5]\d-([01]\d|2[0-3]):[0-5]\d$/u, "write hours such as 08:00-18:00")
    .exactOptional(),
});

const groups = z.record(z.string(), z.string().min(1)).exactOptional();

const signIn = z.discriminatedUnion("kind", [
  z.strictObject({
    kind: z.literal("azure-ad"),
    directory: z.string().regex(/^[0-9a-zA-Z.-]+$/u, "write the id of the directory"),
    groups,
  }),
  z.strictObject({
    kind: z.literal("oauth"),
    title: z.string().min(1).exactOptional(),
    authUrl: url,
    tokenUrl: url,
    apiUrl: url,
    scopes: z.string().min(1).exactOptional(),
    groups,
  }),
]);

const presets = Object.keys(jobPresets) as [JobPreset, ...JobPreset[]];

const clusterDefaults = {
  scrapeInterval: duration
    .refine(
      (text) => secondsOf(text) <= 120,
      "2m at most: rules look back five minutes, and a rate needs several scrapes",
    )
    .exactOptional()
    .describe("How often agents scrape. Default 30s."),
  exporters: z
    .strictObject({
      jobs: z.enum(presets).exactOptional().describe("How the exporters' jobs are called. Default fleetglass."),
      override: z.strictObject(perName(exporters, z.union([z.string().min(1), z.boolean()]))).exactOptional(),
    })
    .exactOptional()
    .describe("Which exporters run, and under which job."),
  mesh: z.enum(["istio", "linkerd", "none"]).exactOptional(),
  metricsAgent: z.enum(["prometheus-agent", "alloy", "otel-collector"]).exactOptional(),
  logsAgent: z.enum(["promtail", "alloy", "otel-collector", "none"]).exactOptional(),
  agentsBy: z
    .enum(["charts", "operators"])
    .exactOptional()
    .describe("Who runs the agents: charts alone, or operators that also read ServiceMonitors. Default charts."),
  nodes: z
    .union([z.int().positive(), z.strictObject({ min: z.int().nonnegative(), max: z.int().positive() })])
    .exactOptional()
    .describe("How many nodes: a number, or min and max of the autoscaler."),
  pods: z.int().positive().exactOptional(),
  provider: z.string().exactOptional(),
};

const cluster = z.strictObject({
  name: labelValue.describe("The value of the cluster label; unique in the fleet."),
  environment: z.string().describe("One of the fleet's environments."),
  region: labelValue,
  type: z.enum(["workload", "ops"]).exactOptional().describe("Default workload."),
  tenant: tenantId.exactOptional(),
  state: z.enum(["planned", "active", "maintenance", "retired"]).exactOptional().describe("Default active."),
  schedule: hours.exactOptional(),
  gpu: z.strictObject({ model: z.string(), count: z.int().positive().exactOptional() }).exactOptional(),
  ...clusterDefaults,
});

/** Also for ids that follow from the name of a cluster or environment. */
export function isTenantId(text: string): boolean {
  return tenantId.safeParse(text).success;
}

/** The shape of a fleet. What it can't say (unique names, references) is checked where the fleet is resolved. */
export const fleetSchema: z.ZodType<FleetInput> = z.strictObject({
  name: id.describe("Short id of the fleet, also the value of the tenant_id label."),
  title: z.string().exactOptional(),
  labels: z
    .strictObject(perName(roles, z.union([labelName, z.strictObject({ derived: z.literal(true) })])))
    .exactOptional()
    .describe("How this fleet calls the label of each role."),
  environments: z
    .array(
      z.strictObject({
        name: environmentName.describe("The value of the environment label."),
        title: z.string().min(1).exactOptional(),
        ranksAs: z.string().exactOptional().describe("Alerts rank as if this environment were that one."),
        grafana: z
          .string()
          .exactOptional()
          .describe("The name of the one of grafanas that holds its boards and data sources. Default: the first."),
        organisation: z
          .int()
          .positive()
          .exactOptional()
          .describe("The organisation in it, where the environment has one of its own. Default: that of its grafana."),
      }),
    )
    .min(1, "a fleet has at least one environment")
    .describe("In the order of promotion, the least critical first."),
  clusters: z.array(cluster).min(1, "a fleet has at least one cluster"),
  defaults: z
    .strictObject(clusterDefaults)
    .exactOptional()
    .describe("What every cluster has unless it says otherwise."),
  tenancy: z
    .strictObject({
      mode: z.enum(["per-environment", "per-cluster", "single"]).exactOptional(),
      tenant: tenantId.exactOptional(),
      header: z
        .string()
        .regex(/^[A-Za-z0-9-]+$/u, "a header name has letters, digits and dashes")
        .exactOptional(),
      federation: z.boolean().exactOptional(),
      owner: tenantId.exactOptional(),
    })
    .exactOptional(),
  backends: z
    .array(
      z.strictObject({
        kind: z.enum(["mimir", "prometheus", "grafana-cloud", "azure-managed", "loki", "tempo", "alertmanager"]),
        url: url.describe("Where Grafana finds it, with its path prefix."),
        title: z.string().min(1).exactOptional(),
        rules: z
          .enum(["ruler-api", "files", "prometheusrule", "grafana", "none"])
          .exactOptional()
          .describe(
            "How rules get there. Default ruler-api for Mimir and Grafana Cloud, files for Prometheus and Azure.",
          ),
        ruleLabels: z
          .record(z.string(), z.string())
          .exactOptional()
          .describe("Labels by which an operator selects PrometheusRule objects, such as release."),
        limits: z
          .strictObject({
            rulesPerGroup: z.int().positive().exactOptional(),
            groupsPerTenant: z.int().positive().exactOptional(),
          })
          .exactOptional(),
      }),
    )
    .exactOptional(),
  grafanas: z
    .array(
      z.strictObject({
        name: z
          .string()
          .regex(
            /^[a-z][a-z0-9-]{0,30}$/u,
            "write at most 31 small letters, digits and dashes, a letter first: it is part of GRAFANA_<NAME>_URL",
          )
          .exactOptional()
          .describe(
            "By which environments choose it; its address and credential are in GRAFANA_<NAME>_URL and GRAFANA_<NAME>_TOKEN. The first needs none.",
          ),
        url,
        organisation: z.int().positive().exactOptional(),
        version: z.string().exactOptional(),
        parentFolder: z
          .string()
          .regex(/^[A-Za-z0-9_-]{1,40}$/u, "write the folder's uid, which stands in its address: /dashboards/f/<uid>")
          .exactOptional()
          .describe("Uid of a folder that exists and holds ours."),
      }),
    )
    .exactOptional()
    .describe("Where boards live. The first holds what is no single environment's, and those that choose none."),
  dataSources: z
    .record(z.string(), z.strictObject({ uid: z.string().min(1).max(40), manage: z.boolean() }))
    .exactOptional()
    .describe("Data sources that exist already, by the key of ours that they replace, such as mimir-dev."),
  manage: z
    .array(z.enum(["dashboards", "datasources", "folders", "rules", "routing", "permissions"]))
    .exactOptional()
    .describe("Which kinds of things are published. Default: dashboards, datasources, folders, rules."),
  alerting: z
    .strictObject({
      notifier: z.enum(["alertmanager", "mimir", "grafana", "none"]).exactOptional(),
      severities: z.array(z.string()).exactOptional(),
      receivers: z.array(receiver).exactOptional().describe("Who is told, and how. Secrets stand here by name only."),
      workloads: z
        .enum(["own", "existing"])
        .exactOptional()
        .describe("existing where kubernetes-mixin's alerts are evaluated: ours that say the same are left out."),
    })
    .exactOptional(),
  retention: z
    .record(
      z.string(),
      z.strictObject({
        metrics: duration.exactOptional(),
        logs: duration.exactOptional(),
        traces: duration.exactOptional(),
      }),
    )
    .exactOptional(),
  teams: z
    .array(
      z.strictObject({
        name: z.string().min(1, "a team has a name"),
        environments: z.array(z.string()).exactOptional(),
        role: z.enum(["viewer", "editor"]).exactOptional().describe("In its environments' folders. Default viewer."),
        namespaces: z
          .array(z.string().regex(/^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/u, "write the name of a namespace such as shop"))
          .exactOptional(),
      }),
    )
    .exactOptional()
    .describe("Teams of Grafana's, to which folders are opened with manage: [permissions]."),
  businessHours: hours.exactOptional(),
  runbooks: url.exactOptional().describe("Where runbooks live; {alert} is where the alert's name goes."),
  links: z
    .array(z.strictObject({ title: z.string().min(1, "a link has a title"), url: urlOrPath }))
    .exactOptional()
    .describe("Boards and pages of your own, linked from every board."),
  currency: z
    .string()
    .regex(/^[A-Z]{3}$/u, "write an ISO 4217 code such as USD")
    .exactOptional(),
  mirrors: z.strictObject({ charts: mirror.exactOptional(), images: mirror.exactOptional() }).exactOptional(),
  infrastructure: z
    .strictObject({
      domain: z
        .string()
        .regex(/^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/u, "write a domain such as observability.example.com")
        .exactOptional()
        .describe("The backends answer to agents at mimir.<domain>. Default: <first ops cluster>.internal."),
      outageBudget: duration
        .refine((text) => secondsOf(text) <= 7200, "2h at most: Mimir takes no samples that are much older")
        .exactOptional()
        .describe("How long a backend may be away before an agent loses anything. Default 15m."),
      ingressClass: z
        .string()
        .regex(/^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/u, "write the name of an IngressClass")
        .exactOptional()
        .describe("Of the ingresses in the ops cluster. Default webapprouting.kubernetes.azure.com."),
      storageAccount: z
        .string()
        .regex(/^[a-z0-9]{3,24}$/u, "an Azure storage account has 3 to 24 lower-case letters and digits")
        .exactOptional()
        .describe("The Azure storage account of blocks, chunks and traces."),
      boards: z
        .enum(["publisher", "flux"])
        .exactOptional()
        .describe("Who brings boards and data sources to Grafana: publish --to live, or Flux. Default publisher."),
      keyVault: z
        .string()
        .regex(
          /^[a-z][a-z0-9-]{1,22}[a-z0-9]$/u,
          "an Azure Key Vault has 3 to 24 lower-case letters, digits and dashes",
        )
        .exactOptional()
        .describe("The Azure Key Vault that External Secrets reads. Default: none, and you make the Secrets."),
      signIn: signIn.exactOptional().describe("How people come into Grafana. Default: its administrator only."),
      mimirKafka: z
        .string()
        .regex(/^[^:\s/]+:\d+$/u, "write a host and a port such as kafka-bootstrap.kafka.svc:9092")
        .exactOptional()
        .describe("Kafka before Mimir. Default: none, distributors write to ingesters."),
      redis: z.boolean().exactOptional().describe("Redis for what Grafana's replicas share. Default: false."),
      grafanaEdition: z
        .enum(["oss", "enterprise"])
        .exactOptional()
        .describe("With enterprise, members of Grafana's teams come from groups; needs a licence. Default oss."),
      traceSampling: z
        .strictObject({
          percent: z.number().min(0).max(100).describe("How many of the traces without an error that are not slow."),
          slow: duration.exactOptional().describe("A trace that takes longer is kept in any case. Default 1s."),
        })
        .exactOptional()
        .describe("Keeps a part of the traces, decided of whole ones, in the ops cluster. Default: all are kept."),
    })
    .exactOptional()
    .describe("Asks for Helm values of the agents and of the doors to the backends."),
});

function perName<N extends string, S extends z.ZodType>(
  names: readonly N[],
  schema: S,
): { [K in N]: z.ZodExactOptional<S> } {
  return Object.fromEntries(names.map((name) => [name, schema.exactOptional()])) as { [K in N]: z.ZodExactOptional<S> };
}
