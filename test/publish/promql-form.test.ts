import { promqlForm } from "../../src/publish/promql-form.ts";

test.each([
  { text: "up   ==   0", form: "up == 0" },
  { text: "up==0 # down", form: "up == 0" },
  { text: "sum(rate(up{b='c',a=`d`}[5m])) by (y,x)", form: 'sum by (x,y) (rate(up{a="d",b="c"}[300s]))' },
  { text: "histogram_quantile( .99,a ) > bool 1.0", form: "histogram_quantile(0.99, a) > bool 1" },
  { text: "a / on ( c , b ) group_left b offset 1h30m", form: "a / on (b,c) group_left b offset 5400s" },
  { text: '{__name__=~"a: b"}', form: '{__name__=~"a: b"}' },
  { text: "rate(up[$__rate_interval]) \n > 0", form: "rate(up[$__rate_interval]) > 0" },
  { text: 'sum(rate(up{b=~"$b",a="x"}[$__range])) by (b)', form: 'sum by (b) (rate(up{a="x",b=~"$b"}[$__range]))' },
  { text: 'sum(rate({a="b"}  |=  "x  y" [5m]))', form: 'sum(rate({a="b"} |= "x  y" [5m]))' },
  {
    text: 'label_replace(a, "x", "$1", "y", "(a\\\\.b) .*")',
    form: 'label_replace(a, "x", "$1", "y", "(a\\\\.b) .*")',
  },
])("$text", ({ text, form }) => {
  expect(promqlForm(text)).toBe(form);
  expect(promqlForm(form)).toBe(form);
});

test.each([
  ["up", "down"],
  ['up{a="b"}', 'up{a="c"}'],
  ['up{a="b "}', 'up{a="b"}'],
  ["a - b", "b - a"],
  ["rate(a[5m])", "rate(a[6m])"],
  ["(a + b) * c", "a + b * c"],
  ["sum by (a) (b)", "sum without (a) (b)"],
  ["a > b", "a > bool b"],
  ["a and b", "a unless b"],
])("%s is not %s", (one, other) => {
  expect(promqlForm(one)).not.toBe(promqlForm(other));
});
