import { readFileSync } from "node:fs";
import { withDerived, withoutDerived } from "../src/derived.ts";
import { parseFleet } from "../src/fleet/parse.ts";
import { describeWithMimir } from "./support/needs.ts";
import { instant, type Sample } from "./support/query.ts";
import { simulated } from "./support/simulated.ts";

const derivation = {
  derived: ["environment", "region"],
  key: "cluster",
  recorded: new Set(["cluster:up:ratio", "cluster:inventory:info"]),
};
const alone = { derived: ["cluster", "environment"], recorded: new Set<string>() };
const inventory = (labels: string, where = ""): string => `max by (${labels}) (cluster:inventory:info${where})`;
const join = "* on (cluster) group_left";

test.each([
  {
    what: "what is aggregated by cluster is joined afterwards",
    expr: "avg by (cluster, environment) (up)",
    becomes: `avg by (cluster) (up) ${join} (environment) ${inventory("cluster, environment")}`,
  },
  {
    what: "what is not is joined before",
    expr: "sum by (environment) (rate(a[5m]))",
    becomes: `sum by (environment) (rate(a[5m]) ${join} (environment) ${inventory("cluster, environment")})`,
  },
  {
    what: "a matcher chooses among clusters, and keeps none that nobody looks at",
    expr: 'sum by (cluster) (a{environment=~"$environment", b="c"})',
    becomes: 'sum by (cluster) (a{b="c"}) and on (cluster) cluster:inventory:info{environment=~"$environment"}',
  },
  { what: "a recorded series has its labels", expr: 'cluster:up:ratio{environment="a"}', becomes: undefined },
  { what: "nobody looks at them", expr: "count(a) by (namespace)", becomes: "count by (namespace) (a)" },
  {
    what: "an offset is the operand's",
    expr: "a - a offset 1h",
    becomes: `(a - a offset 1h) ${join} (environment, region) ${inventory("cluster, environment, region")}`,
  },
  {
    what: "the time of a sample stays its own",
    expr: "max by (cluster, region) (timestamp(up))",
    becomes: `max by (cluster) (timestamp(up)) ${join} (region) ${inventory("cluster, region")}`,
  },
  {
    what: "the two sides of a match by cluster need not match its other labels",
    expr: "sum by (cluster, region) (a * on (cluster, region, pod) group_left () b)",
    becomes: `sum by (cluster) (a * on (cluster, pod) group_left () b) ${join} (region) ${inventory("cluster, region")}`,
  },
  { what: "what is no PromQL is left to the checks", expr: "sum by (", becomes: undefined },
])("$what", ({ expr, becomes = expr }) => {
  expect(withDerived(expr, derivation)).toBe(becomes);
});

test("in a fleet of one cluster the cluster itself may be joined", () => {
  expect(withDerived('sum by (cluster, environment) (a{cluster=~"$cluster"})', alone)).toBe(
    `sum by () (a) * on () group_left (cluster, environment) ${inventory("cluster, environment", '{cluster=~"$cluster"}')}`,
  );
});

test("the values of a variable are those of all clusters, where nothing can be joined", () => {
  expect(withoutDerived('a{region=~"$region", b="c"}', derivation)).toBe('a{b="c"}');
});

describeWithMimir("labels that are joined, on a real Mimir", (mimir) => {
  // The same clusters twice: as they are, and with agents that attach everything.
  const text = readFileSync("test/fleets/brownfield.yaml", "utf8")
    .replace("header: none", "tenant: TENANT")
    .replace(/^labels:[^]*?(?=^\w)/mu, "");
  const attached = parseFleet(text.replace("TENANT", "attached"), "attached");
  const roles = ["environment", "region", "cluster_type", "tenant_id"].map((role) => `${role}: { derived: true }`);
  const joined = parseFleet(`${text.replace("TENANT", "joined")}labels: { ${roles.join(", ")} }\n`, "joined");

  test("every rule gives the same as where agents attach them", async () => {
    const [one, other] = [
      await simulated(mimir.url, attached, { minutes: 15 }),
      await simulated(mimir.url, joined, { minutes: 15 }),
    ];
    const time = Math.min(one.to, other.to);
    const rulesOf = (world: typeof one) =>
      world.resources.flatMap((resource) =>
        resource.kind === "rule-group" && resource.at.system === "mimir" ? resource.spec.rules : [],
      );
    const pairs = rulesOf(one).map((rule, at) => [rule, rulesOf(other)[at]] as const);
    let answered = 0;
    for (const [rule, twin] of pairs) {
      const expected = await instant(mimir.url, "attached", rule.expr, { time });
      const found = await instant(mimir.url, "joined", twin?.expr ?? "", { time });
      expect({ rule: rule.expr, found: comparable(found) }).toEqual({ rule: rule.expr, found: comparable(expected) });
      if (found.length > 0) answered += 1;
    }
    expect(answered).toBeGreaterThan(40);
  }, 120_000);
});

/** Without the name, the tenant, and the labels that only some rules pass on. */
function comparable(samples: readonly Sample[]): string[] {
  return samples
    .map(({ labels, value }) => {
      const { __name__: _, tenant_id: _id, cluster_type: _type, tenant: _tenant, ...own } = labels;
      const sorted = Object.entries(own).toSorted(([a], [b]) => (a < b ? -1 : 1));
      return `${JSON.stringify(sorted)} ${value.toPrecision(9)}`;
    })
    .toSorted();
}
