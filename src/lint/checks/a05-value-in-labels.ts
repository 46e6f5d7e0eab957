import type { Check } from "../check.ts";
import { readsValue } from "../go-template.ts";

/** Labels are an alert's identity. */
export const valueInLabels: Check = {
  id: "A05",
  about: "With the value in a label each evaluation makes a new alert: none lasts for its `for`, or all notify anew.",
  severity: "error",
  *alert(rule) {
    for (const [key, text] of Object.entries(rule.labels)) {
      if (readsValue(text)) yield { thing: rule, message: `the label ${key} holds $value: put it into an annotation` };
    }
  },
};
