import type { Emitter, Target } from "../emit.ts";
import { flow } from "../flow.ts";
import { byDay } from "../rhythm.ts";
import { versions } from "../tier.ts";
import { hash } from "../random.ts";
import { day, without } from "../time.ts";

/** What people and controllers ask of it, in requests a second per node. */
const kinds = [
  { verb: "GET", resource: "pods", scope: "resource", version: "v1", group: "", each: 0.9, median: 0.006 },
  { verb: "LIST", resource: "pods", scope: "cluster", version: "v1", group: "", each: 0.15, median: 0.03 },
  { verb: "WATCH", resource: "pods", scope: "cluster", version: "v1", group: "", each: 0.2, median: 0 },
  {
    verb: "PUT",
    resource: "leases",
    scope: "resource",
    version: "v1",
    group: "coordination.k8s.io",
    each: 1.2,
    median: 0.007,
  },
  {
    verb: "PATCH",
    resource: "deployments",
    scope: "resource",
    version: "v1",
    group: "apps",
    each: 0.05,
    median: 0.015,
  },
  { verb: "POST", resource: "events", scope: "namespace", version: "v1", group: "", each: 0.1, median: 0.01 },
] as const;

/** k8s.io/apiserver/pkg/endpoints/metrics: the buckets of request durations. */
const buckets = [0.005, 0.025, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1, 1.25, 1.5, 2, 3, 4, 5, 6, 8, 10, 15, 20, 30, 45, 60];

const shares = [
  ["200", 0.9945],
  ["404", 0.005],
  ["500", 0.0005],
] as const;

/** What the API server asks of etcd, in requests a second per node, and seconds that the middle one takes. */
const storage = [
  ["get", 0.8, 0.003],
  ["list", 0.2, 0.006],
  ["update", 1.3, 0.005],
  ["create", 0.2, 0.005],
] as const;

/** The control plane's front door. */
export function kubeApiserver(emitter: Emitter): void {
  const { model, cluster } = emitter;
  const job = cluster.jobs["kube-apiserver"];
  if (job === undefined) return;
  const { world, controlPlaneStarts } = model;
  const target = emitter.target({ job, instance: "10.0.0.1:443", down: world.windows(cluster, "apiserver-down") });
  for (const { verb, resource, scope, version, group, each, median } of kinds) {
    const labels = { verb, resource, scope, version, component: "apiserver", ...(group && { group }) };
    const nodes = model.plan.nodes.length;
    const asked = model.count(flow(byDay(1 + each * nodes, ...world.key(cluster, "api", verb))), controlPlaneStarts);
    for (const [code, share] of shares) {
      target.counts("apiserver_request_total", { ...labels, code }, (ms) => asked(ms) * share);
    }
    if (median > 0 && verb !== "PATCH" && verb !== "POST") {
      target.histogram("apiserver_request_duration_seconds", labels, {
        buckets,
        shares: [{ count: asked, median, spread: 0.9 }],
      });
    }
  }
  for (const [operation, each, median] of storage) {
    const asked = model.count(
      flow(byDay(each * model.plan.nodes.length, ...world.key(cluster, "etcd", operation))),
      controlPlaneStarts,
    );
    target.histogram(
      "etcd_request_duration_seconds",
      { operation, resource: "pods", group: "", type: "*core.Pod" },
      { buckets, shares: [{ count: asked, median, spread: 0.5 }] },
    );
  }
  target.gauge("apiserver_storage_size_bytes", { storage_cluster_id: "etcd-0" }, (ms) =>
    Math.round((90 + 0.7 * model.plan.nodes.length + 20 * ((ms % day) / day)) * 1024 ** 2),
  );
  for (const priority_level of ["global-default", "workload-low"]) {
    const labels = { priority_level, flow_schema: priority_level, reason: "queue-full" };
    target.counts("apiserver_flowcontrol_rejected_requests_total", labels, () => 0);
  }
  const busy = model.rate(flow(byDay(4 + model.plan.nodes.length, ...world.key(cluster, "inflight"))));
  target.gauge("apiserver_current_inflight_requests", { request_kind: "readOnly" }, (ms) => Math.round(busy(ms)));
  target.gauge("apiserver_current_inflight_requests", { request_kind: "mutating" }, (ms) => Math.round(busy(ms) / 3));
  buildInfo(emitter, target);
}

/** Which Kubernetes it is. Also kubelets say so. */
export function buildInfo({ model, cluster }: Emitter, target: Target): void {
  const { kubernetes, go, built } = versions[model.plan.tier];
  const drift = model.world.windows(cluster, "version-drift");
  const minor = Number(kubernetes.split(".")[1]);
  const info = (at: number): Readonly<Record<string, string>> => ({
    major: "1",
    minor: String(at),
    git_version: `v1.${at}.0`,
    git_commit: hash("commit", at).toString(16).padStart(8, "0").repeat(5),
    git_tree_state: "clean",
    build_date: built,
    go_version: go,
    compiler: "gc",
    platform: "linux/amd64",
  });
  target.info("kubernetes_build_info", info(minor), without({ from: -Infinity, to: Infinity }, drift));
  if (drift.length > 0) target.info("kubernetes_build_info", info(minor + 1), drift);
}
