import fc from "fast-check";
import { parse, stringify } from "yaml";
import { applyFixes, lintFiles } from "../../src/lint/index.ts";

/** As other programs write JSON: all that is no letter by its number. */
const escaped = (text: string): string =>
  `"${text.replaceAll(/[^\w ]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`)}"`;

/** One expression as people and programs write it. */
const forms: Readonly<Record<string, (expr: string) => string>> = {
  "in double quotes": (expr) => JSON.stringify(expr),
  "in escapes": escaped,
  "in double quotes over several lines": (expr) => JSON.stringify(expr).replaceAll(" ", " \\\n            "),
  "in single quotes": (expr) =>
    stringify(expr.replaceAll(/\s+/gu, " "), { defaultStringType: "QUOTE_SINGLE", lineWidth: 0 }),
  "as a block": (expr) => `|-\n${indented(expr)}`,
  folded: (expr) => `>-\n${indented(expr)}`,
};

const indented = (expr: string): string => expr.replaceAll(/^/gmu, "          ");

const blank = fc.constantFrom(" ", "\n", "  ", " \n ");
const value = fc.string({
  unit: fc.constantFrom("a", ">", "/", "'", "é", "😀", "\\\\", "\\n", "{", "#"),
  maxLength: 5,
});
const expression = fc
  .tuple(value, blank, blank, blank)
  .map(([text, a, b, c]) => `(up{job="${text}"}${a}> 0)${b}and on (cluster) sum by (pod)${c}(up{cluster="x"})`);

describe.each(Object.entries(forms))("an expression %s", (_, written) => {
  const fileOf = (expr: string): string =>
    `groups:\n  - name: a\n    rules:\n      - record: a:b\n        expr: ${written(expr).trimEnd()}\n        labels: { x: "y" }\n`;
  const fixed = (text: string): string => applyFixes(text, lintFiles([{ file: "a.yaml", text }], {}).findings).text;
  const exprIn = (text: string): string => String(parse(text).groups[0].rules[0].expr).replaceAll(/\s+/gu, " ");

  test("is fixed in its place, or left as it is", () => {
    fc.assert(
      fc.property(expression, (expr) => {
        const text = fileOf(expr);
        const before = exprIn(text);
        const after = exprIn(fixed(text));
        expect([before, before.replace("by (pod)", "by (cluster, pod)")]).toContain(after);
      }),
      { numRuns: 200 },
    );
    expect(exprIn(fixed(fileOf("sum by (pod) (up) > 0")))).toBe("sum by (cluster, pod) (up) > 0");
  });
});

test("what an alias stands for is fixed where it is written, once", () => {
  const text = `groups:
  - name: a
    rules:
      - record: a:b
        expr: &x sum by (pod) (up)
      - record: a:c
        expr: *x
`;
  expect(applyFixes(text, lintFiles([{ file: "a.yaml", text }], {}).findings).text).toBe(
    text.replace("by (pod)", "by (cluster, pod)"),
  );
});
