import fc from "fast-check";
import { sortedJson } from "../../src/render/json.ts";

test("what fits is on one line, keys are in order, and nothing is lost", () => {
  expect(sortedJson({ b: [1, { d: null, c: "x" }], a: {}, e: [] })).toBe(
    '{ "a": {}, "b": [1, { "c": "x", "d": null }], "e": [] }\n',
  );
  expect(sortedJson({ long: ["x".repeat(60), "y".repeat(60)], short: [1] })).toBe(
    `{\n  "long": [\n    "${"x".repeat(60)}",\n    "${"y".repeat(60)}"\n  ],\n  "short": [1]\n}\n`,
  );
  fc.assert(
    fc.property(fc.jsonValue(), (value) =>
      expect(JSON.parse(sortedJson(value))).toEqual(JSON.parse(JSON.stringify(value))),
    ),
  );
});
