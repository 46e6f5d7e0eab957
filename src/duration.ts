const secondsPer = { ms: 0.001, s: 1, m: 60, h: 3600, d: 86_400, w: 604_800, y: 31_536_000 } as const;

/** Length of a Prometheus duration. */
export function secondsOf(duration: string): number {
  return [...duration.matchAll(/(\d+)(ms|[smhdwy])/gu)].reduce(
    (sum, [, digits, unit]) => sum + Number(digits) * secondsPer[unit as keyof typeof secondsPer],
    0,
  );
}
