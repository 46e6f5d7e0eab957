import { writeFileSync } from "node:fs";
import type { RecordedData } from "../bundle.ts";
import { type Source, tenantHeader } from "./contents.ts";
import { keyOf, type RecordedSeries, type Recording } from "./playback.ts";

/** As many digits as anybody sees. */
const digits = 6;

interface Answered {
  readonly metric?: Readonly<Record<string, string>>;
  readonly value?: readonly [number, string];
  readonly values?: readonly (readonly [number, string])[];
}

/** Keeps what a server answers, each line once. */
export class Recorder {
  readonly data: RecordedData;
  readonly #series: RecordedSeries[] = [];
  readonly #places = new Map<string, number>();
  readonly #answers = new Map<string, readonly number[]>();
  readonly #values = new Map<string, readonly string[]>();

  /** @param data the stretch that is shown while it is recorded, so that the page asks as it will of the recording */
  constructor(data: RecordedData) {
    this.data = data;
  }

  /** @param answer the body of a server's answer, in the shape of Prometheus' API */
  keep(source: Source, path: string, form: URLSearchParams, answer: string): void {
    const tenants = tenantHeader(source) ?? "";
    const { data } = JSON.parse(answer) as { readonly data?: unknown };
    const label = /^api\/v1\/label\/(\w+)\/values$/u.exec(path)?.[1];
    if (label !== undefined) {
      this.#values.set([tenants, label, form.get("match[]") ?? ""].join("\n"), data as string[]);
      return;
    }
    const name = path.replace("api/v1/", "");
    const question = form.get(name === "series" ? "match[]" : "query");
    const lines = linesOf(name, data);
    if (question !== null && lines !== undefined) {
      const places = lines.map((line) => this.#placeOf(this.#seriesOf(line)));
      this.#answers.set(keyOf(tenants, name, question), places);
    }
  }

  /** In an order that does not depend on who asked first, and a series a line, so that a difference can be read. */
  write(file: string): void {
    const { from, to, step, boards } = this.data;
    const order = this.#series
      .map((series, at) => ({ at, text: JSON.stringify(series) }))
      .sort((a, b) => (a.text < b.text ? -1 : 1));
    const moved = new Map(order.map(({ at }, place) => [at, place]));
    const recording: Omit<Recording, "series"> = {
      from,
      to,
      step,
      boards,
      answers: sorted(this.#answers, (places) => places.map((at) => moved.get(at) ?? 0)),
      values: sorted(this.#values, (values) => values),
    };
    const series = order.map(({ text }) => text).join(",\n");
    const [head = "", tail = ""] = JSON.stringify({ ...recording, series: "⟦series⟧" }, null, 0).split('"⟦series⟧"');
    writeFileSync(file, `${head}[\n${series}\n]${tail}\n`.replaceAll('],"', '],\n"'));
  }

  #seriesOf({ metric = {}, value, values = [] }: Answered): RecordedSeries {
    if (value !== undefined) {
      return { labels: metric, values: [rounded(value[1])] };
    }
    const { from, to, step } = this.data;
    const points: RecordedSeries["values"][number][] = [];
    let next = 0;
    for (let at = from; at <= to; at += step) {
      let found: string | undefined;
      for (; (values[next]?.[0] ?? Infinity) * 1000 <= at; next += 1) {
        const [seconds = 0, text] = values[next] ?? [];
        found = seconds * 1000 > at - step ? text : undefined;
      }
      points.push(found === undefined ? null : rounded(found));
    }
    return { labels: metric, values: points };
  }

  #placeOf(series: RecordedSeries): number {
    const key = JSON.stringify(series);
    const found = this.#places.get(key) ?? this.#series.push(series) - 1;
    this.#places.set(key, found);
    return found;
  }
}

function linesOf(name: string, data: unknown): readonly Answered[] | undefined {
  if (name === "series") {
    return (data as Readonly<Record<string, string>>[]).map((metric) => ({ metric }));
  }
  const { resultType, result } = data as { readonly resultType?: string; readonly result?: unknown };
  return resultType === "vector" || resultType === "matrix" ? (result as Answered[]) : undefined;
}

function rounded(text: string): number | string {
  return /^(?:NaN|[+-]Inf)$/u.test(text) ? text : Number(Number(text).toPrecision(digits));
}

function sorted<T, U>(map: ReadonlyMap<string, T>, of: (value: T) => U): Record<string, U> {
  return Object.fromEntries([...map].sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, value]) => [key, of(value)]));
}
