import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";

const rounds = 5;

/**
 * How much JavaScript does the preview's page load before its first picture, and how long does that take on this machine?
 * From the address to the first graph of the Multi-Cluster Overview, and until all of it is drawn, with an empty cache, on
 * recorded answers: no server but the preview's own takes part.
 */
export async function preview(): Promise<string> {
  const [{ openBrowser }, { generatorOf }, { builtPage }, { playbackOf }, { servePreview }, { settled }] =
    await Promise.all([
      import("../preview/server/browser.ts"),
      import("../preview/server/generator.ts"),
      import("../preview/server/page.ts"),
      import("../preview/server/playback.ts"),
      import("../preview/server/server.ts"),
      import("../preview/server/snapshot.ts"),
    ]);
  const page = await builtPage();
  const served = await servePreview({
    generator: generatorOf(undefined),
    page,
    port: 0,
    backends: {},
    playback: playbackOf("preview/recorded.json"),
  });
  const browser = await openBrowser();
  try {
    const first: number[] = [];
    const whole: number[] = [];
    let loaded: string[] = [];
    for (let round = 0; round < rounds; round += 1) {
      const context = await browser.newContext({ viewport: { width: 1600, height: 1000 } });
      const tab = await context.newPage();
      const scripts: string[] = [];
      tab.on("request", (request) => {
        if (request.resourceType() === "script") scripts.push(new URL(request.url()).pathname);
      });
      const started = performance.now();
      await tab.goto(`${served.url}/d/multi-cluster-overview`);
      await tab.locator("section canvas, section [role=grid]").first().waitFor();
      first.push(performance.now() - started);
      loaded = [...scripts];
      await settled(tab);
      whole.push(performance.now() - started);
      await context.close();
    }
    const all = readdirSync(join(page, "assets")).filter((file) => file.endsWith(".js"));
    const names = loaded.map((path) => path.replace("/assets/", "")).filter((file) => all.includes(file));
    const size = (files: readonly string[]): string => {
      const bytes = files.map((file) => gzipSync(readFileSync(join(page, "assets", file))).length);
      return `${Math.round(bytes.reduce((sum, one) => sum + one, 0) / 1000)} kB gzip`;
    };
    return [
      `  JavaScript before the first picture: ${size(names)} in ${names.length} files, of ${size(all)} in all`,
      `  first picture: ${median(first)} ms; all of the board: ${median(whole)} ms (median of ${rounds}, empty cache)`,
    ].join("\n");
  } finally {
    await browser.close();
    await served.close();
  }
}

function median(times: readonly number[]): number {
  return Math.round(times.toSorted((a, b) => a - b)[Math.floor(times.length / 2)] ?? 0);
}
