import type { Browser } from "../../preview/server/browser.ts";
import { builtPage } from "../../preview/server/page.ts";
import { type Preview, servePreview } from "../../preview/server/server.ts";
import { type Series, remoteWrite } from "../../src/simulate/remote-write.ts";
import { fakeLoki, generatedOf, still, withEveryKind } from "../support/every-kind.ts";
import { testFleet } from "../support/fleets.ts";
import { describeWithMimir } from "../support/needs.ts";
import { describeWithBrowser } from "../support/needs-browser.ts";
import { expectPicture } from "../support/picture.ts";

const from = Date.UTC(2026, 10, 18, 12);
const to = from + 30 * 60_000;
const step = 15_000;

/** A board with every kind of panel, variable, repeat and transformation, on numbers that never change. */
describeWithBrowser("every kind of panel", () => {
  describeWithMimir("on a real Mimir", (mimir) => {
    const fleet = testFleet("small");
    let preview: Preview;
    let loki: Awaited<ReturnType<typeof fakeLoki>>;
    let browser: Browser;

    beforeAll(async () => {
      for (const tenant of fleet.tenants.map(({ id }) => id)) {
        await remoteWrite(mimir.url, { tenant }).send(seriesOf(tenant));
      }
      loki = await fakeLoki(to - 60_000);
      const { openBrowser } = await import("../../preview/server/browser.ts");
      preview = await servePreview({
        generator: still(withEveryKind(generatedOf(fleet))),
        page: await builtPage(),
        port: 0,
        backends: {
          prometheus: { url: `${mimir.url}/prometheus`, headers: {} },
          loki: { url: loki.url, headers: {} },
        },
      });
      browser = await openBrowser();
    }, 120_000);

    afterAll(async () => {
      await browser?.close();
      await preview?.close();
      loki?.close();
    });

    test.each(["dark", "light"] as const)(
      "is drawn as its stored picture, %s",
      async (theme) => {
        const { failures, settled, watch } = await import("../../preview/server/snapshot.ts");
        const page = await browser.newPage({ viewport: { width: 1400, height: 1840 }, timezoneId: "UTC" });
        const problems = watch(page);
        const shown = `from=${new Date(from).toISOString()}&to=${new Date(to).toISOString()}&timezone=utc&theme=${theme}`;
        await page.goto(`${preview.url}/d/every-kind?${shown}`);
        await settled(page);
        expect([...problems, ...(await failures(page))]).toEqual([]);
        expect(await page.getByTestId("no-data").count()).toBe(0);
        const text = await page.locator("body").innerText();
        // Repeated panels and rows, a line of the log, a panel that it cannot draw, and a mapped cell.
        for (const words of ["Folded, for prd", "a line of the log", 'cannot draw "nodeGraph"', "healthy"]) {
          expect(text).toContain(words);
        }
        // Where the pointer rests something is lit.
        await page.mouse.move(0, 0);
        expectPicture(await page.screenshot(), `test/preview/pictures/every-kind-${theme}.png`);
        await page.close();
      },
      60_000,
    );

    function seriesOf(tenant: string): Series[] {
      return fleet.clusters
        .filter((cluster) => cluster.tenant === tenant)
        .flatMap((cluster) => {
          const at = fleet.clusters.indexOf(cluster);
          const place = { cluster: cluster.name, environment: cluster.environment, region: cluster.region };
          const wave = (minutes: number): number => Math.sin(minutes / 5 + at);
          return Object.entries({
            "cluster:inventory:info": () => 1,
            "cluster:node_cpu_utilisation:ratio_rate5m": (minutes: number) => 0.2 * (at + 1) + 0.1 * wave(minutes),
            "cluster:node_memory_utilisation:ratio": (minutes: number) => 0.9 - 0.2 * at + 0.05 * wave(minutes),
            "cluster:node_cost_hourly:sum": () => 1 + at,
            "cluster:health_status:level": (minutes: number) => (minutes > 10 * at && minutes < 20 ? at % 3 : 0),
            apiserver_request_total: (minutes: number) => 600 * (at + 1) * minutes,
          }).map(([name, value]): Series => {
            const samples = Array.from({ length: (to - from) / step + 1 }, (_, index) => ({
              timestamp: from + index * step,
              value: value((index * step) / 60_000),
            }));
            return { labels: { __name__: name, ...place }, samples };
          });
        });
    }
  });
});
