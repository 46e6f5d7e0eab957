import { compare, ofSide } from "../../src/dashboards/compare.ts";
import { filter } from "../../src/dashboards/filter.ts";
import { hole } from "../../src/labels.ts";
import { select, sum } from "../../src/queries/query.ts";
import { nodeCount } from "../../src/recording/capacity.ts";

const nodes = sum([], select(nodeCount, filter));
const environment = hole("environment");
const cluster = hole("cluster");

test("a side is an environment or a cluster, within the filters", () => {
  const { expr, legend } = ofSide("prd", nodes);
  const [asEnvironment, asCluster] = expr.split(" or ");
  expect(asEnvironment).toContain(`${environment}=~"$environment", ${environment}="prd"`);
  expect(asCluster).toContain(`${environment}=~"$environment", ${cluster}="prd"`);
  expect(asCluster).toContain(`${cluster}=~"$cluster"`);
  expect(legend).toBe("prd");
});

test("the difference is right minus left", () => {
  const { left, right, difference } = compare("$left", "$right")(nodes);
  expect(difference.expr).toBe(`(${right.expr}) - (${left.expr})`);
});

test("a measure that ignores the filters would be the same on both sides", () => {
  expect(() => ofSide("prd", select(nodeCount))).toThrow("only what obeys the filters can be compared");
});

test("what still has a place cannot be subtracted", () => {
  // @ts-expect-error: the clusters of both sides are never the same
  expect(compare("stg", "prd")(select(nodeCount, filter)).difference.labels).toContain("cluster");
});
