/** Labels of one series. */
export type SeriesLabels = Readonly<Record<string, string>>;

/** What may be asked about the data that a query reads. Each question is one request. */
export interface Asking {
  /** Whose data it is, in words: `tenant dev`. */
  readonly where: string;
  /** Does the query ask for one moment? Else for the stretch of time that the panel shows. */
  readonly instant: boolean;
  /** How many series an expression has, at the most at any time that the query asks for. */
  readonly count: (expr: string) => Promise<number>;
  /** Labels of some of its series, at the last of these times. */
  readonly series: (expr: string) => Promise<readonly SeriesLabels[]>;
  /** Which values a label has among the series of an expression, the most frequent first. */
  readonly values: (expr: string, label: string) => Promise<readonly string[]>;
  /** The least and the greatest value of an expression. */
  readonly bounds: (expr: string) => Promise<readonly [number, number] | undefined>;
  /** Who records a metric in this data. */
  readonly makers: (metric: string) => readonly Maker[];
  /** Who exposes a metric, in words, where somebody is known to. */
  readonly origin: (metric: string) => string | undefined;
}

/** A rule that records a metric. */
export interface Maker {
  readonly rule: { readonly name: string; readonly group: string; readonly tenant: string };
  readonly expr: string;
  /** About the data that the rule reads. */
  readonly asking: Asking;
  /** What its ruler says of it, where it can be asked. */
  readonly state: () => Promise<{ readonly health: string; readonly error: string } | undefined>;
}
