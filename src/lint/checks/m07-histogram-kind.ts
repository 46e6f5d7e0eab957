import { type Check, inExpression } from "../check.ts";
import type { Setting } from "../subject.ts";
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
  call: {
    of: new Set([...native, "histogram_quantile"]),
    look(part, expression, { setting }) {
      const of = part.args.at(-1);
      if (!of || !(native.has(part.name) || setting.generated)) return undefined;
      return selectorsIn(of).flatMap(({ selector: { metric = "" }, from, to }) => {
        const message = native.has(part.name) ? readsClassic(part.name, metric) : readsNative(metric, setting);
        return message === undefined ? [] : [inExpression(expression, message, { from, to })];
      });
    },
  },
};

function readsClassic(name: string, metric: string): string | undefined {
  return /_(?:bucket|count|sum)$/u.test(metric)
    ? `${name}() reads native histograms; ${metric} belongs to a classic one`
    : undefined;
}

function readsNative(metric: string, setting: Setting): string | undefined {
  return setting.metric(`${metric}_bucket`) && !setting.metric(metric)
    ? `${metric} has classic buckets only: read ${metric}_bucket, by (le, …)`
    : undefined;
}
