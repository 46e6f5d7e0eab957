import { parser } from "@prometheus-io/lezer-promql";
import { secondsOf } from "../../src/duration.ts";
import { tokenizeLogql } from "../../src/lint/logql-tokens.ts";

/** What is a length of time in a rule group, in its rules, and in a route. */
const lengths = new Set([
  "for",
  "group_interval",
  "group_wait",
  "interval",
  "keep_firing_for",
  "query_offset",
  "repeat_interval",
]);

export interface Scale {
  readonly factor: number;
  /** Seconds: what is shorter stays as it is. Default 0. */
  readonly from?: number;
  /** Of expressions. Default promql. */
  readonly language?: "promql" | "logql";
}

/**
 * The same rules or routes with every length of time divided by one factor: in `for`, intervals, windows, offsets, waits. Numbers
 * stay, and all that is read by people. So what takes a week is seen within hours, and what takes minutes within seconds.
 */
export function scaled<T>(value: T, scale: Scale): T {
  if (Array.isArray(value)) return value.map((one: unknown) => scaled(one, scale)) as T;
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, own]: [string, unknown]) => {
      if (key === "labels" || key === "annotations") return [key, own];
      if (typeof own !== "string") return [key, scaled(own, scale)];
      if (key === "expr") return [key, scaledExpression(own, scale)];
      return [key, lengths.has(key) ? scaledLength(own, scale) : own];
    }),
  ) as T;
}

function scaledLength(length: string, { factor, from = 0 }: Scale): string {
  const seconds = secondsOf(length);
  if (seconds === 0 || seconds < from) return length;
  const milliseconds = Math.max(1, Math.round((1000 * seconds) / factor));
  return milliseconds % 1000 === 0 ? `${milliseconds / 1000}s` : `${milliseconds}ms`;
}

function scaledExpression(expr: string, scale: Scale): string {
  let result = "";
  let done = 0;
  for (const [from, to] of lengthsIn(expr, scale.language)) {
    result += expr.slice(done, from) + scaledLength(expr.slice(from, to), scale);
    done = to;
  }
  return result + expr.slice(done);
}

/** Where lengths of time stand in an expression, without the brackets of a range. */
function lengthsIn(expr: string, language: Scale["language"] = "promql"): (readonly [from: number, to: number])[] {
  if (language === "logql") {
    return tokenizeLogql(expr, {}).flatMap(({ kind, from, to }) =>
      kind === "range" ? [[from + 1, to - 1] as const] : kind === "duration" ? [[from, to] as const] : [],
    );
  }
  const found: (readonly [number, number])[] = [];
  parser.parse(expr).iterate({
    enter({ name, from, to }) {
      if (name === "NumberDurationLiteralInDurationContext") found.push([from, to]);
    },
  });
  return found;
}
