export const second = 1000;
export const minute: number = 60 * second;
export const hour: number = 60 * minute;
export const day: number = 24 * hour;
export const week: number = 7 * day;

/** A stretch of time, without its end. */
export interface Window {
  readonly from: number;
  readonly to: number;
}

const units: Readonly<Record<string, number>> = { ms: 1, s: second, m: minute, h: hour, d: day, w: week };

/** A Prometheus duration in milliseconds; undefined where it is none. */
export function milliseconds(duration: string): number | undefined {
  if (!/^(?:\d+(?:ms|[smhdw]))+$/u.test(duration)) return undefined;
  return [...duration.matchAll(/(\d+)(ms|[smhdw])/gu)].reduce(
    (sum, [, count, unit]) => sum + Number(count) * (units[unit ?? ""] ?? 0),
    0,
  );
}

/** A moment as people write it: `now`, `-30m`, `+1h`, or a date with its zone, `2026-01-31T08:00:00Z`. */
export function moment(text: string, now: number): number | undefined {
  if (text === "now") return now;
  const [, sign, length = ""] = /^([+-])(.+)$/u.exec(text) ?? [];
  if (sign !== undefined) {
    const distance = milliseconds(length);
    return distance === undefined ? undefined : now + (sign === "-" ? -distance : distance);
  }
  // Only with a date, and only with a zone: what Date makes of less depends on the machine.
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:\d\d)$/u.test(text)) return undefined;
  const at = Date.parse(text);
  return Number.isNaN(at) ? undefined : at;
}

/** Every moment at `offset` into a day that lies in the window, oldest first. */
export function daily({ from, to }: Window, offset = 0): number[] {
  const times: number[] = [];
  for (let at = Math.ceil((from - offset) / day) * day + offset; at < to; at += day) times.push(at);
  return times;
}

/** 0 is Monday. The world's clock is UTC: fleets span the globe. */
export function weekday(ms: number): number {
  return (((Math.floor(ms / day) + 3) % 7) + 7) % 7;
}

export function isWorkday(ms: number): boolean {
  return weekday(ms) < 5;
}

/** `2026.11.19`. */
export function dateTag(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10).replaceAll("-", ".");
}

/** The parts of time that lie in one of the windows, in order and without overlap. */
export function union(windows: readonly Window[]): Window[] {
  const merged: { from: number; to: number }[] = [];
  for (const { from, to } of windows.filter(({ from, to }) => to > from).sort((a, b) => a.from - b.from)) {
    const last = merged.at(-1);
    if (last && from <= last.to) last.to = Math.max(last.to, to);
    else merged.push({ from, to });
  }
  return merged;
}

/** What remains of a window where the holes are cut out of it. */
export function without(whole: Window, holes: readonly Window[]): Window[] {
  const left: Window[] = [];
  let from = whole.from;
  for (const hole of union(holes)) {
    if (hole.to <= from) continue;
    if (hole.from >= whole.to) break;
    if (hole.from > from) left.push({ from, to: hole.from });
    from = hole.to;
  }
  if (from < whole.to) left.push({ from, to: whole.to });
  return left;
}

/** The parts of the windows that lie in `whole`. */
export function within(whole: Window, windows: readonly Window[]): Window[] {
  return windows.flatMap(({ from, to }) => {
    const part = { from: Math.max(from, whole.from), to: Math.min(to, whole.to) };
    return part.to > part.from ? [part] : [];
  });
}

export function isIn(windows: readonly Window[], ms: number): boolean {
  return windows.some(({ from, to }) => ms >= from && ms < to);
}
