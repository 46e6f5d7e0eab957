#!/bin/sh
# Installs what prd-uaenorth needs, in order, into the cluster of kubectl's current context: for clusters without Flux. Run
# it again after a change. Before: the Secret fleetglass-central in observability, keys username and password, and in the
# ops cluster each door's Secret of passwords. docs/infrastructure.md says what goes into them.
set -eu
cd "$(dirname "$0")"

kubectl apply -f manifests.yaml
kubectl apply -f secrets.yaml
helm upgrade --install kube-state-metrics kube-state-metrics --repo https://prometheus-community.github.io/helm-charts --version 8.4.0 --namespace observability --values exporters/kube-state-metrics.values.yaml --wait --timeout 15m
helm upgrade --install prometheus-node-exporter prometheus-node-exporter --repo https://prometheus-community.github.io/helm-charts --version 4.56.1 --namespace observability --values exporters/prometheus-node-exporter.values.yaml --wait --timeout 15m
helm upgrade --install dcgm-exporter dcgm-exporter --repo https://nvidia.github.io/dcgm-exporter/helm-charts --version 4.8.2 --namespace observability --values exporters/dcgm-exporter.values.yaml --wait --timeout 15m
helm upgrade --install opencost opencost --repo https://opencost.github.io/opencost-helm-chart --version 2.5.17 --namespace observability --values exporters/opencost.values.yaml --wait --timeout 15m
helm upgrade --install prometheus-agent prometheus --repo https://prometheus-community.github.io/helm-charts --version 29.27.0 --namespace observability --values prometheus-agent/prometheus-agent.values.yaml --wait --timeout 15m
helm upgrade --install otel-gateway opentelemetry-collector --repo https://open-telemetry.github.io/opentelemetry-helm-charts --version 0.170.0 --namespace observability --values opentelemetry/otel-gateway.values.yaml --wait --timeout 15m
helm upgrade --install otel-agent opentelemetry-collector --repo https://open-telemetry.github.io/opentelemetry-helm-charts --version 0.170.0 --namespace observability --values opentelemetry/otel-agent.values.yaml --wait --timeout 15m
helm upgrade --install otel-events opentelemetry-collector --repo https://open-telemetry.github.io/opentelemetry-helm-charts --version 0.170.0 --namespace observability --values opentelemetry/otel-events.values.yaml --wait --timeout 15m
helm upgrade --install promtail promtail --repo https://grafana.github.io/helm-charts --version 6.17.1 --namespace observability --values promtail/promtail.values.yaml --wait --timeout 15m
