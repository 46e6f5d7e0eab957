import type { Emitter, Target } from "../emit.ts";
import { flow } from "../flow.ts";
import { steady } from "../rhythm.ts";
import { podTarget } from "./pod-target.ts";

const kustomizations = ["flux-system", "infrastructure", "apps"];
const helmReleases = ["cert-manager", "kube-state-metrics", "opencost"];

/** What Git says should be there, and whether it is: kube-state-metrics reads it from Flux's own resources. */
export function flux(emitter: Emitter, kubeStateMetrics: Target): void {
  const own = { exported_namespace: "flux-system", ready: "True", suspended: "false" };
  for (const name of kustomizations) {
    kubeStateMetrics.info("gotk_resource_info", {
      ...own,
      name,
      customresource_group: "kustomize.toolkit.fluxcd.io",
      customresource_kind: "Kustomization",
      customresource_version: "v1",
    });
  }
  for (const name of helmReleases) {
    kubeStateMetrics.info("gotk_resource_info", {
      ...own,
      name,
      customresource_group: "helm.toolkit.fluxcd.io",
      customresource_kind: "HelmRelease",
      customresource_version: "v2",
    });
  }
}

/** How its controllers do. */
export function fluxControllers(emitter: Emitter): void {
  for (const [workload, controller, names] of [
    ["kustomize-controller", "kustomization", kustomizations],
    ["source-controller", "gitrepository", ["flux-system"]],
  ] as const) {
    const found = podTarget(emitter, workload, { exporter: "flux", port: 8080 });
    if (!found) continue;
    const { target, starts } = found;
    const runs = emitter.model.count(flow(steady(names.length / 600)), starts);
    target.counts("controller_runtime_reconcile_total", { controller, result: "success" }, runs);
    target.counter("controller_runtime_reconcile_total", { controller, result: "error" }, 0);
    for (const name of names) {
      target.histogram(
        "gotk_reconcile_duration_seconds",
        { kind: controller === "kustomization" ? "Kustomization" : "GitRepository", name, namespace: "flux-system" },
        {
          buckets: [0.01, 0.1, 1, 10, 60, 600],
          shares: [{ count: (ms) => runs(ms) / names.length, median: 1.5, spread: 0.7 }],
        },
      );
    }
  }
}
