import axe, { type AxeResults } from "axe-core";
import type { Browser, Page } from "../../preview/server/browser.ts";
import { builtPage } from "../../preview/server/page.ts";
import { type Preview, servePreview } from "../../preview/server/server.ts";
import { generatedOf, still } from "../support/every-kind.ts";
import { testFleet } from "../support/fleets.ts";
import { describeWithServers } from "../support/needs.ts";
import { describeWithBrowser } from "../support/needs-browser.ts";
import { type Simulated, simulated } from "../support/simulated.ts";

const minutes = 40;

/** What axe finds in components of @grafana/ui and @grafana/scenes, which we don't make. */
const ofGrafana: readonly RegExp[] = [
  // The titles of rows have no level, since the page is theirs.
  /aria-required-attr: <span class="css-\w+" role="heading">/u,
  // White or black on a threshold's colour, and values and marks in it.
  /color-contrast: <div role="gridcell"/u,
  /color-contrast: <span>[^<]*<\/span>$/u,
  /color-contrast: <span class="css-\w+">UTC<\/span>$/u,
  // Buttons of the time picker are called by more than what they show.
  /label-content-name-mismatch: <button class="css-[\w-]+-toolbar-button"/u,
];

describeWithBrowser("the preview in a browser", () => {
  describeWithServers("on a real Mimir and a real Loki", ({ mimir, loki }) => {
    const fleet = testFleet("small");
    const generated = generatedOf(fleet);
    let world: Simulated;
    let overview: string;
    let preview: Preview;
    let browser: Browser;
    let page: Page;
    let problems: string[];

    beforeAll(async () => {
      world = await simulated(mimir.url, fleet, { minutes, loki: loki.url });
      overview = `/d/multi-cluster-overview?${shown()}`;
      const { openBrowser } = await import("../../preview/server/browser.ts");
      preview = await servePreview({
        generator: still(generated),
        page: await builtPage(),
        port: 0,
        backends: {
          prometheus: { url: `${mimir.url}/prometheus`, headers: {} },
          loki: { url: loki.url, headers: {} },
        },
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

    test("a cell's link leads to the board of its cluster and keeps time and filters", async () => {
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
        pathname: "/d/cluster",
        cluster: ["stg-uaenorth"],
        region: ["uaenorth"],
        from: from(),
      });
      expect(await complaints()).toEqual([]);
    }, 60_000);

    test("a state says what it is, and its link leads on; a link to Grafana's own pages says so", async () => {
      await open(overview);
      const states = page.locator("section", { hasText: "Health over time" }).last().locator(".u-over");
      const { width = 0 } = (await states.boundingBox()) ?? {};
      await states.click({ position: { x: width / 2, y: 20 } });
      expect(await page.getByText("healthy", { exact: true }).last().isVisible()).toBe(true);
      await page.getByRole("link", { name: "Open this cluster" }).click();
      await quiet();
      expect(new URL(page.url()).searchParams.getAll("var-cluster")).toEqual(["dev-uaenorth"]);
      expect(await complaints()).toEqual([]);
      await page.goto(`${preview.url}/alerting/list?state=firing`);
      await page.getByText("/alerting/list?state=firing").waitFor();
      await page.getByRole("link", { name: "All boards" }).click();
      await page.getByRole("link", { name: "Multi-Cluster Overview", exact: true }).waitFor();
      expect(problems).toEqual([]);
    }, 60_000);

    test("an environment's own board reads its own tenant", async () => {
      await open(`/d/prd-multi-cluster-overview?${shown()}`);
      expect(await clusters()).toEqual(["prd-uaenorth"]);
      expect(await complaints()).toEqual([]);
    }, 60_000);

    test.each(["dark", "light"])(
      "%s: axe finds nothing serious in what is ours",
      async (theme) => {
        const found: string[] = [];
        for (const view of ["/?", "/fleet?", "/rules?", `${overview}&explain=1&`]) {
          await page.goto(`${preview.url}${view}theme=${theme}`);
          await page.locator("main").waitFor();
          if (view.startsWith("/d/")) await quiet();
          await page.evaluate(axe.source);
          const { violations } = await page.evaluate<AxeResults>("axe.run()");
          for (const { id, impact, nodes } of violations) {
            if (impact !== "serious" && impact !== "critical") continue;
            found.push(...nodes.map(({ html }) => `${view} ${id}: ${html}`));
          }
        }
        expect(found.filter((violation) => !ofGrafana.some((one) => one.test(violation)))).toEqual([]);
      },
      120_000,
    );

    test("every board draws, without an error and without a panel that just has no data", async () => {
      const boards = generated.resources.filter(
        ({ kind, id }) => kind === "dashboard" && !/^(?:dev|stg|prd)-/u.test(id),
      );
      const found: string[] = [];
      for (const { id } of boards) {
        await open(`/d/${id}?${shown()}&var-cluster=prd-uaenorth`);
        found.push(...(await complaints()).map((complaint) => `${id}: ${complaint}`));
        found.push(...(await emptyPanels()).map((title) => `${id}: no data: ${title}`));
        problems.length = 0;
      }
      expect(boards.length).toBeGreaterThan(5);
      expect(found).toEqual([]);
    }, 240_000);

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

    /** Panels that say nothing but "No data". */
    async function emptyPanels(): Promise<string[]> {
      const empty = page.locator("section", { has: page.getByTestId("no-data").filter({ hasText: /^No data/u }) });
      return (await empty.getByRole("heading", { level: 2 }).allInnerTexts()).toSorted();
    }

    function panelTitles(): Promise<string[]> {
      return page.getByRole("heading", { level: 2 }).allInnerTexts();
    }

    /** Those that the health matrix has a row for. */
    async function clusters(): Promise<string[]> {
      const first = page.getByRole("grid").first().locator('[role="gridcell"][aria-colindex="1"]');
      return (await first.allInnerTexts()).toSorted();
    }

    /** What has data: the last half hour of the world. */
    function shown(): string {
      return `from=${from()}&to=${new Date(world.to).toISOString()}&timezone=utc`;
    }

    function from(): string {
      return new Date(world.to - 30 * 60_000).toISOString();
    }
  });
});
