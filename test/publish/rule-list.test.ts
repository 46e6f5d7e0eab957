import fc from "fast-check";
import { CORE_SCHEMA, load } from "js-yaml";
import { stringify } from "yaml";
import { ruleList } from "../../src/publish/rule-list.ts";

const word = fc.oneof(
  fc.constantFrom(
    "a",
    "b-c",
    "null",
    "1m",
    "- name: x",
    "x: |",
    "a\n- name: b\n  rules: []",
    "'\n    - \"",
    "# no\n\n",
    "",
  ),
  fc.string(),
);
const group = fc.record({
  name: word,
  interval: fc.constantFrom("1m", "30s"),
  rules: fc.array(fc.record({ record: word, expr: word, labels: fc.dictionary(word, word) }), { maxLength: 3 }),
});
const namespaces = fc.dictionary(
  fc.oneof(fc.constantFrom("fleetglass-core", "ours", "team/a", "null", "1"), fc.string({ minLength: 1 })),
  fc.array(group, { minLength: 1, maxLength: 4 }),
  { minKeys: 1, maxKeys: 3 },
);

/** All of it at once, which is slower. */
function whole(text: string): unknown {
  try {
    return load(text, { schema: CORE_SCHEMA }) ?? {};
  } catch {
    return undefined;
  }
}

test("groups are read one by one as they are all at once, whole or cut off", () => {
  fc.assert(
    fc.property(namespaces, fc.boolean(), fc.nat(), (content, indentSeq, at) => {
      const text = stringify(content, { indentSeq, lineWidth: 0 });
      expect(ruleList(text).data).toEqual(whole(text));
      // What was cut off may still have the shape of an answer, and then it is this one.
      const cut = text.slice(0, at % text.length);
      const { success, data } = ruleList(cut);
      expect(success ? data : undefined).toEqual(success ? whole(cut) : undefined);
    }),
    { numRuns: 300 },
  );
});

test("groups that are written alike are one object, in any tenant and namespace", () => {
  const list = (namespace: string): string =>
    `${namespace}:\n    - name: a\n      rules:\n        - record: b\n          expr: c\n`;
  const [one] = ruleList(list("x")).data?.["x"] ?? [];
  expect(one).toEqual({ name: "a", rules: [{ record: "b", expr: "c" }] });
  expect(ruleList(list("y") + list("z")).data?.["z"]?.[0]).toBe(one);
});

test.each([
  "nothing: to see",
  "- a",
  "x:\n    - name: a\n",
  "x:\n  - name: a\n    rules: [{ record: b }]\n",
  '"',
  "x:\n  - !!js a\n",
])("%j is no list of groups", (text) => {
  expect(ruleList(text).success).toBe(false);
});
