import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { chromiumPath } from "../../preview/server/chromium.ts";
import { describeUnless } from "./needs.ts";

const installed = fileURLToPath(new URL("../../preview/node_modules/.package-lock.json", import.meta.url));

/** A suite in a real browser, on the built page. */
export function describeWithBrowser(name: string, body: () => void): void {
  describeUnless(lacking(), name, body);
}

function lacking(): string | undefined {
  if (!existsSync(installed)) return "the preview's packages are not installed: npx tsx scripts/preview-packages.ts";
  return chromiumPath() === undefined ? "no Chromium: install it, or name it in CHROMIUM" : undefined;
}
