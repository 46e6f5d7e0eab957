import { existsSync, readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { fileURLToPath } from "node:url";
import type { Generated, Theme } from "./bundle.ts";
import { backendsOf } from "./server/backends.ts";
import { compare } from "./server/compare.ts";
import { contentsOf } from "./server/contents.ts";
import { type Generator, generatorOf, unwatched } from "./server/generator.ts";
import { builtPage } from "./server/page.ts";
import { type Playback, playbackOf } from "./server/playback.ts";
import { Recorder } from "./server/recorder.ts";
import { type Preview, servePreview } from "./server/server.ts";
import { snapshot, visit } from "./server/snapshot.ts";

const recorded = fileURLToPath(new URL("recorded.json", import.meta.url));

/** What the command line, which checks it, hands over: `serve`, `snapshot <uid>`, `compare <file>` or `record`. */
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    fleet: { type: "string" },
    mimir: { type: "string" },
    loki: { type: "string" },
    port: { type: "string", default: "0" },
    to: { type: "string", default: "" },
    theme: { type: "string", default: "dark" },
    width: { type: "string", default: "1600" },
    query: { type: "string", default: "" },
    panel: { type: "string" },
    json: { type: "boolean", default: false },
    board: { type: "string", multiple: true, default: [] },
    until: { type: "string", default: "0" },
  },
});

/** Exit codes: 0 done, 1 it failed, or a panel did. */
async function main(): Promise<number> {
  const [command = "serve", subject = ""] = positionals;
  const { to: file, query } = values;
  const width = Number(values.width);
  const theme: Theme = values.theme === "light" ? "light" : "dark";
  const generator = generatorOf(values.fleet);
  if (command === "serve") {
    const { url } = await serve(generator);
    process.stdout.write(`${url}\n`);
    return new Promise(() => undefined);
  }
  if (command === "record") {
    return record(generator);
  }
  const after = await serve(unwatched(generator));
  try {
    if (command === "snapshot") {
      const { panel } = values;
      const seen = await snapshot(after.url, {
        uid: subject,
        file,
        theme,
        width,
        query,
        ...(panel !== undefined && { panel }),
      });
      return ended(seen.problems, file, { file, theme, width, problems: seen.problems });
    }
    const old = JSON.parse(readFileSync(subject, "utf8")) as Generated;
    const before = await serve(unwatched({ read: () => Promise.resolve(old) }));
    try {
      const boardsOf = (generated: Generated) => contentsOf(generated, () => true).bundle.boards;
      const compared = await compare(
        { url: before.url, boards: boardsOf(old) },
        { url: after.url, boards: boardsOf(await generator.read()) },
        { folder: file, theme, width, query },
      );
      return ended(compared.problems, compared.file, compared);
    } finally {
      await before.close();
    }
  } finally {
    await after.close();
  }
}

/** Looks at boards with everything chosen, and with each environment, region and cluster alone, and keeps all answers. */
async function record(generator: Generator): Promise<number> {
  const step = 5 * 60_000;
  const to = Math.floor(Number(values.until) / step) * step;
  const recorder = new Recorder({ kind: "recorded", from: to - 6 * 3_600_000, to, step, boards: values.board });
  const generated = await generator.read();
  const boards = contentsOf(generated, () => true).bundle.boards.filter(({ uid }) => values.board.includes(uid));
  const preview = await serve(unwatched(generator), recorder);
  try {
    const problems = await visit(
      preview.url,
      boards.flatMap(({ uid }) => viewsOf(uid, generated)),
    );
    recorder.write(values.to);
    return ended(problems, values.to, { file: values.to, problems });
  } finally {
    await preview.close();
  }
}

function viewsOf(uid: string, { fleet }: Generated): string[] {
  const environment = fleet.environments.find(({ name }) => uid.startsWith(`${name}-`))?.name;
  const clusters = fleet.clusters.filter((cluster) => environment === undefined || cluster.environment === environment);
  const alone = (["environment", "region"] as const).flatMap((role) => {
    const values = [...new Set(clusters.map((cluster) => cluster[role]))];
    // The only one is the same as all.
    return values.length === 1 ? [] : values.map((value) => `?var-${role}=${value}`);
  });
  return ["", ...alone, ...clusters.map(({ name }) => `?var-cluster=${name}`)].map((query) => `/d/${uid}${query}`);
}

async function serve(generator: Generator, recorder?: Recorder): Promise<Preview> {
  const playback: Playback | undefined = !recorder && existsSync(recorded) ? playbackOf(recorded) : undefined;
  return servePreview({
    generator,
    page: await builtPage(),
    port: Number(values.port),
    backends: backendsOf(values, process.env),
    ...(playback !== undefined && { playback }),
    ...(recorder !== undefined && { recorder }),
  });
}

function ended(problems: readonly string[], file: string, data: object): number {
  process.stdout.write(`${values.json ? JSON.stringify(data, null, 2) : file}\n`);
  for (const problem of values.json ? [] : problems) {
    process.stderr.write(`${problem}\n`);
  }
  return problems.length === 0 ? 0 : 1;
}

try {
  process.exitCode = await main();
} catch (error) {
  process.stderr.write(`error: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
