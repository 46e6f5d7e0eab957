import * as z from "zod";
import { jsonOf } from "./json.ts";
import { clusterExporters, type Exporter, exporters, type Role } from "../labels.ts";
import type { BackendKind } from "../fleet/model.ts";
import { type Http, ServerError } from "../publish/http.ts";
import { type PrometheusApi, prometheusApi, type Sample } from "./prometheus-api.ts";
import { telltales } from "./telltales.ts";

/** What a server that holds a fleet's metrics says of itself and of the fleet. Nothing here is a guess. */
export interface Facts {
  readonly server: ServerFacts;
  /** The tenants that were asked; one without a name where the server has none. */
  readonly tenants: readonly TenantFacts[];
  /** May one query read several tenants? Unknown where there is one. */
  readonly federation?: boolean;
  /** The label of each role, where there is one. */
  readonly labels: { readonly [R in Role]?: string };
  /** Labels that could be a role's as well. */
  readonly candidates: { readonly [R in Role]?: readonly string[] };
  readonly clusters: readonly ClusterFacts[];
  /** Alerts of kubernetes-mixin that are evaluated already. */
  readonly mixin: boolean;
  /** How many targets have no label that names a cluster. */
  readonly unlabelled: number;
}

export interface ServerFacts {
  readonly kind: Extract<BackendKind, "mimir" | "prometheus" | "grafana-cloud" | "azure-managed">;
  /** With the path below which its API is. */
  readonly url: string;
  readonly prefix: string;
  readonly version?: string;
  /** The header that names the tenant; absent where there are none. */
  readonly header?: string;
  /** Can rule groups be written to it? */
  readonly ruler: boolean;
}

export interface TenantFacts {
  readonly id: string;
  readonly api: PrometheusApi;
}

export interface ClusterFacts {
  readonly name: string;
  readonly tenant: string;
  /** Values of the labels of the roles, where all its series agree. */
  readonly roles: { readonly [R in Role]?: string };
  /** The jobs under which an exporter's series arrive; an empty text where they have none. */
  readonly jobs: { readonly [E in Exporter]?: readonly string[] };
  /** Seconds between two scrapes; unknown before there are ten minutes of samples. */
  readonly interval?: number;
  readonly nodes?: number;
  readonly pods?: number;
  readonly gpu?: { readonly model: string; readonly count: number };
}

export interface Asked {
  readonly http: Http;
  /** The address that `http` is below. */
  readonly url: string;
  readonly header: string;
  /** Empty where nobody named one. */
  readonly tenants: readonly string[];
}

const buildinfo = z.object({
  data: z.object({
    application: z.string().optional(),
    version: z.string().optional(),
  }),
});

/**
 * Asks a server which clusters report, under which labels and jobs, and what it can do.
 * @throws {ServerError} where it cannot be asked, with what to mend
 */
export async function discover(asked: Asked): Promise<Facts> {
  const server = await serverFacts(asked);
  const { header } = server;
  const ids = header === undefined ? [""] : asked.tenants;
  const apiFor = (tenant: string): PrometheusApi =>
    prometheusApi(asked.http, { prefix: server.prefix, headers: header === undefined ? {} : { [header]: tenant } });
  const tenants = ids.map((id): TenantFacts => ({ id, api: apiFor(id) }));
  const named = await Promise.all(tenants.map(({ api }) => api.labels("up")));
  const labels = new Set(named.flat());
  const { chosen, candidates } = await roleLabels(tenants, labels);
  const found = await Promise.all(tenants.map((tenant) => clustersOf(tenant, chosen)));
  const unlabelled = chosen.cluster === undefined ? 0 : await countOf(tenants, `count(up{${chosen.cluster}=""})`);
  const mixin = await Promise.all(tenants.map(({ api }) => hasMixin(api)));
  const federation = ids.length > 1 ? await federates(apiFor(ids.join("|"))) : undefined;
  return {
    server,
    tenants,
    ...(federation !== undefined && { federation }),
    labels: chosen,
    candidates,
    clusters: found.flat(),
    mixin: mixin.includes(true),
    unlabelled,
  };
}

/** Names that kubernetes-mixin gives, and nobody else. */
const mixinAlerts: readonly string[] = ["KubePodCrashLooping", "KubeDeploymentReplicasMismatch", "KubePodNotReady"];

/** Are alerts of kubernetes-mixin evaluated here, or did any fire of late that an agent evaluates where it runs? */
export async function hasMixin(api: PrometheusApi): Promise<boolean> {
  const rules = await api.rules();
  if (rules?.some(({ name }) => mixinAlerts.includes(name)) === true) return true;
  const fired = await api.query(`group(last_over_time(ALERTS{alertname=~"${mixinAlerts.join("|")}"}[1d]))`);
  return fired.length > 0;
}

