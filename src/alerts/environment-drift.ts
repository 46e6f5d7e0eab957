import { environmentComparison } from "../dashboards/environment-comparison.ts";
import { hole } from "../labels.ts";
import { byList, group, max, promql, type Query, type RecordedSeries, select, type Where } from "../queries/query.ts";
import { componentVersions, containerCpu, drift, outOfSync } from "../recording/drift.ts";
import { workloadDesired, workloadImages } from "../recording/namespaces.ts";
import { type Place, place } from "../recording/record.ts";
import { type Alert, alert, type AlertGroup, type AlertOptions } from "./alert.ts";
import { fires, given, quiet } from "./alert-test.ts";

/** What production should be like, and production: the last two environments of the fleet in which workloads run. */
const last = hole("promotion:last");
const before = hole("promotion:before");

const inLast = { environment: last } as const satisfies Where<"environment">;
const inBefore = { environment: before } as const satisfies Where<"environment">;

/** `1.33` of `v1.33.5`: patches come first to the one, then to the other, and change nothing that workloads see. */
function minors(where: Where<"environment">): Query<"part" | "minor"> {
  // Another name than that of the alert's own label, which would make one of several series.
  const labels = ["part", "minor"] as const;
  const versions = select(componentVersions, { ...where, component: { matches: "API server|kubelet" } });
  return group(
    [...labels],
    promql({
      unit: "none",
      labels: [...labels],
    })`label_replace(label_replace(${versions}, "minor", "$1", "version", "v?([0-9]+[.][0-9]+).*"), "part", "$1", "component", "(.+)")`,
  );
}

const version: Query<"part" | "minor"> = drift({
  left: minors(inLast),
  right: minors(inBefore),
  thing: ["part"],
  fact: ["minor"],
}).left;

const container = ["namespace", "workload", "container"] as const;
const imaged = [...container, "image_spec"] as const;

const image: Query<(typeof imaged)[number]> = drift({
  left: group([...imaged], select(workloadImages, inLast)),
  right: group([...imaged], select(workloadImages, inBefore)),
  thing: [...container],
  fact: ["image_spec"],
}).left;

/**
 * What changed on one side and not on the other. Environments differ in size by design, so that an amount is another one says
 * nothing; that it left the range of a week before, and its twin did not, does. That week ends before the alert's `for`
 * begins, or the change would become its own past.
 */
function changedAlone<L extends string>(
  series: RecordedSeries,
  by: readonly L[],
  { unlike }: { readonly unlike: string },
): Query<L> {
  const now = (where: Where<"environment">): Query<L> => max(by, select(series, where as never) as Query<L>);
  const range = (over: "max" | "min", where: Where<"environment">): Query<L> =>
    max(
      by,
      promql({
        unit: series.unit,
        labels: by,
      })`${over}_over_time(${select(series, where as never).expr}${unlike})`,
    );
  const left = (where: Where<"environment">): Query<L> =>
    promql({
      unit: series.unit,
      labels: by,
    })`(${now(where)} > ${range("max", where)}) or (${now(where)} < ${range("min", where)})`;
  const here = byList(by);
  return promql({
    unit: series.unit,
    labels: by,
  })`${left(inLast)} and on (${here}) (${now(inBefore)} unless on (${here}) ${left(inBefore)})`;
}

const scaled = ["namespace", "workload", "kind"] as const;
const replicas: Query<(typeof scaled)[number]> = changedAlone(workloadDesired, [...scaled], {
  unlike: "[1w] offset 2d",
});

const sized = [...container, "setting"] as const;
const requests: Query<(typeof sized)[number]> = changedAlone(containerCpu, [...sized], { unlike: "[1w] offset 4d" });

const config: Query<Place | "namespace" | "kind" | "name" | "status"> = {
  ...promql({
    unit: "none",
    labels: [...place, "namespace", "kind", "name", "status"],
  })`${max([...place, "namespace", "kind", "name", "status"], select(outOfSync))} > 0`,
  requires: outOfSync.requires,
};

type Kind = "version" | "image" | "replicas" | "requests" | "config";

/** Alerts of the last environment: the one whose people should look. */
function drifted<L extends string>(
  options: Pick<AlertOptions<L>, "when" | "for" | "summary" | "description" | "severity"> & { readonly kind: Kind },
): Alert {
  const { kind, when, ...others } = options;
  const own = (when.labels as readonly string[]).includes("environment") ? {} : { [hole("environment")]: last };
  return alert({
    ...others,
    when,
    name: "EnvironmentDrift",
    component: "drift",
    labels: { drift: kind, ...own },
    board: environmentComparison.uid,
  });
}

const deployed = { namespace: "shop", workload: "web", container: "app" } as const;
const images = (environment: "stg" | "prd", image_spec: string, values: string) =>
  given(workloadImages, { ...deployed, environment, cluster: `${environment}-1`, image_spec }, values);
const kubelets = (environment: "stg" | "prd", version: string) =>
  given(componentVersions, { environment, cluster: `${environment}-1`, component: "kubelet", version }, "1x100");
