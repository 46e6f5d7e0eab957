import { compare, type Resource } from "../bundle.ts";
import type { Check, Finding } from "./check.ts";
import { expressionsOf } from "./expressions.ts";
import { panelExplained } from "./panel-explained.ts";
import { promqlValid } from "./promql-valid.ts";
import { ruleValid } from "./rule-valid.ts";
import { unknownMetric } from "./unknown-metric.ts";

export type { Check, Finding, Subject } from "./check.ts";
export type { Expression } from "./expressions.ts";
export { type Logql, type LogqlSelector, type LogqlType, parseLogql } from "./logql.ts";
export { type Matcher, parsePromql, type Promql, type PromqlError, type PromqlType, type Selector } from "./promql.ts";
export type { QueryError, QueryOptions } from "./query-language.ts";
export { parseTraceql, type Traceql, type TraceqlType } from "./traceql.ts";

/** Every check. A new one is a new file and a line here. */
export const checks: readonly Check[] = [promqlValid, unknownMetric, panelExplained, ruleValid];

/** What is wrong in a bundle? In the order of the resources. */
export function lint(resources: readonly Resource[]): Finding[] {
  const subject = { resources, expressions: expressionsOf(resources) };
  return checks
    .flatMap(({ id, run }) => Array.from(run(subject), (finding) => ({ check: id, ...finding })))
    .toSorted((a, b) => compare(a.resource, b.resource));
}
