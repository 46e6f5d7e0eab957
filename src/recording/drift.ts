import { type Exporter, hole } from "../labels.ts";
import type { LabelOf } from "../metrics/index.ts";
import {
  byList,
  count,
  group,
  max,
  promql,
  type Query,
  type RecordedSeries,
  select,
  type Unit,
} from "../queries/query.ts";
import { podWorkload } from "./namespaces.ts";
import { labelled, type Place, place, record, type Recorded, type RecordingGroup } from "./record.ts";

/** What is on one side and not, or not the same, on the other: a column each, empty where both are the same. */
export interface Drift<L extends string> {
  readonly left: Query<L>;
  readonly right: Query<L>;
}

export interface DriftOptions<T extends string, F extends string> {
  /** What runs on either side: a series for each thing and fact, aggregated by just these labels. */
  readonly left: Query<T | F>;
  readonly right: Query<T | F>;
  /** The labels that say what is compared: a workload's container. */
  readonly thing: readonly T[];
  /** The labels that should be the same: its image. */
  readonly fact: readonly F[];
}

/**
 * Where do two environments or clusters run something else? On each side the facts that the other side does not have, of
 * things that both have: what one side has altogether for itself is a difference of what is installed, see `onlyOn`.
 *
 * Sides must be aggregated `by` the labels of thing and fact. A place, or the `__tenant_id__` of a federated read, would
 * make every pair differ; the first drift rule of the brief never matched for that reason.
 */
export function drift<T extends string, F extends string>({
  left,
  right,
  thing,
  fact,
}: DriftOptions<T, F>): Drift<T | F> {
  const without = (one: Query<T | F>, other: Query<T | F>): Query<T | F> => ({
    ...one,
    ...promql({
      unit: one.unit,
      labels: one.labels,
    })`(${one} unless on (${byList([...thing, ...fact])}) ${other}) and on (${byList(thing)}) ${other}`,
  });
  return { left: without(left, right), right: without(right, left) };
}

/** A mean over many clusters is not exact: 0.1 three times over three is 0.10000000000000002. */
const rounding = 1e-6;

export interface AmountDriftOptions<T extends string, P extends string> {
  /** The amounts on either side, aggregated by just these labels. */
  readonly left: Query<T | P>;
  readonly right: Query<T | P>;
  readonly thing: readonly T[];
  /** The labels of its several amounts: `requests` and `limits`. A thing that lacks one of them on one side differs. */
  readonly part?: readonly P[];
}

/** Where do two environments or clusters have another number of something, of things that both have? */
export function amountDrift<T extends string, P extends string = never>({
  left,
  right,
  thing,
  part = [],
}: AmountDriftOptions<T, P>): Drift<T | P> {
  const by = byList([...thing, ...part]);
  const alike = promql({ unit: "none", labels: left.labels })`abs(${left} - ${right}) <= ${rounding} * ${left}`;
  const unlike = (one: Query<T | P>, other: Query<T | P>): Query<T | P> => ({
    ...one,
    ...promql({
      unit: one.unit,
      labels: one.labels,
    })`(${one} unless on (${by}) ${alike}) and on (${byList(thing)}) ${other}`,
  });
  return { left: unlike(left, right), right: unlike(right, left) };
}

/** What does only one side have? */
export function onlyOn<T extends string>({ left, right }: Drift<T>, thing: readonly T[]): Drift<T> {
  const without = (one: Query<T>, other: Query<T>): Query<T> => ({
    ...one,
    ...promql({ unit: one.unit, labels: one.labels })`${one} unless on (${byList(thing)}) ${other}`,
  });
  return { left: without(left, right), right: without(right, left) };
}

/**
 * Which clusters have a fact that at most half of the clusters of their environment share? Clusters of one environment are
 * meant to be alike, so these drifted, or are ahead in a rollout. At most half, and not fewer: of two, both are shown.
 */
export function oddOnesOut<L extends Place | T | F, T extends string, F extends string>(
  every: Query<L>,
  thing: readonly T[],
  fact: readonly F[],
): Query<L> {
  const clusters = (labels: readonly string[]): Query => count(labels, group(["cluster", ...labels], every as Query));
  const things = ["environment", ...thing];
  const facts = [...things, ...fact];
  const odd = promql({
    unit: "none",
    labels: facts,
  })`${clusters(facts)} <= on (${byList(things)}) group_left () ${clusters(things)} / 2`;
  return {
    ...every,
    ...promql({ unit: every.unit, labels: every.labels })`${every} and on (${byList(facts)}) (${odd})`,
  };
}

/** The parts of a cluster that have a version of their own. */
export type Component = "API server" | "kubelet" | "node image" | "kernel" | "container runtime";

type OfVersion = Place | "component" | "version";

/** On how many nodes, or in how many API servers, each version runs. */
export const componentVersions: RecordedSeries<OfVersion> = {
  record: "cluster_version:component:count",
  labels: [...place, "component", "version"],
  unit: "none",
  requires: [["kube-state-metrics", "kube-apiserver"]],
};

function versions(component: Component, each: Query, label: string): Recorded<OfVersion> {
  const labels = [...place, "version"] as const;
  const named = promql({ unit: "none", labels })`label_replace(${each}, "version", "$1", "${label}", "(.+)")`;
  const query = count([...labels], { ...named, requires: each.requires });
  return labelled(record({ level: "cluster_version", name: "component:count", query }), { component });
}

