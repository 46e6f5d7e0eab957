import { type Check, inExpression } from "../check.ts";
import { selectorsIn } from "../walk.ts";

const native: ReadonlySet<string> = new Set(
  "histogram_count histogram_sum histogram_avg histogram_stddev histogram_stdvar".split(" "),
);

/**
 * A native histogram is one series that holds everything, a classic one is many; each has functions of its own. Which of the
 * two a server of other people keeps is not known.
 */
export const histogramKind: Check = {
  id: "M07",
  about: "Functions for native histograms find nothing in classic ones, and the other way round, without an error.",
  severity: "error",
  *call(part, expression, { setting }) {
    const of = part.args.at(-1);
    const selectors = of && (native.has(part.name) || part.name === "histogram_quantile") ? selectorsIn(of) : [];
    for (const { selector, from, to } of selectors) {
      const { metric = "" } = selector;
      if (native.has(part.name)) {
        const base = metric.replace(/_(?:bucket|count|sum)$/u, "");
        if (base === metric) continue;
        const message = `${part.name}() reads native histograms; ${metric} belongs to a classic one`;
        yield inExpression(expression, message, { from, to });
      } else if (setting.generated && setting.metric(`${metric}_bucket`) && !setting.metric(metric)) {
        const message = `${metric} has classic buckets only: read ${metric}_bucket, by (le, …)`;
        yield inExpression(expression, message, { from, to });
      }
    }
  },
};
