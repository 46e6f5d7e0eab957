import { list, record, text } from "./input/json.ts";
import type { Allow } from "./subject.ts";

/** What the marker "intentionally global" allows: a query that means all clusters together. */
export const globally: readonly string[] = ["C01", "C02", "C03", "C04", "C06", "C09"];

const comment =
  /fleetglass:[ \t]*(?:allow[ \t]+((?:[A-Z]\d\d|\*)(?:[ \t,]+(?:[A-Z]\d\d|\*))*)|(global))[ \t]*(?:because\b|[:—–-])?[ \t]*([^\n]*)/gu;

/** What the comments in a text allow: `# fleetglass: allow C01 because one total is wanted`. */
export function allowsInText(written: string): Allow[] {
  return commentsIn(written).flatMap(({ allow }) => allow);
}

/** Each such comment, and where it stands. */
export function commentsIn(written: string): { readonly at: number; readonly allow: readonly Allow[] }[] {
  if (!written.includes("fleetglass:")) return [];
  return [...written.matchAll(comment)].flatMap((match) => {
    const { 1: checks, 3: because = "", index } = match;
    const line = written.slice(written.lastIndexOf("\n", index) + 1, index);
    if (!line.includes("#")) return [];
    const ids = checks === undefined ? ["global"] : (checks.match(/[A-Z]\d\d|\*/gu) ?? []);
    return [{ at: index, allow: ids.map((check) => ({ check, because: because.trim() })) }];
  });
}

/** What a document in JSON allows, in a field of ours: `"fleetglass": { "allow": [{ "check": "C01", "because": "…" }] }`. */
export function allowsIn(written: unknown): Allow[] {
  const { allow, global } = record(written);
  return [
    ...list(allow).map((item) => {
      const { check, because } = record(item);
      return { check: text(check) ?? "", because: text(because) ?? "" };
    }),
    ...(text(global) === undefined ? [] : [{ check: "global", because: text(global) ?? "" }]),
  ];
}

/** Does it allow a finding of this check? */
export function covers({ check }: Allow, id: string): boolean {
  return check === "*" || check === id || (check === "global" && globally.includes(id));
}
