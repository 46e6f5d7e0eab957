import type { Theme } from "../bundle.ts";
import { openBrowser, type Page } from "./browser.ts";

export interface SnapshotOptions {
  readonly uid: string;
  readonly file: string;
  readonly theme: Theme;
  readonly width: number;
  /** As in the board's address. */
  readonly query: string;
  readonly panel?: string;
}

export interface Seen {
  /** Console errors, failed requests and panels that show an error. */
  readonly problems: readonly string[];
}

/** Draws a board in Chromium and writes the picture. */
export async function snapshot(url: string, options: SnapshotOptions): Promise<Seen> {
  const { uid, file, theme, width, query, panel } = options;
  const browser = await openBrowser();
  try {
    const page = await browser.newPage({ viewport: { width, height: 1000 }, timezoneId: "UTC" });
    const problems = watch(page);
    const view = new URLSearchParams(query);
    view.set("theme", theme);
    await page.goto(`${url}/d/${encodeURIComponent(uid)}?${view}`);
    await settled(page);
    // Panels below the fold are drawn too, and tables at their full width.
    const height = await page.evaluate<number>("document.documentElement.scrollHeight");
    await page.setViewportSize({ width, height: Math.min(height, 16_000) });
    await settled(page);
    if (panel === undefined) {
      await page.screenshot({ path: file });
    } else {
      await page.locator(`[data-viz-panel-key="panel-${panel}"]`).screenshot({ path: file });
    }
    return { problems: [...problems, ...(await failures(page))] };
  } finally {
    await browser.close();
  }
}

/** Looks at each of these views, all of it, and says what went wrong. */
export async function visit(url: string, views: readonly string[]): Promise<string[]> {
  const browser = await openBrowser();
  try {
    const page = await browser.newPage({ viewport: { width: 1600, height: 6000 }, timezoneId: "UTC" });
    const problems = watch(page);
    for (const view of views) {
      await page.goto(url + view);
      await settled(page);
      problems.push(...(await failures(page)).map((failure) => `${view}: ${failure}`));
    }
    return problems;
  } finally {
    await browser.close();
  }
}

/** What goes wrong on a page, as it happens. */
export function watch(page: Page): string[] {
  const problems: string[] = [];
  page.on("console", (message) => {
    if (message.type() === "error") {
      problems.push(`console: ${message.text()} ${message.location().url}`);
    }
  });
  page.on("pageerror", (error) => problems.push(`page: ${error.message}`));
  page.on("requestfailed", (request) => {
    // A view that changes cancels what it no longer needs.
    if (request.failure()?.errorText !== "net::ERR_ABORTED") {
      problems.push(`request: ${request.url()}: ${request.failure()?.errorText}`);
    }
  });
  return problems;
}

/** Until every panel has drawn what it asked for. */
export async function settled(page: Page): Promise<void> {
  await page.locator("[data-board]").waitFor();
  for (let quiet = 0; quiet < 4;) {
    await page.waitForTimeout(100);
    quiet = (await page.locator('body[data-preview-busy="0"]').count()) === 1 ? quiet + 1 : 0;
  }
  await page.evaluate("document.fonts.ready.then(() => true)");
}

/** Panels that show an error instead of data. */
export async function failures(page: Page): Promise<string[]> {
  const failed = page.locator('section:has([data-testid="data-testid Panel status error"])');
  return (await failed.allInnerTexts()).map((text) => `panel: ${text.split("\n")[0]}`);
}
