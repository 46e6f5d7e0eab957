import { existsSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import pixelmatch from "pixelmatch";
import { PNG } from "pngjs";

/**
 * Share of the pixels that may differ from the stored picture, each by more than a tenth of the way from black to white:
 * what another build of Chromium makes of the edges of letters, and far less than the smallest panel.
 */
const tolerance = 0.005;

/** Compares with the stored picture. Where there is none it is written, except in CI. To renew one, delete it. */
export function expectPicture(drawn: Buffer, stored: string): void {
  if (!existsSync(stored) && process.env["CI"] !== "true") {
    writeFileSync(stored, drawn);
    process.stderr.write(`written: ${stored}; look at it\n`);
  }
  const [is, was] = [PNG.sync.read(drawn), PNG.sync.read(readFileSync(stored))];
  expect({ width: is.width, height: is.height }).toEqual({ width: was.width, height: was.height });
  const difference = new PNG({ width: is.width, height: is.height });
  const differing = pixelmatch(is.data, was.data, difference.data, is.width, is.height, { threshold: 0.1 });
  if (differing > tolerance * is.width * is.height) {
    const folder = mkdtempSync(join(tmpdir(), "fleetglass-picture-"));
    writeFileSync(join(folder, basename(stored)), drawn);
    writeFileSync(join(folder, "difference.png"), PNG.sync.write(difference));
    throw new Error(`${differing} pixels differ from ${stored}: see ${folder}`);
  }
}
