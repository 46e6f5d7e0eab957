import type { Fleet } from "../../src/fleet/model.ts";
import { logs, type PodLog } from "../../src/simulate/logs.ts";
import { OtlpError, otlpLogs } from "../../src/simulate/otlp.ts";
import { spans } from "../../src/simulate/traces.ts";
import { testFleet } from "../support/fleets.ts";
import { describeWithLoki } from "../support/needs.ts";
import { eventually, logLines, logSamples } from "../support/query.ts";
import { freshTenant } from "../support/tenant.ts";

const from = Date.UTC(2026, 0, 5, 12);
const to = from + 60_000;

/** A fleet whose tenants nobody has written to. */
function fresh(fleet: Fleet): Fleet {
  const ids = new Map(fleet.tenants.map(({ id }) => [id, freshTenant(id)]));
  const clusters = fleet.clusters.map((cluster) => ({ ...cluster, tenant: ids.get(cluster.tenant) ?? cluster.tenant }));
  const tenants = [...ids.values()].map((id) => ({ id, clusters: clusters.filter(({ tenant }) => tenant === id) }));
  return { ...fleet, clusters, tenants };
}

describeWithLoki("logs in Loki", (loki) => {
  describe.each(["small", "atlas"] as const)("of %s", (name) => {
    const fleet = fresh(testFleet(name));
    const { cluster: clusterLabel, environment: environmentLabel } = fleet.labels;
    const flooded = fleet.clusters[0]?.name;
    const traffic = {
      fleet,
      from,
      to,
      errorRatio: () => 0.1,
      flood: (cluster: string, ms: number) => (cluster === flooded && ms >= from + 30_000 ? 100 : 0),
    };
    const all = [...logs(traffic)];
    const linesOf = (wanted: (line: PodLog) => boolean): PodLog[] => all.filter(wanted);
    const running = fleet.clusters.filter(({ state }) => state !== "planned");

    beforeAll(async () => {
      for (const { id } of fleet.tenants) {
        await otlpLogs(loki.url, { tenant: id }).send(
          linesOf(({ resource }) => resource.service.cluster.tenant === id),
        );
      }
    });

    /** How many lines the tenants together have, by cluster and environment as the index knows them. */
    async function counts(tenants: readonly string[]): Promise<Record<string, number>> {
      const expr = `sum by (${clusterLabel}, ${environmentLabel}) (count_over_time({${clusterLabel}=~".+"}[2m]))`;
      const found = await logSamples(loki.url, tenants.join("|"), expr, { time: to });
      return Object.fromEntries(
        found.map(({ labels, value }) => [`${labels[clusterLabel]} in ${labels[environmentLabel]}`, value]),
      );
    }

    const written = (tenants: readonly string[]): Record<string, number> =>
      Object.fromEntries(
        running
          .filter(({ tenant }) => tenants.includes(tenant))
          .map(({ name, environment }) => [
            `${name} in ${environment}`,
            linesOf(({ resource }) => resource.service.cluster.name === name).length,
          ]),
      );

    test("every tenant has the lines of its clusters, all of them and nobody else's", async () => {
      for (const { id } of fleet.tenants) {
        const found = await counts([id]);
        expect(found).toEqual(written([id]));
        expect(Object.values(found).every((count) => count > 10)).toBe(true);
      }
    });

    test("a tenant that has written nothing sees nothing", async () => {
      expect(await counts([freshTenant("nobody")])).toEqual({});
    });

    test("two tenants asked at once answer for both, and for no third", async () => {
      const [first, , third] = fleet.tenants.map(({ id }) => id);
      const both = [first ?? "", third ?? ""];
      expect(await counts(both)).toEqual(written(both));
    });

    test("the fleet's labels, service, namespace and pod are of the index; the rest is with each line", async () => {
      const cluster = running.at(-1);
      const selector = `{${clusterLabel}="${cluster?.name}", ${environmentLabel}="${cluster?.environment}"}`;
      const found = await logLines(loki.url, cluster?.tenant ?? "", `${selector} | level="error"`, {
        start: from,
        end: to,
      });
      const errors = linesOf(
        ({ resource, severity }) => resource.service.cluster.name === cluster?.name && severity === "error",
      );
      expect(errors.length).toBeGreaterThan(0);
      expect(found.map(({ line }) => line).sort()).toEqual(errors.map(({ body }) => body).sort());
      const index = [...Object.values(fleet.labels), "k8s_namespace_name", "k8s_pod_name", "service_name"].sort();
      const metadata = ["detected_level", "level", "service_version", "severity_number", "severity_text"];
      for (const line of found) {
        expect(Object.keys(line.labels).sort()).toEqual(index);
        expect(Object.keys(line.metadata).sort()).toEqual([...metadata, "span_id", "trace_id"].sort());
        expect(line.metadata).toMatchObject({ level: "error", detected_level: "error" });
      }
    });

    test("lines bear the ids of spans, so a trace's lines are found in every tenant that it crossed", async () => {
      const ids = new Map([...spans(traffic)].map(({ spanId, traceId }) => [spanId, traceId]));
      const [first] = running;
      const found = await logLines(
        loki.url,
        first?.tenant ?? "",
        `{${clusterLabel}="${first?.name}"} | trace_id != ""`,
        {
          start: from,
          end: to,
        },
      );
      expect(found.length).toBeGreaterThan(10);
      for (const { metadata } of found) {
        expect(ids.get(metadata["span_id"] ?? "")).toBe(metadata["trace_id"]);
      }
      // Any line of sign-in, which other clusters' requests lead to.
      const crossing = linesOf(({ resource }) => resource.service.name === "identity")
        .map(({ traceId }) => traceId)
        .find((id) => all.some(({ traceId, resource }) => traceId === id && resource.service.name === "storefront"));
      expect(crossing).toBeDefined();
      const tenants = fleet.tenants.map(({ id }) => id).join("|");
      const told = await logLines(loki.url, tenants, `{${clusterLabel}=~".+"} | trace_id="${crossing}"`, {
        start: from,
        end: to,
      });
      expect(told.map(({ line }) => line).sort()).toEqual(
        linesOf(({ traceId }) => traceId === crossing)
          .map(({ body }) => body)
          .sort(),
      );
    });

    test("a flood is a flood", async () => {
      const tenant = running[0]?.tenant ?? "";
      const rate = async (time: number): Promise<number | undefined> => {
        const expr = `sum(rate({${clusterLabel}="${flooded}"}[30s]))`;
        return (await logSamples(loki.url, tenant, expr, { time }))[0]?.value;
      };
      const [calm, flood] = [await rate(from + 30_000 - 1), await rate(to - 1)];
      expect(calm).toBeLessThan(20);
      expect(flood).toBeGreaterThanOrEqual(100);
    });
  });

  test("a refused line says who, where and why", async () => {
    const [line] = logs({ fleet: testFleet("small"), from, to });
    if (line === undefined) {
      throw new Error("a fleet without logs");
    }
    const tenant = freshTenant("refused");
    const future = otlpLogs(loki.url, { tenant }).send([{ ...line, timestamp: Date.now() + 3_600_000 }]);
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
