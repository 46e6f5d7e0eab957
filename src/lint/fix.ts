import type { Finding } from "./check.ts";

/** A file after its fixes. */
export interface Fixed {
  readonly text: string;
  readonly applied: number;
}

/** Applies the fixes of one file, in place. Where two overlap, the later one waits for the next run. */
export function applyFixes(text: string, findings: readonly Finding[]): Fixed {
  const lines = [0];
  for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) lines.push(at + 1);
  const edits = findings
    .flatMap(({ fix, expr }) => {
      if (fix?.line === undefined || fix.column === undefined || expr === undefined) return [];
      const from = (lines[fix.line - 1] ?? 0) + fix.column - 1;
      const raw = expr.slice(fix.from, fix.to);
      // What is put in must stand before what follows it; that may be written otherwise, as in JSON, and then is left.
      const next = raw === "" ? (expr.slice(fix.from).trimStart()[0] ?? "") : raw;
      return text.startsWith(next, from) && !raw.includes("\n")
        ? [{ from, to: from + raw.length, text: fix.text }]
        : [];
    })
    .toSorted((a, b) => b.from - a.from);
  let fixed = text;
  let before = Infinity;
  let applied = 0;
  for (const edit of edits) {
    if (edit.to > before || (edit.from === before && edit.from === edit.to)) continue;
    fixed = fixed.slice(0, edit.from) + edit.text + fixed.slice(edit.to);
    before = edit.from;
    applied++;
  }
  return { text: fixed, applied };
}
