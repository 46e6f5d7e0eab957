import { type Resource, resourceId, type Rule } from "../bundle.ts";
import type { Check } from "./check.ts";

/** What a ruler checks when it takes a rule, asked before: half-way through a publish is late to learn it. */
export const ruleValid: Check = {
  id: "R01",
  about: "A ruler refuses a group whose durations, names, labels or templates it can't read, and keeps the old one.",
  *run({ resources }) {
    for (const resource of resources) {
      if (resource.kind !== "rule-group") continue;
      const { interval, rules } = resource.spec;
      if (!isDuration(interval)) yield finding(resource, "group", `interval "${interval}" is no duration`);
      for (const rule of rules) {
        const where = "record" in rule ? `rule ${rule.record}` : `alert ${rule.alert}`;
        for (const message of problems(rule)) yield finding(resource, where, message);
      }
    }
  },
};

function finding(
  resource: Resource,
  where: string,
  message: string,
): { readonly resource: string; readonly where: string; readonly message: string } {
  return { resource: resourceId(resource), where, message };
}

function problems(rule: Rule): string[] {
  const labels = Object.entries(rule.labels ?? {});
  const wrongLabels = labels
    .filter(([name]) => !/^[a-zA-Z_]\w*$/u.test(name) || name === "__name__")
    .map(([name]) => `label "${name}" is no label name`);
  if ("record" in rule) {
    return /^[a-zA-Z_:][\w:]*$/u.test(rule.record)
      ? wrongLabels
      : [`"${rule.record}" is no name for a series`, ...wrongLabels];
  }
  const durations = (["for", "keep_firing_for"] as const).flatMap((key) => {
    const value = rule[key];
    return value === undefined || isDuration(value) ? [] : [`${key} "${value}" is no duration`];
  });
  const templates = [...labels, ...Object.entries(rule.annotations ?? {})]
    .filter(([, text]) => !isTemplate(text))
    .map(([name]) => `the template of ${name} has braces that do not match`);
  return [...wrongLabels, ...durations, ...templates];
}

/** Prometheus: units from large to small, each once; a lone 0 needs none. */
function isDuration(text: string): boolean {
  return text === "0" || (text !== "" && /^(\d+y)?(\d+w)?(\d+d)?(\d+h)?(\d+m)?(\d+s)?(\d+ms)?$/u.test(text));
}

/** Every `{{` has its `}}`, one after the other. */
function isTemplate(text: string): boolean {
  const braces = text.match(/\{\{|\}\}/gu) ?? [];
  return braces.every((brace, at) => brace === (at % 2 === 0 ? "{{" : "}}")) && braces.length % 2 === 0;
}
