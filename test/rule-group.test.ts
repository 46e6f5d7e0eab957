import fc from "fast-check";
import { type RecordingRule, splitGroup } from "../src/rule-group.ts";

const rules = (...exprs: readonly string[]): RecordingRule[] =>
  exprs.map((expr, at) => ({ record: `level:r${at}`, expr }));
const group = (...exprs: readonly string[]) => ({ name: "g", interval: "1m", rules: rules(...exprs) });

test("a group within the limit stays as it is", () => {
  expect(splitGroup(group("up", "up"), 2)).toEqual([group("up", "up")]);
});

test("a record and its readers stay together, in order", () => {
  const parts = splitGroup(group("up", "up", "level:r0 + 1", "up", "level:r2 + 1"), 3);
  expect(parts.map(({ name, rules }) => [name, rules.map((rule) => ("record" in rule ? rule.record : ""))])).toEqual([
    ["g", ["level:r0", "level:r2", "level:r4"]],
    ["g-2", ["level:r1", "level:r3"]],
  ]);
});

test("rules that belong together and are too many are an error that names the mend", () => {
  expect(() => splitGroup(group("up", "level:r0", "level:r1"), 2)).toThrow("raise ruler_max_rules_per_rule_group");
});

test("no rule is lost, doubled or parted from what it reads", () => {
  const reads = fc.array(fc.option(fc.nat(40)), { maxLength: 60 });
  fc.assert(
    fc.property(reads, (targets) => {
      const whole = group(
        ...targets.map((target, at) => (target === null || target >= at ? "up" : `level:r${target} * 1`)),
      );
      const limit = 20;
      let parts: ReturnType<typeof splitGroup>;
      try {
        parts = splitGroup(whole, limit);
      } catch {
        return;
      }
      expect(parts.flatMap((part) => part.rules).toSorted(byRecord)).toEqual([...whole.rules].toSorted(byRecord));
      for (const part of parts) {
        const here = new Set(part.rules.map((rule) => ("record" in rule ? rule.record : "")));
        expect(part.rules.length).toBeLessThanOrEqual(limit);
        for (const { expr } of part.rules) {
          const read = /level:r\d+/u.exec(expr)?.[0];
          expect(read === undefined || here.has(read)).toBe(true);
        }
      }
    }),
  );
});

function byRecord(a: object, b: object): number {
  return JSON.stringify(a) < JSON.stringify(b) ? -1 : 1;
}
