import type { Check } from "../check.ts";
import { templateProblem } from "../go-template.ts";

/** Templates are read when the ruler takes the rule, and refused with the whole group. */
export const templateSyntax: Check = {
  id: "A04",
  about: "A ruler refuses the whole group for one template that it can't read, and keeps the old one.",
  severity: "error",
  *run({ rules }) {
    for (const rule of rules) {
      if (rule.kind !== "alert") continue;
      for (const [key, text] of [...Object.entries(rule.labels), ...Object.entries(rule.annotations)]) {
        const problem = text.includes("{{") || text.includes("}}") ? templateProblem(text) : undefined;
        if (problem !== undefined) yield { thing: rule, message: `the template of ${key} can't be read: ${problem}` };
      }
    }
  },
};
