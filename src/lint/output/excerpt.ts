import type { Finding } from "../check.ts";

const widest = 110;

/** An expression in one line, cut to what is meant; below it that is underlined. */
export function excerpt({ expr, from, to }: Pick<Finding, "from" | "to"> & { readonly expr: string }): string[] {
  // Comments would take the rest of the line with them.
  const flat = (text: string): string => text.replaceAll(/\s+/gu, " ");
  const whole = flat(expr.trim());
  if (from === undefined || to === undefined || to - from >= expr.trim().length) {
    return [whole.length > widest ? `${whole.slice(0, widest - 1)}…` : whole];
  }
  const lead = flat(expr.slice(0, from)).trimStart();
  const part = flat(expr.slice(from, to));
  const start = Math.max(0, Math.min(lead.length - 30, lead.length + part.length - widest + 20));
  const shown = (lead + part + flat(expr.slice(to))).slice(start, start + widest);
  const [begin, end] = [start > 0 ? "…" : "", start + widest < whole.length ? "…" : ""];
  const at = begin.length + lead.length - start;
  const length = Math.max(1, Math.min(part.trimEnd().length, widest - lead.length + start));
  return [`${begin}${shown.trimEnd()}${end}`, `${" ".repeat(at)}${"^".repeat(length)}`];
}
