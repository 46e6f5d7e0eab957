import type { Check } from "../check.ts";
import { hasTemplate, readsValue } from "../go-template.ts";

/** Labels are an alert's identity. */
export const valueInLabels: Check = {
  id: "A05",
  about: "With the value in a label each evaluation makes a new alert: none lasts for its `for`, or all notify anew.",
  severity: "error",
  alert(rule) {
    if (!hasTemplate(rule.labels)) return undefined;
    return Object.entries(rule.labels)
      .filter(([, text]) => text.includes("{{") && readsValue(text))
      .map(([key]) => ({ thing: rule, message: `the label ${key} holds $value: put it into an annotation` }));
  },
};
