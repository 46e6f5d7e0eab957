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
  readonly metric?: string | undefined;
  /** The matchers as written, `__name__` included; the quoted name is not one. */
  readonly matchers: readonly Matcher[];
  /** Set where a dashboard variable stands for whole matchers: what it selects is not known. */
  readonly opaque?: true | undefined;
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
  readonly type?: PromqlType | undefined;
  readonly errors: readonly PromqlError[];
  /** Empty when the text does not parse. */
  readonly selectors: readonly Selector[];
  /** Absent when the text does not parse or is nested too deeply. */
  readonly tree?: Expr | undefined;
}

/**
 * An expression as a tree. `from` and `to` are offsets into the text. A dashboard variable that stands for a whole
 * expression is a `variable`.
 */
export type Expr =
  | NumberExpr
  | StringExpr
  | SelectorExpr
  | SubqueryExpr
  | UnaryExpr
  | ParensExpr
  | BinaryExpr
  | CallExpr
  | AggregateExpr
  | VariableExpr;

interface Placed {
  readonly from: number;
  readonly to: number;
  /** The end of what stands after it: `offset 1h`, `@ end()`. */
  readonly modifiedTo?: number | undefined;
}

export interface NumberExpr extends Placed {
  readonly kind: "number";
  /** Unknown for a dashboard variable. */
  readonly value: number | undefined;
}

export interface StringExpr extends Placed {
  readonly kind: "string";
  readonly text: string;
}

export interface SelectorExpr extends Placed {
  readonly kind: "selector";
  readonly selector: Selector;
  /** Of its own `[5m]`. */
  readonly range?: Range | undefined;
}

export interface SubqueryExpr extends Placed {
  readonly kind: "subquery";
  readonly inner: Expr;
  readonly range: Range;
}

/** The length of a range: seconds, unless a variable or arithmetic decides them. */
export interface Range {
  readonly text: string;
  readonly seconds?: number | undefined;
}

export interface UnaryExpr extends Placed {
  readonly kind: "unary";
  readonly inner: Expr;
}

export interface ParensExpr extends Placed {
  readonly kind: "parens";
  readonly inner: Expr;
}

export interface BinaryExpr extends Placed {
  readonly kind: "binary";
  readonly op: string;
  readonly left: Expr;
  readonly right: Expr;
  readonly bool: boolean;
  /** `on (…)` or `ignoring (…)`. */
  readonly matching?: { readonly on: boolean; readonly labels: readonly string[] } | undefined;
  /** Which side is the many, and the labels that it gets from the other. */
  readonly group?: { readonly side: "left" | "right"; readonly include: readonly string[] } | undefined;
  readonly opFrom: number;
}

export interface CallExpr extends Placed {
  readonly kind: "call";
  readonly name: string;
  readonly args: readonly Expr[];
}

export interface AggregateExpr extends Placed {
  readonly kind: "aggregate";
  readonly name: string;
  readonly inner: Expr;
  /** The k of topk, the quantile, the label of count_values. */
  readonly parameter?: Expr | undefined;
  /** Absent where neither `by` nor `without` is written, which is `by ()`. */
  readonly grouping?: { readonly by: boolean; readonly labels: readonly string[]; readonly from: number } | undefined;
}

export interface VariableExpr extends Placed {
  readonly kind: "variable";
  readonly text: string;
}

export interface PromqlOptions {
  /** Whose parser to agree with: Prometheus 3.16 or Mimir 2.x/3.x. */
  readonly dialect?: "prometheus" | "mimir";
  /** Of the server, where it is older than the parser: Prometheus computed with durations only behind a flag up to 3.14. */
  readonly version?: string;
  /** Is this a panel's query, where Grafana fills in `$variables` first? */
  readonly grafana?: boolean;
}
