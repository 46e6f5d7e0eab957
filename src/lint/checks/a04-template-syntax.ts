import type { Check, Found } from "../check.ts";
import { templateProblem, templatesOf } from "../go-template.ts";

/** Templates are read when the ruler takes the rule, and refused with the whole group. */
export const templateSyntax: Check = {
  id: "A04",
  about: "A ruler refuses the whole group for one template that it can't read, and keeps the old one.",
  severity: "error",
  alert(rule) {
    let found: Found[] | undefined;
    for (const [key, text] of templatesOf(rule)) {
      const problem = templateProblem(text);
      if (problem === undefined) continue;
      (found ??= []).push({ thing: rule, message: `the template of ${key} can't be read: ${problem}` });
    }
    return found;
  },
};
