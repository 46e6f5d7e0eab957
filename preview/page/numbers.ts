/** A number with what it counts: `1 point`, `2,000 points`, `3 series`. */
export function counted(count: number, what: string): string {
  const plural = what.endsWith("s") || count === 1 ? what : `${what}s`;
  return `${count.toLocaleString("en-US")} ${plural}`;
}