function ofNodes(component: Component, label: LabelOf<"kube_node_info">): Recorded<OfVersion> {
  const nodes = max([...place, "node", label], select("kube_node_info"));
  return versions(component, nodes, label);
}

/** Of API servers, and not of kubelets, which say the same of themselves. */
const apiservers: Query = max(
  [...place, "instance", "git_version"],
  select("kubernetes_build_info", { job: { matches: hole("job:kube-apiserver") } }),
);

type OfSetting = Place | "namespace" | "workload" | "container" | "setting";

const inWorkload = [...place, "namespace", "workload", "container"] as const;

function settingsOf(name: string, unit: Unit): RecordedSeries<OfSetting> {
  return {
    record: `cluster_workload:${name}`,
    labels: [...inWorkload, "setting"],
    unit,
    requires: ["kube-state-metrics"],
  };
}

/** Cores that a container of a workload's pod asks for (`setting="requests"`) and may have at most (`limits`). */
export const containerCpu: RecordedSeries<OfSetting> = settingsOf("kube_container_cpu:max", "cores");

/** The same in bytes of memory. */
export const containerMemory: RecordedSeries<OfSetting> = settingsOf("kube_container_memory:max", "bytes");

/** Of one pod, so that it does not depend on how many there are. */
function settings(
  series: RecordedSeries<OfSetting>,
  setting: "requests" | "limits",
  resource: "cpu" | "memory",
): Recorded<OfSetting> {
  const amounts = max(
    [...place, "namespace", "pod", "container"],
    select(`kube_pod_container_resource_${setting}`, { resource }),
  );
  const workloads = max(["cluster", "namespace", "pod", "workload"], select(podWorkload));
  const query = max(
    [...inWorkload],
    promql({
      unit: series.unit,
      labels: [...inWorkload, "pod"],
    })`${amounts} * on (${byList(["cluster", "namespace", "pod"])}) group_left (workload) ${workloads}`,
  );
  const [, name = ""] = /^cluster_workload:(.+)$/u.exec(series.record) ?? [];
  return labelled(record({ level: "cluster_workload", name, query, unit: series.unit }), { setting });
}

/** Which revision of what Git holds is applied? Absent where Flux does not say. */
export const fluxRevisions: Recorded<Place | "namespace" | "kind" | "name" | "revision"> = record({
  level: "cluster_version",
  name: "gitops_revision:info",
  query: ofFlux(
    ["revision"],
    select("gotk_resource_info", {
      customresource_kind: { matches: "GitRepository|OCIRepository|Kustomization|HelmRelease" },
      revision: { not: "" },
    }),
  ),
});

type OutOfSync = Place | "namespace" | "kind" | "name" | "status";

/** What is not as Git says, and why: absent while all is. */
export const outOfSync: RecordedSeries<OutOfSync> = {
  record: "cluster_version:gitops_out_of_sync:info",
  labels: [...place, "namespace", "kind", "name", "status"],
  unit: "none",
  requires: [["flux", "argo-cd"]],
};

function ofFlux<L extends string>(
  labels: readonly L[],
  resources: Query,
): Query<Place | "namespace" | "kind" | "name" | L> {
  return max(
    [...place, "namespace", "kind", "name", ...labels],
    promql({
      unit: "none",
      labels: [...place, "namespace", "kind", "name", ...labels],
    })`label_replace(label_replace(${resources}, "namespace", "$1", "exported_namespace", "(.+)"), "kind", "$1", "customresource_kind", "(.+)")`,
  );
}

function deviating(exporter: Exporter, resources: Query): Recorded<OutOfSync> {
  const query = { ...max(outOfSync.labels, resources as Query<OutOfSync>), requires: [exporter] };
  return record({ level: "cluster_version", name: "gitops_out_of_sync:info", query });
}

function fluxStatus(status: string, resources: Query): string {
  return `label_replace(${ofFlux([], resources).expr}, "status", "${status}", "", "")`;
}

/** A suspended resource is not applied, whether it is ready or not. */
const fluxOutOfSync: Query = promql({ unit: "none", labels: outOfSync.labels })`${fluxStatus(
  "suspended",
  select("gotk_resource_info", { suspended: "true" }),
)} or ${fluxStatus("not ready", select("gotk_resource_info", { ready: { not: "True" }, suspended: { not: "true" } }))}`;

const argoOutOfSync: Query = promql({
  unit: "none",
  labels: outOfSync.labels,
})`label_replace(label_replace(${select("argocd_app_info", { sync_status: { not: "Synced" } })}, "status", "$1", "sync_status", "(.+)"), "kind", "Application", "", "")`;

/** What runs where, in which version and with which settings: what drift is found in. */
export const driftGroup: RecordingGroup = {
  name: "drift",
  // Versions are slow, but a server looks back five minutes only: at this pace one missed evaluation leaves no gap.
  interval: "2m",
  rules: [
    versions("API server", apiservers, "git_version"),
    ofNodes("kubelet", "kubelet_version"),
    ofNodes("node image", "os_image"),
    ofNodes("kernel", "kernel_version"),
    ofNodes("container runtime", "container_runtime_version"),
    settings(containerCpu, "requests", "cpu"),
    settings(containerCpu, "limits", "cpu"),
    settings(containerMemory, "requests", "memory"),
    settings(containerMemory, "limits", "memory"),
    fluxRevisions,
    deviating("flux", fluxOutOfSync),
    deviating("argo-cd", argoOutOfSync),
  ],
};
