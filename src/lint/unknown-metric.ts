import { closest, distance } from "fastest-levenshtein";
import { metric, metricNames } from "../metrics/index.ts";
import type { Check, Subject } from "./check.ts";

/** A name that nobody exposes or records: the panel stays empty, the alert never fires, and nothing says so. */
export const unknownMetric: Check = {
  id: "M08",
  about: "A metric that no exporter exposes and no rule records makes an empty panel or an alert that never fires.",
  *run(subject) {
    const recorded = recordedNames(subject);
    for (const { resource, where, expr, parsed } of subject.expressions) {
      for (const { metric: name } of parsed.selectors) {
        if (name === undefined || recorded.has(name) || metric(name)) continue;
        const known = [...recorded, ...metricNames];
        const near = closest(name, known);
        const hint = distance(name, near) <= Math.max(2, name.length / 4) ? `; did you mean ${near}?` : "";
        yield {
          resource,
          where,
          expr,
          message: `${name} is in no exporter of the catalogue and no rule records it${hint}`,
        };
      }
    }
  },
};

function recordedNames({ resources }: Subject): ReadonlySet<string> {
  return new Set(
    resources.flatMap((resource) =>
      resource.kind === "rule-group"
        ? resource.spec.rules.flatMap((rule) => ("record" in rule ? [rule.record] : []))
        : [],
    ),
  );
}
