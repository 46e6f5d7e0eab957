import { promql, type Query, select, sum, type Unit, type Where } from "../queries/query.ts";
import { type Place, record, type Recorded } from "./record.ts";

/**
 * How much of a thing is used, recorded with both of its sides: a share of several clusters is the sum of the one by the
 * sum of the other. An average of the clusters' shares would weigh a cluster of two nodes like one of a hundred.
 */
export interface Share {
  readonly used: Recorded<Place>;
  readonly total: Recorded<Place>;
}

export interface ShareOptions {
  /** What it is a share of, without the level: `node_cpu`. */
  readonly name: string;
  readonly used: Query<Place>;
  readonly total: Query<Place>;
  readonly unit?: Unit;
}

export function share({ name, used, total, unit = used.unit }: ShareOptions): Share {
  return {
    used: record({ level: "cluster", name: `${name}_used:sum`, query: used, unit }),
    total: record({ level: "cluster", name: `${name}_total:sum`, query: total, unit }),
  };
}

/** The share at the level of these labels, from 0 to 1: per cluster, per environment, or with none of the whole fleet. */
export function shareBy<K extends Place>(by: readonly K[], { used, total }: Share, where: Where<Place> = {}): Query<K> {
  return {
    ...promql({ unit: "ratio", labels: by })`${sum(by, select(used, where))} / ${sum(by, select(total, where))}`,
    legend: sum(by, select(used, where)).legend,
  };
}
