/** What a diagram shows, from left to right; how it is drawn is not its business. */
export interface Graph {
  readonly title: string;
  readonly columns: readonly Column[];
  /** From a column to the next one. */
  readonly edges: readonly Edge[];
}

export interface Column {
  readonly title: string;
  readonly groups: readonly Group[];
}

export interface Group {
  readonly id: string;
  readonly title: string;
  readonly nodes: readonly Node[];
}

export interface Node {
  readonly id: string;
  readonly title: string;
  readonly lines: readonly string[];
  /** Not there yet, or away for a while. */
  readonly faint?: true;
}

export interface Edge {
  readonly from: string;
  readonly to: string;
  /** Only looked at, by rules of somebody else. */
  readonly aside?: true;
}
