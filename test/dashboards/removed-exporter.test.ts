import { bundle, metricRules } from "../../src/bundle.ts";
import { boardUid } from "../../src/dashboards/board.ts";
import { boards } from "../../src/dashboards/index.ts";
import { viewsOf } from "../../src/datasources/views.ts";
import { parseFleet } from "../../src/fleet/parse.ts";
import { type Exporter, exporters } from "../../src/labels.ts";
import { metric } from "../../src/metrics/index.ts";
import { defineProject } from "../../src/project.ts";
import { isAnswered } from "../../src/queries/query.ts";
import { backfillRules, backfillSeries } from "../../src/simulate/backfill.ts";
import { seriesOf, type SimulatedSeries } from "../../src/simulate/series.ts";
import { createWorld } from "../../src/simulate/world.ts";
import { boardQueries } from "../support/board-queries.ts";
import { describeWithMimir } from "../support/needs.ts";
import { instant, labelText } from "../support/query.ts";
import { readFileSync } from "node:fs";
import { parse, stringify } from "yaml";

/** A production cluster with all that the reference fleet has, and the one of the central stack, in one tenant. */
const small = parse(readFileSync("test/fleets/small.yaml", "utf8")) as {
  environments: { name: string }[];
  clusters: { environment: string }[];
};
const isIn = (name: string): boolean => name === "prd" || name === "ops";
const fleet = parseFleet(
  stringify({
    ...small,
    environments: small.environments.filter(({ name }) => isIn(name)),
    clusters: small.clusters.filter(({ environment }) => isIn(environment)),
    tenancy: { mode: "single", tenant: "all" },
  }),
  "fleet.yaml",
);
const resources = bundle(defineProject({ fleet }));
const groups = metricRules(resources, "all");
const recorded = groups.flatMap(({ rules }) => rules.flatMap((rule) => ("record" in rule ? [rule] : [])));
const [view] = viewsOf(fleet, fleet.name);
const queries = boardQueries(resources).filter(({ board }) => boards.some(({ uid }) => uid === board));

const running = new Set(fleet.clusters.flatMap(({ jobs }) => Object.keys(jobs)));
const removable = exporters.filter((exporter) => running.has(exporter));
/** Some at a time: neighbours in the list are often read together, so that each goes with those that are not. */
const parts = [0, 1, 2, 3].map((part) => removable.filter((_, at) => at % 4 === part));

const to = Math.floor(Date.now() / 60_000) * 60_000;
const window = { from: to - 15 * 60_000, to };

/** Does a panel show what it says? Then it does not show the same when those who tell it are gone. */
describeWithMimir("panels without the exporters that they read", (mimir) => {
  const world = createWorld(fleet);
  const series = fleet.clusters.flatMap((cluster) => seriesOf(world, cluster, window));
  let whole: ReadonlyMap<string, string>;
  beforeAll(async () => {
    whole = await shown("whole", []);
  }, 120_000);

  test.each(parts)(
    "are empty or others without %s",
    async (...gone) => {
      const without = await shown(`without-${gone[0]}`, gone);
      const due = panels(new Set(gone)).filter((panel) => whole.get(panel) !== undefined);
      expect(due.length).toBeGreaterThan(5);
      expect(due.filter((panel) => without.get(panel) === whole.get(panel))).toEqual([]);
    },
    120_000,
  );

  /** What each panel shows; panels that show nothing are left out. */
  async function shown(tenant: string, gone: readonly Exporter[]): Promise<ReadonlyMap<string, string>> {
    const store = { url: mimir.url, header: "X-Scope-OrgID" };
    const there = series.filter((one) => !gone.some((exporter) => isOf(one, exporter)));
    await backfillSeries(
      store,
      there.map((one) => ({ ...one, tenant })),
      window,
    );
    await backfillRules(store, [{ tenant, groups }], { from: to - 5 * 60_000, to });
    const found = new Map<string, string>();
    for (const { board, panel, expr } of queries) {
      const answer = (await instant(mimir.url, tenant, expr, { time: to })).map(
        ({ labels, value }) => `${labelText(labels)} ${value.toPrecision(6)}`,
      );
      const name = `${board}: ${panel}`;
      if (answer.length > 0) found.set(name, `${found.get(name) ?? ""}\n${answer.toSorted().join("\n")}`);
    }
    return found;
  }
});

function isOf({ family, labels }: SimulatedSeries, exporter: Exporter): boolean {
  if (metric(family)?.exporter === exporter) return true;
  return labels["job"] !== undefined && fleet.clusters.some(({ jobs }) => jobs[exporter] === labels["job"]);
}

/** Those of which a query can no longer be answered, and that read what is gone and do not only ask whether it is there. */
function panels(gone: ReadonlySet<string>): string[] {
  if (!view) throw new Error("the fleet has no view");
  const rest = new Set([...running].filter((exporter) => !gone.has(exporter)));
  return boards.flatMap((board) =>
    board
      .rows({ fleet, view })
      .flatMap(({ panels: all }) => all)
      .filter((panel) => panel.queries.some((query) => isAnswered(query, running) && !isAnswered(query, rest)))
      .map(({ title }) => `${boardUid(board.uid, view)}: ${title}`)
      .filter((name) =>
        queries.some(
          ({ board: uid, panel, expr }) => `${uid}: ${panel}` === name && reads(expr).some((one) => gone.has(one)),
        ),
      ),
  );
}

/** The exporters whose metrics an expression names, or the rules that record what it names. */
function reads(expr: string, seen: Set<string> = new Set()): string[] {
  return (expr.match(/[a-zA-Z_][\w:]*/gu) ?? []).flatMap((name) => {
    if (seen.has(name)) return [];
    seen.add(name);
    const exporter = metric(name)?.exporter;
    return [
      ...(exporter ? [exporter] : []),
      ...recorded.flatMap((rule) => (rule.record === name ? reads(rule.expr, seen) : [])),
    ];
  });
}
