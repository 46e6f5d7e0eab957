import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { Cluster } from "../../src/fleet/model.ts";
import type { Exporter } from "../../src/labels.ts";
import { roles } from "../../src/labels.ts";
import { modelOf, type Pod } from "../../src/simulate/cluster.ts";
import { type SimulatedSeries, seriesOf } from "../../src/simulate/series.ts";
import { day, isIn } from "../../src/simulate/time.ts";
import type { World } from "../../src/simulate/world.ts";

/** A simulated cluster as an agent finds it: an API that lists what runs, and a page for each of its targets. */
export interface FakeKubernetes {
  readonly url: string;
  /** What a scrape of everything finds: how many targets answer under each job. */
  readonly targets: ReadonlyMap<string, number>;
  /** From now on no target of an exporter answers. */
  readonly silence: (exporter: Exporter) => void;
  readonly stop: () => void;
}

/** How the pods of an exporter are labelled and their ports named where charts install it. */
const podsOf: {
  readonly [E in Exporter]?: { readonly labels?: object; readonly container?: string; readonly port?: string };
} = {
  flux: { labels: { "app.kubernetes.io/part-of": "flux" }, port: "http-prom" },
  "argo-cd": { labels: { "app.kubernetes.io/part-of": "argocd" }, port: "metrics" },
  "istio-proxy": { container: "istio-proxy", port: "http-envoy-prom" },
  linkerd: { container: "linkerd-proxy", port: "linkerd-admin" },
  "node-exporter": { labels: { "app.kubernetes.io/name": "prometheus-node-exporter" } },
  "prometheus-agent": { labels: { "app.kubernetes.io/name": "prometheus" } },
  otelcol: { labels: { "app.kubernetes.io/name": "otel-agent" } },
  mimir: { port: "http-metrics" },
  loki: { port: "http-metrics" },
  tempo: { port: "http-metrics" },
};

/** What a real exporter answered once, and goes on answering. */
export interface RealPage {
  readonly exporter: Exporter;
  readonly text: string;
}

/** On each page that is simulated: the how manieth answer it is. */
export const scrapeNumber = "fleetglass_scrape_number";

interface Target {
  readonly job: string;
  readonly instance: string;
  readonly series: SimulatedSeries[];
  readonly text?: string;
}

