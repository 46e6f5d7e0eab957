import type { Check, Found } from "../check.ts";
import { durationOf } from "../durations.ts";
import type { RuleThing, Thing } from "../subject.ts";

/** What a ruler checks when it takes a rule, asked before: half-way through a publish is late to learn it. */
export const names: Check = {
  id: "R01",
  about: "A ruler refuses names and durations it can't read; a recorded name without a level says not what it holds.",
  severity: "error",
  group(group) {
    return duration(group, "interval", group.interval);
  },
  rule(rule) {
    for (const name in rule.labels) if (!isLabel(name)) return labels(rule);
    return undefined;
  },
  alert(rule) {
    const found = duration(rule, "for", rule.for);
    const other = duration(rule, "keep_firing_for", rule.keepFiringFor);
    return found && other ? [found, other] : (found ?? other);
  },
  record(rule) {
    if (leveled.test(rule.name)) return undefined;
    if (!/^[a-zA-Z_:][\w:]*$/u.test(rule.name))
      return { thing: rule, message: `"${rule.name}" is no name for a series` };
    return { thing: rule, message: `${rule.name} does not say that it is recorded: write level:metric:operation` };
  },
};

const leveled = /^[a-zA-Z_]\w*:[\w:]*$|^:[\w:]*$/u;

function isLabel(name: string): boolean {
  return /^[a-zA-Z_]\w*$/u.test(name) && name !== "__name__";
}

function labels(rule: RuleThing): Found[] {
  return Object.keys(rule.labels)
    .filter((name) => !isLabel(name))
    .map((name) => ({ thing: rule, message: `label "${name}" is no label name` }));
}

function duration(thing: Thing, key: string, text: string | undefined): Found | undefined {
  return text === undefined || durationOf(text) !== undefined
    ? undefined
    : { thing, message: `${key} "${text}" is no duration` };
}
