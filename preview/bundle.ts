export type Theme = "dark" | "light";

/** What the page shows: the boards and data sources of a generated folder. */
export interface PreviewBundle {
  readonly boards: readonly PreviewBoard[];
  readonly sources: readonly PreviewSource[];
  /** What could not be read, to be shown and not swallowed. */
  readonly problems: readonly string[];
}

export interface PreviewBoard {
  readonly uid: string;
  readonly title: string;
  readonly description: string;
  readonly tags: readonly string[];
  /** Name of the folder it lies in: `sre`. */
  readonly folder: string;
  /** A dashboard as Grafana's files hold it. */
  readonly dashboard: unknown;
}

/** A data source without what is secret: the tenant stays with the server. */
export interface PreviewSource {
  readonly uid: string;
  readonly name: string;
  /** Grafana's plugin id: `prometheus`. */
  readonly type: string;
  /** Whether a server was named that answers for it. */
  readonly live: boolean;
  /** Time between two scrapes, as in `30s`; Grafana's least step. */
  readonly interval?: string;
  readonly isDefault: boolean;
}
