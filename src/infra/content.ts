/** What of the bundle the infrastructure carries along: the tree holds boards, and Alertmanager its routes. */
export interface Content {
  readonly boards: readonly BoardFile[];
  /** Of the fleet's one Alertmanager, where that is who tells people; absent where it is not. */
  readonly routing?: {
    readonly config: Readonly<Record<string, unknown>>;
    /** The text of each template by its file name. */
    readonly templates: Readonly<Record<string, string>>;
  };
}

/** A board and where `out/` holds it. */
export interface BoardFile {
  readonly uid: string;
  readonly path: string;
  /** The folder of files for one folder of Grafana: `sre`, `dev`. */
  readonly folder: string;
  /** Whose it is; absent where it shows all of them. */
  readonly environment?: string;
}

/** The ConfigMap of a board: its name says whose it is. */
export function boardMap({ folder, uid }: BoardFile): string {
  return `${folder}-dashboards-${uid}`
    .toLowerCase()
    .replaceAll(/[^a-z0-9.]+/gu, "-")
    .replaceAll(/^-|-$/gu, "");
}

export const noContent: Content = { boards: [] };
