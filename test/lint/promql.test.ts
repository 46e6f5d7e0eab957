import { readFileSync } from "node:fs";
import * as fc from "fast-check";
import { describeWithData } from "../support/needs.ts";
import { parsePromql } from "../../src/lint/promql.ts";
import type { Expr, PromqlOptions } from "../../src/lint/promql-types.ts";

/** The errors as `offset-offset message`. */
const errors = (text: string, options?: PromqlOptions): readonly string[] =>
  parsePromql(text, options).errors.map(({ from, to, message }) => `${from}-${to} ${message}`);

test.each([
  ["1", "scalar"],
  ["5.", "scalar"],
  ["0x_1F + 1_000.5 - 1h30m", "scalar"],
  ["-1 ^ +Inf", "scalar"],
  ["time() > bool 1", "scalar"],
  ["scalar(foo)", "scalar"],
  [String.raw`"\x41 \u1234 \" \\ \n"`, "string"],
  ["`\\`", "string"],
  ["foo", "vector"],
  ["foo # a comment (", "vector"],
  ["job:foo:rate5m", "vector"],
  ["offset offset 5m", "vector"],
  ["on_call + fill and start or anchored", "vector"],
  ["foo and and", "vector"],
  ["foo + bar offset 5m", "vector"],
  ["-foo @ 3.", "vector"],
  ["foo == bar @ end() offset -1h", "vector"],
  ["foo offset -1^2", "vector"],
  ["foo smoothed", "vector"],
  ['1 >= bool {a="b"} smoothed', "vector"],
  ['{__name__=~"a|b", __name__!="a"}', "vector"],
  [`{"a b", 'c d'=~"x.*", on="y",}`, "vector"],
  ['{job=~"(?i)a[[:alpha:]]\\\\d{2,3}?|\\\\Q(\\\\E"}', "vector"],
  ['SUM BY (le, without_, a:b, "x y",) (foo)', "vector"],
  ["quantile(0.9, foo) without (pod)", "vector"],
  ['count_values("version", foo)', "vector"],
  ["sum(sum) / on() group_left(a) sum", "vector"],
  ["a - on(x) group_left (b)", undefined],
  ["a - on(x) group_left b[5m:] offset 1h", undefined],
  ["a * ignoring(x) group_right b offset 5m", "vector"],
  ["hour()", "vector"],
  ['label_join(foo, "a", "b")', "vector"],
  ["foo[5m]", "matrix"],
  ["foo[1h * 2 + step()] offset min_of(1h, 2h)", "matrix"],
  ["(foo + bar @ 3)[5m:1m] @ start()", "matrix"],
  ["foo offset 0 [5m]", "matrix"],
])("%s is a %s", (text, type) => {
  const result = parsePromql(text);
  expect(result.type).toBe(type);
  expect(result.ok).toBe(type !== undefined);
});