/** Addresses of loopback, of which there are enough that every target has one of its own. */
export async function fakeKubernetes(
  world: World,
  cluster: Cluster,
  { network, pages = [] }: { readonly network: number; readonly pages?: readonly RealPage[] },
): Promise<FakeKubernetes> {
  const now = Date.now();
  const from = Math.floor(now / day) * day;
  const attached = new Set(roles.map((role) => world.fleet.labels[role]));
  const found = new Map<string, Target>();
  for (const series of seriesOf(world, cluster, { from, to: from + 2 * day })) {
    const { job, instance } = series.labels;
    if (job === undefined || instance === undefined || exporterOf(cluster, job) === undefined) continue;
    const key = `${job} ${instance}`;
    const target = found.get(key) ?? { job, instance, series: [] };
    found.set(key, target);
    target.series.push(series);
  }
  // What an exporter says of other instances, as OpenCost of nodes, is on its own page.
  const scrapes = ({ series }: Target): boolean => series.some(({ labels }) => labels["__name__"] === "up");
  for (const [key, told] of found) {
    const by = [...found.values()].find((one) => one.job === told.job && scrapes(one));
    if (scrapes(told) || !by) continue;
    by.series.push(...told.series);
    found.delete(key);
  }
  // Only those that answer now: what is being replaced is not listed.
  const simulated = [...found.values()].filter(
    ({ series }) => series.find(({ labels }) => labels["__name__"] === "up")?.at(now) === 1,
  );
  const targets: Target[] = [...simulated, ...pages.map((one, at) => realTarget(cluster, one, at, simulated))];
  const silent = new Set<Exporter>();
  const served = new Map<Target, number>();
  const servers: Server[] = [];
  const addresses = new Map<string, string>();
  const cadvisor = new Map(
    targets.filter(({ job }) => job === cluster.jobs.cadvisor).map((one) => [one.instance, one]),
  );
  for (const [at, target] of targets.entries()) {
    // Another path of the kubelet's.
    if (cadvisor.get(target.instance) === target) continue;
    const address = `127.${network}.${(at + 1) >> 8}.${(at + 1) & 255}`;
    addresses.set(`${target.job} ${target.instance}`, address);
    const server = createServer(({ url = "" }, answer) => {
      const asked = url.endsWith("/cadvisor") ? (cadvisor.get(target.instance) ?? target) : target;
      const exporter = exporterOf(cluster, asked.job);
      if (exporter !== undefined && silent.has(exporter)) {
        answer.statusCode = 503;
        answer.end();
        return;
      }
      answer.setHeader("Content-Type", "text/plain; version=0.0.4");
      const number = (served.get(asked) ?? 0) + 1;
      served.set(asked, number);
      answer.end(asked.text ?? `${page(asked, attached, Date.now())}${scrapeNumber} ${number}\n`);
    }).listen(Number(target.instance.split(":").at(-1)), address);
    await once(server, "listening");
    servers.push(server);
  }
  const addressOf = ({ job, instance }: Target): string => addresses.get(`${job} ${instance}`) ?? "";
  // Those that run now, by which whoever reads their lines learns whose they are.
  const pods = modelOf(world, cluster, { from, to: from + 2 * day }).pods.filter(({ life }) => isIn([life], now));
  const of = (exporter: Exporter): Target[] => targets.filter(({ job }) => exporterOf(cluster, job) === exporter);
  const lists: Readonly<Record<string, readonly object[]>> = {
    nodes: of("kubelet").map((target) => nodeObject(target, addressOf(target))),
    pods: [
      ...targets.flatMap((target, at) => podObject(cluster, target, addressOf(target), at)),
      ...pods.map(runningPod),
    ],
    endpointslices: [apiServerSlice(of("kube-apiserver").map(addressOf))],
    services: [{ metadata: { name: "kubernetes", namespace: "default", uid: "service" }, spec: {} }],
  };
  const api = createServer((question, answer) => {
    const { pathname, searchParams } = new URL(question.url ?? "/", "http://api");
    const kind = pathname.split("/").at(-1) ?? "";
    answer.setHeader("Content-Type", "application/json");
    if (searchParams.get("sendInitialEvents") !== null) {
      // A list by way of a watch, which a client does without where it is told so.
      answer.statusCode = 422;
      answer.end(JSON.stringify({ apiVersion: "v1", kind: "Status", status: "Failure", reason: "Invalid", code: 422 }));
      return;
    }
    // A watch hears of no change; it stays open until we end.
    if (searchParams.get("watch") !== null) {
      answer.flushHeaders();
      return;
    }
    const [apiVersion, list] = listKinds[kind] ?? ["v1", "List"];
    answer.end(
      JSON.stringify({ apiVersion, kind: list, metadata: { resourceVersion: "1" }, items: lists[kind] ?? [] }),
    );
  }).listen(0, "127.0.0.1");
  await once(api, "listening");
  servers.push(api);
  const jobs = [...new Set(targets.map(({ job }) => job))];
  return {
    url: `http://127.0.0.1:${(api.address() as AddressInfo).port}`,
    targets: new Map(jobs.map((job) => [job, targets.filter((target) => target.job === job).length])),
    silence: (exporter) => silent.add(exporter),
    stop: () => {
      for (const server of servers) {
        server.closeAllConnections();
        server.close();
      }
    },
  };
}

const listKinds: Readonly<Record<string, readonly [apiVersion: string, kind: string]>> = {
  nodes: ["v1", "NodeList"],
  pods: ["v1", "PodList"],
  services: ["v1", "ServiceList"],
  endpointslices: ["discovery.k8s.io/v1", "EndpointSliceList"],
};

