import { readFileSync } from "node:fs";
import type { QueryOptions } from "../../src/lint/query-language.ts";
import { parseTraceql } from "../../src/lint/traceql.ts";
import { describeWithData } from "../support/needs.ts";
import { neverThrows } from "./never-throws.ts";

const errors = (text: string, options?: QueryOptions): readonly string[] =>
  parseTraceql(text, options).errors.map(({ from, to, message }) => `${from}-${to} ${message}`);

test.each([
  ["{}", "spans"],
  ['{ resource.service.name = "a" && span:duration > 1h30m } >> { status = error } | count() > 2', "spans"],
  ['{ .a != nil && !(.b || -.c < 3) && name =~ "x.*" } | by(.d) | select(.e, span."f g")', "spans"],
  ["({ .a } | count() > 1) && ({ .b } | avg(duration) > 1s)", "spans"],
  ["{} | quantile_over_time(duration, .5, 1) by (.a) | topk(5) > 2 with (sample=0.1)", "metrics"],
  ["100 * ({ status = error } | rate()) / ({} | rate()) > 5 | bottomk(3)", "metrics"],
  ["{} | compare({ status = error }, 5)", "metrics"],
  ["{} | min_over_time(parent.a) by (parent)", "metrics"],
  ["{ .a = 1_2.5 && .﻿ > 0x1.8p4 }", "spans"],
] as const)("%s gives %s", (text, type) => {
  expect(parseTraceql(text)).toMatchObject({ ok: true, type, errors: [] });
});

test.each([
  ["", "0-0 there is no query"],
  ["{ .a = 1", "8-8 expected an operator or `}`, found the end"],
  ["{ .a == 1 }", "6-7 expected an attribute or a value, found `=`"],
  ["{ span. }", "7-8 expected the name of an attribute after `span.`"],
  ["{ duration }", "2-10 the filter must be true or false, not a duration"],
  ['{ duration > "1s" }', "2-17 a duration and a text can't be combined"],
  ["{ status > ok }", "2-13 `>` does not work on a status"],
  ['{ .a =~ "(" }', "8-11 not a regex: a `(` is never closed"],
  ["{ name = nil }", "2-12 name is never nil"],
  ["{ parent.a = 1 }", "2-9 Tempo does not support `parent` yet"],
  ["{} | count()", "0-12 an aggregate must be compared with a number: `count() > 2`"],
  ["{} | max(name) > 1", "9-13 an aggregate needs a number"],
  ["{} + {}", "0-7 `+` can't stand between these"],
  ["{} | topk(5)", "5-12 topk() and bottomk() follow metrics: `{…} | rate() | topk(5)`"],
  ["({} | rate()) * 10s", "0-19 metrics are computed with numbers, not with durations"],
  ["{} | rate() with (name=1)", "18-22 expected the name of a hint, found `name`"],
  ["{ duration > 08ms }", "13-15 `08` is not an octal number"],
  ["{ .a = 1_2 }", "7-10 `1_2` is no decimal number"],
  ["{ duration > 2562048h }", "20-21 expected an operator or `}`, found `h`"],
  ["{} | quantile_over_time(duration, 0x1p4)", "34-39 a quantile lies between 0 and 1"],
  ["{ .a = $b }", "7-9 dashboard variable outside a dashboard: only Grafana replaces `$b`"],
])("%s is refused: %s", (text, ...expected) => {
  expect(errors(text)).toEqual(expected);
});

test.each([
  ['{ resource.service.name = "$service" && duration > $min && .${label} = $value }', "spans"],
  ["$query", undefined],
])("%s passes in a panel", (text, type) => {
  expect(parseTraceql(text, { grafana: true })).toMatchObject({ ok: true, ...(type && { type }), errors: [] });
});

neverThrows(parseTraceql, [
  '({ resource."a b" =~ "x" && !(.b != nil) || span:duration > 1.5h } &>> { -.c ^ 2 = 4 } | by(name) | avg(.d) >= 1ms)',
  "100 * ({ status = error } | rate() by (.a, $b)) / ({} | quantile_over_time(duration, 0.5, 1)) > 5 | topk(3) with (x=1)",
]);

describeWithData("agreement with Tempo's parser", (folder) => {
  test("nothing valid is refused, nothing invalid passes", () => {
    const cases = JSON.parse(readFileSync(`${folder}/conformance/traceql_accept_reject.json`, "utf8")) as readonly {
      readonly expr: string;
      readonly valid: boolean;
    }[];
    const judged = cases.map(({ expr }) => ({ expr, valid: parseTraceql(expr).ok }));
    expect(judged).toEqual(cases.map(({ expr, valid }) => ({ expr, valid })));
  });
});
