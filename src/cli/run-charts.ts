import { readFile } from "node:fs/promises";
import { gunzipSync } from "node:zlib";
import { parse } from "yaml";
import * as z from "zod";
import { contentOf } from "../bundle.ts";
import { infrastructure } from "../infra/index.ts";
import { type ChartVersion, lostKeys, type Outdated, outdatedCharts } from "../infra/outdated.ts";
import type { Release } from "../infra/release.ts";
import { colours } from "./colours.ts";
import { type ExitCode, exitCodes } from "./exit-codes.ts";
import { loadProject } from "./load.ts";
import type { CommonOptions, World } from "./run.ts";

export interface ChartsOptions extends CommonOptions {
  /** Files or addresses of indexes; none for those of the charts' own repositories. */
  readonly index: readonly string[];
}

interface Found extends Outdated {
  /** Keys of our values that the new version does not have; absent where its archive could not be read. */
  readonly lost?: readonly string[];
  readonly problem?: string;
}

/** `fleetglass charts outdated`: which charts have newer versions, and what of our values these do not know any more. */
export async function runChartsOutdated(options: ChartsOptions, { print }: World): Promise<ExitCode> {
  const { project } = await loadProject(options.fleet);
  const releases = infrastructure(project.fleet, contentOf(project)).flatMap((one) => one.releases);
  if (releases.length === 0) throw new Error("this fleet asks for no infrastructure of ours: it has no charts");
  const places = options.index.length > 0 ? options.index : indexesOf(releases);
  const index = new Map<string, readonly ChartVersion[]>();
  const homes = new Map<string, string>();
  for (const place of places) {
    for (const [chart, versions] of await readIndex(place)) {
      if (index.has(chart)) continue;
      index.set(chart, versions);
      homes.set(chart, place);
    }
  }
  const used = [...new Set(releases.map(({ chart }) => chart))];
  const unlisted = used.filter((chart) => !index.has(chart));
  const found: Found[] = [];
  for (const one of outdatedCharts(releases, index)) {
    found.push({ ...one, ...(await lostIn(one, releases, homes.get(one.chart) ?? "")) });
  }
  if (options.json === true) print(JSON.stringify({ charts: used.length, outdated: found, unlisted }, null, 2));
  else print(text(found, used.length, unlisted));
  return found.length > 0 ? exitCodes.failed : exitCodes.done;
}

function indexesOf(releases: readonly Release[]): string[] {
  const repositories = [...new Set(releases.map(({ repository }) => repository))];
  const mirror = repositories.find((one) => one.startsWith("oci://"));
  if (mirror !== undefined) {
    throw new Error(
      `${mirror} is a registry and has no index: name one with --index, such as that of the charts' own repository`,
    );
  }
  return repositories.map((repository) => `${repository}/index.yaml`);
}

const indexShape = z.object({
  entries: z.record(
    z.string(),
    z.array(
      z.looseObject({
        version: z.string(),
        appVersion: z.coerce.string().optional(),
        urls: z.array(z.string()).optional(),
      }),
    ),
  ),
});

async function readIndex(place: string): Promise<[string, ChartVersion[]][]> {
  const checked = indexShape.safeParse(parse((await bytesOf(place)).toString("utf8")));
  if (!checked.success) throw new Error(`${place} is not the index of a chart repository: it has no entries`);
  return Object.entries(checked.data.entries).map(([chart, versions]) => [
    chart,
    versions.map(({ version, appVersion, urls }) => ({
      version,
      ...(appVersion !== undefined && { appVersion }),
      ...(urls && { urls }),
    })),
  ]);
}

/** Reads the new version's own values, where its archive can be had. */
async function lostIn(
  { chart, newest }: Outdated,
  releases: readonly Release[],
  home: string,
): Promise<Pick<Found, "lost" | "problem">> {
  const [url] = newest.urls ?? [];
  if (url === undefined) return { problem: "the index names no archive" };
  try {
    const values = fileIn(gunzipSync(await bytesOf(resolved(url, home))), `${chart}/values.yaml`);
    return { lost: lostKeys(chart, releases, parse(values)) };
  } catch (error) {
    return { problem: error instanceof Error ? (error.message.split("\n")[0] ?? "") : String(error) };
  }
}

function resolved(url: string, home: string): string {
  if (/^https?:\/\//u.test(url)) return url;
  if (/^https?:\/\//u.test(home)) return new URL(url, home).href;
  return `${home.replace(/[^/]*$/u, "")}${url}`;
}

async function bytesOf(place: string): Promise<Buffer> {
  if (!/^https?:\/\//u.test(place)) {
    try {
      return await readFile(place);
    } catch (error) {
      throw new Error(`${place} can't be read (${(error as NodeJS.ErrnoException).code})`, { cause: error });
    }
  }
  let answer: Response;
  try {
    answer = await fetch(place, { signal: AbortSignal.timeout(30_000) });
  } catch (error) {
    throw new Error(`${place} can't be reached: name an index with --index FILE`, { cause: error });
  }
  if (!answer.ok) throw new Error(`${place} answers ${answer.status}`);
  return Buffer.from(await answer.arrayBuffer());
}

/** A file of a tar archive: blocks of 512 bytes, a header before each file with its name and its length in octal. */
function fileIn(archive: Buffer, name: string): string {
  for (let at = 0; at + 512 <= archive.length;) {
    const text = (from: number, length: number): string =>
      archive.toString("utf8", at + from, at + from + length).replace(/\0.*$/su, "");
    const size = parseInt(text(124, 12), 8) || 0;
    if (text(0, 100) === name) return archive.toString("utf8", at + 512, at + 512 + size);
    at += 512 + Math.ceil(size / 512) * 512;
  }
  throw new Error(`the archive has no ${name}`);
}

function text(found: readonly Found[], count: number, unlisted: readonly string[]): string {
  const width = Math.max(0, ...found.map(({ chart }) => chart.length));
  const lines = found.flatMap(({ chart, ours, newest, major, lost, problem }) => [
    `${chart.padEnd(width)}  ${ours} → ${major ? colours.yellow(newest.version) : newest.version}${newest.appVersion === undefined ? "" : colours.dim(`  (${newest.appVersion})`)}`,
    ...(lost ?? []).map((key) => colours.red(`  ! ${key} is no key of it any more`)),
    ...(lost?.length === 0 ? [colours.dim("  it knows every key that we set")] : []),
    ...(problem === undefined ? [] : [colours.yellow(`  ? its values were not looked at: ${problem}`)]),
  ]);
  const missing = unlisted.length > 0 ? [`Not in the index: ${unlisted.join(", ")}.`] : [];
  if (found.length === 0) return [`${colours.green("✓")} None of ${count} charts is outdated.`, ...missing].join("\n");
  return [
    ...lines,
    "",
    `${found.length} of ${count} charts are outdated. Versions stand in src/infra/charts.ts.`,
    ...missing,
  ].join("\n");
}
