import { bundle } from "../../src/bundle.ts";
import { defineProject } from "../../src/project.ts";
import { apply, planFor } from "../../src/publish/apply.ts";
import { http } from "../../src/publish/http.ts";
import { lokiRuler } from "../../src/publish/loki-ruler.ts";
import { testFleet } from "../support/fleets.ts";
import { describeWithLoki } from "../support/needs.ts";
import { eventually, logSamples } from "../support/query.ts";

describeWithLoki("alerts on lines, in a real Loki", (loki) => {
  const fleet = testFleet("small");
  const resources = bundle(defineProject({ fleet })).filter(({ at }) => at.system === "loki" && at.tenant === "prd");

  test("its ruler takes them, and keeps them as they are", async () => {
    const server = http({ name: "Loki", url: loki.url, headers: {}, credential: "", variable: "" });
    const target = (): ReturnType<typeof lokiRuler> =>
      lokiRuler(server, {
        title: "Loki",
        tenant: "prd",
        header: "X-Scope-OrgID",
        namespace: "fleetglass-platform-core",
      });
    const applied = await apply(await planFor(resources, [target()]), { prune: false });
    expect(applied.filter(({ error }) => error)).toEqual([]);
    expect((await planFor(resources, [target()])).flatMap(({ changes }) => changes)).toEqual([]);
  });

  test.each([
    { what: "a burst", service: "bursting", before: 5, now: 150, found: 1 },
    { what: "what always complains", service: "complaining", before: 150, now: 150, found: 0 },
    { what: "a few lines", service: "quiet", before: 0, now: 20, found: 0 },
  ])("$what: $found", async ({ service, before, now, found }) => {
    const end = Date.now();
    await write(service, before, end - 3_600_000);
    await write(service, now, end);
    const [rule] = resources.flatMap((one) =>
      one.kind === "rule-group" && one.id === "alerts-logs" ? one.spec.rules : [],
    );
    await eventually(async () => {
      const all = await logSamples(
        loki.url,
        "prd",
        `sum by (service_name) (count_over_time({service_name="${service}"}[2h]))`,
        { time: end },
      );
      expect(all[0]?.value).toBe(before + now);
    });
    const samples = await logSamples(loki.url, "prd", rule?.expr ?? "", { time: end });
    const own = samples.filter(({ labels }) => labels["service_name"] === service);
    expect(own.map(({ value, labels }) => [value, labels["cluster"], labels["environment"]])).toEqual(
      found === 1 ? [[now, "prd-uaenorth", "prd"]] : [],
    );
  });

  async function write(service: string, lines: number, end: number): Promise<void> {
    if (lines === 0) return;
    const stream = { cluster: "prd-uaenorth", environment: "prd", region: "uaenorth", service_name: service };
    const values = Array.from({ length: lines }, (_, at) => [
      `${end - 1000 * at - 1000}000000`,
      `level=error msg="no ${at}"`,
    ]);
    const response = await fetch(`${loki.url}/loki/api/v1/push`, {
      method: "POST",
      headers: { "X-Scope-OrgID": "prd", "Content-Type": "application/json" },
      body: JSON.stringify({ streams: [{ stream, values: values.toReversed() }] }),
    });
    if (!response.ok) throw new Error(`Loki answered ${response.status}: ${await response.text()}`);
  }
});
