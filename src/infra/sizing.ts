import { secondsOf } from "../duration.ts";
import type { Cluster } from "../fleet/model.ts";
import type { OwnFleet } from "./release.ts";

/**
 * How much a cluster sends: estimates to size buffers and limits with, not measurements. docs/infrastructure.md has where
 * they come from and how to correct them.
 */
export interface Load {
  readonly series: number;
  /** A second. */
  readonly samples: number;
  /** Bytes of lines a second. */
  readonly lineBytes: number;
  /** A second. */
  readonly spans: number;
}

/** A node-exporter exposes about 1,100 series, a kubelet 700, cAdvisor 200 for the machine and its system slices. */
const perNode = 2_000;
/** cAdvisor 90 for a container and its sandbox, kube-state-metrics 60, an application 100. */
const perPod = 250;
/** An API server exposes 23,000, of Kubernetes 1.33 to 1.35; then the controllers and whatever there is one of. */
const perCluster = 30_000;

/** A pod writes a line of 200 bytes every second, at the peak. */
const lineBytesPerPod = 200;
const spansPerPod = 2;

/** What a cluster sends at its largest. */
export function loadOf({ nodes, pods, scrapeInterval }: Cluster): Load {
  const series = perCluster + nodes.max * perNode + pods * perPod;
  return {
    series,
    samples: Math.ceil(series / secondsOf(scrapeInterval)),
    lineBytes: pods * lineBytesPerPod,
    spans: pods * spansPerPod,
  };
}

/** What all clusters of a tenant send. */
export function tenantLoad(clusters: readonly Cluster[]): Load {
  const loads = clusters.map(loadOf);
  const sum = (part: (load: Load) => number): number => loads.reduce((all, load) => all + part(load), 0);
  return {
    series: sum(({ series }) => series),
    samples: sum(({ samples }) => samples),
    lineBytes: sum(({ lineBytes }) => lineBytes),
    spans: sum(({ spans }) => spans),
  };
}

/** Bytes of a span, as OTLP writes it. */
export const spanBytes = 600;

/** Bytes a second, copies included, that one pod of a backend's write path takes at a few cores: an estimate too. */
const perWriter = 10e6;

/**
 * How many pods of a write path there must be: at the peak and once more half of it, each byte as often as it is written,
 * and never fewer than an outage of one leaves working.
 */
export function writers(bytes: number, copies: number): number {
  return Math.max(3, Math.ceil((copies * 1.5 * bytes) / perWriter));
}

/** After an outage an agent sends at this many times its usual rate, so that it has caught up after half of the outage. */
export const catchUp = 3;

/** Seconds that a backend may be away. */
export function budgetOf({ infrastructure: { outageBudget } }: OwnFleet): number {
  return secondsOf(outageBudget);
}

/** As Prometheus, Loki and Go write it: `900s`. */
export function seconds(count: number): string {
  return `${Math.ceil(count)}s`;
}

/** As Kubernetes writes sizes, rounded up: `2Gi`. */
export function gibibytes(bytes: number): string {
  return `${Math.max(1, Math.ceil(bytes / 2 ** 30))}Gi`;
}

/** Two digits are as much as an estimate knows. */
export function rounded(count: number): number {
  const unit = 10 ** Math.max(0, Math.floor(Math.log10(Math.max(1, count))) - 1);
  return Math.ceil(count / unit) * unit;
}
