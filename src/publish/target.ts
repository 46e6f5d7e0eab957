import type { Resource } from "../bundle.ts";

/** A thing as it is out there, in the shape of the bundle, without what the server adds. */
export interface Live {
  readonly kind: Resource["kind"];
  readonly at: Resource["at"];
  readonly id: string;
  readonly spec: unknown;
  /** Absent where it is ours. Else whose it is and what to do, for a person. */
  readonly foreign?: { readonly reason: string; readonly mend: string };
  /** What the server wants to hear back, so that it can tell that nobody else wrote meanwhile. */
  readonly version?: number;
}

/** A place where resources live. It knows its API, and nothing of differences. */
export interface Target {
  /** What a person calls it: `Grafana http://…`, `Mimir http://…, tenant dev`. */
  readonly title: string;
  /** Does this resource belong here? */
  readonly holds: (resource: Resource) => boolean;
  /** All that is ours here, and what stands in the way of what we want. Throws rather than misread an answer. */
  readonly list: (wanted: readonly Resource[]) => Promise<readonly Live[]>;
  readonly put: (resource: Resource, before: Live | undefined) => Promise<void>;
  readonly remove: (live: Live) => Promise<void>;
}
