import type { Check } from "../check.ts";
import { templateProblem, templatesOf } from "../go-template.ts";

/** Templates are read when the ruler takes the rule, and refused with the whole group. */
export const templateSyntax: Check = {
  id: "A04",
  about: "A ruler refuses the whole group for one template that it can't read, and keeps the old one.",
  severity: "error",
  alert(rule) {
    return templatesOf(rule).flatMap(([key, text]) => {
      const problem = templateProblem(text);
      return problem === undefined
        ? []
        : [{ thing: rule, message: `the template of ${key} can't be read: ${problem}` }];
    });
  },
};
