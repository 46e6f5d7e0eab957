import { readFileSync } from "node:fs";
import { parseLogql } from "../../src/lint/logql.ts";
import type { QueryOptions } from "../../src/lint/query-language.ts";
import { describeWithData } from "../support/needs.ts";
import { neverThrows } from "./never-throws.ts";

/** The errors as `offset-offset message`. */
const errors = (text: string, options?: QueryOptions): readonly string[] =>
  parseLogql(text, options).errors.map(({ from, to, message }) => `${from}-${to} ${message}`);

test.each([
  ['{a="b"}', "log"],
  ['{a="b"} |= "x" or "y" != ip("10.0.0.0/8") | json | c > 5KiB, d < -1.5 and (e = "f" or g =~ "h")', "log"],
  ['{a="b"} | logfmt --strict x="y", z | drop z, __error__=~"." | line_format `{{.x}}` | label_format q=x', "log"],
  ['{a="b"} // a comment\n # another\n | json', "log"],
  ['sum by (a) (rate({a="b"} | json | unwrap duration(t) | t > 1s [5m] offset -1h))', "sample"],
  ['quantile_over_time(.9, ({a="b"} | unwrap v)[1h]) by (pod)', "sample"],
  ['topk(3, rate({a="b"}[5m])) / on (a) group_left () vector(2) > bool 1', "sample"],
  ['count_over_time({a="b"}[5m] offset 1h |= "x")', "sample"],
  ['variants(rate({a="b"}[5m])) of ({a="b"}[5m])', "sample"],
  ["1 + 2 ^ -3", "sample"],
  ["vector(0x41.8p3) + 1_000", "sample"],
  ['variants(rate({a=~".*"}[5m])) of ({a="b"}[5m]) + 1', "sample"],
  ['topk(9223372036854775807, rate({a="b"}[5m]))', "sample"],
  [String.raw`{a="\ud800", c="�"}`, "log"],
] as const)("%s is a %s query", (text, type) => {
  expect(parseLogql(text)).toMatchObject({ ok: true, type, errors: [] });
});

test.each([
  ["", "0-0 there is no query"],
  ['{a="b"', "6-6 expected `,` or `}`, found the end"],
  ['{a="b', "3-5 the string is never closed"],
  ['{a=~".*"}', "0-9 the selector needs a matcher that does not match an empty value"],
  ['{a=~"("}', "4-7 not a regex: a `(` is never closed"],
  ['rate({a="b"}[5])', "12-15 `5` is not a duration"],
  ['rate({a="b"})', "12-13 expected a range such as `[5m]`, found `)`"],
  ['sum_over_time({a="b"}[5m])', "0-13 sum_over_time() needs numbers: add `| unwrap label` before the range"],
  ['count_over_time({a="b"} | unwrap c [5m])', "0-15 count_over_time() counts lines: it can't follow `unwrap`"],
  ['rate({a="b"}[5m]) by (c)', "0-4 rate() takes no `by` or `without`; put sum by (…) around it"],
  ['topk(rate({a="b"}[5m]))', "0-4 topk() needs a number before the series"],
  ['{a="b"} + 1', "0-7 `+` needs numbers on both sides; these are lines"],
  ['rate({a="b"}[5m]) or 1 + 1', "21-26 `or` combines series; a bare number is none"],
  ['{a="b"} | pattern "<c><d>"', "18-26 between two captures of a pattern there must be a text"],
  ['{a="b"} | regexp "x"', "17-20 the regexp has no named group: write (?P<label>…)"],
  ['rate({a="b"}[$__auto])', "12-21 dashboard variable in a rule: only Grafana replaces `$__auto`"],
  ["vector(1__0)", "7-11 `1__0` has a `_` that is not between digits"],
  ["vector(0x1.8)", "7-12 `0x1.8` has a point and no exponent: write 0x1.8p0"],
  ['{a="b"} | x > 5PB', "14-16 `P` is no unit: Loki knows none above T"],
  ['{a="b"} | x > 16777216TiB', "25-25 expected a comparison, found the end"],
  [`{'a="b"}`, "1-2 the character is never closed, or is none"],
  ['{a=~"$b("}', "4-9 not a regex: a `(` is never closed"],
  ['{a="$b"} |= $c', "12-14 dashboard variable in a rule: only Grafana replaces `$c`"],
])("%s is refused: %s", (text, ...expected) => {
  expect(errors(text)).toEqual(expected);
});

test.each([
  ['rate({a="$b", $filters, c=~"${d:regex}"} |= $text | json | x = $y [$__auto])', "sample"],
  ['topk($n, sum by ($by) (rate({a=~"$b"}[${w}m])))', "sample"],
  ["$query", undefined],
])("%s passes in a panel", (text, type) => {
  expect(parseLogql(text, { grafana: true })).toMatchObject({ ok: true, ...(type && { type }), errors: [] });
});

test("selectors come with their matchers", () => {
  expect(parseLogql('sum(rate({a="b", c!~"d"}[5m]))').selectors).toEqual([
    {
      matchers: [
        { label: "a", op: "=", value: "b" },
        { label: "c", op: "!~", value: "d" },
      ],
      from: 9,
      to: 24,
    },
  ]);
});

neverThrows(parseLogql, [
  'sum by (a) (rate({b=~"c.*|d"} |= "x" or `y` | json e="f" | g > 5KiB and h < 1h30m | unwrap bytes(i) [5m] offset 1h))',
  'topk(3, quantile_over_time(0.9, {a="$b"} !~ ip("1.2.3.4") | pattern "<c> <d>" | label_format e=`{{.f}}` [$__auto])) by (g) > bool -1',
]);

describeWithData("agreement with Loki's parser", (folder) => {
  test("nothing valid is refused, nothing invalid passes, and the kinds are the same", () => {
    const cases = JSON.parse(readFileSync(`${folder}/conformance/logql_accept_reject.json`, "utf8")) as readonly {
      readonly expr: string;
      readonly valid: boolean;
      readonly kind?: string;
    }[];
    const judged = cases.map(({ expr }) => ({ expr, kind: parseLogql(expr).type }));
    expect(judged).toEqual(cases.map(({ expr, valid, kind }) => ({ expr, kind: valid ? kind : undefined })));
  });
});
