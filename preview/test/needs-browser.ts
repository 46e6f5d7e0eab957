import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

const installed = fileURLToPath(new URL("../node_modules/playwright-core", import.meta.url));
const places = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

/** A suite in a real browser, on the built page. */
export function describeWithBrowser(name: string, body: () => void): void {
  const reason = lacking();
  if (reason === undefined) {
    describe(name, body);
  } else if (process.env["CI"] === "true") {
    test(name, () => {
      throw new Error(`not run: ${reason}`);
    });
  } else {
    process.stderr.write(`not run: ${name}: ${reason}\n`);
    describe.skip(`${name} (${reason})`, body);
  }
}

function lacking(): string | undefined {
  if (!existsSync(installed)) {
    return "the preview's packages are not installed: npm ci --prefix preview";
  }
  const given = process.env["CHROMIUM"];
  return given || places.some((place) => existsSync(place))
    ? undefined
    : "no Chromium: install it, or name it in CHROMIUM";
}
