import type { Check } from "../check.ts";
import { durationOf } from "../durations.ts";

/** What a ruler checks when it takes a rule, asked before: half-way through a publish is late to learn it. */
export const names: Check = {
  id: "R01",
  about: "A ruler refuses names and durations it can't read; a recorded name without a level says not what it holds.",
  severity: "error",
  *group(group) {
    const { interval } = group;
    if (interval !== undefined && durationOf(interval) === undefined) {
      yield { thing: group, message: `interval "${interval}" is no duration` };
    }
  },
  *rule(rule) {
    for (const name of Object.keys(rule.labels)) {
      if (!/^[a-zA-Z_]\w*$/u.test(name) || name === "__name__") {
        yield { thing: rule, message: `label "${name}" is no label name` };
      }
    }
    for (const [key, text] of [
      ["for", rule.for],
      ["keep_firing_for", rule.keepFiringFor],
    ] as const) {
      if (text !== undefined && durationOf(text) === undefined) {
        yield { thing: rule, message: `${key} "${text}" is no duration` };
      }
    }
    if (rule.kind === "alert") return;
    if (!/^[a-zA-Z_:][\w:]*$/u.test(rule.name)) {
      yield { thing: rule, message: `"${rule.name}" is no name for a series` };
    } else if (!rule.name.includes(":")) {
      yield { thing: rule, message: `${rule.name} does not say that it is recorded: write level:metric:operation` };
    }
  },
};
