import type { Fleet } from "../../src/fleet/model.ts";
import { backfillLogs } from "../../src/simulate/backfill-traffic.ts";
import { logs } from "../../src/simulate/logs.ts";
import type { PodLog } from "../../src/simulate/traffic.ts";
import { OtlpError, otlpLogs } from "../../src/simulate/otlp.ts";
import { hour, minute } from "../../src/simulate/time.ts";
import { spans } from "../../src/simulate/traces.ts";
import { createWorld } from "../../src/simulate/world.ts";
import { testFleet } from "../support/fleets.ts";
import { describeWithLoki } from "../support/needs.ts";
import { eventually, logLines, logSamples } from "../support/query.ts";
import { freshTenant } from "../support/tenant.ts";

/** A Wednesday, at noon. */
const from = Date.UTC(2026, 0, 7, 12);
const to = from + 5 * minute;
const bad = { from: from + 2 * minute, to: from + 3 * minute };

/** A fleet whose tenants nobody has written to. */
function fresh(fleet: Fleet): Fleet {
  const ids = new Map(fleet.tenants.map(({ id }) => [id, freshTenant(id)]));
  const clusters = fleet.clusters.map((cluster) => ({ ...cluster, tenant: ids.get(cluster.tenant) ?? cluster.tenant }));
  const tenants = fleet.tenants.map((tenant) => {
    const id = ids.get(tenant.id) ?? tenant.id;
    return { ...tenant, id, clusters: clusters.filter((cluster) => cluster.tenant === id) };
  });
  return { ...fleet, clusters, tenants };
}

describeWithLoki("logs in Loki", (loki) => {
  describe.each(["small", "atlas"] as const)("of %s", (name) => {
    const fleet = fresh(testFleet(name));
    const { cluster: clusterLabel, environment: environmentLabel } = fleet.labels;
    const running = fleet.clusters.filter(({ state }) => state !== "planned");
    const [first] = running;
    const faults = ["log-flood", "error-burst"].map((fault) => ({ name: fault, ...bad, cluster: first?.name ?? "" }));
    const world = createWorld(fleet, { faults });
    const all = [...logs(world, { from, to })];
    const linesOf = (wanted: (line: PodLog) => boolean): PodLog[] => all.filter(wanted);

    beforeAll(async () => {
      const store = { url: loki.url, header: "X-Scope-OrgID" };
      expect(await backfillLogs(store, world, { from, to })).toBe(all.length);
    });

    /** How many lines the tenants together have, by cluster and environment as the index knows them. */
    async function counts(tenants: readonly string[]): Promise<Record<string, number>> {
      const expr = `sum by (${clusterLabel}, ${environmentLabel}) (count_over_time({${clusterLabel}=~".+"}[5m]))`;
      const found = await logSamples(loki.url, tenants.join("|"), expr, { time: to });
      return Object.fromEntries(
        found.map(({ labels, value }) => [`${labels[clusterLabel]} in ${labels[environmentLabel]}`, value]),
      );
    }

    const written = (tenants: readonly string[]): Record<string, number> =>
      Object.fromEntries(
        running
          .filter(({ tenant }) => tenants.includes(tenant))
          .map((cluster) => [
            `${cluster.name} in ${cluster.environment}`,
            linesOf(({ resource }) => resource.cluster === cluster).length,
          ]),
      );

    test("every tenant has the lines of its clusters, all of them and nobody else's", async () => {
      for (const { id } of fleet.tenants) {
        const found = await counts([id]);
        expect(found).toEqual(written([id]));
        expect(Object.values(found).every((count) => count > 10)).toBe(true);
      }
      expect(await counts([freshTenant("nobody")])).toEqual({});
    });

    test("two tenants asked at once answer for both, and for no third", async () => {
      const [one, , third] = fleet.tenants.map(({ id }) => id);
      const both = [one ?? "", third ?? ""];
      expect(await counts(both)).toEqual(written(both));
    });

    test("the fleet's labels, service, namespace and pod are of the index; the rest is with each line", async () => {
      const selector = `{${clusterLabel}="${first?.name}", ${environmentLabel}="${first?.environment}"}`;
      const expr = `${selector} | level="error" | trace_id != ""`;
      const found = await logLines(loki.url, first?.tenant ?? "", expr, { start: from, end: to });
      const errors = linesOf(
        ({ resource, severity, traceId }) =>
          resource.cluster === first && severity === "error" && traceId !== undefined,
      );
      expect(errors.length).toBeGreaterThan(5);
      expect(found.map(({ line }) => line).sort()).toEqual(errors.map(({ body }) => body).sort());
      const index = [...Object.values(fleet.labels), "k8s_namespace_name", "k8s_pod_name", "service_name"].sort();
      const metadata = ["detected_level", "level", "service_version", "severity_number", "severity_text"];
      for (const line of found) {
        expect(Object.keys(line.labels).sort()).toEqual(index);
        expect(Object.keys(line.metadata).sort()).toEqual([...metadata, "span_id", "trace_id"].sort());
        expect(line.metadata).toMatchObject({ level: "error", detected_level: "error" });
      }
    });

    test("lines bear the ids of spans, so that a trace's lines are found", async () => {
      const ids = new Map([...spans(world, { from, to })].map(({ spanId, traceId }) => [spanId, traceId]));
      const window = { start: from, end: bad.from };
      const expr = `{${clusterLabel}="${first?.name}"} | trace_id != ""`;
      const found = await logLines(loki.url, first?.tenant ?? "", expr, window);
      expect(found.length).toBeGreaterThan(10);
      for (const { metadata } of found) expect(ids.get(metadata["span_id"] ?? "")).toBe(metadata["trace_id"]);
    });

    test("a flood is a flood", async () => {
      const rate = async (time: number): Promise<number> => {
        const expr = `sum(rate({${clusterLabel}="${first?.name}"}[1m]))`;
        return (await logSamples(loki.url, first?.tenant ?? "", expr, { time }))[0]?.value ?? NaN;
      };
      expect(await rate(bad.from - 1)).toBeLessThan(20);
      expect(await rate(bad.to - 1)).toBeGreaterThanOrEqual(100);
    });
  });

  test("a refused line says who, where and why", async () => {
    const [line] = logs(createWorld(testFleet("small")), { from, to });
    if (line === undefined) {
      throw new Error("a fleet without logs");
    }
    const tenant = freshTenant("refused");
    const future = otlpLogs(loki.url, { tenant }).send([{ ...line, timestamp: Date.now() + hour }]);
    await expect(future).rejects.toMatchObject({ status: 400, tenant, answer: expect.stringContaining("too new") });
    await expect(otlpLogs(loki.url).send([line])).rejects.toThrow(OtlpError);
    await expect(otlpLogs(loki.url).send([line])).rejects.toMatchObject({ status: 401, answer: "no org id" });
  });

  test("the ruler takes rules over HTTP and evaluates them", async () => {
    const tenant = freshTenant("ruler");
    const headers = { "X-Scope-OrgID": tenant };
    const rules = `name: g\ninterval: 1s\nrules:\n  - alert: Always\n    expr: vector(1) > 0\n`;
    const put = await fetch(`${loki.url}/loki/api/v1/rules/ours`, { method: "POST", headers, body: rules });
    expect(put.status).toBe(202);
    await eventually(
      async () => {
        const alerts = await (await fetch(`${loki.url}/prometheus/api/v1/alerts`, { headers })).text();
        expect(alerts).toContain('"alertname":"Always"');
      },
      { within: 20_000 },
    );
  }, 30_000);
});
