import { remembered } from "../remembered.ts";
import { readDuration } from "./promql-literals.ts";
import type { Group } from "./subject.ts";

/** Rulers take these where nothing is written. */
export const defaultInterval = 60;
/** For how long a series without new samples is still found. */
export const lookback = 300;

/** Seconds, where it is a duration as Prometheus reads it: units from large to small, each once; a lone 0 needs none. */
export function durationOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  // Rules have the same few.
  return known(text, read);
}

const known = remembered<number | undefined>(1000);

function read(text: string): number | undefined {
  if (text === "0") return 0;
  if (!/^(?:\d+(?:ms|[ywdhms]))+$/u.test(text)) return undefined;
  const literal = readDuration(text);
  return "value" in literal ? literal.value : undefined;
}

export function intervalOf({ interval }: Pick<Group, "interval">): number {
  return durationOf(interval) ?? defaultInterval;
}
