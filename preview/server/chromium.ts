import { existsSync } from "node:fs";

const places = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

/** Chromium's executable: `CHROMIUM`, else where Debian and others put it; undefined where there is none. */
export function chromiumPath(): string | undefined {
  const given = process.env["CHROMIUM"];
  return given ? given : places.find((place) => existsSync(place));
}
