import { DataqueryBuilder, PromQueryFormat, QueryEditorMode } from "@grafana/grafana-foundation-sdk/prometheus";
import type { Query } from "../queries/query.ts";

export interface TargetOptions {
  readonly refId: string;
  /** A table has a row per series and a column per label. */
  readonly table?: boolean;
  /** Ask also for single requests, each with the id of its trace. */
  readonly exemplars?: boolean;
}

/** The one place where a query becomes a Grafana target. */
export function target(query: Query, { refId, table = false, exemplars = false }: TargetOptions): DataqueryBuilder {
  const built = new DataqueryBuilder()
    .refId(refId)
    .expr(query.expr)
    .legendFormat(query.legend)
    .editorMode(QueryEditorMode.Code)
    .format(table ? PromQueryFormat.Table : PromQueryFormat.TimeSeries);
  if (exemplars) built.exemplar(true);
  return query.instant === true || table ? built.instant() : built.range();
}