/** A pod of the simulated cluster; what scrapes it goes by the names of a target's own object. */
function runningPod({ namespace, name, uid, owner, container, image, node }: Pod): object {
  const hash = owner.kind === "ReplicaSet" ? owner.name.split("-").at(-1) : undefined;
  return {
    metadata: {
      name,
      namespace,
      uid,
      labels: { ...(hash !== undefined && { "pod-template-hash": hash }) },
      ownerReferences: [
        {
          apiVersion: "apps/v1",
          kind: owner.kind,
          name: owner.name,
          uid: `${namespace}-${owner.name}`,
          controller: true,
        },
      ],
    },
    spec: { nodeName: node?.name ?? "", containers: [{ name: container, image }] },
    status: { phase: "Running" },
  };
}

/** It listens where the simulated ones of its kind do. */
function realTarget({ jobs }: Cluster, { exporter, text }: RealPage, at: number, others: readonly Target[]): Target {
  const job = jobs[exporter];
  const port = others
    .find((one) => one.job === job)
    ?.instance.split(":")
    .at(-1);
  if (job === undefined || port === undefined) throw new Error(`the cluster has no ${exporter}`);
  return { job, instance: `real-${at}:${port}`, series: [], text };
}

/** Whose job that is; the parts of Mimir and its kin have one each. */
function exporterOf({ jobs }: Cluster, job: string): Exporter | undefined {
  const found = Object.entries(jobs).find(([, name]) => name === job);
  const stack = ["mimir", "loki", "tempo"].find((name) => job.startsWith(`${name}/`));
  return (found?.[0] ?? stack) as Exporter | undefined;
}

function page({ series, instance }: Target, attached: ReadonlySet<string>, now: number): string {
  return series
    .flatMap(({ labels, at }) => {
      const { __name__: name = "", ...others } = labels;
      const value = /^(?:up|scrape_.*)$/u.test(name) ? undefined : at(now);
      const own = Object.entries(others).filter(
        ([label, value]) => label !== "job" && !(label === "instance" && value === instance) && !attached.has(label),
      );
      const text = own.map(([label, content]) => `${label}=${JSON.stringify(content)}`).join(",");
      return value === undefined ? [] : [`${name}{${text}} ${value === Infinity ? "+Inf" : value}\n`];
    })
    .join("");
}

function nodeObject({ instance }: Target, address: string): object {
  const [name] = instance.split(":");
  return {
    metadata: { name, uid: name, labels: {} },
    status: {
      addresses: [{ type: "InternalIP", address }],
      daemonEndpoints: { kubeletEndpoint: { Port: 10_250 } },
    },
  };
}

function podObject(cluster: Cluster, { job, instance }: Target, address: string, at: number): object[] {
  const exporter = exporterOf(cluster, job);
  if (exporter === undefined || ["kubelet", "cadvisor", "kube-apiserver"].includes(exporter)) return [];
  const { labels = {}, container = exporter, port = "metrics" } = podsOf[exporter] ?? {};
  const [, component] = job.split("/");
  const [host = "", number] = instance.split(":");
  return [
    {
      metadata: {
        name: `${exporter}-${at}`,
        namespace: "default",
        uid: `pod-${at}`,
        labels: {
          "app.kubernetes.io/name": exporter,
          ...(component !== undefined && { "app.kubernetes.io/component": component }),
          ...labels,
        },
      },
      spec: {
        nodeName: exporter === "node-exporter" ? host : "node",
        containers: [
          { name: container, image: "x", ports: [{ name: port, containerPort: Number(number), protocol: "TCP" }] },
        ],
      },
      status: { phase: "Running", podIP: address, hostIP: address, podIPs: [{ ip: address }] },
    },
  ];
}

function apiServerSlice(addresses: readonly string[]): object {
  return {
    metadata: {
      name: "kubernetes",
      namespace: "default",
      uid: "slice",
      labels: { "kubernetes.io/service-name": "kubernetes" },
    },
    addressType: "IPv4",
    endpoints: addresses.map((address) => ({ addresses: [address], conditions: { ready: true } })),
    ports: [{ name: "https", port: 443, protocol: "TCP" }],
  };
}
