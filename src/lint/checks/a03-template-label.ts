import type { Check, Found } from "../check.ts";
import { labelsRead, templatesOf } from "../go-template.ts";
import { mayHave } from "../labels-of.ts";

/** A text that names a label which the result has lost is sent with a hole in it. */
export const templateLabel: Check = {
  id: "A03",
  about: 'A label that the aggregation has dropped is empty in the notification: "Pod  of  is down".',
  severity: "error",
  alert(rule, { labelsOf }) {
    const { tree } = rule.expression;
    if (!tree) return undefined;
    const templates = templatesOf(rule);
    if (templates.length === 0) return undefined;
    const labels = labelsOf(tree);
    let found: Found[] | undefined;
    for (const [key, text] of templates) {
      for (const label of labelsRead(text)) {
        if (mayHave(labels, label)) continue;
        const message = `${key} names the label ${label}, which the result does not have`;
        (found ??= []).push({ thing: rule, message });
      }
    }
    return found;
  },
};
