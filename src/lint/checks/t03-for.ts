import type { Check } from "../check.ts";
import { durationOf, intervalOf } from "../durations.ts";

/** `for: 30s` in a group of 1m: the alert fires at the second evaluation, as with `for: 1m`. */
export const forAgainstInterval: Check = {
  id: "T03",
  about: "An alert is looked at once an interval: a shorter `for` waits for the next one all the same.",
  severity: "warning",
  *rule(rule) {
    const interval = intervalOf(rule.group);
    for (const [key, text] of [
      ["for", rule.for],
      ["keep_firing_for", rule.keepFiringFor],
    ] as const) {
      const seconds = durationOf(text);
      if (seconds === undefined || seconds === 0 || seconds >= interval) return;
      const every = rule.group.interval ?? `${interval}s`;
      yield { thing: rule, message: `${key} ${text} is shorter than the group's interval ${every}` };
    }
  },
};
