import { readFileSync } from "node:fs";
import type { Browser, Page } from "../../preview/server/browser.ts";
import { builtPage } from "../../preview/server/page.ts";
import { playbackOf } from "../../preview/server/playback.ts";
import { type Preview, servePreview } from "../../preview/server/server.ts";
import { referenceFleet } from "../../src/fleet/reference.ts";
import { generatedOf, still } from "../support/every-kind.ts";
import { describeWithBrowser } from "../support/needs-browser.ts";

const file = "preview/recorded.json";
const { boards } = JSON.parse(readFileSync(file, "utf8")) as { readonly boards: readonly string[] };

/** What somebody sees who has no server at all. */
describeWithBrowser("the preview on recorded answers", () => {
  let preview: Preview;
  let browser: Browser;
  let page: Page;
  let problems: string[];

  beforeAll(async () => {
    const { openBrowser } = await import("../../preview/server/browser.ts");
    preview = await servePreview({
      generator: still(generatedOf(referenceFleet)),
      page: await builtPage(),
      port: 0,
      backends: {},
      playback: playbackOf(file),
    });
    browser = await openBrowser();
  }, 300_000);

  afterAll(async () => {
    await browser?.close();
    await preview?.close();
  });

  beforeEach(async () => {
    const { watch } = await import("../../preview/server/snapshot.ts");
    page = await browser.newPage({ viewport: { width: 1600, height: 3000 }, timezoneId: "UTC" });
    problems = watch(page);
  });

  afterEach(() => page.close());

  async function open(path: string): Promise<string[]> {
    const { failures, settled } = await import("../../preview/server/snapshot.ts");
    await page.goto(preview.url + path);
    await settled(page);
    return [...problems, ...(await failures(page))];
  }

  test("a megabyte is enough for it, and the first boards that anybody opens are in it", () => {
    expect(readFileSync(file).length).toBeLessThanOrEqual(1_000_000);
    expect(boards).toEqual(expect.arrayContaining(["multi-cluster-overview", "sre-operations-center"]));
  });

  test.each(boards)(
    "%s is drawn, all of it, and is said to be recorded",
    async (uid) => {
      expect(await open(`/d/${uid}`)).toEqual([]);
      expect(await page.getByText("Recorded data").count()).toBe(1);
      expect(
        await page
          .getByTestId("no-data")
          .filter({ hasText: /^No data/u })
          .count(),
      ).toBe(0);
    },
    60_000,
  );

  test("another cluster is another picture", async () => {
    expect(await open("/d/multi-cluster-overview?var-cluster=prd-uaenorth")).toEqual([]);
    const rows = page.getByRole("grid").first().locator('[role="gridcell"][aria-colindex="1"]');
    expect(await rows.allInnerTexts()).toEqual(["prd-uaenorth"]);
  }, 60_000);

  test("a board that was not recorded says what would draw it", async () => {
    expect(await open("/d/pod")).toEqual([]);
    await page.getByText("npm run demo").waitFor();
  }, 60_000);
});
