import * as fc from "fast-check";
import type { QueryError, QueryOptions } from "../../src/lint/query-language.ts";

type Parse = (text: string, options?: QueryOptions) => { readonly ok: boolean; readonly errors: readonly QueryError[] };

/** Any text: bytes, words of the language in any order, and queries with a few words changed. */
export function mutated(seeds: readonly string[]): fc.Arbitrary<string> {
  const words = fc.constantFrom(
    ..."()[]{},:+-*/^%@=~!<>&|\"'`\\#$. \n".split(""),
    ...seeds.flatMap((seed) => seed.split(/\b/u)),
  );
  const changed = fc
    .tuple(fc.constantFrom(...seeds), fc.nat(), fc.nat(9), fc.array(words, { maxLength: 3 }))
    .map(([seed, at, length, inserted]) => {
      const start = at % seed.length;
      return seed.slice(0, start) + inserted.join("") + seed.slice(start + length);
    });
  return fc.oneof(
    fc.string({ unit: "binary" }),
    fc.array(words).map((all) => all.join("")),
    changed,
  );
}

/** Whatever it is given, a parser answers, and points at a place that exists. */
export function neverThrows(parse: Parse, seeds: readonly string[]): void {
  describe("never throws", () => {
    test.each<QueryOptions>([{}, { grafana: true }])("%j", (options) => {
      fc.assert(
        fc.property(mutated(seeds), (text) => {
          const { ok, errors: found } = parse(text, options);
          expect(ok).toBe(found.length === 0);
          for (const { from, to, message } of found) {
            expect(message).not.toBe("");
            expect([0 <= from, from <= to, to <= text.length]).toEqual([true, true, true]);
          }
        }),
        { numRuns: 1000 },
      );
    });

    test.each([
      ["open brackets", "([{".repeat(5000)],
      ["parentheses", `${"(".repeat(5000)}1${")".repeat(5000)}`],
      ["signs", `{ ${"-".repeat(20_000)}1 = 1 }`],
      ["powers", Array.from({ length: 5000 }, () => "1").join(" ^ ")],
    ])("%s", (_, text) => {
      expect(parse(text).ok).toBe(false);
    });
  });
}
