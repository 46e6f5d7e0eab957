import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { bundle } from "../src/bundle.ts";
import { defineProject } from "../src/project.ts";
import { telltales } from "../src/discover/telltales.ts";
import { tool } from "../src/servers/tools.ts";
import { everyExpression, labelsIn, labelsShown, namesIn } from "../src/usage.ts";
import { fleetglass } from "./support/cli.ts";
import { testFleet } from "./support/fleets.ts";
import { startGrafana } from "./support/grafana.ts";
import { describeWithMimir } from "./support/needs.ts";
import { instant } from "./support/query.ts";
import { simulated } from "./support/simulated.ts";

const folder = mkdtempSync(join(tmpdir(), "fleetglass-analyze-"));
afterAll(() => rmSync(folder, { recursive: true }));

test.each([
  { expr: 'sum by (a) (rate(b{c="d"}[5m]))', names: ["b"], labels: ["a", "c"] },
  {
    expr: 'x * on (y) group_left (z) label_replace(w, "to", "$1", "from", "(.+)")',
    names: ["x", "w"],
    labels: ["y", "z", "to", "from"],
  },
])("$expr", ({ expr, names, labels }) => {
  expect(namesIn(expr)).toEqual(expect.arrayContaining(names));
  expect(labelsIn(expr).toSorted()).toEqual(labels.toSorted());
});

test.each([
  { of: { legendFormat: "{{cluster}} of {{ $labels.pod }}" }, labels: ["cluster", "pod"] },
  { of: [{ query: 'label_values(up{a="b"}, instance)' }], labels: ["instance"] },
  { of: { renameByName: { namespace: "Where" } }, labels: ["namespace", "Where"] },
  { of: { summary: "{{ .Labels.x }} or {{ $labels.node }} burns" }, labels: ["node"] },
])("labels that $of shows", ({ of, labels }) => {
  expect(labelsShown(of).toSorted()).toEqual(labels.toSorted());
});

interface Analysis {
  readonly read: { readonly boards: number };
  readonly clusters: readonly {
    readonly cluster: string;
    readonly all: number;
    readonly unused: number;
    readonly snippet: string;
    readonly labels: {
      readonly free: readonly { readonly label: string }[];
      readonly merging: readonly { readonly label: string; readonly merged: number }[];
    };
  }[];
}

describeWithMimir("analyze on a real Mimir", (mimir) => {
  const fleet = testFleet("teams");

  test("what nobody reads is counted, and dropping it takes nothing from a board or a rule, ours or not", async () => {
    const { to } = await simulated(mimir.url, fleet, { minutes: 2, recorded: 0, now: true });
    const grafana = await startGrafana();
    try {
      const environment = { MIMIR_URL: mimir.url, GRAFANA_URL: grafana.url, GRAFANA_TOKEN: grafana.token };
      const analyzed = async (): Promise<Analysis> => {
        const { code, out, errors } = await fleetglass(
          ["analyze", "--json", "--fleet", "test/fleets/teams.yaml"],
          environment,
        );
        expect({ code, errors }).toEqual({ code: 0, errors: "" });
        return JSON.parse(out) as Analysis;
      };
      const before = await analyzed();
      const [first] = before.clusters;
      const names = await instant(mimir.url, "web-test", 'count by (__name__) ({cluster="test-web"})', { time: to });
      const all = names.map(({ labels }) => labels["__name__"] ?? "");
      const dropped = new RegExp(`^(?:${/regex: (.*)/u.exec(first?.snippet ?? "")?.[1] ?? ""})$`, "u");
      const ours = everyExpression(bundle(defineProject({ fleet }))).flatMap(namesIn);
      const used = new Set<string>([...ours, ...Object.values(telltales).flat()]);
      expect(first).toMatchObject({ cluster: "test-web" });
      expect(all.filter((name) => dropped.test(name) && used.has(name))).toEqual([]);
      expect(all.filter((name) => !dropped.test(name) && !used.has(name) && !/^(?:up|scrape_)/u.test(name))).toEqual(
        [],
      );
      const saved = names.filter(({ labels }) => dropped.test(labels["__name__"] ?? ""));
      expect(saved.reduce((sum, { value }) => sum + value, 0)).toBe(first?.unused);
      expect(first?.unused).toBeGreaterThan(10);

      // Prometheus takes what is printed.
      const config = join(folder, "prometheus.yml");
      const indented = (first?.snippet ?? "").replaceAll(/^/gmu, "    ");
      writeFileSync(config, `remote_write:\n  - url: http://mimir/api/v1/push\n${indented}\n`);
      await promisify(execFile)(await tool("promtool"), ["check", "config", config]);

      // Series as the server has them, looked at one by one.
      const answer = await fetch(`${mimir.url}/prometheus/api/v1/series?match[]={cluster="test-web"}`, {
        headers: { "X-Scope-OrgID": "web-test" },
      });
      const { data } = (await answer.json()) as { data: readonly Readonly<Record<string, string>>[] };
      const without = (labels: readonly string[]): number =>
        new Set(
          data.map((series) =>
            JSON.stringify(
              Object.entries(series)
                .filter(([label]) => !labels.includes(label))
                .toSorted(([a], [b]) => (a < b ? -1 : 1)),
            ),
          ),
        ).size;
      const { free, merging } = first?.labels ?? { free: [], merging: [] };
      const freed = free.map(({ label }) => label);
      expect(freed).toContain("uid");
      expect(without(freed)).toBe(data.length);
      for (const { label, merged } of merging)
        expect(without([...freed, label])).toBeLessThanOrEqual(data.length - merged);
      expect([...freed, ...merging.map(({ label }) => label)]).not.toContain("cluster");

      const unread = all.find((name) => dropped.test(name)) ?? "";
      const panel = { type: "timeseries", title: "Theirs", targets: [{ refId: "A", expr: `sum(${unread})` }] };
      await grafana.seedDashboard({ dashboard: { uid: "theirs", title: "Theirs", panels: [panel] } });
      const after = await analyzed();
      expect(after.read.boards).toBe(1);
      expect(after.clusters[0]?.snippet).not.toMatch(new RegExp(`[ |]${unread}(?:\\||$)`, "mu"));
      expect(after.clusters[0]?.unused).toBeLessThan(first?.unused ?? 0);
    } finally {
      await grafana.stop();
    }
  }, 120_000);
});
