/**
 * What is new, with every part that is as before taken from before: whoever draws a part that did not change need not
 * draw it again.
 */
export function withSameParts<T>(before: unknown, now: T): T {
  return shared(before, now) as T;
}

function shared(before: unknown, now: unknown): unknown {
  if (Object.is(before, now)) {
    return before;
  }
  if (Array.isArray(before) && Array.isArray(now)) {
    const parts = now.map((part: unknown, at) => shared(before[at], part));
    return parts.length === before.length && parts.every((part, at) => Object.is(part, before[at])) ? before : parts;
  }
  if (isRecord(before) && isRecord(now)) {
    const parts = Object.entries(now).map(([key, part]): [string, unknown] => [key, shared(before[key], part)]);
    const same =
      parts.length === Object.keys(before).length &&
      parts.every(([key, part]) => key in before && Object.is(part, before[key]));
    return same ? before : Object.fromEntries(parts);
  }
  return now;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
