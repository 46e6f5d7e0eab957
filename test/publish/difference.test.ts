import fc from "fast-check";
import { boardForm } from "../../src/publish/board-form.ts";
import { differences } from "../../src/publish/difference.ts";
import { kindOf } from "../support/grafana-contract.ts";

test.each([
  { what: "nothing", before: { a: 1 }, after: { a: 1 }, says: [] },
  { what: "a field", before: { a: 1 }, after: { a: 2 }, says: ["a"] },
  {
    what: "what a server adds and leaves empty",
    before: { a: 1, links: [], note: "", x: null },
    after: { a: 1 },
    says: [],
  },
  { what: "what somebody added", before: { a: 1, min: 0 }, after: { a: 1 }, says: ["min"] },
  {
    what: "a rule that is gone, and not those after it",
    before: { rules: [{ record: "a" }, { record: "b" }, { record: "c" }] },
    after: { rules: [{ record: "a" }, { record: "c" }] },
    says: ["rules[b]"],
  },
  {
    what: "one of two rules of a name",
    before: {
      rules: [
        { alert: "A", labels: { cause: "x" }, for: "1m" },
        { alert: "A", labels: { cause: "y" }, for: "1m" },
      ],
    },
    after: {
      rules: [
        { alert: "A", labels: { cause: "x" }, for: "1m" },
        { alert: "A", labels: { cause: "y" }, for: "2m" },
      ],
    },
    says: ['rules[A{cause="y"}].for'],
  },
  {
    what: "one of two rules of a name, whose labels a server sorted",
    before: {
      rules: [
        { alert: "A", labels: { a: "1", cause: "x" }, for: "1m" },
        { alert: "A", labels: { a: "1", cause: "y" }, for: "1m" },
      ],
    },
    after: {
      rules: [
        { alert: "A", labels: { cause: "x", a: "1" }, for: "2m" },
        { alert: "A", labels: { cause: "y", a: "1" }, for: "1m" },
      ],
    },
    says: ['rules[A{a="1",cause="x"}].for'],
  },
  {
    what: "the title of a panel, and no other panel",
    before: {
      panels: [
        { id: 1, title: "Mine", type: "stat" },
        { id: 2, title: "B" },
      ],
    },
    after: {
      panels: [
        { id: 1, title: "A", type: "stat" },
        { id: 2, title: "B" },
        { id: 1, title: "C" },
      ],
    },
    says: ["panels[Mine].title", "panels[C]"],
  },
  {
    what: "an order",
    before: { rules: [{ record: "a" }, { record: "b" }] },
    after: { rules: [{ record: "b" }, { record: "a" }] },
    says: ["rules (order)"],
  },
])("sees $what", ({ before, after, says }) => {
  expect(differences(before, after).map(({ path }) => path)).toEqual(says);
});

test("a thing does not differ from itself, and a changed leaf is never missed", () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      expect(differences(value, structuredClone(value))).toEqual([]);
    }),
  );
  fc.assert(
    fc.property(fc.array(fc.jsonValue()), fc.integer({ min: 1 }), (items, leaf) => {
      expect(differences({ items, leaf }, { items: structuredClone(items), leaf: leaf + 1 })).toHaveLength(1);
      expect(differences(items, [...items, leaf])).not.toEqual([]);
      expect(differences([...items, leaf], items)).not.toEqual([]);
    }),
  );
});

test("what Grafana's schema fills in of a board of the model 2 is no difference", () => {
  const schemas = kindOf("v2")?.schemas;
  if (!schemas) return;
  const form = (spec: object): unknown =>
    boardForm({ apiVersion: "dashboard.grafana.app/v2", kind: "Dashboard", metadata: { name: "x" }, spec });
  const told = Object.entries(schemas).flatMap(([kind, { properties = {} }]) =>
    Object.entries(properties).flatMap(([key, { default: usual }]) =>
      // A value mapping says by its type what it is.
      usual === undefined ||
      key === "type" ||
      differences(form({ part: {} }), form({ part: { [key]: usual } })).length === 0
        ? []
        : [`${kind}.${key}`],
    ),
  );
  expect(told).toEqual([]);
  // A part that was left out comes back with nothing in it.
  const panel = { kind: "Panel", spec: { title: "x" } };
  const empty = { kind: "", spec: { queries: null, transformations: null, queryOptions: {} } };
  expect(
    differences(
      form({ elements: { a: panel } }),
      form({ elements: { a: { ...panel, spec: { ...panel.spec, data: empty } } } }),
    ),
  ).toEqual([]);
  // What is on unless somebody says otherwise is off where somebody says so.
  expect(differences(form({}), form({ editable: false }))).toEqual([{ path: "editable", after: false }]);
});
