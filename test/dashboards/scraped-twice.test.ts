import { backfillRules, backfillSeries } from "../../src/simulate/backfill.ts";
import { bundle, metricRules } from "../../src/bundle.ts";
import type { Exporter } from "../../src/labels.ts";
import { defineProject } from "../../src/project.ts";
import { seriesOf, type SimulatedSeries } from "../../src/simulate/series.ts";
import { createWorld } from "../../src/simulate/world.ts";
import { testFleet } from "../support/fleets.ts";
import { describeWithMimir } from "../support/needs.ts";
import { instant, labelText } from "../support/query.ts";

/** What is about the targets themselves, of which there are more then. */
const ofTargets = /^cluster_job:|:targets:/u;

const fleet = testFleet("small", ({ name }) => name.startsWith("prd-"));
const [cluster] = fleet.clusters;
const rules = metricRules(bundle(defineProject({ fleet })), cluster?.tenant ?? "");
const to = Math.floor(Date.now() / 60_000) * 60_000;
const window = { from: to - 15 * 60_000, to };

/** Somebody left something behind: every exporter's series are there twice. */
describeWithMimir("a cluster whose exporters are scraped twice", (mimir) => {
  test("has the same recorded numbers", async () => {
    if (!cluster) throw new Error("the fleet has no production cluster");
    const series = seriesOf(createWorld(fleet), cluster, window);
    const once = await recorded("once", series);
    const twice = await recorded("twice", [...series, ...series.map(again)]);
    expect(once.size).toBeGreaterThan(200);
    const changed = [...once].filter(([name, value]) => !near(twice.get(name), value));
    // One of each name: a rule that counts twice does so for all that it counts.
    const told = new Map(
      changed.map(([name, value]) => [/:[^"]*/u.exec(name)?.[0], `${name}: ${value} → ${twice.get(name)}`]),
    );
    expect([...told.values()]).toEqual([]);
    expect([...twice.keys()].filter((name) => !once.has(name))).toEqual([]);
  }, 240_000);

  /** What the rules make of it, by series. */
  async function recorded(tenant: string, series: readonly SimulatedSeries[]): Promise<Map<string, number>> {
    const store = { url: mimir.url, header: "X-Scope-OrgID" };
    await backfillSeries(
      store,
      series.map((one) => ({ ...one, tenant })),
      window,
    );
    await backfillRules(store, [{ tenant, groups: rules }], { from: to - 5 * 60_000, to });
    const found = await instant(mimir.url, tenant, '{__name__=~"cluster.*:.*"}', { time: to });
    return new Map(
      found
        .map(({ labels, value }): [string, number] => [labelText(labels), value])
        .filter(([name]) => !ofTargets.test(name)),
    );
  }
});

/** Exporters that tell of other things than themselves: a second one has another address. */
const ofOthers: readonly Exporter[] = ["kube-state-metrics", "opencost"];

/**
 * The same thing once more: by a second exporter, or by a second scrape configuration, which attaches a label of its own.
 * What sends by itself is there once.
 */
function again(one: SimulatedSeries): SimulatedSeries {
  const { instance, job } = one.labels;
  if (instance === undefined) return one;
  const second = ofOthers.some((exporter) => cluster?.jobs[exporter] === job);
  const labels = second ? { instance: `again-${instance}` } : { endpoint: "again" };
  return { ...one, labels: { ...one.labels, ...labels } };
}

function near(a: number | undefined, b: number): boolean {
  return a !== undefined && (Object.is(a, b) || Math.abs(a - b) <= 1e-9 * Math.max(Math.abs(a), Math.abs(b)));
}