test.each([
  ["", "0-0 there is no expression"],
  ["1 +", "3-3 expected an expression, found the end"],
  ["atan2{}", "0-5 expected an expression, found `atan2`"],
  ["foo bar", "4-7 expected an operator, found `bar`"],
  ["(1))", "3-4 `)` closes nothing"],
  ["sum(\n(foo", "5-6 unclosed parenthesis opened at 2:1"],
  ["foo[5m)", "6-7 expected `]` for the bracket opened at 1:4, found `)`"],
  ['foo{a="b', "6-8 the string is never closed"],
  ['"\\c"', "0-4 `\\c` is not an escape sequence; write `\\\\` for a backslash"],
  ["foo{a}", "5-6 expected one of = != =~ !~, found `}`"],
  ["foo{a=b}", "6-7 expected a quoted string, found `b`"],
  ['foo{a="b" c="d"}', "10-11 expected `,` or `}`, found `c`"],
  ["foo = 1", "4-5 `=` compares labels inside braces; values are compared with `==`"],
  ["sum by (without) (foo)", "8-15 `without` cannot be a label here unless it is quoted"],
  ["topk(5,)", "7-8 expected an expression, found `)`"],
  ["foo @ bar", "6-9 expected a timestamp, `start()` or `end()`, found `bar`"],
  ["1.2.3", "0-5 `1.2.3` is neither a number nor a duration"],
  ["1e999", "0-5 the number is out of range"],
  ["foo[5m1h]", "4-8 in `5m1h` the units must go from the biggest to the smallest, each once"],
  ["foo[0s]", "4-6 the duration must be greater than 0"],
  ["foo[300y]", "4-8 the duration is out of range"],
  ["foo[1h / 0]", "7-10 division by zero"],
  ["foo @ Inf", "6-9 the timestamp after `@` is out of range"],
  ["foo offset 1m [5m]", "14-18 `offset` goes after the range"],
  ["foo @ 1 @ 2", "0-7 `@` is set more than once"],
  ["foo anchored smoothed", "0-12 `anchored` and `smoothed` exclude each other"],
  ["sum(foo) offset 5m", "0-8 `offset` must follow a selector, its range or a subquery"],
  ["(foo)[5m]", "5-9 only a selector can have a range; for other expressions write a subquery, as in `[5m:]`"],
  ["foo[5m][10m:]", "0-7 expected an instant vector in a subquery, got a range vector"],
  ["-foo[5m]", "1-8 `-` needs a scalar or an instant vector, got a range vector"],
  ["1 == 2", "2-4 a comparison of two scalars needs `bool`"],
  ["foo + bool 1", "4-10 `bool` goes with a comparison, not with `+`"],
  ["foo and 1", "0-9 `and` needs instant vectors on both sides"],
  ["foo and on(a) group_left bar", "4-24 `and` takes no `group_left`"],
  ["foo + on(a) 1", "0-13 `on` goes between instant vectors only"],
  ["a + on(x) group_left(x) b", '2-23 label "x" stands both in `on` and in `group_left`'],
  ["rate(foo)", "5-8 expected a range vector in rate(), got an instant vector"],
  ["rat(foo[5m])", '0-3 there is no function "rat"'],
  ["round(foo, 1, 2)", "0-16 round() takes 1 to 2 arguments, got 3 arguments"],
  ["topk(foo)", "0-9 topk() takes a scalar and an instant vector, got 1 argument"],
  ['{a=~".*", b=""}', "0-15 the selector needs at least one matcher that does not match the empty string"],
  ['foo{__name__="bar"}', '0-19 the metric name is set twice: "foo" and "bar"'],
  ['foo{a=~"(?=b)"}', "7-14 not a regex: `(?=b` starts a group RE2 does not know"],
  ['foo{a=~"(b{40}){40}"}', "7-20 not a regex: `{40}` repeats too often; RE2 allows 1000"],
])("%s is refused: %s", (text, ...expected) => {
  expect(errors(text)).toEqual(expected);
});

/** The operators of a tree in prefix form: what binds to what. */
function shape(expr: Expr | undefined): string {
  switch (expr?.kind) {
    case "binary":
      return `(${expr.op} ${shape(expr.left)} ${shape(expr.right)})`;
    case "unary":
      return `(- ${shape(expr.inner)})`;
    case "parens":
      return shape(expr.inner);
    case "subquery":
      return `[${shape(expr.inner)}]`;
    case "selector":
      return `${expr.selector.metric}${expr.selector.matchers.map(({ label }) => `{${label}}`).join("")}`;
    case "number":
      return String(expr.value);
    case "call":
      return `(${[expr.name, ...expr.args.map(shape)].join(" ")})`;
    case "aggregate":
      return `(${[expr.name, ...(expr.parameter ? [expr.parameter] : []).map(shape), shape(expr.inner)].join(" ")})`;
    default:
      return "?";
  }
}

test.each([
  ["a + b * c - d", "(- (+ a (* b c)) d)"],
  ["a or b unless c == d + e % f ^ g", "(or a (unless b (== c (+ d (% e (^ f g))))))"],
  ["2 ^ 3 ^ 4 / 5", "(/ (^ 2 (^ 3 4)) 5)"],
  ["-1 ^ 2 * -a ^ -2", "(* (- (^ 1 2)) (- (^ a -2)))"],
  ["- a offset 5m + b @ 3 [5m:] atan2 c", "(+ (- a) (atan2 [b] c))"],
  ["foo != bar", "(!= foo bar)"],
  ["sum by (x) (a) / on (x) group_left (y) max(b) without (z) > bool 1", "(> (/ (sum a) (max b)) 1)"],
  ["topk(3, rate(a[5m]) or (b)) ", "(topk 3 (or (rate a) b))"],
])("%s reads as %s", (text, expected) => {
  expect(shape(parsePromql(text).tree)).toBe(expected);
});

test("what is nested too deeply is refused, whatever nests", () => {
  const often = (text: string): string => text.repeat(5000);
  for (const text of [
    `${often("(")}foo${often(")")}`,
    `${often("abs(")}foo${often(")")}`,
    `${often("-")}foo`,
    `foo${often(" or foo")}`,
    `2${often("^2")}`,
    `foo[${often("(")}5m${often(")")}]`,
    `foo[${often("-")}5m]`,
  ]) {
    expect(errors(text)).toEqual([`0-${text.length} nested too deeply to check`]);
  }
  expect(parsePromql(`${"(".repeat(2000)}foo${")".repeat(2000)}`).ok).toBe(true);
  expect(parsePromql(`foo${" or foo".repeat(2000)}`).ok).toBe(true);
});

