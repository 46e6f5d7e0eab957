import fc from "fast-check";
import { shared } from "../../src/publish/shared.ts";

test("is the same value, whatever it is beside", () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.jsonValue(), (value, like) => {
      expect(shared(value, like)).toEqual(value);
      expect(shared(structuredClone(like), like)).toEqual(like);
    }),
  );
});

test("has the parts that are alike, and those alone", () => {
  const like = { title: "a", panels: [{ id: 1, targets: [{ expr: "up" }] }, { id: 2 }], tags: [], gone: 1 };
  const value = structuredClone({ ...like, title: "b", gone: undefined });
  const held = shared(value, like);
  expect(held).toEqual(value);
  expect(held.panels).toBe(like.panels);
  value.panels[1] = { id: 3 };
  expect(shared(value, like).panels[0]).toBe(like.panels[0]);
  expect(shared(value, like).panels[1]).toEqual({ id: 3 });
  expect(shared([], {})).toEqual([]);
});
