import type { DataTransformerConfig } from "@grafana/grafana-foundation-sdk/dashboard";
import { labelName } from "../labels.ts";
import type { Query } from "../queries/query.ts";
import { refId } from "./panel.ts";

/** A label that becomes a column. */
export interface Key {
  readonly label: string;
  readonly title: string;
  /** In pixels, where it is a table's column. Default: what the others leave. */
  readonly width?: number;
}

/** A query whose value becomes a column. Its labels that are no keys are left out. */
export interface Column {
  readonly title: string;
  readonly query: Query;
  /** Asked for its labels alone, which become keys of the row: its value says nothing. */
  readonly hidden?: true;
}

/**
 * Makes one table of several instant queries, a row per combination of the labels that all of them have. Grafana calls
 * the value of a single query `Value` and those of several `Value #A`, `Value #B` …
 */
export function joined(keys: readonly Key[], columns: readonly Column[]): DataTransformerConfig[] {
  const values = columns.map((_, at) => (columns.length === 1 ? "Value" : `Value #${refId(at)}`));
  const named: readonly (readonly [field: string, title: string])[] = [
    ...keys.map(({ label, title }) => [labelName(label), title] as const),
    ...columns.map(({ title }, at) => [values[at] ?? "", title] as const),
  ];
  const wanted = new Set(keys.map(({ label }) => label));
  const left = [
    "Time",
    ...columns.flatMap(({ query }) => query.labels.filter((label) => !wanted.has(label)).map(labelName)),
    ...columns.flatMap(({ hidden }, at) => (hidden ? [values[at] ?? ""] : [])),
  ];
  return [
    { id: "merge", options: {} },
    {
      id: "organize",
      options: {
        excludeByName: Object.fromEntries(left.map((name) => [name, true])),
        indexByName: Object.fromEntries(named.map(([field], at) => [field, at])),
        renameByName: Object.fromEntries(named),
      },
    },
  ];
}
