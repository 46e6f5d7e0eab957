import { type Fleet, type Infrastructure } from "../fleet/model.ts";
import type { ChartKeys } from "./chart-keys.ts";
import { type ChartName, charts } from "./charts.ts";

/** What one `helm upgrade --install` takes. */
export interface Release<C extends ChartName = ChartName> {
  readonly name: string;
  readonly namespace: string;
  readonly chart: C;
  readonly repository: string;
  readonly version: string;
  readonly values: Values<C>;
}

/** Values of a chart: a key that it does not know does not compile. */
export type Values<C extends ChartName> = ChartKeys[C];

/** A fleet whose infrastructure is ours. */
export interface OwnFleet extends Fleet {
  readonly infrastructure: Infrastructure;
}

export function isOwn(fleet: Fleet): fleet is OwnFleet {
  return fleet.infrastructure !== undefined;
}

export interface ReleaseOptions<C extends ChartName> {
  readonly name: string;
  readonly namespace: string;
  readonly chart: C;
  readonly values: Values<C>;
}

/** A chart at the version that its values were checked against, from the fleet's mirror where it has one. */
export function release<C extends ChartName>(fleet: OwnFleet, options: ReleaseOptions<C>): Release<C> {
  const { repository, version } = charts[options.chart];
  const mirror = fleet.infrastructure.mirrors.charts;
  return { ...options, repository: mirror === undefined ? repository : `oci://${mirror}`, version };
}

/** An image's registry, or the mirror that holds the same path: `quay.io` or `registry.example.com/images`. */
export function registry(fleet: OwnFleet, usual: string): string {
  return fleet.infrastructure.mirrors.images ?? usual;
}