const pods = (environment: "stg" | "prd", values: string) =>
  given(
    workloadDesired,
    { environment, cluster: `${environment}-1`, namespace: "shop", workload: "web", kind: "Deployment" },
    values,
  );
const cores = (environment: "stg" | "prd", values: string) =>
  given(containerCpu, { ...deployed, environment, cluster: `${environment}-1`, setting: "requests" }, values);

/** Do environments that should be alike drift apart? Compares tenants, so it runs once, in the owner's ruler. */
export const driftAlerts: AlertGroup = {
  name: "environment-drift",
  interval: "5m",
  scope: "fleet",
  fromEnvironments: 2,
  rules: [
    drifted({
      kind: "version",
      when: version,
      for: "3d",
      severity: "warning",
      summary: ({ part, minor }) => `${part} of ${last} is ${minor}, and of ${before} it is not`,
      description: () =>
        `For three days ${last} and ${before} have run different minor versions of Kubernetes: what was tested is not what runs.`,
    }),
    drifted({
      kind: "image",
      when: image,
      for: "3d",
      severity: "info",
      summary: ({ namespace, workload, container }) =>
        `${namespace}/${workload} (${container}) runs another image in ${last} than in ${before}`,
      description: ({ image_spec }) =>
        `For three days ${last} has run ${image_spec}, and ${before} has not: a promotion that was forgotten, or a change past it.`,
    }),
    drifted({
      kind: "replicas",
      when: replicas,
      for: "1d",
      severity: "info",
      summary: ({ namespace, workload, value }) =>
        `${namespace}/${workload} in ${last} has ${value} pods, unlike before`,
      description: () =>
        `For a day it has had more or fewer than in the week before, while ${before} has not changed: somebody scaled it by hand, or its traffic is another.`,
    }),
    drifted({
      kind: "requests",
      when: requests,
      for: "3d",
      severity: "info",
      summary: ({ namespace, workload, container, setting }) =>
        `The CPU ${setting} of ${namespace}/${workload} (${container}) changed in ${last} alone`,
      description: ({ value }) => `They are ${value} cores now, for three days, and ${before} has not changed.`,
    }),
    drifted({
      kind: "config",
      when: config,
      for: "1h",
      severity: "warning",
      summary: ({ cluster, namespace, kind, name, status }) =>
        `${kind} ${namespace}/${name} of ${cluster} is ${status}`,
      description: () => "What runs is not what Git says, and has not been for an hour.",
    }),
  ],
  tests: [
    fires("EnvironmentDrift", {
      when: "production runs a newer Kubernetes",
      series: [kubelets("stg", "v1.32.9"), kubelets("prd", "v1.33.1")],
      every: "1h",
      after: "72h",
      rule: { drift: "version" },
      labels: { part: "kubelet", minor: "1.33" },
      value: 1,
    }),
    fires("EnvironmentDrift", {
      when: "production runs what staging never had",
      series: [images("stg", "shop/web:1", "2x100"), images("prd", "shop/web:2", "3x100")],
      every: "1h",
      after: "72h",
      rule: { drift: "image" },
      labels: { ...deployed, image_spec: "shop/web:2" },
      value: 1,
    }),
    fires("EnvironmentDrift", {
      when: "somebody scales production by hand",
      series: [pods("stg", "2x300"), pods("prd", "3x200 6x100")],
      every: "1h",
      after: "225h",
      rule: { drift: "replicas" },
      labels: { namespace: "shop", workload: "web", kind: "Deployment" },
      value: 6,
    }),
    fires("EnvironmentDrift", {
      when: "production gets more cores",
      series: [cores("stg", "0.5x300"), cores("prd", "1x200 2x100")],
      every: "1h",
      after: "273h",
      rule: { drift: "requests" },
      labels: { ...deployed, setting: "requests" },
      value: 2,
    }),
    fires("EnvironmentDrift", {
      when: "something is not applied",
      series: [
        given(outOfSync, { namespace: "shop", kind: "Kustomization", name: "web", status: "not ready" }, "1x90"),
      ],
      after: "60m",
      rule: { drift: "config" },
      labels: { namespace: "shop", kind: "Kustomization", name: "web", status: "not ready" },
      value: 1,
    }),
    quiet("EnvironmentDrift", {
      when: "a release reaches staging a day before production, patches differ, and sizes do by design",
      series: [
        kubelets("stg", "v1.33.5"),
        kubelets("prd", "v1.33.1"),
        images("stg", "shop/web:1", "2x20 _x80"),
        images("stg", "shop/web:2", "_x20 2x80"),
        images("prd", "shop/web:1", "3x44 _x56"),
        images("prd", "shop/web:2", "_x44 3x56"),
        pods("stg", "2x100"),
        pods("prd", "6x100"),
        cores("stg", "0.5x100"),
        cores("prd", "2x100"),
      ],
      every: "1h",
      during: "100h",
    }),
    quiet("EnvironmentDrift", {
      when: "both are scaled alike",
      series: [pods("stg", "2x200 4x100"), pods("prd", "3x200 6x100")],
      every: "1h",
      during: "300h",
    }),
  ],
};