test("a function behind a feature flag is known, and refused with the flag's name", () => {
  const flag = "promql-experimental-functions";
  expect(parsePromql("mad_over_time(foo[5m])")).toMatchObject({
    ok: false,
    type: "vector",
    errors: [{ flag, from: 0 }],
  });
  expect(parsePromql("foo + fill(0) bar").errors).toMatchObject([{ flag: "promql-binop-fill-modifiers" }]);
});

test("Mimir computes with durations only behind a flag", () => {
  expect(parsePromql("foo[step()]", { dialect: "mimir" }).ok).toBe(true);
  expect(parsePromql("foo[1h * 2]").ok).toBe(true);
  expect(parsePromql("foo[1h * 2]", { dialect: "mimir" }).errors).toMatchObject([{ flag: "promql-duration-expr" }]);
});

test("selectors come with their matchers and what is around them", () => {
  const text = 'topk(3, sum by (pod) (rate({"up", job=~"a|b"}[5m]))) / on(pod) bar offset 1h';
  expect(parsePromql(text).selectors).toEqual([
    {
      metric: "up",
      matchers: [{ label: "job", op: "=~", value: "a|b" }],
      range: true,
      functions: ["rate", "sum", "topk"],
      from: text.indexOf("{"),
      to: text.indexOf("["),
    },
    {
      metric: "bar",
      matchers: [],
      range: false,
      functions: [],
      from: text.indexOf("bar"),
      to: text.indexOf(" offset"),
    },
  ]);
});

describe("dashboard variables", () => {
  test.each([
    ["rate(foo[$__rate_interval])", "vector"],
    ['rate(foo{job=~"$job|${other:regex}"}[5m:$step])', "vector"],
    ["rate(foo[[[window]]])", "vector"],
    ["increase(foo[${__range_s}s] offset $shift) / $__range_s", "vector"],
    ["topk($n, sum by ($by, ${more:csv}) (${metric}_total{$filters, $label=~'(${x})'}))", "vector"],
    ["foo @ ${__to:date:seconds} > [[limit]]", "vector"],
    ["foo[$__interval_ms]", "matrix"],
    ["$aggregation by (pod) (foo)", undefined],
    ["$f(foo[5m])", undefined],
    ["$query", undefined],
  ])("%s passes in a panel", (text, type) => {
    expect(parsePromql(text, { grafana: true })).toMatchObject({ ok: true, ...(type && { type }), errors: [] });
  });

  test.each([
    ["rate(foo[$__rate_interval])", "9-25 dashboard variable in a rule: only Grafana replaces `$__rate_interval`"],
    ["foo / ${x:raw}", "6-14 dashboard variable in a rule: only Grafana replaces `${x:raw}`"],
    ["foo + [[x]]", "6-11 dashboard variable in a rule: only Grafana replaces `[[x]]`"],
  ])("%s fails in a rule", (text, ...expected) => {
    expect(errors(text)).toEqual(expected);
  });

  test.each([
    ["rate(foo[$__rate_interval]) $x", "28-30 expected an operator, found `$x`"],
    ["sum(foo[$window])", "4-16 expected an instant vector in sum(), got a range vector"],
    ['foo{a=~"($x"}', "7-12 not a regex: a `(` is never closed"],
  ])("%s fails in a panel where it was written", (text, ...expected) => {
    expect(errors(text, { grafana: true })).toEqual(expected);
  });

  test("keep their text in selectors, and a lone one is none", () => {
    expect(parsePromql('$x + $y[5m:] + a_$z{b="$c"}', { grafana: true }).selectors).toMatchObject([
      { metric: "a_$z", matchers: [{ label: "b", op: "=", value: "$c" }] },
    ]);
  });
});

