import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import type { RecordedData } from "../bundle.ts";
import { type Source, tenantHeader } from "./contents.ts";

/** What a real server answered to the queries of boards; `fleetglass simulate --record` writes it. */
export interface Recording {
  /** Milliseconds. */
  readonly from: number;
  readonly to: number;
  readonly step: number;
  readonly boards: readonly string[];
  /** `values` from `from` to `to` by step, null where there is none; or one value, of a moment. */
  readonly series: readonly RecordedSeries[];
  /** By what was asked, see `keyOf`: places in `series`. */
  readonly answers: Readonly<Record<string, readonly number[]>>;
  /** Of label values: by `${tenants}\n${label}\n${match}`. */
  readonly values: Readonly<Record<string, readonly string[]>>;
}

export interface RecordedSeries {
  readonly labels: Readonly<Record<string, string>>;
  /** A text only for what JSON has no number: NaN, +Inf, -Inf. */
  readonly values: readonly (number | string | null)[];
}

/** A question as a recording knows it. Expressions are longer than their answers, so of those a digest is kept. */
export function keyOf(tenants: string, path: string, question: string): string {
  const digest = createHash("sha256").update(`${path}\n${question}`).digest("base64url").slice(0, 16);
  return `${tenants}\n${digest}`;
}

type Answer = { readonly status: 200; readonly data: unknown } | { readonly status: 404; readonly error: string };

export interface Playback {
  readonly data: RecordedData;
  /** Does it hold anything of this data source? */
  knows(source: Source): boolean;
  answer(source: Source, path: string, form: URLSearchParams): Answer;
}

/** @throws {Error} where the file is no recording. */
export function playbackOf(file: string): Playback {
  const recording = JSON.parse(readFileSync(file, "utf8")) as Recording;
  const { from, to, step, boards } = recording;
  const tenants = new Set(
    [...Object.keys(recording.answers), ...Object.keys(recording.values)].map((key) => key.split("\n")[0]),
  );
  return {
    data: { kind: "recorded", from, to, step, boards },
    knows: (source) => source.type === "prometheus" && tenants.has(tenantHeader(source) ?? ""),
    answer(source, path, form) {
      const found = answerTo(recording, tenantHeader(source) ?? "", path, form);
      return found === undefined ? { status: 404, error: lacking } : { status: 200, data: found };
    },
  };
}

const lacking = "not recorded: choose one or all of each filter, or name a server with --mimir";

function answerTo(recording: Recording, tenants: string, path: string, form: URLSearchParams): unknown {
  const label = /^api\/v1\/label\/(\w+)\/values$/u.exec(path)?.[1];
  if (label !== undefined) {
    return recording.values[[tenants, label, form.get("match[]") ?? ""].join("\n")];
  }
  const name = path.replace("api/v1/", "");
  const question = form.get(name === "series" ? "match[]" : "query") ?? "";
  const found = recording.answers[keyOf(tenants, name, question)]?.flatMap((at) => recording.series[at] ?? []);
  if (found === undefined) {
    return undefined;
  }
  switch (name) {
    case "series":
      return found.map(({ labels }) => labels);
    case "query":
      return { resultType: "vector", result: found.map((series) => momentOf(series, recording)) };
    default:
      return { resultType: "matrix", result: found.map((series) => rangeOf(series, recording, form)) };
  }
}

function momentOf({ labels, values }: RecordedSeries, { to }: Recording): unknown {
  return { metric: labels, value: [to / 1000, textOf(values.at(-1) ?? "NaN")] };
}

/** At each step asked for, the newest recorded value that is no older than a recorded step: so a server looks back. */
function rangeOf({ labels, values }: RecordedSeries, { from, to, step }: Recording, form: URLSearchParams): unknown {
  const asked = (key: string): number => Number(form.get(key)) * 1000;
  const points: (readonly [number, string])[] = [];
  const [start, end, pace] = [asked("start"), asked("end"), asked("step")];
  for (let at = start; pace > 0 && at <= end; at += pace) {
    const value = at >= from && at < to + step ? values[Math.floor((at - from) / step)] : undefined;
    if (value !== undefined && value !== null) {
      points.push([at / 1000, textOf(value)]);
    }
  }
  return { metric: labels, values: points };
}

function textOf(value: number | string): string {
  return String(value);
}
