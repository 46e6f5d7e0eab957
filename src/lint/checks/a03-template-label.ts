import type { Check } from "../check.ts";
import { labelsRead } from "../go-template.ts";
import { mayHave } from "../labels-of.ts";

/** A text that names a label which the result has lost is sent with a hole in it. */
export const templateLabel: Check = {
  id: "A03",
  about: 'A label that the aggregation has dropped is empty in the notification: "Pod  of  is down".',
  severity: "error",
  *run({ rules, labelsOf }) {
    for (const rule of rules) {
      const { tree } = rule.expression;
      if (rule.kind !== "alert" || !tree) continue;
      const labels = labelsOf(tree);
      for (const [key, text] of [...Object.entries(rule.labels), ...Object.entries(rule.annotations)]) {
        const lost = [...new Set(labelsRead(text))].filter((label) => !mayHave(labels, label));
        for (const label of lost) {
          yield { thing: rule, message: `${key} names the label ${label}, which the result does not have` };
        }
      }
    }
  },
};
