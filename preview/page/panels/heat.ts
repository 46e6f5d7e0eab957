/** From hardly to most, in oranges that stand out from either background: Grafana's default scheme, roughly. */
export function heat(share: number, dark: boolean): string {
  const strength = Math.max(0, Math.min(1, share));
  const lightness = dark ? 18 + 50 * strength : 92 - 52 * strength;
  return `hsl(${30 - 12 * strength} 90% ${lightness}%)`;
}