/** Where the API is, whose it is, and whether it wants to know the tenant. */
async function serverFacts({ http, url, header, tenants }: Asked): Promise<ServerFacts> {
  const named = tenants.length > 0;
  const headers = named ? { [header]: tenants[0] ?? "" } : {};
  const probe = async (prefix: string, own: Readonly<Record<string, string>>) =>
    http({
      path: `${prefix}/api/v1/query`,
      query: { query: "vector(1)" },
      headers: own,
      ...(!named && { accepts: [401] }),
    });
  for (const prefix of ["", "/prometheus"]) {
    const { status, text } = await probe(prefix, headers);
    if (status === 404) continue;
    if (status === 401) {
      if (/org id/iu.test(text)) {
        throw new ServerError(
          `${url} has tenants: name them in MIMIR_TENANTS, such as MIMIR_TENANTS="dev|stg|prd" (and the header in MIMIR_TENANT_HEADER, if it is not ${header})`,
        );
      }
      throw new ServerError(`${url} asks who you are: set MIMIR_TOKEN, or MIMIR_USER and MIMIR_PASSWORD`);
    }
    const answer = await http({
      path: `${prefix}/api/v1/status/buildinfo`,
      headers,
      accepts: [400, 401, 403, 405, 501],
    });
    const about = answer.status === 200 ? buildinfo.safeParse(jsonOf(answer.text)).data?.data : undefined;
    const kind = kindOf(url, about?.application);
    const rules = await http({
      path: `${prefix === "" && kind !== "mimir" ? "" : prefix}/config/v1/rules`,
      headers,
      accepts: [400, 401, 403, 405, 500, 501],
    });
    // Mimir has no rules at first, and says so with a 404 of its own.
    const ruler = kind !== "prometheus" && (rules.status === 200 || /no rule groups/iu.test(rules.text));
    return {
      kind,
      url: `${url}${prefix}`,
      prefix,
      ...(about?.version !== undefined && { version: about.version }),
      ...(named && { header }),
      ruler,
    };
  }
  throw new ServerError(`${url} has no Prometheus API: neither ${url}/api/v1 nor ${url}/prometheus/api/v1 is there`);
}

function kindOf(url: string, application: string | undefined): ServerFacts["kind"] {
  const { hostname } = new URL(url);
  if (hostname.endsWith(".grafana.net")) return "grafana-cloud";
  if (hostname.endsWith(".prometheus.monitor.azure.com")) return "azure-managed";
  return application?.includes("Mimir") === true ? "mimir" : "prometheus";
}

async function federates(api: PrometheusApi): Promise<boolean> {
  try {
    await api.query("count(up)");
    return true;
  } catch (error) {
    if (error instanceof ServerError && error.status !== undefined && error.status < 500) return false;
    throw error;
  }
}

/** How agents and charts call the label of a role; the first that is there is taken. */
const usualLabels: { readonly [R in Role]: readonly string[] } = {
  cluster: ["cluster", "k8s_cluster_name", "cluster_name", "k8s_cluster", "kubernetes_cluster", "clustername"],
  environment: [
    "environment",
    "env",
    "stage",
    "deployment_environment",
    "deployment_environment_name",
    "cluster_environment",
  ],
  region: ["region", "location", "cloud_region", "datacenter", "dc"],
  cluster_type: ["cluster_type"],
  tenant_id: ["tenant_id"],
};

interface RoleLabels {
  readonly chosen: { readonly [R in Role]?: string };
  readonly candidates: { readonly [R in Role]?: readonly string[] };
}

/** A label is a role's where each cluster has one value of it, and only one. */
async function roleLabels(tenants: readonly TenantFacts[], labels: ReadonlySet<string>): Promise<RoleLabels> {
  const here = (role: Role): string[] => usualLabels[role].filter((label) => labels.has(label));
  const clusters = here("cluster");
  const [cluster] = clusters;
  const chosen: { -readonly [R in Role]?: string } = { ...(cluster !== undefined && { cluster }) };
  const candidates: { -readonly [R in Role]?: readonly string[] } = { cluster: clusters.slice(1) };
  for (const role of ["environment", "region", "cluster_type", "tenant_id"] as const) {
    const fit: string[] = [];
    for (const label of here(role)) if (await isOfCluster(tenants, cluster, label)) fit.push(label);
    const [first] = fit;
    if (first !== undefined) chosen[role] = first;
    candidates[role] = fit.slice(1);
  }
  return { chosen, candidates };
}

