import type { Resource } from "../bundle.ts";

/** A thing as it is out there, in the shape of the bundle, without what the server adds. */
export interface Live {
  readonly kind: Resource["kind"];
  readonly at: Resource["at"];
  readonly id: string;
  readonly spec: unknown;
  /** Absent where it is ours. */
  readonly foreign?: Foreign;
  /** What the server wants to hear back, so that it can tell that nobody else wrote meanwhile. */
  readonly version?: number | string;
  /** `digestOf` what fleetglass wrote last, kept beside the thing itself. Where it differs, somebody else wrote since. */
  readonly applied?: string;
  /** We wrote it, and it is no longer there. */
  readonly gone?: true;
}

/** Whose it is and what to do, for a person. */
export interface Foreign {
  readonly reason: string;
  readonly mend: string;
  /** May `--take-over` make it ours? Not where it is another thing that is only in the way, or can't be written. */
  readonly adoptable?: boolean;
}

export interface Objection extends Pick<Foreign, "reason" | "mend"> {
  readonly resource: Resource;
}

/** A place where resources live. It knows its API, and nothing of differences. */
export interface Target {
  /** What a person calls it: `Grafana http://…`, `Mimir http://…, tenant dev`. */
  readonly title: string;
  /** What fails together: after a failure nothing else is tried there. */
  readonly place: string;
  /** Does a write say which version it replaces, so that nobody else's is lost? Files are nobody else's. */
  readonly versions: boolean;
  /** Does this resource belong here? */
  readonly holds: (resource: Pick<Resource, "kind" | "at">) => boolean;
  /** Begins to ask for what `list` needs whatever is wanted, and is done when that is on its way. */
  readonly ahead?: (signal: AbortSignal) => Promise<void>;
  /** All that is ours here, and what stands in the way of what we want. Throws rather than misread an answer. */
  readonly list: (wanted: readonly Resource[]) => Promise<readonly Live[]>;
  /** Which of what would be written this server is bound to refuse, and why: asked before anything is. */
  readonly objections?: (resources: readonly Resource[]) => Promise<readonly Objection[]>;
  /**
   * What keeps these from being written that no reading shows, a line for each: a secret that is in no environment, a right that
   * the credential lacks. Asked before the first write, and never for a plan, which needs neither.
   */
  readonly lacks?: (resources: readonly Resource[]) => Promise<readonly string[]> | readonly string[];
  /** One of them as it is now, where that is cheaper than to list all. */
  readonly read?: (one: Pick<Live, "kind" | "at" | "id" | "spec">) => Promise<Live | undefined>;
  /** Writes the whole of it. `before` is what it replaces; `moved` is what it was under another id, which is removed then. */
  readonly put: (resource: Resource, before: Live | undefined, moved?: Live) => Promise<void>;
  readonly remove: (live: Live) => Promise<void>;
  /**
   * For places that sign what is ours in one thing beside it: the digests of all that we wrote there, by id, when it has
   * been written.
   */
  readonly sign?: (digests: ReadonlyMap<string, string>) => Promise<void>;
}
