import { saidByMixin } from "../src/alerts/existing.ts";
import { bundle } from "../src/bundle.ts";
import type { Board } from "../src/dashboards/board.ts";
import { resolveFleet } from "../src/fleet/resolve.ts";
import type { Fleet } from "../src/fleet/model.ts";
import { type Exporter, exporters } from "../src/labels.ts";
import { lint } from "../src/lint/index.ts";
import { neutral } from "../src/panels/panel.ts";
import { timeseries } from "../src/panels/timeseries.ts";
import { defineProject, type ProjectOptions } from "../src/project.ts";
import { select } from "../src/queries/query.ts";
import { nodeCount } from "../src/recording/capacity.ts";

const everything = Object.fromEntries(exporters.map((exporter) => [exporter, true]));

/** Clusters that have everything but what is named. */
function fleetOf(clusters: number, lacks: readonly Exporter[] = [], federation = clusters > 1): Fleet {
  const override = { ...everything, ...Object.fromEntries(lacks.map((exporter) => [exporter, false])) };
  return resolveFleet({
    name: "shop",
    environments: [{ name: "dev" }, { name: "prod" }].slice(-clusters),
    clusters: Array.from({ length: clusters }, (_, at) => ({
      name: `c${at}`,
      environment: at === 0 ? "prod" : "dev",
      region: "eu",
      tenant: `t${at}`,
    })),
    tenancy: { federation },
    defaults: { exporters: { override } },
  });
}

function found(options: ProjectOptions): string[] {
  const project = defineProject(options);
  return lint(bundle(project), { fleet: project.fleet }).map(({ check, message }) => `${check} ${message}`);
}

// A finding refuses the publish, and a newcomer can mend none that is in what the library writes.
test.each([
  { what: "one cluster", fleet: fleetOf(1) },
  { what: "no query that reads several", fleet: fleetOf(2, [], false) },
  { what: "no kube-state-metrics", fleet: fleetOf(2, ["kube-state-metrics"]) },
  { what: "no node-exporter", fleet: fleetOf(2, ["node-exporter"]) },
  { what: "no cadvisor", fleet: fleetOf(2, ["cadvisor", "kubelet"]) },
  { what: "models without graphics processors", fleet: fleetOf(2, ["dcgm-exporter"]) },
  { what: "nothing but API servers", fleet: fleetOf(2, exporters.slice(1)) },
])("a fleet with $what is drawn and evaluated without a finding", ({ fleet }) => {
  expect(found({ fleet })).toEqual([]);
});

test("alerts that exist already are not made a second time", () => {
  const input = {
    name: "shop",
    environments: [{ name: "prod" }],
    clusters: [{ name: "c0", environment: "prod", region: "eu" }],
  };
  const alerts = (workloads: "own" | "existing"): Set<string> =>
    new Set(
      bundle(defineProject({ fleet: resolveFleet({ ...input, alerting: { workloads } }) })).flatMap((one) =>
        one.kind === "rule-group" ? one.spec.rules.flatMap((rule) => ("alert" in rule ? [rule.alert] : [])) : [],
      ),
    );
  const [own, existing] = [alerts("own"), alerts("existing")];
  const left = [...own].filter((name) => !existing.has(name));
  expect(left.toSorted()).toEqual(Object.keys(saidByMixin).toSorted());
  expect(existing).toContain("ClusterDown");
});

const board: Board = {
  uid: "mine",
  title: "Mine",
  description: "How many nodes are there?",
  tags: [],
  rows: () => [
    {
      title: "Nodes",
      panels: [
        timeseries({
          title: "Nodes",
          description: "How many?",
          queries: [select(nodeCount)],
          thresholds: neutral("as many as there are"),
        }),
      ],
    },
  ],
};

test("what nothing of the fleet reads is recorded once a board of one's own reads it, and not for an application's", () => {
  const fleet = fleetOf(1);
  const recorded = (options: ProjectOptions): boolean =>
    bundle(defineProject(options)).some(
      ({ kind, spec }) => kind === "rule-group" && JSON.stringify(spec).includes(`"record":"${nodeCount.record}"`),
    );
  expect(recorded({ fleet })).toBe(false);
  expect(recorded({ fleet, dashboards: [board] })).toBe(true);
  expect(recorded({ fleet: fleetOf(2) })).toBe(true);
  const app = { name: "app", extends: fleet, dashboards: [board] };
  expect(recorded(app)).toBe(false);
  expect(found(app)).toContainEqual(expect.stringContaining(`M08 ${nodeCount.record} is in no exporter`));
});