async function isOfCluster(
  tenants: readonly TenantFacts[],
  cluster: string | undefined,
  label: string,
): Promise<boolean> {
  const by = cluster === undefined ? label : `${cluster}, ${label}`;
  const found = (await Promise.all(tenants.map(({ api }) => api.query(`count by (${by}) (up)`)))).flat();
  const values = new Map<string, Set<string>>();
  for (const { labels } of found) {
    const name = cluster === undefined ? "" : (labels[cluster] ?? "");
    if (cluster !== undefined && name === "") continue;
    values.set(name, (values.get(name) ?? new Set()).add(labels[label] ?? ""));
  }
  return [...values.values()].every((own) => own.size === 1 && !own.has(""));
}

async function clustersOf({ id, api }: TenantFacts, labels: RoleLabels["chosen"]): Promise<ClusterFacts[]> {
  const { cluster } = labels;
  const by = (...more: readonly string[]): string =>
    [...(cluster === undefined ? [] : [cluster]), ...more].filter((label) => label !== "").join(", ");
  const nameIn = ({ labels: own }: Sample): string => (cluster === undefined ? "" : (own[cluster] ?? ""));
  const own = Object.entries(labels).filter(([role]) => role !== "cluster") as [Role, string][];
  const [places, intervals, nodes, pods, gpus, ...jobs] = await Promise.all([
    api.query(`count by (${by(...own.map(([, label]) => label))}) (up)`),
    api.query(`max by (${by()}) (count_over_time(up[10m])) and on (${by()}) max by (${by()}) (up offset 10m)`),
    api.query(`count by (${by()}) (group by (${by("node")}) (kube_node_info))`),
    api.query(`count by (${by()}) (group by (${by("namespace", "pod")}) (kube_pod_info))`),
    api.query(`count by (${by("modelName")}) (group by (${by("modelName", "UUID", "gpu")}) (DCGM_FI_DEV_GPU_TEMP))`),
    ...exporters.map((exporter) =>
      api.query(`count by (${by("job")}) ({__name__=~"${telltales[exporter].join("|")}"})`),
    ),
  ]);
  const names = [...new Set(places.map(nameIn))].filter((name) => cluster === undefined || name !== "").toSorted();
  return names.map((name): ClusterFacts => {
    const value = (samples: readonly Sample[]): number | undefined =>
      samples.find((one) => nameIn(one) === name)?.value;
    const roles = Object.fromEntries(
      own.flatMap(([role, label]) => {
        const found = places.find((one) => nameIn(one) === name)?.labels[label];
        return found === undefined ? [] : [[role, found]];
      }),
    );
    const gpu = gpus.filter((one) => nameIn(one) === name).toSorted((a, b) => b.value - a.value)[0];
    const [interval, nodeCount, podCount] = [intervals, nodes, pods].map(value);
    return {
      name,
      tenant: id,
      roles: { ...(name !== "" && { cluster: name }), ...roles },
      jobs: Object.fromEntries(
        exporters.flatMap((exporter, at) => {
          const found = (jobs[at] ?? []).filter((one) => nameIn(one) === name);
          return found.length === 0 ? [] : [[exporter, mostFirst(found)]];
        }),
      ),
      ...(interval !== undefined && { interval: nearest(600 / interval) }),
      ...(nodeCount !== undefined && { nodes: nodeCount }),
      ...(podCount !== undefined && { pods: podCount }),
      ...(gpu && { gpu: { model: gpu.labels["modelName"] ?? "", count: gpu.value } }),
    };
  });
}

/** Where one exporter's series come under several jobs, that of most of them. */
function mostFirst(samples: readonly Sample[]): string[] {
  return samples.toSorted((a, b) => b.value - a.value).map(({ labels }) => labels["job"] ?? "");
}

const usualIntervals: readonly number[] = [5, 10, 15, 20, 30, 60, 120];

function nearest(seconds: number): number {
  return usualIntervals.reduce((best, one) => (Math.abs(one - seconds) < Math.abs(best - seconds) ? one : best), 30);
}

async function countOf(tenants: readonly TenantFacts[], expr: string): Promise<number> {
  const found = (await Promise.all(tenants.map(({ api }) => api.query(expr)))).flat();
  return found.reduce((sum, { value }) => sum + value, 0);
}

/** What a cluster lacks of what every cluster is expected to have. */
export function lacks({ jobs }: ClusterFacts): Exporter[] {
  return clusterExporters.filter((exporter) => jobs[exporter] === undefined);
}
