import { parseExposition } from "../support/exposition.ts";

test.each([
  {
    what: "a counter",
    text: '# TYPE a_total counter\na_total{x="1",y="2"} 3',
    name: "a_total",
    type: "counter",
    labels: ["x", "y"],
  },
  { what: "no labels", text: "# TYPE a gauge\na NaN 1700000000000", name: "a", type: "gauge", labels: [] },
  { what: "no type", text: 'a{x="1"} 3', name: "a", type: "untyped", labels: ["x"] },
  { what: "all its series", text: 'a{x="1"} 3\na{y="1",} 3\n', name: "a", type: "untyped", labels: ["x", "y"] },
  {
    what: "a histogram",
    text: '# TYPE h histogram\nh_bucket{x="1",le="+Inf"} 3\nh_sum{x="1"} 3\nh_count{x="1"} 3',
    name: "h",
    type: "histogram",
    labels: ["x"],
  },
  { what: "a summary", text: '# TYPE s summary\ns{quantile="0.5"} 3\ns_sum 3', name: "s", type: "summary", labels: [] },
  {
    what: "a counter called like a part",
    text: "# TYPE a_count counter\na_count 3",
    name: "a_count",
    type: "counter",
    labels: [],
  },
  {
    what: "signs in a value",
    text: String.raw`a{x="}, \"y\"=\\",z="ü"} 1e9`,
    name: "a",
    type: "untyped",
    labels: ["x", "z"],
  },
])("$what", ({ text, name, type, labels }) => {
  const found = parseExposition(text);
  expect([...found.keys()]).toEqual([name]);
  expect(found.get(name)).toEqual({ type, labels: new Set(labels) });
});

test.each(["a{x=1} 3", 'a{x="1" 3', "<html>", 'a{x="1"y="2"} 3'])("refuses %s", (text) => {
  expect(() => parseExposition(text)).toThrow(/^not /u);
});
