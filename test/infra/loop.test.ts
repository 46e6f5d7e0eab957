import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { agentName, placeLabels } from "../../src/infra/place.ts";
import { remoteWrite } from "../../src/simulate/remote-write.ts";
import type { PodLog } from "../../src/simulate/traffic.ts";
import type { RealPage } from "../support/fake-kubernetes.ts";
import {
  heartbeatSecret,
  lackingLoop,
  type Loop,
  loopFleet,
  missingOf,
  scaledBudget,
  sendLines,
  sendSpan,
  startLoop,
} from "../support/loop.ts";
import { describeUnless } from "../support/needs.ts";
import { basic } from "../support/nginx.ts";
import { eventually, instant, logLines } from "../support/query.ts";

/** Every length of time is divided by it: what takes a minute takes four seconds. */
const factor = 15;
const fleet = loopFleet("2m");
const [dev, stg] = fleet.clusters;
if (!dev || !stg) throw new Error("the fleet has clusters");

const boards = /^(?:\w+-)?(?:multi-cluster-overview|collection)$/u;

/** By the name of what owns it: a Deployment where there is one above its ReplicaSet. */
function serviceOf({ owner }: PodLog["resource"]["pod"]): string {
  return owner.kind === "ReplicaSet" ? owner.name.replace(/-[^-]+$/u, "") : owner.name;
}

const data = process.env["FLEETGLASS_TEST_DATA"];
const pages: readonly RealPage[] =
  data === undefined
    ? []
    : (
        [
          ["kube-state-metrics", "kubernetes-1_34/kube-state-metrics.prom"],
          ["kube-apiserver", "kubernetes-1_34/api-server.trim.prom"],
          ["node-exporter", "node-exporter/e2e-output.txt"],
          ["vllm", "vllm/vllm_metrics.reduced.prom"],
        ] as const
      ).map(([exporter, file]) => ({
        exporter,
        text: readFileSync(join(data, "metrics/exporters", file), "utf8"),
      }));

