import type { Check, Found } from "../check.ts";
import { durationOf, intervalOf } from "../durations.ts";
import type { RuleThing } from "../subject.ts";

/** `for: 30s` in a group of 1m: the alert fires at the second evaluation, as with `for: 1m`. */
export const forAgainstInterval: Check = {
  id: "T03",
  about: "An alert is looked at once an interval: a shorter `for` waits for the next one all the same.",
  severity: "warning",
  alert(rule) {
    const found = shorter(rule, "for", rule.for);
    const other = shorter(rule, "keep_firing_for", rule.keepFiringFor);
    return found && other ? [found, other] : (found ?? other);
  },
};

function shorter(rule: RuleThing, key: string, text: string | undefined): Found | undefined {
  const seconds = durationOf(text);
  if (seconds === undefined || seconds === 0) return undefined;
  const interval = intervalOf(rule.group);
  if (seconds >= interval) return undefined;
  const every = rule.group.interval ?? `${interval}s`;
  return { thing: rule, message: `${key} ${text} is shorter than the group's interval ${every}` };
}
