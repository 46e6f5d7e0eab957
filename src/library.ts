export { alert, type Alert, type AlertGroup, type AlertOptions, type Severity } from "./alerts/alert.ts";
export { type AlertTest, fires, given, type GivenSeries, quiet, target } from "./alerts/alert-test.ts";
export { bundle, type Resource, resourceId } from "./bundle.ts";
export { type Board, type BoardContext, row, type Row } from "./dashboards/board.ts";
export type { BoardResource } from "./dashboards/resource.ts";
export { filter, thisCluster, thisRowsCluster } from "./dashboards/filter.ts";
export type { View } from "./datasources/views.ts";
export type { ClusterInput, EnvironmentInput, Fleet, FleetInput } from "./fleet/model.ts";
export { parseFleet } from "./fleet/parse.ts";
export { FleetError, type Problem } from "./fleet/problem.ts";
export { type Exporter, hole, type Role } from "./labels.ts";
export type { CounterName, LabelOf, MetricName } from "./metrics/index.ts";
export { barChart, type BarChartOptions } from "./panels/bar-chart.ts";
export { barGauge, type BarGaugeOptions } from "./panels/bar-gauge.ts";
export { custom, type CustomOptions } from "./panels/custom.ts";
export {
  alarming,
  falling,
  type Link,
  neutral,
  type Panel,
  type PanelOptions,
  rising,
  type Thresholds,
} from "./panels/panel.ts";
export { stat, type StatOptions } from "./panels/stat.ts";
export { statusHistory, type StatusHistoryOptions } from "./panels/status-history.ts";
export { table, type TableColumn, type TableOptions } from "./panels/table.ts";
export { timeseries, type TimeseriesOptions } from "./panels/timeseries.ts";
export { defineFleet, defineProject, type Project, type ProjectOptions } from "./project.ts";
export type {
  AcceptedFinding,
  Pulled,
  PulledDashboard,
  PulledDataSource,
  PulledElsewhere,
  PulledFolder,
  PulledGrafana,
  PulledRules,
} from "./pulled.ts";
export {
  avg,
  complement,
  count,
  group,
  type Match,
  max,
  min,
  promql,
  type Query,
  rate,
  ratio,
  select,
  sum,
  type Unit,
  type Where,
} from "./queries/query.ts";
export { daysUntilFull, forecast, type Trend } from "./recording/capacity.ts";
export { amountDrift, type Drift, drift, onlyOn, oddOnesOut } from "./recording/drift.ts";
export { environmentScore, healthScore, healthStatus } from "./recording/health.ts";
export { costPerMillionTokens, tokensPerGpu, tokensPerJoule } from "./recording/inference.ts";
export { availabilityOf, latencyOf, type Sli, type Slo, slo, type SloOptions } from "./recording/slo.ts";
export { type Level, place, record, type Recorded, type RecordingGroup } from "./recording/record.ts";
export { render } from "./render/render.ts";
