import { labelName, type PlaceRole } from "../labels.ts";
import { promql, type Query } from "../queries/query.ts";

/** One measure of two environments or clusters. */
export interface Compared<L extends string> {
  readonly left: Query<L>;
  readonly right: Query<L>;
  /** Right minus left, where both have it. */
  readonly difference: Query<L>;
}

/** Labels of the place differ on both sides, so nothing that still has one can be subtracted. */
type Comparable<L extends string> = [Extract<L, PlaceRole>] extends [never] ? Query<L> : never;

/**
 * How does one side differ from the other? Makes two of any measure that obeys a board's filters and is aggregated beyond
 * the place, and their difference. A side is the name of an environment or of a cluster, or a variable that holds one:
 * `compare("$left", "$right")`. Filters narrow both sides, as a second matcher beside the side's own.
 */
export function compare(
  left: string,
  right: string,
): <L extends string>(measure: Comparable<L> & Query<L>) => Compared<L> {
  return (measure) => {
    const [one, other] = [ofSide(left, measure), ofSide(right, measure)];
    return {
      left: one,
      right: other,
      difference: {
        ...measure,
        ...promql({ unit: measure.unit, labels: measure.labels })`${other} - ${one}`,
        legend: "difference",
      },
    };
  };
}

/**
 * A measure of one side. A name is an environment's or a cluster's, and a matcher cannot say "either": so it is asked both
 * ways. Where a fleet has a cluster and an environment of one name, it is the environment.
 * @throws {Error} where the measure ignores the board's filters: then it would be the same on both sides.
 */
export function ofSide<L extends string>(name: string, measure: Query<L>): Query<L> {
  const filtered = `${labelName("environment")}=~"$environment"`;
  if (!measure.expr.includes(filtered)) {
    throw new Error(`only what obeys the filters can be compared, and this does not: ${measure.expr}`);
  }
  const as = (role: PlaceRole): string =>
    measure.expr.replaceAll(filtered, `${filtered}, ${labelName(role)}="${name}"`);
  return { ...measure, expr: `(${as("environment")}) or (${as("cluster")})`, legend: name };
}
