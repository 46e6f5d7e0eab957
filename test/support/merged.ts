/** Keys of the second over those of the first; null takes one away. */
export function merged(base: unknown, over: unknown): unknown {
  if (typeof base !== "object" || base === null || typeof over !== "object" || over === null) return over;
  if (Array.isArray(base) || Array.isArray(over)) return over;
  const whole = { ...(base as Record<string, unknown>) };
  for (const [key, value] of Object.entries(over)) {
    if (value === null) delete whole[key];
    else whole[key] = merged(whole[key], value);
  }
  return whole;
}
