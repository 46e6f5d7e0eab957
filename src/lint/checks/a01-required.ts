import type { Check, Found } from "../check.ts";

/** What a notification needs: how urgent, and what is wrong. */
export const required: Check = {
  id: "A01",
  about: "An alert without a severity reaches nobody in particular; without a text nobody knows what it wants.",
  severity: "warning",
  alert(rule) {
    const { labels, annotations } = rule;
    const found: Found[] = [];
    if ((labels["severity"] ?? "") === "") found.push({ thing: rule, message: "has no label `severity`" });
    const said = ["summary", "description", "message"].some((key) => (annotations[key] ?? "") !== "");
    if (!said) found.push({ thing: rule, message: "has no annotation `summary` or `description`: say what is wrong" });
    return found;
  },
};
