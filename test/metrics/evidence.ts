import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import type { Facts, Family, SourceFacts } from "../../src/metrics/index.ts";
import { sources } from "../../src/metrics/index.ts";
import { type Exposed, parseExposition } from "../support/exposition.ts";

/** Which facts about a metric a scrape or a document confirms. */
export interface Confirmed {
  readonly observed: boolean;
  readonly documented: boolean;
  /** What neither does, in words. */
  readonly open: readonly string[];
}

export interface Evidence {
  confirm(family: Family): Confirmed;
}

/** What a scrape may call what we call otherwise: an `info` is a gauge there, and what has no type may be anything. */
const exposedAs: Readonly<Record<Facts["type"], readonly string[]>> = {
  counter: ["counter", "untyped", "unknown"],
  gauge: ["gauge", "untyped", "unknown"],
  info: ["gauge", "info", "untyped", "unknown"],
  histogram: ["histogram"],
  summary: ["summary"],
};

/** Documents have words for the same: OpenTelemetry's are sums that only grow or do not. */
const documentedAs: Readonly<Record<Facts["type"], RegExp>> = {
  counter: /\bcounter\b|\bsum\b.*\| true \|/iu,
  gauge: /\bgauge\b|\bsum\b.*\| false \|/iu,
  info: /\binfo\b|\bgauge\b/iu,
  histogram: /\bhistogram\b/iu,
  summary: /\bsummary\b/iu,
};

/** Reads the scrapes and documents in `folder`. */
export function evidenceIn(folder: string): Evidence {
  const scrapes = readScrapes(folder);
  const blocks = readBlocks(folder);
  return {
    confirm({ name, type, labels, source }) {
      const exposed = scrapes.get(name) ?? [];
      const texts = blocks.get(name) ?? [];
      const { relabelled = {} }: SourceFacts = sources[source];
      const written = (label: string) => Object.entries(relabelled).find(([, to]) => to === label)?.[0] ?? label;
      const shown = (label: string) =>
        exposed.some((metric) => metric.labels.has(label)) || texts.some((text) => wordsOf(text).includes(label));
      const typed =
        exposed.some((metric) => exposedAs[type].includes(metric.type)) ||
        texts.some((text) => documentedAs[type].test(text.replaceAll("\n", " ")));
      return {
        observed: exposed.length > 0,
        documented: texts.length > 0,
        open: [
          ...(exposed.length + texts.length === 0 ? ["no such name"] : []),
          ...(typed ? [] : [`not a ${type}`]),
          ...labels.filter((label) => !shown(written(label))).map((label) => `no label ${label}`),
        ],
      };
    },
  };
}

function readScrapes(folder: string): ReadonlyMap<string, readonly Exposed[]> {
  const found = new Map<string, Exposed[]>();
  // What keeps only some lines of a scrape has the whole beside it.
  for (const file of files(folder, /(?<!\.trim)\.prom(?:\.gz)?$|\.txt$/u)) {
    for (const [name, exposed] of parseExposition(read(file))) push(found, name, exposed);
  }
  return found;
}

/**
 * The places in the documents that name a metric: a row of a table or of a CSV file, with the section that it stands in
 * if that is about this metric alone.
 */
function readBlocks(folder: string): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, string[]>();
  for (const file of files(folder, /(?<!README)\.md$|\.csv$/u)) {
    for (const section of read(file).split(/^(?=#{2,4} )/mu)) {
      const heading = /^#+ `?([a-zA-Z_:][\w:]*)`?$/mu.exec(section.split("\n", 1)[0] ?? "")?.[1];
      if (heading !== undefined) push(found, heading, section);
      for (const line of section.split("\n")) {
        for (const word of new Set(wordsOf(line))) if (word.includes("_")) push(found, word, line);
      }
    }
  }
  return found;
}

function files(folder: string, pattern: RegExp): string[] {
  const exporters = join(folder, "metrics/exporters");
  return readdirSync(exporters, { recursive: true, encoding: "utf8" })
    .filter((path) => pattern.test(path))
    .sort()
    .map((path) => join(exporters, path));
}

function read(file: string): string {
  const bytes = readFileSync(file);
  return (file.endsWith(".gz") ? gunzipSync(bytes) : bytes).toString();
}

function wordsOf(text: string): string[] {
  return text.match(/[a-zA-Z_:][\w:]*/gu) ?? [];
}

function push<T>(map: Map<string, T[]>, key: string, value: T): void {
  const values = map.get(key);
  if (values) values.push(value);
  else map.set(key, [value]);
}
