import { type Browser, chromium } from "playwright-core";
import { chromiumPath } from "./chromium.ts";

export type { Browser, Page } from "playwright-core";

/** A browser without a window that talks to nobody by itself. */
export async function openBrowser(): Promise<Browser> {
  const executablePath = chromiumPath();
  if (executablePath === undefined) {
    throw new Error("no Chromium: install it, or name it in CHROMIUM");
  }
  return chromium.launch({
    executablePath,
    headless: true,
    args: [
      // Containers run as root, where Chromium's sandbox cannot start; it sees only our own page.
      ...(process.getuid?.() === 0 ? ["--no-sandbox"] : []),
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
      "--force-color-profile=srgb",
      "--font-render-hinting=none",
    ],
  });
}
