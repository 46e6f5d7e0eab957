import { type OwnFleet, registry } from "./release.ts";

/** The chart `prometheus` without what it would bring along: exporters are releases of their own, since the operator's way needs them too. */
export function prometheusAlone(fleet: OwnFleet): {
  readonly alertmanager: { readonly enabled: false };
  readonly "prometheus-pushgateway": { readonly enabled: false };
  readonly "kube-state-metrics": { readonly enabled: false };
  readonly "prometheus-node-exporter": { readonly enabled: false };
  readonly configmapReload: { readonly prometheus: { readonly image: { readonly repository: string } } };
} {
  return {
    alertmanager: { enabled: false },
    "prometheus-pushgateway": { enabled: false },
    "kube-state-metrics": { enabled: false },
    "prometheus-node-exporter": { enabled: false },
    configmapReload: {
      prometheus: {
        image: { repository: `${registry(fleet, "quay.io")}/prometheus-operator/prometheus-config-reloader` },
      },
    },
  };
}
