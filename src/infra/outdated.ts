import { type Chart, charts } from "./charts.ts";
import type { Release } from "./release.ts";

/** One version of a chart, as the index of its repository lists it. */
export interface ChartVersion {
  readonly version: string;
  readonly appVersion?: string;
  /** Where its archive is; relative to the index, perhaps. */
  readonly urls?: readonly string[];
}

/** A chart of ours of which there is a newer version. */
export interface Outdated {
  readonly chart: string;
  readonly ours: string;
  readonly newest: ChartVersion;
  /** Is it another major version, where a chart may change its values? */
  readonly major: boolean;
}

/** Which of the charts that a fleet uses are outdated, and by what; versions before a release count only for one of their kind. */
export function outdatedCharts(
  releases: readonly Release[],
  index: ReadonlyMap<string, readonly ChartVersion[]>,
): Outdated[] {
  const used = [...new Map(releases.map(({ chart, version }) => [chart, version])).entries()].toSorted(([a], [b]) =>
    a < b ? -1 : 1,
  );
  return used.flatMap(([chart, ours]): Outdated[] => {
    const released = (index.get(chart) ?? []).filter(({ version }) => isVersion(version) && !version.includes("-"));
    const [newest] = released.toSorted((a, b) => compareVersions(b.version, a.version));
    if (!newest || compareVersions(newest.version, ours) <= 0) return [];
    return [{ chart, ours, newest, major: newest.version.split(".")[0] !== ours.split(".")[0] }];
  });
}

/** Keys that releases of a chart set and its `values.yaml` does not have: Helm would ignore each without a word. */
export function unknownKeys(values: unknown, theirs: unknown, chart: Chart): string[] {
  return unknownBelow(values, theirs, chart, []);
}

/** What our values would lose in another version of a chart: the keys that it does not know any more. */
export function lostKeys(chart: string, releases: readonly Release[], theirs: unknown): string[] {
  const own = charts[chart as keyof typeof charts];
  const keys = releases
    .filter((release) => release.chart === chart)
    .flatMap(({ values }) => unknownKeys(values, theirs, own));
  return [...new Set(keys)].toSorted();
}

function unknownBelow(ours: unknown, theirs: unknown, chart: Chart, path: readonly string[]): string[] {
  if (!isMapping(ours)) return [];
  return Object.entries(ours).flatMap(([key, value]) => {
    const here = [...path, key];
    const name = here.join(".");
    if ([...chart.free, ...chart.extra].includes(name)) return [];
    // An empty mapping is one that whoever installs it fills.
    if (path.length > 0 && isMapping(theirs) && Object.keys(theirs).length === 0) return [];
    if (!isMapping(theirs) || !(key in theirs)) {
      return chart.extra.some((extra) => extra.startsWith(`${name}.`)) ? [] : [name];
    }
    return unknownBelow(value, theirs[key], chart, here);
  });
}

function isMapping(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isVersion(text: string): boolean {
  return /^v?\d+\.\d+\.\d+(?:[-+].*)?$/u.test(text);
}

/** By semantic versioning, as far as charts need it: a version before a release is before it. */
function compareVersions(a: string, b: string): number {
  const [one, other] = [a, b].map((text) => {
    const [numbers = "", before = ""] = text.replace(/^v/u, "").split("+")[0]?.split(/-(.*)/su) ?? [];
    return { numbers: numbers.split(".").map(Number), before };
  });
  for (let at = 0; at < 3; at += 1) {
    const difference = (one?.numbers[at] ?? 0) - (other?.numbers[at] ?? 0);
    if (difference !== 0) return difference;
  }
  if (one?.before === other?.before) return 0;
  return one?.before === "" ? 1 : other?.before === "" ? -1 : (one?.before ?? "") < (other?.before ?? "") ? -1 : 1;
}
