import type { Browser, Page } from "../../preview/server/browser.ts";
import { builtPage } from "../../preview/server/page.ts";
import { type Preview, servePreview } from "../../preview/server/server.ts";
import { bundle } from "../../src/bundle.ts";
import { defineProject } from "../../src/project.ts";
import { apply, planFor } from "../../src/publish/apply.ts";
import { http } from "../../src/publish/http.ts";
import { mimirRuler } from "../../src/publish/mimir-ruler.ts";
import { remoteWrite } from "../../src/simulate/remote-write.ts";
import { boardQueries } from "../support/board-queries.ts";
import { faster } from "../support/faster.ts";
import { fleetSeries } from "../support/fleet-series.ts";
import { testFleet } from "../support/fleets.ts";
import { describeWithMimir } from "../support/needs.ts";
import { eventually, instant, range } from "../support/query.ts";
import { fakeLoki, folderOfEveryKind } from "../support/every-kind.ts";
import { describeWithBrowser } from "../support/needs-browser.ts";

const overview = "/d/multi-cluster-overview?from=now-10m&to=now&timezone=utc";

describeWithBrowser("the preview in a browser", () => {
  describeWithMimir("on a real Mimir", (mimir) => {
    // Has the clusters and the name of the reference fleet, whose boards are in out/.
    const fleet = testFleet("small");
    let preview: Preview;
    let browser: Browser;
    let page: Page;
    let problems: string[];

    beforeAll(async () => {
      await fill();
      const { openBrowser } = await import("../../preview/server/browser.ts");
      preview = await servePreview({
        out: "out",
        page: await builtPage(),
        port: 0,
        backends: { prometheus: { url: `${mimir.url}/prometheus`, headers: {} } },
      });
      browser = await openBrowser();
    }, 300_000);

    afterAll(async () => {
      await browser?.close();
      await preview?.close();
    });

    beforeEach(async () => {
      const { watch } = await import("../../preview/server/snapshot.ts");
      page = await browser.newPage({ viewport: { width: 1600, height: 2400 }, timezoneId: "UTC" });
      problems = watch(page);
    });

    afterEach(() => page.close());

    test("lists every board, and one click opens it", async () => {
      await page.goto(preview.url);
      await page.getByRole("link", { name: "Multi-Cluster Overview", exact: true }).click();
      await quiet();
      expect(new URL(page.url()).pathname).toBe("/d/multi-cluster-overview");
      expect(problems).toEqual([]);
    }, 60_000);

    test.each(["dark", "light"])(
      "%s: every panel draws, and nothing complains",
      async (theme) => {
        await open(`${overview}&theme=${theme}`);
        expect(await page.locator("html").getAttribute("class")).toBe(theme);
        expect(await complaints()).toEqual([]);
        expect(await page.getByTestId("no-data").count()).toBe(0);
        expect(await panelTitles()).toEqual(expect.arrayContaining(["Cluster health matrix", "Health over time"]));
        expect(await clusters()).toEqual(fleet.clusters.map(({ name }) => name).toSorted());
      },
      60_000,
    );

    test("another cluster changes what is drawn, and the address is the view", async () => {
      await open(overview);
      const before = await page.screenshot();
      const choice = page.getByRole("combobox").first();
      await choice.click();
      await page.getByRole("option", { name: "prd-uaenorth" }).click();
      await page.keyboard.press("Escape");
      await page.getByText("What do they cost?").click();
      await page.getByText("What do they cost?").click();
      await quiet();
      expect(await clusters()).toEqual(["prd-uaenorth"]);
      expect((await page.screenshot()).equals(before)).toBe(false);
      expect(new URL(page.url()).searchParams.getAll("var-cluster")).toEqual(["prd-uaenorth"]);

      await page.reload();
      await quiet();
      expect(await clusters()).toEqual(["prd-uaenorth"]);
      expect(await complaints()).toEqual([]);
    }, 60_000);

    test("a cell's link leads to its cluster and keeps time and filters", async () => {
      await open(`${overview}&var-region=uaenorth`);
      await page.getByRole("gridcell").getByRole("link", { name: "stg-uaenorth" }).first().click();
      await quiet();
      const { pathname, searchParams } = new URL(page.url());
      expect({
        pathname,
        cluster: searchParams.getAll("var-cluster"),
        region: searchParams.getAll("var-region"),
        from: searchParams.get("from"),
      }).toEqual({
        pathname: "/d/multi-cluster-overview",
        cluster: ["stg-uaenorth"],
        region: ["uaenorth"],
        from: "now-10m",
      });
      expect(await clusters()).toEqual(["stg-uaenorth"]);
      expect(await complaints()).toEqual([]);
    }, 60_000);

    test("a state says what it is, and its link leads on; a link to Grafana's own pages says so", async () => {
      await open(overview);
      const states = page.locator("section", { hasText: "Health over time" }).last().locator(".u-over");
      // Health is recorded only since the rules were published: the last sample, half a minute before the edge at most.
      const { width = 0 } = (await states.boundingBox()) ?? {};
      await states.click({ position: { x: width * (1 - (Date.now() % 30_000) / 600_000) - 2, y: 20 } });
      expect(await page.getByText("healthy", { exact: true }).last().isVisible()).toBe(true);
      await page.getByRole("link", { name: "Show only this cluster" }).click();
      await quiet();
      expect(await clusters()).toEqual(["dev-uaenorth"]);
      expect(await complaints()).toEqual([]);
      await page.goto(`${preview.url}/alerting/list?state=firing`);
      await page.getByText("/alerting/list?state=firing").waitFor();
      await page.getByRole("link", { name: "All boards" }).click();
      await page.getByRole("link", { name: "Multi-Cluster Overview", exact: true }).waitFor();
      expect(problems).toEqual([]);
    }, 60_000);

    test("an environment's own board reads its own tenant", async () => {
      await open("/d/prd-multi-cluster-overview?from=now-10m&to=now");
      expect(await clusters()).toEqual(["prd-uaenorth"]);
      expect(await complaints()).toEqual([]);
    }, 60_000);

    test("every kind of panel, variable and repeat is drawn", async () => {
      const loki = await fakeLoki();
      const everyKind = await servePreview({
        out: folderOfEveryKind(),
        page: await builtPage(),
        port: 0,
        backends: {
          prometheus: { url: `${mimir.url}/prometheus`, headers: {} },
          loki: { url: loki.url, headers: {} },
        },
      });
      try {
        await page.goto(`${everyKind.url}/d/every-kind?from=now-10m&to=now&theme=light`);
        await quiet();
        expect(await complaints()).toEqual([]);
        expect(await page.getByTestId("no-data").count()).toBe(0);
        const text = await page.locator("body").innerText();
        // Repeated panels and rows, a line of the log, a panel that it cannot draw, and a mapped cell.
        for (const words of [
          "dev-uaenorth",
          "Folded, for prd",
          "a line of the log",
          'cannot draw "nodeGraph"',
          "healthy",
        ]) {
          expect(text).toContain(words);
        }
      } finally {
        await everyKind.close();
        loki.close();
      }
    }, 60_000);

    async function open(view: string): Promise<void> {
      await page.goto(preview.url + view);
      await quiet();
    }

    async function quiet(): Promise<void> {
      const { settled } = await import("../../preview/server/snapshot.ts");
      await settled(page);
    }

    async function complaints(): Promise<string[]> {
      const { failures } = await import("../../preview/server/snapshot.ts");
      return [...problems, ...(await failures(page))];
    }

    function panelTitles(): Promise<string[]> {
      return page.getByRole("heading", { level: 2 }).allInnerTexts();
    }

    /** Those that the health matrix has a row for. */
    async function clusters(): Promise<string[]> {
      const first = page.getByRole("grid").first().locator('[role="gridcell"][aria-colindex="1"]');
      return (await first.allInnerTexts()).toSorted();
    }

    async function fill(): Promise<void> {
      const resources = bundle(defineProject({ fleet }));
      const step = 5000;
      const now = Math.floor(Date.now() / step) * step;
      // A little into the future: there is no writer while the browser looks.
      const times = Array.from({ length: 150 }, (_, at) => now + (at - 120) * step);
      for (const { id } of fleet.tenants) {
        const mine = fleet.clusters.filter(({ tenant }) => tenant === id);
        await remoteWrite(mimir.url, { tenant: id }).send(fleetSeries(fleet, mine, times));
      }
      const server = http({ name: "Mimir", url: mimir.url, headers: {}, credential: "", variable: "" });
      const targets = fleet.tenants.map(({ id }) =>
        mimirRuler(server, { title: "Mimir", tenant: id, header: "X-Scope-OrgID", project: fleet.name }),
      );
      await apply(await planFor(faster(resources), targets), { prune: false });
      for (const { expr, tenants, panel } of boardQueries(resources)) {
        const recorded = async (): Promise<void> => {
          expect({ panel, found: (await instant(mimir.url, tenants, expr)).length }).not.toEqual({ panel, found: 0 });
        };
        await eventually(recorded, { within: 30_000 });
      }
      // Graphs ask for whole half minutes; until one has passed since the rules began, they have nothing to draw.
      const everywhere = fleet.tenants.map(({ id }) => id).join("|");
      const drawn = async (): Promise<void> => {
        const [half, end] = [30_000, Math.floor(Date.now() / 30_000) * 30_000];
        const times = { start: end - half, end, step: half };
        const lines = await range(mimir.url, everywhere, "cluster:node_cpu_utilisation:ratio_rate5m", times);
        expect(lines).toHaveLength(fleet.clusters.length);
      };
      await eventually(drawn, { within: 60_000, every: 500 });
    }
  });
});