describeUnless(lackingLoop, "from a target to the tenant, the board and the alert, through real programs", () => {
  let loop: Loop;
  let collector = "";

  beforeAll(async () => {
    loop = await startLoop(fleet, {
      factor,
      only: { boards, alerts: ["alerts-clusters", "alerts-watchdog"] },
      pages: { cluster: dev.name, of: pages },
    });
    await loop.publish();
    collector = await loop.collector(dev);
  }, 30 * 60_000);

  afterAll(() => loop.stop());

  test.each(fleet.clusters)(
    "$name: every target is found, under the job by which the boards ask",
    async (cluster) => {
      const expected = Object.fromEntries(loop.kubernetes.get(cluster.name)?.targets ?? []);
      expect(Object.keys(expected).length).toBeGreaterThan(8);
      await eventually(
        async () => {
          const up = await instant(loop.mimir, cluster.tenant, "count by (job) (up == 1)");
          expect(Object.fromEntries(up.map(({ labels, value }) => [labels["job"], value]))).toEqual(expected);
        },
        { within: 60_000, every: 500 },
      );
      // All five labels, on all that was scraped, and none that tells one agent from the other.
      const scraped = '{__name__=~"up|scrape_.+|kube_.+|node_.+|container_.+|apiserver_.+|vllm:.+"}';
      const [place, replica, all] = await Promise.all([
        instant(loop.mimir, cluster.tenant, `count by (${Object.values(fleet.labels).join(", ")}) (${scraped})`),
        instant(loop.mimir, cluster.tenant, 'count({__replica__=~".+"})'),
        instant(loop.mimir, cluster.tenant, `count(${scraped})`),
      ]);
      expect(place.map(({ labels }) => labels)).toEqual([placeLabels(fleet, cluster)]);
      expect(Math.abs((place[0]?.value ?? 0) / (all[0]?.value ?? 0) - 1)).toBeLessThan(0.1);
      expect(replica).toEqual([]);
    },
    90_000,
  );

  test("pages of real exporters arrive whole", async () => {
    const scraped = await instant(loop.mimir, dev.tenant, "scrape_samples_post_metric_relabeling");
    const counts = scraped.map(({ labels, value }) => `${labels["job"]} ${value}`);
    const lines = pages.map(
      ({ exporter, text }) => `${dev.jobs[exporter]} ${text.split("\n").filter((line) => /^[a-z]/u.test(line)).length}`,
    );
    expect(counts).toEqual(expect.arrayContaining(lines));
  });

  test("a label that lies never reaches a question about all", async () => {
    const headers = { authorization: basic(`${agentName(dev)}.a`) };
    const writer = remoteWrite(loop.doors.mimir, { tenant: "dev", headers });
    const { cluster, environment } = fleet.labels;
    const lie = (labels: Record<string, string>) => ({
      labels: { __name__: "forged", ...labels },
      samples: [{ timestamp: Date.now(), value: 1 }],
    });
    await writer.send([
      lie({ [cluster]: "prd-uaenorth", [environment]: "prd", what: "both" }),
      lie({ [cluster]: dev.name, [environment]: "prd", what: "environment" }),
      lie({ [cluster]: dev.name, [environment]: "dev", what: "nothing" }),
    ]);
    await eventually(async () => {
      const found = await instant(loop.mimir, "dev|stg|prd|ops", "forged");
      expect(
        found.map(({ labels }) => `${labels["what"]}: ${labels[cluster]} ${labels[environment]}`).toSorted(),
      ).toEqual(["environment: dev-uaenorth dev", "nothing: dev-uaenorth dev"]);
    });
    await expect(remoteWrite(loop.doors.mimir, { tenant: "prd", headers }).send([lie({})])).rejects.toThrow("403");
    await expect(remoteWrite(loop.doors.mimir, { tenant: "dev" }).send([lie({})])).rejects.toThrow("401");
  });

  const linesOfWeb = (tenant: string) =>
    logLines(loop.loki, tenant, '{service_name="web"}', { start: Date.now() - 600_000, end: Date.now() + 60_000 });

  test("lines come to their tenant by the Collector, with all five labels", async () => {
    await sendLines(collector, ["one", "two"]);
    await eventually(
      async () => expect((await linesOfWeb("dev")).map(({ line }) => line).toSorted()).toEqual(["one", "two"]),
      { within: 30_000 },
    );
    expect((await linesOfWeb("dev"))[0]?.labels).toMatchObject({
      ...placeLabels(fleet, dev),
      k8s_namespace_name: "shop",
    });
    expect(await linesOfWeb("prd")).toEqual([]);
  }, 60_000);

  test("what pods write comes from their files, with level, trace and pod beside it; every panel of lines answers, in an environment's view and across all", async () => {
    const written = await loop.write(dev);
    await eventually(
      async () => {
        const found = await logLines(loop.loki, "dev", '{k8s_container_name=~".+"}', {
          start: Date.now() - 1_800_000,
          end: Date.now(),
        });
        const facts = found.map(({ labels, metadata }) =>
          [metadata["k8s_pod_name"], labels["service_name"], metadata["detected_level"], metadata["trace_id"]].join(
            " ",
          ),
        );
        expect(facts.toSorted()).toEqual(
          written
            .map(({ resource: { pod }, severity, traceId }) => [pod.name, serviceOf(pod), severity, traceId].join(" "))
            .toSorted(),
        );
      },
      { within: 30_000, every: 500 },
    );
    const asked = await loop.panels(/^dev-|^(?!(?:stg|prd)-)/u, "logql");
    expect(asked.asked).toBeGreaterThan(20);
    expect(asked.silent).toEqual([]);
  }, 60_000);

  test("spans are counted in their cluster, under the names that boards read, where traces are sampled later", async () => {
    await sendSpan(collector);
    await eventually(
      async () => {
        const [calls, latency] = await Promise.all([
          instant(loop.mimir, "dev", 'traces_spanmetrics_calls_total{service="web"}'),
          instant(loop.mimir, "dev", 'traces_spanmetrics_latency_bucket{service="web",le="0.25"}'),
        ]);
        for (const [one, ...others] of [calls, latency]) {
          expect(others).toEqual([]);
          expect(one).toMatchObject({
            value: 1,
            labels: {
              ...placeLabels(fleet, dev),
              job: "shop/web",
              span_name: "GET /",
              span_kind: "SPAN_KIND_SERVER",
              status_code: "STATUS_CODE_ERROR",
            },
          });
        }
      },
      { within: 30_000, every: 200 },
    );
  }, 60_000);

  test("every panel of the overview and of the collection answers in every view, and what is wrong fires and is told", async () => {
    const silencedAt = Date.now();
    loop.kubernetes.get(stg.name)?.silence("kube-apiserver");
    await eventually(
      async () => {
        const { asked, silent } = await loop.panels(boards, "promql");
        expect(asked).toBeGreaterThan(80);
        expect(silent).toEqual([]);
      },
      { within: 90_000, every: 1000 },
    );
    await eventually(
      () =>
        expect(
          loop.receiver.notified
            .filter(({ alert, at }) => alert.startsWith("ClusterDown") && at > silencedAt)
            .map(({ labels, status }) => [labels[fleet.labels.cluster], labels["cause"], status]),
        ).toContainEqual([stg.name, "apiserver", "firing"]),
      { within: 90_000, every: 200 },
    );
    const firing = await instant(loop.mimir, "dev|stg|prd|ops", 'ALERTS{alertname="ClusterDown",alertstate="firing"}');
    expect(firing.map(({ labels }) => labels[fleet.labels.cluster])).toEqual([stg.name]);
  }, 200_000);

  test("Mimir and Loki are away: whoever hears the heart outside notices, and no sample and no line is lost", async () => {
    const before = Date.now();
    const hearts = fleet.environments.map(({ name }) => ({ name, secret: heartbeatSecret(name) }));
    const alarmed = () => loop.deadMan.alarms.filter(({ cleared }) => cleared === undefined).map(({ name }) => name);
    const all = hearts.map(({ secret }) => secret).toSorted();
    await eventually(
      () => {
        for (const { name, secret } of hearts) expect(loop.deadMan.heard(secret, "environment")).toEqual([name]);
      },
      { within: 60_000 },
    );
    expect(loop.deadMan.alarms).toEqual([]);
    await sleep(2000);
    await loop.goAway();
    const gone = Date.now();
    const sent: string[] = [];
    // The fleet's whole budget; and until every heart is missed.
    for (let noticed = false; !noticed || Date.now() - gone < scaledBudget(fleet, factor); await sleep(250)) {
      const line = `line ${sent.length}`;
      await sendLines(collector, [line]);
      sent.push(line);
      noticed = alarmed().length === all.length;
      if (Date.now() - gone > 60_000)
        throw new Error(`nobody misses all of ${all.join(", ")}: ${alarmed().join(", ")}`);
    }
    expect(alarmed().toSorted()).toEqual(all);
    await loop.comeBack();
    const back = Date.now();
    await eventually(
      async () => {
        for (const { tenant, jobs } of fleet.clusters) {
          const job = jobs["kube-state-metrics"] ?? "";
          const missing = await missingOf(loop.mimir, tenant, job, { since: before, window: "10m" });
          expect(missing.series).toBeGreaterThan(0);
          expect(missing.last).toBeGreaterThan(back);
          expect(missing.lost).toBe(0);
        }
      },
      // An agent that was refused waits longer each time, and a busy machine does so too.
      { within: 180_000, every: 500 },
    );
    const samples = Date.now();
    await eventually(
      async () => {
        const found = new Set((await linesOfWeb("dev")).map(({ line }) => line));
        expect(["one", "two", ...sent].filter((line) => !found.has(line))).toEqual([]);
      },
      { within: 60_000, every: 500 },
    );
    const lines = Date.now();
    await eventually(() => expect(alarmed()).toEqual([]), { within: 60_000 });
    expect(loop.deadMan.alarms.filter(({ raised }) => raised > back)).toEqual([]);
    const seconds = (time: number): string => `${(time / 1000).toFixed(1)} s`;
    process.stderr.write(
      `Mimir and Loki were away for ${seconds(back - gone)}: samples were all there ${seconds(samples - back)} after, ${sent.length} lines ${seconds(lines - back)} after\n`,
    );
  }, 400_000);
});
