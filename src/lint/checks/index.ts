import type { Check } from "../check.ts";
import { required } from "./a01-required.ts";
import { alertLinks } from "./a02-links.ts";
import { templateLabel } from "./a03-template-label.ts";
import { templateSyntax } from "./a04-template-syntax.ts";
import { valueInLabels } from "./a05-value-in-labels.ts";
import { noCondition } from "./a06-no-condition.ts";
import { neverFires } from "./a07-never-fires.ts";
import { flapping } from "./a08-flapping.ts";
import { alertsState } from "./a09-alerts-state.ts";
import { routing } from "./a10-routing.ts";
import { aggregationDropsCluster } from "./c01-aggregation.ts";
import { joinLacksCluster } from "./c02-join.ts";
import { setOperationLacksCluster } from "./c03-set-operation.ts";
import { withoutCluster } from "./c04-without.ts";
import { sidesNeverMatch } from "./c05-never-match.ts";
import { panelIgnoresFilters } from "./c06-panel-filters.ts";
import { oneSideNotUnique } from "./c07-one-side.ts";
import { tenantHoldsMetric } from "./c08-tenant.ts";
import { alertLacksCluster } from "./c09-alert-label.ts";
import { federatedWithout } from "./c10-federated-without.ts";
import { ownerTenantRead } from "./c11-owner-tenant.ts";
import { variables } from "./d01-variables.ts";
import { boardsHoldTogether } from "./d02-boards.ts";
import { broken } from "./f01-broken.ts";
import { promqlValid } from "./l01-promql.ts";
import { logqlValid } from "./l02-logql.ts";
import { traceqlValid } from "./l03-traceql.ts";
import { targetVersion } from "./l04-target-version.ts";
import { regex } from "./l05-regex.ts";
import { matchAll } from "./l06-match-all.ts";
import { orBesideArithmetic } from "./l07-or-beside-arithmetic.ts";
import { rateOfGauge } from "./m01-rate-of-gauge.ts";
import { counterWithoutRate } from "./m02-counter-without-rate.ts";
import { rateOfSum } from "./m03-rate-of-sum.ts";
import { quantileWithoutLe } from "./m04-quantile-without-le.ts";
import { quantileOfRawBuckets } from "./m05-quantile-of-raw-buckets.ts";
import { averageOfQuantiles } from "./m06-average-of-quantiles.ts";
import { histogramKind } from "./m07-histogram-kind.ts";
import { unknownMetric } from "./m08-unknown-metric.ts";
import { unknownLabel } from "./m09-unknown-label.ts";
import { unitContradiction } from "./m10-unit.ts";
import { cost } from "./m11-cost.ts";
import { names } from "./r01-names.ts";
import { nameTellsTruth } from "./r02-truth.ts";
import { records } from "./r03-records.ts";
import { windowTooShort } from "./t01-window.ts";
import { intervalVariable } from "./t02-interval-variable.ts";
import { forAgainstInterval } from "./t03-for.ts";
import { intervalOverLookback } from "./t04-interval.ts";
import { rangeOverRetention } from "./t05-retention.ts";
import { topkOverRange } from "./t06-topk-over-range.ts";

/** Every check. A new one is a new file and a line here. */
export const checks: readonly Check[] = [
  promqlValid,
  logqlValid,
  traceqlValid,
  targetVersion,
  regex,
  matchAll,
  orBesideArithmetic,
  aggregationDropsCluster,
  joinLacksCluster,
  setOperationLacksCluster,
  withoutCluster,
  sidesNeverMatch,
  panelIgnoresFilters,
  oneSideNotUnique,
  tenantHoldsMetric,
  alertLacksCluster,
  federatedWithout,
  ownerTenantRead,
  rateOfGauge,
  counterWithoutRate,
  rateOfSum,
  quantileWithoutLe,
  quantileOfRawBuckets,
  averageOfQuantiles,
  histogramKind,
  unknownMetric,
  unknownLabel,
  unitContradiction,
  cost,
  windowTooShort,
  intervalVariable,
  forAgainstInterval,
  intervalOverLookback,
  rangeOverRetention,
  topkOverRange,
  required,
  alertLinks,
  templateLabel,
  templateSyntax,
  valueInLabels,
  noCondition,
  neverFires,
  flapping,
  alertsState,
  routing,
  names,
  nameTellsTruth,
  records,
  variables,
  boardsHoldTogether,
  broken,
];
