import { compare } from "../bundle.ts";

/** As long as a line of code may be: a review shows what changed, and not the same five brackets a thousand times. */
const lineLength = 120;

/** JSON with its keys in order, and whatever fits on a line on one line. */
export function sortedJson(value: unknown): string {
  return `${printed(sorted(value), "", 0)}\n`;
}

/** @param taken how much of the line is taken before the value, without the indent, and after it */
function printed(value: unknown, indent: string, taken: number): string {
  const left = lineLength - indent.length - taken;
  if (typeof value !== "object" || value === null || widthOf(value, left) <= left) return onOneLine(value);
  const inner = `${indent}  `;
  if (Array.isArray(value)) {
    return `[\n${value.map((item: unknown) => `${inner}${printed(item, inner, 1)}`).join(",\n")}\n${indent}]`;
  }
  const members = Object.entries(value).map(([key, item]) => {
    const head = `${JSON.stringify(key)}: `;
    return `${inner}${head}${printed(item, inner, head.length + 1)}`;
  });
  return `{\n${members.join(",\n")}\n${indent}}`;
}

/** How long a value is on one line, as far as it matters: more than `most` is too long, however much. */
function widthOf(value: unknown, most: number): number {
  if (typeof value !== "object" || value === null) return JSON.stringify(value).length;
  const isList = Array.isArray(value);
  const members = Object.entries(value);
  if (members.length === 0) return 2;
  let width = isList ? 2 : 4;
  for (const [key, item] of members) {
    if (width > most) return width;
    width += (isList ? 2 : JSON.stringify(key).length + 4) + widthOf(item, most - width);
  }
  // No comma after the last.
  return width - 2;
}

function onOneLine(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(onOneLine).join(", ")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const members = Object.entries(value).map(([key, item]) => `${JSON.stringify(key)}: ${onOneLine(item)}`);
  return members.length === 0 ? "{}" : `{ ${members.join(", ")} }`;
}

/** Keys in order, so that a review shows what changed and not where a builder put it. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, item]) => item !== undefined)
      .toSorted(([a], [b]) => compare(a, b))
      .map(([key, item]) => [key, sorted(item)]),
  );
}
