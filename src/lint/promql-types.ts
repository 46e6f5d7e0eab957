/** `vector` is an instant vector, `matrix` a range vector. */
export type PromqlType = "scalar" | "string" | "vector" | "matrix";

/** What is wrong, and where: offsets into the text as it was written, `to` excluded. */
export interface PromqlError {
  readonly message: string;
  readonly from: number;
  readonly to: number;
  /** Set when the expression would be right on a server that runs with this feature flag. */
  readonly flag?: string;
}

export interface Matcher {
  readonly label: string;
  readonly op: "=" | "!=" | "=~" | "!~";
  readonly value: string;
}

/**
 * One series selector. `from` and `to` cover the name and the braces, not the range.
 *
 * A dashboard variable in a name, label or value is kept as written, so that `$` tells it from the real thing; one that
 * stands for a whole matcher is left out.
 */
export interface Selector {
  /** The name, wherever it was written: before the braces, quoted inside them, or as `__name__="…"`. */
  readonly metric?: string;
  /** The matchers as written, `__name__` included; the quoted name is not one. */
  readonly matchers: readonly Matcher[];
  /** Is it followed by its own `[5m]`? False inside a subquery. */
  readonly range: boolean;
  /** The calls and aggregations around it, innermost first. */
  readonly functions: readonly string[];
  readonly from: number;
  readonly to: number;
}

export interface Promql {
  /** Would the server accept it? False also when only a feature flag is missing: then every error names the flag. */
  readonly ok: boolean;
  /** Absent after an error that no feature flag cures, and when a dashboard variable decides it. */
  readonly type?: PromqlType;
  readonly errors: readonly PromqlError[];
  /** Empty when the text does not parse. */
  readonly selectors: readonly Selector[];
}

export interface PromqlOptions {
  /** Whose parser to agree with: Prometheus 3.16 or Mimir 2.x/3.x. */
  readonly dialect?: "prometheus" | "mimir";
  /** Is this a panel's query, where Grafana fills in `$variables` first? */
  readonly grafana?: boolean;
}
