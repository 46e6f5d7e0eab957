import type { PromqlType } from "./promql-types.ts";

/** What a function takes and gives. The last argument type also stands for all arguments after it. */
export interface Signature {
  readonly args: readonly PromqlType[];
  readonly least: number;
  readonly most: number;
  readonly returns: PromqlType;
  /** The feature flag without which the server refuses the function. */
  readonly flag?: string;
}

/** What an aggregation takes before the vector. */
export interface Aggregation {
  readonly parameter?: PromqlType;
  readonly flag?: string;
}

const experimental = "promql-experimental-functions";

interface Shape {
  readonly names: string;
  readonly args: readonly PromqlType[];
  readonly least?: number;
  readonly most?: number;
  readonly returns?: PromqlType;
  readonly flag?: string;
}

// The functions of Prometheus 3.16, grouped by signature.
const shapes: readonly Shape[] = [
  {
    names: `abs absent acos acosh asin asinh atan atanh ceil cos cosh deg exp floor histogram_avg histogram_count
      histogram_stddev histogram_stdvar histogram_sum ln log10 log2 rad sgn sin sinh sort sort_desc sqrt tan tanh
      timestamp`,
    args: ["vector"],
  },
  {
    names: `absent_over_time avg_over_time changes count_over_time delta deriv first_over_time idelta increase irate
      last_over_time max_over_time min_over_time present_over_time rate resets stddev_over_time stdvar_over_time
      sum_over_time`,
    args: ["matrix"],
  },
  { names: "day_of_month day_of_week day_of_year days_in_month hour minute month year", args: ["vector"], least: 0 },
  { names: "pi time", args: [], returns: "scalar" },
  { names: "scalar", args: ["vector"], returns: "scalar" },
  { names: "vector", args: ["scalar"] },
  { names: "clamp", args: ["vector", "scalar", "scalar"] },
  { names: "clamp_max clamp_min", args: ["vector", "scalar"] },
  { names: "round", args: ["vector", "scalar"], least: 1 },
  { names: "predict_linear", args: ["matrix", "scalar"] },
  { names: "quantile_over_time", args: ["scalar", "matrix"] },
  { names: "histogram_quantile", args: ["scalar", "vector"] },
  { names: "histogram_fraction", args: ["scalar", "scalar", "vector"] },
  { names: "label_replace", args: ["vector", "string", "string", "string", "string"] },
  { names: "label_join", args: ["vector", "string", "string", "string"], least: 3, most: Infinity },
  { names: "end range start step", args: [], returns: "scalar", flag: experimental },
  { names: "max_of min_of", args: ["scalar", "scalar"], returns: "scalar", flag: experimental },
  { names: "start_timestamp", args: ["vector"], flag: experimental },
  {
    names: "mad_over_time ts_of_first_over_time ts_of_last_over_time ts_of_max_over_time ts_of_min_over_time",
    args: ["matrix"],
    flag: experimental,
  },
  { names: "double_exponential_smoothing", args: ["matrix", "scalar", "scalar"], flag: experimental },
  { names: "integral", args: ["matrix", "scalar"], least: 1, flag: experimental },
  { names: "info", args: ["vector", "vector"], least: 1, flag: experimental },
  {
    names: "sort_by_label sort_by_label_desc",
    args: ["vector", "string"],
    least: 1,
    most: Infinity,
    flag: experimental,
  },
  {
    names: "histogram_quantiles",
    args: ["vector", "string", "scalar"],
    most: 12,
    flag: experimental,
  },
];

/** Which functions exist, by name. Names are case-sensitive. */
export const functions: ReadonlyMap<string, Signature> = new Map(
  shapes.flatMap(({ names, args, least = args.length, most = args.length, returns = "vector", flag }) =>
    names.split(/\s+/).map((name) => [name, { args, least, most, returns, ...(flag && { flag }) }]),
  ),
);

/** Which aggregations exist, by name in lower case: unlike functions they are keywords, and case does not matter. */
export const aggregations: ReadonlyMap<string, Aggregation> = new Map<string, Aggregation>([
  ...["avg", "count", "group", "max", "min", "stddev", "stdvar", "sum"].map((name) => [name, {}] as const),
  ...["bottomk", "quantile", "topk"].map((name) => [name, { parameter: "scalar" }] as const),
  ...["limit_ratio", "limitk"].map((name) => [name, { parameter: "scalar", flag: experimental }] as const),
  ["count_values", { parameter: "string" }],
]);