describe("never throws", () => {
  const seeds = [
    'sum by (a) (rate(foo{b=~"c.*|d"}[5m:1m] offset 1h)) / on (x) group_left (y) topk(3, bar @ start())',
    'label_replace(foo{$x, y="${z}"}[$__interval], "a", \'b\', `c`) > bool -1.5e3 and {"q", r!~"[a-z]"}',
  ];
  const words = fc.constantFrom(
    ..."()[]{},:+-*/^%@=~!<>\"'`\\#$. \n".split(""),
    ...seeds.flatMap((seed) => seed.split(/\b/)),
  );
  const mutated = fc
    .tuple(fc.constantFrom(...seeds), fc.nat(), fc.nat(9), fc.array(words, { maxLength: 3 }))
    .map(([seed, at, length, inserted]) => {
      const start = at % seed.length;
      return seed.slice(0, start) + inserted.join("") + seed.slice(start + length);
    });
  const arbitrary = fc.oneof(
    fc.string({ unit: "binary" }),
    fc.array(words).map((all) => all.join("")),
    mutated,
  );

  test.each<PromqlOptions>([{}, { grafana: true }, { dialect: "mimir" }])("%j", (options) => {
    fc.assert(
      fc.property(arbitrary, (text) => {
        const { ok, errors: found } = parsePromql(text, options);
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
    ["a chain", Array.from({ length: 2000 }, () => "foo offset 5m").join(" or "), true],
    ["a longer chain", Array.from({ length: 3000 }, () => "foo").join(" + "), false],
    ["nested calls", `${"abs(".repeat(400)}foo${")".repeat(400)}`, true],
    ["more nested calls", `${"abs(".repeat(5000)}foo${")".repeat(5000)}`, false],
    ["open brackets", "([{".repeat(5000), false],
    // Whoever looks at each blank from each other one is not done today.
    ["blanks without end in a list", `sum by (a${" ".repeat(500_000)}`, false],
    ["a list without end", `sum by (a${" , b".repeat(100_000)}`, false],
    ["blanks without end after a matcher", `foo{a="b"${" ".repeat(500_000)}`, false],
    ["matchers without end", `foo{${`a="b" , `.repeat(100_000)}`, false],
    ["a blank in a list that is none for the server", "sum by (a,\u00a0b) (foo)", false],
  ])("%s", (_, text, ok) => {
    expect(parsePromql(text).ok).toBe(ok);
  });
});

test("matchers mean the same in one word and in many", () => {
  const written = fc.array(
    fc.tuple(
      fc.constantFrom("job", "__name__", "cluster", "_x"),
      fc.constantFrom("=", "!=", "=~", "!~"),
      fc.constantFrom(`""`, `"a"`, `"a|"`, `'.*'`, "`.+`", `"("`, `"$cluster"`, `"[[cluster]]"`, `"a\\"b"`, `"é"`),
    ),
    { minLength: 1, maxLength: 4 },
  );
  fc.assert(
    fc.property(written, fc.constantFrom("", "foo"), fc.boolean(), (matchers, name, grafana) => {
      const list = matchers.map((parts) => parts.join(" ")).join(", ");
      // A comment is in no list that is read as one word.
      const [one, many] = ["", "#\n"].map((comment) => {
        const { ok, errors, selectors } = parsePromql(`${name}{${comment}${list}}[5m]`, { grafana });
        return { ok, errors: errors.map(({ message }) => message), matchers: selectors.map((each) => each.matchers) };
      });
      expect(one).toEqual(many);
    }),
    { numRuns: 2000 },
  );
});

interface Case {
  readonly expr: string;
  readonly valid: boolean;
  readonly validWithFlags?: boolean;
  readonly type?: string;
  readonly mimir2604: { readonly valid: boolean };
}

describeWithData("agreement with the servers' parsers", (folder) => {
  const cases = (): readonly Case[] =>
    JSON.parse(readFileSync(`${folder}/conformance/promql_accept_reject.json`, "utf8")) as readonly Case[];

  test.each(["prometheus", "mimir"] as const)("%s: nothing valid is refused, nothing invalid passes", (dialect) => {
    const judged = cases().map((each) => ({
      ...each,
      valid: dialect === "mimir" ? each.mimir2604.valid : each.valid,
      ok: parsePromql(each.expr, { dialect }).ok,
    }));
    const wrong = (verdict: boolean): readonly string[] =>
      judged.filter(({ ok, valid }) => ok === verdict && ok !== valid).map(({ expr }) => expr);
    expect({ refused: wrong(false), passed: wrong(true) }).toEqual({ refused: [], passed: [] });
  });

  test("types and flags are the same", () => {
    const known = cases().filter(({ valid, validWithFlags }) => valid || validWithFlags);
    const found = known.map(({ expr }) => ({ expr, ...parsePromql(expr) }));
    expect(found.map(({ expr, type }) => ({ expr, type }))).toEqual(known.map(({ expr, type }) => ({ expr, type })));
    expect(found.flatMap(({ errors: all }) => all.filter(({ flag }) => flag === undefined))).toEqual([]);
  });
});
test.each([
  ["foo smoothed", "3.14", ["promql-extended-range-selectors"]],
  ["rate(foo[5m] anchored)", "3.14", ["promql-extended-range-selectors"]],
  ["foo[5m * 2]", "3.14", ["promql-duration-expr"]],
  ["rate(foo[5m] anchored) + foo smoothed offset (5m * 2)", "3.16", []],
] as const)("%s needs, on Prometheus %s, the flags %j", (text, version, flags) => {
  expect(parsePromql(text, { version }).errors.map(({ flag }) => flag)).toEqual(flags);
});
